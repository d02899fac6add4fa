"""What was acknowledged is worked off: once, also when the program was killed in between, and then it is forgotten."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.casework import CaseOffice
from bot.chat import arrivals
from bot.chat.arrivals import Arrivals
from bot.sealing import Keyring
from bot.store import schema as t
from bot.store.engine import Store, StoreBroken, open_sqlite
from bot.worker import RetryAfter
from tests.casework.scene import knowledge

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
CANARY = b"canary-zebra-crossing"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass
class Hands:
    """Who works an arrival off: notes what it was given, and fails where it is told to."""

    given: list[bytes] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def __call__(self, body: bytes) -> None:
        """Take it in hand."""
        self.given.append(body)
        if self.faults:
            raise self.faults.pop(0)


class Post:
    """An office with the arrivals of one platform and a clock that stands still."""

    def __init__(self, store: Store, platform: str = "slack") -> None:
        self.now = NOW
        self.store = store
        office = CaseOffice(store, Keyring(bytes(range(32))), knowledge())
        self.arrivals = Arrivals(office, platform, lambda: self.now)

    async def take(self, key: str, body: bytes = b"x") -> bool:
        """A delivery comes in."""
        return await self.arrivals.take(key, body, self.now)

    async def kept(self) -> int:
        """How many stand in the table."""
        count = sa.select(sa.func.count()).select_from(t.arrivals)
        return await self.store.run(lambda tx: int(tx.execute(count).scalar_one()))

    async def at_work(self, fn: Callable[[bytes], Awaitable[None]], until: Callable[[], bool]) -> None:
        """Have the loop run until it is so, then end it as the program's end does."""
        task = asyncio.create_task(self.arrivals.work(fn, every=0.05))
        try:
            async with asyncio.timeout(5):
                while not until():
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.05)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "askfirst.db"


@pytest.fixture
def post(file: Path) -> Iterator[Post]:
    """On an empty store."""
    with closing(open_sqlite(file)) as store:
        yield Post(store)


async def test_a_delivery_is_worked_off_once_however_often_it_comes(post: Post) -> None:
    assert [await post.take("Ev1", b"one"), await post.take("Ev1", b"one")] == [True, False]
    hands = Hands()
    await post.arrivals.settle(hands)
    assert hands.given == [b"one"]
    assert not await post.take("Ev1", b"one")
    await post.arrivals.settle(hands)
    assert hands.given == [b"one"]


async def test_nothing_of_it_is_kept_once_it_is_done(post: Post) -> None:
    for number in range(40):
        await post.take(f"Ev{number}", b"%d" % number)
    assert await post.kept() == 40
    hands = Hands()
    await post.arrivals.settle(hands)
    assert sorted(map(int, hands.given)) == list(range(40))
    assert await post.kept() == 0


async def test_the_loop_is_woken_and_takes_up_what_was_there_before(post: Post) -> None:
    await post.take("Ev1", b"before")
    hands = Hands()

    async def later() -> None:
        await asyncio.sleep(0.1)
        await post.take("Ev2", b"after")

    task = asyncio.create_task(later())
    await post.at_work(hands, lambda: len(hands.given) == 2)
    await task
    assert hands.given == [b"before", b"after"]
    assert await post.kept() == 0


async def test_while_one_is_in_hand_the_others_are_done_and_it_is_not_handed_out_again(post: Post) -> None:
    given: list[bytes] = []
    hold = asyncio.Event()

    async def hands(body: bytes) -> None:
        given.append(body)
        if body == b"slow":
            await hold.wait()

    await post.take("Ev1", b"slow")
    task = asyncio.create_task(post.arrivals.work(hands, every=0.02))
    await asyncio.sleep(0.1)
    await post.take("Ev2", b"quick")
    await asyncio.sleep(0.2)
    assert given == [b"slow", b"quick"]
    assert await post.kept() == 1
    hold.set()
    await asyncio.sleep(0.1)
    assert await post.kept() == 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_fails_is_tried_again_later_and_later(post: Post) -> None:
    await post.take("Ev1")
    hands = Hands(faults=[OSError(), ValueError(), RetryAfter(90)])
    await post.arrivals.settle(hands)
    assert len(hands.given) == 1
    post.now += 2 * SECOND
    await post.arrivals.settle(hands)
    assert len(hands.given) == 2
    post.now += 4 * SECOND
    await post.arrivals.settle(hands)
    assert len(hands.given) == 3
    post.now += 89 * SECOND
    await post.arrivals.settle(hands)
    assert len(hands.given) == 3, "asked again before the platform wished"
    post.now += SECOND
    await post.arrivals.settle(hands)
    assert len(hands.given) == 4
    assert await post.kept() == 0


