"""School days and hours, with every expected moment counted by hand on a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.deadlines import LOCAL, Calendar, Due, due, months_later
from bot.organisation import Nation, Person, School, Term
from policy_kb.procedures import Pace

PEOPLE = (Person(id="ann", name="Ann Bee", job="Teacher"),)
TERMS = tuple(
    Term(starts=date.fromisoformat(starts), ends=date.fromisoformat(ends))
    for starts, ends in (
        ("2026-09-01", "2026-10-23"),
        ("2026-11-02", "2026-12-18"),
        ("2027-01-04", "2027-02-12"),
        ("2027-02-22", "2027-03-25"),
        ("2027-04-12", "2027-05-28"),
        ("2027-06-07", "2027-07-21"),
    )
)


def school(
    nation: Nation = Nation.ENGLAND, terms: tuple[Term, ...] = (), closures: tuple[date, ...] = (), opens: int = 8
) -> School:
    """A school that closes at five."""
    return School(
        id="hill",
        name="Hill School",
        policy="small",
        nation=nation,
        terms=terms,
        closures=closures,
        opens=time(opens),
        closes=time(17),
        people=PEOPLE,
    )


def local(text: str) -> datetime:
    """A moment as the school's clock shows it, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


TERM_TIME = Calendar(school(terms=TERMS))
NO_TERMS = Calendar(school())


@pytest.mark.parametrize(
    ("nation", "day", "open_"),
    [
        (Nation.ENGLAND, "2026-12-28", False),  # Boxing Day falls on a Saturday: its substitute
        (Nation.SCOTLAND, "2026-12-28", False),
        (Nation.ENGLAND, "2026-12-29", True),
        (Nation.SCOTLAND, "2026-11-30", False),  # St Andrew's Day
        (Nation.ENGLAND, "2026-11-30", True),
        (Nation.NORTHERN_IRELAND, "2026-07-13", False),  # 12 July is a Sunday in 2026
        (Nation.NORTHERN_IRELAND, "2027-07-12", False),
        (Nation.NORTHERN_IRELAND, "2027-07-13", True),
        (Nation.ENGLAND, "2026-07-13", True),
        (Nation.NORTHERN_IRELAND, "2026-03-17", False),  # St Patrick's Day
        (Nation.WALES, "2026-03-17", True),
        (Nation.WALES, "2026-04-06", False),  # Easter Monday, which is none in Scotland
        (Nation.SCOTLAND, "2026-04-06", True),
        (Nation.SCOTLAND, "2026-01-02", False),
        (Nation.WALES, "2026-08-31", False),
        (Nation.SCOTLAND, "2026-08-31", True),
        (Nation.SCOTLAND, "2026-08-03", False),
        (Nation.ENGLAND, "2026-11-21", False),  # a Saturday
        (Nation.ENGLAND, "2026-11-22", False),
    ],
)
def test_weekends_and_the_bank_holidays_of_the_nation_are_no_school_days(nation: Nation, day: str, open_: bool) -> None:
    assert Calendar(school(nation)).is_school_day(date.fromisoformat(day)) is open_


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2026-10-23", True),  # first and last days of a term belong to it
        ("2026-10-26", False),
        ("2026-10-30", False),
        ("2026-11-02", True),
        ("2026-12-21", False),
        ("2027-07-21", True),
        ("2027-07-22", True),  # past the last term entered: nothing waits for dates that nobody enters
        ("2029-05-16", True),
        ("2029-05-19", False),  # still a Saturday
        ("2029-12-25", False),
        ("2026-08-28", False),  # the summer before the first term
        ("2026-05-20", True),  # long before it: the year was not entered
    ],
)
def test_terms_count_and_days_that_no_term_was_entered_for(day: str, open_: bool) -> None:
    assert TERM_TIME.is_school_day(date.fromisoformat(day)) is open_


def test_a_year_missing_between_two_is_not_a_holiday() -> None:
    calendar = Calendar(school(terms=(Term(starts=date(2027, 9, 1), ends=date(2027, 10, 22)), TERMS[0])))
    assert calendar.is_school_day(date(2026, 11, 2))
    assert calendar.is_school_day(date(2027, 6, 10))
    assert not calendar.is_school_day(date(2027, 10, 23))


