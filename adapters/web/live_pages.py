"""The streams by which open pages learn that they are out of date: they carry a mark, never a word of a case."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from adapters.web.case_pages import case_id
from adapters.web.live import KEEP_SECONDS, LOOK_SECONDS, MOST_STREAMS, RETRY_MILLISECONDS
from adapters.web.site import Site, person_of, site_of, visit_of
from bot.desk import Desk, NoAccess

GONE = "gone"


async def desk_stream(request: web.Request) -> web.StreamResponse:
    """Says when the person's desk changed."""
    return await _stream(request, None)


async def case_stream(request: web.Request) -> web.StreamResponse:
    """Says when a case changed. Raises NoAccess."""
    return await _stream(request, case_id(request))


def desk_mark(desk: Desk, person_id: str) -> str:
    """Changes whenever the desk's page would."""
    person, _ = desk.person(person_id)
    return desk.records.mark_of(person.id, person.who)


def case_mark(desk: Desk, person_id: str, number: str, known: str) -> str:
    """The case's version; GONE where the person may not see it any more. known: the mark that the reader has."""
    version = desk.records.version_of(number)
    if version is not None and str(version) == known:
        return known
    case = desk.records.case(number) if version is not None else None
    return str(version) if case and desk.may_see(case, person_id) else GONE


async def _mark(site: Site, person_id: str, number: str | None, known: str) -> str:
    try:
        if number is None:
            return await site.office.at_desk(site.now(), desk_mark, person_id)
        return await site.office.at_desk(site.now(), case_mark, person_id, number, known)
    except NoAccess:
        return GONE


async def _stream(request: web.Request, number: str | None) -> web.StreamResponse:
    site, person, visit = site_of(request), person_of(request), visit_of(request)
    known = request.query.get("mark", "")
    # Somebody who may not see the case learns nothing from a mark they guessed.
    if await _mark(site, person.id, number, "") == GONE:
        raise NoAccess
    if site.pulse.streams >= MOST_STREAMS or request.method == "HEAD":
        return web.Response(status=204)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    site.pulse.streams += 1
    try:
        with contextlib.suppress(ConnectionError):
            await response.write(f"retry: {RETRY_MILLISECONDS}\n\n".encode())
            await _tell(response, site, person.id, number, known, visit.id)
    finally:
        site.pulse.streams -= 1
    return response


async def _tell(
    response: web.StreamResponse, site: Site, person_id: str, number: str | None, known: str, visit: str
) -> None:
    """Until the reader goes, the person is signed out, the case is theirs no more, or the server stops."""
    quiet_since = asyncio.get_running_loop().time()
    while not site.pulse.closed and site.conversations.find(visit, touch=False):
        mark = await _mark(site, person_id, number, known)
        now = asyncio.get_running_loop().time()
        if mark != known:
            await response.write(f"data: {mark}\n\n".encode())
            known, quiet_since = mark, now
        elif now - quiet_since >= KEEP_SECONDS:
            await response.write(b": here\n\n")
            quiet_since = now
        if mark == GONE:
            return
        await site.pulse.wait(LOOK_SECONDS)
