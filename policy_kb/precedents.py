"""What was accepted for the worked questions nearest to a message: a second witness beside the head's weights.

A message's neighbours in meaning among the questions written for a policy tell what a careful reader of it made of them
(`policy_kb.worked`); what was only labelled under it says less, and is left to the head. Kernel regression after
Nadaraya and Watson (1964) on the main directions of the sentence vectors: nothing is fitted, so that a precedent does
not speak louder for being known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KEPT = 192
"""Main directions that are kept of a sentence vector; with all of them the neighbours are no better."""

_SHARPNESS = 35.0
"""How fast a precedent's word fades as it lies further away than the nearest, in cosine."""

_DOUBT = 0.02
"""Share of the whole that every verdict has at the least: neighbours may all be wrong."""

_ROUGHLY = 48
"""Directions of most variance, by which the neighbours are looked up before they are weighed by all that are kept."""

_NEIGHBOURS = 1_500
"""How many are weighed: of those further away, hundreds together say less than a thousandth."""

_STEPS = 127


@dataclass(frozen=True)
class _Own:
    """The precedents of one policy: rows [n] among all, where they lie roughly [_ROUGHLY, n], and their words
    [n, verdicts]."""

    rows: NDArray[np.intp]
    roughly: Floats
    words: Floats


@dataclass(frozen=True)
class Precedents:
    """basis [DIMENSIONS, KEPT]: the directions kept. points [n, KEPT]: where each precedent lies, in whole steps.

    accepted [n, verdicts]: what was accepted. home [n]: number of the policy it was written for.
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

    def without(self, verdict: int, every: int) -> Floats:
        """Unit vectors [n, DIMENSIONS] of every so-manieth precedent, of those for which a verdict was not accepted."""
        points = self.points[~self.accepted[:, verdict]][::every]
        vectors: Floats = points.astype(np.float32) @ self.basis.T
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def says(self, policy: int, vectors: Floats) -> Floats:
        """Logarithm of each verdict's share of what the neighbours of messages' vectors [n, DIMENSIONS] were answered
        under a policy: [n, verdicts]. The same for each where the policy has no precedents."""
        if policy not in self._own:
            return np.zeros((len(vectors), self.accepted.shape[1]), np.float32)
        places = vectors @ self.basis
        own = self._own[policy]
        found = np.stack([self._word(own, place) for place in places])
        whole = found.sum(axis=1, keepdims=True) + np.finfo(np.float32).tiny
        out: Floats = np.log(found / whole + _DOUBT)
        return out

    def _word(self, own: _Own, place: Floats) -> Floats:
        """What the neighbours of a place [KEPT] say: [verdicts]."""
        near = place[:_ROUGHLY] @ own.roughly
        rows, words = own.rows, own.words
        if len(rows) > _NEIGHBOURS:
            chosen = np.argpartition(near, -_NEIGHBOURS)[-_NEIGHBOURS:]
            near, rows, words = near[chosen], rows[chosen], words.take(chosen, axis=0)
        # Only of these are the other directions looked at, and only now do their steps become numbers four times the
        # size: all of them would fill memory.
        steps = self.points.take(rows, axis=0)[:, _ROUGHLY:]
        near = near + steps.astype(np.float32) @ (place[_ROUGHLY:] * np.float32(self.step))
        out: Floats = np.exp(_SHARPNESS * (near - near.max())) @ words
        return out

    @cached_property
    def _own(self) -> dict[int, _Own]:
        """Policy -> its precedents."""
        step, found = np.float32(self.step), {}
        for policy in np.unique(self.home):  # one policy after the other: all at once would be held twice for a moment
            rows = np.flatnonzero(self.home == policy)
            accepted = self.accepted[rows].astype(np.float32)
            words = accepted / np.maximum(accepted.sum(axis=1, keepdims=True), 1)
            roughly = np.ascontiguousarray(self.points[rows, :_ROUGHLY].T).astype(np.float32) * step
            found[int(policy)] = _Own(rows, roughly, words)
        return found
