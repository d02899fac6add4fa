"""Clock times and days in what the asker says: does the time asked about lie in their working hours?

"I finish at three. Can I be on Facebook at four?" needs reckoning, which no pattern of words does. Only what is said
counts: hours that are told against a time that is asked about or, with no hours told, an hour when schools are shut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Hours = Literal["within", "outside"]

_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: n for n, word in enumerate(_WORDS.split(" "), start=1)}
_SHARES = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "half": 30}
_HOUR = rf"(?:{'|'.join(_NUMBERS)}|1[0-2]|0?\d(?!\d)|(?:1[3-9]|2[0-3])(?=[:.]\d\d))"
_NO_TIME = (
    r"%|minutes?|mins?|hours?|hrs?|years?|yrs?|days?|weeks?|months?|mornings?|afternoons?|nights?|of|or|people|pupils?|kids?|"
    r"parents?|children|students?|times|likes|followers|posts?|schools?|colleagues|staff|lads?|girls?|boys?|supervisors?|assistants?"
)
_TIME = re.compile(
    r"\b(?<!year )(?<!yr )(?<!years )(?<![\u00a3$])(?:(?P<noon>noon|midday)|"
    rf"(?:(?P<share>{'|'.join(_SHARES)})(?: (?P<side>past|to))? (?=(?:{_HOUR})\b))?"
    rf"(?P<hour>{_HOUR})(?:[:.](?P<minute>[0-5]\d))?"
    r"(?: ?(?P<half>[ap]\.?m|(?:o'clock )?(?:at night|in the (?:morning|afternoon|evening)))\b|(?P<sharp> ?o'clock))?|"
    rf"(?P<bare>{'|'.join(_SHARES)}) past)\b(?! ?(?:{_NO_TIME})\b)"
)
# Whose hours: a school that shuts at three lets nobody go.
_MINE = (
    r"(?:(?:^|[,.;:!?] ?|\bi |\bi've |\bi'm )(?:and |then |only |just |usually |normally )*|"
    r"\b(?:shift|contract|hours|timesheet|my day)(?:'s)? )"
)
_ENDS = re.compile(
    rf"{_MINE}(?:finish(?:es|ed|ing)?|ends?|ended|stops?|"
    r"(?:knock|clock)(?:s|ed|ing)? (?:off|out)|done|go home|over|is over)"
    r"(?: (?:work|my (?:\w+ )?shift|my day|for the day|is|are|usually|normally))*(?: (?:at|by|from|about|around))* $|"
    r"\b(?:contracted|contract|paid|hours|shift|i work|i'm in|i'm on)(?: (?:is|are|run|runs|only|just))*"
    r" (?:till|til|until|up to) $"
)
_STARTS = re.compile(
    rf"{_MINE}(?:starts?|started|begins?|clock(?:s|ing)? (?:on|in)|sign in|due in)"
    r"(?: (?:work|my shift|my day|is|usually|normally))*(?: (?:at|from|by|about|around))* $|"
    r"\b(?:paid|i work|contracted|i'm on|i'm in) from $|"
    r"(?:not|n't|dont) (?:in|on|due|due in|start|paid|back|back in)(?: work)?(?: again)?"
    r" (?:till|til|until|before) $"
)
_ASKED = re.compile(r"(?:^|\b(?:at|it's|its|it is|around|about|by|gone|nearly|past|before|after|from|say) |, )$")
_TIME_ENDS = re.compile(
    r"\s*(?:[,.;:!?)]|$|(?:and|but|i|i'm|when|on|from|in|at|if|as|so|then|is|ok|okay|with|to|because|tonight|today|till|"
    r"until|before|after|while|does|can|may|am|or|each|every)\b)"
)
_LATER = re.compile(r"\b(?:after|past|gone) $")
_AFTERWARDS = re.compile(r"\b(?:i then|then i|afterwards|after that|in between|in the gap|in the meantime)\b")
_BETWEEN = re.compile(r"^ ?(?:to|till|til|until|-|\u2013) ?$")
_NO_SHIFT = re.compile(
    r"\b(?:lunch|break|playtime|duty|lesson|meeting|club|assembly|office|school|shop)\b[^.?!]{0,12}$"
)
_SHIFT = re.compile(
    r"\b(?:works?|working|hours|shift|contracted|contract|paid|employed|start|do|clean|cook|timesheet|"
    r"cleaner|i'm (?:in|on))\b"
    r"[^.?!]{0,20}$"
)
_HALVES = re.compile(
    r"\b(?:only|just) (?:do|in)(?: the)? (mornings|afternoons)\b|"
    r"\b(?:works?|working|employed|contracted|paid)(?: only| just| for)*(?: the)? "
    r"(mornings|afternoons)\b(?! (?:and|or)\b)|"
    r"\b(mornings|afternoons) only\b"
)
_ASKED_HALF = re.compile(
    r"\b(?:in the|this|that|of an?|every|after) (morning|afternoon)\b|\b(?:in|on|of) (afternoons|mornings)\b"
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(?:mon|tues?|weds?|wednes|thurs?|fri|satur|sat|sun)(?:days?)?"
_JOINED = r"(?:,| and|,? to| till| until| ?-| or| ?/)+ ?"
_WORKED = re.compile(
    r"\b(?:i work|i do|i only work|i only do|i'm in|i'm only in|only in|working|employed|contracted|placement)"
    rf"(?: \w+)?? ({_DAY}(?:{_JOINED}{_DAY})*)\b"
)
_ANY_DAY = re.compile(rf"\b{_DAY}\b")
_SHUT = re.compile(r"\b(?:sat|sun)(?:ur)?(?:day)?s?\b|\bweekends?\b|\bholidays?\b")
_ON_DUTY = re.compile(
    r"\b(?:on duty|shifts?|on call|rota|rehearsal|residential|trip|boarding|concert|supervis\w+|open evening|"
    r"parents'? evening|working|at work|still in|overtime|meeting|performance|school play|disco|events?|class|lessons?|"
    r"pupils?|kids|students?)\b"
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri)days? (?:morning )?(?:at )?"
    r"(?:9|10|11|nine|ten|eleven)(?:[:.]?\d\d)? ?(?:am|o'clock)?\b"
)
"""An hour of a weekday at which schools work."""
_EVENING = re.compile(r"\b(?:tonight|evenings?|at night)\b")
_DAY_BEGINS, _DAY_ENDS = 9 * 60, 15 * 60
_SHUT_BY, _OPEN_FROM, _GOING_HOME = 18 * 60, 7 * 60, 17 * 60
_NOON = 12 * 60
_NEAR = 60


@dataclass(frozen=True)
class _Time:
    """A clock time as it was said, with the minutes since midnight that it may mean."""

    start: int
    end: int
    meant: tuple[int, ...]
    sure: bool
    """Whether its own words say that it is a time: "4pm", "half three", not a bare number."""


@dataclass(frozen=True)
class _Shift:
    """Working hours as told, in minutes since midnight; None where that end was not told."""

    start: int | None = None
    end: int | None = None

    def of(self, minute: int) -> Hours | None:
        """Where a time lies; None where that is not told."""
        if self.start is None and self.end is None:
            return None
        if (self.end is not None and minute >= self.end) or (self.start is not None and minute < self.start):
            return "outside"
        if self.end is None:
            return "within" if minute < _DAY_ENDS else "outside" if minute >= _SHUT_BY else None
        return "within" if minute >= (_DAY_BEGINS if self.start is None else self.start) else None


def hours_of(text: str) -> Hours | None:
    """Where the time asked about lies; None where no time is asked about, or nothing tells. text: lower case."""
    if _off_days(text):
        return "outside"
    shift, asked, later = _told(text)
    if shift == _Shift():
        if _WEEKDAY.search(text):
            return "within"
        shut = bool(asked) and all(_is_shut(m, later) for m in asked) and not _ON_DUTY.search(text)
        return "outside" if shut else None
    places = {shift.of(minute) for minute in asked}
    place = places.pop() if len(places) == 1 else None  # none where no time is asked about, several where it is open
    return None if place == "within" and _SHUT.search(text) else place


def _is_shut(minute: int, later: bool) -> bool:
    return minute >= _SHUT_BY or minute < _OPEN_FROM or (later and minute >= _GOING_HOME)


def _off_days(text: str) -> bool:
    """Whether days of work are told, and another day is asked about."""
    told = _WORKED.search(text)
    if told is None:
        return False
    several = len(_ANY_DAY.findall(told[1])) > 1
    if not several and "only" not in text[max(0, told.start() - 12) : told.end()]:
        return False
    worked = _spelt_out(told[1])
    asked = [_number(day[0]) for day in _ANY_DAY.finditer(text) if not told.start(1) <= day.start() < told.end(1)]
    return bool(asked) and worked.isdisjoint(asked)


def _number(day: str) -> int:
    return _DAYS.index(day[:3])


def _spelt_out(days: str) -> set[int]:
    """The days of a list: "monday to wednesday and friday"."""
    found = list(_ANY_DAY.finditer(days))
    worked = {_number(day[0]) for day in found}
    for first, second in pairwise(found):
        if re.search(r"\bto\b|\btill\b|\buntil\b|-", days[first.end() : second.start()]):
            worked |= set(range(_number(first[0]), _number(second[0]) + 1))
    return worked


def _told(text: str) -> tuple[_Shift, tuple[int, ...], bool]:
    """The hours that are told, the minutes that the time asked about may mean, and whether it is any later one."""
    times = list(_times(text))
    start = end = None
    asked: tuple[int, ...] = ()
    later = False
    if half := _HALVES.search(text):
        start, end = (None, _NOON) if "mornings" in half.groups() else (_NOON, None)
        asked_half = _ASKED_HALF.search(text, half.end()) or _ASKED_HALF.search(text[: half.start()])
        if asked_half:
            asked = (10 * 60,) if "morning" in asked_half[0] else (14 * 60,)
    used: set[int] = set()
    for first, second in pairwise(times):
        if _BETWEEN.match(text[first.end : second.start]) and _is_shift(_behind(text, first)):
            start = min(first.meant)
            end = next((m for m in second.meant if m > start), None)
            used |= {first.start, second.start}
    for time in times:
        if time.start in used:
            continue
        before = _behind(text, time)
        if _STARTS.search(before):
            start = min(time.meant)
        elif _ENDS.search(before):
            end = _end_of_day(time.meant)
        elif time.sure or (_ASKED.search(before) and _TIME_ENDS.match(text, time.end)):
            asked, later = time.meant, bool(_LATER.search(before))
    if end is not None and not asked and _AFTERWARDS.search(text):
        asked = (end,)
    return _Shift(start, end), _nearest(asked, start, end), later


def _is_shift(before: str) -> bool:
    """Whether "8 to 4" behind these words is somebody's hours, and no score, no lunch."""
    return bool(_SHIFT.search(before)) and not _NO_SHIFT.search(before)


