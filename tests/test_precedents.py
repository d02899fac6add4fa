"""Worked questions as precedents: the nearer speaks louder, and only under the policy that it was written for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_kb.compiled import Ready
from policy_kb.embedding import DIMENSIONS
from policy_kb.headline import EVIDENCE, OWN, VECTOR, VERDICTS, Floats, Headline
from policy_kb.model import Verdict
from policy_kb.precedents import KEPT, Precedents
from tests import scoring

BAN, LEAVE = VERDICTS.index(Verdict.NOT_ALLOWED), VERDICTS.index(Verdict.ALLOWED)


def directions(count: int) -> Floats:
    """Unit vectors that have nothing to do with one another."""
    return np.eye(count, DIMENSIONS, dtype=np.float32)


def said(*verdicts: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """accepted [n, verdicts] from the verdicts of each precedent."""
    accepted = np.zeros((len(verdicts), len(VERDICTS)), np.bool_)
    for row, numbers in enumerate(verdicts):
        accepted[row, numbers] = True
    return accepted


def shares(known: Precedents, policy: int, vector: Floats) -> Floats:
    """Each verdict's share of the neighbours' word."""
    out: Floats = np.exp(known.says(policy, vector[None])[0])
    return out


def test_the_nearest_precedent_speaks_loudest() -> None:
    one, two = directions(2)
    known = Precedents.of(directions(2), said([BAN], [LEAVE]), np.zeros(2, np.uint8))
    assert shares(known, 0, one).argmax() == BAN
    assert shares(known, 0, two).argmax() == LEAVE


def test_a_precedent_speaks_under_its_own_policy_only() -> None:
    one = directions(1)[0]
    known = Precedents.of(np.stack([one, one]), said([BAN], [LEAVE]), np.array([0, 1], np.uint8))
    assert shares(known, 0, one).argmax() == BAN
    assert shares(known, 1, one).argmax() == LEAVE
    assert np.ptp(known.says(2, one[None])) == 0


def test_several_accepted_verdicts_share_one_word() -> None:
    one = directions(1)[0]
    known = Precedents.of(one[None], said([BAN, LEAVE]), np.zeros(1, np.uint8))
    found = shares(known, 0, one)
    assert found[BAN] == pytest.approx(found[LEAVE])
    assert found[BAN] == pytest.approx(0.52, abs=0.01)


def test_neighbours_looked_up_roughly_are_weighed_by_all_directions() -> None:
    """Of many precedents only the nearest by some of the directions are weighed; the others say next to nothing."""
    vectors = np.random.default_rng(2).normal(size=(4_000, DIMENSIONS)).astype(np.float32)
    vectors *= np.linspace(3, 0.01, DIMENSIONS, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = Precedents.of(vectors, said(*([k % len(VERDICTS)] for k in range(4_000))), np.zeros(4_000, np.uint8))
    near = (known.points * np.float32(known.step)) @ (vectors[7] @ known.basis)
    word = np.exp(35 * (near - near.max())) @ known.accepted.astype(np.float32)
    assert shares(known, 0, vectors[7]) == pytest.approx(word / word.sum() + 0.02, abs=1e-3)


def test_what_is_written_is_what_is_read(ready: Ready, tmp_path: Path) -> None:
    """The places are rounded to a 127th of the longest, and not more."""
    policies = tuple(ready.knowledge.policies)
    vectors = np.random.default_rng(1).normal(size=(40, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    accepted = said(*([k % len(VERDICTS)] for k in range(40)))
    known = Precedents.of(vectors, accepted, (np.arange(40) % 4).astype(np.uint8))
    weights = np.zeros((1 + len(policies), VECTOR + 1, len(VERDICTS)), np.float32)
    Headline(policies, weights, np.ones(EVIDENCE + OWN, np.float32), known).write(tmp_path / "head.npz")
    again = Headline.read(tmp_path / "head.npz").precedents
    assert again is not None
    assert again.points.shape == (40, min(KEPT, DIMENSIONS))
    for policy in range(len(policies)):
        assert np.array_equal(again.says(policy, vectors), known.says(policy, vectors))
    places, exact = known.points * known.step, vectors @ known.basis
    assert np.abs(places - exact).max() <= known.step / 2 + 1e-6


def test_precedents_that_do_not_fit_the_policies_are_refused(tmp_path: Path) -> None:
    known = Precedents.of(directions(1), said([BAN]), np.ones(1, np.uint8))
    weights = np.zeros((2, VECTOR + 1, len(VERDICTS)), np.float32)
    Headline(("agora",), weights, np.ones(EVIDENCE + OWN, np.float32), known).write(tmp_path / "head.npz")
    with pytest.raises(ValueError, match="precedents"):
        Headline.read(tmp_path / "head.npz")


def test_precedents_lift_no_ban(ready: Ready) -> None:
    """However many neighbours were permitted: tlt-policy 6.5 forbids a pupil's friendship online."""
    resolver = ready.resolver
    question = "Can I add one of my Year 9s on Snapchat?"
    vector = resolver.read(question).whole.vector
    assert vector is not None
    policies = tuple(ready.knowledge.policies)
    number = np.array([policies.index("tlt")], np.uint8)
    known = Precedents.of(vector[None, :DIMENSIONS], said([LEAVE]), number)
    weights = np.zeros((1 + len(policies), VECTOR + 1, len(VERDICTS)), np.float32)
    loud = Headline(policies, weights, np.array([0.0, 0.0, 0.0, 100.0], np.float32), known)
    bot = scoring.led_by(ready, loud)
    assert bot.ask("tlt", question).answer.verdict is Verdict.NOT_ALLOWED
