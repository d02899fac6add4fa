"""Whole question sets with labels read from the documents: floors that hold, and nothing unsafe.

`held-out` and the `blind` ones were written by reading and are never read to mend the data. The writers of the `blind`
ones had not seen the product; each set came later than the one before, `blind-3` after 25,000 worked questions,
`blind-4` after 45,000. The sentence model has seen four of the sentences of `blind` (policy_kb/embedder/README.md).
`readers` are those of people who judged the product, labelled before they asked it; what they found was mended since.
"""

from __future__ import annotations

import pytest

from bot.core import Bot
from tests import scoring

# Shares of turns, a little below what `make bench` prints, so that a real loss shows.
FLOORS = {
    "development": {"verdict": 0.97, "cited": 0.98, "routed": 0.97},
    "examples": {"verdict": 0.96, "cited": 0.95, "routed": 0.95},
    "blind": {"verdict": 0.955, "cited": 0.98, "routed": 0.97},
    "blind-2": {"verdict": 0.96, "cited": 0.98, "routed": 0.97},
    "blind-3": {"verdict": 0.955, "cited": 0.97, "routed": 0.97},
    "blind-4": {"verdict": 0.965, "cited": 0.97, "routed": 0.97},
    "held-out": {"verdict": 0.975, "cited": 0.98, "routed": 0.97},
    "readers": {"verdict": 0.963, "cited": 0.98, "routed": 0.98},
}


REFUSED = {
    "development": 0.05,
    "held-out": 0.07,
    "blind": 0.09,
    "blind-2": 0.06,
    "blind-3": 0.06,
    "blind-4": 0.04,
    "readers": 0.05,
}
"""Of each set; those that were never read have 36 to 78 turns that are permitted, and together 0.05 of them."""

UNSEEN = ("held-out", "blind", "blind-2", "blind-3", "blind-4")


@pytest.fixture(scope="module")
def scores(bot: Bot) -> dict[str, scoring.Score]:
    return {name: scoring.score(scoring.load(name), scoring.by_bot(bot)) for name in scoring.SETS}


@pytest.fixture(params=scoring.SETS)
def scored(request: pytest.FixtureRequest, scores: dict[str, scoring.Score]) -> tuple[str, scoring.Score]:
    return request.param, scores[request.param]


def test_shares_do_not_fall(scored: tuple[str, scoring.Score]) -> None:
    name, total = scored
    found = {what: round(total.share(what), 3) for what in FLOORS[name]}
    assert all(found[what] >= floor for what, floor in FLOORS[name].items()), found


def test_what_staff_may_do_is_seldom_refused(scored: tuple[str, scoring.Score]) -> None:
    name, total = scored
    if name in REFUSED:  # the examples hold too few to speak of a share
        assert total.share("refused", "permitted") <= REFUSED[name]


def test_of_all_that_was_never_read_hardly_any_verdict_is_wrong(scores: dict[str, scoring.Score]) -> None:
    unseen = [scores[name].counts for name in UNSEEN]
    assert sum(c["verdict"] for c in unseen) >= 0.967 * sum(c["turns"] for c in unseen)


def test_of_all_that_was_never_read_hardly_anything_permitted_is_refused(scores: dict[str, scoring.Score]) -> None:
    unseen = [scores[name].counts for name in UNSEEN]
    assert sum(c["refused"] for c in unseen) <= 0.05 * sum(c["permitted"] for c in unseen)
    assert sum(c["asked"] for c in unseen) <= 0.05 * sum(c["permitted"] for c in unseen), "nor asked about instead"


def test_nothing_is_permitted_that_misleads(scored: tuple[str, scoring.Score]) -> None:
    _, total = scored
    assert total.unsafe == []
    assert total.counts["misleading"] == 0


def test_the_labels_are_of_the_agreed_form() -> None:
    verdicts = {"allowed", "allowed_if", "ask_first", "advised_against", "not_allowed", "required", "information"}
    verdicts |= {"clarify", "not_covered"}
    lines = [line for name in scoring.SETS for line in scoring.load(name)]
    assert len(lines) >= 300
    for line in lines:
        assert len(line["turns"]) == len(line["expect"])
        for expected in line["expect"]:
            assert set(expected["verdicts"]) | set(expected["unsafe"]) <= verdicts
            assert not set(expected["verdicts"]) & set(expected["unsafe"])


def test_the_scoring_notices_a_wrong_yes_and_a_missed_duty() -> None:
    expected = {"verdicts": ["required"], "unsafe": ["allowed"], "cite": [["att:5.4"]], "route": ["safeguarding_lead"]}
    wrong = {"verdict": "allowed", "citations": [{"clause": "att:5.40"}], "route": ["ceo"]}
    right = {"verdict": "required", "citations": [{"clause": "att:5.4"}], "route": ["safeguarding_lead"]}
    bad, good = scoring.judge(expected, wrong), scoring.judge(expected, right)
    assert (bad["verdict"], bad["unsafe"], bad["cited"], bad["routed"], bad["missed"]) == (0, 1, 0, 0, 1)
    assert (good["verdict"], good["unsafe"], good["cited"], good["routed"], good["missed"]) == (1, 0, 1, 1, 0)
