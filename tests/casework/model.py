"""A case as the requirements tell it: plain names, sets and lists, nothing of the code under test.

Whoever reads SECURITY T05 and T06 and the procedures should find them here again. It predicts for every click whether
it may have an effect, and who decides afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy_kb.model import Role

Plain = dict[str, Any]
Pair = tuple[str, str]
"""Who decides, and the holder in whose place."""
LEAD, ICT, HEAD, BRAND = Role.SAFEGUARDING_LEAD, Role.NETWORK_MANAGER, Role.HEADTEACHER, Role.HEAD_OF_MARKETING
CEO, CHAIR, TRUSTEE, BOARD = Role.CEO, Role.CHAIR_OF_GOVERNORS, Role.CHAIR_OF_TRUSTEES, Role.GOVERNING_BOARD

NEXT: dict[Role, tuple[Role, ...]] = {
    LEAD: (HEAD,),
    ICT: (HEAD,),
    BRAND: (CEO, HEAD),
    HEAD: (CEO, CHAIR),
    CHAIR: (TRUSTEE, CEO),
    CEO: (TRUSTEE,),
    TRUSTEE: (),
}
WAY: dict[Role, tuple[Role, ...]] = {
    LEAD: (LEAD, HEAD, CEO, TRUSTEE, CHAIR),
    ICT: (ICT, HEAD, CEO, TRUSTEE, CHAIR),
    BRAND: (BRAND, CEO, TRUSTEE, HEAD, CHAIR),
    HEAD: (HEAD, CEO, TRUSTEE, CHAIR),
    CHAIR: (CHAIR, TRUSTEE, CEO),
    CEO: (CEO, TRUSTEE),
    TRUSTEE: (TRUSTEE,),
}
"""Whom a case asks in turn when a role has nobody who may decide."""

UNDER: dict[Role, set[Role]] = {
    LEAD: {HEAD, CEO, TRUSTEE, CHAIR},
    ICT: {HEAD, CEO, TRUSTEE, CHAIR},
    BRAND: {CEO, TRUSTEE},
    HEAD: {CEO, TRUSTEE, CHAIR},
    CHAIR: {TRUSTEE, CEO},
    CEO: {TRUSTEE},
    TRUSTEE: set(),
    BOARD: {CHAIR, TRUSTEE, CEO},
}
"""Whom the holders of a role work under."""

SENIOR: tuple[tuple[Role, tuple[Role, ...]], ...] = (
    (TRUSTEE, ()),
    (CHAIR, (TRUSTEE,)),
    (CEO, (TRUSTEE,)),
    (HEAD, (CHAIR, CEO)),
    (LEAD, (HEAD,)),
)
"""Who hears a concern about the holder of a senior role (SECURITY section 3)."""


@dataclass(frozen=True)
class Kind:
    """A procedure as the model knows it: its stages with their roles; all: every role signs."""

    slug: str
    stages: tuple[tuple[str, tuple[Role, ...], bool], ...]
    decided: bool = True


SITE = Kind("new-site", (("aims_and_content", (LEAD, ICT), True), ("final", (HEAD,), False)))
LOGO = Kind("logo-use", (("permission", (HEAD, BRAND), False),))
REPORT = Kind("staff-friending-report", (("handling", (LEAD,), False),), decided=False)


@dataclass
class World:
    """The people of one trust: `staff` as the organisation file says it, `places` where each has their desk."""

    staff: dict[str, Plain]
    places: dict[str, str]
    today: date
    away: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.employ(self.staff)

    def works(self, who: str) -> bool:
        left = self.staff.get(who, {}).get("left_on")
        return who in self.staff and (left is None or self.today < left)

    def employ(self, staff: dict[str, Plain]) -> None:
        """Another organisation file comes into force."""
        self.staff = staff
        self._humans = {who: str(facts.get("human") or who) for who, facts in staff.items()}
        self._accounts = {who: [other for other in staff if self.human(other) == self.human(who)] for who in staff}

    def human(self, who: str) -> str:
        return self._humans.get(who, who)

    def accounts(self, who: str) -> list[str]:
        return self._accounts.get(who, [])

    def roles(self, who: str) -> set[Role]:
        return {role for each in self.accounts(who) for role in self.staff[each]["roles"]}

    def holders(self, role: Role) -> list[str]:
        """Those of the school, else those of the office."""
        mine = [who for who in self.staff if role in self.staff[who]["roles"] and self.works(who)]
        school = [who for who in mine if self.places[who] == "north"]
        return school or mine

    def under(self, role: Role, who: str) -> bool:
        """The role answers to one that the person holds."""
        return bool(UNDER[role] & self.roles(who))

    def senior_to(self, who: str, other: str) -> bool:
        theirs = self.roles(other)
        return any(self.under(role, who) for role in theirs) if theirs else bool(self.roles(who))

    def appointed(self, by: str, who: str) -> bool:
        for each in self.accounts(by):
            if any(self.human(deputy) == self.human(who) for deputy in self.staff[each].get("deputies", ())):
                return True
            stand_in = self.away.get(each)
            if stand_in and self.human(stand_in) == self.human(who) and not self.senior_to(who, by):
                return True
        return False

    def tied(self, subject: str, who: str) -> bool:
        """The subject, those who work for them, those they appointed."""
        return self.human(subject) == self.human(who) or self.works_for(who, subject) or self.appointed(subject, who)

    def works_for(self, who: str, boss: str) -> bool:
        seen, ahead = set[str](), [who]
        while ahead:
            for each in self.accounts(ahead.pop()):
                manager = self.staff[each].get("manager")
                if manager and self.human(manager) == self.human(boss):
                    return True
                if manager and manager not in seen:
                    seen.add(manager)
                    ahead.append(manager)
        places = {self.places[each] for each in self.accounts(who)}
        heads = any(HEAD in self.staff[each]["roles"] and self.places[each] == "north" for each in self.accounts(boss))
        if heads and "north" in places and not self.roles(who) & {CHAIR, BOARD, CEO, TRUSTEE}:
            return True
        return CEO in self.roles(boss) and "office" in places and not self.roles(who) & {TRUSTEE, BOARD}


@dataclass
class CaseModel:
    """One case and what may be done with it."""

    world: World
    kind: Kind
    asker: str
    subject: str | None = None
    first_subject: str | None = None
    state: str = "open"
    stage: int = 0
    signed: list[tuple[int, Role, str]] = field(default_factory=list)
    handed: dict[Role, str] = field(default_factory=dict)
    deputies: bool = False
    raised: list[Role] = field(default_factory=list)
    took_part: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=set)

    def begin(self, stage: int) -> None:
        """A stage begins: nothing of the last one counts."""
        self.stage, self.handed, self.deputies, self.raised = stage, {}, False, []

    # Who may.

    def is_asker(self, who: str) -> bool:
        return self.world.human(who) == self.world.human(self.asker)

    def may_hear(self, who: str) -> bool:
        """Nobody who left; never the subject and those tied to them, but the asker about their own manager."""
        if not self.world.works(who) or who not in self.world.places:
            return False
        if self.subject is None:
            return True
        if self.is_asker(who):
            named_themselves = self.first_subject is not None and self.is_asker(self.first_subject)
            return named_themselves or not self.is_asker(self.subject)
        return not self.world.tied(self.subject, who)

    def barred(self, who: str) -> bool:
        """Who never decides this case, whatever they hold."""
        signers = {self.world.human(by) for stage, _, by in self.signed if stage == self.stage}
        return (
            not self.world.works(who)
            or self.is_asker(who)
            or (self.subject is not None and self.world.tied(self.subject, who))
            or self.world.appointed(self.asker, who)
            or self.world.human(who) in signers
        )

    def concern(self) -> tuple[Role, ...] | None:
        """Who hears it instead, where it is about somebody senior."""
        if self.subject is None:
            return None
        for role, instead in SENIOR:
            if role in self.world.roles(self.subject):
                return instead
        office = any(self.world.places[each] == "office" for each in self.world.accounts(self.subject))
        return (TRUSTEE,) if office else None

    def wanted(self) -> tuple[Role, ...]:
        """The roles whose word is wanting."""
        _, roles, all_of_them = self.kind.stages[self.stage]
        concern = self.concern()
        if concern is not None:
            return concern
        given = {role for stage, role, _ in self.signed if stage == self.stage}
        return tuple(role for role in roles if role not in given) if all_of_them else roles

    def acting(self, holder: str) -> set[Pair]:
        """The holder, or whoever acts for them while they are away."""
        if self.barred(holder):
            return set()
        at, seen = holder, {holder}
        while at in self.world.away:
            at = self.world.away[at]
            if at in seen or self.barred(at):
                return self.deputies_of(holder)
            seen.add(at)
        return {(at, holder)}

    def deputies_of(self, holder: str) -> set[Pair]:
        named = self.world.staff[holder].get("deputies", ()) if self.world.works(holder) else ()
        return {(each, holder) for each in named if not self.barred(each) and each not in self.world.away}

    def climb(self, role: Role) -> set[Pair]:
        """The first on the way up who may decide; for a request nobody under the asker is on that way."""
        for up in WAY[role]:
            if up is not role and self.kind.decided and self.world.under(up, self.asker):
                continue
            found = {pair for holder in self.world.holders(up) for pair in self.acting(holder)}
            if found:
                return found
        return set()

    def sits(self, role: Role) -> set[str]:
        """Everyone who may give the role's word now."""
        to = self.handed.get(role)
        handed = self.acting(to) if to is not None and self.world.works(to) else set()
        usual = handed or self.climb(role)
        if self.handed and self.raised:
            usual = usual | self.climb(role)
        found = {who for who, _ in usual}
        if self.deputies:
            found |= {d for pair in usual for each in pair for d, _ in self.deputies_of(each)}
        for up in self.raised:
            if up in WAY[role][1:]:
                found |= {who for who, _ in self.climb(up)}
        return found

    def deciding(self) -> set[str]:
        """Everyone for whom the case waits."""
        return {who for role in self.wanted() for who in self.sits(role)} if self.state == "open" else set()

    # What the clock does.

    def escalate(self) -> None:
        """The next authorities that bring somebody new."""
        before, was = self.deciding(), list(self.raised)
        while True:
            asked = [*self.wanted(), *self.raised]
            ups = [up for role in asked for up in self.above(role) if up not in asked]
            if not ups:
                self.raised = was
                return
            self.raised += dict.fromkeys(ups)
            if self.deciding() - before:
                return

    def above(self, role: Role) -> list[Role]:
        found: list[Role] = []
        for up in NEXT[role]:
            found += self.above(up) if self.kind.decided and self.world.under(up, self.asker) else [up]
        return found
