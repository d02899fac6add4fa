"""The Microsoft 365 Agents Playground, one for each person, in Chromium, before AskFirst as staff run it.

Skipped where node, the Playground or Chromium is absent; a failure where ASKFIRST_REQUIRE_NODE=1, and for Chromium
where ASKFIRST_REQUIRE_CHROMIUM=1. The Playground has no dialogs, so that forms stand in the cards.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
import yaml
from aiohttp import ClientError, ClientSession
from aiohttp.test_utils import unused_port
from playwright.async_api import Browser, Locator, Page, Route, WebSocketRoute, async_playwright, expect

from bot.settings import SAMPLE_ORGANISATION

ROOT = Path(__file__).parents[3]
ARTEFACTS = ROOT / "artefacts"
PLAYGROUND = ROOT / "tests/clients/node_modules/@microsoft/m365agentsplayground/cli.js"
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
TENANT = "00000000-0000-0000-0000-000000000001"
STAFF = {"amara-obi": "Amara Obi", "helen-marsh": "Helen Marsh"}
OTHERS = ("Cy Dale", "Di Ellis", "Ed Frost", "Fi Gray")
SLOW = 60.0
"""Seconds that a start may take."""
PATIENCE = 20_000
"""Milliseconds after which something that does not show is missing."""


def needed() -> None:
    """Skips, or fails where this machine must have it, what cannot run here."""
    if shutil.which("node") is None or not PLAYGROUND.exists():
        assert os.environ.get("ASKFIRST_REQUIRE_NODE") != "1", "run: npm ci --prefix tests/clients"
        pytest.skip("npm ci --prefix tests/clients was not run")
    if not CHROMIUM.exists():
        assert os.environ.get("ASKFIRST_REQUIRE_CHROMIUM") != "1", f"{CHROMIUM} is absent; apt-get install chromium"
        pytest.skip(f"{CHROMIUM} is absent; apt-get install chromium")


def _entra(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012x}"


def _organisation(path: Path) -> Path:
    """The sample organisation, with the two people on Teams."""
    data = yaml.safe_load(SAMPLE_ORGANISATION.read_text(encoding="utf-8"))
    accounts = {person: _entra(0xA1 + number) for number, person in enumerate(STAFF)}
    for school in data["schools"]:
        for person in school["people"]:
            if person["id"] in accounts:
                person["teams"] = {"tenant": TENANT, "user": accounts[person["id"]]}
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


def _user(name: str, aad: str) -> dict[str, str]:
    given, _, surname = name.partition(" ")
    mail = f"{given.lower()}@example.com"
    user = {"id": f"user-{given.lower()}", "name": name, "userPrincipleName": mail, "email": mail}
    return {**user, "aadObjectId": aad, "givenName": given, "surname": surname}


def _persona(me: str) -> str:
    """The Playground's own file: who sits before it, and five others of whom that person is none."""
    users = {name: _user(name, _entra(0xA1 + number)) for number, name in enumerate((*STAFF.values(), *OTHERS))}
    current = users.pop(STAFF[me])
    team = {"id": "team-1", "name": "School", "aadGroupId": _entra(0x31)}
    return yaml.safe_dump(
        {
            "version": "0.1.1",
            "tenantId": TENANT,
            "bot": {"id": _entra(0x11), "name": "AskFirst"},
            "currentUser": current,
            "users": list(users.values()),
            "personalChat": {"id": f"chat-{me}"},
            "groupChat": {"id": "group-1", "name": "Office"},
            "team": {**team, "channels": [{"id": "channel-1", "name": "Staff room"}]},
        }
    )


@dataclass
class Window:
    """One person's Playground. connected: False while it hears nothing new, as a telephone in a tunnel."""

    page: Page
    connected: bool = True

    async def open(self, address: str) -> None:
        """Go there, and hear what is said from now on."""
        await self.page.route_web_socket(re.compile(".*"), self._pass_on)
        await self.page.goto(address)

    def _pass_on(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: socket.send(message) if self.connected else None)

    @property
    def cards(self) -> Locator:
        """Every card of the chat, oldest first."""
        return self.page.locator(".ac-adaptiveCard")

    def card(self, *said: str) -> Locator:
        """The newest card that says all this."""
        found = self.cards
        for each in said:
            found = found.filter(has_text=each)
        return found.last

    async def shows(self, *said: str) -> Locator:
        """The newest card that says this, once it is there."""
        card = self.card(*said)
        await expect(card).to_be_visible(timeout=PATIENCE)
        return card

    async def says(self, text: str) -> None:
        """Type a message and send it."""
        await self.page.locator("[role=textbox][contenteditable=true]").first.click()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def kept(self, name: str, card: Locator | None = None) -> None:
        """Keep a picture, in which nothing that the bot says may be cut."""
        if card is not None:
            await card.scroll_into_view_if_needed()
            assert await card.evaluate(_CUT) == [], name
            await card.screenshot(path=ARTEFACTS / f"teams-{name}-card.png")
        await self.page.screenshot(path=ARTEFACTS / f"teams-{name}.png")


