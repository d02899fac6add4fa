"""What the sentence model is tuned on: the curated examples, single and joined, and the worked questions, as tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tokenizers import Tokenizer

from policy_kb import loader, worked
from policy_kb.compiled import build_normaliser, training_texts
from policy_kb.embedding import END, START
from policy_kb.headline import VERDICTS
from policy_kb.normalise import clean
from policy_kb.resolver import BEFORE_WORDS

BATCH = 32
COMPOUNDS = 0.25
SHORT = 110
LONGEST = 80
"""Tokens that are read while tuning."""

JOINS = (
    ("", "and"),
    (".", "also,"),
    ("?", "and"),
    ("", "and also"),
    (".", "second thing:"),
    ("", "plus"),
    ("?", "oh and"),
    ("", "but"),
    (".", ""),
    ("?", ""),
)
"""What joins two examples: the mark after the first, the words before the second."""


@dataclass(frozen=True)
class Call:
    """A policy's number, the numbers of the verdicts accepted there, and whether the question is another policy's."""

    policy: int
    accepted: tuple[int, ...]
    elsewhere: bool


@dataclass(frozen=True)
class Sample:
    """Token ids, topic -> share of the target, what is called for; pieces: (first token, end, topic); start: where the
    turn itself begins, behind the one before it."""

    ids: list[int]
    topics: dict[int, float]
    calls: tuple[Call, ...] = ()
    pieces: tuple[tuple[int, int, int], ...] = ()
    start: int = 0


class Examples:
    """The curated examples, some joined in pairs so that a message with two questions lies between its topics; and
    the worked questions, with what their second turns say alone."""

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        knowledge = loader.load()
        pairs = training_texts(knowledge)
        self.normalise = build_normaliser(knowledge)
        self.tokenizer = tokenizer
        self.texts = [text for text, _ in pairs]
        names = sorted({label for _, label in pairs})
        self.labels = [names.index(label) for _, label in pairs]
        self.classes = len(names)
        self.policies = len(knowledge.policies)
        self.random = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
        numbers = {policy: number for number, policy in enumerate(sorted(knowledge.policies))}
        self.worked = [
            sample
            for policy in numbers
            for question in worked.read(policy)[0]
            if not question.set_aside
            for sample in self.work(question, policy, numbers, names)
        ]

    def __len__(self) -> int:
        return len(self.texts) + len(self.worked)

    def work(
        self, question: worked.WorkedQuestion, policy: str, numbers: dict[str, int], names: list[str]
    ) -> Iterator[Sample]:
        """The samples of one worked question."""
        earlier = ""
        for turn, (text, label) in enumerate(zip(question.turns, question.expect, strict=True)):
            shares = {names.index(topic): 1 / len(label.topics) for topic in label.topics}
            accepted = {policy: label.verdicts} | {p: turns[turn] for p, turns in question.elsewhere.items()}
            calls = tuple(
                Call(numbers[p], tuple(VERDICTS.index(v) for v in verdicts), p != policy)
                for p, verdicts in accepted.items()
            )
            now = self.words(text)
            if earlier:
                before = [*self.words(earlier), END]
                yield Sample(with_markers([before, now]), shares, calls, start=1 + len(before))
            else:
                yield Sample(with_markers([now]), shares, calls)
            if earlier and shares and len(text.split()) > 6:
                yield Sample(self.ids(text), shares)
            earlier = " ".join(text.split()[-BEFORE_WORDS:])

    def ids(self, text: str) -> list[int]:
        return with_markers([self.words(text)])

    def words(self, text: str) -> list[int]:
        return self.tokenizer.encode(self.normalise(clean(text)), add_special_tokens=False).ids

    def sample(self, i: int) -> Sample:
        """Example i, now and then joined with another; or worked question i - len(texts)."""
        if i >= len(self.texts):
            return self.worked[i - len(self.texts)]
        text = self.texts[i]
        j = self.random.randrange(len(self.texts))
        other = self.texts[j]
        joinable = max(len(text), len(other)) < SHORT and self.labels[i] != self.labels[j]
        if not joinable or self.random.random() >= COMPOUNDS:
            return Sample(self.ids(text), {self.labels[i]: 1.0})
        both = [(text, self.labels[i]), (other, self.labels[j])]
        self.random.shuffle(both)
        (first, one), (second, two) = both
        mark, word = self.random.choice(JOINS)
        ahead, behind = self.words(first.rstrip("?. ") + mark), self.words(f"{word} {second}")
        ids = with_markers([ahead, behind])
        middle = 1 + len(ahead)
        pieces = (1, middle, one), (middle, len(ids) - 1, two)
        return Sample(ids, {one: 0.5, two: 0.5}, pieces=tuple(p for p in pieces if p[1] > p[0]))

    def batches(self) -> Iterator[list[Sample]]:
        """One epoch of batches, texts of like length together."""
        order = list(range(len(self)))
        self.random.shuffle(order)
        for start in range(0, len(order), 8 * BATCH):
            drawn = sorted((self.sample(i) for i in order[start : start + 8 * BATCH]), key=lambda s: len(s.ids))
            pieces = [drawn[k : k + BATCH] for k in range(0, len(drawn), BATCH)]
            self.random.shuffle(pieces)
            yield from pieces


def with_markers(pieces: list[list[int]]) -> list[int]:
    """The tokens of the pieces in a row, between the markers that the model knows."""
    tokens = [token for piece in pieces for token in piece]
    return [START, *tokens[: LONGEST - 2], END]
