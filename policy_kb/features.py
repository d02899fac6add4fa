"""Word and character n-gram features of normalised text, TF-IDF weighted, each block of unit length."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from policy_kb.normalise import MARKS

if TYPE_CHECKING:
    from scipy import sparse

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

_CHARACTER_SIZES = (3, 4, 5)
_MIN_DOCUMENTS = 2


def word_features(text: str) -> Iterator[str]:
    """Words and neighbouring pairs, marked so that they never meet a character feature."""
    tokens = _words(text)
    for token in tokens:
        yield f"w:{token}"
    for left, right in itertools.pairwise(tokens):
        yield f"w:{left} {right}"


def character_features(text: str) -> Iterator[str]:
    """Runs of 3 to 5 characters within a word, the word's ends marked by spaces."""
    for token in _words(text):
        padded = f" {token} "
        for size in _CHARACTER_SIZES:
            for start in range(len(padded) - size + 1):
                yield f"c:{padded[start : start + size]}"


def _words(text: str) -> list[str]:
    return [token for token in text.split() if token not in MARKS]


@dataclass(frozen=True)
class Vectoriser:
    """Text -> sparse row. `index` maps a feature to its column; `idf` holds each column's weight."""

    index: dict[str, int]
    idf: Floats

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Vectoriser:
        """Learn the columns and their inverse document frequencies from normalised texts."""
        documents: Counter[str] = Counter()
        runs: dict[str, list[str]] = {}
        for text in texts:
            tokens = _words(text)
            for token in tokens:
                if token not in runs:
                    runs[token] = list(character_features(token))
            documents.update({*word_features(text), *itertools.chain.from_iterable(runs[t] for t in tokens)})
        kept = sorted(f for f, n in documents.items() if n >= _MIN_DOCUMENTS or (f[0] == "w" and " " not in f))
        idf = [math.log((1 + len(texts)) / (1 + documents[f])) + 1 for f in kept]
        return cls({feature: i for i, feature in enumerate(kept)}, np.asarray(idf, np.float32))

    def row(self, text: str) -> tuple[Indices, Floats]:
        """Column numbers and weights of one text."""
        runs = (self._runs.get(token) or self._columns(character_features(token)) for token in _words(text))
        blocks = [self._block(self._columns(word_features(text))), self._block(itertools.chain.from_iterable(runs))]
        return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Rows of many texts."""
        from scipy import sparse  # which answering does without

        rows = [self.row(text) for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(indices) for indices, _ in rows])])
        return sparse.csr_matrix(
            (np.concatenate([v for _, v in rows]), np.concatenate([i for i, _ in rows]), starts),
            shape=(len(texts), len(self.idf)),
        )

    @cached_property
    def _runs(self) -> dict[str, list[int]]:
        """Columns of the runs of characters in each word of the examples; what people ask is not kept."""
        known = (feature[2:] for feature in self.index if feature.startswith("w:") and " " not in feature)
        return {word: self._columns(character_features(word)) for word in known}

    def _columns(self, features: Iterable[str]) -> list[int]:
        return [column for column in map(self.index.get, features) if column is not None]

    def _block(self, columns: Iterable[int]) -> tuple[Indices, Floats]:
        counts = Counter(columns)
        indices = np.fromiter(counts, np.int32, len(counts))
        weights = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[indices]
        length = float(np.sqrt((weights**2).sum()))
        return indices, (weights / length if length else weights).astype(np.float32)
