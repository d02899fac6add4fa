"""What a person can start, and with whom it would land: what a form needs to know before there is a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot import cases, desk_texts
from bot.cases import NOBODY
from bot.desk import Desk, NoAccess
from bot.directory import Because, Matter, Standing
from bot.events import Value
from bot.organisation import Person, School
from bot.store.records import Entry
from bot.texts import any_of_roles
from policy_kb.model import Policy, Role
from policy_kb.procedures import Kind, Need, Procedure, RegisterName, Stage


@dataclass(frozen=True)
class Place:
    """A person at one of the schools they work for, with the policy that binds them there."""

    person: Person
    school: School
    policy: Policy


@dataclass(frozen=True)
class Waits:
    """A stage of a case that is not made yet. who: names with jobs, joined as people write them."""

    title: str
    who: str


@dataclass(frozen=True)
class Destination:
    """Where a request, report or record would go. leads: the safeguarding leads, to be told by voice at once.

    nobody: what to do instead where nobody independent is left.
    """

    stages: tuple[Waits, ...]
    told: tuple[str, ...]
    leads: tuple[str, ...]
    nobody: str | None = None


@dataclass(frozen=True)
class Choices:
    """What the fields of a form can name. people: by school, the person's own first; ids with names and jobs."""

    people: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    sites: tuple[tuple[str, str], ...]

    @property
    def person_ids(self) -> frozenset[str]:
        """Everyone who may be named."""
        return frozenset(key for _, people in self.people for key, _ in people)

    @property
    def site_ids(self) -> frozenset[str]:
        """Every open entry of the register."""
        return frozenset(key for key, _ in self.sites)

    def names(self) -> dict[str, str]:
        """What ids read like in an answer."""
        people = {key: name for _, group in self.people for key, name in group}
        return {**people, **dict(self.sites), NOBODY: desk_texts.NOT_ON_LIST}


def place_of(desk: Desk, person_id: str, school_id: str | None = None) -> Place:
    """The person at their own school, or at another where they hold a post. Raises NoAccess."""
    person, home = desk.person(person_id)
    school = desk.organisation.school(school_id) if school_id else home
    if school is None or school.id not in schools_of(person, home):
        raise NoAccess
    return Place(person, school, desk.knowledge.policies[school.policy])


def schools_of(person: Person, home: School) -> list[str]:
    """The ids of the schools that a person works for, their own first."""
    return list(dict.fromkeys((home.id, *(post.school for post in person.also_at))))


def choices(desk: Desk, place: Place) -> Choices:
    """The people and open sites of the trust that the person may name."""
    schools = sorted(
        desk.organisation.of_tenant(place.school.tenant), key=lambda s: (s.id != place.school.id, s.central, s.name)
    )
    people = (
        (s.name, tuple((p.id, f"{p.name}, {p.job}") for p in s.people if p.works_on(desk.now.date()))) for s in schools
    )
    entries = desk.records.entries(place.school.tenant, RegisterName.SITES.value)
    return Choices(tuple(people), tuple((e.entry, _site(desk, e)) for e in entries if e.status == "open"))


def destination(desk: Desk, place: Place, procedure: Procedure, values: dict[str, Value]) -> Destination:
    """With whom the filled-in form would land at this moment, stage by stage (SECURITY section 3)."""
    subject = cases.subject_in(procedure, values)
    matter = Matter(place.school.id, place.person.id, subject)
    roles = list(procedure.tell)
    leads = tuple(_told(desk, matter, [Role.SAFEGUARDING_LEAD]))
    if procedure.kind is Kind.RECORD:
        roles += [role for stage in procedure.stages for role in stage.roles_at(place.school.place)]
        return Destination((), tuple(_told(desk, matter, roles)), leads)
    stages = tuple(_waits(desk, matter, place, stage) for stage in cases.stages(procedure, values))
    lado = place.school.lado or desk_texts.LADO_DEFAULT
    empty = any(not stage.who for stage in stages)
    nobody = desk_texts.NEXT_NOBODY.format(lado=lado) if empty else None
    return Destination(stages, tuple(_told(desk, matter, roles)), leads, nobody)


def _waits(desk: Desk, matter: Matter, place: Place, stage: Stage) -> Waits:
    roles = desk.directory.roles_for(matter, stage.roles_at(place.school.place))
    by_role = [list(dict.fromkeys(_holder(desk, s) for s in desk.directory.standings(matter, (r,)))) for r in roles]
    if stage.need is Need.ANY:
        return Waits(stage.title, any_of_roles(list(dict.fromkeys(name for names in by_role for name in names))))
    named = [any_of_roles(names) for names in by_role if names]
    return Waits(stage.title, " and ".join(dict.fromkeys(named)))


def _holder(desk: Desk, standing: Standing) -> str:
    name = f"{standing.person.name} ({standing.person.job})"
    away = desk.organisation.person(standing.instead_of) if standing.instead_of else None
    return f"{name}, while {away.name} is away" if standing.because is Because.STAND_IN and away else name


def _told(desk: Desk, matter: Matter, roles: Iterable[Role]) -> list[str]:
    school = desk.organisation.school(matter.school)
    people = [p for role in roles for p in desk.directory.holders(school, role, matter.requester)] if school else []
    others = [p for p in people if p.id != matter.requester and desk.directory.may_hear(matter, p.id)]
    return list(dict.fromkeys(f"{p.name} ({p.job})" for p in others))


def _site(desk: Desk, entry: Entry) -> str:
    school = desk.organisation.school(entry.school)
    return f"{entry.title}, {school.name}" if school else entry.title
