"""Clients of the web chat: over HTTP with a fake bot, and in Chromium with the real one."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer, unused_port
from playwright.async_api import Browser, async_playwright

from adapters.web.app import listen, make_app, start
from bot.core import Bot
from bot.organisation import Organisation, load_organisation
from bot.settings import SAMPLE_ORGANISATION, read_settings
from policy_kb.compiled import prepare

from .fakes import ORGANISATION, FakeBot

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
class Visitor:
    """A browser without scripts: keeps its cookie, and sends the token of the page last seen."""

    client: TestClient  # type: ignore[type-arg]
    port: int
    bot: FakeBot
    clock: Clock
    token: str = ""

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[ClientResponse, str]:
        """Look at a page."""
        response = await self.client.get(path, headers=headers, allow_redirects=False)
        return response, await self._read(response)

    async def post(
        self, path: str, headers: Mapping[str, str] | None = None, **fields: str
    ) -> tuple[ClientResponse, str]:
        """Send a form with the token, and follow where it leads."""
        form = {"token": self.token, **fields}
        response = await self.client.post(path, data=form, headers=headers)
        return response, await self._read(response)

    async def begin(self) -> None:
        """Start a conversation as Ann of the school on the hill."""
        await self.get("/")
        await self.get("/who?school=hill")
        await self.post("/who", school="hill", person="ann")

    async def _read(self, response: ClientResponse) -> str:
        text = await response.text()
        found = re.search(r'name="token" value="([0-9a-f]+)"', text)
        if found:
            self.token = found[1]
        return text


async def visitor_of(organisation: Organisation) -> AsyncIterator[Visitor]:
    """A visitor of a fresh site that serves the organisation."""
    port, bot, clock = unused_port(), FakeBot(), Clock()
    server = TestServer(make_app(bot, organisation, port, clock), port=port)
    async with TestClient(server) as client:
        yield Visitor(client, port, bot, clock)


@pytest_asyncio.fixture
async def visitor() -> AsyncIterator[Visitor]:
    """Somebody who has not chosen a school yet."""
    async for each in visitor_of(ORGANISATION):
        yield each


@pytest_asyncio.fixture
async def talker(visitor: Visitor) -> Visitor:
    """Somebody in a conversation."""
    await visitor.begin()
    return visitor


@pytest.fixture(scope="session")
def real_bot() -> Bot:
    """The bot with the real policies, from the cache where nothing changed."""
    return Bot(prepare(read_settings().cache))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(real_bot: Bot) -> AsyncIterator[str]:
    """Where the real chat is served."""
    listener = listen(0)
    runner = await start(real_bot, load_organisation(SAMPLE_ORGANISATION), listener)
    yield f"http://localhost:{listener.getsockname()[1]}"
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
