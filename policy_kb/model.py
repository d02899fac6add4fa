"""What the knowledge base holds, as frozen values. Nothing here reads a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Literal

from pydantic import Field

from policy_kb.base import Frozen, Role, Slug, Text
from policy_kb.procedures import Procedure

__all__ = ["Frozen", "Role", "Slug", "Text"]


class Verdict(StrEnum):
    """What the policy says to the asker."""

    NOT_ALLOWED = "not_allowed"
    REQUIRED = "required"
    ASK_FIRST = "ask_first"
    ADVISED_AGAINST = "advised_against"
    ALLOWED_IF = "allowed_if"
    ALLOWED = "allowed"
    CLARIFY = "clarify"
    INFORMATION = "information"
    NOT_COVERED = "not_covered"

    @property
    def strictness(self) -> int:
        """Larger is stricter; information and not_covered never soften a stricter part."""
        return len(_STRICTEST_FIRST) - _STRICTEST_FIRST.index(self)

    @property
    def permits(self) -> bool:
        """True where an asker may go ahead without asking anyone."""
        return self in (Verdict.ALLOWED, Verdict.ALLOWED_IF)


_STRICTEST_FIRST = tuple(Verdict)


def fold(text: str) -> str:
    """White space folded to single spaces: how clause texts are compared and hashed."""
    return " ".join(text.split())


class Clause(Frozen):
    """One clause, verbatim. text keeps the document's paragraphs and bullets as lines."""

    id: str
    document: str
    printed: str | None
    headings: tuple[str, ...]
    text: Text

    @cached_property
    def hash(self) -> str:
        """First 12 hex digits of the SHA-256 of the folded text; a ruling keeps it to notice a change."""
        return hashlib.sha256(fold(self.text).encode()).hexdigest()[:12]

    @property
    def quote(self) -> str:
        """The text letter for letter, white space folded."""
        return fold(self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The paragraphs and bullets in order."""
        return tuple(line for line in (part.strip() for part in self.text.split("\n")) if line)

    @property
    def label(self) -> str:
        """How people name the clause: its printed number, else its id within the document."""
        return self.printed.rstrip(".") if self.printed else self.id.split(":", 1)[1]


class Document(Frozen):
    """A published document: its clauses and headings in printed order."""

    id: str
    title: Text
    adopted_by: Text
    clauses: tuple[Clause, ...]


class Citation(Frozen):
    """A clause that a ruling rests on, with the clause's hash when the ruling was made."""

    clause: str
    hash: str | None = None


class Outcome(Frozen):
    """What a ruling says: under `when` for stated facts, else by default."""

    verdict: Verdict
    say: Text
    cite: tuple[Citation, ...] = ()
    contact: tuple[Role, ...] = ()
    next: Text | None = None
    offers: tuple[Slug, ...] = ()
    conflict: Text | None = None


class Condition(Outcome):
    """An outcome that holds when every stated fact matches; the first match wins.

    or_facts: other facts for which the same holds; the loader makes a condition of its own of them.
    """

    facts: dict[str, str]
    or_facts: dict[str, str] = Field(default_factory=dict)


class Ruling(Outcome):
    """One policy's answer on one topic."""

    topic: Slug
    turns_on: str | None = None
    choices: tuple[Slug, ...] = ()
    when: tuple[Condition, ...] = ()
    aspects: tuple[Outcome, ...] = ()
    """What the policy says on another side of the same matter (to share a password, beside how to keep it). One of
    them leads only where the message calls for its verdict; none of them permits."""

    def outcomes(self) -> Iterator[Outcome]:
        """The default, every conditional outcome and every aspect."""
        yield self
        yield from self.when
        yield from self.aspects


class Topic(Frozen):
    """Something staff ask about, shared by all policies.

    phrasings are single questions; situations are short stories; oblique ask without the usual key words; typed are
    as thumbs and dialects write them; asked were written from the clauses outwards. All are examples to learn from.
    """

    slug: Slug
    title: Text
    group: Slug
    yields: bool = False
    """True for topics that give way to any other in the same message: "can I post this?", "I am not sure"."""

    phrasings: tuple[Text, ...]
    situations: tuple[Text, ...] = ()
    oblique: tuple[Text, ...] = ()
    typed: tuple[Text, ...] = ()
    asked: tuple[Text, ...] = ()

    @property
    def examples(self) -> tuple[str, ...]:
        """Everything the classifier learns this topic from."""
        return (*self.phrasings, *self.situations, *self.oblique, *self.typed, *self.asked)


class FactValue(Frozen):
    """One value of a fact: what its button says and the patterns by which free text states it."""

    label: Text
    patterns: tuple[str, ...] = ()
    named: str | None = None
    """The named words that stand for <value> in the patterns which all values share."""
    unless: tuple[str, ...] = ()
    """Patterns beside which the others say nothing: somebody who asks whether it must be so has not said that it is."""
    claim: bool = False
    """Lifts a ban or a duty somewhere: heard only where it is stated, not where its sentence denies, asks or supposes
    it. What makes an answer stricter is heard at its mere mention."""
    rules_out: tuple[Slug, ...] = ()
    """Topics that a message with this value is not about, whatever its words resemble: "no children in it"."""
    hours: Literal["within", "outside"] | None = None
    """Also stated where the time asked about lies so, by the working hours that were told (`policy_kb.hours`)."""
    stated: Text | None = None
    """How an answer repeats it back: "You said that this is a member of your family."; a relaxing fact needs one."""


class Fact(Frozen):
    """Something about the asker's case on which a ruling may turn."""

    key: str
    question: Text | None = None
    values: dict[str, FactValue]
    patterns: tuple[str, ...] = ()
    """Patterns of every value, with <value> for its named words; the loader spells them out for each."""
    of: Literal["person", "act", "conversation"] | None = None
    """What it is said of: it does not hold of another person, or of another thing that somebody would like to do. What
    is said of the whole conversation holds for every turn on matters of the same kind, however the turn is worded."""
    excuse: bool = False
    """People add it to what stays banned, as if it were enough: "my views only". No permission is certain beside it."""


class WordGroup(Frozen):
    """Words that the patterns of facts name together: <authority> stands for any of them.

    not_after, not_before: words beside which they mean somebody else: a deputy head, the head's husband.
    """

    name: str
    words: tuple[Text, ...]
    not_after: tuple[Text, ...] = ()
    not_before: tuple[Text, ...] = ()


class Mention(Frozen):
    """Words that raise a topic by themselves when the question is about one of the `beside` topics or groups."""

    topic: Slug
    patterns: tuple[str, ...]
    beside: tuple[str, ...] = ()


class Policy(Frozen):
    """A policy that a school has adopted: one or more documents and a ruling on every topic."""

    id: Slug
    name: Text
    title: Text
    version: Text
    documents: tuple[Document, ...]
    default_contact: tuple[Role, ...]
    role_names: dict[Role, Text]
    conflicted: dict[Role, tuple[Role, ...]]
    unused: dict[str, Text]
    rulings: dict[str, Ruling]
    procedures: dict[str, Procedure] = Field(default_factory=dict)
    """What its staff can start, by slug."""

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """Every clause by id, in the documents' order."""
        return {clause.id: clause for document in self.documents for clause in document.clauses}


class KnowledgeBase(Frozen):
    """Everything that is known, as loaded from the data folder."""

    policies: dict[str, Policy]
    topics: dict[str, Topic]
    background: dict[str, dict[str, tuple[Text, ...]]]
    facts: dict[str, Fact]
    named: dict[str, WordGroup]
    mentions: tuple[Mention, ...]
    lexicon: dict[str, tuple[str, ...]]
    danger: tuple[str, ...] = ()
    """Patterns that say by themselves that somebody may be at risk."""
    risk: tuple[Text, ...] = ()
    """How staff word that somebody may be at risk, to learn from."""
    calm: tuple[Text, ...] = ()
    """Ordinary questions that only sound so."""
    subject: frozenset[str] = frozenset()
    """Words that show a question is about social media or the policy."""
    swaps: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    """Kinds of words that a follow-up may exchange ("and what about parents?"): kind -> word put in -> words seen."""

    places: dict[str, str] = Field(default_factory=dict, repr=False)
    """Where each thing stands, file:line, for messages: "ruling:att:friend-pupil", "clause:att:5.4", "topic:..."."""
