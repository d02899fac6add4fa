"""A turn as understood: what the resolver makes of a question and the rulings decide on, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy_kb.classifier import Floats
from policy_kb.headline import Call

BACKGROUND = "background:"
"""Labels of the background class begin so; what follows is the group of other subjects."""

_LONG = 150
"""A message with more characters leaves behind only the parts of it that ask."""


@dataclass(frozen=True)
class Part:
    """A turn or one part of it, normalised, with its topic probabilities (background groups included).

    on_subject: some word of it belongs to social media or the policy.
    """

    text: str
    on_subject: bool
    topics: Mapping[str, float]
    risk: float = 0.0
    """Probability that somebody is at risk."""
    vector: Floats | None = field(default=None, compare=False, repr=False)
    """What the head of `policy_kb.headline` reads [768], with the turn before where this one leans on it; of a whole
    message only."""

    @property
    def off_topic(self) -> float:
        """Probability that the part is about some other subject."""
        return sum(p for label, p in self.topics.items() if label.startswith(BACKGROUND))


@dataclass(frozen=True)
class Context:
    """What an earlier turn of the same conversation leaves behind. Kept in memory only, never written down.

    asked: the fact that its answer asked for. on_subject: a word of it belongs to social media or the policy, or an
    answer was found.
    """

    text: str
    facts: Mapping[str, str]
    topics: tuple[str, ...]
    weights: Mapping[str, float]
    danger: bool = False
    asked: str | None = None
    on_subject: bool = True


@dataclass(frozen=True)
class Reading:
    """A turn as understood.

    parts: empty for a message of one part. mentioned: topic -> topics that single words raise beside it. carried:
    topics of the turn before, where this one leans on it. yielding: topics that give way to any other. asks_fact:
    it asks why or how many, which no verdict answers. on_subject: some word belongs to social media or the policy.
    call: what verdict the message calls for; None without a sentence model, or where a word or two call for nothing.
    facts_beside: those of the facts that hold of what is raised beside too: "my daughter, and her mates".
    ruled_out: topics that the message is not about, by its facts. excused: one of its facts is a mere excuse.
    """

    text: str
    whole: Part
    parts: tuple[Part, ...]
    yielding: frozenset[str]
    facts: Mapping[str, str] = field(default_factory=dict)
    facts_beside: Mapping[str, str] = field(default_factory=dict)
    ruled_out: frozenset[str] = frozenset()
    excused: bool = False
    mentioned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carried: tuple[str, ...] = ()
    danger: bool = False
    asks_fact: bool = False
    on_subject: bool = True
    call: Call | None = None

    def context(self, facts: Mapping[str, str], topics: tuple[str, ...]) -> Context:
        """What the next turn may lean on, given the facts and topics that the answer rested on."""
        asked = " ".join(p.text for p in self.parts) if len(self.text) > _LONG else ""
        return Context(
            asked or self.text,
            facts,
            topics or self.carried,
            dict(list(self.whole.topics.items())[:4]),
            self.danger,
            on_subject=self.on_subject or bool(topics),
        )
