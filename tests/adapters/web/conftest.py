"""Clients of the pages: over HTTP with a bot that answers by rote and a real case office, and in Chromium."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, CookieJar, FormData
from aiohttp.test_utils import TestClient, TestServer, unused_port
from playwright.async_api import Browser, async_playwright

from adapters.web.app import Frame, listen, make_app, start
from adapters.web.signin import Demonstration, Way
from adapters.web.site import SITE, Site
from bot.casework import CaseOffice
from bot.core import Bot
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.sealing import Keyring
from bot.settings import SAMPLE_ORGANISATION, read_settings
from bot.store.engine import open_sqlite, opened
from bot.worker import Nowhere, Worker
from policy_kb.compiled import prepare
from policy_kb.model import KnowledgeBase

from .fakes import KNOWLEDGE, ORGANISATION, FakeBot

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
"""A school day in term."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "chromium: runs in a real browser")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time that was set."""
        return self.now


@dataclass
class Moment:
    """The time of day, set by hand."""

    now: datetime = FRIDAY

    def __call__(self) -> datetime:
        """The time that was set."""
        return self.now


@dataclass
class Visitor:
    """A browser without scripts: keeps its cookie, and sends the token of the page last seen."""

    client: TestClient  # type: ignore[type-arg]
    port: int
    bot: FakeBot
    clock: Clock
    moment: Moment
    office: CaseOffice
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    others: list[TestClient] = field(default_factory=list)  # type: ignore[type-arg]

    @property
    def site(self) -> Site:
        """The running site."""
        app = self.client.app
        assert app is not None
        site: Site = app[SITE]
        return site

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[ClientResponse, str]:
        """Look at a page."""
        response = await self.client.get(path, headers={**self.headers, **(headers or {})}, allow_redirects=False)
        return response, await self._read(response)

    async def post(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        data: list[tuple[str, str]] | None = None,
        **fields: str,
    ) -> tuple[ClientResponse, str]:
        """Send a form with the token, and follow where it leads."""
        form = [("token", self.token), *fields.items(), *(data or [])]
        sent = {**self.headers, **(headers or {})}
        response = await self.client.post(path, data=form, headers=sent, allow_redirects=follow)
        return response, await self._read(response)

    async def upload(
        self, path: str, files: list[tuple[str, bytes]], token: str | None = None, **fields: str
    ) -> tuple[ClientResponse, str]:
        """Send a form with files, its token first."""
        form = FormData(quote_fields=False)
        form.add_field("token", self.token if token is None else token)
        for name, value in fields.items():
            form.add_field(name, value)
        for name, data in files:
            form.add_field("evidence", data, filename=name, content_type="application/octet-stream")
        response = await self.client.post(path, data=form, headers=self.headers)
        return response, await self._read(response)

    async def begin(self, person: str = "ann", school: str = "hill") -> None:
        """Be Ann of the school on the hill, or another person."""
        await self.get("/who")
        await self.get(f"/who?school={school}")
        await self.post("/who", school=school, person=person)

    async def another(self, person: str, school: str = "hill") -> Visitor:
        """Another person in a browser of their own."""
        client: TestClient = TestClient(self.client.server, cookie_jar=CookieJar(unsafe=True))  # type: ignore[type-arg]
        self.others.append(client)
        other = Visitor(client, self.port, self.bot, self.clock, self.moment, self.office)
        await other.begin(person, school)
        return other

    async def settle(self) -> None:
        """Let everything that is due happen: notices, clocks."""
        await Worker(self.office, Nowhere(), self.moment).settle()

    async def _read(self, response: ClientResponse) -> str:
        if response.content_type not in ("text/html", "text/plain", "text/csv"):
            return ""
        text = await response.text()
        found = re.search(r'name="token" value="([0-9a-f]+)"', text)
        if found:
            self.token = found[1]
        return text


async def visitor_of(
    folder: Path,
    organisation: Organisation = ORGANISATION,
    way: Way | None = None,
    knowledge: KnowledgeBase = KNOWLEDGE,
    public_url: str | None = None,
) -> AsyncIterator[Visitor]:
    """A visitor of a fresh site that serves the organisation."""
    port, bot, clock, moment = unused_port(), FakeBot(), Clock(), Moment()
    with opened(open_sqlite(folder / "cases.db")) as store:
        office = CaseOffice(store, Keyring.open(folder / "key"), knowledge)
        await office.adopt(organisation, moment())
        frame = Frame(port, way or Demonstration(), moment, public_url=public_url)
        server = TestServer(make_app(bot, office, organisation, frame, clock), port=port)
        async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
            visitor = Visitor(client, port, bot, clock, moment, office)
            yield visitor
            for other in visitor.others:
                await other.close()


@pytest_asyncio.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    """Somebody who has not chosen a school yet."""
    async for each in visitor_of(tmp_path):
        yield each


@pytest_asyncio.fixture
async def talker(visitor: Visitor) -> Visitor:
    """Ann, signed in."""
    await visitor.begin()
    return visitor


@pytest.fixture(scope="session")
def real_bot() -> Bot:
    """The bot with the real policies, from the cache where nothing changed."""
    return Bot(prepare(read_settings().cache))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(real_bot: Bot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the real pages are served, with the sample organisation and a store of their own."""
    folder, moment = tmp_path_factory.mktemp("pages"), Moment()
    organisation = load_organisation(SAMPLE_ORGANISATION)
    with opened(open_sqlite(folder / "cases.db")) as store:
        office = CaseOffice(store, Keyring.open(folder / "key"), real_bot.ready.knowledge)
        await office.adopt(organisation, moment())
        listener = listen(0)
        frame = Frame(listener.getsockname()[1], Demonstration(), moment)
        runner = await start(real_bot, office, organisation, frame, listener)
        work = asyncio.create_task(Worker(office, Nowhere(), moment).run(every=0.2))
        yield f"http://localhost:{frame.port}"
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await runner.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Absent: skipped, or a failure where ASKFIRST_REQUIRE_CHROMIUM=1."""
    if not CHROMIUM.exists():
        if os.environ.get("ASKFIRST_REQUIRE_CHROMIUM") == "1":
            pytest.fail(f"{CHROMIUM} is absent and ASKFIRST_REQUIRE_CHROMIUM=1; apt-get install chromium")
        pytest.skip(f"{CHROMIUM} is absent; apt-get install chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield started
        await started.close()
