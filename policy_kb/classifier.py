"""Which topic is a text about: three trained heads over the curated phrasings, their log-probabilities pooled.

Heads: ridge regression on word and character n-grams; kernel ridge on sentence embeddings with a Gaussian kernel;
multinomial logistic regression on sentence embeddings. The ridge heads are expressed by evenly spaced landmark examples
(Nystrom), which keeps compiling within seconds and a question within a millisecond. Nothing is random.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from policy_kb.features import Vectoriser

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Progress = Callable[[str], None]

_LANDMARKS = 2_400
_JITTER = 1e-2
_BLOCK = 1_024
_FEW = 128
_BLOCK_NUMBERS = 150_000
"""Numbers of a matrix that are multiplied at once while answering: what the processor's own memory holds."""

_ITERATIONS = 45
_LEXICAL_RIDGE = 1.0
_KERNEL_RIDGE = 0.1
_KERNEL_WIDTH = 1.0
_LOGISTIC_PENALTY = 1 / 30
_LEXICAL_TEMPERATURE = 0.10
_KERNEL_TEMPERATURE = 0.10


@dataclass(frozen=True)
class Weights:
    """Everything the classifier needs at run time, as plain arrays. Rows of `support` are the training embeddings.

    lexical is kept in half the room, as it is in the cache: it is the largest, and a question needs few of its rows.
    """

    labels: tuple[str, ...]
    vectoriser: Vectoriser
    lexical: Halves
    support: Floats
    kernel: Floats
    logistic: Floats
    bias: Floats


def log_softmax(scores: Floats, temperature: float = 1.0) -> Floats:
    """Row-wise log-probabilities of scores divided by the temperature."""
    scaled = scores / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    out: Floats = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return out


class Classifier:
    """Pooled log-probabilities over labels (topics and background groups) for normalised texts."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.labels = weights.labels

    def __call__(self, texts: Sequence[str], embeddings: Floats | None) -> Floats:
        """Log-probabilities, shape [len(texts), len(labels)]; without embeddings, from the words alone."""
        lexical = log_softmax(self._lexical(texts), _LEXICAL_TEMPERATURE)
        if embeddings is None:
            return lexical
        weights = self.weights
        logistic = _each(weights.logistic.T, embeddings) + weights.bias
        kernel = _each(weights.kernel.T, _gaussian(_each(weights.support, embeddings)))
        return log_softmax(lexical + log_softmax(logistic) + log_softmax(kernel, _KERNEL_TEMPERATURE), POOL_TEMPERATURE)

    def _lexical(self, texts: Sequence[str]) -> Floats:
        out = np.zeros((len(texts), len(self.labels)), np.float32)
        for i, text in enumerate(texts):
            columns, values = self.weights.vectoriser.row(text)
            out[i] = values @ self.weights.lexical.take(columns, axis=0).astype(np.float32)
        return out


def _each(matrix: Floats, vectors: Floats) -> Floats:
    """The matrix times each of a few vectors, a row for each.

    One vector after the other, which is faster than the product of two matrices for a few, and keeps a text's scores
    from depending on its neighbours; block by block, so that each number is fetched from memory once for all of them.
    """
    out = np.empty((len(vectors), len(matrix)), np.float32)
    step = max(1, _BLOCK_NUMBERS // matrix.shape[1])
    for start in range(0, len(matrix), step):
        block = matrix[start : start + step]
        for row, vector in zip(out, vectors, strict=True):
            np.matmul(block, vector, out=row[start : start + step])
    return out


POOL_TEMPERATURE = 2.8
"""Three heads agree more than independent witnesses would; their summed log-probabilities are softened by this."""


class Meaning(NamedTuple):
    """The heads that read embeddings, as in `Weights`."""

    support: Floats
    kernel: Floats
    logistic: Floats
    bias: Floats


def train_meaning(labels: Sequence[str], embeddings: Floats, progress: Progress) -> Meaning:
    """Fit the heads that read unit embeddings [n, 384] on those of examples with their labels."""
    target = _Target.of(labels)
    progress("sentences: kernel ridge regression")
    support = embeddings[_landmarks(len(labels))]

    def sentence_rows(rows: slice) -> Floats:
        return _gaussian(embeddings[rows] @ support.T)

    kernel = _ridge(sentence_rows, _gaussian(support @ support.T), target, _KERNEL_RIDGE)
    progress("sentences: logistic regression")
    return Meaning(support, kernel, *_logistic(embeddings, target))


def train(texts: Sequence[str], labels: Sequence[str], meaning: Meaning | None, progress: Progress) -> Weights:
    """Fit the head that reads words on normalised texts with their labels, beside the heads that read meaning."""
    progress("words: features and ridge regression")
    target = _Target.of(labels)
    vectoriser = Vectoriser.fit(texts)
    marked = [texts[i] for i in _landmarks(len(texts))]
    columns = vectoriser.matrix(marked).T.tocsr()

    def similar(texts: Sequence[str]) -> Floats:
        out = np.empty((len(texts), len(marked)), np.float32)
        for start in range(0, len(texts), _FEW):  # a sparse product of what is hardly sparse takes room
            few = slice(start, start + _FEW)
            (vectoriser.matrix(texts[few]) @ columns).toarray(out=out[few])
        return out

    dual = _ridge(lambda rows: similar(texts[rows]), similar(marked), target, _LEXICAL_RIDGE)
    give_back()
    lexical = np.empty((len(vectoriser.idf), dual.shape[1]), np.float16)
    for start in range(0, len(lexical), _BLOCK):
        lexical[start : start + _BLOCK] = columns[start : start + _BLOCK] @ dual
    empty = np.zeros((0, len(target.names)), np.float32)
    meaning = meaning or Meaning(np.zeros((0, 384), np.float32), empty, empty, empty)
    return Weights(target.names, vectoriser, lexical, *meaning)


def give_back() -> None:
    """Memory that was freed goes back to the system, where the C library can be told so; elsewhere it is used again."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _landmarks(count: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(_LANDMARKS, count)).astype(int))


