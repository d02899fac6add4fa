"""Who holds which role for a school, who stands in, and who is away, for staff to look up (TLT 2.1, ATT 2.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.desk import Desk
from bot.organisation import Person
from bot.starting import Place, place_of
from bot.texts import ROLE_WORDS
from policy_kb.model import Role

_SHOWN = tuple(role for role in Role if role not in (Role.LINE_MANAGER, Role.POLICE, Role.GCC_DATA_MANAGEMENT))


@dataclass(frozen=True)
class Holder:
    """A person in a role. school: where they work, if not at the reader's school; away: until when, who decides."""

    name: str
    job: str
    school: str
    deputies: tuple[str, ...]
    away: str


@dataclass(frozen=True)
class RoleLine:
    """A role in the policy's words with everyone who holds it; empty where nobody does."""

    words: str
    holders: tuple[Holder, ...]


@dataclass(frozen=True)
class RoleDirectory:
    """The roles at the reader's school, and the reader's own manager."""

    place: Place
    roles: tuple[RoleLine, ...]
    manager: Holder | None


def role_directory(desk: Desk, person_id: str, back_on: Callable[[datetime], str]) -> RoleDirectory:
    """Every role that somebody holds for the person's school, here or in the trust. back_on: a moment in words."""
    place = place_of(desk, person_id)
    away = {a.person: a for a in desk.records.absences(desk.now) if a.covers(desk.now)}

    def holder(person: Person) -> Holder:
        home, absence = desk.organisation.home(person.id), away.get(person.id)
        stand_in = desk.organisation.person(absence.stand_in) if absence else None
        told = f"Away until {back_on(absence.until)}; {stand_in.name} decides" if absence and stand_in else ""
        deputies = [desk.directory.active(each) for each in person.deputies]
        return Holder(
            name=person.name,
            job=person.job,
            school=home.name if home and home.id != place.school.id else "",
            deputies=tuple(d.name for d in deputies if d),
            away=told,
        )

    lines = (_line(desk, place, role, holder) for role in _SHOWN)
    manager = desk.directory.active(place.person.manager)
    return RoleDirectory(place, tuple(line for line in lines if line.holders), holder(manager) if manager else None)


def _line(desk: Desk, place: Place, role: Role, holder: Callable[[Person], Holder]) -> RoleLine:
    words = place.policy.role_names.get(role, ROLE_WORDS[role])
    people = desk.directory.holders(place.school, role)
    return RoleLine(f"{words[:1].upper()}{words[1:]}", tuple(holder(person) for person in people))
