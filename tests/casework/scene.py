"""A case office over a real store, with a clock of its own and people who click in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from bot import actions as act
from bot import views
from bot.case import Case
from bot.casework import CaseOffice, Done
from bot.chat.messages import Post, Spot
from bot.desk import Desk, NoAccess
from bot.events import Event, Value
from bot.organisation import Organisation
from bot.sealing import Keyring
from bot.store.engine import At, Store, nowhere, open_sqlite
from bot.store.records import Entry, Notice, Records
from bot.views import CaseView
from bot.worker import Worker
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from policy_kb.procedures import Field, FieldType, Procedure
from tests.casework.people import trust

Result = TypeVar("Result")
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@lru_cache(maxsize=1)
def knowledge() -> KnowledgeBase:
    """The policies as they ship, read once for the whole run."""
    return loader.load()


@dataclass
class Told:
    """A platform that notes what it was asked to tell, and takes everything unless `down`."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    async def post(self, post: Post) -> Spot | None:
        """Note it."""
        if self.down:
            raise ConnectionError
        self.posts.append((post.person, post.text))
        return None

    def to(self, person: str) -> list[str]:
        """What the person was told so far, oldest first."""
        return [text for to, text in self.posts if to == person]


class Scene:
    """The office, its worker, the time now."""

    def __init__(self, store: Store, now: datetime = FRIDAY) -> None:
        self.now = now
        self.platform = Told()
        self.office = CaseOffice(store, Keyring(bytes(range(32))), knowledge())
        self.worker = Worker(self.office, self.platform, lambda: self.now)

    # What people do.

    async def adopt(self, organisation: Organisation) -> bool:
        """Put an organisation in force."""
        return await self.office.adopt(organisation, self.now)

    async def start(self, who: str, slug: str, **values: Value) -> Done:
        """Fill in a form: what it asks for in plain answers, and these values."""
        return await self.office.start(who, slug, {**await self.answers(who, slug), **values}, self.now)

    async def answers(self, who: str, slug: str) -> dict[str, Value]:
        """Plain answers to all that the person's form requires."""
        policy = await self.desk(lambda desk: desk.knowledge.policies[desk.person(who)[1].policy])
        return plain(policy.procedures[slug])

    async def does(self, who: str, case: Done, action: act.Action, key: str | None = None) -> Done:
        """Press a button of the case page."""
        return await self.office.act(who, case.case_id, action, self.now, key=key)

    async def approves(self, who: str, case: Done, words: str = "Go ahead.", conditions: str = "") -> Done:
        """Approve, with every point of the checklist confirmed."""
        points = (await self.desk(_procedure, case.case_id)).checklist
        return await self.does(who, case, act.Approve(words=words, conditions=conditions, confirmed=points))

    async def away(self, who: str, stand_in: str, since: timedelta = -HOUR, until: timedelta = DAY) -> None:
        """ "I'm away till then, they decide.", counted from now."""
        await self.office.set_away(who, stand_in, self.now + since, self.now + until, self.now)

    # What the clock does.

    async def settle(self) -> None:
        """Let everything that is due have its effect, and deliver all notices."""
        await self.worker.settle()

    async def wait(self, time: timedelta, step: timedelta | None = None) -> None:
        """Let time pass, settling after each step."""
        until = self.now + time
        while self.now < until:
            self.now = min(until, self.now + (step or time))
            await self.settle()

    # What can be seen.

    async def desk(self, fn: Callable[..., Result], *args: Any) -> Result:
        """Read in one transaction."""
        return await self.office.at_desk(self.now, fn, *args)

    async def case(self, case: Done) -> Case:
        """The case as it is stored."""
        found: Case | None = await self.desk(lambda desk: desk.records.case(case.case_id))
        assert found is not None
        return found

    async def events(self, case: Done) -> list[Event]:
        """What happened to the case."""
        return await self.desk(lambda desk: desk.records.events(case.case_id))

    async def kinds(self, case: Done) -> list[str]:
        """What happened to the case, by type."""
        return [event.type for event in await self.events(case)]

    async def page(self, who: str, case: Done) -> CaseView:
        """The case page. Raises NoAccess."""
        return await self.desk(views.case_page, who, case.case_id)

    async def sees(self, who: str, case: Done) -> bool:
        """True where the person can open the case page."""
        try:
            await self.page(who, case)
        except NoAccess:
            return False
        return True

    async def waiting(self, who: str) -> list[str]:
        """References of what waits for the person."""
        return [summary.reference for summary in await self.desk(views.waiting, who)]

    async def holders(self, case: Done) -> set[str]:
        """Everyone for whom the case waits."""
        people = await self.desk(lambda desk: [p.id for p, _ in desk.organisation.everyone()])
        return {who for who in people if await self._waits(who, case)}

    async def _waits(self, who: str, case: Done) -> bool:
        try:
            return case.reference in await self.waiting(who)
        except NoAccess:
            return False

    async def addressed(self, case: Done) -> list[Notice]:
        """Every notice of the case, sent or not, oldest first."""
        return await self.desk(_addressed, case.case_id)

    async def register(self, tenant: str = "trust") -> list[Entry]:
        """The registers of a trust."""
        return await self.desk(lambda desk: desk.records.entries(tenant))


