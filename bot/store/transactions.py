"""Transactions: one function, one transaction, acknowledged after the commit. The only way to write or read."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

Result = TypeVar("Result")
Tx = sa.Connection
"""A transaction, as everything outside this folder knows it."""
At = Callable[[str], None]
"""Called at each named point that the work passes; the fault tests stop the process there."""
ATTEMPTS = 6
"""How often a transaction is tried that another one got in the way of."""


def nowhere(_point: str) -> None:
    """The ordinary hook: nothing happens at any point."""


def passed(tx: Tx, point: str) -> None:
    """Tell the store's hook that this transaction reached a named point."""
    tx.get_execution_options().get("at", nowhere)(point)


class StoreBroken(Exception):
    """The database cannot be written: nothing was acknowledged, and the caller must say so.

    Where the connection broke in the very moment of a commit, the work may have been recorded all the same: the same
    delivery key asked again then gets the answer that was recorded.
    """


class Stale(Exception):
    """Somebody else changed the same rows meanwhile: the whole transaction is tried anew with what is there now."""


class Work(Protocol):
    """What a bell calls to have work done. Each may be asked twice or in vain: the tables say what is left to do."""

    async def deliver(self, lane: str) -> float | None:
        """Deliver a lane in order. Seconds to wait where its next notice cannot go yet; None when it is empty."""

    async def fire(self, timer: str) -> float | None:
        """Let a clock have its effect. Seconds to wait where it is not due yet; None when it is done."""

    async def left(self) -> tuple[list[str], list[str]]:
        """Timers that are due, the oldest first, and lanes with something to deliver."""

    async def ring_again(self, overdue: timedelta) -> None:
        """Ring for everything that nobody took up for so long."""


class Bell(Protocol):
    """Rings when there is work: lanes with something to deliver, a timer that was armed. Inside the transaction."""

    def lanes(self, tx: Tx, lanes: Sequence[str]) -> None:
        """Something was put into these lanes' outbox."""

    def timer(self, tx: Tx, timer: str, due: datetime) -> None:
        """A timer was armed for that time."""

    def again(self, tx: Tx, lanes: Sequence[str], timers: Sequence[str]) -> None:
        """These are overdue: ring for those of which no engine knows any more."""

    def committed(self) -> None:
        """The transactions since the last call are durable."""

    async def serve(self, work: Work, every: float) -> None:
        """Have the work done whenever it rings, until cancelled. every: seconds between looks where nothing rang."""


class Silent:
    """A bell that nobody hears: for tests in which nothing may run by itself."""

    def lanes(self, tx: Tx, lanes: Sequence[str]) -> None:
        """Nothing."""

    def timer(self, tx: Tx, timer: str, due: datetime) -> None:
        """Nothing."""

    def again(self, tx: Tx, lanes: Sequence[str], timers: Sequence[str]) -> None:
        """Nothing."""

    def committed(self) -> None:
        """Nothing."""

    async def serve(self, work: Work, every: float) -> None:
        """Wait to be cancelled."""
        await asyncio.Event().wait()


@dataclass
class Job:
    """A function to be run in a transaction, and the future of its result."""

    future: Future[Any]
    fn: Callable[..., Any]
    args: tuple[Any, ...]


class Store(ABC):
    """A database with writer threads. `bell` may be replaced once, before the first transaction.

    Functions given to it must be pure database work: one that lost against another transaction is run again.
    """

    def __init__(self, engine: sa.Engine, bell: Bell, threads: int, at: At = nowhere) -> None:
        self.engine = engine.execution_options(at=at)
        self.bell = bell
        self._at = at
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._write, name=f"store-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    async def run(self, fn: Callable[..., Result], *args: Any) -> Result:
        """fn(tx, *args) in one transaction; its result after the commit. Its exceptions roll it back alone.

        Raises StoreBroken when the database does not take it.
        """
        return await asyncio.wrap_future(self.submit(fn, *args))

    def run_now(self, fn: Callable[..., Result], *args: Any) -> Result:
        """As `run`, for callers without an event loop."""
        return self.submit(fn, *args).result()

    def submit(self, fn: Callable[..., Result], *args: Any) -> Future[Result]:
        """As `run`, the future at once."""
        job = Job(Future(), fn, args)
        self._jobs.put(job)
        if self._closed:
            self._refuse_rest()
        return job.future

    @abstractmethod
    def backup(self, path: Path) -> None:
        """Write a whole copy of the database as it stands. Raises BadInput where that is not ours to do."""

    def close(self) -> None:
        """Finish what waits and let the database go."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._refuse_rest()
        self.engine.dispose()

    @abstractmethod
    def _write(self) -> None:
        """A thread's life: take jobs until there comes None."""

    def _refuse_rest(self) -> None:
        with contextlib.suppress(queue.Empty):
            while not any(thread.is_alive() for thread in self._threads):
                job = self._jobs.get_nowait()
                if job is not None and job.future.set_running_or_notify_cancel():
                    job.future.set_exception(StoreBroken("closed"))

    def _tell(self, done: Sequence[tuple[Job, Any, BaseException | None]]) -> None:
        """Acknowledge what is durable, then ring."""
        for job, result, error in done:
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)
        self.bell.committed()


def tries() -> Iterator[bool]:
    """One item for each attempt, True for the last; longer and longer pauses between them."""
    for attempt in range(ATTEMPTS):
        if attempt:
            # Jitter, so that two that met do not meet again; no secret.
            time.sleep(random.uniform(0.5, 1.0) * 0.01 * 2**attempt)  # noqa: S311
        yield attempt == ATTEMPTS - 1
