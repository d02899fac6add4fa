"""Deciding and writing in a chat: cards, dialogs, the thread under a card, and what a restricted case shows."""

from __future__ import annotations

import pytest

from bot import actions as act
from bot import desk_texts
from bot.chat import chat_texts as texts
from bot.chat.messages import Button, Card, Entry, Said, Spot
from bot.chat.press import Press
from policy_kb.procedures import FieldType
from tests.scenario_chat import account, buttons, readable

from .chatting import ASKERS, Chat, view_of

WORDS = "  Say *only* <b>this</b>:\n\n1. “Yes”, & no @more.  "
SAID = WORDS.strip()
CANARY = "zebra-crossing-7"


async def media(chat: Chat) -> str:
    """A request that waits for Helen Marsh; its id."""
    return (await chat.opened("amara-obi", "media-enquiry", {"outlet": "The Gazette"})).case_id


def on(card: Card, value: str) -> Button:
    """The card's button for an action."""
    return next(b for b in buttons(card.parts) if b.press.value == value)


async def test_a_request_is_approved_from_the_card(chat: Chat) -> None:
    case = await media(chat)
    card = chat.card("helen-marsh", case)
    first, *others = buttons(card.parts)
    assert first.press == Press("open", case=case)
    approve, decline = on(card, "approve"), on(card, "decline")
    assert (approve.main, decline.danger) == (True, True)
    assert {b.press.value for b in others} == {"approve", "decline", "ask", "say", "hand_on"}
    assert "The Gazette" in readable(card.parts)
    dialog = view_of(await chat.press("helen-marsh", approve.press))
    assert "Amara Obi" in dialog.inputs[0].label
    raw = {"words": (WORDS,), "conditions": ("By telephone only",)}
    for _ in range(2):
        reaction = await chat.send("helen-marsh", dialog.press, raw, key="click")
        assert texts.ACTED["approve"] in readable(view_of(reaction).parts)
        assert reaction.home
    assert [e.type for e in await chat.scene.events(case)] == ["opened", "stage_began", "signed", "approved"]
    for who, name in (("helen-marsh", "You"), ("amara-obi", "Helen Marsh")):
        decided = chat.card(who, case)
        entry = next(part for part in decided.parts if isinstance(part, Entry))
        assert (entry.who, entry.words, entry.conditions) == (name, SAID, "By telephone only")
        assert entry.when == "20 November 2026, 10:00"
        assert not [b for b in buttons(decided.parts) if b.press.do == "act"]
    page = view_of(await chat.press("amara-obi", Press("open", case=case)))
    assert SAID in readable(page.parts)


async def test_a_click_on_what_was_settled_changes_nothing_and_says_why(chat: Chat) -> None:
    case = await media(chat)
    approve = on(chat.card("helen-marsh", case), "approve")
    dialog = view_of(await chat.press("helen-marsh", approve.press))
    await chat.scene.office.act("amara-obi", case, act.Withdraw(), chat.scene.now)
    for reaction in (
        await chat.press("helen-marsh", approve.press),
        await chat.send("helen-marsh", dialog.press, {"words": ("Yes",), "conditions": ()}),
    ):
        view = view_of(reaction)
        assert view.title == texts.NOTHING_CHANGED
        assert "settled meanwhile" in readable(view.parts)
    assert "signed" not in [e.type for e in await chat.scene.events(case)]


async def test_nobody_decides_about_what_they_have_not_seen_and_no_words_are_lost(chat: Chat) -> None:
    case = await media(chat)
    dialog = view_of(await chat.press("helen-marsh", on(chat.card("helen-marsh", case), "approve").press))
    await chat.scene.office.act("amara-obi", case, act.Say(words="It was another day"), chat.scene.now)
    again = view_of(await chat.send("helen-marsh", dialog.press, {"words": (WORDS,), "conditions": ()}))
    assert desk_texts.REFUSALS["changed"] in readable(again.parts)
    assert again.raw["words"] == (WORDS,)
    assert "signed" not in [e.type for e in await chat.scene.events(case)]
    await chat.send("helen-marsh", again.press, again.raw)
    assert "approved" in [e.type for e in await chat.scene.events(case)]


@pytest.mark.parametrize("kind", ["approve", "decline", "ask", "say", "hand_on"])
async def test_words_are_wanted_and_limited(chat: Chat, kind: str) -> None:
    case = await media(chat)
    dialog = view_of(await chat.press("helen-marsh", on(chat.card("helen-marsh", case), kind).press))
    to = {"to": dialog.inputs[0].choices[0].value} if kind == "hand_on" else {}
    for words, says in (("", "few words"), (" \n ", "few words"), ("x" * 8_001, "longer than 8,000")):
        raw = {"words": (words,), **{key: (value,) for key, value in to.items()}}
        reaction = await chat.send("helen-marsh", dialog.press, raw)
        assert set(reaction.errors) == {"words"}
        assert says in reaction.errors["words"]
        shown = next(each for each in view_of(reaction).inputs if each.id == "words")
        assert (shown.values, shown.error) == ((words,), reaction.errors["words"])
    assert len(await chat.scene.events(case)) == 2
    raw = {"words": ("x" * 8_000,), **{key: (value,) for key, value in to.items()}}
    assert not (await chat.send("helen-marsh", dialog.press, raw)).errors
    assert len(await chat.scene.events(case)) > 2


