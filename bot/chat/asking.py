"""A question, a pressed choice, or a message pointed at -> an answer; and what did not answer it."""

from __future__ import annotations

import asyncio
import json

from bot import register
from bot.answers import Answer, Choice
from bot.chat import chat_texts as texts
from bot.chat import pacing
from bot.chat.messages import Input, Pointed, Reaction, Said, Tone, View, Words
from bot.chat.press import Press
from bot.chat.questions import answer_card
from bot.chat.room import Call
from bot.chat.talks import Exchange
from bot.core import Turn
from bot.desk import Desk
from bot.errors import BadInput
from bot.organisation import School
from policy_kb.normalise import MAX_CHARACTERS
from policy_kb.procedures import FieldType
from policy_kb.reading import Context

_NOTHING_ASKED = Context(text="", facts={}, topics=(), weights={})


async def answer(call: Call, said: Said) -> Reaction:
    """Answer a message, with what was asked before in the same place. Raises BadInput for what cannot be read."""
    await pacing.question(call)
    exchange = await _asked(call, said.text, " ".join(said.text.split()))
    return Reaction(replies=(answer_card(exchange.answer, exchange.number),))


async def about(call: Call, pointed: Pointed) -> Reaction:
    """Answer to somebody's message, for the person alone. Raises BadInput."""
    await pacing.question(call)
    # The message is somebody else's, so that it is not offered to the curator as the person's own question.
    exchange = await _asked(call, pointed.text, "")
    return Reaction(view=View(texts.POINTED_ASK, answer_card(exchange.answer, exchange.number).parts))


async def common(call: Call) -> Reaction:
    """Answer one of the common questions, for the person alone. Raises BadInput for one never shown."""
    await pacing.question(call)
    if not 0 < call.press.number <= len(texts.COMMON):
        raise BadInput(texts.BUTTON_GONE)
    question = texts.COMMON[call.press.number - 1]
    exchange = await _asked(call, question, question)
    parts = answer_card(exchange.answer, exchange.number).parts
    return Reaction(view=View(texts.COMMON_TITLE, (Words(question, Tone.STRONG), *parts)))


async def choose(call: Call) -> Reaction:
    """Answer a pressed choice in the context of the answer that showed it. Raises BadInput for one never shown."""
    await pacing.question(call)
    school, talks = await call.at_desk(_school), call.room.talks
    found = talks.find(call.account, call.press.number, call.now)
    place, shown = found or (call.place, None)
    choice = _choice(call, shown, school)
    if choice is None or (shown and shown.policy != school.policy):
        raise BadInput(texts.BUTTON_GONE)
    before, asked = (shown.context if shown else None) or _NOTHING_ASKED, shown.question if shown else choice.label
    named = None if call.public else school
    turn = await asyncio.to_thread(call.room.bot.choose, school.policy, choice.kind, choice.value, before, named)
    exchange = await _kept(call, place, school, asked, turn)
    return Reaction(replies=(answer_card(exchange.answer, exchange.number),))


def _choice(call: Call, shown: Exchange | None, school: School) -> Choice | None:
    press = call.press
    if shown:
        return next((c for c in shown.answer.choices if (c.kind, c.value) == (press.do, press.value)), None)
    # A button that asks about a topic without an answer before it.
    topic = call.room.bot.ready.knowledge.topics.get(press.value)
    known = press.do == "topic" and press.number == 0 and press.value in call.room.bot.policy(school.policy).rulings
    return Choice(label=topic.title, kind="topic", value=press.value) if topic and known else None


async def _asked(call: Call, text: str, own_words: str) -> Exchange:
    """own_words: what the person themself wrote."""
    school = await call.at_desk(_school)
    before = call.room.talks.last(call.account, call.place, school.policy, call.now)
    named = None if call.public else school
    turn = await asyncio.to_thread(call.room.bot.ask, school.policy, text, before, named)
    return await _kept(call, call.place, school, own_words, turn)


async def _kept(call: Call, place: str, school: School, asked: str, turn: Turn) -> Exchange:
    """Remember the exchange, and add what the registers say: to the person alone, never where others read it."""
    answer = turn.answer
    if not call.public:
        answer = await call.at_desk(register.with_register, asked, answer)
    return call.room.talks.keep(call.account, place, school.policy, asked, answer, turn.context, call.now)


def _school(desk: Desk, person_id: str) -> School:
    """The person's own, with its trust's central team, so that an answer can name the CEO."""
    return desk.organisation.with_central(desk.person(person_id)[1])


# "This did not answer me."


async def feedback(call: Call) -> Reaction:
    """Thanks; or the question whether the curator may have what was asked."""
    if call.press.value != "no":
        return Reaction(hint=texts.THANKS)
    found = call.room.talks.find(call.account, call.press.number, call.now)
    return Reaction(view=_consent(found[1].question if found else "", call.press.number))


def _consent(question: str, number: int, error: str = "") -> View:
    box = Input(
        "question",
        texts.FEEDBACK_QUESTION,
        FieldType.TEXT,
        required=True,
        help=texts.FEEDBACK_HELP,
        values=(question,) if question else (),
        error=error,
    )
    press = Press("feedback_keep", number=number)
    return View(texts.FEEDBACK_TITLE, (Words(texts.FEEDBACK),), (box,), press, texts.FEEDBACK_KEEP)


async def keep_feedback(call: Call) -> Reaction:
    """Put the question into the curator's queue, without a word on who asked: only now, and only as they wrote it."""
    question = call.given("question").strip()
    error = texts.FEEDBACK_EMPTY if not question else ""
    if len(question) > MAX_CHARACTERS:
        error = texts.FEEDBACK_LONG.format(limit=MAX_CHARACTERS)
    if error:
        return Reaction(view=_consent(question, call.press.number, error), errors={"question": error})
    found = call.room.talks.find(call.account, call.press.number, call.now)
    given = found[1].answer if found else None
    await call.at_desk(_keep, call.key, question, given)
    return Reaction(close=True, hint=texts.FEEDBACK_KEPT)


def _keep(desk: Desk, person_id: str, key: str, question: str, given: Answer | None) -> None:
    _, home = desk.person(person_id)
    said = {"verdict": given.verdict.value, "topics": [part.topic for part in given.parts]} if given else {}
    body = json.dumps({"question": question, **said}).encode()

    def keep() -> str:
        desk.records.keep_feedback(home.tenant, home.policy, body, desk.now)
        return ""

    desk.records.once(desk.records.tag(f"{person_id} {key}"), desk.now, keep)
