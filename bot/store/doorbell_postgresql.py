"""The bell of PostgreSQL: procrastinate keeps queue, timers and locks, in the same transaction as what they point to.

What it leaves open is done here: an instance that died is noticed at once by the lock that its connection held, one
that hangs by its heartbeat, and what no job points to any more is rung again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

from bot.store.transactions import Stale, StoreBroken, Tx, Work

log = logging.getLogger("askfirst.work")
# Its log lines hold tracebacks and arguments; what went wrong is said here, by name.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
QUEUE = "askfirst"
AT_ONCE = 32
"""Jobs under way at once in one instance: lanes whose platform is slow must leave room for the others."""
SWEEP = 0.5
"""Seconds between looks for jobs of instances that died."""
RECONCILE = 2.0
"""Seconds between looks for work of which no job knows."""
OVERDUE = timedelta(seconds=60)
_GRACE = 5.0
"""Seconds that a stopping instance gives its deliveries to end; the rest goes to the others."""
_ALIVE = 0x61736B66
"""The lock space of workers: each holds the lock of its number for as long as its connection lives."""
_CLERK = 0x61736B67
"""The lock of the one instance that looks for forgotten work just now."""
_FORGOTTEN = 10
"""Sweeps after which a job that stands as ours, but is not under way, is put back: its end could not be written."""
_DEAD = """
    SELECT w.id FROM (
        SELECT DISTINCT worker_id AS id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id <> %s
    ) AS w WHERE pg_try_advisory_xact_lock(%s, (w.id %% 2147483647)::int)
"""
_WAITING = sa.text("SELECT lock FROM procrastinate_jobs WHERE status = 'todo' AND lock = ANY(:lanes)")
_KNOWN = sa.text("""
    SELECT coalesce(args->>'lane', args->>'timer') FROM procrastinate_jobs
    WHERE queue_name = :queue AND status IN ('todo', 'doing') AND (
        lock = ANY(:lanes)
        OR args->>'timer' = ANY(:timers) AND (status = 'doing' OR coalesce(scheduled_at, now()) <= now())
    )