async def test_a_checklist_is_confirmed_point_by_point(chat: Chat) -> None:
    done = await chat.opened("beth-young", "message-check")
    points = chat.procedure("beth-young", "message-check").checklist
    dialog = view_of(await chat.press("diane-foster", on(chat.card("diane-foster", done.case_id), "approve").press))
    asked = next(each for each in dialog.inputs if each.id == "confirmed")
    assert tuple(choice.label for choice in asked.choices) == points
    raw = {"words": ("Yes",), "conditions": (), "confirmed": tuple(c.value for c in asked.choices[1:])}
    reaction = await chat.send("diane-foster", dialog.press, raw)
    assert points[0] in reaction.errors["confirmed"]
    raw["confirmed"] = tuple(c.value for c in asked.choices)
    assert not (await chat.send("diane-foster", dialog.press, raw)).errors
    assert "signed" in [e.type for e in await chat.scene.events(done.case_id)]


async def test_a_long_thread_is_read_to_its_beginning(chat: Chat) -> None:
    case = await media(chat)
    for number in range(40):
        await chat.scene.office.act("amara-obi", case, act.Say(words=f"Line {number}."), chat.scene.now)
    view = view_of(await chat.press("helen-marsh", Press("open", case=case)))
    read, pages = readable(view.parts), 0
    while older := next((b for b in buttons(view.parts) if b.press.do == "older"), None):
        view, pages = view_of(await chat.press("helen-marsh", older.press)), pages + 1
        read = f"{readable(view.parts)}\n{read}"
        assert sum(isinstance(part, Entry) for part in view.parts) <= 12
    assert pages == 3
    assert [read.index(f"Line {number}.") for number in range(40)] == sorted(
        read.index(f"Line {number}.") for number in range(40)
    )
    assert read.count("made this") == 1


# Words under a card.


async def test_words_under_a_card_go_to_the_people_of_the_case(chat: Chat) -> None:
    case = await media(chat)
    helen, amara = chat.spot("helen-marsh", case), chat.spot("amara-obi", case)
    asked = await chat.say("helen-marsh", WORDS, under=helen)
    assert (asked.replies, asked.view) == ((), None)
    assert "Amara Obi" in asked.hint
    answered = await chat.say("amara-obi", "Tuesday", under=amara)
    assert "Helen Marsh" in answered.hint
    said = [(e.by, getattr(e, "words", "")) for e in await chat.scene.events(case) if e.type == "said"]
    assert said == [("helen-marsh", SAID), ("amara-obi", "Tuesday")]


async def test_what_is_no_letter_is_left_out_of_words(chat: Chat) -> None:
    """Halves of characters, which a payload can hold, could not be stored."""
    case = await media(chat)
    dialog = view_of(await chat.press("amara-obi", on(chat.card("amara-obi", case), "say").press))
    await chat.send("amara-obi", dialog.press, {"words": ("a\ud800b\x00\r\nc 😀",)})
    await chat.say("amara-obi", "d\udfffe", under=chat.spot("amara-obi", case))
    said = [getattr(event, "words", "") for event in await chat.scene.events(case) if event.type == "said"]
    assert said == ["ab\nc 😀", "de"]


async def test_a_repeated_message_is_passed_on_once(chat: Chat) -> None:
    case = await media(chat)
    said = Said(account("amara-obi"), "Tuesday", "D", "same", chat.spot("amara-obi", case))
    for _ in range(2):
        assert "Helen Marsh" in (await chat.handle(said)).hint
    assert [e.type for e in await chat.scene.events(case)].count("said") == 1


@pytest.mark.parametrize("words", ["", " ", "x" * 8_001])
async def test_words_that_cannot_go_are_refused_kindly(chat: Chat, words: str) -> None:
    case = await media(chat)
    reaction = await chat.say("amara-obi", words, under=chat.spot("amara-obi", case))
    assert reaction.hint
    assert len(await chat.scene.events(case)) == 2


async def test_words_under_a_settled_case_change_nothing(chat: Chat) -> None:
    case = await media(chat)
    spot = chat.spot("amara-obi", case)
    await chat.scene.office.act("helen-marsh", case, act.Decline(words="No"), chat.scene.now)
    await chat.scene.worker.settle()
    assert "settled" in (await chat.say("amara-obi", "But why?", under=spot)).hint
    assert "said" not in [e.type for e in await chat.scene.events(case)]


