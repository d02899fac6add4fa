"""The addresses at which Slack reaches us over HTTP, behind a proxy with TLS."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from aiohttp import web
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack import gate
from adapters.slack.door import Acknowledged, Door
from adapters.slack.quiet import hush, told
from bot.errors import BadInput

EVENTS, INSTALL, REDIRECT, HEALTH = "/slack/events", "/slack/install", "/slack/oauth_redirect", "/slack/health"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "AskFirst",
    "X-Content-Type-Options": "nosniff",
}
_STATE = re.compile(r"[A-Za-z0-9-]{1,200}", re.ASCII)

Secrets = Callable[[], Sequence[str]]


def site(door: Door, secrets: Secrets, now: Callable[[], datetime], flow: AsyncOAuthFlow | None) -> web.Application:
    """The application. secrets: the signing secrets as they stand; flow: where workspaces install the app."""
    app = web.Application(client_max_size=gate.LARGEST, middlewares=[_calm])
    app.on_response_prepare.append(_headers)
    app.router.add_post(EVENTS, _events(door, secrets, now))
    app.router.add_get(HEALTH, _health)
    if flow is not None:
        app.router.add_get(INSTALL, _page(flow.handle_installation))
        app.router.add_get(REDIRECT, _page(flow.handle_callback))
    return app


@web.middleware
async def _calm(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """No fault of a request is a 5xx with words in it, and none is logged with what it said."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status)
    except Exception as error:
        told("http", error)
        return web.Response(status=503)


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = _HEADERS["Server"]


def _events(
    door: Door, secrets: Secrets, now: Callable[[], datetime]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def events(request: web.Request) -> web.Response:
        try:
            body = await request.read()
            delivery = gate.admit(body, request.headers.items(), secrets(), now())
        except gate.Refused as refused:
            return web.Response(status=refused.status)
        except BadInput as error:
            told("signing secret", error)
            return web.Response(status=503)
        return _response(await door.receive(delivery))

    return events


def _response(said: Acknowledged) -> web.Response:
    if isinstance(said.body, dict) and said.body:
        return web.json_response(said.body, status=said.status)
    return web.Response(status=said.status, text=said.body if isinstance(said.body, str) else "")


async def _health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _page(
    answer: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """bolt's own pages of the installation."""

    async def page(request: web.Request) -> web.Response:
        states = request.query.getall("state", [])
        if len(request.query_string) > 4_000 or any(not _STATE.fullmatch(state) for state in states):
            return web.Response(status=400)
        asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
        said = await answer(asked)
        response = web.Response(status=said.status, body=said.body.encode())
        for name, values in said.headers.items():
            for value in values:
                response.headers.add(name.title(), value)
        return response

    return page


async def serve(app: web.Application, address: str, port: int) -> web.AppRunner:
    """Serve until the runner is cleaned up; no access log. Raises BadInput where the port is taken."""
    hush()
    runner = web.AppRunner(app, access_log=None, logger=logging.getLogger("aiohttp.server"))
    await runner.setup()
    try:
        await web.TCPSite(runner, address, port).start()
    except OSError as error:
        await runner.cleanup()
        cure = "stop the other program or set ASKFIRST_SLACK_PORT"
        raise BadInput(f"port {port} cannot be used for Slack ({error.strerror}); {cure}") from error
    return runner