def _behind(text: str, time: _Time) -> str:
    """The words before a time, as far as they may say what it is: all of a long message would be read for each time."""
    return text[max(0, time.start - _NEAR) : time.start]


def _nearest(asked: tuple[int, ...], start: int | None, end: int | None) -> tuple[int, ...]:
    """Of the minutes that a time may mean, that within an hour behind the day's end or before its beginning."""
    near = (m for m in asked if (end is not None and 0 <= m - end < 60) or (start is not None and 0 < start - m <= 60))
    return next(((m,) for m in near), asked)


def _end_of_day(meant: Sequence[int]) -> int:
    """Who finishes at seven to ten does so in the evening, at eleven in the morning."""
    return min(meant) if min(meant) >= 11 * 60 else max(meant)


def _times(text: str) -> Iterator[_Time]:
    """The clock times in the text."""
    evening, hour = bool(_EVENING.search(text)), None
    for found in _TIME.finditer(text):
        if found["noon"]:
            meant: tuple[int, ...] = (_NOON,)
        elif found["bare"]:
            if hour is None:
                continue
            meant = tuple(m + _SHARES[found["bare"]] for m in _minutes(hour, "", evening))
        else:
            hour = _NUMBERS.get(found["hour"]) or int(found["hour"])
            behind = int(found["minute"] or 0) + _SHARES.get(found["share"] or "", 0) * (
                -1 if found["side"] == "to" else 1
            )
            meant = tuple(m + behind for m in _minutes(hour, found["half"] or "", evening))
        sure = any(found[part] for part in ("noon", "share", "minute", "half", "sharp", "bare"))
        yield _Time(found.start(), found.end(), meant, sure)


def _minutes(hour: int, half: str, evening: bool) -> tuple[int, ...]:
    """The minutes since midnight that an hour may mean; half: what was said of morning or evening."""
    if hour > 12 or hour == 0:
        return (hour * 60,)
    hour %= 12
    if half in {"am", "a.m"} or "morning" in half:
        return (hour * 60,)
    if half or hour < 5 or (evening and hour >= 5):
        return (_NOON + hour * 60,)
    return (hour * 60, _NOON + hour * 60)
