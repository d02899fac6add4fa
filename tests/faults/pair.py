"""Two instances on one PostgreSQL, one of which is killed for good, or stops dead, in the middle of its deliveries.

`python -m tests.faults.pair --folder F --database postgresql://... --how kill|stop` prints one JSON object: how long
the other one took until everything was done, what was posted twice, and how late the clocks were.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bot.desk import Desk
from bot.worker import Worker
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from tests.faults.campaign import how_slow
from tests.faults.fork import ended, fork, kill
from tests.faults.journal import Journal, read
from tests.faults.life import Place, Post
from tests.faults.script import MEDIA, SITE, TEACHERS, organisation

HEARTBEAT = 3.0
"""Seconds; the program ships 10 (bot/store/postgresql.py). Shorter, so that the test does not wait."""
SLOW_POST = 0.5
CASES_EACH = 2
DEADLINES = 12
LONGEST = 90.0
ARMED = b"kind = 'remind' AND due_at < (extract(epoch FROM now()) + 60) * 1e6"


@dataclass
class Pair:
    """The two instances and what they share."""

    place: Place
    knowledge: KnowledgeBase

    def seed(self) -> None:
        """Cases whose notices nobody has delivered yet, and clocks that run out a few seconds from now."""
        asyncio.run(self._seed())

    async def _seed(self) -> None:
        store = self.place.store()
        office = self.place.office(store, self.knowledge)
        now = datetime.now(UTC)
        await office.adopt(organisation("pair"), now)
        for number, person in enumerate(TEACHERS * CASES_EACH):
            media = number % len(TEACHERS) < 6
            await office.start(person, *(("media-enquiry", MEDIA) if media else ("new-site", SITE)), now)
        await office.at_desk(datetime.now(UTC), _arm)
        store.close()

    def instance(self, number: int) -> Callable[[], None]:
        """A life that works until it is killed."""

        async def work() -> None:
            store = self.place.store()
            office = self.place.office(store, self.knowledge)
            chance = random.Random(number)  # noqa: S311 - reproducible
            post = Post(
                Journal(self.place.journal), number, chance, False, lambda who: SLOW_POST if who in TEACHERS else 0.01
            )
            await Worker(office, post, lambda: datetime.now(UTC)).run()

        return lambda: asyncio.run(work())

    def count(self, rows: bytes) -> int:
        """How many rows there are."""
        with psycopg.connect(str(self.place.database)) as connection:
            return len(connection.execute(b"SELECT 1 FROM " + rows).fetchall())

    def lateness(self) -> float:
        """How many seconds after it was due the latest clock had its effect."""
        with psycopg.connect(str(self.place.database)) as connection:
            row = connection.execute(b"SELECT max(done_at - due_at) FROM timers WHERE " + ARMED).fetchone()
        return float(row[0] or 0) / 1e6 if row else 0.0


def _arm(desk: Desk) -> None:
    for number, case in zip(range(DEADLINES), desk.records.open_cases("elm"), strict=True):
        desk.records.arm(case, "remind", case.stage_seq, desk.now + timedelta(seconds=8 + number * 0.2))


def run(place: Place, how: str) -> dict[str, object]:
    """The whole story."""
    slowness = how_slow()
    pair = Pair(place, loader.load())
    assert ended(fork(pair.seed), LONGEST) == 0
    instances = [fork(pair.instance(number)) for number in (1, 2)]
    try:
        _wait(lambda: pair.count(b"procrastinate_workers") == 2 and _under_way(place, 1) >= 2)
        under_way = _under_way(place, 1)
        os.kill(instances[0], signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        at = time.monotonic()
        _wait(lambda: pair.count(b"outbox WHERE sent_at IS NULL") == 0)
        took = time.monotonic() - at
        _wait(lambda: pair.count(b"timers WHERE done_at IS NULL AND " + ARMED) == 0)
    finally:
        for process in instances:
            kill(process)
            ended(process, 10)
    posts = Counter(line["key"] for line in read(place.journal, "post"))
    return {
        "took": round(took, 2),
        "under_way": under_way,
        "extra": posts.total() - len(posts),
        "late": round(pair.lateness(), 2),
        "slowness": round(max(slowness, how_slow()), 1),
        "heartbeat": place.heartbeat,
    }


def _under_way(place: Place, instance: int) -> int:
    """How many notices an instance is just posting."""
    lines = [line for line in read(place.journal) if line["life"] == instance]
    counts = Counter(line["what"] for line in lines)
    return counts["begun"] - counts["post"]


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST
    while not true():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--how", choices=["kill", "stop"], required=True)
    options = parser.parse_args()
    print(json.dumps(run(Place(options.folder, options.database, HEARTBEAT), options.how)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