async def test_what_fails_for_a_day_is_given_up_and_forgotten(post: Post) -> None:
    await post.take("Ev1", CANARY)
    hands = Hands(faults=[OSError()] * 400)
    while post.now < NOW + 23 * HOUR:
        await post.arrivals.settle(hands)
        post.now += HOUR / 2
    assert await post.kept() == 1
    post.now = NOW + arrivals.GIVE_UP + SECOND
    await post.arrivals.settle(hands)
    tries = len(hands.given)
    assert await post.kept() == 0
    post.now += HOUR
    await post.arrivals.settle(hands)
    assert len(hands.given) == tries > 40


async def test_what_waited_for_a_day_while_the_program_was_off_is_tried_all_the_same(post: Post) -> None:
    await post.take("Ev1")
    post.now += 3 * arrivals.GIVE_UP
    hands = Hands()
    await post.arrivals.settle(hands)
    assert len(hands.given) == 1


async def test_each_platform_works_off_its_own(post: Post) -> None:
    other = Post(post.store, "teams")
    assert await post.take("1", b"slack")
    assert await other.take("1", b"teams")
    slack, teams = Hands(), Hands()
    await post.arrivals.settle(slack)
    assert (slack.given, await post.kept()) == ([b"slack"], 1)
    await other.arrivals.settle(teams)
    assert (teams.given, await post.kept()) == ([b"teams"], 0)


async def test_nothing_that_was_written_stands_in_the_files_or_in_the_log(
    post: Post, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await post.take("Ev1", CANARY)
    await post.arrivals.settle(Hands(faults=[ValueError(CANARY.decode())]))
    for path in file.parent.iterdir():
        assert CANARY not in path.read_bytes(), path.name
    assert caplog.records
    assert CANARY.decode() not in caplog.text


async def test_what_cannot_be_kept_is_not_acknowledged(post: Post) -> None:
    post.store.close()
    with pytest.raises(StoreBroken):
        await post.take("Ev1")


# The program dies.


def _dies(file: Path, when: str) -> None:
    """A process that takes a delivery and is gone before, or while, it works it off; nothing is closed."""

    async def life() -> None:
        post = Post(open_sqlite(file))
        await post.take("Ev1", b"one")
        if when == "after it was acknowledged":
            os._exit(9)

        async def hands(_body: bytes) -> None:
            os._exit(9)

        await post.arrivals.work(hands)

    asyncio.run(life())


@pytest.mark.parametrize("when", ["after it was acknowledged", "while it was worked off"])
async def test_an_arrival_survives_the_death_of_the_program_and_is_worked_off_at_the_next_start(
    file: Path, when: str
) -> None:
    process = multiprocessing.get_context("fork").Process(target=_dies, args=(file, when))
    process.start()
    await asyncio.to_thread(process.join, 20)
    assert process.exitcode == 9
    with closing(open_sqlite(file)) as store:
        post, hands = Post(store), Hands()
        assert not await post.take("Ev1", b"one"), "the platform delivers it again"
        await post.at_work(hands, lambda: bool(hands.given))
        assert hands.given == [b"one"]
        assert await post.kept() == 0


async def test_ending_the_program_leaves_what_is_in_hand_for_the_next_start(file: Path) -> None:
    given: list[bytes] = []

    async def never(body: bytes) -> None:
        given.append(body)
        await asyncio.Event().wait()

    with closing(open_sqlite(file)) as store:
        post = Post(store)
        await post.take("Ev1", b"one")
        await post.at_work(never, lambda: bool(given))
        assert await post.kept() == 1
    with closing(open_sqlite(file)) as store:
        again, hands = Post(store), Hands()
        await again.at_work(hands, lambda: bool(hands.given))
        assert hands.given == [b"one"]