async def test_somebody_elses_card_takes_no_words(chat: Chat) -> None:
    """A card that was forwarded: the words are a question of their own."""
    case = await media(chat)
    reaction = await chat.say("tom-price", "Can I use the logo?", under=chat.spot("helen-marsh", case))
    assert reaction.replies
    assert len(await chat.scene.events(case)) == 2


async def test_words_in_any_other_thread_are_a_question(chat: Chat) -> None:
    assert (await chat.say("amara-obi", "Can I use the logo?", under=Spot("D-1", "99"))).replies


# Restricted cases (SECURITY T07): nothing but the reference outside a dialog.


async def test_a_restricted_case_shows_its_reference_alone(chat: Chat) -> None:
    for policy, who in ASKERS.items():
        for procedure in chat.scene.bot.policy(policy).procedures.values():
            # Whoever could only name a site of the register, which is empty here, has nothing to report.
            if procedure.restricted and not any(f.type is FieldType.SITE and f.required for f in procedure.fields):
                await _shows_the_reference_alone(chat, who, procedure.slug)


async def _shows_the_reference_alone(chat: Chat, who: str, slug: str) -> None:
    written = {key: values[0] for key, values in chat.fewest(who, slug).items() if "Zeugma" in "".join(values)}
    assert written, slug
    done = await chat.opened(who, slug, {key: f"{CANARY} {key}" for key in written})
    holders = {person for person, case in chat.phones.cards if case == done.case_id}
    assert len(holders) > 1
    waits = min(await _waits_for(chat, done.case_id))
    said = await chat.say(who, f"{CANARY} in the thread", under=chat.spot(who, done.case_id))
    asks = view_of(await chat.press(waits, Press("act", case=done.case_id, value="ask")))
    await chat.send(waits, asks.press, {"words": (f"{CANARY} asked",)})
    secret = {CANARY, chat.procedure(who, slug).title, *(s.title for s in chat.procedure(who, slug).walk)}
    for person in holders:
        card = chat.card(person, done.case_id)
        assert done.reference in card.summary
        assert [b.press for b in buttons(card.parts)] == [Press("open", case=done.case_id)]
        home = await chat.desk.home(account(person), chat.scene.now)
        shown = f"{readable(card.parts)}{card.summary}{readable(home.parts)}{said.hint}"
        assert not [words for words in secret if words in shown], slug
    posted = [text for _, _, text, case in chat.scene.posted.posts if case == done.case_id]
    assert not [text for text in posted if any(words in text for words in secret)]
    opened = view_of(await chat.press(waits, Press("open", case=done.case_id)))
    assert CANARY in readable(opened.parts)


async def _waits_for(chat: Chat, case: str) -> set[str]:
    """Those who have the case under what waits for them."""
    found = set()
    for person in {person for person, of in chat.phones.cards if of == case}:
        view = view_of(await chat.press(person, Press("waiting")))
        if case in {b.press.case for b in buttons(view.parts)}:
            found.add(person)
    return found


async def test_whoever_opens_a_report_has_read_it(chat: Chat) -> None:
    done = await chat.opened("amara-obi", "misuse-report")
    await chat.press("helen-marsh", Press("open", case=done.case_id))
    await chat.press("helen-marsh", Press("open", case=done.case_id))
    assert [e.type for e in await chat.scene.events(done.case_id)].count("seen") == 1


async def test_whoever_names_themselves_loses_the_case_and_its_card(chat: Chat) -> None:
    done = await chat.opened("amara-obi", "misuse-report")
    dialog = view_of(await chat.press("helen-marsh", Press("act", case=done.case_id, value="name_subject")))
    assert (await chat.send("helen-marsh", dialog.press, {"subject": ()})).errors
    named = await chat.send("helen-marsh", dialog.press, {"subject": ("helen-marsh",)})
    assert texts.ACTED["name_subject"] in readable(view_of(named).parts)
    assert ("helen-marsh", done.case_id) not in chat.phones.cards
    gone = view_of(await chat.press("helen-marsh", Press("open", case=done.case_id)))
    assert desk_texts.REFUSALS["no_access"] in readable(gone.parts)


# A card is made for one person.


async def test_a_card_offers_each_person_what_is_theirs(chat: Chat) -> None:
    case = await media(chat)
    mine = {b.press.value for b in buttons(chat.card("amara-obi", case).parts) if b.press.do == "act"}
    assert mine == {"say", "withdraw", "revise"}
    assert texts.WAITS_FOR_YOU in readable(chat.card("helen-marsh", case).parts)
    assert texts.WAITS_FOR_YOU not in readable(chat.card("amara-obi", case).parts)


async def test_long_answers_are_cut_on_the_card_alone(chat: Chat) -> None:
    case = (await chat.opened("amara-obi", "media-enquiry", {"question": "why " * 500})).case_id
    assert len(readable(chat.card("helen-marsh", case).parts)) < 1_500
    page = view_of(await chat.press("helen-marsh", Press("open", case=case)))
    assert ("why " * 500).strip() in readable(page.parts)
