"""Which topic is a text about: three trained heads over the curated phrasings, their log-probabilities pooled.

Heads: ridge regression on word and character n-grams; kernel ridge on sentence embeddings with a Gaussian kernel;
multinomial logistic regression on sentence embeddings. The ridge heads are expressed by evenly spaced landmark examples
(Nystrom), which keeps compiling within seconds and a question within a millisecond. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_kb.features import Vectoriser

Floats = NDArray[np.float32]
Progress = Callable[[str], None]

_LANDMARKS = 2_400
_JITTER = 1e-2
_BLOCK = 1_024
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
    """Everything the classifier needs at run time, as plain arrays. Rows of `support` are the training embeddings."""

    labels: tuple[str, ...]
    vectoriser: Vectoriser
    lexical: Floats
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
            out[i] = values @ self.weights.lexical[columns]
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


def train(texts: Sequence[str], labels: Sequence[str], embeddings: Floats | None, progress: Progress) -> Weights:
    """Fit the heads on normalised texts with their labels and unit embeddings [n, 384]."""
    names = tuple(sorted(set(labels)))
    column = {name: i for i, name in enumerate(names)}
    target = np.zeros((len(texts), len(names)), np.float32)
    target[np.arange(len(texts)), [column[label] for label in labels]] = 1
    centred = target - target.mean(axis=0)
    progress("words: features and ridge regression")
    vectoriser = Vectoriser.fit(texts)
    matrix = vectoriser.matrix(texts)
    landmarks = np.unique(np.linspace(0, len(texts) - 1, min(_LANDMARKS, len(texts))).astype(int))
    marked = matrix[landmarks]

    def lexical_rows(rows: slice) -> Floats:
        return np.asarray((matrix[rows] @ marked.T).todense(), np.float32)

    dual = _ridge(lexical_rows, np.asarray((marked @ marked.T).todense(), np.float32), centred, _LEXICAL_RIDGE)
    lexical = np.asarray(marked.T @ dual, np.float32)
    if embeddings is None:
        empty = np.zeros((0, len(names)), np.float32)
        return Weights(names, vectoriser, lexical, np.zeros((0, 384), np.float32), empty, empty, empty)
    progress("sentences: kernel ridge regression")
    support = embeddings[landmarks]

    def sentence_rows(rows: slice) -> Floats:
        return _gaussian(embeddings[rows] @ support.T)

    kernel = _ridge(sentence_rows, _gaussian(support @ support.T), centred, _KERNEL_RIDGE)
    progress("sentences: logistic regression")
    logistic, bias = _logistic(embeddings, target)
    return Weights(names, vectoriser, lexical, support, kernel, logistic, bias)


def _gaussian(cosines: Floats) -> Floats:
    out: Floats = np.exp((cosines - 1) * (2 * _KERNEL_WIDTH)).astype(np.float32)
    return out


def _ridge(rows_of: Callable[[slice], Floats], among: Floats, target: Floats, penalty: float) -> Floats:
    """Ridge regression in the span of the landmarks; returns [landmarks, labels].

    rows_of gives some examples' similarities to the landmarks, among the landmarks' to each other. Block by block, so
    that memory stays small.
    """
    from scipy import linalg  # which answering does without

    gram = penalty * among
    gram[np.diag_indices_from(gram)] += _JITTER
    moment = np.zeros((len(among), target.shape[1]), np.float32)
    for start in range(0, len(target), _BLOCK):
        block = slice(start, start + _BLOCK)
        cross = rows_of(block)
        gram += cross.T @ cross
        moment += cross.T @ target[block]
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, moment, check_finite=False), np.float32)


def _logistic(features: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Multinomial logistic regression with a ridge penalty, by L-BFGS from zero."""
    from scipy import optimize  # which answering does without

    count, width = features.shape
    classes = target.shape[1]
    rows, right = np.arange(count), target.argmax(axis=1)

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
