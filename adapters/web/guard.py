"""Who may speak to the server and how: hosts, forms, headers, and friendly errors."""

from __future__ import annotations

import hmac
import logging
import traceback
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web import words
from adapters.web.conversations import is_visit, new_visit
from adapters.web.inbound import comes_from_own_page, read_form, sentence
from adapters.web.site import FORM, VISIT, Site, Turned, Visit, page, site_of
from adapters.web.words import TROUBLES, Trouble
from bot.errors import BadInput

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "AskFirst",
}

_log = logging.getLogger("askfirst.web")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Every response carries the same protective headers, files and errors too."""
    response.headers.update(HEADERS)


class _KindOnly(logging.Filter):
    """Keeps of a record its kind alone: what the HTTP parser could not read may be somebody's question."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "fault"
        record.msg, record.args, record.exc_info = f"{kind} below the pages", (), None
        return True


def wordless_log() -> logging.Logger:
    """The log for aiohttp itself, which would otherwise repeat what it could not parse."""
    log = logging.getLogger("askfirst.web.http")
    if not log.filters:
        log.addFilter(_KindOnly())
    return log


@web.middleware
async def friendly_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every fault into a page with what is wrong and the cure; the log names only kind and place."""
    request[VISIT] = _visit(request)
    try:
        return await handler(request)
    except Turned as turned:
        return _error(request, turned.status, turned.trouble, turned.typed)
    except BadInput as error:
        return _error(request, 400, TROUBLES[400]._replace(wrong=sentence(str(error))))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _error(request, error.status, TROUBLES.get(error.status, TROUBLES[400]))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        # The message is left out on purpose: it may repeat what a person asked.
        _log.error("%s at %s:%s", type(error).__name__, last.filename, last.lineno)
        return _error(request, 500, TROUBLES[500])


@web.middleware
async def only_own_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign host names, and forms that did not come from this visit's own pages."""
    site = site_of(request)
    if request.headers.get("Host", "").lower() not in site.hosts:
        raise Turned(403, words.WRONG_HOST)
    # A path that does not exist, or not for POST, is for the router to refuse: 404 or 405.
    if request.method == "POST" and request.match_info.http_exception is None:
        request[FORM] = await _checked_form(request, site)
    return await handler(request)


async def _checked_form(request: web.Request, site: Site) -> dict[str, str]:
    if not comes_from_own_page(request.headers, site.hosts):
        raise Turned(403, TROUBLES[403])
    form = read_form(await request.read(), request.content_type)
    visit = request[VISIT]
    given = form.pop("token", "")
    if visit.fresh or not hmac.compare_digest(given.encode(), site.conversations.token(visit.id).encode()):
        raise Turned(403, TROUBLES[403])
    return form


def _visit(request: web.Request) -> Visit:
    site = site_of(request)
    known = request.cookies.get(site.cookie, "")
    if not is_visit(known):
        return Visit(new_visit(), True, None)
    return Visit(known, False, site.conversations.find(known))


def _error(request: web.Request, status: int, trouble: Trouble, typed: str = "") -> web.Response:
    home = f"http://localhost:{site_of(request).port}/" if trouble is words.WRONG_HOST else "/"
    return page(request, "error.html", status, trouble=trouble, typed=typed, home=home)
