"""Question text -> what it is about: weighted topics for the whole and for each part, facts, danger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from policy_kb import danger
from policy_kb.classifier import Classifier, Floats
from policy_kb.embedding import Embedder
from policy_kb.facts import FactFinder, MentionFinder, Reply, any_of, replied
from policy_kb.headline import Call, Headline
from policy_kb.model import KnowledgeBase
from policy_kb.normalise import Normaliser, clean
from policy_kb.reading import Context, Part, Reading
from policy_kb.segments import MIN_WORDS, Segment, parts_of, split, within_budget, words_in

_KEPT = 16
_WORDS = 50
"""How much of a message is read: what keeps the promised time."""

BEFORE_WORDS = 24
"""How much of the turn before is read again: its last words."""

_AFTER_WORDS = 40
"""How much of a turn behind another is read."""

_ALONE = 0.3
"""How much of a follow-up's meaning is that of its words alone. The turn before says what "it" is, and also draws the
follow-up towards its own answer: each reading errs where the other does not."""

_ALONE_WORDS = 14
"""A longer follow-up outweighs the turn before anyhow, and reading it twice would take too long."""

_BEFORE_SHARE = 0.2
"""The share of the topics of the turn before in a follow-up that takes them up."""

_SHORT = 6
_LONGER = 9
_SWAP_WORDS = 9
_LEANS = re.compile(
    r"^\W*(?:(?:and|but|so|what about|how about|what if|even|then)\b|(?:ok|okay|oh|actually|sorry)\b(?!.*\?))|"
    r"\bsaid (?:yes|no|ok|okay)\W*$",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|it's|that|this|these|those|they|them|their|he|she|him|her|his|there|then|one|ones|either|so)\b",
    re.IGNORECASE,
)
_NEW_SUBJECT = re.compile(
    r"\b(?:different (?:thing|question|subject)|never mind|another thing|unrelated|separate question|something else|"
    r"forget that|new question|change of subject)\b",
    re.IGNORECASE,
)
_ANOTHER_PERSON = re.compile(
    r"\b(?:another|other|different) (?:\w+ )?(?:one|ones|kids?|pupils?|students?|child|children|girls?|boys?|lads?|"
    r"mums?|dads?|mothers?|fathers?|parents?|carers?|teachers?|tas?|colleagues?|person|people|governors?|famil(?:y|ies))\b|"
    r"\b(?:some|any)(?:one|body) else\b|\bstrangers?\b|"
    r"\b(?:his|her|their|my \w+'s) (?:\w+ ){0,2}(?:mates?|friends?|pals?|neighbou?rs?|classmates?|class)\b"
)
_ANOTHER_ACT = re.compile(
    r"^\W*(?:(?:and|but|so|also),? )*(?:what about|how about|same (?:for|with)|and)(?: on| for| to| in| at)? "
    r"(?:the|a|an|another|our|next|some)\b(?! (?:head|headteacher|principal|ceo|manager|boss|trust|governors|board)\b)"
    r"(?:(?!\b(?:is|are|was|were|has|have|had|says?|said|agreed|signed|gave|told|knows?|did|if|when)\b)[^.!,])*$"
)
_HOW_MANY = re.compile(
    r"^\W*(?:and |so |but |ok )*(?:how (?:many|often|long|soon|much)|what's the (?:minimum|number|least))\b"
)
_WHY = re.compile(
    r"^\W*(?:but |and |so |ok |sorry )*"
    r"(?:why|how come|what's the (?:thinking|reason|point|logic|idea) (?:behind|of|for))\b"
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
        self._find_facts = FactFinder(knowledge.facts, knowledge.named)
        self._find_mentions = MentionFinder(knowledge.mentions, {t.slug: t.group for t in knowledge.topics.values()})
        self._danger: re.Pattern[str] = any_of(knowledge.danger)
        self._yielding = frozenset(t.slug for t in knowledge.topics.values() if t.yields)

    def with_headline(self, headline: Headline | None) -> Resolver:
        """The same reader with another head; None leaves what a message calls for unsaid."""
        return Resolver(self.knowledge, self._normalise, self._classify, self._embed, self._risk, headline)

    def replied(self, asked: str, text: str) -> Reply | None:
        """What a turn says in reply to the question for a fact. Raises UnreadableQuestion."""
        return replied(self.knowledge.facts[asked], clean(text).lower())

    def read(self, text: str, before: Context | None = None) -> Reading:
        """Understand one turn, with the turn before it. Raises UnreadableQuestion."""
        cleaned = clean(text)
        lowered = self._normalise.repair(cleaned)
        if before and _NEW_SUBJECT.search(cleaned):
            before = None
        whole, parts = self._read_turn(cleaned, before)
        parts = (*parts, *self._elided(cleaned))
        alarm = bool(self._danger.search(lowered)) or max(p.risk for p in (whole, *parts)) >= danger.ALARM
        kept = before if before and self._leans(cleaned) else None
        earlier = self._still_hold(kept.facts, lowered) if kept else self._throughout(before, whole)
        facts = {**earlier, **self._find_facts(lowered, kept.text.lower() if kept else "")}
        return Reading(
            text=cleaned if not before or len(cleaned.split()) >= _SHORT else f"{before.text} {cleaned}",
            whole=whole,
            parts=parts,
            yielding=self._yielding,
            facts=facts,
            facts_beside=self._still_hold(facts, lowered),
            ruled_out=self._ruled_out(facts),
            excused=any(self.knowledge.facts[key].excuse for key in facts),
            mentioned={t: tuple(self._find_mentions(lowered, t)) for t in list(whole.topics)[:4]},
            carried=kept.topics if kept else (),
            danger=alarm or (kept is not None and kept.danger),
            asks_fact=bool(_WHY.search(lowered) or _HOW_MANY.search(lowered)),
            on_subject=whole.on_subject or (before is not None and before.on_subject),
            call=self._call(whole) if before or words_in(cleaned) >= MIN_WORDS else None,
        )

    def _call(self, whole: Part) -> Call | None:
        return None if whole.vector is None or self._headline is None else Call(self._headline, whole.vector)

    def _still_hold(self, facts: Mapping[str, str], text: str) -> dict[str, str]:
        """The facts of the turn before, without those that were said of somebody else or of another thing to do."""
        gone = {"person"} if _ANOTHER_PERSON.search(text) else set()
        if _ANOTHER_ACT.match(text):
            gone.add("act")
        return {key: value for key, value in facts.items() if self.knowledge.facts[key].of not in gone}

    def _ruled_out(self, facts: Mapping[str, str]) -> frozenset[str]:
        """The topics that a message with these facts is not about."""
        known = self.knowledge.facts
        return frozenset(topic for key, value in facts.items() for topic in known[key].values[value].rules_out)

    def _throughout(self, before: Context | None, whole: Part) -> dict[str, str]:
        """The facts of the whole conversation, for a turn that does not lean on the one before but stays with its
        matters: whom a concern is about must not be forgotten because a sentence is long."""
        topics = self.knowledge.topics
        groups = {topics[t].group for t in before.topics} if before else set()
        led = next((t for t in whole.topics if t in topics), None)
        if before is None or led is None or topics[led].group not in groups:
            return {}
        return {key: value for key, value in before.facts.items() if self.knowledge.facts[key].of == "conversation"}

    def _leans(self, text: str) -> bool:
        """Whether a follow-up takes up the facts and topics of the turn before."""
        return len(text.split()) < _LONGER or bool(_LEANS.search(text) or _POINTS_BACK.search(text))

    def _read_turn(self, text: str, before: Context | None) -> tuple[Part, tuple[Part, ...]]:
        """A turn in the light of the one before, whose topics it also has a share in where it takes them up."""
        if before is None:
            return self._read(self._within_time(text, _WORDS))
        if swapped := self._swap(before.text, text):  # the exchanged word makes it a question of its own
            return self._read([Segment(swapped, asks=True)])
        segments = self._within_time(text, _AFTER_WORDS)
        earlier = " ".join(before.text.split()[-BEFORE_WORDS:])
        whole, parts = self._read(segments, earlier, alone=words_in(text) <= _ALONE_WORDS)
        if self._leans(text):
            share = _BEFORE_SHARE * (1 - whole.off_topic)
            whole = replace(whole, topics=_mixed(whole.topics, before.weights, share))
        return whole, parts

    def _swap(self, before: str, text: str) -> str | None:
        """The question before with its person or time exchanged for the follow-up's, where both name one of a kind."""
        if len(text.split()) > _SWAP_WORDS or not _LEANS.match(text):
            return None
        earlier, now = (f" {self._normalise(clean(t))} " for t in (before, text))
        for kind in self.knowledge.swaps.values():
            into = [(word, seen) for word, words in kind.items() for seen in words if f" {seen} " in now]
            out = [(word, seen) for word, words in kind.items() for seen in words if f" {seen} " in earlier]
            fresh = [(word, seen) for word, seen in into if word not in {named for named, _ in out}]
            gone = [(word, seen) for word, seen in out if word not in {named for named, _ in into}]
            if (fresh and out) or (into and gone):  # "a pupil's father?" - "and the pupil?" names nobody new
                longest = max((seen for _, seen in gone or out), key=len)
                put = max(fresh or into, key=lambda pair: len(pair[1]))[0]
                return earlier.replace(f" {longest} ", f" {put} ", 1).strip()
        return None

    def _elided(self, text: str) -> Iterator[Part]:
        """What a message asks by half a sentence: "May I add a parent? And the pupil?" asks about the pupil as well."""
        for first, second in pairwise(split(text)):
            if swapped := self._swap(first.text, second.text):
                yield self._read([Segment(swapped, asks=True)])[0]

    def _within_time(self, text: str, budget: int) -> list[Segment]:
        """The parts of the message, as many as the budget of words that keeps the promised time allows."""
        segments = parts_of(split(text))
        if words_in(text) <= budget:
            return segments
        return within_budget(segments, budget) or [Segment(" ".join(text.split()[-budget:]), asks=True)]

    def _read(
        self, segments: Sequence[Segment], before: str = "", *, alone: bool = False
    ) -> tuple[Part, tuple[Part, ...]]:
        """The whole and, where there are several parts, those that ask: read in one pass, each in its place, in the
        light of the turn before. alone: the whole with a share of how its words read alone."""
        seen = [self._see(segments, before)]
        if alone:
            seen.append(self._see([Segment(" ".join(segment.text for segment in segments), asks=True)]))
        (whole, *parts), *others = self._weigh(seen)
        for (by_itself,) in others:
            whole = _blended(whole, by_itself)
        return whole, tuple(parts)

    def _see(self, segments: Sequence[Segment], before: str = "") -> _Seen:
        normal = [self._normalise(segment.text) for segment in segments]
        asking = [i for i, segment in enumerate(segments) if segment.asks] if len(segments) > 1 else []
        earlier = self._normalise(before)
        texts = [" ".join([*earlier.split(), *normal]), *(normal[i] for i in asking)]
        if self._embed is None:
            return _Seen(texts)
        read = self._embed.read(normal, earlier)
        return _Seen(texts, np.vstack([read.whole, read.pieces[asking]]), np.concatenate([read.whole, read.opening]))

    def _weigh(self, seen: Sequence[_Seen]) -> list[list[Part]]:
        """The topics of all texts, weighed at once: the heads are large, and fetching them takes most of the time."""
        vectors = None if self._embed is None else np.vstack([s.vectors for s in seen if s.vectors is not None])
        texts = [text for s in seen for text in s.texts]
        scores = np.exp(self._classify(texts, vectors))
        risks = np.zeros(len(texts), np.float32)
        if vectors is not None and self._risk is not None:
            risks = danger.probability(self._risk, vectors)
        found = zip(scores, risks.tolist(), strict=True)
        return [
            [self._part(text, *next(found), None if i else s.vector) for i, text in enumerate(s.texts)] for s in seen
        ]

    def _part(self, normal: str, row: Floats, risk: float, vector: Floats | None) -> Part:
        top = np.argsort(-row, kind="stable")[:_KEPT]
        on_subject = not self.knowledge.subject.isdisjoint(normal.split())
        labels = self._classify.labels
        topics = {labels[i]: weight for i, weight in zip(top.tolist(), row[top].tolist(), strict=True)}
        return Part(normal, on_subject, topics, risk, vector)


@dataclass(frozen=True)
class _Seen:
    """A message as the sentence model saw it: normalised texts, the whole first, then the parts that ask, with the
    vectors [n, 384] of these, and what the head of `policy_kb.headline` reads of the whole [768]."""

    texts: list[str]
    vectors: Floats | None = None
    vector: Floats | None = None


def _blended(in_light: Part, alone: Part) -> Part:
    """A follow-up as read in the light of the turn before, with a share of how its words read alone."""
    vector = in_light.vector
    if vector is not None and alone.vector is not None:
        halves = np.split((1 - _ALONE) * vector + _ALONE * alone.vector, 2)
        vector = np.concatenate([half / np.linalg.norm(half) for half in halves])
    return replace(in_light, topics=_mixed(in_light.topics, alone.topics, _ALONE), vector=vector)


def _mixed(topics: Mapping[str, float], others: Mapping[str, float], share: float) -> dict[str, float]:
    """Topics with a share of others, the heaviest first."""
    mixed = {topic: (1 - share) * weight for topic, weight in topics.items()}
    for topic, weight in others.items():
        mixed[topic] = mixed.get(topic, 0.0) + share * weight
    return dict(sorted(mixed.items(), key=lambda item: -item[1]))
