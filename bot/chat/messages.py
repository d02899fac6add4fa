"""What people do in a chat, and what they are shown: frozen values that carry meaning, not a platform's blocks.

An adapter turns an authenticated payload into one of `Said`, `Pressed`, `Submitted` or `Pointed`, and a `Reaction` into
what its platform shows. Every text here is plain: an adapter escapes it, and no markup, mention or link in it may come
alive (SECURITY T12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.chat.press import Press
from policy_kb.model import Verdict
from policy_kb.procedures import FieldType

Raw = Mapping[str, tuple[str, ...]]
"""What was filled in, by the id of the input; every input that was shown has its key, also where it was left empty."""

# Who, and where.


@dataclass(frozen=True)
class Account:
    """An authenticated member of a platform. tenant: Slack workspace or Microsoft tenant; user: the id in it.

    email: as the platform vouches for it, asked for only where the id is not in the organisation file.
    staff_like: False for guests, people of another workspace, bots: they are never matched by email (SECURITY T03).
    """

    platform: str
    tenant: str
    user: str
    email: str | None = None
    staff_like: bool = True


@dataclass(frozen=True)
class Spot:
    """A message on a platform. place: channel or conversation; number: Slack ts or Teams activity id."""

    place: str
    number: str


# What a person did. key: the delivery's id, the same where a platform repeats it.


@dataclass(frozen=True)
class Said:
    """Wrote a message. place: the conversation whose earlier turns it may lean on.

    under: the message whose thread it was written in, which may be a case's card. public: others can read the answer.
    """

    account: Account
    text: str
    place: str
    key: str
    under: Spot | None = None
    public: bool = False


@dataclass(frozen=True)
class Pressed:
    """Pressed a button."""

    account: Account
    press: Press
    place: str
    key: str
    public: bool = False


@dataclass(frozen=True)
class File:
    """A file that came with a form: its name as given, and its bytes, already within the limits of size and number."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Submitted:
    """Sent a form. press: the form's own."""

    account: Account
    press: Press
    raw: Raw
    key: str
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Pointed:
    """Pointed at somebody's message: to report it, or to ask about it.

    link: where it stands. text: what it says, used for a question alone; a report keeps the link, never a copy (T20).
    """

    account: Account
    to_report: bool
    link: str
    text: str
    place: str
    key: str


Inbound = Said | Pressed | Submitted | Pointed

# What they are shown.


class Tone(StrEnum):
    """How much a sentence stands out; never by colour alone."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    ALARM = "alarm"


@dataclass(frozen=True)
class Heading:
    """A heading. verdict: where it says one."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Words:
    """A paragraph of ours."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Clause:
    """A clause, letter for letter. label: its number as printed and its document."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Labels with values, such as a form's answers."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    """A line of a case's thread. words: what somebody wrote, letter for letter; "" where there are none."""

    when: str
    who: str
    what: str
    words: str = ""
    conditions: str = ""


@dataclass(frozen=True)
class Button:
    """Sends its press when pressed."""

    label: str
    press: Press
    main: bool = False
    danger: bool = False


@dataclass(frozen=True)
class Link:
    """Opens an address of ours; never one that somebody typed."""

    label: str
    url: str


@dataclass(frozen=True)
class Buttons:
    """Buttons and links in a row."""

    items: tuple[Button | Link, ...]


@dataclass(frozen=True)
class Rule:
    """A line between parts."""


Part = Heading | Words | Clause | Facts | Entry | Buttons | Rule


@dataclass(frozen=True)
class Card:
    """A message with parts. summary: all that a preview, a notification or a client without cards shows.

    feedback: what the press of "this did not answer me" is, where an answer can have one.
    """

    parts: tuple[Part, ...]
    summary: str
    feedback: Press | None = None


@dataclass(frozen=True)
class Choice:
    """An option of an input. group: a heading over its like, such as a school over its people."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Input:
    """A question of a form. values: what stands in it. EVIDENCE asks for files, up to `most`, after the gate only."""

    id: str
    label: str
    kind: FieldType
    required: bool = False
    help: str = ""
    choices: tuple[Choice, ...] = ()
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    error: str = ""


@dataclass(frozen=True)
class View:
    """A dialog, or the Home tab: seen by one person alone, so that it may show what a message must not (T07).

    press: what sending it is; None where there is nothing to send. submit: the label of its button.
    """

    title: str
    parts: tuple[Part, ...]
    inputs: tuple[Input, ...] = ()
    press: Press | None = None
    submit: str = ""

    @property
    def raw(self) -> Raw:
        """What stands in the inputs."""
        return {each.id: each.values for each in self.inputs}


@dataclass(frozen=True)
class Reaction:
    """What comes of something a person did. Everything else that follows goes by the outbox.

    replies: posted where the person wrote or pressed. view: opened, or put in place of the one that is open. errors: by
    input, they ride in the acknowledgement of a form. hint: for the person alone, never the only record of anything.
    close: the open dialog ends. home: the person's Home tab is out of date.
    """

    replies: tuple[Card, ...] = ()
    view: View | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    close: bool = False
    home: bool = False


# What is delivered to a person by the outbox.


@dataclass(frozen=True)
class Post:
    """A notice on its way to one person.

    key: the same at every attempt. kind: that of the notice; "card" asks for nothing but the card's renewal.
    text: one sentence, safe to preview. words: what somebody wrote, to be shown under it; "" for restricted cases.
    card: the case as a message may show it to the person now; None where they may not see it any more, so that what
    stands is taken back.
    stands: where the case's card for this person is on the account's platform; None where it has none yet.
    account: where it goes; None where the person is on no platform. address: what the platform needs to write first.
    """

    key: str
    person: str
    kind: str
    case_id: str
    text: str
    words: str
    card: Card | None
    stands: Spot | None
    account: Account | None = None
    address: str = ""