""")


class _TryAgain(Exception):
    """The job could not be done now; it stays in the queue. Without the cause: nothing of it belongs in a log."""


class Proc:
    """Rings by procrastinate jobs. url: of the database, as libpq reads it; heartbeat: seconds (see postgresql.py)."""

    def __init__(self, url: str, heartbeat: float) -> None:
        self._url = url
        self._heartbeat = heartbeat
        # Never opened: it only writes through the connection of the caller's transaction.
        self._inside = App(connector=SyncPsycopgConnector())

    def lanes(self, tx: Tx, lanes: Sequence[str]) -> None:
        """A job for each lane; the engine runs one of a lane at a time, across all instances.

        A job that has not begun yet is enough: when it looks for the end of its lane it waits for our commit.
        """
        waiting = set(tx.execute(_WAITING, {"lanes": list(lanes)}).scalars())
        for lane in lanes:
            if lane not in waiting:
                self._defer(tx, "deliver", {"lane": lane}, lock=lane)

    def timer(self, tx: Tx, timer: str, due: datetime) -> None:
        """A job for that time."""
        self._defer(tx, "fire", {"timer": timer}, schedule_at=due)

    def again(self, tx: Tx, lanes: Sequence[str], timers: Sequence[str]) -> None:
        """Jobs for those of these that have none, because someone deleted it or a restore lost it."""
        if not (lanes or timers) or not tx.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_CLERK))).scalar_one():
            return
        wanted = {"queue": QUEUE, "lanes": list(lanes), "timers": list(timers)}
        known = set(tx.execute(_KNOWN, wanted).scalars())
        self.lanes(tx, sorted(set(lanes) - known))
        for timer in [timer for timer in timers if timer not in known]:
            self._defer(tx, "fire", {"timer": timer})

    def committed(self) -> None:
        """Nothing: the database notifies the instances itself."""

    def _defer(self, tx: Tx, task: str, arguments: dict[str, Any], **options: Any) -> None:
        try:
            connection = tx.connection.driver_connection
            self._inside.configure_task(task, queue=QUEUE, connection=connection, **options).defer(**arguments)
        except ConnectorException as error:
            if getattr(error.__cause__, "sqlstate", None) in ("40001", "40P01"):
                raise Stale from error
            raise StoreBroken(type(error.__cause__).__name__) from error

    async def serve(self, work: Work, every: float) -> None:
        """Until cancelled. What breaks, above all when the database restarts, is begun anew after a moment."""
        while True:
            try:
                await _Shift(self._url, self._heartbeat, work, every).run()
            except Exception as error:
                log.warning("the engine stopped and is started again: %s", type(error).__name__)
            await asyncio.sleep(every)


class _Shift:
    """One stay of this instance among the workers, from signing on to a fault or the end."""

    def __init__(self, url: str, heartbeat: float, work: Work, every: float) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._work = work
        self._every = every
        self.number = 0
        self._under_way: dict[int, asyncio.Task[Any] | None] = {}
        self._idle: Counter[int] = Counter()
        self._taker: _Taker | None = None

    async def run(self) -> None:
        """Take jobs until something breaks; leave no task behind."""
        connector = PsycopgConnector(
            conninfo=self._url, configure=_each_its_own_transaction, min_size=2, max_size=8, timeout=2.0
        )
        app = self._app(connector)
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5) as alive:
            app.job_manager = _SignedOn(connector, alive, self)
            async with app.open_async():
                await self._until_one_ends(self._take_jobs(app), self._sweep(app, alive), self._reconcile())

    def _app(self, connector: PsycopgConnector) -> App:
        app = App(connector=connector)
        retry = RetryStrategy(wait=1)

        @app.task(name="deliver", pass_context=True, retry=retry)
        async def deliver(context: JobContext, lane: str) -> None:
            wait = await self._do(context, self._work.deliver(lane))
            # One job waits for the lane, however many rang meanwhile.
            if wait is not None and not await app.job_manager.list_jobs_async(lock=lane, status="todo"):
                await _later(app, "deliver", wait, lock=lane, task_kwargs={"lane": lane})

        @app.task(name="fire", pass_context=True, retry=retry)
        async def fire(context: JobContext, timer: str) -> None:
            wait = await self._do(context, self._work.fire(timer))
            if wait is not None:
                await _later(app, "fire", wait, task_kwargs={"timer": timer})

        return app

    async def _do(self, context: JobContext, errand: Coroutine[Any, Any, float | None]) -> float | None:
        number = context.job.id or 0
        self._under_way[number] = asyncio.current_task()
        try:
            return await errand
        except StoreBroken:
            raise _TryAgain from None
        finally:
            self._under_way.pop(number, None)

    async def _take_jobs(self, app: App) -> None:
        self._taker = _Taker(
            app,
            queues=[QUEUE],
            concurrency=AT_ONCE,
            fetch_job_polling_interval=self._every,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=self._heartbeat / 3,
            stalled_worker_timeout=self._heartbeat,
            shutdown_graceful_timeout=_GRACE,
        )
        await self._taker.run()  # type: ignore[no-untyped-call]

    async def _sweep(self, app: App, alive: psycopg.AsyncConnection[Any]) -> None:
        """Put back the jobs of instances that died, that hang, and those of our own whose end was not written."""
        jobs = app.job_manager
        while True:
            cursor = await alive.execute(_DEAD, (self.number, _ALIVE))
            found: list[Job] = []
            for (worker,) in await cursor.fetchall():
                found += await jobs.list_jobs_async(worker_id=worker, status="doing", queue=QUEUE)
            hanging = await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=self._heartbeat)
            # Whoever sweeps does not hang, however late its own sign of life may be.
            found += [job for job in hanging if job.worker_id != self.number]
            found += self._forgotten(await jobs.list_jobs_async(worker_id=self.number, status="doing", queue=QUEUE))
            for job in {job.id: job for job in found}.values():
                with contextlib.suppress(ConnectorException):  # another instance was first
                    await jobs.retry_job(job)
                self.look_again()
            await asyncio.sleep(SWEEP)

    def _forgotten(self, ours: Iterable[Job]) -> list[Job]:
        idle = [job for job in ours if job.id not in self._under_way]
        self._idle = Counter({job.id or 0: self._idle[job.id or 0] + 1 for job in idle})
        return [job for job in idle if self._idle[job.id or 0] > _FORGOTTEN]

    async def _reconcile(self) -> None:
        while True:
            try:
                await self._work.ring_again(OVERDUE)
            except Exception as error:
                log.warning("forgotten work could not be looked for: %s", type(error).__name__)
            await asyncio.sleep(RECONCILE)

    async def _until_one_ends(self, *parts: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # A fault: the jobs of a worker without its lock are taken by others, so they end here at once.
            for job in self._under_way.values():
                if job is not None:
                    job.cancel()
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def look_again(self) -> None:
        """A lane has become free: its next job need not wait for the next look."""
        if self._taker is not None:
            self._taker.look_again()


class _Taker(Worker):
    """The engine's worker, which looks for jobs when one is put in, but not when one that held another up has ended."""

    def look_again(self) -> None:
        """Look for jobs now."""
        self._new_job_event.set()


class _SignedOn(JobManager):
    """Holds the lock of the worker's number before it can take a job: a lock that is free tells of a dead worker."""

    def __init__(self, connector: PsycopgConnector, alive: psycopg.AsyncConnection[Any], shift: _Shift) -> None:
        super().__init__(connector)
        self._alive = alive
        self._shift = shift

    async def register_worker(self) -> int:
        """The worker's number, with its lock held by this instance's own connection."""
        number = await super().register_worker()
        await self._alive.execute("SELECT pg_advisory_lock(%s, %s)", (_ALIVE, number % 2147483647))
        self._shift.number = number
        return number

    async def finish_job_by_id_async(self, job_id: int, status: Status, delete_job: bool) -> None:
        """The end of a job, after which the next of its lane may begin."""
        await super().finish_job_by_id_async(job_id, status, delete_job)
        self._shift.look_again()


async def _each_its_own_transaction(connection: psycopg.AsyncConnection[Any]) -> None:
    """Commit with each statement: a transaction left open holds its jobs for as long as its instance hangs."""
    await connection.set_autocommit(True)


async def _later(app: App, task: str, wait: float, **options: Any) -> None:
    """Put a job back for after a wait."""
    after = {"milliseconds": max(1, int(wait * 1000))}
    await app.configure_task(task, queue=QUEUE, schedule_in=after, **options).defer_async()
