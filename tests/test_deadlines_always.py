"""What holds of the deadlines of any school at any moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.deadlines import LOCAL, Calendar, due
from bot.organisation import Nation, Person, School, Term
from policy_kb.procedures import Pace

PEOPLE = (Person(id="ann", name="Ann Bee", job="Teacher"),)


@st.composite
def schools(draw: st.DrawFn) -> School:
    """A school of any nation with terms of any length, or none, and some closures."""
    edges = sorted(draw(st.sets(st.dates(date(2025, 6, 1), date(2028, 6, 1)), max_size=10)))
    terms = tuple(Term(starts=a, ends=b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    opens = draw(st.integers(0, 20))
    return School(
        id="any",
        name="Any School",
        policy="small",
        nation=draw(st.sampled_from(Nation)),
        terms=terms,
        closures=tuple(draw(st.sets(st.dates(date(2025, 9, 1), date(2028, 9, 1)), max_size=20))),
        opens=time(opens, draw(st.integers(0, 59))),
        closes=time(draw(st.integers(opens + 1, 23)), 59),
        people=PEOPLE,
    )


MOMENTS = st.datetimes(datetime(2025, 9, 1), datetime(2028, 9, 1), timezones=st.just(UTC))


def open_time(of: School, start: datetime, end: datetime) -> timedelta:
    """How long the school was open between two moments: each day's opening, cut to the stretch."""
    calendar, total, day = Calendar(of), timedelta(), start.astimezone(LOCAL).date()
    while day <= end.astimezone(LOCAL).date():
        if calendar.is_school_day(day):
            opens = datetime.combine(day, of.opens, LOCAL).astimezone(UTC)
            closes = datetime.combine(day, of.closes, LOCAL).astimezone(UTC)
            total += max(min(end, closes) - max(start, opens), timedelta())
        day += timedelta(days=1)
    return total


def is_open(of: School, moment: datetime) -> bool:
    there = moment.astimezone(LOCAL)
    return Calendar(of).is_school_day(there.date()) and of.opens <= there.time() <= of.closes


@settings(max_examples=150, deadline=None)
@given(schools(), MOMENTS, st.integers(0, 60 * 60))
def test_exactly_the_hours_asked_for_have_passed(of: School, start: datetime, minutes: int) -> None:
    end = Calendar(of).add_hours(start, minutes / 60)
    assert end >= start
    assert is_open(of, end)
    assert abs(open_time(of, start, end) - timedelta(minutes=minutes)) < timedelta(milliseconds=1)


@settings(max_examples=150, deadline=None)
@given(schools(), MOMENTS, st.integers(0, 20))
def test_days_are_never_early_and_fall_into_opening_hours(of: School, start: datetime, days: int) -> None:
    end = Calendar(of).add_days(start, days)
    a_day = datetime.combine(date.min, of.closes) - datetime.combine(date.min, of.opens)
    assert end >= start
    assert is_open(of, end)
    assert days * a_day <= open_time(of, start, end) <= (days + 1) * a_day


@settings(max_examples=150, deadline=None)
@given(schools(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=40)), st.integers(0, 15), st.integers(0, 5))
def test_later_starts_and_longer_waits_are_due_later(
    of: School, start: datetime, later: timedelta, amount: int, more: int
) -> None:
    calendar = Calendar(of)
    for add in (calendar.add_days, calendar.add_hours):
        assert add(start, amount) <= add(start + later, amount)
        assert add(start, amount) <= add(start, amount + more)


@settings(max_examples=300, deadline=None)
@given(schools(), MOMENTS, st.sampled_from(Pace), st.none() | MOMENTS | st.integers(-300, 3000))
def test_the_order_is_strict_always(of: School, start: datetime, pace: Pace, wanted: datetime | int | None) -> None:
    wanted_by = start + timedelta(minutes=wanted) if isinstance(wanted, int) else wanted
    found = due(pace, Calendar(of), start, wanted_by)
    assert start < found.remind < found.deputies < found.escalate
    if pace is Pace.MEDIA and wanted_by is not None:
        assert found.remind >= start + timedelta(minutes=15)
        assert found.escalate <= max(wanted_by - timedelta(hours=1), start + timedelta(minutes=17))
