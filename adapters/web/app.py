"""The pages as an application: routes, each with who may use it, and a server."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from adapters.web import (
    browse,
    case_pages,
    chat,
    desk_pages,
    entrance,
    evidence_pages,
    forms_pages,
    guard,
    live_pages,
    look_up_pages,
    second_factor,
)
from adapters.web.access import PAGES, Access, Page, Second, declare
from adapters.web.answering import Answering
from adapters.web.conversations import Conversations
from adapters.web.inbound import LARGE, allowed_hosts
from adapters.web.signin import Demonstration, Way
from adapters.web.site import HERE, SITE, Site
from adapters.web.tickets import Tickets
from bot.casework import CaseOffice
from bot.errors import BadInput
from bot.organisation import Organisation
from bot.pace_limits import PaceLimits

LOOPBACK = "127.0.0.1"
OPEN, STAFF, AUDITOR = Access.OPEN, Access.STAFF, Access.AUDITOR
RESTRICTED, ALWAYS = Second.RESTRICTED, Second.ALWAYS

ROUTES = (
    Page("GET", "/", chat.show, OPEN),
    Page("GET", "/sign-in", entrance.sign_in_page, OPEN),
    Page("POST", "/sign-in", entrance.sign_in, OPEN),
    Page("GET", "/who", entrance.choose_school, OPEN),
    Page("POST", "/who", entrance.begin, OPEN),
    Page("POST", "/sign-out", entrance.sign_out, OPEN),
    Page("GET", "/signed-out", entrance.signed_out, OPEN, bare=True),
    Page("GET", "/second-factor", second_factor.show, STAFF),
    Page("POST", "/second-factor", second_factor.confirm, STAFF),
    Page("POST", "/ask", chat.ask, STAFF),
    Page("POST", "/choose", chat.choose, STAFF),
    Page("POST", "/new", chat.begin_anew, STAFF),
    # The policies are published documents: reading them tells nothing of anybody.
    Page("GET", "/policy", browse.policy, OPEN),
    Page("GET", "/policy/{policy}", browse.policy, OPEN),
    Page("GET", "/topic/{topic}", browse.topic, OPEN),
    Page("GET", "/matrix", browse.matrix, OPEN),
    Page("GET", "/health", browse.health, OPEN, bare=True),
    Page("GET", "/start", forms_pages.menu, STAFF),
    Page("GET", "/start/{slug}", forms_pages.form, STAFF),
    Page("POST", "/start/{slug}", forms_pages.fill, STAFF, LARGE),
    Page("GET", "/start/{slug}/check", forms_pages.check, STAFF),
    Page("POST", "/start/{slug}/gate", forms_pages.gate, STAFF),
    Page("POST", "/start/{slug}/send", forms_pages.send, STAFF, files=True),
    Page("POST", "/start/{slug}/drop", forms_pages.drop, STAFF),
    Page("GET", "/desk", desk_pages.show, STAFF),
    Page("GET", "/away", desk_pages.away_page, STAFF),
    Page("POST", "/away", desk_pages.away, STAFF),
    Page("GET", "/live", live_pages.desk_stream, STAFF),
    # It carries a version number and no word of the case.
    Page("GET", "/live/{case}", live_pages.case_stream, STAFF),
    Page("GET", "/case/{case}", case_pages.show, STAFF, second=RESTRICTED),
    Page("POST", "/case/{case}", case_pages.do, STAFF, LARGE, second=RESTRICTED),
    Page("GET", "/case/{case}/revise", case_pages.revise_page, STAFF, second=RESTRICTED),
    Page("POST", "/case/{case}/revise", case_pages.revise, STAFF, LARGE, second=RESTRICTED),
    Page("GET", "/case/{case}/letter", case_pages.letter, STAFF, second=RESTRICTED),
    Page("POST", "/case/{case}/evidence/{evidence}", evidence_pages.view, STAFF, second=ALWAYS),
    Page("GET", "/evidence/{ticket}", evidence_pages.serve, STAFF, second=ALWAYS),
    Page("GET", "/register", look_up_pages.sites, STAFF),
    Page("GET", "/register.csv", look_up_pages.sites_csv, STAFF),
    Page("GET", "/register.html", look_up_pages.sites_html, STAFF),
    Page("GET", "/people", look_up_pages.people, STAFF),
    Page("GET", "/policies", look_up_pages.policies, STAFF),
    Page("GET", "/stored", look_up_pages.stored, STAFF),
    Page("GET", "/audit", look_up_pages.audit_page, AUDITOR, second=ALWAYS),
)
_STATIC = Page("GET", "/static", browse.health, OPEN, bare=True)
"""Files that say nothing of anybody; aiohttp itself handles them."""


@dataclass(frozen=True)
class Frame:
    """Where the pages are served and how people sign in. public_url: where a proxy with TLS stands before them.

    pace: the limits that the pages share with the other platforms.
    """

    port: int
    way: Way
    now: Callable[[], datetime]
    address: str = LOOPBACK
    public_url: str | None = None
    pace: PaceLimits = field(default_factory=PaceLimits)


def make_app(
    bot: Answering,
    office: CaseOffice,
    organisation: Organisation,
    frame: Frame,
    clock: Callable[[], float] = time.monotonic,
) -> web.Application:
    """The application. Raises BadInput where it must not be served so: an unknown policy, or nobody signing in."""
    _check(bot, organisation, frame)
    public = urlsplit(frame.public_url or "")
    app = web.Application(middlewares=[guard.friendly_errors, guard.only_own_pages])
    app[SITE] = Site(
        bot=bot,
        office=office,
        way=frame.way,
        port=frame.port,
        hosts=frozenset({public.netloc}) if public.netloc else allowed_hosts(frame.port),
        home=f"{frame.public_url or f'http://localhost:{frame.port}'}/",
        conversations=Conversations(clock),
        tickets=Tickets(clock),
        now=frame.now,
        secure=public.scheme == "https",
        pace=frame.pace,
    )
    app.on_response_prepare.append(guard.add_headers)
    app.on_shutdown.append(_stop)
    declare(app, ROUTES)
    app.router.add_static("/static", HERE / "static")
    app[PAGES][_STATIC.method, _STATIC.path] = _STATIC
    return app


def _check(bot: Answering, organisation: Organisation, frame: Frame) -> None:
    for school in organisation.schools:
        try:
            bot.policy(school.policy)
        except BadInput as error:
            raise BadInput(f"school {school.id}: {error}") from error
    if isinstance(frame.way, Demonstration) and (frame.public_url or not ip_address(frame.address).is_loopback):
        raise BadInput("a demonstration is for this machine alone; set ASKFIRST_PASSWORDS to serve other machines")
    if isinstance(frame.way, Demonstration) and not organisation.sample:
        raise BadInput(
            "nobody would have to sign in: set ASKFIRST_PASSWORDS or ASKFIRST_PROXY_SECRET_FILE, "
            "or mark the organisation file with `sample: true` to try it as a demonstration"
        )


async def _stop(app: web.Application) -> None:
    app[SITE].pulse.close()


def listen(port: int, address: str = LOOPBACK) -> socket.socket:
    """A listening socket; 0 takes a free port. Raises BadInput when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    # Elsewhere this option would let two programs share the port.
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"port {port} cannot be used ({error.strerror}); stop the other program or set ASKFIRST_PORT"
        ) from error
    return listener


async def start(
    bot: Answering, office: CaseOffice, organisation: Organisation, frame: Frame, listener: socket.socket
) -> web.AppRunner:
    """Serve on the socket until the runner is cleaned up. No access log: nothing says who asked what."""
    app = make_app(bot, office, organisation, frame)
    runner = web.AppRunner(app, access_log=None, logger=guard.wordless_log())
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


async def serve(
    bot: Answering,
    office: CaseOffice,
    organisation: Organisation,
    frame: Frame,
    announce: Callable[[str], None],
) -> None:
    """Serve until cancelled; `announce` is told the address once pages are served. Raises BadInput."""
    listener = listen(frame.port, frame.address)
    port: int = listener.getsockname()[1]
    try:
        runner = await start(bot, office, organisation, replace(frame, port=port), listener)
    except BaseException:
        listener.close()
        raise
    try:
        announce(runner.app[SITE].home)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
