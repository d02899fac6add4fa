"""What every page shares: the bot, the case office, the visitor, and how a page is rendered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.web import catalogue, render, words
from adapters.web.answering import Answering
from adapters.web.conversations import Conversation, Conversations
from adapters.web.inbound import Form
from adapters.web.live import Pulse
from adapters.web.signin import ByPassword, Demonstration, Way
from adapters.web.tickets import Tickets
from adapters.web.words import Trouble
from bot import desk_texts, texts, views
from bot.casework import CaseOffice
from bot.errors import BadInput
from bot.organisation import Person, School
from bot.pace_limits import PaceLimits
from policy_kb.model import Policy

HERE = Path(__file__).parent
UPLOADS_AT_ONCE = 4
"""Each may hold fifty megabytes for a moment."""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        texts=texts,
        desk_texts=desk_texts,
        words=words,
        heading=render.heading,
        marked=catalogue.marked,
        clock_words=views.clock_words,
        stamp=render.stamp,
        day=render.day,
    )
    return environment


@dataclass
class Site:
    """One running set of pages. secure: a proxy with TLS stands before them."""

    bot: Answering
    office: CaseOffice
    way: Way
    port: int
    hosts: frozenset[str]
    home: str
    conversations: Conversations
    tickets: Tickets
    now: Callable[[], datetime]
    secure: bool = False
    pace: PaceLimits = field(default_factory=PaceLimits)
    pulse: Pulse = field(default_factory=Pulse)
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS_AT_ONCE))
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By person, how many cases wait for them, and the mark at which that was counted."""
    templates: Environment = field(default_factory=_environment)

    @property
    def cookie(self) -> str:
        """The cookie's name. Browsers share cookies between ports: the port tells two programs apart."""
        return "__Host-askfirst" if self.secure else f"askfirst-{self.port}"

    @property
    def scheme(self) -> str:
        """How people reach the pages."""
        return "https" if self.secure else "http"

    @property
    def demonstration(self) -> bool:
        """True where people choose who they are."""
        return isinstance(self.way, Demonstration)

    @property
    def by_password(self) -> bool:
        """True where people sign in by password."""
        return isinstance(self.way, ByPassword)


@dataclass(frozen=True)
class Visit:
    """Who is looking. fresh: the browser does not have the id yet. waiting: how many cases wait for the person."""

    id: str
    fresh: bool
    conversation: Conversation | None = None
    waiting: int = 0
    auditor: bool = False


class Later(NamedTuple):
    """When to try again: after so many seconds, at a path of the site; "" where there is nothing to go back to."""

    wait: int
    back: str = ""


class Turned(Exception):
    """Ends a request with a page that says what is wrong and the cure."""

    def __init__(self, status: int, trouble: Trouble, typed: str = "", later: Later | None = None) -> None:
        super().__init__(trouble.title)
        self.status = status
        self.trouble = trouble
        self.typed = typed
        self.later = later


SITE = web.AppKey("site", Site)
VISIT = web.RequestKey("visit", Visit)
FORM = web.RequestKey("form", Form)
STARTED = web.RequestKey("started", float)


def site_of(request: web.Request) -> Site:
    """The site that serves the request."""
    return request.app[SITE]


def visit_of(request: web.Request) -> Visit:
    """The visitor, as the guard found them."""
    return request[VISIT]


def form_of(request: web.Request) -> Form:
    """The checked form of a POST."""
    return request[FORM]


def talk_of(request: web.Request, typed: str = "") -> Conversation:
    """The visitor's conversation. Turns away a visitor whose conversation has ended, their text kept."""
    found = visit_of(request).conversation
    if found is None:
        raise Turned(403, words.ENDED, typed)
    return found


def person_of(request: web.Request) -> Person:
    """The signed-in person."""
    return talk_of(request).person


def school_of(request: web.Request) -> School:
    """The signed-in person's own school."""
    return talk_of(request).school


def policy_of(request: web.Request, named: str | None) -> Policy | None:
    """The policy that the address names, else that of the chosen school; None without either."""
    site, conversation = site_of(request), visit_of(request).conversation
    if named:
        try:
            return site.bot.policy(named)
        except BadInput as error:
            raise Turned(404, words.TROUBLES[404]) from error
    return site.bot.policy(conversation.school.policy) if conversation else None


def page(request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
    """A rendered page; the visit's cookie goes with it where the browser has none."""
    site, visit = site_of(request), visit_of(request)
    html = site.templates.get_template(template).render(
        site=site,
        visit=visit,
        talk=visit.conversation,
        token=site.conversations.token(visit.id),
        path=request.path,
        **values,
    )
    response = web.Response(text=html, content_type="text/html", charset="utf-8", status=status)
    if visit.fresh:
        keep(response, site, visit.id)
    return response


def see(address: str) -> web.Response:
    """Go on to another page of the site."""
    return web.Response(status=303, headers={"Location": address})


def keep(response: web.StreamResponse, site: Site, visit: str) -> None:
    """Hand the browser its visit id: for this session, unseen by scripts, never sent from other sites."""
    response.set_cookie(site.cookie, visit, path="/", httponly=True, samesite="Strict", secure=site.secure)


def forget(response: web.StreamResponse, site: Site) -> None:
    """Take the visit id back."""
    response.del_cookie(site.cookie, path="/", httponly=True, samesite="Strict", secure=site.secure)
