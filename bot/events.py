"""What happens to a case, as typed values. The appended events are the audit trail; the case is their sum."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from policy_kb.model import Frozen, Role

Value = str | int | bool | tuple[str, ...]
"""One answer of a form: text, a number, yes or no, or several options or people."""


class Attachment(Frozen):
    """What is kept of a piece of evidence beside its bytes. sha256: of the original, as it came."""

    id: str
    kind: Literal["png", "jpeg", "webp", "pdf"]
    size: int
    sha256: str
    quarantined: bool = False


class _Happened(Frozen):
    """by: the person's id, None where a clock did it. at: UTC."""

    by: str | None = None
    at: datetime


class CaseOpened(_Happened):
    """A request, report or record was made."""

    type: Literal["opened"] = "opened"
    case: str
    reference: str
    trust: str
    school: str
    policy: str
    policy_version: str
    procedure: str
    place: Literal["school", "central"]
    subject: str | None = None
    values: dict[str, Value]
    attachments: tuple[Attachment, ...] = ()


class StageBegan(_Happened):
    """A stage waits for its people from now on. due: when it goes to the next authority (UTC)."""

    type: Literal["stage_began"] = "stage_began"
    stage: str
    due: datetime


class Signed(_Happened):
    """One signature towards approval. conditions: what the approval depends on, in the decider's words."""

    type: Literal["signed"] = "signed"
    stage: str
    role: Role
    words: str
    conditions: str | None = None
    instead_of: str | None = None
    confirmed: tuple[str, ...] = ()


class Approved(_Happened):
    """The last signature was given."""

    type: Literal["approved"] = "approved"


class Declined(_Happened):
    """The request was declined, with the decider's words."""

    type: Literal["declined"] = "declined"
    stage: str
    role: Role
    words: str
    instead_of: str | None = None


class Asked(_Happened):
    """A decider asked the requester something; the clocks run on."""

    type: Literal["asked"] = "asked"
    words: str


class Said(_Happened):
    """A message in the thread, from either side. answers: the requester wrote, under whatever account."""

    type: Literal["said"] = "said"
    words: str
    answers: bool = False


class HandedOn(_Happened):
    """A decider handed the stage to somebody else. roles: those whose word the other person now gives."""

    type: Literal["handed_on"] = "handed_on"
    to: str
    words: str
    roles: tuple[Role, ...] = ()


class Withdrawn(_Happened):
    """The requester took the request back."""

    type: Literal["withdrawn"] = "withdrawn"
    words: str = ""


class Revised(_Happened):
    """The requester changed a declined or open request; signatures start again."""

    type: Literal["revised"] = "revised"
    values: dict[str, Value]
    subject: str | None = None


class Seen(_Happened):
    """A handler opened a report for the first time: the reporter is told."""

    type: Literal["seen"] = "seen"


class StepMarked(_Happened):
    """A step of the walk was done, or skipped with a reason."""

    type: Literal["step"] = "step"
    step: str
    done: bool
    words: str = ""


class Closed(_Happened):
    """A report was closed, or a record noted, with words for the person who made it."""

    type: Literal["closed"] = "closed"
    words: str


class SubjectNamed(_Happened):
    """Whom a report is about was named or corrected; from now on that person cannot see it."""

    type: Literal["subject"] = "subject"
    subject: str | None


class EvidenceAdded(_Happened):
    """A file was added after the gate."""

    type: Literal["evidence"] = "evidence"
    attachment: Attachment


class EvidenceViewed(_Happened):
    """Somebody opened a piece of evidence."""

    type: Literal["evidence_viewed"] = "evidence_viewed"
    attachment: str


class Reminded(_Happened):
    """The people of the stage were reminded."""

    type: Literal["reminded"] = "reminded"


class DeputiesAdded(_Happened):
    """The stage was late: deputies may decide too."""

    type: Literal["deputies"] = "deputies"


class Escalated(_Happened):
    """The stage was overdue: the next authority may decide too. to is empty where there is nobody above."""

    type: Literal["escalated"] = "escalated"
    to: tuple[Role, ...]


class ClockTold(_Happened):
    """A statutory clock is about to end and the people named by the procedure were told."""

    type: Literal["clock"] = "clock"
    title: str


class EntryDue(_Happened):
    """A register entry of this case wants attention: a review, a closing day, too few administrators."""

    type: Literal["entry_due"] = "entry_due"
    entry: str
    version: int
    what: Literal["review", "closing", "administrators"]


class Held(_Happened):
    """A legal hold was set or lifted: while it stands, nothing of the case is deleted."""

    type: Literal["held"] = "held"
    on: bool
    words: str


class BrokeGlass(_Happened):
    """Two people opened the words of a restricted case outside the usual way (T08). witness: the second of them."""

    type: Literal["broke_glass"] = "broke_glass"
    witness: str
    words: str


class Erased(_Happened):
    """The time of the case was over: what was written is gone with its key, the chain stays."""

    type: Literal["erased"] = "erased"
    words: str


Event = Annotated[
    CaseOpened
    | StageBegan
    | Signed
    | Approved
    | Declined
    | Asked
    | Said
    | HandedOn
    | Withdrawn
    | Revised
    | Seen
    | StepMarked
    | Closed
    | SubjectNamed
    | EvidenceAdded
    | EvidenceViewed
    | Reminded
    | DeputiesAdded
    | Escalated
    | ClockTold
    | EntryDue
    | Held
    | BrokeGlass
    | Erased,
    Field(discriminator="type"),
]
