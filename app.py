"""AskFirst's composition root: settings -> knowledge base -> store -> office -> adapters. `python app.py --help`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters.commands import add_commands
from bot.cli import main
from bot.core import Bot
from bot.errors import BadInput
from bot.organisation_file import load_organisation
from bot.pace_limits import PaceLimits
from bot.settings import Settings

if TYPE_CHECKING:  # the rest is imported where it is served: whoever asks a question waits for no database
    from bot.casework import CaseOffice
    from bot.chat.desk import ChatDesk
    from bot.sealing import Keyring
    from bot.store.engine import Store
    from bot.worker import Platform

Running = Coroutine[Any, Any, None]


def now() -> datetime:
    """The clock of everything below."""
    return datetime.now(UTC)


def say(line: str) -> None:
    """What the person who started AskFirst should know."""
    print(line, flush=True)


@dataclass(frozen=True)
class Core:
    """What every adapter is built on."""

    bot: Bot
    office: CaseOffice
    settings: Settings
    pace: PaceLimits

    @property
    def desk(self) -> ChatDesk:
        """A chat desk, whose conversations are those of one platform."""
        from bot.chat.desk import ChatDesk

        return ChatDesk(self.bot, self.office, self.settings.public_url, self.pace)


def serve_all(bot: Bot, settings: Settings) -> None:
    """Open the pages and the chat platforms that are set up, and stay until interrupted."""
    from bot.sealing import Keyring
    from bot.store.engine import open_store, opened

    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadInput(f"ASKFIRST_DATA: {settings.data} cannot be made ({error.strerror}); choose a folder") from error
    keyring = Keyring.open(settings.key_file)
    with opened(open_store(settings.data, settings.database)) as store:
        asyncio.run(_serve(bot, settings, store, keyring))


async def _serve(bot: Bot, settings: Settings, store: Store, keyring: Keyring) -> None:
    from bot.anchors import keep_anchored
    from bot.casework import CaseOffice
    from bot.chat.everywhere import Everywhere
    from bot.worker import Worker

    core = Core(bot, CaseOffice(store, keyring, bot.ready.knowledge), settings, PaceLimits())
    await core.office.adopt(load_organisation(settings.organisation), now())
    async with AsyncExitStack() as stack:
        platforms: dict[str, Platform] = {}
        parts = [_pages(core), keep_anchored(core.office, now)]
        parts += await _slack(core, platforms, stack)
        parts += await _teams(core, platforms)
        parts.append(Worker(core.office, Everywhere(platforms), now).run())
        await _together(parts)


def _pages(core: Core) -> Running:
    from adapters.web.app import Frame, serve
    from adapters.web.signin import ByPassword, ByProxy, Demonstration, Way, proxy_secret
    from bot.passwords import Passwords

    settings = core.settings
    way: Way = Demonstration()
    if settings.passwords:
        way = ByPassword(Passwords.open(settings.passwords))
    elif settings.proxy_secret_file:
        way = ByProxy(settings.proxy_header, proxy_secret(settings.proxy_secret_file))
    frame = Frame(settings.port, way, now, settings.address, settings.public_url, pace=core.pace)
    organisation = load_organisation(settings.organisation)
    return serve(
        core.bot, core.office, organisation, frame, lambda at: say(f"AskFirst is open at {at} (Ctrl+C closes it)")
    )


async def _slack(core: Core, platforms: dict[str, Platform], stack: AsyncExitStack) -> list[Running]:
    from adapters.slack.settings import read_slack_settings

    chosen = read_slack_settings(os.environ)
    if chosen is None:
        return []
    from adapters.slack.service import Around, make_slack
    from bot.store.side import open_side

    engine = open_side(core.settings.data, core.settings.database) if chosen.many else None
    if engine is not None:
        stack.push_async_callback(engine.dispose)
    slack = await make_slack(chosen, core.desk, core.office, Around(now), engine)
    platforms["slack"] = slack.platform
    say("Slack is connected" if chosen.by_socket else f"Slack's requests are awaited on port {chosen.port}")
    return [slack.run()]


async def _teams(core: Core, platforms: dict[str, Platform]) -> list[Running]:
    from adapters.teams.settings import read_teams_settings

    chosen = read_teams_settings(os.environ)
    if chosen is None:
        return []
    from adapters.teams.app import add_teams, make_app, serve_teams

    app = make_app()
    teams = add_teams(app, core.desk, core.office, chosen, now, pages=core.settings.public_url)
    platforms["teams"] = teams.platform
    return [serve_teams(app, chosen, lambda at: say(f"Teams is awaited at {at}")), teams.bot.work()]


async def _together(parts: list[Running]) -> None:
    """Run all until one ends. None goes on alone: pages without a worker would promise reminders that nobody sends."""
    running = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], serve_all, partial(add_commands, environment=os.environ)))
