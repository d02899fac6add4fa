"""The one-time code beside the password: asked before restricted cases, evidence and the audit (SECURITY T18).

A proxy that signs people in asks for its own second factor; a demonstration, where anyone is anyone, asks for none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from adapters.web import words
from adapters.web.access import Page, Second
from adapters.web.case_pages import case_id
from adapters.web.inbound import Form, own_path, sentence
from adapters.web.live import LIVE_HEADER
from adapters.web.signin import ByPassword
from adapters.web.site import FORM, Turned, form_of, page, person_of, see, site_of, visit_of
from bot.cases import GATE
from bot.desk import Desk
from bot.guesses import Throttled
from bot.second_factor import first_use

_NOT_YET = 428
"""Told to a page that reads itself again: it stays as it is, so that words being written in it are not lost."""


@dataclass(frozen=True)
class _Barred:
    """A restricted case that the person may see once they gave a code."""

    reference: str
    kind: str
    mine: bool


@dataclass(frozen=True)
class _Wrong:
    """Why a code was not taken. wait: seconds until another may be typed, where guesses are throttled."""

    status: int
    error: str
    wait: int = 0


async def asked_first(request: web.Request, declared: Page) -> web.Response | None:
    """The page that asks for a code before the route is used; None where it may be used now.

    A form that arrives without one is asked for it and goes on with it, nothing that was written lost.
    """
    site, visit = site_of(request), visit_of(request)
    if declared.second is Second.NEVER or not isinstance(site.way, ByPassword):
        return None
    form = form_of(request) if request.method == "POST" else Form()
    if request.method == "POST":
        request[FORM] = Form({name: each for name, each in form.fields.items() if name != "code"}, form.files)
    live = LIVE_HEADER in request.headers
    if site.conversations.is_confirmed(visit.id, touch=not live):
        return None
    barred = None
    if declared.second is Second.RESTRICTED:
        barred = await site.office.at_desk(site.now(), _barred, person_of(request).id, case_id(request))
        if barred is None:
            return None
    if live:
        return web.Response(status=_NOT_YET)
    wrong = await _take(request, site.way, form.get("code")) if "code" in form.fields else None
    if site.conversations.is_confirmed(visit.id):
        return None
    return await _page(request, site.way, wrong, onward=request.path_qs, written=form.written, barred=barred)


async def show(request: web.Request) -> web.Response:
    """Type a code, then go on to `?next=`."""
    return await _page(request, _way(request), None, onward=own_path(request.query.get("next", "/desk")))


async def confirm(request: web.Request) -> web.Response:
    """Take a code, and go on to where the person was."""
    way, form = _way(request), form_of(request)
    onward = own_path(form.get("next", "/desk"))
    wrong = await _take(request, way, form.get("code"))
    return see(onward) if wrong is None else await _page(request, way, wrong, onward=onward)


def _way(request: web.Request) -> ByPassword:
    way = site_of(request).way
    if not isinstance(way, ByPassword):
        raise Turned(404, words.TROUBLES[404])
    return way


async def _take(request: web.Request, way: ByPassword, code: str) -> _Wrong | None:
    """Check a code, once; None where it is right and was not used before."""
    site, person = site_of(request), person_of(request)
    try:
        step = await asyncio.to_thread(way.passwords.second_factors.check, person.id, code, site.now())
    except Throttled as throttled:
        return _Wrong(429, words.THROTTLED, throttled.wait)
    if step is None or not await site.office.at_desk(site.now(), first_use, person.id, step):
        return _Wrong(403, words.WRONG_CODE)
    site.conversations.confirm(visit_of(request).id)
    return None


async def _page(
    request: web.Request,
    way: ByPassword,
    wrong: _Wrong | None,
    *,
    onward: str,
    written: str = "",
    barred: _Barred | None = None,
) -> web.Response:
    """Asks for the code; who has no second factor is told how to get one. Never a 2xx where a page is held back."""
    has = await asyncio.to_thread(way.passwords.second_factors.has, person_of(request).id)
    again = request.method == "POST" and request.path != "/second-factor"
    sent = barred is not None and barred.mine and "sent" in request.query
    status = wrong.status if wrong else (200 if request.path == "/second-factor" else 403)
    response = page(
        request,
        "second-factor.html",
        status,
        has=has,
        error=sentence(wrong.error) if wrong else None,
        onward=onward,
        again=again,
        carried=form_of(request).fields.items() if again else (),
        written=written,
        receipt=words.SENT_WORDS[barred.kind] if barred and sent else "",
        reference=barred.reference if barred else "",
    )
    if wrong and wrong.wait:
        response.headers["Retry-After"] = str(wrong.wait)
    return response


def _barred(desk: Desk, person_id: str, number: str) -> _Barred | None:
    """None for what is not restricted, and for what is not there or not theirs: the page itself answers that (T16)."""
    case = desk.records.case(number)
    if case is None or not desk.may_see(case, person_id):
        return None
    procedure = desk.procedure(case)
    # What could show a nude child is the safeguarding lead's, whatever the procedure says (T20).
    if not procedure.restricted and case.values.get(GATE) is not True:
        return None
    return _Barred(case.reference, procedure.kind.value, desk.directory.same_human(person_id, case.requester))
