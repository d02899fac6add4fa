"""One life of the program: it takes up what the last one left, people go on with their cases, and then it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bot.casework import CaseOffice, Done
from bot.chat import messages
from bot.desk import Desk
from bot.sealing import Keyring
from bot.store.engine import Store, StoreBroken, open_postgresql, open_sqlite
from bot.store.postgresql import HEARTBEAT
from bot.worker import Worker
from policy_kb.model import KnowledgeBase
from tests.faults.journal import Journal, read
from tests.faults.points import Doom
from tests.faults.script import Click, organisation, steps

BETWEEN_LIVES = timedelta(minutes=40)
"""How far the clock goes on from one life to the next, so that deadlines come due."""
NEW_CASES = 2
PATIENCE = 8
"""Lives for which every fourth case is left alone, so that its clocks run out."""


_SET_ALARMS = """
    UPDATE procrastinate_jobs AS job SET scheduled_at = now() + CASE
        WHEN timer.done_at IS NULL THEN (timer.due_at - %(now)s) * interval '1 microsecond' ELSE interval '1 day' END
    FROM timers AS timer WHERE job.status = 'todo' AND job.args->>'timer' = timer.id
"""


@dataclass(frozen=True)
class Place:
    """Where the lives of one campaign happen. database: of PostgreSQL; None for the file in the folder."""

    folder: Path
    database: str | None = None
    heartbeat: float = HEARTBEAT

    @property
    def journal(self) -> Path:
        """What the lives wrote down."""
        return self.folder / "journal.jsonl"

    def store(self, at: Doom | None = None) -> Store:
        """The opened store."""
        hook = at or Doom()
        if self.database:
            return open_postgresql(self.database, threads=3, heartbeat=self.heartbeat, at=hook)
        return open_sqlite(self.folder / "askfirst.db", at=hook)

    def set_alarms(self, now: datetime) -> None:
        """Set the engine's alarms as if it were now by the database's clock too.

        From one life to the next 40 minutes pass by ours and a moment by its own, and for up to a hundred lives nobody
        answers an alarm: what was really left would wait behind hundreds that ring too early or for stopped clocks.
        """
        if self.database:
            with psycopg.connect(self.database) as connection:
                connection.execute(_SET_ALARMS, {"now": int(now.timestamp() * 1_000_000)})

    def office(self, store: Store, knowledge: KnowledgeBase) -> CaseOffice:
        """A case office on it."""
        return CaseOffice(store, Keyring(bytes(range(32))), knowledge)


@dataclass
class Post:
    """The fake platform: writes down what it takes; now and then it fails, before or after it took a notice."""

    journal: Journal
    life: int
    chance: random.Random
    faulty: bool = True
    pause: Callable[[str], float] = lambda _person: 0.001

    async def post(self, post: messages.Post) -> messages.Spot | None:
        """Take a notice, or fail."""
        key, person = post.key, post.person
        self.journal.note("begun", life=self.life, key=key)
        await asyncio.sleep(self.pause(person))
        luck = self.chance.random() if self.faulty else 0.5
        if luck < 0.04:
            raise ConnectionError
        self.journal.note("post", life=self.life, key=key, person=person)
        if luck > 0.97:
            self.journal.note("ambiguous", life=self.life, key=key)
            raise TimeoutError
        return None


@dataclass
class Life:
    """Life number `number` at a place, until `doom`."""

    place: Place
    number: int
    knowledge: KnowledgeBase
    began: datetime
    doom: Doom
    last: bool = False
    """True for the one that nobody kills: no new cases, everything is brought to its end."""
    quiet: float = 60.0
    """Seconds that the last life may take to bring everything to its end."""
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def live(self) -> None:
        """From the start to the end, if nothing happens before."""
        asyncio.run(self._live())

    def _now(self) -> datetime:
        passed = asyncio.get_running_loop().time() - self._started
        return self.began + self.number * BETWEEN_LIVES + timedelta(seconds=passed)

    async def _live(self) -> None:
        self._started = asyncio.get_running_loop().time()
        self.journal = Journal(self.place.journal)
        self.acks = {line["key"]: line["answer"] for line in read(self.place.journal, "ack")}
        store = self.place.store(self.doom)
        self.office = self.place.office(store, self.knowledge)
        await self.office.adopt(organisation(f"edition {self.number // 9}"), self._now())
        self.place.set_alarms(self._now())
        left = await self._left(None)
        post = Post(self.journal, self.number, random.Random(self.number), not self.last)  # noqa: S311 - reproducible
        worker = Worker(self.office, post, self._now, self.doom)
        working = asyncio.create_task(worker.run(every=0.5))
        watching = asyncio.create_task(self._watch(left))
        await self._people()
        await watching
        await self._until_nothing_is_left()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        store.close()

    async def _people(self) -> None:
        """Begin cases and go on with those that are under way, all at once."""
        known = [int(key.partition(":")[0]) for key in self.acks if key.endswith(":start")]
        new = [] if self.last else [self.number * NEW_CASES + n for n in range(NEW_CASES)]
        # A life that was killed before its people heard anything left them without an answer: they ask again.
        tried = {int(line["key"].partition(":")[0]) for line in read(self.place.journal, "asked")}
        await asyncio.gather(*(self._go_on(number) for number in sorted({*known, *new, *tried})))

    async def _go_on(self, number: int) -> None:
        done = 0
        waits = number % 4 == 1 and self.number < number // NEW_CASES + PATIENCE and not self.last
        if waits and f"{number}:start" in self.acks:
            return
        while done < (99 if self.last else 2):
            answer = self.acks.get(f"{number}:start")
            script = steps(number, self.knowledge, answer["case_id"] if answer else None)
            step = next((s for s in script if any(click.key not in self.acks for click in s)), None)
            if step is None:
                return
            await asyncio.gather(*(self._click(click) for click in step))
            if done == 0 and not answer:
                await self._soon_late(self.acks[f"{number}:start"]["case_id"])
            done += 1

    async def _soon_late(self, case_id: str) -> None:
        """Have a clock of the case run out before the next life, whatever the hour."""

        def arm(desk: Desk) -> None:
            case = desk.records.case(case_id)
            if case is not None:
                desk.records.arm(case, "deputies", case.stage_seq, desk.now + BETWEEN_LIVES / 2)

        with contextlib.suppress(StoreBroken):
            await self.office.at_desk(self._now(), arm)

    async def _click(self, click: Click) -> None:
        """Click, and hear the answer; one that was heard before must be the same."""
        if click.key not in self.acks:
            self.journal.note("asked", key=click.key, life=self.number)
        answer = vars(await self._answer(click))
        self.doom("before_ack")
        before = self.acks.get(click.key)
        if before is not None and before != answer:
            self.journal.note("fault", text=f"{click.key}: another answer than before")
        if before is None:
            self.journal.note("ack", key=click.key, answer=answer, life=self.number)
            self.acks[click.key] = answer
        self.doom("after_ack")

    async def _answer(self, click: Click) -> Done:
        """Somebody who is told that nothing was recorded tries again."""
        while True:
            try:
                return await click.run(self.office, self._now())
            except StoreBroken:
                await asyncio.sleep(0.1)

    async def _left(self, only: tuple[set[str], set[int]] | None) -> tuple[set[str], set[int]]:
        """Clocks that are due and notices that could go out now and were never tried; of those given, if any."""

        def look(desk: Desk) -> tuple[set[str], set[int]]:
            heads = [desk.records.head_of(lane) for lane in desk.records.waiting_lanes()]
            fresh = {head.id for head in heads if head and head.next_at <= desk.now and not head.attempts}
            return set(desk.records.timers_due(desk.now)), fresh

        timers, notices = await self.office.at_desk(self._now(), look)
        return (timers & only[0], notices & only[1]) if only else (timers, notices)

    async def _watch(self, left: tuple[set[str], set[int]]) -> None:
        """Write down how long it took until what the last life left was taken up."""
        while any(await self._left(left)):
            await asyncio.sleep(0.02)
        took = asyncio.get_running_loop().time() - self._started
        self.journal.note("took_up", life=self.number, seconds=took, clocks=len(left[0]), notices=len(left[1]))

    async def _until_nothing_is_left(self) -> None:
        while self.last and (left := await self.office.at_desk(self._now(), _all_left)):
            took = asyncio.get_running_loop().time() - self._started
            if took > self.quiet:
                self.journal.note("fault", text=f"still left after {self.quiet} s: {left}")
                return
            await asyncio.sleep(0.1)


def _all_left(desk: Desk) -> int:
    return len(desk.records.timers_due(desk.now)) + len(desk.records.waiting_lanes())
