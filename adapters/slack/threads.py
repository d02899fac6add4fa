"""Threads in channels where AskFirst was asked: there it goes on answering without a new mention, and nowhere else."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

IDLE = 7 * 24 * 3_600.0
"""Seconds without a word after which a thread needs a new mention."""
_MOST = 5_000


class Threads:
    """In memory alone, bounded; after a restart a mention is needed again. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def engage(self, team: str, channel: str, thread: str) -> None:
        """Somebody asked there."""
        self._used[team, channel, thread] = self._clock()
        self._used.move_to_end((team, channel, thread))
        while len(self._used) > _MOST:
            self._used.popitem(last=False)

    def engaged(self, team: str, channel: str, thread: str) -> bool:
        """True where it was asked there lately."""
        used = self._used.get((team, channel, thread))
        return used is not None and self._clock() - used < IDLE