def test_terms_without_end_or_beginning_are_read() -> None:
    calendar = Calendar(school(terms=(Term(starts=date(2027, 1, 4), ends=date.max), TERMS[1])))
    assert calendar.is_school_day(date(2090, 3, 1))
    assert not calendar.is_school_day(date(2026, 12, 21))
    assert Calendar(school(terms=(Term(starts=date.min, ends=date(2027, 1, 4)),))).is_school_day(date(2026, 11, 20))


def test_a_closure_is_no_school_day() -> None:
    calendar = Calendar(school(terms=TERMS, closures=(date(2026, 11, 27),)))
    assert not calendar.is_school_day(date(2026, 11, 27))
    assert calendar.add_days(local("2026-11-26 09:00"), 1) == local("2026-11-30 09:00")


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-12-18 16:00", 4, "2027-01-04 11:00"),  # an hour is left on the last day of term
        ("2026-10-23 16:30", 1, "2026-11-02 08:30"),  # over half-term and the end of summer time
        ("2026-11-19 16:00", 1, "2026-11-19 17:00"),  # up to the minute of closing
        ("2026-11-19 17:00", 1, "2026-11-20 09:00"),
        ("2026-11-20 06:00", 2, "2026-11-20 10:00"),  # before opening
        ("2026-11-20 22:15", 0.5, "2026-11-23 08:30"),
        ("2026-11-21 10:00", 2, "2026-11-23 10:00"),  # a Saturday
        ("2026-11-23 08:00", 20, "2026-11-25 10:00"),  # 9 + 9 + 2
        ("2026-11-21 10:00", 0, "2026-11-23 08:00"),
        ("2027-03-25 16:00", 2, "2027-04-12 09:00"),  # Easter, with the start of summer time
    ],
)
def test_hours_run_while_the_school_is_open(start: str, hours: float, expected: str) -> None:
    assert TERM_TIME.add_hours(local(start), hours) == local(expected)


def test_hours_run_over_both_changes_of_the_clock() -> None:
    spring = NO_TERMS.add_hours(datetime(2026, 3, 27, 16, tzinfo=UTC), 4)
    assert spring == datetime(2026, 3, 30, 10, tzinfo=UTC)  # 11:00 in summer time
    autumn = NO_TERMS.add_hours(datetime(2026, 10, 23, 15, tzinfo=UTC), 4)
    assert autumn == datetime(2026, 10, 26, 11, tzinfo=UTC)  # 11:00 in winter time
    assert spring.tzinfo is UTC


def test_easter_monday_counts_in_scotland_only() -> None:
    start = local("2026-04-02 16:00")
    assert NO_TERMS.add_hours(start, 2) == local("2026-04-07 09:00")
    assert Calendar(school(Nation.SCOTLAND)).add_hours(start, 2) == local("2026-04-06 09:00")


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-20 10:00", 2, "2026-11-24 10:00"),
        ("2026-11-20 20:00", 2, "2026-11-24 17:00"),  # late: the end of the day
        ("2026-11-20 05:00", 2, "2026-11-24 08:00"),  # early: its beginning
        ("2026-11-21 10:00", 2, "2026-11-25 08:00"),  # a Saturday counts from Monday's opening
        ("2026-12-17 12:00", 2, "2027-01-04 12:00"),
        ("2026-10-23 12:00", 1, "2026-11-02 12:00"),  # noon stays noon when summer time ends
        ("2027-03-25 12:00", 1, "2027-04-12 12:00"),  # and when it begins
        ("2026-11-20 10:00", 0, "2026-11-20 10:00"),
        ("2026-11-20 20:00", 0, "2026-11-23 08:00"),
        ("2027-07-21 12:00", 1, "2027-07-22 12:00"),  # no further dates: the next weekday
    ],
)
def test_whole_school_days_keep_the_time_of_day(start: str, days: int, expected: str) -> None:
    assert TERM_TIME.add_days(local(start), days) == local(expected)


