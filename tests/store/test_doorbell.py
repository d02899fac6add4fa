"""The doorbell of one process, over work whose every step the test decides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.store.doorbell import Local
from bot.store.engine import StoreBroken
from tests.store.office import until

TX = sa.create_engine("sqlite://").connect()
"""The bell of one process does not look at it."""


@dataclass
class Steps:
    """Work of which is known when each errand began, and which ends when the test lets it."""

    lanes: list[str] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    looks: int = 0
    wait: float | None = None
    faults: list[Exception] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def left(self) -> tuple[list[str], list[str]]:
        """What the test put there."""
        self.looks += 1
        if self.faults:
            raise self.faults.pop(0)
        return list(self.timers), list(self.lanes)

    async def deliver(self, lane: str) -> float | None:
        """Begin, and end when the test says so."""
        self.begun.append(lane)
        await self.free.wait()
        return self.wait

    async def fire(self, timer: str) -> float | None:
        """Done at once, or to be left alone for a while."""
        self.begun.append(timer)
        if self.wait is None:
            self.timers.remove(timer)
        return self.wait

    async def ring_again(self, overdue: timedelta) -> None:
        """Not for one process."""


@contextlib.asynccontextmanager
async def serving(bell: Local, steps: Steps, every: float = 60.0) -> AsyncIterator[None]:
    task = asyncio.create_task(bell.serve(steps, every))
    await until(lambda: steps.looks > 0, 5)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.done()


def ring(bell: Local) -> None:
    """As a transaction does that put something into a lane."""
    bell.lanes(TX, ["a"])
    bell.committed()


async def test_a_ring_makes_it_look_and_a_transaction_that_rang_for_nothing_does_not() -> None:
    bell, steps = Local(), Steps()
    async with serving(bell, steps):
        bell.committed()
        await asyncio.sleep(0.05)
        assert steps.looks == 1
        await asyncio.to_thread(ring, bell)
        await until(lambda: steps.looks == 2, 5)
        bell.timer(TX, "t", datetime.now(UTC))
        bell.committed()
        await until(lambda: steps.looks == 3, 5)


async def test_a_lane_that_was_rung_for_while_it_was_delivered_is_looked_at_again_at_its_end() -> None:
    bell, steps = Local(), Steps(lanes=["a"])
    async with serving(bell, steps):
        await until(lambda: steps.begun == ["a"], 5)
        ring(bell)
        await until(lambda: steps.looks == 2, 5)
        assert steps.begun == ["a"]
        steps.free.set()
        await until(lambda: steps.begun[:2] == ["a", "a"], 5)
        steps.lanes.clear()


async def test_what_asked_to_wait_is_left_alone() -> None:
    bell, steps = Local(), Steps(lanes=["a"], timers=["t"], wait=0.5)
    steps.free.set()
    async with serving(bell, steps, every=0.05):
        await until(lambda: steps.looks >= 5, 5)
        assert sorted(steps.begun) == ["a", "t"]
        await until(lambda: sorted(steps.begun) == ["a", "a", "t", "t"], 5)


async def test_clocks_come_in_their_order_and_before_lanes() -> None:
    bell, steps = Local(), Steps(lanes=["a"], timers=["1", "2", "3"])
    async with serving(bell, steps):
        await until(lambda: steps.begun == ["1", "2", "3", "a"], 5)


async def test_no_fault_ends_it() -> None:
    bell, steps = Local(), Steps(lanes=["a"], faults=[StoreBroken("locked"), LookupError()])
    async with serving(bell, steps, every=0.02):
        await until(lambda: steps.begun == ["a"], 5)


async def test_it_ends_when_it_is_told_to_even_as_it_is_rung() -> None:
    for _ in range(30):
        bell, steps = Local(), Steps()
        async with serving(bell, steps):
            ring(bell)