_CUT = """card => [...card.querySelectorAll('.ac-textBlock, .ac-richTextBlock, .ac-pushButton, label')]
  .filter(each => !each.textContent.trim() || each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).overflow !== 'visible')
  .map(each => each.outerHTML.slice(0, 200))"""
"""Texts that are empty or cut. An empty line of somebody's own words is a space that takes room."""


async def press(card: Locator, label: str) -> None:
    """Press a button of a card."""
    await card.get_by_role("button", name=label, exact=True).last.click()


class Playgrounds:
    """AskFirst with a window for each of the two. Use as an async context."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        self._ports: dict[str, int] = {}
        self.windows: dict[str, Window] = {}
        self._browser: Browser

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        teams = await self._askfirst()
        self._ports = {person: await self._playground(person, teams) for person in STAFF}
        playwright = await self._stack.enter_async_context(async_playwright())
        self._browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        self._stack.push_async_callback(self._browser.close)
        self.windows = {person: await self.window(person) for person in STAFF}

    async def _askfirst(self) -> int:
        """AskFirst as `python app.py serve` has it. Returns the port at which Teams is awaited."""
        port, teams = unused_port(), unused_port()
        given = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ASKFIRST_")},
            "ASKFIRST_ORGANISATION": str(_organisation(self._folder / "organisation.yaml")),
            "ASKFIRST_DATA": str(self._folder / "data"),
            "ASKFIRST_PORT": str(port),
            "ASKFIRST_TEAMS_PORT": str(teams),
            "ASKFIRST_TEAMS_DEVELOPMENT": "yes",
            "ASKFIRST_TEAMS_DIALOGS": "no",
        }
        if "ASKFIRST_CACHE" in os.environ:
            given["ASKFIRST_CACHE"] = os.environ["ASKFIRST_CACHE"]
        await self._run("askfirst", [sys.executable, str(ROOT / "app.py"), "serve"], ROOT, given)
        await _answers(f"http://127.0.0.1:{teams}/")
        return teams

    async def _playground(self, person: str, teams: int) -> int:
        home = self._folder / person
        home.mkdir()
        (home / ".m365agentsplayground.yml").write_text(_persona(person), encoding="utf-8")
        port = unused_port()
        command = ["node", str(PLAYGROUND), "start", "-e", f"http://127.0.0.1:{teams}/api/messages"]
        command += ["-c", "msteams", "-p", str(port), "--disable-telemetry"]
        await self._run(person, command, home, {**os.environ, "TEAMSAPPTESTER_BROWSER": "none"})
        await _answers(f"http://127.0.0.1:{port}/")
        return port

    async def _run(self, name: str, command: list[str], where: Path, given: dict[str, str]) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=where, env=given, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        self._stack.push_async_callback(_ended, process)

    async def window(self, person: str) -> Window:
        """A browser that reaches nothing but this machine: the page asks elsewhere for its fonts alone."""
        context = await self._browser.new_context(viewport={"width": 1500, "height": 1700})
        await context.route(re.compile(".*"), _only_here)
        window = Window(await context.new_page())
        await window.open(f"http://127.0.0.1:{self._ports[person]}/")
        await window.shows("Help")
        return window


async def _only_here(route: Route) -> None:
    here = re.match(r"\w+://(127\.0\.0\.1|localhost)[:/]", route.request.url)
    await (route.continue_() if here else route.abort())


async def _answers(url: str) -> None:
    """Wait until something answers there."""
    async with asyncio.timeout(SLOW), ClientSession() as client:
        while True:
            with suppress(ClientError):
                async with client.get(url):
                    return
            await asyncio.sleep(0.2)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End it with what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
