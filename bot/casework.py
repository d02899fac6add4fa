"""The case office: every request, report and record, one transaction each. The only file that orders the steps.

Identity comes from the caller, who authenticated the person; authority is decided here, from the database, at the
moment of the click. Nothing is sent from here: notices are put into the outbox in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot import actions as act
from bot import cases, effects, turnover
from bot import events as ev
from bot.cases import Case, Refused, State
from bot.desk import STAGE_CLOCKS, Desk, NoAccess
from bot.errors import BadInput
from bot.organisation import Organisation
from bot.sealing import Keyring
from bot.store.engine import Store, Tx
from bot.store.records import Records, new_id, new_reference
from policy_kb.model import KnowledgeBase
from policy_kb.procedures import FieldType, Kind, Procedure

Result = TypeVar("Result")
COULD_DECIDE = frozenset({"waiting", "reminder"})
"""Notices that go to people who can decide the case."""
PUT_OFF = timedelta(hours=1)
"""After which a clock is looked at again whose procedure is not there now."""
LOOK_AGAIN = timedelta(seconds=20)
"""How soon after a look round the next one may be: an absence that begins is told of within this time."""
_QUIET = (ev.Reminded, ev.DeputiesAdded, ev.Escalated, ev.ClockTold, ev.EntryDue, ev.Seen, ev.EvidenceViewed, ev.Held)


@dataclass(frozen=True)
class Upload:
    """A checked file: what is kept of it beside its bytes, the sealed original and the re-encoded copy."""

    attachment: ev.Attachment
    original: bytes
    viewer: bytes | None
    viewer_kind: str | None


@dataclass(frozen=True)
class Done:
    """What came of an action: the case as it is now, or why nothing changed."""

    case_id: str
    reference: str
    version: int
    state: str
    refused: str | None = None
    detail: str = ""


class CaseOffice:
    """Opens cases and acts on them. Safe to share; holds no case."""

    def __init__(self, store: Store, keyring: Keyring, knowledge: KnowledgeBase) -> None:
        self.store = store
        self.keyring = keyring
        self.knowledge = knowledge
        self._organisations: tuple[int, Organisation] | None = None
        self._people: turnover.People | None = None
        self._looked: datetime | None = None

    async def at_desk(self, now: datetime, fn: Callable[..., Result], *args: Any) -> Result:
        """fn(desk, *args) in one transaction; retried once where the database asks for it."""
        return await self.store.run(lambda tx: fn(Desk(self, tx, now), *args))

    def organisation(self, records: Records) -> Organisation:
        """The organisation in force, read anew only when its number changed."""
        version = records.organisation_version()
        if self._organisations is None or self._organisations[0] != version:
            self._organisations = (version, records.organisation(version))
        return self._organisations[1]

    async def adopt(self, organisation: Organisation, now: datetime) -> bool:
        """Make this the organisation in force; False where nothing changed."""
        try:
            return await self.store.run(self._adopt, organisation, now)
        except BaseException:
            # What was read under a number that was never committed is forgotten: the number will be another's.
            self._organisations = None
            raise

    def _adopt(self, tx: Tx, organisation: Organisation, now: datetime) -> bool:
        records = Records(tx, self.keyring, self.store.bell)
        if not records.adopt(organisation, now):
            return False
        turnover.look_round(Desk(self, tx, now))
        return True

    async def look_round(self, now: datetime) -> bool:
        """Tell whoever decides now that a day or an absence began or ended; False where nobody changed.

        No click brings these about, so the worker asks for it with every look at the clocks.
        """
        if self._looked is not None and abs(now - self._looked) < LOOK_AGAIN:
            return False
        self._looked = now
        people = await self.at_desk(now, turnover.people)
        if people != self._people:
            await self.at_desk(now, turnover.look_round)
        changed, self._people = people != self._people, people
        return changed

    async def start(
        self,
        person_id: str,
        slug: str,
        values: dict[str, ev.Value],
        now: datetime,
        *,
        uploads: tuple[Upload, ...] = (),
        school_id: str | None = None,
        key: str | None = None,
    ) -> Done:
        """Open a case with checked values. key: the delivery's id, so that the same one twice opens one case.

        Raises NoAccess for people who are not served, BadInput for a procedure that their policy does not define.
        """
        return await self.at_desk(
            now, _once, person_id, key, lambda desk: _start(desk, person_id, slug, values, uploads, school_id)
        )

    async def act(
        self,
        person_id: str,
        case_id: str,
        action: act.Action,
        now: datetime,
        *,
        uploads: tuple[Upload, ...] = (),
        key: str | None = None,
        seen: int | None = None,
    ) -> Done:
        """Let an authenticated person act on a case. Refused actions change nothing. Raises NoAccess.

        seen: the version of the case that the person looked at; where people changed it since, the action is refused.
        """
        return await self.at_desk(
            now, _once, person_id, key, lambda desk: _act(desk, person_id, case_id, action, uploads, seen)
        )

    async def answered(self, person_id: str, key: str, now: datetime) -> Done:
        """What came of a delivery that was taken before. Raises NoAccess where there was none."""
        return await self.at_desk(now, _once, person_id, key, _unheard_of)

    async def fire(self, timer: str, now: datetime) -> bool:
        """Let a due clock have its effect, once. False where it has none any more."""
        return await self.at_desk(now, _fire, timer)

    async def set_away(self, person_id: str, stand_in: str, since: datetime, until: datetime, now: datetime) -> None:
        """ "I'm away till then, they decide." Raises BadInput for a stand-in who cannot be one."""
        await self.at_desk(now, turnover.set_away, person_id, stand_in, since, until)

    async def set_back(self, person_id: str, now: datetime) -> None:
        """The person is back before the day they gave."""
        await self.at_desk(now, turnover.set_back, person_id)


def _once(desk: Desk, person_id: str, key: str | None, fn: Callable[[Desk], Done]) -> Done:
    # A key says only that a delivery is the same one, so it is worth nothing in the hands of somebody else (T04).
    mine = desk.records.tag(f"{person_id} {key}") if key is not None else None
    answer = desk.records.once(mine, desk.now, lambda: json.dumps(vars(fn(desk))))
    return Done(**json.loads(answer))


def _unheard_of(_: Desk) -> Done:
    raise NoAccess


def _done(case: Case, refused: Refused | None = None) -> Done:
    code, detail = (refused.code, refused.detail) if refused else (None, "")
    return Done(case.id, case.reference, case.version, case.state.value, code, detail)


def _start(
    desk: Desk,
    person_id: str,
    slug: str,
    values: dict[str, ev.Value],
    uploads: tuple[Upload, ...],
    school_id: str | None,
) -> Done:
    person, home = desk.person(person_id)
    school = desk.organisation.school(school_id) if school_id else home
    posts = {home.id, *(post.school for post in person.also_at)}
    if school is None or school.id not in posts:
        raise NoAccess
    policy = desk.knowledge.policies[school.policy]
    procedure = policy.procedures.get(slug)
    if procedure is None or procedure.kind is Kind.LOOK_UP:
        raise BadInput("your policy does not define this request; choose one from the list")
    _check_people(desk, procedure, values, school.tenant)
    opened = ev.CaseOpened(
        by=person.id,
        at=desk.now,
        case=new_id(),
        reference=new_reference(),
        trust=school.tenant,
        school=school.id,
        policy=policy.id,
        policy_version=policy.version,
        procedure=slug,
        place=school.place.value,
        subject=cases.subject_in(procedure, values),
        values=values,
        attachments=tuple(u.attachment for u in uploads),
    )
    case = desk.commit(None, cases.begin(opened, desk.setting(procedure, person.id)), procedure)
    _keep(desk, case, uploads)
    return _done(case)


def _act(
    desk: Desk,
    person_id: str,
    case_id: str,
    action: act.Action,
    uploads: tuple[Upload, ...],
    seen: int | None = None,
) -> Done:
    case = desk.records.case(case_id, lock=True)
    if case is None:
        raise NoAccess
    if not desk.may_see(case, person_id):
        if desk.knew(case, person_id):
            return _done(case, _not_theirs(desk, case, person_id))
        raise NoAccess
    if desk.is_bygone(case):
        return _done(case, Refused("gone"))
    if seen is not None and case.state is State.OPEN and _changed_since(desk, case, seen):
        return _done(case, Refused("changed"))
    procedure = desk.procedure(case)
    if isinstance(action, act.Revise):
        _check_people(desk, procedure, action.values, case.trust)
    outcome = judged(desk, case, action, person_id)
    if isinstance(outcome, Refused):
        return _done(case, outcome)
    if not outcome:
        return _done(case)
    after = desk.commit(case, outcome, procedure)
    _keep(desk, after, uploads)
    return _done(after)


def _not_theirs(desk: Desk, case: Case, person_id: str) -> Refused:
    """Why somebody who knows of a case cannot decide it: it left them, or it was never with them."""
    had_it = person_id in case.took_part or desk.records.was_told(person_id, case.id, COULD_DECIDE)
    return Refused("not_holder" if had_it else "only_told")


def judged(desk: Desk, case: Case, action: act.Action, person_id: str) -> cases.Outcome:
    """What the rules say of an action; a refusal in the words that are true of this person. Nothing is stored."""
    outcome = cases.decide(case, action, desk.setting(desk.procedure(case), person_id))
    mere = isinstance(outcome, Refused) and outcome.code == "not_holder"
    return _not_theirs(desk, case, person_id) if mere else outcome


def _changed_since(desk: Desk, case: Case, seen: int) -> bool:
    """True where people changed the case since that version; clocks, and looking at it, do not count."""
    return any(not isinstance(event, _QUIET) for event in desk.records.events(case.id)[seen:])


def _check_people(desk: Desk, procedure: Procedure, values: Mapping[str, ev.Value], tenant: str) -> None:
    """Nobody of another trust is named: a concern about them would be routed by the wrong school (T23)."""
    for field in procedure.fields:
        value = values.get(field.id)
        if field.type in (FieldType.PERSON, FieldType.PEOPLE, FieldType.SUBJECT) and not isinstance(value, bool | int):
            named = {value} if isinstance(value, str) else set(value or ())
            if not all(desk.directory.of_tenant(each, tenant) for each in named - {cases.NOBODY, ""}):
                raise BadInput(f"“{field.label}”: choose people from the list of your trust")


def _keep(desk: Desk, case: Case, uploads: tuple[Upload, ...]) -> None:
    for u in uploads:
        desk.records.keep_evidence(case, u.attachment.id, u.original, u.viewer, u.viewer_kind, desk.now)


def _fire(desk: Desk, timer_id: str) -> bool:
    timer = desk.records.take_timer(timer_id, desk.now)
    case = desk.records.case(timer.case_id, lock=True) if timer else None
    if timer is None or case is None:
        return False
    if desk.is_bygone(case):
        # The procedure may come back with the next change of the policy, and its clocks with it.
        desk.records.put_off_timer(timer.id, desk.now + PUT_OFF)
        return False
    procedure = desk.procedure(case)
    if timer.kind not in STAGE_CLOCKS:
        outcome: cases.Outcome = effects.clock_events(desk.records, procedure, case, timer, desk.now)
    else:
        tick = act.Tick.model_validate({"kind": timer.kind, "stage_seq": timer.token})
        outcome = cases.decide(case, tick, desk.setting(procedure, None))
    if isinstance(outcome, Refused) or not outcome:
        return False
    desk.commit(case, outcome, procedure)
    return True
