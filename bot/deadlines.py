"""When a waiting case is brought to mind: school days and hours counted in local time, kept in UTC. Pure.

A school day is a weekday of term that is neither a bank holiday of the nation nor a closure. Terms may be missing or
out of date; then weekdays count, so that no case waits for dates that nobody has entered.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from zoneinfo import ZoneInfo

import holidays

from bot.organisation import Nation, School
from policy_kb.procedures import Pace

LOCAL = ZoneInfo("Europe/London")
"""The time that schools live by."""

_DAY = timedelta(days=1)

_SUBDIVISION = {
    Nation.ENGLAND: "ENG",
    Nation.WALES: "WLS",
    Nation.SCOTLAND: "SCT",
    Nation.NORTHERN_IRELAND: "NIR",
}

LONGEST_BREAK = timedelta(days=70)
"""No school of the four nations closes for longer (Northern Ireland: nine weeks): a longer gap is dates not entered."""


@lru_cache(maxsize=256)
def bank_holidays(nation: Nation, year: int) -> frozenset[date]:
    """The bank holidays of a nation in a year, substitute days included."""
    return frozenset(holidays.country_holidays("GB", subdiv=_SUBDIVISION[nation], years=year, expand=False))


class Calendar:
    """The days and hours of one school. Moments go in and come out aware; they come out in UTC."""

    def __init__(self, school: School) -> None:
        self._nation = school.nation
        self._closures = frozenset(school.closures)
        self._opens, self._closes = school.opens, school.closes
        self._counted = _stretches([(term.starts, term.ends) for term in school.terms])

    def is_school_day(self, day: date) -> bool:
        """True where the school is open to staff that day, or nobody has said that it is not."""
        if day.weekday() >= 5 or day in self._closures or day in bank_holidays(self._nation, day.year):
            return False
        return any(first <= day <= last for first, last in self._counted)

    def add_days(self, start: datetime, days: int) -> datetime:
        """That many school days later, at the same local time or the nearest within opening hours.

        A start on a day off counts as the next opening, or Saturday's case would be due before Friday evening's.
        """
        if days < 0:
            raise ValueError("deadlines lie ahead: days cannot be negative")
        local = _aware(start).astimezone(LOCAL)
        day, at = local.date(), min(max(local.time(), self._opens), self._closes)
        if not self.is_school_day(day):
            day, at = self._next_day(day), self._opens
        for _ in range(days):
            day = self._next_day(day)
        due = _utc(day, at)
        return due if due >= start else self._opening(start)

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """When that many hours of the school's opening have passed."""
        if not isfinite(hours) or hours < 0:
            raise ValueError("deadlines lie ahead: hours must be a number and cannot be negative")
        left, now = timedelta(hours=hours), self._opening(start)
        while True:
            day = now.astimezone(LOCAL).date()
            open_for = _utc(day, self._closes) - now
            if left <= open_for:
                return now + left
            left -= open_for
            now = _utc(self._next_day(day), self._opens)

    def _opening(self, moment: datetime) -> datetime:
        """The moment itself while the school is open, else the next opening."""
        moment = _aware(moment).astimezone(UTC)
        day = moment.astimezone(LOCAL).date()
        if self.is_school_day(day) and moment < _utc(day, self._closes):
            return max(moment, _utc(day, self._opens))
        return _utc(self._next_day(day), self._opens)

    def _next_day(self, day: date) -> date:
        """The next school day. There is one: without terms, or after them, weekdays count."""
        day += _DAY
        while not self.is_school_day(day):
            day += _DAY
        return day


