"""The last resort: search over one policy's clauses. What it finds is information, never a permission."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np

from policy_kb.embedding import Embedder, Vectors
from policy_kb.model import Clause, KnowledgeBase, Policy
from policy_kb.normalise import MARKS, Normaliser, clean

_K1, _B = 1.2, 0.6
_COMMON = 0.5
"""A word in more than this share of the clauses says nothing."""


def clause_texts(policy: Policy, normaliser: Normaliser) -> list[str]:
    """What the search reads of each clause: its nearest heading and its text, normalised."""
    return [normaliser(clean(" ".join((*c.headings[-1:], c.text))[:3000])) for c in policy.clauses.values()]


class ClauseIndex:
    """BM25 statistics and sentence vectors of one policy's clauses; vectors is None without a sentence model."""

    def __init__(self, policy: Policy, texts: list[str], vectors: Vectors | None) -> None:
        self.clauses: list[Clause] = list(policy.clauses.values())
        self.vectors = vectors
        self._counts = [Counter(word for word in text.split() if word not in MARKS) for text in texts]
        lengths = np.array([sum(c.values()) for c in self._counts], np.float32)
        self._scale = _K1 * (1 - _B + _B * lengths / lengths.mean())
        spread = Counter(word for counts in self._counts for word in counts)
        self._idf = {
            word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            for word, n in spread.items()
            if n <= _COMMON * len(texts)
        }

    def bm25(self, words: list[str]) -> Vectors:
        """Score of every clause for the words."""
        scores = np.zeros(len(self.clauses), np.float32)
        for word in sorted(set(words) & self._idf.keys()):
            n = np.array([counts[word] for counts in self._counts], np.float32)
            scores += self._idf[word] * n * (_K1 + 1) / (n + self._scale)
        return scores


class ClauseSearch:
    """Clauses nearest to a question, per policy. vectors: policy id -> sentence vectors of its clauses in order."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        normaliser: Normaliser,
        embedder: Embedder | None,
        vectors: Mapping[str, Vectors],
    ) -> None:
        self._normalise = normaliser
        self._embed = embedder
        self.indexes = {
            policy.id: ClauseIndex(policy, clause_texts(policy, normaliser), vectors.get(policy.id))
            for policy in knowledge.policies.values()
        }

    def __call__(self, policy: str, text: str, limit: int = 5) -> list[tuple[Clause, float]]:
        """Clauses with scores between 0 and about 2, best first: cosine similarity plus BM25 scaled to 1."""
        index = self.indexes[policy]
        normal = self._normalise(clean(text))
        scores = index.bm25(normal.split())
        top = float(scores.max())
        scores = scores / top * min(1.0, top / 8) if top else scores
        if self._embed is not None and index.vectors is not None:
            scores = scores + index.vectors @ self._embed([normal])[0]
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(index.clauses[i], float(scores[i])) for i in best]
