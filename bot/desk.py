"""One transaction at a desk: its records, the organisation and the moment, and what every operation asks of them.

Who may see and hear of a case is decided here, from the database; a commit stores the events with all that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import TYPE_CHECKING

from bot import bygone, cases, effects
from bot import events as ev
from bot.cases import Case, Setting, State
from bot.deadlines import Calendar, Due, due
from bot.directory import Directory
from bot.errors import BadInput
from bot.notices import notices
from bot.organisation import Person, School
from bot.store.engine import Tx
from bot.store.records import CARD, Notice, Records
from policy_kb.model import Policy, Role
from policy_kb.procedures import FieldType, Kind, Pace, Procedure

if TYPE_CHECKING:
    from bot.casework import CaseOffice

STAGE_CLOCKS = ("remind", "deputies", "escalate")


class NoAccess(Exception):
    """There is no such case for this person: the same whether it does not exist or is not theirs (T16)."""


class Desk:
    """The records of one transaction, with the organisation and the moment: what every operation needs."""

    def __init__(self, office: CaseOffice, tx: Tx, now: datetime) -> None:
        self.records = Records(tx, office.keyring, office.store.bell)
        self.knowledge = office.knowledge
        self.now = now
        self.organisation = office.organisation(self.records)
        self.directory = self.fresh_directory()

    def fresh_directory(self) -> Directory:
        """The directory with the absences as they stand in this transaction."""
        return Directory(self.organisation, self.records.absences(self.now), self.now)

    def person(self, person_id: str) -> tuple[Person, School]:
        """An active person with their own school. Raises NoAccess for anyone else (T03, T09)."""
        person, home = self.directory.active(person_id), self.organisation.home(person_id)
        if person is None or home is None:
            raise NoAccess
        return person, home

    def policy(self, case: Case) -> Policy:
        """The policy under which the case was made."""
        return self.knowledge.policies.get(case.policy) or bygone.bygone_policy(case)

    def procedure(self, case: Case) -> Procedure:
        """The procedure of the case; where the policy has it no longer, what can still be said of it."""
        if self.is_bygone(case):
            return bygone.bygone_procedure(case, self.records.was_restricted(case.id))
        return self.policy(case).procedures[case.procedure]

    def is_bygone(self, case: Case) -> bool:
        """True where the policy has the case's procedure no longer, so that nothing can be decided."""
        policy = self.knowledge.policies.get(case.policy)
        return policy is None or case.procedure not in policy.procedures

    def open_cases(self, tenant: str) -> list[Case]:
        """Every open case of a trust whose procedure is still there: one that is not holds up none of the others."""
        return [case for case in self.records.open_cases(tenant) if not self.is_bygone(case)]

    def setting(self, procedure: Procedure, actor: str | None) -> Setting:
        """What a transition is decided by."""
        return Setting(procedure, self.directory, self.now, self.due_at, actor)

    def clocks(self, procedure: Procedure, school_id: str, values: Mapping[str, ev.Value]) -> Due:
        """When a stage that begins now is reminded of, joined by deputies and taken higher."""
        school = self.organisation.school(school_id)
        if school is None:
            raise BadInput("the school is not in the organisation file any more; ask your administrator")
        pace = Pace.SAFEGUARDING if values.get(cases.GATE) is True else procedure.pace
        return due(pace, Calendar(school), self.now, _wanted_by(procedure, values))

    def due_at(self, procedure: Procedure, school_id: str, values: dict[str, ev.Value]) -> datetime:
        """When a stage that begins now goes to the next authority."""
        return self.clocks(procedure, school_id, values).escalate

    def may_see(self, case: Case, person_id: str) -> bool:
        """The requester, who decides now, and who took part; never the subject or those tied to them."""
        if not self.may_hear(case, person_id):
            return False
        if self.directory.same_human(person_id, case.requester) or person_id in case.took_part:
            return True
        deciding = cases.deciders(case, self.procedure(case), self.directory)
        return any(s.person.id == person_id for s in deciding) or self._was_told(case, person_id)

    def may_hear(self, case: Case, person_id: str) -> bool:
        """False for leavers, for other trusts, for the subject and for those tied to the subject."""
        works_here = self.directory.active(person_id) and self.directory.of_tenant(person_id, case.trust)
        return bool(works_here) and cases.may_hear(case, self.directory, person_id)

    def knew(self, case: Case, person_id: str) -> bool:
        """True for people who were told of the case, as those who could have decided it are, and may hear of it."""
        return self.may_hear(case, person_id) and self.records.was_told(person_id, case.id)

    def _was_told(self, case: Case, person_id: str) -> bool:
        """Those whom the procedure tells, or for whom it once waited, may read the case, unless it is restricted."""
        procedure, school = self.procedure(case), self.organisation.school(case.school)
        if school is None or procedure.restricted:
            return school is not None and self._is_the_leads(case, school, person_id)
        settled = case.state in (State.APPROVED, State.CLOSED)
        roles = [*procedure.tell, *(procedure.tell_after if settled else ())]
        if procedure.kind is Kind.RECORD:
            roles += cases.told_roles(procedure, case.values, case.place)
        told = (p.id for role in roles for p in self.directory.holders(school, role, case.requester))
        return person_id in told or self.knew(case, person_id)

    def _is_the_leads(self, case: Case, school: School, person_id: str) -> bool:
        """What could show a nude child is the safeguarding lead's to read, whoever handles the report (T20)."""
        leads = self.directory.holders(school, Role.SAFEGUARDING_LEAD) if case.values.get(cases.GATE) is True else []
        return any(lead.id == person_id for lead in leads) and not self.directory.taken_elsewhere(case.matter)

    def commit(self, before: Case | None, events: tuple[ev.Event, ...], procedure: Procedure) -> Case:
        """Store the events with all that follows from them: signatures, registers, clocks and notices."""
        if before is None:
            requester = self.organisation.person(events[0].by or "")
            case = self.records.open_case(events, procedure.restricted, requester.who if requester else "")
        else:
            folded = cases.fold(events, before)
            assert folded is not None  # noqa: S101 - fold of a case is a case
            case = folded
            self.records.append(before, events, case)
        self._sign(before, case, events)
        effects.apply(self.records, procedure, case, events, self.now)
        self._set_clocks(case, procedure, events)
        told = notices(before, events, procedure, self.directory)
        self.records.tell(case, told, self.now)
        if before is not None:
            self.renew_cards(case, {notice.to for notice in told})
        return case

    def renew_cards(self, case: Case, told: Set[str] = frozenset()) -> None:
        """Have the case's cards on chat platforms follow it. told: people whose next notice brings their card along."""
        holders = self.records.card_holders(case.id)
        # A notice goes to one platform: cards on two are renewed each by itself.
        self._card_notices(case, {who: at for who, at in holders.items() if who not in told or len(at) > 1})

    def take_cards_back(self, case: Case) -> None:
        """Have the cards taken back of those who may not see the case any more, though it did not change (T06, T09)."""
        holders = self.records.card_holders(case.id)
        self._card_notices(case, {who: at for who, at in holders.items() if not self.may_see(case, who)})

    def _card_notices(self, case: Case, holders: Mapping[str, tuple[str, ...]]) -> None:
        if not holders:
            return
        cards = [(who, platform) for who, platforms in holders.items() for platform in platforms]
        found = [Notice(who, f"{CARD}:{platform}", case.id, case.version) for who, platform in cards]
        self.records.tell_cards(case, found, self.now)

    def _sign(self, before: Case | None, case: Case, events: tuple[ev.Event, ...]) -> None:
        for seq, event in enumerate(events, (before.version if before else 0) + 1):
            if isinstance(event, ev.Signed | ev.Declined) and event.by:
                decider, requester = self.organisation.person(event.by), self.organisation.person(case.requester)
                self.records.sign(
                    case, seq, decider.who if decider else event.by, requester.who if requester else case.requester
                )

    def _set_clocks(self, case: Case, procedure: Procedure, events: tuple[ev.Event, ...]) -> None:
        if case.state is not State.OPEN:
            self.records.disarm(case.id, self.now, (*STAGE_CLOCKS, "clock"))
            return
        if any(isinstance(event, ev.StageBegan) for event in events):
            self.records.disarm(case.id, self.now, STAGE_CLOCKS)
            when = self.clocks(procedure, case.school, case.values)
            for kind in STAGE_CLOCKS:
                self.records.arm(case, kind, case.stage_seq, getattr(when, kind))
        if isinstance(events[0], ev.CaseOpened):
            effects.arm_clocks(self.records, procedure, case, self.now)


def _wanted_by(procedure: Procedure, values: Mapping[str, ev.Value]) -> datetime | None:
    """The asker's deadline: the form's first moment field."""
    for field in procedure.fields:
        value = values.get(field.id)
        if field.type is FieldType.MOMENT and isinstance(value, str):
            return datetime.fromisoformat(value)
    return None
