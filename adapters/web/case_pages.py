"""The case page: what happens next, the thread, and every action that the person may take."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from adapters.web import form_view, render, words
from adapters.web.drafts import Started
from adapters.web.form_view import raw_of
from adapters.web.inbound import Form, sentence
from adapters.web.site import Turned, form_of, page, person_of, see, site_of
from bot import actions as act
from bot import desk_texts, drafts, views
from bot.case_letter import letter_of
from bot.cases import NOBODY, State, subject_in
from bot.casework import Done
from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from bot.letters import decision_letter
from bot.starting import Choices, choices, place_of
from bot.views import CaseView
from policy_kb.procedures import Kind

_PARTS: dict[str, tuple[str, ...]] = {
    "approve": ("words", "conditions"),
    "decline": ("words",),
    "ask": ("words",),
    "say": ("words",),
    "hand_on": ("to", "words"),
    "withdraw": ("words",),
    "mark_step": ("step", "words"),
    "close": ("words",),
}
"""What each action's form holds beside the words."""

_JUDGED = frozenset({"approve", "decline", "close"})
"""Refused where the case changed since the page was made: nobody decides about what they have not seen."""

_CASE_ID = re.compile(r"[0-9a-f]{32}")


def case_id(request: web.Request) -> str:
    """The id in the address. One that cannot be an id is answered like one that is nobody's."""
    found = request.match_info["case"]
    if not _CASE_ID.fullmatch(found):
        raise NoAccess
    return found


async def show(request: web.Request) -> web.Response:
    """The case as this person may see it; a handler who opens a report has read it."""
    seen = await _view(request)
    view = seen.view
    if view.procedure.kind is Kind.REPORT and "close" in view.may and not view.case.seen:
        site = site_of(request)
        await site.office.act(person_of(request).id, view.case.id, act.Open(), site.now())
        site.pulse.ring()
        seen = await _view(request)
    return _page(request, seen)


async def do(request: web.Request) -> web.Response:
    """Take an action. What is refused changes nothing, says why, and gives the words back."""
    site, person, form = site_of(request), person_of(request), form_of(request)
    number = case_id(request)
    try:
        action = _action(form)
    except BadInput as error:
        return _page(request, await _view(request), 400, sentence(str(error)), form)
    seen = form.get("version")
    done = await site.office.act(
        person.id,
        number,
        action,
        site.now(),
        key=f"web:{number}:{form.get('key')}" if form.get("key") else None,
        seen=int(seen) if action.do in _JUDGED and re.fullmatch(r"\d{1,6}", seen) else None,
    )
    if done.refused:
        return await _refused(request, done, form)
    site.waiting.pop(person.id, None)
    site.pulse.ring()
    # Whoever names the person a report is about may thereby lose it from sight.
    return see(f"/desk?done={action.do}" if action.do == "name_subject" else f"/case/{number}?done={action.do}#top")


async def _refused(request: web.Request, done: Done, form: Form) -> web.Response:
    """The case with the reason; the reason alone for somebody whom the case has left meanwhile."""
    reason = refusal(done)
    try:
        view = await _view(request)
    except NoAccess:
        raise Turned(409, words.TROUBLES[409]._replace(title=words.NOTHING_CHANGED, wrong=reason)) from None
    return _page(request, view, 409, reason, form)


def refusal(done: Done) -> str:
    """Why nothing was changed, for the clicker alone. Raises NoAccess where they must not learn even that."""
    if done.refused == "no_access" or done.refused is None:
        raise NoAccess
    return desk_texts.REFUSALS[done.refused].format(detail=done.detail)


def _action(form: Form) -> act.Action:
    """The action of a pressed button. Raises BadInput."""
    kind = form.get("do")
    if kind == "name_subject":
        return _name_subject(form.get("subject"))
    given: dict[str, object] = {"do": kind, **{part: form.get(part) for part in _PARTS.get(kind, ())}}
    if kind == "approve":
        given["confirmed"] = form.all("confirmed")
    if kind == "mark_step":
        given["done"] = form.get("done") == "yes"
    if kind == "hand_on" and not form.get("to"):
        raise BadInput(desk_texts.REFUSALS["unknown_person"])
    return act.read_action(given)


