"""The web chat as an application: routes, and a server for this machine alone."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable

from aiohttp import web

from adapters.web import browse, chat, guard
from adapters.web.conversations import Conversations
from adapters.web.desk import Desk
from adapters.web.inbound import BODY_LIMIT, allowed_hosts
from adapters.web.site import HERE, SITE, Site
from bot.errors import BadInput
from bot.organisation import Organisation

ADDRESS = "127.0.0.1"
"""The only address listened on: the pages are for the person at this machine."""


def make_app(
    bot: Desk, organisation: Organisation, port: int, clock: Callable[[], float] = time.monotonic
) -> web.Application:
    """The application that will be served on `port`. Raises BadInput where a school's policy is not known."""
    for school in organisation.schools:
        try:
            bot.policy(school.policy)
        except BadInput as error:
            raise BadInput(f"school {school.id}: {error}") from error
    app = web.Application(middlewares=[guard.friendly_errors, guard.only_own_pages], client_max_size=BODY_LIMIT)
    app[SITE] = Site(bot, organisation, port, allowed_hosts(port), Conversations(clock))
    app.on_response_prepare.append(guard.add_headers)
    app.add_routes(
        [
            web.get("/", chat.show),
            web.get("/who", chat.choose_school),
            web.post("/who", chat.begin),
            web.post("/ask", chat.ask),
            web.post("/choose", chat.choose),
            web.post("/new", chat.begin_anew),
            web.get("/start/{slug}", browse.start),
            web.get("/policy", browse.policy),
            web.get("/policy/{policy}", browse.policy),
            web.get("/topic/{topic}", browse.topic),
            web.get("/matrix", browse.matrix),
            web.get("/health", browse.health),
            web.static("/static", HERE / "static"),
        ]
    )
    return app


def listen(port: int) -> socket.socket:
    """A listening socket on this machine alone; 0 takes a free port. Raises BadInput when it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Elsewhere this option would let two programs share the port.
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"port {port} cannot be used ({error.strerror}); stop the other program or set ASKFIRST_PORT"
        ) from error
    return listener


async def start(bot: Desk, organisation: Organisation, listener: socket.socket) -> web.AppRunner:
    """Serve on the socket until the runner is cleaned up. No access log: nothing says who asked what."""
    port: int = listener.getsockname()[1]
    runner = web.AppRunner(make_app(bot, organisation, port), access_log=None, logger=guard.wordless_log())
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


async def serve(bot: Desk, organisation: Organisation, port: int, announce: Callable[[str], None]) -> None:
    """Serve until cancelled; `announce` is told the address once pages are served. Raises BadInput."""
    listener = listen(port)
    try:
        runner = await start(bot, organisation, listener)
    except BaseException:
        listener.close()
        raise
    try:
        announce(f"http://localhost:{listener.getsockname()[1]}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
