"""Which verdict does a message call for? A head learnt from worked questions, to choose among what the rulings say.

Topics alone do not tell whether a message asks for leave, for what to do, or for a fact: "who signs it off" and "may I
set one up" share their words. The head is a logistic regression on what was read of the message, with weights shared
by every policy and weights of each policy's own. It proposes nothing by itself: `rulings.decide` lets it choose among
the verdicts of the topics found, and it permits nothing that these do not. It ships beside the sentence model it was
trained on (`tools/train_headline.py`); a policy added later is served by the shared weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_kb.embedding import DIMENSIONS
from policy_kb.model import Verdict
from policy_kb.precedents import Precedents

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

VERDICTS = tuple(Verdict)
VECTOR = 2 * DIMENSIONS
"""What is read of a message: its unit vector and that of its opening marker, see `policy_kb.embedding.Read`."""

EVIDENCE = 2
"""How many numbers the topics give for a verdict: their weight behind it, and whether it leads."""

OWN = 2
"""How many numbers the message itself gives for a verdict: the score of the head, and the word of the precedents."""

ELSEWHERE = 0.5
"""How much a question counts that was written for another policy and only labelled under this one."""

_SCALE = 6.0
"""Unit vectors are stretched by this, so that the penalty leaves room for a clear opinion."""

_ITERATIONS = 80
_TINY = 1e-9


@dataclass(frozen=True)
class Headline:
    """The head. weights [1 + policies, VECTOR + 1, verdicts]: the first shared, then those of the policies by name.

    evidence [EVIDENCE + OWN]: how much each number given for a verdict counts. precedents: None where none are known.
    """

    policies: tuple[str, ...]
    weights: Floats
    evidence: Floats
    precedents: Precedents | None = None

    @classmethod
    def read(cls, path: Path) -> Headline:
        """The head of a file. Raises OSError, ValueError or KeyError for one that does not hold a head."""
        with np.load(path, allow_pickle=False) as archive:
            policies = json.loads(bytes(archive["policies"]).decode())
            known = None
            if "points" in archive:
                accepted = np.unpackbits(archive["accepted"], axis=1, count=len(VERDICTS)).astype(np.bool_)
                step = float(archive["step"])
                known = Precedents(archive["basis"], archive["points"], step, accepted, archive["home"])
            head = cls(tuple(policies), archive["weights"], archive["evidence"], known)
        if head.weights.shape != (1 + len(head.policies), VECTOR + 1, len(VERDICTS)):
            raise ValueError("the head does not fit the verdicts")
        if known and (
            known.accepted.shape != (len(known.points), len(VERDICTS)) or known.home.max() >= len(head.policies)
        ):
            raise ValueError("the precedents do not fit the policies")
        return head

    def write(self, path: Path) -> None:
        """Write the head: numbers and names, nothing executable."""
        arrays: dict[str, Any] = {
            "policies": np.frombuffer(json.dumps(self.policies).encode(), np.uint8),
            "weights": self.weights.astype(np.float32),
            "evidence": self.evidence.astype(np.float32),
        }
        if self.precedents:
            known = self.precedents
            arrays |= {"basis": known.basis, "points": known.points, "step": known.step, "home": known.home}
            arrays["accepted"] = np.packbits(known.accepted, axis=1)
        np.savez_compressed(path, **arrays)

    def no_duty(self, every: int) -> Floats:
        """Unit vectors [n, DIMENSIONS] of every so-manieth worked question that calls for no duty."""
        if self.precedents is None:
            return np.zeros((0, DIMENSIONS), np.float32)
        return self.precedents.without(VERDICTS.index(Verdict.REQUIRED), every)

    def calls(self, policy: str, vectors: Floats) -> Floats:
        """What messages' vectors [n, VECTOR] give for every verdict under a policy: [n, verdicts, OWN]."""
        weights, words = self.weights[0], np.zeros((len(vectors), len(VERDICTS)), np.float32)
        if policy in self.policies:
            number = self.policies.index(policy)
            weights = weights + self.weights[1 + number]
            if self.precedents:
                words = self.precedents.says(number, vectors[:, :DIMENSIONS])
        return np.stack([(vectors * _SCALE) @ weights[:-1] + weights[-1], words], axis=2)

    def probabilities(self, calls: Floats, evidence: Floats) -> dict[Verdict, float]:
        """Verdict -> probability, from the message's calls [verdicts, OWN] and the evidence [verdicts, EVIDENCE]."""
        scores = np.hstack([evidence, calls]) @ self.evidence
        raised = np.exp(scores - scores.max())
        return dict(zip(VERDICTS, (raised / raised.sum()).tolist(), strict=True))


