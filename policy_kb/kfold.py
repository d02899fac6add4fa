"""Is each topic found by phrasings it was not trained on? k-fold, the worst confusions first."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from policy_kb.classifier import Classifier, train, train_meaning
from policy_kb.embedding import Embedder
from policy_kb.model import KnowledgeBase
from policy_kb.normalise import Normaliser, clean

FOLDS = 4
FLOOR = 0.5
"""Below this share of its own held-out phrasings found among the first three, a topic is not learnable as written."""


@dataclass(frozen=True)
class Confusion:
    """Phrasings of one topic taken for another; differing names the policies in which their verdicts differ."""

    topic: str
    taken_for: str
    count: int
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Recognition of held-out phrasings."""

    phrasings: int
    first: float
    among_three: float
    weakest: tuple[tuple[str, float], ...]
    confusions: tuple[Confusion, ...]

    @property
    def sound(self) -> bool:
        """True if every topic is found by enough of its own held-out phrasings."""
        return all(share >= FLOOR for _, share in self.weakest)

    def text(self) -> str:
        """What `kb check` prints."""
        lines = [
            f"held-out phrasings ({FOLDS}-fold, {self.phrasings:,}): right topic first {self.first:.1%}, "
            f"among three {self.among_three:.1%}",
            "confused most where the verdicts differ:",
        ]
        lines += [
            f"  {c.topic} taken for {c.taken_for}: {c.count} ({', '.join(c.differing) or 'same verdicts'})"
            for c in self.confusions
        ]
        lines.append("least recognised (share among three):")
        lines += [f"  {topic}: {share:.0%}" for topic, share in self.weakest]
        return "\n".join(lines)


def run(knowledge: KnowledgeBase, normaliser: Normaliser, embedder: Embedder) -> Report:
    """Train on all folds but one, ask the one left out, for each fold in turn."""
    from policy_kb.compiled import training_texts

    pairs = training_texts(knowledge)
    texts = [normaliser(clean(text)) for text, _ in pairs]
    labels = np.array([label for _, label in pairs])
    vectors = embedder(texts)
    fold = np.arange(len(texts)) % FOLDS
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    confused: Counter[tuple[str, str]] = Counter()
    for k in range(FOLDS):
        rest, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        known = list(labels[rest])
        meaning = train_meaning(known, vectors[rest], _quietly)
        weights = train([texts[i] for i in rest], known, meaning, _quietly)
        classify = Classifier(weights)
        scores = classify([texts[i] for i in held], vectors[held])
        for row, i in zip(scores, held, strict=True):
            three = [classify.labels[j] for j in np.argsort(-row, kind="stable")[:3]]
            found[labels[i]].append((three[0] == labels[i], labels[i] in three))
            if three[0] != labels[i]:
                confused[labels[i], three[0]] += 1
    return _report(knowledge, found, confused)


def _quietly(step: str) -> None:
    """A check has no progress to show."""


def _report(
    knowledge: KnowledgeBase, found: dict[str, list[tuple[bool, bool]]], confused: Counter[tuple[str, str]]
) -> Report:
    topics = {label: hits for label, hits in found.items() if label in knowledge.topics}
    every = [hit for hits in topics.values() for hit in hits]
    among = {topic: sum(h[1] for h in hits) / len(hits) for topic, hits in topics.items()}
    confusions = sorted(
        (
            Confusion(topic, other, count, _differing(knowledge, topic, other))
            for (topic, other), count in confused.items()
            if topic in knowledge.topics and other in knowledge.topics
        ),
        key=lambda c: (-bool(c.differing) * c.count, -c.count, c.topic),
    )
    return Report(
        phrasings=len(every),
        first=sum(h[0] for h in every) / len(every),
        among_three=sum(h[1] for h in every) / len(every),
        weakest=tuple(sorted(among.items(), key=lambda item: item[1])[:10]),
        confusions=tuple(confusions[:20]),
    )


def _differing(knowledge: KnowledgeBase, topic: str, other: str) -> tuple[str, ...]:
    return tuple(p.id for p in knowledge.policies.values() if p.rulings[topic].verdict is not p.rulings[other].verdict)
