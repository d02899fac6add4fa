"""Where the program is killed."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

IN_TRANSACTIONS = (
    "begin",
    "inbox_claimed",
    "events_written",
    "case_written",
    "signed",
    "register_written",
    "timer_armed",
    "outbox_written",
    "written",
    "before_commit",
    "after_commit",
)
IN_THE_WORKER = ("before_post", "after_post", "before_mark", "after_mark")
AROUND_AN_ANSWER = ("before_ack", "after_ack")
OF_A_CLOCK = ("before_fire", "timer_claimed", "after_fire")
POINTS = (*IN_TRANSACTIONS, *IN_THE_WORKER, *AROUND_AN_ANSWER, *OF_A_CLOCK)
"""In the order in which they are tried: clocks last, for the first cases have none that is due."""
OCCURRENCES = (1, 2, 3, 5, 8, 13)
OF_EVERYTHING = frozenset({"begin", "written", "before_commit", "after_commit"})
"""Passed by readers too: the first few times in a life nobody has asked for anything yet."""


@dataclass
class Doom:
    """A hook that kills its own process at the n-th passing of a point; without a point it never does."""

    point: str | None = None
    occurrence: int = 1
    passed: int = 0

    def __call__(self, point: str) -> None:
        """Pass a point."""
        if point == self.point:
            self.passed += 1
            if self.passed == self.occurrence:
                # Long enough for a false word to get out: what is said too early must be heard before the end.
                time.sleep(0.02)
                os.kill(os.getpid(), signal.SIGKILL)


def dooms(kills: int, seed: int) -> list[Doom | float]:
    """What ends each life: four in five times a named point, else a moment (seconds after the start)."""
    import random

    chance = random.Random(seed)  # noqa: S311 - reproducible, not a secret
    found: list[Doom | float] = []
    for number in range(kills):
        if number % 5 == 4:
            found.append(chance.uniform(0.0, 0.5))
        else:
            named = number - number // 5
            round_, which = divmod(named, len(POINTS))
            first = 3 if POINTS[which] in OF_EVERYTHING else 0
            found.append(Doom(POINTS[which], OCCURRENCES[(round_ + first) % len(OCCURRENCES)]))
    return found