@dataclass(frozen=True)
class _Target:
    """Which label is right for each example: numbers [n] among the names, and each name's share of the examples."""

    names: tuple[str, ...]
    right: NDArray[np.intp]
    shares: Floats

    @classmethod
    def of(cls, labels: Sequence[str]) -> _Target:
        names, right = np.unique(np.asarray(labels), return_inverse=True)
        return cls(tuple(names.tolist()), right, (np.bincount(right) / len(right)).astype(np.float32))

    def centred(self, rows: slice) -> Floats:
        """1 for the right label and 0 for the others, less each label's share: [rows, labels]."""
        right = self.right[rows]
        out = np.tile(-self.shares, (len(right), 1))
        out[np.arange(len(right)), right] += 1
        return out


def _gaussian(cosines: Floats) -> Floats:
    out: Floats = cosines - 1
    out *= 2 * _KERNEL_WIDTH
    return np.exp(out, out=out)


def _ridge(rows_of: Callable[[slice], Floats], among: Floats, target: _Target, penalty: float) -> Floats:
    """Ridge regression in the span of the landmarks; returns [landmarks, labels].

    rows_of gives some examples' similarities to the landmarks; among, the landmarks' to each other, is overwritten.
    Block by block, so that memory stays small.
    """
    from scipy import linalg  # which answering does without

    gram = among
    gram *= penalty
    gram[np.diag_indices_from(gram)] += _JITTER
    moment = np.zeros((len(among), len(target.shares)), np.float32)
    for start in range(0, len(target.right), _BLOCK):
        block = slice(start, start + _BLOCK)
        cross = rows_of(block)
        gram += cross.T @ cross
        moment += cross.T @ target.centred(block)
    # Symmetric, and in LAPACK's order only when turned: else it would be copied.
    factor = linalg.cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, moment, check_finite=False), np.float32)


def _logistic(features: Floats, target: _Target) -> tuple[Floats, Floats]:
    """Multinomial logistic regression with a ridge penalty, by L-BFGS from zero."""
    from scipy import optimize  # which answering does without

    count, width = features.shape
    classes = len(target.shares)
    rows, right = np.arange(count), target.right

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(width + 1, classes).astype(np.float32)
        scores = features @ weights[:-1]
        scores += weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        hits = scores[rows, right].astype(np.float64)
        np.exp(scores, out=scores)  # in place: this is most of a compilation's arithmetic beside the products
        sums = scores.sum(axis=1, keepdims=True)
        scores /= sums
        scores[rows, right] -= 1
        gradient = np.vstack([features.T @ scores, scores.sum(axis=0)]).astype(np.float64)
        gradient[:-1] += _LOGISTIC_PENALTY * weights[:-1]
        value = float(np.log(sums).sum() - hits.sum()) + 0.5 * _LOGISTIC_PENALTY * float((weights[:-1] ** 2).sum())
        return value, gradient.ravel()

    found: Any = optimize.minimize(
        loss,
        np.zeros((width + 1) * classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "maxcor": 8},
    )
    weights = found.x.reshape(width + 1, classes).astype(np.float32)
    return weights[:-1], weights[-1]
