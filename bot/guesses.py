"""The throttle on guesses: passwords and one-time codes of a person are counted together (SECURITY T18)."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST_GUESSES = 10
WINDOW = timedelta(minutes=15)
"""So many guesses per person and time reach a check; the others are refused unread (T18)."""

_MOST_UNKNOWN = 10_000
"""Names that nobody has are counted too, so that they answer alike; beyond this the oldest are forgotten."""


class Throttled(Exception):
    """Too many guesses for this person within the window. wait: seconds until the next one may be made."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many guesses")
        self.wait = wait


class Guesses:
    """When guesses were made, in memory. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[str, deque[datetime]] = {}
        self._unknown: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, person: str | None, typed: str, now: datetime) -> None:
        """One more guess. person: None where the typed name is nobody's. Raises Throttled where it is one too many."""
        with self._lock:
            recent = self._recent(person, typed)
            while recent and now - recent[0] >= WINDOW:
                recent.popleft()
            if len(recent) >= MOST_GUESSES:
                raise Throttled(math.ceil((recent[0] + WINDOW - now).total_seconds()))
            recent.append(now)

    def _recent(self, person: str | None, typed: str) -> deque[datetime]:
        if person is not None:
            return self._known.setdefault(person, deque())
        recent = self._unknown.setdefault(typed, deque())
        self._unknown.move_to_end(typed)
        while len(self._unknown) > _MOST_UNKNOWN:
            self._unknown.popitem(last=False)
        return recent
