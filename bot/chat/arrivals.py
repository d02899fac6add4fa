"""What a platform delivered: kept before it is acknowledged, worked off afterwards, again where that failed.

A platform waits three seconds and forgets what was acknowledged, so nothing may be lost between the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.casework import CaseOffice
from bot.store.engine import StoreBroken, Tx
from bot.store.records import Arrival, Records
from bot.worker import LAST_MOMENT, RetryAfter

Result = TypeVar("Result")
log = logging.getLogger("askfirst.arrivals")
GIVE_UP = timedelta(hours=24)
"""What still fails after a day is given up: nobody waits for that answer any more."""
AT_ONCE = 16
LONGEST = 50.0
"""Seconds after which work on one arrival has failed."""
OURS = timedelta(seconds=60)
"""For how long an arrival that was handed out is left alone by other instances; longer than any work on it."""
LONGEST_WAIT = 300.0


class Arrivals:
    """The deliveries of one platform. clock: gives the time now (UTC)."""

    def __init__(self, office: CaseOffice, platform: str, clock: Callable[[], datetime]) -> None:
        self._office = office
        self._platform = platform
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._seed = random.Random()  # noqa: S311 - jitter, not a secret

    async def take(self, key: str, body: bytes, now: datetime) -> bool:
        """Keep a delivery, sealed, so that it may be acknowledged; False where it was seen before.

        key: the platform's own for the delivery, the same when it delivers again. body: whatever `work` needs to do it,
        deleted when it is done (T10). Raises StoreBroken: it is not kept, and must not be acknowledged.
        """
        fresh = await self._records(lambda records: records.arrive(key, self._platform, body, now))
        self._wake.set()
        return fresh

    async def work(self, fn: Callable[[bytes], Awaitable[None]], every: float = 3.0) -> None:
        """Until cancelled: hand each arrival to fn, and again later where that raises. every: seconds between looks.

        An arrival is handed out once unless fn fails or the program dies in the middle of it, so fn must be safe to
        repeat: the keys of the case office see to that.
        """
        try:
            await self._begin(every)
            while True:
                self._wake.clear()
                with contextlib.suppress(StoreBroken):
                    await self._hand_out(fn)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(every):
                        await self._wake.wait()
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=LAST_MOMENT)
            for task in self._under_way:
                task.cancel()

    async def settle(self, fn: Callable[[bytes], Awaitable[None]]) -> None:
        """Do what can be done now, then return: for tests with a clock of their own."""
        while await self._hand_out(fn):
            await asyncio.wait(self._under_way)

    async def _begin(self, every: float) -> None:
        """Whoever was at work here before is gone: what they left is taken up at once."""
        while True:
            try:
                await self._records(lambda records: records.free_arrivals(self._platform, self._clock()))
                return
            except StoreBroken:
                await asyncio.sleep(every)

    async def _hand_out(self, fn: Callable[[bytes], Awaitable[None]]) -> int:
        free, now = AT_ONCE - len(self._under_way), self._clock()
        if free <= 0:
            return 0
        found = await self._records(lambda records: records.unfinished(self._platform, now, now + OURS, free))
        for arrival in found:
            task = asyncio.create_task(self._do(arrival, fn))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(found)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # There may be more than could be done at once.
        self._under_way.discard(task)
        self._wake.set()

    async def _do(self, arrival: Arrival, fn: Callable[[bytes], Awaitable[None]]) -> None:
        with contextlib.suppress(StoreBroken):
            try:
                async with asyncio.timeout(LONGEST):
                    await fn(arrival.body)
            except Exception as error:  # any fault is a reason to try again
                await self._failed(arrival, error)
            else:
                await self._records(lambda records: records.finished(arrival.key, self._platform))

    async def _failed(self, arrival: Arrival, error: Exception) -> None:
        now, key = self._clock(), arrival.key
        over = now - arrival.at > GIVE_UP
        # Its name alone: a message may hold what staff wrote.
        log.log(logging.ERROR if over else logging.WARNING, "arrival: %s", type(error).__name__)
        if over:
            await self._records(lambda records: records.finished(key, self._platform))
            return
        seconds = error.seconds if isinstance(error, RetryAfter) else self._backoff(arrival.attempts)
        again = now + timedelta(seconds=seconds)
        await self._records(lambda records: records.put_off(key, self._platform, again))

    def _backoff(self, attempts: int) -> float:
        return min(LONGEST_WAIT, 2.0 ** min(attempts, 9)) * self._seed.uniform(0.5, 1.0)

    async def _records(self, fn: Callable[[Records], Result]) -> Result:
        office = self._office

        def transaction(tx: Tx) -> Result:
            return fn(Records(tx, office.keyring, office.store.bell))

        return await office.store.run(transaction)