def _stretches(terms: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The terms, and the stretches that no dates were entered for: they count too."""
    if not terms:
        return [(date.min, date.max)]
    terms = sorted(terms)
    first, last = terms[0][0], max(ends for _, ends in terms)
    missing = [(a[1] + _DAY, b[0] - _DAY) for a, b in pairwise(terms) if b[0] - a[1] > LONGEST_BREAK]
    if last < date.max:
        missing.append((last + _DAY, date.max))
    if first - date.min > LONGEST_BREAK:
        # The holiday before the first term is real; what lies further back was not entered.
        missing.append((date.min, first - LONGEST_BREAK))
    return terms + missing


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment without its time zone: give it in UTC")
    return moment


def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, LOCAL).astimezone(UTC)


class Count(StrEnum):
    """What a clock counts: whole school days, hours while the school is open, or hours on the wall."""

    DAYS = "school days"
    HOURS = "school hours"
    WALL = "hours"


@dataclass(frozen=True)
class Clock:
    """How long a case may wait until the deciders are reminded, deputies may decide too, and it goes up."""

    count: Count
    remind: float
    deputies: float
    escalate: float


CLOCKS: dict[Pace, Clock] = {
    # A teacher asks this week and hears this week: a day each for the holder, the reminder, the deputy.
    Pace.ORDINARY: Clock(Count.DAYS, 2, 3, 5),
    # A reporter files the same day; four hours reach the next authority before the office closes.
    Pace.MEDIA: Clock(Count.HOURS, 2, 3, 4),
    # Harm grows while a post is up or data are loose, but those who can act are at work in school hours.
    Pace.URGENT: Clock(Count.HOURS, 1, 2, 4),
    # Reviews and declarations: nobody is held up, and a term's rhythm is weeks.
    Pace.SLOW: Clock(Count.DAYS, 5, 10, 15),
    # A child may be at risk: never waits for nights, weekends or holidays.
    Pace.SAFEGUARDING: Clock(Count.WALL, 0.5, 1, 2),
}
"""The clocks of each pace, with the reason for each."""

BEFORE_DEADLINE = timedelta(hours=1)
"""What is left of somebody else's deadline when the case has gone up: time to decide and to send the answer."""

FIRST_WORD = timedelta(minutes=15)
"""However near a deadline is, the holder has this long to read the case before anybody is reminded."""

_APART = timedelta(minutes=1)


@dataclass(frozen=True)
class Due:
    """The three moments of a waiting stage, in UTC and strictly one after the other."""

    remind: datetime
    deputies: datetime
    escalate: datetime


def due(pace: Pace, calendar: Calendar, start: datetime, wanted_by: datetime | None = None) -> Due:
    """When a stage that starts now is brought to mind. wanted_by: the enquirer's deadline, kept for media only."""
    start = _aware(start).astimezone(UTC)
    clock = CLOCKS[pace]
    moments = [_after(clock.count, calendar, start, n) for n in (clock.remind, clock.deputies, clock.escalate)]
    if pace is Pace.MEDIA and wanted_by is not None:
        moments = _sooner(moments, start, _aware(wanted_by).astimezone(UTC) - BEFORE_DEADLINE)
    return Due(*moments)


def _after(count: Count, calendar: Calendar, start: datetime, number: float) -> datetime:
    if count is Count.DAYS:
        return calendar.add_days(start, int(number))
    if count is Count.HOURS:
        return calendar.add_hours(start, number)
    return start + timedelta(hours=number)


def _sooner(moments: list[datetime], start: datetime, limit: datetime) -> list[datetime]:
    """The moments, or the half, three quarters and whole of the time to the limit where those come first.

    The wall clock counts, since a newspaper does not keep school hours. With hardly any time left the floor wins:
    15, 16 and 17 minutes. Minimum and maximum of rising rows rise, so the order stays strict.
    """
    span = limit - start
    pulled = [min(usual, start + span * part) for usual, part in zip(moments, (0.5, 0.75, 1), strict=True)]
    floor = [start + FIRST_WORD + _APART * i for i in range(3)]
    return [max(*pair) for pair in zip(pulled, floor, strict=True)]


def months_later(day: date, months: int) -> date:
    """The same day that many months on, or the month's last day where it has no such day (29 February, 31st)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
