"""A case office with a worker over a fake platform, for tests of delivery and of clocks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot import events as ev
from bot.casework import CaseOffice, Done
from bot.chat.messages import Post, Spot
from bot.desk import Desk
from bot.organisation import Organisation, Person, School
from bot.sealing import Keyring
from bot.store.engine import Store
from bot.worker import Worker
from policy_kb.model import KnowledgeBase, Role

Result = TypeVar("Result")
ANSWERS: dict[str, ev.Value] = {
    "outlet": "Gazette",
    "journalist": "A. Reporter",
    "question": "Why?",
    "channel": "Email",
}
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEACHERS = tuple(f"teacher-{n:02}" for n in range(24))


def organisation() -> Organisation:
    """One school of Agora's policy: many teachers, a headteacher with a deputy, a chair, a chief executive."""
    people = [
        Person(id="head", name="Helen Marsh", job="Headteacher", roles=(Role.HEADTEACHER,), deputies=("deputy",)),
        Person(id="deputy", name="Dan Reed", job="Deputy headteacher"),
        Person(id="chair", name="Joan Ellery", job="Chair of governors", roles=(Role.CHAIR_OF_GOVERNORS,)),
        Person(id="ceo", name="David Lunn", job="Chief Executive Officer", roles=(Role.CEO,)),
        *(Person(id=name, name=name.title(), job="Teacher") for name in TEACHERS),
    ]
    return Organisation(title="Test", schools=(School(id="elm", name="Elm", policy="agora", people=tuple(people)),))


@dataclass
class Board:
    """A fake platform: takes what is posted, after a pause, and fails where it is told to."""

    taken: list[tuple[str, str, str]] = field(default_factory=list)
    pause: Callable[[str], float] = lambda _person: 0.0
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    """What the next posts to a person raise."""
    begun: int = 0

    async def post(self, post: Post) -> Spot | None:
        """Take a notice."""
        self.begun += 1
        if self.faults.get(post.person):
            raise self.faults[post.person].pop(0)
        await asyncio.sleep(self.pause(post.person))
        self.taken.append((post.key, post.person, post.text))
        return None

    def to(self, person: str) -> list[str]:
        """What a person was told, in order."""
        return [text for _, to, text in self.taken if to == person]


@dataclass
class Instance:
    """One running AskFirst: an office, a platform and a clock that a test may set."""

    office: CaseOffice
    board: Board
    now: Callable[[], datetime]

    @property
    def worker(self) -> Worker:
        """A worker of this instance."""
        return Worker(self.office, self.board, lambda: self.now())

    async def ask(self, person: str = TEACHERS[0], key: str | None = None) -> Done:
        """A media enquiry by that person."""
        return await self.office.start(person, "media-enquiry", ANSWERS, self.now(), key=key)

    async def read(self, fn: Callable[[Desk], Result]) -> Result:
        """fn(desk) in a transaction."""
        return await self.office.at_desk(self.now(), fn)

    @contextlib.asynccontextmanager
    async def running(self, every: float = 1.0) -> AsyncIterator[asyncio.Task[None]]:
        """With its worker at work, and its task, whose cancelling is the end of the program."""
        task = asyncio.create_task(self.worker.run(every))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def open_office(store: Store, knowledge: KnowledgeBase, now: Callable[[], datetime] | None = None) -> Instance:
    """An instance on that store, its organisation adopted. now: the ordinary clock where none is given."""
    clock = now or (lambda: datetime.now(UTC))
    office = CaseOffice(store, Keyring(bytes(range(32))), knowledge)
    await office.adopt(organisation(), clock())
    return Instance(office, Board(), clock)


async def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until it is so; how long that took. Fails after so many seconds."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    while not true():
        assert loop.time() - started < seconds, f"not within {seconds} s"
        await asyncio.sleep(0.01)
    return loop.time() - started


def shift(start: datetime) -> tuple[Callable[[], datetime], Callable[[timedelta], None]]:
    """A clock that stands still, and the function that moves it on."""
    moment = [start]

    def move(by: timedelta) -> None:
        moment[0] += by

    return lambda: moment[0], move
