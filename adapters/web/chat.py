"""The chat's pages: ask, press a button, begin anew."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import entrance, pace, words
from adapters.web.answering import no_context
from adapters.web.conversations import Conversation, Exchange
from adapters.web.inbound import sentence
from adapters.web.render import CardView, card
from adapters.web.site import form_of, page, person_of, see, site_of, talk_of, visit_of
from bot import register
from bot.answers import Answer
from bot.errors import BadInput
from bot.organisation import School
from policy_kb.normalise import MAX_CHARACTERS


async def show(request: web.Request) -> web.Response:
    """The conversation so far and the ask box; for a stranger, the way in."""
    talk = visit_of(request).conversation
    return _chat(request, talk) if talk else await entrance.way_in(request)


async def ask(request: web.Request) -> web.Response:
    """Answer a question; text that cannot be read stays in the box with what is wrong beside it."""
    site, typed = site_of(request), form_of(request).get("question", "")
    talk = talk_of(request, typed)
    pace.question(request, typed)
    known = await _with_central(request, talk)
    try:
        turn = await asyncio.to_thread(site.bot.ask, talk.school.policy, typed, talk.context, known)
    except BadInput as error:
        return _chat(request, talk, typed, sentence(str(error)))
    added = talk.add(" ".join(typed.split()), await _with_register(request, typed, turn.answer), turn.context)
    return see(f"/#answer-{added.number}")


async def choose(request: web.Request) -> web.Response:
    """Answer a pressed button in the context of the answer that showed it."""
    site, form = site_of(request), form_of(request)
    talk = talk_of(request)
    pace.question(request)
    # A button sends one name and value, so that kind and value travel joined.
    kind, _, value = form.get("choice", "").partition(":")
    shown = talk.exchange(form.get("turn", ""))
    known = await _with_central(request, talk)
    try:
        label = _label(request, shown, kind, value)
        before = (shown.context if shown else None) or no_context()
        policy = talk.school.policy
        turn = await asyncio.to_thread(site.bot.choose, policy, kind, value, before, known)
    except BadInput as error:
        return _chat(request, talk, "", sentence(str(error)))
    asked = shown.question if shown else label
    added = talk.add(label, await _with_register(request, asked, turn.answer), turn.context)
    return see(f"/#answer-{added.number}")


async def begin_anew(request: web.Request) -> web.Response:
    """Forget the conversation's questions and answers; school and person stay."""
    talk_of(request).clear()
    return see("/")


async def _with_central(request: web.Request, talk: Conversation) -> School:
    """The school with its trust's central team, so that an answer can name the CEO."""
    site = site_of(request)
    return await site.office.at_desk(site.now(), lambda desk: desk.organisation.with_central(talk.school))


async def _with_register(request: web.Request, asked: str, answer: Answer) -> Answer:
    """The answer with the instructions in force for the person and the approved sites that they name."""
    site = site_of(request)
    return await site.office.at_desk(site.now(), register.with_register, person_of(request).id, asked, answer)


def _label(request: web.Request, shown: Exchange | None, kind: str, value: str) -> str:
    """What the pressed button said. Raises BadInput for a button that the answer never showed."""
    if shown:
        for choice in shown.answer.choices:
            if (choice.kind, choice.value) == (kind, value):
                return choice.label
    # The topic pages have a button that asks about their topic without an answer before it.
    topic = site_of(request).bot.ready.knowledge.topics.get(value)
    if kind == "topic" and topic and "turn" not in form_of(request).fields:
        return topic.title
    raise BadInput(words.BUTTON_GONE)


def _chat(request: web.Request, talk: Conversation, typed: str = "", error: str | None = None) -> web.Response:
    return page(
        request,
        "chat.html",
        400 if error else 200,
        policy=site_of(request).bot.policy(talk.school.policy),
        thread=[(exchange, _card(talk, exchange)) for exchange in talk.exchanges],
        examples=words.EXAMPLES,
        typed=typed,
        error=error,
        longest=MAX_CHARACTERS,
    )


def _card(talk: Conversation, exchange: Exchange) -> CardView:
    return card(exchange.answer, talk.school.policy, talk.person)
