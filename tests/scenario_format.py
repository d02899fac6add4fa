"""Scenario files as frozen values: who says, starts and clicks what, what each sees, and what is on record after it.

One file tells one story under one policy, in people, sentences, forms, buttons and visible texts, so that it runs over
every front. The words of the format are in tests/scenarios/README.md.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as Setting

from policy_kb.model import Role
from policy_kb.procedures import RegisterName

LONDON = ZoneInfo("Europe/London")


def moment(text: str) -> datetime:
    """'2026-11-20 10:00', the time on the school's wall."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=LONDON)


def _moment(value: object) -> object:
    return moment(value) if isinstance(value, str) else value


def _typed(value: object) -> object:
    """What a person fills in, as text: YAML's own yes, 12 and 2026-11-20 are meant as they are written."""
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, date):
        return (value.isoformat(),)
    if isinstance(value, str | int):
        return (str(value),)
    return tuple(value) if isinstance(value, list) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Typed = dict[str, Annotated[tuple[str, ...], BeforeValidator(_typed)]]
Texts = tuple[str, ...]
Who = str


class Plain(BaseModel):
    """Frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _OfCase(Plain):
    case: str | None = None
    """The name that a start gave the case; the latest started without one."""


Verb = Literal[
    "approve",
    "decline",
    "ask",
    "say",
    "hand_on",
    "withdraw",
    "revise",
    "open",
    "mark_step",
    "close",
    "name_subject",
]


class Says(Plain):
    """A sentence in the chat. picks: labels of buttons pressed on the way. offered: a procedure that can be started."""

    who: Who
    says: str
    picks: Texts = ()
    offered: str | None = None
    hears: Texts = ()
    """Words that stand in the answer."""
    not_hears: Texts = ()


class Starts(Plain):
    """A filled-in form is sent. errors: fields that are refused, with words of what is said beside them."""

    who: Who
    starts: str
    with_: Typed = Setting(alias="with", default_factory=dict)
    as_: str | None = Setting(alias="as", default=None)
    files: tuple[Literal["png", "pdf"], ...] = ()
    held_back: bool = False
    """The gate is answered with "it could show a nude child": no file goes with the form."""
    school: str | None = None
    errors: dict[str, str] | None = None
    refused: str | None = None


class Looks(Plain):
    """A look-up is opened: no case, only something to read."""

    who: Who
    looks: str
    finds: Texts


class Does(_OfCase):
    """A button of the case page. refused: the reason's name, or words of the sentence that is shown."""

    who: Who
    does: Literal[
        "approve",
        "decline",
        "ask",
        "say",
        "hand_on",
        "withdraw",
        "revise",
        "open",
        "mark_step",
        "close",
        "name_subject",
    ]
    words: str = ""
    conditions: str = ""
    confirmed: Texts | None = None
    """Points of the checklist that are ticked; every one where this is left out."""
    to: Who | None = None
    step: str | None = None
    done: bool = True
    subject: Who | None = None
    with_: Typed = Setting(alias="with", default_factory=dict)
    refused: str | None = None


class Wait(Plain):
    """Time passes; clocks have their effect on the way."""

    wait: Annotated[str, Setting(pattern=r"^\d+(\.\d+)? (school )?(minute|hour|day|week)s?$")]


class Until(Plain):
    """Time passes until then."""

    until: Moment


class Away(Plain):
    """ "I'm away till then, they decide"."""

    away: Who
    until: Moment
    since: Moment | None = None
    stand_in: Who
    refused: str | None = None


class Back(Plain):
    """Back before the day that was given."""

    back: Who


class Change(Plain):
    """What the organisation file says of a person from now on."""

    roles: tuple[Role, ...] | None = None
    manager: Who | None = None
    deputies: tuple[Who, ...] | None = None
    human: str | None = None
    left_on: date | None = None


class People(Plain):
    """A new organisation file is adopted."""

    people: dict[Who, Change]


class Look(Plain):
    """What one person has before them. told: exactly the new notices about the case since they last looked, in order.

    Every text is a part of what is shown. thread: in this order, others may stand between. shows: anywhere on the case
    page. not: nowhere on it and in no notice.
    """

    case: Literal["nothing"] | None = None
    waiting: bool | None = None
    state: str | None = None
    told: Texts | None = None
    next: Texts = ()
    thread: Texts = ()
    shows: Texts = ()
    not_: Texts = Setting(alias="not", default=())
    may: frozenset[str] | None = None
    """Exactly the buttons."""

    @property
    def opens(self) -> bool:
        """True where the case page has to be opened to know."""
        return bool(self.state or self.next or self.thread or self.shows or self.not_ or self.may is not None)


class Sees(_OfCase):
    """What people see now."""

    sees: dict[Who, Look]


Details = dict[str, Any]


class Record(_OfCase):
    """What is on record. register: every entry of the trust; audit: every event, as 'signed by helen-marsh'."""

    state: Literal["open", "approved", "declined", "withdrawn", "closed"] | None = None
    words: str | None = None
    audit: Texts | None = None
    register_: dict[RegisterName, tuple[Details, ...]] | None = Setting(alias="register", default=None)


class Recorded(Plain):
    """What is on record in the middle of the story."""

    record: Record


Step = Says | Starts | Looks | Does | Wait | Until | Away | Back | People | Sees | Recorded
KINDS: dict[str, type[Plain]] = {
    "says": Says,
    "starts": Starts,
    "looks": Looks,
    "does": Does,
    "wait": Wait,
    "away": Away,
    "back": Back,
    "people": People,
    "sees": Sees,
    "record": Recorded,
    "until": Until,
}


class Scenario(Plain):
    """One story. at: when it begins, UK time. covers: rows of the procedures' table. story: what it shows."""

    policy: str
    procedure: str
    covers: tuple[str, ...]
    story: str
    at: Moment
    steps: tuple[Any, ...]
    after: tuple[Record, ...]
    name: str = ""
    lines: tuple[int, ...] = ()
    """Where each step stands in the file."""

    def where(self, step: int) -> str:
        """'agora/media-enquiry.yaml:12: step 3', counted from 1."""
        return f"{self.name}:{self.lines[step]}: step {step + 1}"


_SPAN = re.compile(r"(\d+(?:\.\d+)?) (school )?(minute|hour|day|week)s?")


def span(text: str) -> tuple[float, bool, str]:
    """'3 school hours' as (3.0, True, 'hour')."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return float(found[1]), bool(found[2]), found[3]
