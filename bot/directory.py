"""Who may decide or handle a case at this moment, and why. Pure: people, absences and the clock are arguments.

The rules are those of the security requirements: nobody decides their own request, whatever account or post they use
(T05); a concern never reaches the person it is about, those who work for them or those whom they appointed (T06); where
nobody independent is left, a named human higher up or the designated officer's words stand at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.authority import ABOUT as ABOUT
from bot.authority import ABOVE as ABOVE
from bot.authority import TRUST_WIDE, higher
from bot.deadlines import LOCAL
from bot.organisation import Organisation, Person, School
from bot.ties import Ties
from policy_kb.model import Frozen, Role


class Absence(Frozen):
    """ "I'm away till Monday, Ms X decides": who is away, who decides instead, from when until when (UTC)."""

    person: str
    stand_in: str
    since: datetime
    until: datetime

    def covers(self, now: datetime) -> bool:
        """True while the person is away."""
        return self.since <= now < self.until


class Because(StrEnum):
    """Why a person may decide."""

    HOLDER = "holder"
    STAND_IN = "stand_in"
    DEPUTY = "deputy"
    HIGHER = "higher"
    HANDED_ON = "handed_on"


@dataclass(frozen=True)
class Standing:
    """A person's right to decide a stage in a role. instead_of: the person whose place they take, if any."""

    person: Person
    role: Role
    because: Because
    instead_of: str | None = None


@dataclass(frozen=True)
class Matter:
    """What the directory must know of a case. requester and subject are person ids.

    handed: to whom a role was handed on. signed: who gave one of the stage's several signatures, each of which must be
    another human's. asks: the requester wants something decided for themselves; handling a report is no such favour.
    """

    school: str
    requester: str | None
    subject: str | None = None
    handed: tuple[tuple[Role, str], ...] = ()
    deputies: bool = False
    raised: tuple[Role, ...] = ()
    signed: tuple[str, ...] = ()
    asks: bool = True


