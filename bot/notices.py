"""Who is told of an event. Pure; the words are chosen when a notice is delivered, by what the person may see then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot import events as ev
from bot.cases import GATE, Case, State, deciders, fold, may_hear, outstanding, stage_of, stages, told_roles
from bot.directory import Directory
from bot.store.records import Notice
from policy_kb.model import Role
from policy_kb.procedures import Kind, Procedure

TO_REQUESTER: dict[type[object], str] = {
    ev.Signed: "signed",
    ev.Approved: "approved",
    ev.Declined: "declined",
    ev.Asked: "asked",
    ev.Seen: "seen",
    ev.Closed: "closed",
    ev.Escalated: "escalated",
    ev.HandedOn: "handed_on",
}
TO_DECIDERS: dict[type[object], str] = {
    ev.StageBegan: "waiting",
    ev.Signed: "waiting",
    ev.HandedOn: "waiting",
    ev.Reminded: "reminder",
    ev.DeputiesAdded: "waiting",
    ev.Escalated: "waiting",
    ev.Revised: "revised",
    ev.Withdrawn: "withdrawn",
    ev.EvidenceAdded: "evidence",
}
"""StageBegan comes after SubjectNamed and Revised; of an addition to those who decide, the newcomers alone hear."""

WATCHES = (Role.SAFEGUARDING_LEAD, Role.CHAIR_OF_GOVERNORS, Role.CHAIR_OF_TRUSTEES)
"""Who hears that the words of a restricted case were opened by two people from outside (T08)."""


def notices(
    before: Case | None, events: Sequence[ev.Event], procedure: Procedure, directory: Directory
) -> list[Notice]:
    """Everyone who is told of these events, each once for each event."""
    case, was, found = before, before, list[Notice]()
    approved = any(isinstance(event, ev.Approved) for event in events)
    for event in events:
        case = fold([event], case)
        if case is None:
            raise ValueError("no case")
        told = _of(was, event, case, procedure, directory, ends=event is not events[-1])
        # The last signature is the approval: whoever asked hears of it once, by its name.
        found += [each for each in told if not (approved and each.kind == "signed")]
        # A word that ends its stage leaves nobody waiting in it: what follows is told to those who waited before it.
        was = was if isinstance(event, ev.Signed) else case
    return list(dict.fromkeys(found))


def _of(
    before: Case | None, event: ev.Event, case: Case, procedure: Procedure, directory: Directory, ends: bool
) -> Iterator[Notice]:
    """ends: of a signature, that its stage ends with it, so that it is nobody else's turn in that stage."""
    seq, by = case.version, event.by

    def to(people: Iterable[str], kind: str) -> Iterator[Notice]:
        for person in dict.fromkeys(people):
            mine = by is not None and directory.same_human(person, by)
            if not mine and may_hear(case, directory, person) and directory.active(person):
                yield Notice(person, kind, case.id, seq)

    if isinstance(event, ev.CaseOpened):
        # The receipt goes to the person who wrote: it is their proof that the report was made.
        yield Notice(case.requester, "receipt", case.id, seq)
        # What could show a nude child is the safeguarding lead's from the first minute, whoever handles the report.
        lead = (Role.SAFEGUARDING_LEAD,) if case.values.get(GATE) is True else ()
        yield from to(_told(case, (*procedure.tell, *lead), directory), "told")
        return
    kind = TO_REQUESTER.get(type(event))
    if kind and not (isinstance(event, ev.Escalated) and not event.to):
        yield from to([case.requester], kind)
    now = [s.person.id for s in deciders(case, procedure, directory)]
    earlier = [s.person.id for s in deciders(before, procedure, directory)] if before else []
    if isinstance(event, ev.Signed) and ends:
        return
    if type(event) in TO_DECIDERS:
        yield from to(_hearers(event, now, earlier), TO_DECIDERS[type(event)])
    if not now and _waits(case, procedure, directory) and (earlier or isinstance(event, ev.StageBegan)):
        yield Notice(case.requester, "nobody", case.id, seq)
    if isinstance(event, ev.EntryDue):
        # Those who asked and approved may have left meanwhile; whoever holds the last role looks after the site now.
        taken = stages(procedure, case.values)
        last = taken[-1].roles_at(case.place) if taken else ()
        yield from to([case.requester, *case.took_part, *_told(case, last, directory)], f"entry_{event.what}")
    if isinstance(event, ev.ClockTold):
        roles = [role for clock in procedure.clocks if clock.title == event.title for role in clock.tell]
        yield from to([*now, *_told(case, roles, directory)], "clock")
    if isinstance(event, ev.BrokeGlass):
        # The two who are named are told as well: a name that somebody else used is noticed.
        yield from (Notice(person, "broke_glass", case.id, seq) for person in (by, event.witness) if person)
        yield from to(_holders(case, WATCHES, directory), "broke_glass")
    if isinstance(event, ev.Said):
        yield from to([*now, *case.took_part] if event.answers else [case.requester], "said")
    if case.state is not State.OPEN and before and before.state is State.OPEN:
        if case.state is not State.WITHDRAWN:
            yield from to(earlier, "settled")
        if case.state in (State.APPROVED, State.CLOSED):
            yield from to(_told(case, procedure.tell_after, directory), "outcome")
            if procedure.kind is Kind.RECORD:
                # A record by whoever holds the role goes to the authority above, as a request would.
                for_whom = directory.standings(case.matter, told_roles(procedure, case.values, case.place))
                yield from to([standing.person.id for standing in for_whom], "told")


def _hearers(event: ev.Event, now: list[str], earlier: list[str]) -> list[str]:
    """Those who decide now; of an addition to them only the newcomers; of an end, those who decided until then."""
    match event:
        case ev.HandedOn():
            # Whoever is asked by name hears of it, also where they could have decided before.
            return [p for p in now if p not in earlier or p == event.to]
        case ev.Signed() | ev.DeputiesAdded() | ev.Escalated():
            return [p for p in now if p not in earlier]
        case ev.Revised() | ev.Withdrawn():
            return earlier
        case _:
            return now


def _holders(case: Case, roles: Iterable[Role], directory: Directory) -> list[str]:
    school = directory.organisation.school(case.school)
    return [p.id for role in roles for p in directory.holders(school, role, case.requester)] if school else []


def _told(case: Case, roles: Iterable[Role], directory: Directory) -> list[str]:
    """Whom the procedure tells beside those who decide; of a concern about a senior person, nobody."""
    return [] if directory.taken_elsewhere(case.matter) else _holders(case, roles, directory)


def _waits(case: Case, procedure: Procedure, directory: Directory) -> bool:
    """True while somebody's word is wanting."""
    stage = stage_of(case, procedure)
    return stage is not None and bool(outstanding(case, stage, directory) or directory.taken_elsewhere(case.matter))
