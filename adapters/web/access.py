"""Every route with who may use it; the guard refuses a route that declares nobody (SECURITY T17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from adapters.web.inbound import SMALL

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(Enum):
    """Who may use a route: anybody, staff who are signed in, or staff whose role lets them read the audit."""

    OPEN = "open"
    STAFF = "staff"
    AUDITOR = "auditor"


class Second(Enum):
    """When a route wants a one-time code beside the password: never, for a restricted case, always (SECURITY T18)."""

    NEVER = "never"
    RESTRICTED = "restricted"
    ALWAYS = "always"


@dataclass(frozen=True)
class Page:
    """A route. body: the largest request in bytes; files: it takes a form with files (SECURITY T19).

    bare: it shows nothing that depends on who looks. second: when it wants a one-time code.
    """

    method: str
    path: str
    handler: Handler
    access: Access
    body: int = SMALL
    files: bool = False
    bare: bool = False
    second: Second = Second.NEVER


PAGES = web.AppKey("pages", dict[tuple[str, str], Page])


def declare(app: web.Application, pages: Iterable[Page]) -> None:
    """Add the routes to the application together with what they declare."""
    declared = app.setdefault(PAGES, {})
    for page in pages:
        app.router.add_route(page.method, page.path, page.handler)
        declared[page.method, page.path] = page


def page_for(request: web.Request) -> Page | None:
    """The declaration of the route that the request matched; None where the router found no route."""
    route = request.match_info.route
    if request.match_info.http_exception is not None or route.resource is None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return request.app[PAGES].get((method, route.resource.canonical))
