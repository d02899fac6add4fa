"""What a person, or a clock, asks a case to do. A payload carries an action, never who does it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from bot.errors import BadInput
from bot.events import Attachment, Value
from policy_kb.model import Frozen

WORDS_LIMIT = 8_000
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WORDS_LIMIT)]
MaybeWords = Annotated[str, StringConstraints(strip_whitespace=True, max_length=WORDS_LIMIT)]


class Approve(Frozen):
    """Sign the current stage; with conditions where they are given. confirmed: the checklist's points."""

    do: Literal["approve"] = "approve"
    words: Words
    conditions: MaybeWords = ""
    confirmed: tuple[str, ...] = ()


class Decline(Frozen):
    """Decline the request."""

    do: Literal["decline"] = "decline"
    words: Words


class Ask(Frozen):
    """Ask the requester a question."""

    do: Literal["ask"] = "ask"
    words: Words


class Say(Frozen):
    """Write in the thread, or answer a question."""

    do: Literal["say"] = "say"
    words: Words


class HandOn(Frozen):
    """Hand the stage to another person of the trust."""

    do: Literal["hand_on"] = "hand_on"
    to: str
    words: Words


class Withdraw(Frozen):
    """Take one's own request back."""

    do: Literal["withdraw"] = "withdraw"
    words: MaybeWords = ""


class Revise(Frozen):
    """Change one's own request; values already checked by forms."""

    do: Literal["revise"] = "revise"
    values: dict[str, Value]
    subject: str | None = None


class Open(Frozen):
    """A handler reads the report."""

    do: Literal["open"] = "open"


class MarkStep(Frozen):
    """Mark a step of the walk as done, or as skipped, which wants a reason."""

    do: Literal["mark_step"] = "mark_step"
    step: str
    done: bool
    words: MaybeWords = ""


class Close(Frozen):
    """Close a report with words for the reporter."""

    do: Literal["close"] = "close"
    words: Words


class NameSubject(Frozen):
    """Name or correct whom a report is about."""

    do: Literal["name_subject"] = "name_subject"
    subject: str | None


class AddEvidence(Frozen):
    """Add a file that was checked, sealed and stored in the same transaction."""

    do: Literal["add_evidence"] = "add_evidence"
    attachment: Attachment


class ViewEvidence(Frozen):
    """Open a piece of evidence."""

    do: Literal["view_evidence"] = "view_evidence"
    attachment: str


class Tick(Frozen):
    """A clock of the current stage ran out."""

    do: Literal["tick"] = "tick"
    kind: Literal["remind", "deputies", "escalate"]
    stage_seq: int


Action = Annotated[
    Approve
    | Decline
    | Ask
    | Say
    | HandOn
    | Withdraw
    | Revise
    | Open
    | MarkStep
    | Close
    | NameSubject
    | AddEvidence
    | ViewEvidence
    | Tick,
    Field(discriminator="do"),
]

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_FROM_PEOPLE = frozenset({"approve", "decline", "ask", "say", "hand_on", "withdraw", "mark_step", "close", "open"})


def read_action(data: dict[str, object]) -> Action:
    """An action from a form or a button's payload. Raises BadInput with the cure; internal kinds are not accepted."""
    if data.get("do") not in _FROM_PEOPLE:
        raise BadInput("this button is not known any more; open the case again")
    try:
        return _ACTION.validate_python(data)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = str(fault["loc"][-1])
        if field == "words" and fault["type"] in ("string_too_short", "missing"):
            raise BadInput("write a few words: they go to the other person letter for letter") from error
        if fault["type"] == "string_too_long":
            raise BadInput(f"that is longer than {WORDS_LIMIT:,} characters; shorten it") from error
        raise BadInput("this button is not known any more; open the case again") from error
