"""What was accepted for the worked questions nearest to a message: a second witness beside the head's weights.

Every worked question is labelled under every policy, so that a message's neighbours in meaning tell, policy by policy,
what a careful reader made of them (`policy_kb.worked`). Kernel regression after Nadaraya and Watson (1964) on the main
directions of the sentence vectors: nothing is fitted, so that a precedent does not speak louder for being known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KEPT = 128
"""Main directions that are kept of a sentence vector; with all of them the neighbours are no better."""

ELSEWHERE = 0.2
"""How much a precedent counts that was written for another policy and only labelled under this one."""

_SHARPNESS = 45.0
"""How fast a precedent's word fades as it lies further away than the nearest, in cosine."""

_DOUBT = 0.02
"""Share of the whole that every verdict has at the least: neighbours may all be wrong."""

_STEPS = 127


@dataclass(frozen=True)
class Precedents:
    """basis [DIMENSIONS, KEPT]: the directions kept. points [n, KEPT]: where each precedent lies, in whole steps.

    accepted [policies, n, verdicts]: what was accepted where; nothing for a policy it was not labelled under. home [n]:
    number of the policy it was written for.
    """

    basis: Floats
    points: NDArray[np.int8]
    step: float
    accepted: NDArray[np.bool_]
    home: NDArray[np.uint8]

    @classmethod
    def of(cls, vectors: Floats, accepted: NDArray[np.bool_], home: NDArray[np.uint8]) -> Precedents:
        """Precedents of unit vectors [n, DIMENSIONS]."""
        _, directions = np.linalg.eigh(vectors.astype(np.float64).T @ vectors)
        basis = directions[:, ::-1][:, :KEPT].astype(np.float32)
        points = vectors @ basis
        step = float(np.abs(points).max()) / _STEPS
        return cls(basis, np.rint(points / step).astype(np.int8), step, accepted, home)

    def says(self, policy: int, vectors: Floats) -> Floats:
        """Logarithm of each verdict's share of what the neighbours of messages' vectors [n, DIMENSIONS] were answered
        under a policy: [n, verdicts]."""
        near = (vectors @ self.basis) @ self._places.T
        weights = np.exp(_SHARPNESS * (near - near.max(axis=1, keepdims=True)))
        found = weights @ self._words[policy]
        whole = found.sum(axis=1, keepdims=True) + np.finfo(np.float32).tiny
        out: Floats = np.log(found / whole + _DOUBT)
        return out

    @cached_property
    def _places(self) -> Floats:
        return self.points.astype(np.float32) * np.float32(self.step)

    @cached_property
    def _words(self) -> Floats:
        """What each precedent says under each policy [policies, n, verdicts]: one word, shared by its verdicts."""
        shares = self.accepted / np.maximum(self.accepted.sum(axis=2, keepdims=True), 1)
        numbers = np.arange(len(self.accepted))[:, None, None]
        out: Floats = (shares * np.where(self.home[None, :, None] == numbers, 1.0, ELSEWHERE)).astype(np.float32)
        return out