class Directory:
    """The organisation with who is away, asked at one moment."""

    def __init__(self, organisation: Organisation, absences: Iterable[Absence], now: datetime) -> None:
        self.organisation = organisation
        self.now = now
        self._away = {a.person: a.stand_in for a in absences if a.covers(now)}
        self._ties = Ties(organisation, self._away, now.astimezone(LOCAL).date())

    def active(self, person_id: str | None) -> Person | None:
        """The person, if they still work here."""
        return self._ties.active(person_id)

    def same_human(self, one: str | None, other: str | None) -> bool:
        """True for two accounts of one human."""
        return self._ties.same_human(one, other)

    def of_tenant(self, person_id: str, tenant: str) -> bool:
        """True for somebody in the list of that trust or school, also after they left."""
        return self._ties.tenant(person_id) == tenant

    def roles_for(self, matter: Matter, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        """The stage's roles, or those who hear a concern about the holder of a senior role."""
        concern = self._concern(matter)
        return concern[0] if concern else roles

    def taken_elsewhere(self, matter: Matter) -> bool:
        """True for a concern about a senior person: any one of `roles_for` takes it."""
        return self._concern(matter) is not None

    def standings(self, matter: Matter, roles: tuple[Role, ...]) -> tuple[Standing, ...]:
        """Everyone who may decide now in one of the roles; empty where nobody independent is left.

        A role without an independent holder climbs to the next authority, so each role yields people or nobody at all.
        Every standing is in one of the roles asked for: whoever decides in the end, it is that role's word.
        """
        concern = self._concern(matter)
        if concern and concern[1].id != matter.school:
            matter = replace(matter, school=concern[1].id)
        found: list[Standing] = []
        for role in roles:
            usual = self._handed(matter, role) or self._climb(matter, role, set())
            if matter.handed and matter.raised:
                # Overdue in the hands of another: the holder takes it up again with those above.
                usual += self._climb(matter, role, set())
            found += usual
            if matter.deputies:
                found += [d for s in usual for d in self._deputies_of(matter, s)]
            for up in matter.raised:
                if up in higher(role):
                    found += [_as_higher(s, role) for s in self._climb(matter, up, {role})]
        unique: dict[tuple[str, Role], Standing] = {}
        for standing in found:
            unique.setdefault((standing.person.id, standing.role), standing)
        return tuple(unique.values())

    def holders(self, school: School, role: Role, requester: str | None = None) -> list[Person]:
        """Who holds a role for a school: the asker's own manager, people of the school, else of its trust."""
        if role is Role.LINE_MANAGER and requester:
            asker = self.organisation.person(requester)
            manager = self.active(asker.manager) if asker else None
            if manager:
                return [manager]
            # A headteacher's line manager is no year leader, whoever of them is called a line manager.
            if self._ties.is_below(role, requester, school.tenant):
                return []
        schools = self.organisation.of_tenant(school.tenant)
        central, others = [s for s in schools if s.central], schools if role in TRUST_WIDE else []
        for group in ([school], central, others):
            found = [p for s in group for p in self.organisation.holding(role, s) if self.active(p.id)]
            if found:
                return list({p.id: p for p in found}.values())
        return []

    def may_hear(self, matter: Matter, person_id: str) -> bool:
        """False for the subject, those who work for them and those they appointed."""
        return not matter.subject or not self._ties.tied(matter.subject, person_id, self._tenant(matter))

    def next_above(self, matter: Matter, roles: Iterable[Role]) -> tuple[Role, ...]:
        """The authorities next above these roles, and above those raised before, that were not asked yet."""
        asked = (*roles, *matter.raised)
        ups = [up for role in asked for up in self._above(matter, role)]
        return tuple(dict.fromkeys(up for up in ups if up not in asked))

    def not_below(self, matter: Matter, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        """The roles without those that answer to the asker, where one of the roles is the asker's own or above it.

        "Headteacher or deputy headteacher" is, for the headteacher's own request, not a matter for the deputy (T05).
        """
        tenant = self._tenant(matter)
        mine = self._ties.held(matter.requester, tenant) if matter.requester else frozenset()
        if not mine & set(roles):
            return roles
        return tuple(role for role in roles if role in mine or not self._ties.is_below(role, matter.requester, tenant))

    def refusal(self, matter: Matter, person_id: str) -> str | None:
        """Why this person can never decide the matter, as a code of a refusal; None where nothing stands against it."""
        tenant = self._tenant(matter)
        if self.active(person_id) is None or not self.of_tenant(person_id, tenant):
            return "left"
        if self.same_human(person_id, matter.requester):
            return "own"
        if matter.subject and self._ties.tied(matter.subject, person_id, tenant):
            return "absent"
        if matter.requester and self._ties.appointed(matter.requester, person_id, tenant):
            return "appointed"
        return "signed" if any(self.same_human(person_id, by) for by in matter.signed) else None

    def _tenant(self, matter: Matter) -> str:
        school = self.organisation.school(matter.school)
        return school.tenant if school else ""

    def _concern(self, matter: Matter) -> tuple[tuple[Role, ...], School] | None:
        """Who hears a concern about a senior person, and of which school: that at which the person holds the role."""
        here, subject = self.organisation.school(matter.school), matter.subject
        if here is None or not subject:
            return None
        accounts = self.organisation.accounts(self._ties.human(subject))
        desks = [(p, home) for p in accounts if (home := self.organisation.home(p.id)) and home.tenant == here.tenant]
        posts = [post.school for p, _ in desks for post in p.also_at]
        ids = dict.fromkeys([here.id, *(home.id for _, home in desks), *posts])
        schools = [school for each in ids if (school := self.organisation.school(each))]
        central = any(home.central for _, home in desks)
        for role, instead in ABOUT:
            if central and role is Role.SAFEGUARDING_LEAD:
                # The central team has no headteacher: the climb from there would end in the CEO's office (section 3).
                continue
            for school in schools:
                if any(role in self.organisation.roles_at(p, school) for p, _ in desks):
                    return instead, school
        return ((Role.CHAIR_OF_TRUSTEES,), here) if central else None

    def _above(self, matter: Matter, role: Role) -> Iterator[Role]:
        """The next authorities; one that answers to the asker gives way to those above it."""
        for up in ABOVE.get(role, ()):
            if matter.asks and self._ties.is_below(up, matter.requester, self._tenant(matter)):
                yield from self._above(matter, up)
            else:
                yield up

    def _climb(self, matter: Matter, role: Role, seen: set[Role]) -> list[Standing]:
        """The independent holders of a role with their stand-ins, else those of the authorities above."""
        seen.add(role)
        school = self.organisation.school(matter.school)
        if school is None:
            return []
        found = [s for p in self.holders(school, role, matter.requester) for s in self._present(matter, p, role)]
        if found:
            return found
        for up in self._above(matter, role):
            above = self._climb(matter, up, seen) if up not in seen else []
            if above:
                return [_as_higher(s, role) for s in above]
        return []

    def _present(self, matter: Matter, person: Person, role: Role) -> list[Standing]:
        """The holder; while they are away their stand-in, else their deputies. Nobody acts for a holder in conflict."""
        if self.refusal(matter, person.id) is not None:
            return []
        if person.id not in self._away:
            return [Standing(person, role, Because.HOLDER)]
        stand_in = self._stand_in(matter, person)
        if stand_in:
            return [Standing(stand_in, role, Because.STAND_IN, person.id)]
        return list(self._deputies(matter, person, role))

    def _stand_in(self, matter: Matter, person: Person) -> Person | None:
        """Who stands in at the end of a chain of absences; nobody where it is a circle or a link is not independent."""
        at, seen = person, {person.id}
        while at.id in self._away:
            following = self.active(self._away[at.id])
            if following is None or following.id in seen or self.refusal(matter, following.id) is not None:
                return None
            seen.add(following.id)
            at = following
        return at

    def _handed(self, matter: Matter, role: Role) -> list[Standing]:
        """To whom the role was handed on, or who acts for them; nobody where they may not decide it any more."""
        to = self.active(dict(matter.handed).get(role))
        found = self._present(matter, to, role) if to else []
        return [replace(s, because=Because.HANDED_ON) if s.because is Because.HOLDER else s for s in found]

    def _deputies_of(self, matter: Matter, standing: Standing) -> Iterator[Standing]:
        """The deputies of a holder, of the one they stand in for, and of nobody else."""
        for person_id in (standing.instead_of, standing.person.id):
            person = self.active(person_id)
            if person:
                yield from self._deputies(matter, person, standing.role)

    def _deputies(self, matter: Matter, person: Person, role: Role) -> Iterator[Standing]:
        for deputy_id in person.deputies:
            deputy = self.active(deputy_id)
            if deputy and deputy_id not in self._away and self.refusal(matter, deputy_id) is None:
                yield Standing(deputy, role, Because.DEPUTY, person.id)


def _as_higher(standing: Standing, role: Role) -> Standing:
    return Standing(standing.person, role, Because.HIGHER, standing.instead_of)
