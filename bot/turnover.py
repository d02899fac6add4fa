"""When people change: a new organisation, a leaver's last day, "I'm away till Monday". Who decides now is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot import cases, effects
from bot import events as ev
from bot.deadlines import LOCAL
from bot.directory import Absence
from bot.errors import BadInput
from bot.store.records import Notice
from policy_kb.procedures import RegisterName

if TYPE_CHECKING:
    from bot.desk import Desk

_TOLD = frozenset({"waiting", "reminder"})


@dataclass(frozen=True)
class People:
    """All that decides who decides, beside the cases themselves: two alike need no second look."""

    organisation: int
    day: date
    away: tuple[tuple[str, str], ...]


def people(desk: Desk) -> People:
    """Who is there at this moment."""
    going = [(a.person, a.stand_in) for a in desk.records.absences(desk.now) if a.covers(desk.now)]
    return People(desk.records.organisation_version(), desk.now.astimezone(LOCAL).date(), tuple(sorted(going)))


def look_round(desk: Desk) -> None:
    """Every open case and every approved site of every trust, with the people as they are now."""
    for tenant in sorted({school.tenant for school in desk.organisation.schools}):
        tell_newcomers(desk, tenant)
        tell_short_sites(desk, tenant)


def tell_newcomers(desk: Desk, tenant: str) -> None:
    """Tell those who decide an open case now and were not told of its stage; the requester, where nobody is left."""
    for case in desk.open_cases(tenant):
        deciding = {s.person.id for s in cases.deciders(case, desk.procedure(case), desk.directory)}
        told = desk.records.lanes_told(case, _TOLD)
        new = sorted(person for person in deciding if desk.records.tag(person) not in told)
        desk.renew_cards(case, set(new)) if new else desk.take_cards_back(case)
        desk.records.tell(case, [Notice(person, "waiting", case.id, case.version) for person in new], desk.now)
        warned = desk.records.lanes_told(case, frozenset({"nobody"}))
        if not deciding and desk.records.tag(case.requester) not in warned:
            desk.records.tell(case, [Notice(case.requester, "nobody", case.id, case.version)], desk.now)


def tell_short_sites(desk: Desk, tenant: str) -> None:
    """Tell once for each version of an entry that it has too few people left (ATT Appendix 1, TLT guidelines D.4)."""
    today = desk.now.astimezone(LOCAL).date()
    for entry in desk.records.entries(tenant, RegisterName.SITES.value):
        case = desk.records.case(entry.case_id, lock=True)
        if case is None or not effects.short_of_people(entry, desk.procedure(case), desk.organisation, today):
            continue
        due = ev.EntryDue(at=desk.now, entry=entry.entry, version=entry.version, what="administrators")
        known = [e for e in desk.records.events(case.id) if isinstance(e, ev.EntryDue)]
        if not any((e.entry, e.version, e.what) == (due.entry, due.version, due.what) for e in known):
            desk.commit(case, (due,), desk.procedure(case))


def set_away(desk: Desk, person_id: str, stand_in: str, since: datetime, until: datetime) -> None:
    """Note an absence. Raises NoAccess for people who are not served, BadInput with the cure."""
    person, home = desk.person(person_id)
    directory = desk.directory
    if (
        directory.active(stand_in) is None
        or not directory.of_tenant(stand_in, home.tenant)
        or directory.same_human(person.id, stand_in)
    ):
        raise BadInput("choose another person of your trust to decide while you are away")
    if until <= max(since, desk.now):
        raise BadInput("the day you are back has passed; choose a later one")
    absence = Absence(person=person.id, stand_in=stand_in, since=since, until=until)
    desk.records.set_absence(home.tenant, absence, desk.now)
    _told_at_once(desk, home.tenant)


def set_back(desk: Desk, person_id: str) -> None:
    """The person is back before the day they gave. Raises NoAccess."""
    person, home = desk.person(person_id)
    desk.records.end_absence(person.id, desk.now)
    _told_at_once(desk, home.tenant)


def _told_at_once(desk: Desk, tenant: str) -> None:
    desk.directory = desk.fresh_directory()
    tell_newcomers(desk, tenant)
