"""What follows from an outcome beside the case itself: registers, their reminders, statutory clocks, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bot import events as ev
from bot.cases import Case, State
from bot.deadlines import LOCAL, months_later
from bot.organisation import Organisation
from bot.store.records import Entry, Records, Timer, new_id
from policy_kb.procedures import Effect, FieldType, Procedure, RegisterName

OPEN, SHUT = "open", "closed"
CLOSING_NOTICE = timedelta(days=28)
"""How long before its closing day a site's people are reminded (att Appendix 1 asks for the day, not for a notice)."""
CLOCK_NOTICE = timedelta(hours=12)
"""How long before a statutory clock ends its people are told again."""


def apply(records: Records, procedure: Procedure, case: Case, events: Sequence[ev.Event], now: datetime) -> None:
    """Write the registers when a case was approved, or a report or record closed."""
    if not any(isinstance(event, ev.Approved | ev.Closed) for event in events):
        return
    for effect in procedure.effects:
        mark = case.marks.get(effect.after) if effect.after else None
        if effect.after and not (mark and mark.done):
            continue
        if effect.do == "enter":
            _enter(records, procedure, effect, case, now)
        elif effect.entry:
            _change(records, effect, case, now)


def _enter(records: Records, procedure: Procedure, effect: Effect, case: Case, now: datetime) -> None:
    until = case.values.get(effect.until or "")
    entry = Entry(
        entry=new_id(),
        version=1,
        tenant=case.trust,
        school=case.school,
        register=effect.register_.value,
        title=str(case.values.get(effect.title or "", procedure.title))[:200],
        status=OPEN,
        case_id=case.id,
        at=now,
        until=str(until) if until else None,
        details={"author": case.requester, **{key: case.values[key] for key in effect.keep if key in case.values}},
    )
    records.enter(entry)
    _remind(records, effect, case, entry, now)


def _remind(records: Records, effect: Effect, case: Case, entry: Entry, now: datetime) -> None:
    if entry.until:
        closing, site = _morning(date.fromisoformat(entry.until)), entry.register == RegisterName.SITES.value
        # A site's day that has nearly come is reminded of at once, never in the past. A permission for tomorrow or a
        # lesson that was held wants no warning: those hear on the day itself.
        if site:
            records.arm(case, f"closing:{entry.entry[:6]}", 0, max(closing - CLOSING_NOTICE, now))
        if site or closing > now:
            records.arm(case, f"ended:{entry.entry[:7]}", 0, max(closing, now))
    if effect.remind_every:
        again = _morning(months_later(now.astimezone(LOCAL).date(), effect.remind_every))
        records.arm(case, f"review:{entry.entry[:6]}", 0, again)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), LOCAL)


def _change(records: Records, effect: Effect, case: Case, now: datetime) -> None:
    """Close an entry, or put other people in charge of it: a new version, the old one stays."""
    chosen = case.values.get(effect.entry or "")
    old = records.entry(case.trust, chosen) if isinstance(chosen, str) else None
    if old is None or old.register != effect.register_.value:
        return
    details = dict(old.details)
    if effect.do == "replace":
        details |= {key: case.values[key] for key in effect.keep if key in case.values}
    status = SHUT if effect.do == "close" else old.status
    values: dict[str, Any] = {**vars(old), "version": old.version + 1, "status": status, "at": now, "details": details}
    records.enter(Entry(**values))


def arm_clocks(records: Records, procedure: Procedure, case: Case, now: datetime) -> None:
    """Start the procedure's statutory clocks: told once before they end.

    A clock of the law runs from the moment that the form names, such as the discovery of a breach, not from the report.
    """
    moments = [case.values.get(field.id) for field in procedure.fields if field.type is FieldType.MOMENT]
    began = min([now, *(datetime.fromisoformat(m) for m in moments if isinstance(m, str))])
    for number, clock in enumerate(procedure.clocks):
        warn = began + max(timedelta(hours=clock.hours) - CLOCK_NOTICE, timedelta(hours=clock.hours) / 2)
        records.arm(case, f"clock:{number}", 0, max(warn, now))


def clock_events(
    records: Records, procedure: Procedure, case: Case, timer: Timer, now: datetime
) -> tuple[ev.Event, ...]:
    """What a clock beside the stages does: tell of a statutory clock, or of a register entry that is due."""
    kind, _, which = timer.kind.partition(":")
    if kind == "clock":
        running = case.state is State.OPEN and int(which) < len(procedure.clocks)
        return (ev.ClockTold(at=now, title=procedure.clocks[int(which)].title),) if running else ()
    mine = (e for e in records.entries(case.trust) if e.case_id == case.id)
    entry = next((e for e in mine if e.entry.startswith(which)), None)
    if entry is None or entry.status != OPEN:
        return ()
    if kind == "review":
        effect = next((e for e in procedure.effects if e.remind_every), None)
        if effect:
            _remind(records, effect.model_copy(update={"until": None}), case, _without_end(entry), now)
    what = "review" if kind == "review" else "closing"
    return (ev.EntryDue(at=now, entry=entry.entry, version=entry.version, what=what),)


def _without_end(entry: Entry) -> Entry:
    return Entry(**{**vars(entry), "until": None})


def short_of_people(entry: Entry, procedure: Procedure, organisation: Organisation, today: date) -> list[str]:
    """The people fields of an open site in which fewer still work here than its form asks for.

    ATT Appendix 1 asks for two administrators and two moderators, TLT guidelines D.4 for an administrator.
    """
    if entry.register != RegisterName.SITES.value or entry.status != OPEN:
        return []
    short = []
    for key in ("administrators", "moderators"):
        listed, field = entry.details.get(key), procedure.by_id.get(key)
        if field and isinstance(listed, list):
            people = [organisation.person(p) for p in listed]
            working = {p.who for p in people if p and p.works_on(today)}
            if len(working) < (field.least or 0):
                short.append(key)
    return short
