"""Who may speak to the server and how: hosts, forms, headers, and friendly errors."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
import traceback

from aiohttp import web

from adapters.web import recognise, second_factor, words
from adapters.web.access import Access, Handler, Page, page_for
from adapters.web.bodies import read_files, read_plain
from adapters.web.conversations import is_visit, new_visit
from adapters.web.inbound import SMALL, Form, comes_from_own_page, sentence
from adapters.web.live import LIVE_HEADER
from adapters.web.signin import ByProxy
from adapters.web.site import FORM, STARTED, VISIT, Later, Turned, Visit, keep, page, see, site_of, visit_of
from adapters.web.words import TROUBLES, Trouble
from bot.desk import NoAccess
from bot.errors import BadInput
from bot.store.engine import StoreBroken
from bot.store.records import Stale

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "AskFirst",
}
_HSTS = "max-age=31536000"
_LONGEST_UPLOAD = 300.0
"""Seconds after which a file that does not come makes room for others."""

_log = logging.getLogger("askfirst.web")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Every response carries the same protective headers, files and errors too; a stricter one of its own stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = HEADERS["Server"]
    if site_of(request).secure:
        response.headers["Strict-Transport-Security"] = _HSTS


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
    request[VISIT], request[STARTED] = _visit(request), time.monotonic()
    try:
        return await handler(request)
    except Turned as turned:
        return _error(request, turned.status, turned.trouble, turned.typed, turned.later)
    except NoAccess:
        return await _no_access(request)
    except BadInput as error:
        return _error(request, 400, TROUBLES[400]._replace(wrong=sentence(str(error))))
    except StoreBroken:
        _log.error("StoreBroken")
        return _error(request, 503, TROUBLES[503])
    except Stale:
        return _error(request, 409, TROUBLES[409])
    except TimeoutError:
        return _error(request, 408, TROUBLES[400])
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
    """Refuse foreign host names, strangers, and forms that did not come from this visit's own pages."""
    site = site_of(request)
    if request.headers.get("Host", "").lower() not in site.hosts:
        raise Turned(403, words.WRONG_HOST)
    declared = page_for(request)
    if declared is None:
        # A path that does not exist, or not for this method, is for the router to refuse: 404 or 405. A route that
        # declares nobody is refused here, whatever it does.
        if request.match_info.http_exception is None:
            raise Turned(404, TROUBLES[404])
        return await handler(request)
    posted = request.method == "POST"
    if posted and not comes_from_own_page(request.headers, site.hosts, site.scheme):
        raise Turned(403, TROUBLES[403])
    if not declared.bare:
        await recognise.recognise(request)
    if posted:
        request[FORM] = await _checked_form(request, declared)
    refusal = _refusal(request, declared)
    response = refusal or await second_factor.asked_first(request, declared) or await handler(request)
    visit = visit_of(request)
    if visit.fresh and visit.conversation and not response.prepared:
        keep(response, site, visit.id)
    return response


def _refusal(request: web.Request, declared: Page) -> web.Response | None:
    """What somebody gets who may not use the route; None for those who may."""
    visit = visit_of(request)
    if declared.access is Access.OPEN:
        return None
    if visit.conversation is None:
        if request.headers.get("Accept") == "text/event-stream":
            # The one answer after which a browser does not open the stream again.
            return web.Response(status=204)
        if request.method == "POST":
            raise Turned(403, words.ENDED, request[FORM].written)
        if isinstance(site_of(request).way, ByProxy):
            raise Turned(403, words.BY_PROXY)
        return see(recognise.sign_in_address(request))
    if declared.access is Access.AUDITOR and not visit.auditor:
        raise Turned(404, TROUBLES[404])
    return None


async def _checked_form(request: web.Request, declared: Page) -> Form:
    """The form, once it carries the token of its visit; files are not read before."""
    site, visit = site_of(request), visit_of(request)

    def own(token: str) -> bool:
        expected = site.conversations.token(visit.id)
        return not visit.fresh and hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode())

    if declared.files and request.content_type == "multipart/form-data":
        async with site.uploads, asyncio.timeout(_LONGEST_UPLOAD):
            form = await read_files(request, own)
    else:
        form = await read_plain(request, declared.body, SMALL)
    if not own(form.get("token")):
        raise Turned(403, TROUBLES[403])
    return Form({name: values for name, values in form.fields.items() if name != "token"}, form.files)


def _visit(request: web.Request) -> Visit:
    site = site_of(request)
    known = request.cookies.get(site.cookie, "")
    if not is_visit(known):
        return Visit(new_visit(), True)
    streaming = request.headers.get("Accept") == "text/event-stream"
    touch = LIVE_HEADER not in request.headers and not streaming
    return Visit(known, False, site.conversations.find(known, touch))


async def _no_access(request: web.Request) -> web.Response:
    """The same page for what is not there and for what is not theirs, after the same time (SECURITY T16)."""
    await recognise.even_out(request)
    return _error(request, 404, TROUBLES[404])


def _error(
    request: web.Request, status: int, trouble: Trouble, typed: str = "", later: Later | None = None
) -> web.Response:
    home = site_of(request).home if trouble is words.WRONG_HOST else "/"
    back = later.back if later else ""
    response = page(request, "error.html", status, trouble=trouble, typed=typed, home=home, back=back)
    if later:
        response.headers["Retry-After"] = str(later.wait)
    return response
