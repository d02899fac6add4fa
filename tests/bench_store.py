"""Cases a second, and how long each step of one takes, on both engines beside the bare commits of the same driver."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg

from bot import actions as act
from bot.chat.messages import Post, Spot
from bot.store.engine import Store, open_postgresql, open_sqlite
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from tests.store.cluster import NoPostgresql, server
from tests.store.office import TEACHERS, Instance, open_office

Print = Callable[[str], None]
AT_ONCE = 16
CASES = {"SQLite": 400, "PostgreSQL": 160}
STEPS = ("submit", "receipt out", "decide", "decision out")
ROW = "x" * 200
BARE_COMMITS = 400


def bench_store(print: Print) -> None:
    """Measure both engines; PostgreSQL where there is one."""
    knowledge = loader.load()
    print(f"Cases of one stage, {AT_ONCE} people at once; a step's p99 in milliseconds and in bare commits")
    with tempfile.TemporaryDirectory() as folder:
        bare = _rate(lambda: _commits_of_sqlite(Path(folder) / "bare.db"))
        _measure(print, "SQLite", open_sqlite(Path(folder) / "askfirst.db"), knowledge, bare)
    try:
        with server(durable=True) as made, made.database() as url:
            bare = _rate(lambda: _commits_of_postgresql(url))
            _measure(print, "PostgreSQL", open_postgresql(url), knowledge, bare)
    except NoPostgresql as reason:
        print(f"  PostgreSQL not measured: {reason}")


@dataclass
class _Times:
    """Seconds of each step of every case."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    posted: dict[tuple[str, str], asyncio.Future[float]] = field(default_factory=dict)

    async def until_posted(self, case_id: str, word: str) -> float:
        """The moment at which a notice of the case went out."""
        return await self.posted.setdefault((case_id, word), asyncio.get_running_loop().create_future())


class _Board:
    """A platform that takes everything at once and tells when."""

    def __init__(self, times: _Times) -> None:
        self._times = times

    async def post(self, post: Post) -> Spot | None:
        """Take a notice."""
        word = "receipt out" if "received" in post.text else "decision out" if "approved" in post.text else ""
        waiting = self._times.posted.setdefault((post.case_id, word), asyncio.get_running_loop().create_future())
        if not waiting.done():
            waiting.set_result(time.perf_counter())
        return None


def _measure(print: Print, engine: str, store: Store, knowledge: KnowledgeBase, bare: float) -> None:
    with contextlib.closing(store):
        times, seconds = asyncio.run(_cases(store, knowledge, CASES[engine]))
    rate = CASES[engine] / seconds
    print(f"  {engine}: {bare:,.0f} bare commits/s")
    print(f"    {rate:.0f} cases/s; {len(STEPS) * rate / bare:.2f} of their {len(STEPS)} steps to a bare commit")
    for step in STEPS:
        p50, p99 = np.percentile(times.seconds[step], [50, 99]) * 1000
        print(f"    {step}: median {p50:.1f} ms, p99 {p99:.1f} ms = {p99 / 1000 * bare:.0f} bare commits")


async def _cases(store: Store, knowledge: KnowledgeBase, count: int) -> tuple[_Times, float]:
    times = _Times()
    here = await open_office(store, knowledge)
    here.board = _Board(times)  # type: ignore[assignment]
    left = iter(range(count))
    async with here.running():
        await asyncio.sleep(1.0)
        started = time.perf_counter()
        await asyncio.gather(*(_person(here, times, person, left) for person in TEACHERS[:AT_ONCE]))
        return times, time.perf_counter() - started


async def _person(here: Instance, times: _Times, person: str, left: Iterator[int]) -> None:
    for _ in left:
        began = time.perf_counter()
        case = (await here.ask(person)).case_id
        recorded = time.perf_counter()
        received = await times.until_posted(case, "receipt out")
        deciding = time.perf_counter()
        await here.office.act("head", case, act.Approve(words="Yes"), here.now())
        decided = time.perf_counter()
        told = await times.until_posted(case, "decision out")
        took = (recorded - began, received - recorded, decided - deciding, told - decided)
        for step, seconds in zip(STEPS, took, strict=True):
            times.seconds[step].append(max(0.0, seconds))


def _rate(commits: Callable[[], None]) -> float:
    started = time.perf_counter()
    commits()
    return BARE_COMMITS / (time.perf_counter() - started)


def _commits_of_sqlite(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE bare (text TEXT)"):
            connection.execute(statement)
        for _ in range(BARE_COMMITS):
            connection.execute("INSERT INTO bare VALUES (?)", (ROW,))


def _commits_of_postgresql(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare (text TEXT)")
        for _ in range(BARE_COMMITS):
            connection.execute("INSERT INTO bare VALUES (%s)", (ROW,))


if __name__ == "__main__":
    bench_store(print)
