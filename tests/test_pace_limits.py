"""Limits for a person and for a trust: a flood slows its sender alone, and whoever is refused knows it (T26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot import pace_texts
from bot.pace_limits import PERSON, TENANT, PaceLimits, What, Who
from bot.starting import Destination, Waits

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ANN, BEA, ZOE = Who("ann", "coast"), Who("bea", "coast"), Who("zoe", "vale")
LEADS = ("Gil Ho (Safeguarding lead)", "Ivy Jo (Deputy)")


@pytest.mark.parametrize("what", list(What))
def test_ten_thousand_by_one_person_leave_everybody_else_at_once(what: What) -> None:
    limits = PaceLimits()
    allowed = sum(not limits.allow(ANN, what, NOW) for _ in range(10_000))
    assert allowed == PERSON[what].at_once
    for who in (BEA, ZOE):
        assert [limits.allow(who, what, NOW) for _ in range(20)] == [0] * 20
    others = [each for each in What if each is not what]
    assert [limits.allow(ANN, each, NOW) for each in others] == [0] * len(others)


@pytest.mark.parametrize("what", list(What))
def test_who_waits_as_long_as_they_were_told_is_served(what: What) -> None:
    limits = PaceLimits()
    for _ in range(PERSON[what].at_once):
        assert limits.allow(ANN, what, NOW) == 0
    wait = limits.allow(ANN, what, NOW)
    assert 0 < wait <= 60
    assert limits.allow(ANN, what, NOW + timedelta(seconds=wait - 1)) > 0 or wait == 1
    assert limits.allow(ANN, what, NOW + timedelta(seconds=wait)) == 0


def test_a_whole_day_of_asking_without_haste_is_never_refused() -> None:
    limits = PaceLimits()
    for what, every in ((What.QUESTION, 10), (What.DRAFT, 3), (What.UPLOAD, 60), (What.START, 120)):
        assert not any(limits.allow(ANN, what, NOW + timedelta(seconds=every * n)) for n in range(8 * 3600 // every))


def test_the_busiest_hour_of_the_largest_trust_is_never_refused() -> None:
    """12,000 people, 30 % of them 4 events each in an hour, ten times over: SECURITY section 4."""
    limits, seconds = PaceLimits(), 600
    for number in range(40 * seconds):
        who, now = Who(f"p{number % 12_000}", "coast"), NOW + timedelta(seconds=number / 40)
        assert limits.allow(who, What.QUESTION, now) == 0
        assert number % 20 or limits.allow(who, What.START, now) == 0


def test_a_trust_has_its_share_and_leaves_the_others_theirs() -> None:
    limits, crowd = PaceLimits(), TENANT[What.START].at_once
    allowed = sum(not limits.allow(Who(f"p{n}", "coast"), What.START, NOW) for n in range(2 * crowd))
    assert allowed == crowd
    assert limits.allow(BEA, What.START, NOW) > 0
    assert limits.allow(ZOE, What.START, NOW) == 0
    assert limits.allow(BEA, What.START, NOW + timedelta(seconds=1)) == 0


def test_no_one_person_can_use_up_a_trust() -> None:
    for what in What:
        assert TENANT[what].at_once >= 10 * PERSON[what].at_once
        assert TENANT[what].seconds * 10 <= PERSON[what].seconds


def test_a_clock_that_was_set_back_does_no_harm() -> None:
    limits = PaceLimits()
    assert limits.allow(ANN, What.START, NOW) == 0
    assert limits.allow(ANN, What.START, NOW - timedelta(hours=1)) == 0
    for _ in range(100):
        limits.allow(ANN, What.START, NOW - timedelta(hours=1))
    assert 0 < limits.allow(ANN, What.START, NOW - timedelta(hours=1)) <= 60


@pytest.mark.parametrize(
    ("goes_to", "whom"),
    [
        (Destination((Waits("Handled", "Ced Dee (Head)"),), (), LEADS), f"{LEADS[0]} or {LEADS[1]}"),
        # The only lead is the one whom it is about.
        (Destination((Waits("Handled", "Ced Dee (Head)"),), (), ()), "Ced Dee (Head)"),
        (Destination((), ("Ced Dee (Head)",), ()), "Ced Dee (Head)"),
        (Destination((Waits("Handled", ""),), (), (), nobody="Ring the county."), "Local Authority Designated Officer"),
    ],
)
@pytest.mark.parametrize("kind", ["request", "report", "record"])
def test_who_is_refused_is_told_that_it_is_not_recorded_and_whom_to_ring(
    goes_to: Destination, whom: str, kind: str
) -> None:
    for told in (pace_texts.start(kind, 45, goes_to), pace_texts.start(kind, 45, goes_to, files=True)):
        assert told.title == f"Your {kind} is NOT recorded"
        assert "Your draft is kept. Send it again in 45 seconds" in told.cure
        assert f"{whom}" in told.cure
        assert "call 999" in told.cure
    assert "choose the files again" in told.cure
    told = pace_texts.draft(1, goes_to)
    assert "NOT recorded" in told.title
    assert "in 1 second." in told.cure
    assert whom in told.cure


def test_waiting_is_said_in_minutes_where_it_is_long() -> None:
    assert "in 2 minutes." in pace_texts.question(101).cure
    assert "call 999" in pace_texts.question(101).cure