def _procedure(desk: Desk, case_id: str) -> Procedure:
    case = desk.records.case(case_id)
    assert case is not None
    return desk.procedure(case)


def _addressed(desk: Desk, case_id: str) -> list[Notice]:
    people = {desk.records.tag(p.id): p.id for p, _ in desk.organisation.everyone()}
    found = []
    for key, lane in outbox_keys(desk.records, case_id):
        _, seq, kind, *_ = key.split(":")
        found.append(Notice(people[lane], kind, case_id, int(seq)))
    return found


def outbox_keys(records: Records, case_id: str) -> list[tuple[str, str]]:
    """Key and lane of each row, straight from the table: what was addressed to whom, delivered or not."""
    import sqlalchemy as sa

    from bot.store.schema import outbox

    wanted = sa.select(outbox.c.key, outbox.c.lane).where(outbox.c.case_id == case_id).order_by(outbox.c.id)
    return [(row.key, row.lane) for row in records._tx.execute(wanted)]


def plain(procedure: Procedure, given: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """The shortest honest answers to a form's required fields."""
    values: dict[str, Value] = dict(given or {})
    for each in procedure.fields:
        if each.required and each.id not in values and _asked(each, values):
            values[each.id] = _answer(each)
    return values


def _asked(each: Field, values: Mapping[str, Value]) -> bool:
    said = {key: {True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v for key, v in values.items()}
    return all(said.get(key) == value for key, value in each.when.items())


def _answer(each: Field) -> Value:
    ordinary: dict[FieldType, Value] = {
        FieldType.YES_NO: False,
        FieldType.NUMBER: 1,
        FieldType.DATE: "2027-06-30",
        FieldType.MOMENT: "2026-11-20T09:00:00+00:00",
        FieldType.ADDRESS: "https://example.org",
        FieldType.PEOPLE: ("teacher", "ict"),
        FieldType.PERSON: "teacher",
        FieldType.SUBJECT: "nobody",
    }
    if each.type is FieldType.CHOICE:
        return each.options[0]
    return each.options[:1] if each.type is FieldType.CHOICES else ordinary.get(each.type, "words")


@contextmanager
def sqlite_scene(folder: Path, at: At = nowhere) -> Iterator[Scene]:
    """A scene over SQLite in a folder, nobody adopted yet. at: the fault tests' hook."""
    store = open_sqlite(folder / "askfirst.db", at)
    try:
        yield Scene(store)
    finally:
        store.close()


async def played(scene: Scene, policy: str = "att") -> Scene:
    """The scene with the usual trust under a policy."""
    await scene.adopt(trust(policy))
    return scene
