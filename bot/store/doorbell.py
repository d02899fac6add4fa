"""The doorbell of one process: wakes its worker after a commit. It holds pointers only; the tables are the truth.

That of several instances is in doorbell_postgresql.py, apart, because it loads a driver and an engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.store.transactions import StoreBroken, Tx, Work

log = logging.getLogger("askfirst.work")


class Local:
    """The bell of one process: a commit wakes its worker's loop, whatever thread it came from."""

    def __init__(self) -> None:
        self._rung = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def lanes(self, tx: Tx, lanes: Sequence[str]) -> None:
        """Ring once this is committed."""
        self._rung = True

    def timer(self, tx: Tx, timer: str, due: datetime) -> None:
        """Ring once this is committed: the clock may be due at once."""
        self._rung = True

    def again(self, tx: Tx, lanes: Sequence[str], timers: Sequence[str]) -> None:
        """Nothing: the tables are looked through anyway."""

    def committed(self) -> None:
        """Wake the loop; from any thread."""
        if self._rung and self._loop is not None:
            self._rung = False
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._wake.set)

    async def serve(self, work: Work, every: float) -> None:
        """Until cancelled: timers one after the other, a task for each lane, so that a slow one holds up no other."""
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        lanes, timers = _Errands(work.deliver, self._wake), _Errands(work.fire, self._wake)
        try:
            while True:
                self._wake.clear()
                try:
                    due, waiting = await work.left()
                    for timer in due:
                        await timers.run_now(timer)
                    for lane in waiting:
                        lanes.start(lane)
                except Exception as error:
                    # Its name alone: a message may hold what staff wrote.
                    log.warning("the work could not be looked through: %s", type(error).__name__)
                    await asyncio.sleep(every)
                with contextlib.suppress(TimeoutError):
                    # Not wait_for, which before Python 3.12 may swallow a cancellation: the program would never end.
                    async with asyncio.timeout(every):
                        await self._wake.wait()
        finally:
            self._loop = None
            await lanes.stop()
            await timers.stop()


class _Errands:
    """Errands by name: each under way once, and left alone for as long as it asked to wait."""

    def __init__(self, errand: Callable[[str], Awaitable[float | None]], wake: asyncio.Event) -> None:
        self._errand = errand
        self._wake = wake
        self._running: dict[str, asyncio.Task[None]] = {}
        self._missed: set[str] = set()

    def start(self, name: str) -> None:
        """Begin the errand; where it is under way, look again when it ends."""
        if name in self._running:
            self._missed.add(name)
            return
        task = asyncio.create_task(self._go(name))
        self._running[name] = task
        task.add_done_callback(lambda _: self._ended(name))

    async def run_now(self, name: str) -> None:
        """Do the errand and wait for it, unless it asked to be left alone."""
        if name not in self._running and (wait := await self._errand(name)) is not None:
            self._running[name] = task = asyncio.create_task(asyncio.sleep(wait))
            task.add_done_callback(lambda _: self._ended(name))

    async def stop(self) -> None:
        """Cancel everything and wait for its end."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _go(self, name: str) -> None:
        with contextlib.suppress(StoreBroken):
            wait = await self._errand(name)
            if wait is not None:
                await asyncio.sleep(wait)

    def _ended(self, name: str) -> None:
        self._running.pop(name, None)
        if name in self._missed:
            self._missed.discard(name)
            self._wake.set()
