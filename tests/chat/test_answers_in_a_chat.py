"""Answers as cards: the verdict, the clauses letter for letter, what can be started, what is asked back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import actions as act
from bot import desk_texts
from bot.answers import Answer
from bot.chat import chat_texts as texts
from bot.chat.messages import Card, Clause, Heading, Pointed, Tone, Words
from bot.chat.press import Press, unpack
from bot.chat.questions import answer_card
from bot.core import Bot
from bot.texts import OTHERWISE, SILENCE, VERDICT_WORDS
from policy_kb.model import Verdict
from policy_kb.reading import Context
from tests.scenario_chat import account, buttons, readable

from .chatting import Chat, view_of

NOTHING = Context(text="", facts={}, topics=(), weights={})
POLICIES = ("agora", "tlt", "gcc", "att")


def answers(bot: Bot, policy: str) -> list[Answer]:
    """An answer to every topic of a policy, with every value of the fact that it turns on."""
    found = []
    for topic in bot.policy(policy).rulings:
        turn = bot.choose(policy, "topic", topic, NOTHING)
        found.append(turn.answer)
        facts = [choice for choice in turn.answer.choices if choice.kind == "fact"]
        assert turn.context is not None
        found += [bot.choose(policy, "fact", choice.value, turn.context).answer for choice in facts]
    return found


@pytest.mark.parametrize("policy", POLICIES)
def test_every_answer_carries_its_verdict_clauses_and_buttons(bot: Bot, policy: str) -> None:
    seen = set()
    for answer in answers(bot, policy):
        seen.add(answer.verdict)
        card = answer_card(answer, 7)
        verdicts = [part for part in card.parts if isinstance(part, Heading) and part.verdict]
        assert verdicts[0] == Heading(VERDICT_WORDS[answer.verdict], answer.verdict)
        _quoted(bot, policy, answer, card)
        pressed = {b.press for b in buttons(card.parts)}
        offered = {offer.slug for part in answer.shown for offer in part.offers}
        assert {p.value for p in pressed if p.do == "start"} == offered
        chosen = {(p.do, p.value) for p in pressed if p.do != "start" and p.number == 7}
        assert chosen == {(choice.kind, choice.value) for choice in answer.choices}
        assert all(unpack(p.pack()) == p for p in pressed)
        text = readable(card.parts)
        for note in answer.notes:
            assert note in text
        for contact in answer.contacts:
            assert str(contact) in text
    assert {Verdict.NOT_ALLOWED, Verdict.NOT_COVERED} <= seen


def _quoted(bot: Bot, policy: str, answer: Answer, card: Card) -> None:
    """Letter for letter as the policy has it."""
    clauses = bot.policy(policy).clauses
    wanted = [clauses[q.clause].lines for part in answer.shown for q in part.quotes]
    assert [part.lines for part in card.parts if isinstance(part, Clause)] == wanted


async def test_a_question_that_is_not_clear_is_asked_back(chat: Chat) -> None:
    reaction = await chat.say("amara-obi", "photos")
    card = reaction.replies[0]
    assert Heading(VERDICT_WORDS[Verdict.CLARIFY], Verdict.CLARIFY) in card.parts
    labels = {b.label: b for b in buttons(card.parts) if b.press.do in ("topic", "none")}
    assert len(labels) > 1
    first = next(b for b in labels.values() if b.press.do == "topic")
    answered = (await chat.press("amara-obi", first.press)).replies[0]
    assert Heading(VERDICT_WORDS[Verdict.CLARIFY], Verdict.CLARIFY) not in answered.parts


async def test_what_holds_otherwise_stands_below_a_deciding_question(chat: Chat) -> None:
    await chat.say("amara-obi", "May I have Twitter open at my desk?")
    card = (await chat.say("amara-obi", "it's how I keep up with the exam boards")).replies[0]
    text = readable(card.parts)
    order = [VERDICT_WORDS[Verdict.CLARIFY], "for your job", OTHERWISE, VERDICT_WORDS[Verdict.NOT_ALLOWED]]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    answered = (await chat.say("amara-obi", "For my job")).replies[0]
    assert Heading(VERDICT_WORDS[Verdict.ALLOWED_IF], Verdict.ALLOWED_IF) in answered.parts


async def test_danger_is_answered_with_999_first(chat: Chat) -> None:
    card = (await chat.say("amara-obi", "A pupil says she will kill herself tonight on Snapchat")).replies[0]
    first, second = card.parts[:2]
    assert first == Heading(texts.SAFETY)
    assert isinstance(second, Words)
    assert second.tone is Tone.ALARM
    assert "999" in second.text
    assert "999" in card.summary


async def test_what_the_policy_does_not_cover_is_no_permission(chat: Chat) -> None:
    card = (await chat.say("amara-obi", "Can I grow tomatoes on the roof?")).replies[0]
    assert Heading(VERDICT_WORDS[Verdict.NOT_COVERED], Verdict.NOT_COVERED) in card.parts
    silent = next(a for a in answers(chat.scene.bot, "agora") if a.verdict is Verdict.NOT_COVERED and a.parts)
    assert SILENCE in readable(answer_card(silent, 1).parts)


async def test_a_follow_up_leans_on_the_same_place_alone(chat: Chat) -> None:
    await chat.say("sian-rees", "Can I accept a friend request from a pupil?", "D-1")
    follow = "and a parent?"
    leaning = (await chat.say("sian-rees", follow, "D-1")).replies[0]
    alone = (await chat.say("sian-rees", follow, "D-2")).replies[0]
    other = (await chat.say("omar-haddad", follow, "D-1")).replies[0]
    assert _verdicts(leaning) != _verdicts(alone)
    assert _verdicts(alone) == _verdicts(other)


async def test_a_conversation_is_forgotten_after_half_an_hour(chat: Chat) -> None:
    await chat.say("sian-rees", "Can I accept a friend request from a pupil?", "D-1")
    follow = "and a parent?"
    chat.scene.now += timedelta(minutes=31)
    later = (await chat.say("sian-rees", follow, "D-1")).replies[0]
    assert _verdicts(later) == _verdicts((await chat.say("sian-rees", follow, "D-2")).replies[0])


def _verdicts(card: Card) -> list[str]:
    """What it says, and of what."""
    return [part.text for part in card.parts if isinstance(part, Heading | Words)]


async def test_where_others_read_it_nothing_personal_is_said(chat: Chat) -> None:
    question = "A reporter has messaged me about our school"
    alone = readable((await chat.say("amara-obi", question, "D-1")).replies[0].parts)
    public = readable((await chat.say("amara-obi", question, "C-1", public=True)).replies[0].parts)
    assert "Helen Marsh" in alone
    names = {p.name for s in chat.scene.organisation.schools for p in s.people}
    assert not [name for name in names if name in public]


async def test_a_special_instruction_reaches_the_person_alone(chat: Chat) -> None:
    rule = "Ask me before you post."
    done = await chat.opened("mark-duffy", "special-instruction", {"who": "sian-rees", "rule": rule})
    points = chat.procedure("mark-duffy", "special-instruction").checklist
    await chat.scene.office.act("ruth-cole", done.case_id, act.Approve(words="Yes", confirmed=points), chat.scene.now)
    told = desk_texts.INSTRUCTION.format(rule=rule)
    assert told in readable((await chat.say("sian-rees", "Can I use the logo?")).replies[0].parts)
    public = (await chat.say("sian-rees", "Can I use the logo?", "C-1", public=True)).replies[0]
    assert told not in readable(public.parts)
    assert told not in readable((await chat.say("omar-haddad", "Can I use the logo?")).replies[0].parts)


async def test_a_choice_is_the_askers_alone(chat: Chat) -> None:
    card = (await chat.say("amara-obi", "photos")).replies[0]
    choice = next(b for b in buttons(card.parts) if b.press.do == "topic")
    reaction = await chat.press("tom-price", choice.press)
    assert (reaction.replies, reaction.hint) == ((), texts.BUTTON_GONE)


async def test_a_choice_that_was_never_shown_is_not_taken(chat: Chat) -> None:
    card = (await chat.say("amara-obi", "photos")).replies[0]
    number = next(b for b in buttons(card.parts) if b.press.do == "topic").press.number
    for press in (
        Press("topic", value="press", number=number),
        Press("fact", value="about=headteacher", number=number),
        Press("topic", value="no-such-topic"),
        Press("none", number=number + 1),
    ):
        reaction = await chat.press("amara-obi", press)
        assert (reaction.replies, reaction.hint) == ((), texts.BUTTON_GONE)


@pytest.mark.parametrize("text", ["", " \n", "?!?" * 3_000, "\ud800", "\x00"])
async def test_what_cannot_be_read_is_said_kindly(chat: Chat, text: str) -> None:
    reaction = await chat.say("amara-obi", text)
    assert reaction.hint
    assert not reaction.replies


async def test_a_message_that_was_pointed_at_is_answered_to_the_person_alone(chat: Chat) -> None:
    asked = "Can I add my pupils on Instagram?"
    who = account("sian-rees")
    reaction = await chat.handle(Pointed(who, False, "https://chat.example/1", asked, "C-1", "k"))
    assert not reaction.replies
    shown = view_of(reaction)
    direct = (await chat.say("sian-rees", asked)).replies[0]
    assert readable(shown.parts) == readable(direct.parts)


# "This did not answer me."


async def test_a_question_is_kept_with_consent_alone_and_without_a_name(chat: Chat) -> None:
    before = chat.rows()
    card = (await chat.say("amara-obi", "Can I juggle on TikTok for Jo?")).replies[0]
    assert card.feedback is not None
    asks = view_of(await chat.press("amara-obi", card.feedback))
    assert asks.raw == {"question": ("Can I juggle on TikTok for Jo?",)}
    assert chat.rows()["feedback"] == before["feedback"]
    given = {"question": ("Can I juggle on TikTok?",)}
    for _ in range(2):
        reaction = await chat.send("amara-obi", asks.press, given, key="same")
        assert reaction.close
    tenant = chat.scene.person("amara-obi")[1].tenant
    kept = await chat.scene.office.at_desk(chat.scene.now, lambda desk: desk.records.feedback(tenant))
    assert len(kept) == 1
    assert b"Can I juggle on TikTok?" in kept[0].body
    assert b"Jo" not in kept[0].body
    assert b"amara" not in kept[0].body.lower()


async def test_feedback_says_what_is_wrong_in_place(chat: Chat) -> None:
    press = Press("feedback_keep", number=1)
    for text in ("", "x" * 4_001):
        reaction = await chat.send("amara-obi", press, {"question": (text,)})
        assert set(reaction.errors) == {"question"}
        assert view_of(reaction).inputs[0].error
    assert chat.rows()["feedback"] == 0


async def test_thanks_for_an_answer_that_helped(chat: Chat) -> None:
    reaction = await chat.press("amara-obi", Press("feedback", value="yes", number=1))
    assert reaction.hint == texts.THANKS
