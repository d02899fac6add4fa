"""Question text -> what it is about: weighted topics for the whole and for each part, facts, danger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from policy_kb import danger
from policy_kb.classifier import Classifier, Floats
from policy_kb.embedding import Embedder
from policy_kb.facts import FactFinder, MentionFinder, any_of
from policy_kb.headline import Call, Headline
from policy_kb.model import KnowledgeBase
from policy_kb.normalise import Normaliser, clean
from policy_kb.segments import Segment, parts_of, split, within_budget, words_in

BACKGROUND = "background:"
"""Labels of the background class begin so; what follows is the group of other subjects."""

_KEPT = 16
_WHOLE_WORDS = 47
_ALL_WORDS = 54
_BEFORE_WORDS = 24
_PART_WORDS = 12
_MOSTLY = 0.75
_LONG = 150
_SHORT = 6
_LONGER = 9
_CLEAR = 0.35
_SURELY = 0.9
_SWAP_WORDS = 9
_JOINT = 0.6
_LEANS = re.compile(r"^\W*(?:and|but|so|what about|how about|what if|even|then)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|it's|that|this|these|those|they|them|their|he|she|him|her|his|there|then|one|ones|either|so)\b",
    re.IGNORECASE,
)
_NEW_SUBJECT = re.compile(
    r"\b(?:different (?:thing|question|subject)|never mind|another thing|unrelated|separate question|something else|"
    r"forget that|new question|change of subject)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(
    r"^\W*(?:and |so |but |ok )*(?:how (?:many|often|long|soon|much)|what's the (?:minimum|number|least))\b"
)
_WHY = re.compile(
    r"^\W*(?:but |and |so |ok |sorry )*"
    r"(?:why|how come|what's the (?:thinking|reason|point|logic|idea) (?:behind|of|for))\b"
)


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
    """The unit vector of what was read, with the turn before where this one leans on it."""

    @property
    def off_topic(self) -> float:
        """Probability that the part is about some other subject."""
        return sum(p for label, p in self.topics.items() if label.startswith(BACKGROUND))


def _average(parts: Sequence[Part]) -> Part:
    """The whole of a message that is all questions: the mean of its parts."""
    topics: dict[str, float] = {}
    for part in parts:
        for topic, probability in part.topics.items():
            topics[topic] = topics.get(topic, 0.0) + probability / len(parts)
    ranked = dict(sorted(topics.items(), key=lambda item: -item[1]))
    risk = max(part.risk for part in parts)
    vectors = [part.vector for part in parts if part.vector is not None]
    mean = np.mean(vectors, axis=0) if vectors else None
    vector = None if mean is None else mean / np.linalg.norm(mean)
    return Part(" ".join(part.text for part in parts), any(part.on_subject for part in parts), ranked, risk, vector)


@dataclass(frozen=True)
class Context:
    """What an earlier turn of the same conversation leaves behind. Kept in memory only, never written down."""

    text: str
    facts: Mapping[str, str]
    topics: tuple[str, ...]
    weights: Mapping[str, float]
    danger: bool = False


@dataclass(frozen=True)
class Reading:
    """A turn as understood.

    parts: empty for a message of one part. mentioned: topic -> topics that single words raise beside it. carried:
    topics of the turn before, where this one leans on it. yielding: topics that give way to any other. asks_fact:
    it asks why or how many, which no verdict answers. on_subject: some word belongs to social media or the policy.
    call: what verdict the message calls for; None without a sentence model.
    """

    text: str
    whole: Part
    parts: tuple[Part, ...]
    yielding: frozenset[str]
    facts: Mapping[str, str] = field(default_factory=dict)
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
            asked or self.text, facts, topics or self.carried, dict(list(self.whole.topics.items())[:4]), self.danger
        )


class Resolver:
    """Reads questions. Deterministic; keeps nothing between calls."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        normaliser: Normaliser,
        classifier: Classifier,
        embedder: Embedder | None,
        risk: Floats | None = None,
        headline: Headline | None = None,
    ) -> None:
        self.knowledge = knowledge
        self._normalise = normaliser
        self._classify = classifier
        self._embed = embedder
        self._risk = risk
        self._headline = headline
        self._find_facts = FactFinder(knowledge.facts)
        self._find_mentions = MentionFinder(knowledge.mentions, {t.slug: t.group for t in knowledge.topics.values()})
        self._danger: re.Pattern[str] = any_of(knowledge.danger)
        self._yielding = frozenset(t.slug for t in knowledge.topics.values() if t.yields)

    def with_headline(self, headline: Headline | None) -> Resolver:
        """The same reader with another head; None leaves what a message calls for unsaid."""
        return Resolver(self.knowledge, self._normalise, self._classify, self._embed, self._risk, headline)

    def read(self, text: str, before: Context | None = None) -> Reading:
        """Understand one turn, with the turn before it. Raises UnreadableQuestion."""
        cleaned = clean(text)
        lowered = self._normalise.repair(cleaned)
        sentences = split(cleaned)
        segments = parts_of(sentences)
        whole, parts = self._score(cleaned, sentences, segments)
        alarm = bool(self._danger.search(lowered)) or max(p.risk for p in (whole, *parts)) >= danger.ALARM
        alone = self._stands_alone(cleaned, whole) if before else 1.0
        if before and alone < 1.0:
            whole = self._lean_on(before, cleaned, whole, alone)
        return Reading(
            text=cleaned if not before or len(cleaned.split()) >= _SHORT else f"{before.text} {cleaned}",
            whole=whole,
            parts=tuple(parts) if not before or len(segments) > 1 else (),
            yielding=self._yielding,
            facts={**(before.facts if before and alone < 1.0 else {}), **self._find_facts(lowered)},
            mentioned={t: tuple(self._find_mentions(lowered, t)) for t in list(whole.topics)[:4]},
            carried=before.topics if before and alone < 1.0 else (),
            danger=alarm,
            asks_fact=bool(_WHY.search(lowered) or _HOW_MANY.search(lowered)),
            on_subject=before is not None or whole.on_subject,
            call=None if whole.vector is None or self._headline is None else Call(self._headline, whole.vector),
        )

    def _stands_alone(self, text: str, whole: Part) -> float:
        """How far a follow-up can be understood without the turn before: 0 not at all, 1 wholly."""
        if _NEW_SUBJECT.search(text):
            return 1.0
        leans = bool(_LEANS.match(text))
        if not leans and not whole.on_subject and (whole.off_topic >= _SURELY or self._danger.search(text.lower())):
            return 1.0
        label, confidence = next(iter(whole.topics.items()))
        alone = 0.0 if label.startswith(BACKGROUND) or label in self._yielding else confidence
        if len(text.split()) < _SHORT:
            alone *= 0.5
        elif not leans and not _POINTS_BACK.search(text):
            if len(text.split()) >= _LONGER or max(alone, whole.off_topic) >= _CLEAR:
                return 1.0
            alone **= 0.5
        return min(alone * (0.7 if leans else 1.0), 0.99)

    def _lean_on(self, before: Context, text: str, whole: Part, alone: float) -> Part:
        """The follow-up's topics mixed with those of both turns read together and of the turn before."""
        swapped = self._swap(before.text, text)
        earlier = " ".join(before.text.split()[-_BEFORE_WORDS:])
        joint = self._score_texts([swapped or f"{earlier} {' '.join(text.split()[-_BEFORE_WORDS:])}"])[0]
        rest = 1 - alone
        shares = ((whole.topics, alone), (joint.topics, rest * _JOINT), (before.weights, rest * (1 - _JOINT)))
        if swapped:  # the exchanged word makes it a question of its own
            shares = ((whole.topics, alone / 2), (joint.topics, 1 - alone / 2), ({}, 0.0))
        mixed: dict[str, float] = {}
        for topics, share in shares:
            for topic, probability in topics.items():
                mixed[topic] = mixed.get(topic, 0.0) + share * probability
        ranked = dict(sorted(mixed.items(), key=lambda item: -item[1]))
        return Part(whole.text, whole.on_subject, ranked, whole.risk, joint.vector)

    def _swap(self, before: str, text: str) -> str | None:
        """The question before with its person or time exchanged for the follow-up's, where both name one of a kind."""
        if len(text.split()) > _SWAP_WORDS or not _LEANS.match(text):
            return None
        earlier, now = (f" {self._normalise(clean(t))} " for t in (before, text))
        for kind in self.knowledge.swaps.values():
            into = [(word, seen) for word, words in kind.items() for seen in words if f" {seen} " in now]
            out = [(word, seen) for word, words in kind.items() for seen in words if f" {seen} " in earlier]
            if into and out and into[0][0] != out[0][0]:
                longest = max((seen for _, seen in out), key=len)
                return earlier.replace(f" {longest} ", f" {max(into, key=lambda pair: len(pair[1]))[0]} ", 1).strip()
        return None

    def _score(self, text: str, sentences: list[Segment], segments: list[Segment]) -> tuple[Part, list[Part]]:
        """The whole and its asking parts, read within the budget of words that keeps the promised time."""
        whole = text
        if words_in(text) > _WHOLE_WORDS:
            kept = within_budget(sentences, _WHOLE_WORDS)
            whole = " ".join(s.text for s in kept) or " ".join(text.split()[-_WHOLE_WORDS:])
        asking = [s for s in segments if s.asks] if len(segments) > 1 else []
        cost = sum(words_in(s.text) for s in asking)
        if len(asking) > 1 and words_in(whole) + cost > _ALL_WORDS and cost >= _MOSTLY * words_in(text):
            parts = self._score_texts([s.text for s in within_budget(asking, _ALL_WORDS)])
            return _average(parts), parts
        asking = within_budget(asking, max(_ALL_WORDS - words_in(whole), _PART_WORDS))
        scored = self._score_texts([whole, *(s.text for s in asking)])
        return scored[0], scored[1:]

    def _score_texts(self, texts: Sequence[str]) -> list[Part]:
        normal = [self._normalise(text) for text in texts]
        vectors = self._embed(normal) if self._embed else None
        scores = np.exp(self._classify(normal, vectors))
        risks = np.zeros(len(normal), np.float32)
        if vectors is not None and self._risk is not None:
            risks = danger.probability(self._risk, vectors)
        read = [None] * len(normal) if vectors is None else list(vectors)
        rows = zip(normal, scores, risks, read, strict=True)
        return [self._part(n, row, float(risk), vector) for n, row, risk, vector in rows]

    def _part(self, normal: str, row: Floats, risk: float, vector: Floats | None) -> Part:
        top = np.argsort(-row, kind="stable")[:_KEPT]
        on_subject = not self.knowledge.subject.isdisjoint(normal.split())
        return Part(normal, on_subject, {self._classify.labels[i]: float(row[i]) for i in top}, risk, vector)
