"""Where Teams comes in: /api/messages, and what runs beside it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from adapters.teams.bot import TeamsBot
from adapters.teams.client import TeamsPlatform
from adapters.teams.connector import Connector
from adapters.teams.front import SafeAdapter
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab import add_tab
from adapters.teams.tab_token import TabTokens
from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from bot.store.engine import StoreBroken

PATH = "/api/messages"
Clock = Callable[[], datetime]

_log = logging.getLogger("askfirst.teams")


@dataclass(frozen=True)
class Teams:
    """What runs. platform: for the outbox. bot.work(): to be run beside the server."""

    bot: TeamsBot
    platform: TeamsPlatform
    connector: Connector


def add_teams(
    app: web.Application,
    desk: ChatDesk,
    office: CaseOffice,
    settings: TeamsSettings,
    clock: Clock,
    adapter: SafeAdapter | None = None,
    pages: str | None = None,
    tokens: TabTokens | None = None,
) -> Teams:
    """Add the routes to an application without the pages' guard: the front door here checks tokens instead.

    pages: the https address of the web pages, to which the personal tab leads. tokens: checks those of the tab.
    """
    front = adapter or SafeAdapter(settings)
    connector = Connector(settings, front.token)
    bot = TeamsBot(desk, office, settings, connector, clock)

    async def messages(request: web.Request) -> web.StreamResponse:
        return await front.process(request, bot.turn)

    async def close(_: web.Application) -> None:
        await connector.close()

    app.router.add_post(PATH, messages)
    app.on_cleanup.append(close)
    add_tab(app, desk, settings, clock, pages, tokens)
    return Teams(bot, TeamsPlatform(connector, office, settings, clock), connector)


@web.middleware
async def wordless_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Statuses without a word of what was sent, here and in the log (SECURITY T14)."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        allowed = {"Allow": error.headers["Allow"]} if error.status == 405 else {}
        return web.Response(status=error.status, headers=allowed)
    except StoreBroken:
        _log.error("StoreBroken")
        return web.Response(status=503)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s at %s:%s", type(error).__name__, last.filename, last.lineno)
        return web.Response(status=500)


def make_app() -> web.Application:
    """An application for chat platforms alone, to which `add_teams` adds its route."""
    return web.Application(middlewares=[wordless_errors])


class _KindOnly(logging.Filter):
    """Keeps of a record its kind alone: what could not be parsed below us may be somebody's message (SECURITY T14)."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "fault"
        record.msg, record.args, record.exc_info = f"{kind} below the front door", (), None
        return True


def wordless_log() -> logging.Logger:
    """The log for aiohttp itself."""
    log = logging.getLogger("askfirst.teams.http")
    if not log.filters:
        log.addFilter(_KindOnly())
    return log


async def serve_teams(app: web.Application, settings: TeamsSettings, announce: Callable[[str], None]) -> None:
    """Serve until cancelled, on the address of the settings. Raises OSError where the port is taken."""
    runner = web.AppRunner(app, access_log=None, logger=wordless_log())
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.address, settings.port).start()
        announce(f"http://{settings.address}:{settings.port}{PATH}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
