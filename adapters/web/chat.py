"""The chat's pages: choose who you are, ask, press a button, begin anew."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import words
from adapters.web.conversations import Conversation, Exchange
from adapters.web.desk import no_context
from adapters.web.inbound import sentence
from adapters.web.render import CardView, card
from adapters.web.site import form_of, keep, page, site_of, talk_of, visit_of
from bot.errors import BadInput
from policy_kb.normalise import MAX_CHARACTERS


async def show(request: web.Request) -> web.Response:
    """The conversation so far and the ask box; without a conversation, the choice of school."""
    talk = visit_of(request).conversation
    return _chat(request, talk) if talk else await choose_school(request)


async def choose_school(request: web.Request) -> web.Response:
    """Choose a school, then (`?school=`) a person of it."""
    site = site_of(request)
    school = site.organisation.school(request.query.get("school", ""))
    policies = {s.id: site.desk.policy(s.policy) for s in site.organisation.schools}
    return page(request, "who.html", school=school, policies=policies)


async def begin(request: web.Request) -> web.Response:
    """Start a conversation as a person of a school."""
    site, form = site_of(request), form_of(request)
    school = site.organisation.school(form.get("school", ""))
    person = next((p for p in school.people if p.id == form.get("person")), None) if school else None
    if school is None or person is None:
        raise BadInput(words.UNKNOWN_SCHOOL)
    response = _see("/")
    keep(response, site, site.conversations.begin(school, person, instead_of=visit_of(request).id))
    return response


async def ask(request: web.Request) -> web.Response:
    """Answer a question; text that cannot be read stays in the box with what is wrong beside it."""
    site, typed = site_of(request), form_of(request).get("question", "")
    talk = talk_of(request, typed)
    try:
        turn = await asyncio.to_thread(site.desk.ask, talk.school.policy, typed, talk.context, talk.school)
    except BadInput as error:
        return _chat(request, talk, typed, sentence(str(error)))
    added = talk.add(" ".join(typed.split()), turn.answer, turn.context)
    return _see(f"/#answer-{added.number}")


async def choose(request: web.Request) -> web.Response:
    """Answer a pressed button in the context of the answer that showed it."""
    site, form = site_of(request), form_of(request)
    talk = talk_of(request)
    # A button sends one name and value, so that kind and value travel joined.
    kind, _, value = form.get("choice", "").partition(":")
    shown = talk.exchange(form.get("turn", ""))
    try:
        label = _label(request, shown, kind, value)
        before = (shown.context if shown else None) or no_context()
        policy = talk.school.policy
        turn = await asyncio.to_thread(site.desk.choose, policy, kind, value, before, talk.school)
    except BadInput as error:
        return _chat(request, talk, "", sentence(str(error)))
    added = talk.add(label, turn.answer, turn.context)
    return _see(f"/#answer-{added.number}")


async def begin_anew(request: web.Request) -> web.Response:
    """Forget the conversation's questions and answers; school and person stay."""
    talk_of(request).clear()
    return _see("/")


def _label(request: web.Request, shown: Exchange | None, kind: str, value: str) -> str:
    """What the pressed button said. Raises BadInput for a button that the answer never showed."""
    if shown:
        for choice in shown.answer.choices:
            if (choice.kind, choice.value) == (kind, value):
                return choice.label
    # The topic pages have a button that asks about their topic without an answer before it.
    topic = site_of(request).desk.ready.knowledge.topics.get(value)
    if kind == "topic" and topic and "turn" not in form_of(request):
        return topic.title
    raise BadInput(words.BUTTON_GONE)


def _chat(request: web.Request, talk: Conversation, typed: str = "", error: str | None = None) -> web.Response:
    return page(
        request,
        "chat.html",
        400 if error else 200,
        policy=site_of(request).desk.policy(talk.school.policy),
        thread=[(exchange, _card(talk, exchange)) for exchange in talk.exchanges],
        examples=words.EXAMPLES,
        typed=typed,
        error=error,
        longest=MAX_CHARACTERS,
    )


def _card(talk: Conversation, exchange: Exchange) -> CardView:
    return card(exchange.answer, talk.school.policy, f"turn={exchange.number}", talk.person)


def _see(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
