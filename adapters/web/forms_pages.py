"""The way to a case: the menu, the form, the check before it is sent, the gate before any file, the sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from aiohttp import web

from adapters.web import form_view, pace, render, words
from adapters.web.drafts import Started, started
from adapters.web.form_view import raw_of
from adapters.web.inbound import Sent, sentence
from adapters.web.site import Turned, form_of, page, person_of, see, site_of
from bot import drafts, evidence, forms, starting
from bot import events as ev
from bot.cases import GATE
from bot.casework import Upload
from bot.drafts import Draft, NotOffered
from bot.errors import BadInput
from bot.store.records import new_id

Result = TypeVar("Result")


async def menu(request: web.Request) -> web.Response:
    """Everything that the person's policy defines, grouped."""
    site = site_of(request)
    found = await site.office.at_desk(site.now(), drafts.menu, person_of(request).id, request.query.get("school"))
    return page(request, "menu.html", menu=found, query=_query(request))


async def form(request: web.Request) -> web.Response:
    """The form, with what was filled in before; a look-up leads to what it shows."""
    looked_up = await _look_up(request)
    if looked_up:
        return see(looked_up)
    started = await _started(request)
    draft = started.draft or Draft()
    return await _form(request, started, draft, started.read(draft.raw), {}, resumed=started.draft is not None)


async def fill(request: web.Request) -> web.Response:
    """Keep the answers; go on to the check, or show what is missing."""
    started, sent = await _started(request), form_of(request)
    draft = (started.draft or Draft()).written(raw_of(sent))
    await pace.draft(request, started, started.read(draft.raw).values)
    await _at_desk(request, drafts.keep_draft, draft)
    if sent.get("do") == "keep":
        return web.Response(status=204)
    read = started.read(draft.raw)
    shown = sent.all("shown")
    further = drafts.further(started.procedure, read.values, shown)
    errors = {key: text for key, text in read.errors.items() if key in shown}
    if errors or further:
        return await _form(request, started, draft, read, errors, 400 if errors else 200, further=further)
    return see(f"/start/{started.procedure.slug}/check{started.query}")


async def check(request: web.Request) -> web.Response:
    """Everything once more before it goes, with whom it goes to; files after the gate."""
    return await _check(request, await _started(request))


async def gate(request: web.Request) -> web.Response:
    """Keep the answer to the gate: only a plain no opens the way to a file (SECURITY T20)."""
    started, answer = await _started(request), form_of(request).get("gate")
    if started.draft is None or answer not in ("yes", "no", ""):
        raise BadInput(words.BUTTON_GONE)
    await pace.draft(request, started, started.read(started.draft.raw).values)
    await _at_desk(request, drafts.keep_draft, replace(started.draft, gate=answer))
    return see(f"/start/{started.procedure.slug}/check{started.query}#files")


async def drop(request: web.Request) -> web.Response:
    """Forget the draft."""
    await _started(request)
    await _at_desk(request, drafts.drop_draft)
    return see(f"/start{_query(request)}")


async def send(request: web.Request) -> web.Response:
    """Open the case. Files come with this form alone, and only where the gate was answered with no."""
    site, person, sent = site_of(request), person_of(request), form_of(request)
    started = await _started(request)
    draft = started.draft
    if draft is None or sent.get("key").partition("-")[0] != draft.key:
        return see("/desk?sent=already#mine")
    if sent.get("key") != draft.stamp:
        return await _check(request, started, words.CHANGED_ELSEWHERE)
    read = started.read(draft.raw)
    if read.errors:
        return see(f"/start/{started.procedure.slug}{started.query}")
    try:
        if sent.files:
            await pace.files(request, started, read.values)
        uploads = await _uploads(started, draft, sent.files)
    except BadInput as error:
        return await _check(request, started, sentence(str(error)))
    await pace.start(request, started, read.values)
    held_back: dict[str, ev.Value] = {GATE: True} if draft.gate == "yes" else {}
    done = await site.office.start(
        person.id,
        started.procedure.slug,
        {**read.values, **held_back},
        site.now(),
        uploads=uploads,
        school_id=started.place.school.id,
        key=draft.delivery,
    )
    await _at_desk(request, drafts.drop_draft)
    site.pulse.ring()
    return see(f"/case/{done.case_id}?sent=yes")