START = "2026-11-20 10:00"


@pytest.mark.parametrize(
    ("pace", "start", "expected"),
    [
        (Pace.ORDINARY, START, ("2026-11-24 10:00", "2026-11-25 10:00", "2026-11-27 10:00")),
        (Pace.MEDIA, START, ("2026-11-20 12:00", "2026-11-20 13:00", "2026-11-20 14:00")),
        (Pace.URGENT, START, ("2026-11-20 11:00", "2026-11-20 12:00", "2026-11-20 14:00")),
        (Pace.URGENT, "2026-12-18 16:00", ("2026-12-18 17:00", "2027-01-04 09:00", "2027-01-04 11:00")),
        (Pace.SLOW, START, ("2026-11-27 10:00", "2026-12-04 10:00", "2026-12-11 10:00")),
        (Pace.SAFEGUARDING, START, ("2026-11-20 10:30", "2026-11-20 11:00", "2026-11-20 12:00")),
        (Pace.SAFEGUARDING, "2026-12-25 23:45", ("2026-12-26 00:15", "2026-12-26 00:45", "2026-12-26 01:45")),
    ],
)
def test_the_clocks_of_each_pace(pace: Pace, start: str, expected: tuple[str, str, str]) -> None:
    assert due(pace, TERM_TIME, local(start)) == Due(*map(local, expected))


def test_safeguarding_counts_real_hours_in_the_night_that_the_clock_changes() -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    found = due(Pace.SAFEGUARDING, TERM_TIME, start)
    assert [m - start for m in (found.remind, found.deputies, found.escalate)] == [
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
    ]


@pytest.mark.parametrize(
    ("start", "wanted", "expected"),
    [
        # An hour is kept for the answer: half, three quarters and all of the two hours to noon.
        (START, "2026-11-20 13:00", ("2026-11-20 11:00", "2026-11-20 11:30", "2026-11-20 12:00")),
        (START, "2026-11-23 13:00", ("2026-11-20 12:00", "2026-11-20 13:00", "2026-11-20 14:00")),
        (START, "2026-11-20 10:30", ("2026-11-20 10:15", "2026-11-20 10:16", "2026-11-20 10:17")),
        (START, "2026-11-19 10:30", ("2026-11-20 10:15", "2026-11-20 10:16", "2026-11-20 10:17")),
        # Tomorrow's early programme does not wait for Monday.
        ("2026-11-20 22:00", "2026-11-21 07:00", ("2026-11-21 02:00", "2026-11-21 04:00", "2026-11-21 06:00")),
    ],
)
def test_a_reporter_s_deadline_comes_first(start: str, wanted: str, expected: tuple[str, str, str]) -> None:
    assert due(Pace.MEDIA, TERM_TIME, local(start), local(wanted)) == Due(*map(local, expected))


@pytest.mark.parametrize("pace", [p for p in Pace if p is not Pace.MEDIA])
def test_no_other_pace_takes_a_moment_of_the_form_for_a_deadline(pace: Pace) -> None:
    start = local(START)
    assert due(pace, TERM_TIME, start, start - timedelta(hours=3)) == due(pace, TERM_TIME, start)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 20), 12, date(2027, 11, 20)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 11, 20), 1, date(2026, 12, 20)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected


def test_what_cannot_be_counted_is_refused() -> None:
    naive = datetime(2026, 11, 20, 10)
    start = local(START)
    for call in (
        lambda: TERM_TIME.add_days(naive, 1),
        lambda: TERM_TIME.add_hours(naive, 1),
        lambda: due(Pace.SAFEGUARDING, TERM_TIME, naive),
        lambda: due(Pace.MEDIA, TERM_TIME, start, naive),
        lambda: TERM_TIME.add_days(start, -1),
        lambda: TERM_TIME.add_hours(start, -0.5),
        lambda: TERM_TIME.add_hours(start, float("nan")),
        lambda: TERM_TIME.add_hours(start, float("inf")),
    ):
        with pytest.raises(ValueError, match=r"give it in UTC|cannot be negative"):
            call()