def _name_subject(given: str) -> act.NameSubject:
    if not given:
        raise BadInput(desk_texts.REFUSALS["unknown_person"])
    return act.NameSubject(subject=None if given == NOBODY else given)


@dataclass(frozen=True)
class _Seen:
    """The case as the person may see it, with whom they may name where they handle a report."""

    view: CaseView
    choices: Choices


async def _view(request: web.Request) -> _Seen:
    site = site_of(request)
    return await site.office.at_desk(site.now(), _seen, person_of(request).id, case_id(request))


def _seen(desk: Desk, person_id: str, number: str) -> _Seen:
    view = views.case_page(desk, person_id, number)
    return _Seen(view, choices(desk, place_of(desk, person_id)) if "close" in view.may else Choices((), ()))


def _page(
    request: web.Request, seen: _Seen, status: int = 200, error: str | None = None, typed: Form | None = None
) -> web.Response:
    view = seen.view
    done = request.query.get("done", "") if request.method == "GET" else ""
    return page(
        request,
        "case.html",
        status,
        view=view,
        choices=seen.choices,
        case=view.case,
        handles=bool(view.may & {"approve", "close"}),
        acts=bool(view.may - {"letter"}),
        error=error,
        typed=typed or Form(),
        key=secrets.token_hex(16),
        done=words.DONE.get(done, words.SENT_WORDS[view.procedure.kind.value] if "sent" in request.query else ""),
        quotes=[render.quote(quote, view.policy.id) for quote in view.quotes],
    )


# Changing a request in its thread.


async def revise_page(request: web.Request) -> web.Response:
    """The form again, with the answers as they stand."""
    view, started = await _to_revise(request)
    raw = drafts.raw_values(view.case.values)
    return _revise_form(request, view, started, raw, {})


async def revise(request: web.Request) -> web.Response:
    """Put other answers in place of the earlier ones; signatures start again."""
    view, started = await _to_revise(request)
    site, person, form = site_of(request), person_of(request), form_of(request)
    raw = raw_of(form)
    read = started.read(raw)
    shown = form.all("shown")
    errors = {key: text for key, text in read.errors.items() if key in shown}
    if errors or drafts.further(started.procedure, read.values, shown):
        return _revise_form(request, view, started, raw, errors)
    action = act.Revise(values=read.values, subject=subject_in(started.procedure, read.values))
    key = f"web:{view.case.id}:{form.get('key')}"
    done = await site.office.act(person.id, view.case.id, action, site.now(), key=key)
    if done.refused:
        return _page(request, await _view(request), 409, refusal(done))
    site.pulse.ring()
    return see(f"/case/{view.case.id}?done=revise#top")


async def _to_revise(request: web.Request) -> tuple[CaseView, Started]:
    site = site_of(request)
    return await site.office.at_desk(site.now(), _revising, person_of(request).id, case_id(request))


def _revising(desk: Desk, person_id: str, number: str) -> tuple[CaseView, Started]:
    view = views.case_page(desk, person_id, number)
    if "revise" not in view.may:
        reason = "stays" if view.case.state is State.OPEN else "ended"
        raise Turned(409, words.TROUBLES[409]._replace(title=words.NOTHING_CHANGED, wrong=desk_texts.REFUSALS[reason]))
    place = place_of(desk, person_id, view.case.school)
    return view, Started(place, view.procedure, choices(desk, place), None, None, other_school=False)


def _revise_form(
    request: web.Request, view: CaseView, started: Started, raw: drafts.Raw, errors: Mapping[str, str]
) -> web.Response:
    read = started.read(raw)
    fields = form_view.field_views(started.procedure, view.policy, started.choices, raw, read.values, errors)
    declined = view.case.state is State.DECLINED
    return page(
        request,
        "revise.html",
        400 if errors else 200,
        view=view,
        procedure=started.procedure,
        fields=fields,
        errors=errors,
        key=secrets.token_hex(16),
        declined=declined,
    )


async def letter(request: web.Request) -> web.Response:
    """The decision as a letter to print."""
    site = site_of(request)
    found = await site.office.at_desk(site.now(), letter_of, person_of(request).id, case_id(request))
    data = await asyncio.to_thread(decision_letter, found)
    return web.Response(
        body=data,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{found.reference}.pdf"'},
    )