@dataclass(frozen=True)
class Call:
    """What one message calls for: the head with the message's vector [VECTOR]."""

    head: Headline
    vector: Floats

    def __call__(self, policy: str, evidence: Floats) -> dict[Verdict, float]:
        """Verdict -> probability under a policy, with what its topics say [verdicts, EVIDENCE]."""
        return self.head.probabilities(self.head.calls(policy, self.vector[None])[0], evidence)


def with_constant(vectors: Floats) -> Floats:
    """Vectors [n, VECTOR] as the head reads them: stretched, a constant added [n, VECTOR + 1]."""
    ones = np.ones((len(vectors), 1), np.float32)
    return np.hstack([vectors * _SCALE, ones]).astype(np.float32)


@dataclass(frozen=True)
class Worked:
    """Worked questions as arrays: vectors [n, VECTOR], policy numbers [n], evidence [n, verdicts, EVIDENCE], and which
    verdicts a careful reader accepts [n, verdicts], of 0 and 1; elsewhere [n]: 1 for a question of another policy."""

    vectors: Floats
    policy: NDArray[np.intp]
    evidence: Floats
    accepted: Floats
    elsewhere: Floats


def train(worked: Worked, policies: int, penalty: float) -> tuple[Doubles, Doubles]:
    """Weights [1 + policies, VECTOR + 1, verdicts] and evidence weights [EVIDENCE] that make accepted verdicts likely.

    A policy is silent on much of what others are asked: those questions get constants of their own, which are dropped.
    """
    inputs = np.hstack([with_constant(worked.vectors), worked.elsewhere[:, None]]).astype(np.float64)
    shape = (1 + policies, inputs.shape[1], len(VERDICTS))
    members = [worked.policy == p for p in range(policies)]
    size = int(np.prod(shape))
    counts = np.where(worked.elsewhere, ELSEWHERE, 1.0)[:, None]

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        weights, evidence = flat[:size].reshape(shape), flat[size:]
        scores = inputs @ weights[0] + worked.evidence @ evidence
        for p, rows in enumerate(members):
            scores[rows] += inputs[rows] @ weights[1 + p]
        value, error = _unlikely(scores, worked.accepted, counts)
        gradient = np.stack([inputs.T @ error, *(inputs[rows].T @ error[rows] for rows in members)])
        value += 0.5 * penalty * float((weights**2).sum()) + 0.5 * float((evidence**2).sum())
        more = np.einsum("nv,nve->e", error, worked.evidence) + evidence
        return value, np.concatenate([(gradient + penalty * weights).ravel(), more])

    found = _minimise(loss, np.zeros(size + EVIDENCE))
    return found[:size].reshape(shape)[:, :-1], found[size:]


def balance(calls: Floats, worked: Worked, counts: Doubles) -> Doubles:
    """How much the evidence and the message's own calls count [EVIDENCE + OWN], from questions that those calls were
    not trained on; counts [n]: how much each question counts."""
    features = np.concatenate([worked.evidence, calls], axis=2)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        value, error = _unlikely(features @ flat, worked.accepted, counts[:, None])
        return value + 0.5 * float((flat**2).sum()), np.einsum("nv,nve->e", error, features) + flat

    return _minimise(loss, np.full(EVIDENCE + OWN, 0.5))


def _unlikely(scores: Doubles, accepted: Floats, counts: Doubles) -> tuple[float, Doubles]:
    """Minus the log-likelihood of any accepted verdict, each row counting so much, and its slope by score."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely = raised / raised.sum(axis=1, keepdims=True)
    share = (likely * accepted).sum(axis=1, keepdims=True) + _TINY
    return -float((np.log(share) * counts).sum()), (likely - likely * accepted / share) * counts


def _minimise(loss: Any, start: Doubles) -> Doubles:
    from scipy import optimize  # which answering does without

    found: Any = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    return np.asarray(found.x)


def evidence_of(weights: Mapping[Verdict, float], leading: Verdict) -> Floats:
    """What the topics say for each verdict [verdicts, EVIDENCE]: the logarithm of their weight, and the leading one."""
    return np.array([[np.log(weights.get(v, 0.0) + 0.01), float(v is leading)] for v in VERDICTS], np.float32)
