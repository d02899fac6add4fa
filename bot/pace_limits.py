"""How much one person, and one trust, may send in a while: generous, in memory, the same on every platform (T26).

Pure but for what it remembers. Whoever asks too much is refused before anybody else waits: what a person is refused
does not count for their trust, and a trust's share is many times that of its busiest person.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class What(Enum):
    """What is limited: a question or an answer's button, a draft kept, a sending with files, a case started."""

    QUESTION = "question"
    DRAFT = "draft"
    UPLOAD = "upload"
    START = "start"


class Who(NamedTuple):
    """Who asks: the person's id, and their trust (or school without one) as `School.tenant` names it."""

    person: str
    tenant: str


class Limit(NamedTuple):
    """So many at once, and then one more after so many seconds each."""

    at_once: int
    seconds: float


PERSON: dict[What, Limit] = {
    # Nobody reads an answer in two seconds; sixty at once is a whole staff meeting around one screen.
    What.QUESTION: Limit(60, 2),
    # A form saves itself at most every 2.5 seconds, and some people have several open.
    What.DRAFT: Limit(120, 1),
    # Each sending may hold five files, and each file may keep a decoder busy for half a minute.
    What.UPLOAD: Limit(20, 30),
    # A head who puts on record, one by one, what a whole class did on one evening.
    What.START: Limit(40, 60),
}
"""For one person."""

TENANT: dict[What, Limit] = {
    # The largest trust has 12,000 staff. Three in ten of them doing four things in one hour is 4 a second, of which
    # one in twenty starts a case; ten times that is more than any day will bring.
    What.QUESTION: Limit(2_400, 1 / 40),
    What.DRAFT: Limit(4_800, 1 / 80),
    What.UPLOAD: Limit(240, 1 / 2),
    What.START: Limit(600, 1 / 2),
}
"""For everybody of a trust together."""

MOST_KEPT = 50_000
"""Beyond this the pace that was not looked at for longest is forgotten, as if rested."""
_ROUNDING = 1e-6
"""Many small parts of one make a little less than one."""


@dataclass
class _Pace:
    """What is left at a moment; it grows again with time."""

    left: float
    at: datetime


class PaceLimits:
    """The pace of everybody. One for the whole program, shared by its platforms; safe to share between threads."""

    def __init__(self) -> None:
        self._paces: OrderedDict[tuple[What, str, str], _Pace] = OrderedDict()
        self._lock = threading.Lock()

    def allow(self, who: Who, what: What, now: datetime) -> int:
        """0 where it may be done now, which is then counted; else whole seconds to wait, and nothing is counted.

        A report that is refused here was not recorded: say so, in the words of `bot.pace_texts` (T26).
        """
        with self._lock:
            limits = (((what, "person", who.person), PERSON[what]), ((what, "tenant", who.tenant), TENANT[what]))
            paces = [(self._pace(key, limit, now), limit) for key, limit in limits]
            wait = max(math.ceil((1 - pace.left - _ROUNDING) * limit.seconds) for pace, limit in paces)
            if wait > 0:
                return wait
            for pace, _ in paces:
                pace.left -= 1
            return 0

    def _pace(self, key: tuple[What, str, str], limit: Limit, now: datetime) -> _Pace:
        pace = self._paces.setdefault(key, _Pace(limit.at_once, now))
        self._paces.move_to_end(key)
        while len(self._paces) > MOST_KEPT:
            self._paces.popitem(last=False)
        # A clock that was set back takes nothing away.
        passed = max(0.0, (now - pace.at).total_seconds())
        pace.left, pace.at = min(limit.at_once, pace.left + passed / limit.seconds), now
        return pace
