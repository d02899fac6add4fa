"""Pages that keep themselves up to date: a stream that says "changed" and nothing else; the page then reads itself."""

from __future__ import annotations

import asyncio
import contextlib

LOOK_SECONDS = 1.0
"""How often a stream looks for itself: another process, a clock or another platform may have changed something."""
KEEP_SECONDS = 15.0
"""How often a silent stream says that it lives, so that one whose reader has gone is noticed."""
MOST_STREAMS = 2_000
RETRY_MILLISECONDS = 3_000
LIVE_HEADER = "X-AskFirst-Live"
"""Sent by the page's own script when it reads itself again: that is no sign that a person is there."""


class Pulse:
    """Wakes every stream of this process when a page changed something, so that nobody waits for the next look."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.closed = False
        self.streams = 0

    def ring(self) -> None:
        """Something was changed."""
        self._next.set()
        self._next = asyncio.Event()

    def close(self) -> None:
        """The server stops: every stream ends."""
        self.closed = True
        self.ring()

    async def wait(self, seconds: float = LOOK_SECONDS) -> None:
        """Until the next change, or so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._next.wait(), seconds)
