"""What every page shares: the bot, the organisation, the visitor, and how a page is rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.web import catalogue, render, words
from adapters.web.conversations import Conversation, Conversations
from adapters.web.desk import Desk
from adapters.web.words import Trouble
from bot import texts
from bot.errors import BadInput
from bot.organisation import Organisation
from policy_kb.model import Policy

HERE = Path(__file__).parent


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(texts=texts, heading=render.heading, marked=catalogue.marked)
    return environment


@dataclass
class Site:
    """One running web chat."""

    desk: Desk
    organisation: Organisation
    port: int
    hosts: frozenset[str]
    conversations: Conversations
    templates: Environment = field(default_factory=_environment)

    @property
    def cookie(self) -> str:
        """The cookie's name. Browsers share cookies between ports: the port tells two programs apart."""
        return f"askfirst-{self.port}"


@dataclass(frozen=True)
class Visit:
    """Who is looking. fresh: the browser does not have the id yet."""

    id: str
    fresh: bool
    conversation: Conversation | None


class Turned(Exception):
    """Ends a request with a page that says what is wrong and the cure."""

    def __init__(self, status: int, trouble: Trouble, typed: str = "") -> None:
        super().__init__(trouble.title)
        self.status = status
        self.trouble = trouble
        self.typed = typed


SITE = web.AppKey("site", Site)
VISIT = web.RequestKey("visit", Visit)
FORM = web.RequestKey("form", dict[str, str])


def site_of(request: web.Request) -> Site:
    """The site that serves the request."""
    return request.app[SITE]


def visit_of(request: web.Request) -> Visit:
    """The visitor, as the guard found them."""
    return request[VISIT]


def form_of(request: web.Request) -> dict[str, str]:
    """The checked form of a POST."""
    return request[FORM]


def talk_of(request: web.Request, typed: str = "") -> Conversation:
    """The visitor's conversation. Turns away a visitor whose conversation has ended, their text kept."""
    found = visit_of(request).conversation
    if found is None:
        raise Turned(403, words.ENDED, typed)
    return found


def policy_of(request: web.Request, named: str | None) -> Policy | None:
    """The policy that the address names, else that of the chosen school; None without either."""
    site, conversation = site_of(request), visit_of(request).conversation
    if named:
        try:
            return site.desk.policy(named)
        except BadInput as error:
            raise Turned(404, words.TROUBLES[404]) from error
    return site.desk.policy(conversation.school.policy) if conversation else None


def page(request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
    """A rendered page; the visit's cookie goes with it where the browser has none."""
    site, visit = site_of(request), visit_of(request)
    html = site.templates.get_template(template).render(
        organisation=site.organisation,
        talk=visit.conversation,
        token=site.conversations.token(visit.id),
        path=request.path,
        **values,
    )
    response = web.Response(text=html, content_type="text/html", charset="utf-8", status=status)
    if visit.fresh:
        keep(response, site, visit.id)
    return response


def keep(response: web.StreamResponse, site: Site, visit: str) -> None:
    """Hand the browser its visit id: for this session, unseen by scripts, never sent from other sites."""
    response.set_cookie(site.cookie, visit, path="/", httponly=True, samesite="Strict")
