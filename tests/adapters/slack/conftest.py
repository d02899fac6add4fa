"""A school on Slack: staff recognised by the email that the workspace vouches for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.core import Bot
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from bot.worker import Worker
from tests.adapters.slack.hall import Hall, Made
from tests.scenario_world import Scene

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
STAFF = {
    "UAMARA": "amara-obi", "UTOM": "tom-price", "UHELEN": "helen-marsh", "UPRIYA": "priya-nair", "UDAVID": "david-lunn",
    "UKOFI": "kofi-mensah", "ULUCY": "lucy-brennan", "UJOAN": "joan-ellery",
}  # fmt: skip


class School(Hall):
    """The sample organisation with a clock of its own."""

    def __init__(self, scene: Scene, made: Made | None = None) -> None:
        super().__init__(scene.bot, scene.office, lambda: scene.now, made)
        self.scene = scene

    async def open(self) -> None:
        """Adopt the organisation and bring its people into the workspace."""
        for user, person in STAFF.items():
            found, _ = self.scene.person(person)
            self.fake.person(user, name=found.name, email=found.email)
        await self.scene.adopt(self.scene.organisation)
        await self.slack.roll.look()
        self.work()

    def work(self) -> None:
        """Let the outbox post to this Slack."""
        self.scene.worker = Worker(self.scene.office, self.slack.platform, lambda: self.scene.now, on=("slack",))

    async def deliver(self) -> None:
        """Work off everything, and bring what waits in the outbox."""
        await self.settle()
        await self.scene.worker.settle()
        await self.settle()

    async def later(self, **span: float) -> None:
        """Time passes."""
        await self.scene.until(self.scene.now + timedelta(**span))
        await self.settle()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("slack") / "cases.db")) as each:
        yield each


@pytest.fixture
def scene(store: Store, bot: Bot) -> Scene:
    return Scene(store, bot, load_organisation(SAMPLE_ORGANISATION), START)


@pytest_asyncio.fixture
async def school(scene: Scene) -> AsyncIterator[School]:
    async with School(scene) as school:
        await school.open()
        yield school
