"""Turning away whoever sends too much, with what is not recorded and whom to telephone (SECURITY T26)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from adapters.web.drafts import Started
from adapters.web.site import Later, Turned, form_of, person_of, school_of, site_of
from adapters.web.words import Trouble
from bot import pace_texts, starting
from bot.events import Value
from bot.pace_limits import What, Who


def question(request: web.Request, typed: str = "") -> None:
    """One more question or button. Turns away with the text to copy."""
    wait = _wait(request, What.QUESTION)
    if wait:
        raise Turned(429, Trouble(*pace_texts.question(wait)), typed, Later(wait))


async def draft(request: web.Request, started: Started, values: Mapping[str, Value]) -> None:
    """One more draft to keep. Turns away with the text to copy; what was kept before stays."""
    wait = _wait(request, What.DRAFT)
    if wait:
        told = pace_texts.draft(wait, await _destination(request, started, values))
        raise Turned(429, Trouble(*told), form_of(request).written, Later(wait, _form(started)))


async def files(request: web.Request, started: Started, values: Mapping[str, Value]) -> None:
    """One more sending with files. Turns away before any file is opened; the draft stays."""
    await _sending(request, What.UPLOAD, started, values)


async def start(request: web.Request, started: Started, values: Mapping[str, Value]) -> None:
    """One more case. Turns away before anything is recorded; the draft stays."""
    await _sending(request, What.START, started, values)


async def _sending(request: web.Request, what: What, started: Started, values: Mapping[str, Value]) -> None:
    wait = _wait(request, what)
    if not wait:
        return
    goes_to = await _destination(request, started, values)
    told = pace_texts.start(started.procedure.kind.value, wait, goes_to, files=bool(form_of(request).files))
    raise Turned(429, Trouble(*told), later=Later(wait, f"/start/{started.procedure.slug}/check{started.query}"))


def _wait(request: web.Request, what: What) -> int:
    site = site_of(request)
    return site.pace.allow(Who(person_of(request).id, school_of(request).tenant), what, site.now())


async def _destination(request: web.Request, started: Started, values: Mapping[str, Value]) -> starting.Destination:
    site = site_of(request)
    return await site.office.at_desk(site.now(), starting.destination, started.place, started.procedure, dict(values))


def _form(started: Started) -> str:
    return f"/start/{started.procedure.slug}{started.query}"
