"""A case as the sum of its events. Pure: fold() adds them up; what may happen next stands in bot/cases.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Any

from pydantic import Field

from bot import events as ev
from bot.directory import Matter
from policy_kb.model import Frozen, Role
from policy_kb.procedures import Place


class State(StrEnum):
    """Where a case is. Open and declined cases can go on; the others have ended."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Signature(Frozen):
    """A given signature of the current round."""

    stage: str
    role: Role
    by: str
    words: str
    conditions: str | None
    at: datetime
    instead_of: str | None = None


class Mark(Frozen):
    """How a step of the walk was settled."""

    done: bool
    words: str
    by: str
    at: datetime


class Case(Frozen):
    """The sum of a case's events. version: how many there are; stage_seq: the event that began the current stage."""

    id: str
    reference: str
    trust: str
    school: str
    policy: str
    policy_version: str
    procedure: str
    place: Place
    requester: str
    subject: str | None = None
    first_subject: str | None = None
    """Whom the requester named when the case was made: a person may report themselves and still follow it."""
    values: dict[str, ev.Value]
    attachments: tuple[ev.Attachment, ...] = ()
    state: State = State.OPEN
    stage: str | None = None
    stage_seq: int = 0
    due: datetime | None = None
    signatures: tuple[Signature, ...] = ()
    handed: dict[Role, str] = Field(default_factory=dict)
    """To whom a role of the current stage was handed on."""
    deputies: bool = False
    raised: tuple[Role, ...] = ()
    question: str | None = None
    seen: bool = False
    marks: dict[str, Mark] = Field(default_factory=dict)
    words: str = ""
    """The words of the decision or closing."""
    hold: bool = False
    took_part: tuple[str, ...] = ()
    """Everyone who acted on the case beside the requester."""
    opened_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    version: int = 0

    @property
    def matter(self) -> Matter:
        """What the directory needs to know."""
        return Matter(
            school=self.school,
            requester=self.requester,
            subject=self.subject,
            handed=tuple(self.handed.items()),
            deputies=self.deputies,
            raised=self.raised,
            signed=tuple(s.by for s in self.signatures if s.stage == self.stage),
        )


def fold(events: Iterable[ev.Event], case: Case | None = None) -> Case | None:
    """Add events to a case; the first event of all opens it."""
    return reduce(apply, events, case)


def apply(case: Case | None, event: ev.Event) -> Case:
    """The case after one event. Raises ValueError for one that cannot come first."""
    if isinstance(event, ev.CaseOpened):
        return opened(event)
    if case is None:
        raise ValueError("a case begins with CaseOpened")
    changes: dict[str, Any] = {"version": case.version + 1, "changed_at": event.at, **_changes(case, event)}
    # Who held, opened or erased a case from outside did not take part in it, so gains no sight of it (T08).
    outside = isinstance(event, ev.Held | ev.BrokeGlass | ev.Erased)
    if event.by and event.by != case.requester and event.by not in case.took_part and not outside:
        changes["took_part"] = (*case.took_part, event.by)
    return case.model_copy(update=changes)


def opened(event: ev.CaseOpened) -> Case:
    """The case as it is made, before its first stage. Raises ValueError where no person made it."""
    if event.by is None:
        raise ValueError("a case is opened by a person")
    return Case(
        id=event.case,
        reference=event.reference,
        trust=event.trust,
        school=event.school,
        policy=event.policy,
        policy_version=event.policy_version,
        procedure=event.procedure,
        place=Place(event.place),
        requester=event.by,
        subject=event.subject,
        first_subject=event.subject,
        values=event.values,
        attachments=event.attachments,
        opened_at=event.at,
        changed_at=event.at,
        version=1,
    )


_FRESH_STAGE: dict[str, Any] = {"handed": {}, "deputies": False, "raised": (), "question": None}


def _changes(case: Case, event: ev.Event) -> dict[str, Any]:
    """What an event changes beside version and time."""
    match event:
        case ev.StageBegan():
            return {**_FRESH_STAGE, "stage": event.stage, "stage_seq": case.version + 1, "due": event.due}
        case ev.Signed():
            given = Signature(
                stage=event.stage,
                role=event.role,
                by=event.by or "",
                words=event.words,
                conditions=event.conditions,
                at=event.at,
                instead_of=event.instead_of,
            )
            return {"signatures": (*case.signatures, given)}
        case ev.Approved():
            return _ended(State.APPROVED, event.at, "\n\n".join(s.words for s in case.signatures[-1:]))
        case ev.Declined():
            return _ended(State.DECLINED, event.at, event.words)
        case ev.Closed():
            return _ended(State.CLOSED, event.at, event.words)
        case ev.Withdrawn():
            return _ended(State.WITHDRAWN, event.at, event.words)
        case ev.Revised():
            again = {"state": State.OPEN, "values": event.values, "signatures": (), "words": "", "ended_at": None}
            return {**again, **_FRESH_STAGE, "subject": event.subject}
        case _:
            return _small_changes(case, event)


def _small_changes(case: Case, event: ev.Event) -> dict[str, Any]:
    match event:
        case ev.Asked():
            return {"question": event.words}
        case ev.Said():
            return {"question": None} if event.answers else {}
        case ev.HandedOn():
            return {"handed": {**case.handed, **dict.fromkeys(event.roles, event.to)}}
        case ev.Seen():
            return {"seen": True}
        case ev.StepMarked():
            mark = Mark(done=event.done, words=event.words, by=event.by or "", at=event.at)
            return {"marks": {**case.marks, event.step: mark}}
        case ev.SubjectNamed():
            return {"subject": event.subject, "handed": {}, "deputies": False, "raised": ()}
        case ev.EvidenceAdded():
            return {"attachments": (*case.attachments, event.attachment)}
        case ev.DeputiesAdded():
            return {"deputies": True}
        case ev.Escalated():
            return {"raised": (*case.raised, *event.to)}
        case ev.Held():
            return {"hold": event.on}
        case _:
            return {}


def _ended(state: State, at: datetime, words: str) -> dict[str, Any]:
    return {"state": state, "stage": None, "due": None, "words": words, "ended_at": at, **_FRESH_STAGE}
