"""Does a message suggest that somebody may be at risk? Words that say so, and a trained head for the indirect ones.

Staff rarely write "suicide" or "abuse": they write that nobody would miss him, or that she does not want to go home.
The head is a logistic regression on the sentence embedding, trained on `danger.yaml`; without embeddings the words
alone decide. What is ordinary it learns from the examples of all topics and, above all for follow-ups, from the worked
questions that call for no duty. A miss may cost a child and the threshold leans to the alarm, but an alarm that rings
too often is not read any more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ALARM = 0.25
"""From this probability a message counts as one about somebody at risk."""

_PENALTY = 0.01
_ORDINARY_WEIGHT = 2.0
"""The ordinary questions count together this many times as much as the examples of risk."""


def probability(head: Floats, embeddings: Floats) -> Floats:
    """The head's probability for each unit embedding [n, 384]; head: weights and bias [385]."""
    out: Floats = (1 / (1 + np.exp(-(embeddings @ head[:-1] + head[-1])))).astype(np.float32)
    return out


def train(risk: Floats, calm: Floats, ordinary: Floats) -> Floats:
    """Fit the head: examples of risk against those that only sound so, and every other example known."""
    from scipy import optimize  # which answering does without

    features = np.vstack([risk, calm, ordinary])
    target = np.zeros(len(features))
    target[: len(risk)] = 1
    weight = np.ones(len(features))
    weight[len(risk) + len(calm) :] = _ORDINARY_WEIGHT * len(risk) / max(len(ordinary), 1)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = features @ flat[:-1].astype(np.float32) + flat[-1]
        value = float((weight * (np.logaddexp(0, scores) - target * scores)).sum())
        error = weight * (1 / (1 + np.exp(-scores)) - target)
        gradient = np.append(features.T @ error.astype(np.float32) + _PENALTY * flat[:-1], error.sum())
        return value + 0.5 * _PENALTY * float((flat[:-1] ** 2).sum()), gradient

    start = np.zeros(features.shape[1] + 1)
    found: Any = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x, np.float32)
