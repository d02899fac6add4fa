"""The personal tab "My requests": a page that Teams frames, and the person's Home, which it asks for with a token.

The page itself says nothing of anybody. Nobody is signed in by a cookie: each look brings its own token (Teams, tab
single sign-on), so that a page elsewhere cannot look in anybody's name.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from adapters.teams.keys import KeysDown
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab_shown import Ways, shown
from adapters.teams.tab_token import TabTokens
from bot.chat.desk import ChatDesk

PATH = "/teams/my-requests"
HOME = "/teams/home"
STATIC = "/teams/static"
TEAMS_JS = "MicrosoftTeams.min.js"
INTEGRITY = "sha256-FzeuLjGcirVtcdIhj9WknZaorXDrAf8umrfjUJO5M3k="
"""Of the Teams JavaScript library in static/, as its SHA256SUMS has it: a browser runs no other."""

_FRAMES = (
    "https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com https://*.microsoft365.com "
    "https://*.office.com https://outlook.office.com https://outlook.office365.com"
)
"""The hosts of Microsoft 365 (Teams, tab requirements, frame-ancestors)."""
_GUARD = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_CLOSED = {
    **_GUARD,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_FRAMED = {
    **_GUARD,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    f"base-uri 'none'; form-action 'none'; frame-ancestors {_FRAMES}",
}
_FILES = {TEAMS_JS: "text/javascript", "tab.js": "text/javascript", "tab.css": "text/css"}
_FOLDER = Path(__file__).parent / "static"

_PAGE = f"""<!DOCTYPE html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>My requests</title>
<link rel="stylesheet" href="{STATIC}/tab.css">
{{scripts}}</head>
<body><main>
<header><h1>My requests</h1><button type="button" id="again" hidden>Refresh</button></header>
<p id="says" role="status">{{says}}</p>
<div id="home"></div>
</main></body></html>
"""
_SCRIPTS = (
    f'<script defer src="{STATIC}/{TEAMS_JS}" integrity="{INTEGRITY}"></script>\n'
    f'<script defer src="{STATIC}/tab.js"></script>\n'
)
_WAIT = "This page needs JavaScript, and opens inside Microsoft Teams."
_DEVELOPMENT = (
    "In development nobody can be signed in here: this tab needs an app registration in a real Microsoft 365 tenant. "
    "Write “My requests” in the chat instead."
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger("askfirst.teams")


def add_tab(
    app: web.Application,
    desk: ChatDesk,
    settings: TeamsSettings,
    clock: Callable[[], datetime],
    pages: str | None = None,
    tokens: TabTokens | None = None,
) -> None:
    """Add the tab's page, what it loads and, but in development, the person's Home.

    pages: the https address of the web pages, to which cases lead; None: they lead to the chat.
    """
    says, scripts = (_DEVELOPMENT, "") if settings.development else (_WAIT, _SCRIPTS)
    body = _PAGE.format(scripts=scripts, says=says)

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="text/html", headers=_FRAMED)

    app.router.add_get(PATH, page)
    for name, kind in _FILES.items():
        app.router.add_get(f"{STATIC}/{name}", _file(name, kind))
    if not settings.development:
        ways = Ways(settings.app_id, pages.rstrip("/") if pages else None)
        app.router.add_post(HOME, _home(desk, tokens or TabTokens(settings), clock, ways))


def _file(name: str, kind: str) -> Handler:
    data = (_FOLDER / name).read_bytes()

    async def file(_: web.Request) -> web.Response:
        headers = {**_CLOSED, "Cache-Control": "public, max-age=300"}
        return web.Response(body=data, content_type=kind, charset="utf-8", headers=headers)

    return file


def _home(desk: ChatDesk, tokens: TabTokens, clock: Callable[[], datetime], ways: Ways) -> Handler:
    """401 without a token that stands the check, 400 for anything sent beside it, 503 while nobody can be checked."""

    async def home(request: web.Request) -> web.Response:
        now = clock()
        try:
            account = await tokens.account(request.headers.getall("Authorization", []), now)
        except PermissionError:
            _log.info("tab: 401")
            return web.Response(status=401, headers={**_CLOSED, "WWW-Authenticate": "Bearer"})
        except KeysDown:
            _log.warning("tab: 503, KeysDown")
            return web.Response(status=503, headers=_CLOSED)
        if request.can_read_body or request.query_string:
            return web.Response(status=400, headers=_CLOSED)
        view = await desk.home(account, now)
        return web.json_response(shown(view, ways), headers=_CLOSED)

    return home