async def _look_up(request: web.Request) -> str | None:
    """Where a look-up leads; None where the procedure is another kind."""
    site = site_of(request)
    place = await site.office.at_desk(
        site.now(), starting.place_of, person_of(request).id, request.query.get("school") or None
    )
    procedure = place.policy.procedures.get(request.match_info["slug"])
    return words.LOOK_UPS[procedure.look.value] if procedure and procedure.look else None


async def _started(request: web.Request) -> Started:
    try:
        return await _at_desk(request, started)
    except NotOffered as error:
        raise Turned(404, words.NOT_OFFERED) from error


async def _at_desk(request: web.Request, fn: Callable[..., Result], *more: object) -> Result:
    """fn(desk, person, slug, school, ...) in one transaction."""
    site = site_of(request)
    slug, school = request.match_info["slug"], request.query.get("school")
    return await site.office.at_desk(site.now(), fn, person_of(request).id, slug, school, *more)


async def _form(
    request: web.Request,
    started: Started,
    draft: Draft,
    read: forms.Read,
    errors: Mapping[str, str],
    status: int = 200,
    *,
    further: Sequence[str] = (),
    resumed: bool = False,
) -> web.Response:
    procedure, policy = started.procedure, started.place.policy
    fields = form_view.field_views(procedure, policy, started.choices, draft.raw, read.values, errors)
    return page(
        request,
        "form.html",
        status,
        started=started,
        procedure=procedure,
        fields=fields,
        errors=errors,
        further=[f for f in fields if f.field.id in further] if not errors else [],
        resumed=resumed,
        goes_to=await _goes_to(request, started, read),
        quotes=_quotes(started),
        action=f"/start/{procedure.slug}{started.query}",
    )


async def _check(request: web.Request, started: Started, error: str | None = None) -> web.Response:
    draft, procedure = started.draft, started.procedure
    if draft is None or started.read(draft.raw).errors:
        return see(f"/start/{procedure.slug}{started.query}")
    read, names = started.read(draft.raw), started.choices.names()
    return page(
        request,
        "check.html",
        400 if error else 200,
        started=started,
        procedure=procedure,
        draft=draft,
        error=error,
        answers=[
            (field.label, forms.shown(field, read.values[field.id], lambda key: names.get(key, key)), field.id)
            for field in drafts.asked(procedure, read.values)
            if field.id in read.values
        ],
        goes_to=await _goes_to(request, started, read),
        gate=evidence,
        base=f"/start/{procedure.slug}",
    )


async def _goes_to(request: web.Request, started: Started, read: forms.Read) -> starting.Destination:
    site = site_of(request)
    return await site.office.at_desk(site.now(), starting.destination, started.place, started.procedure, read.values)


async def _uploads(started: Started, draft: Draft, sent: Sequence[Sent]) -> tuple[Upload, ...]:
    """The files, checked and re-encoded. Raises BadInput; also for files that came past the gate."""
    if not sent:
        return ()
    if draft.gate != "no" or not started.procedure.takes_evidence:
        raise BadInput(words.NO_FILES_HERE)
    return tuple([await asyncio.to_thread(_upload, file) for file in sent])


def _upload(sent: Sent) -> Upload:
    checked = evidence.check(sent.name, sent.data)
    attachment = ev.Attachment(id=new_id(), kind=checked.kind, size=checked.size, sha256=checked.sha256)
    return Upload(attachment, sent.data, checked.viewer, checked.viewer_kind)


def _quotes(started: Started) -> list[render.QuoteView]:
    found = [render.clause_quote(started.place.policy, clause) for clause in started.procedure.clauses]
    return [quote for quote in found if quote]


def _query(request: web.Request) -> str:
    school = request.query.get("school", "")
    return f"?school={quote(school, safe='')}" if school else ""
