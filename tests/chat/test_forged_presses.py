"""Whatever a payload says, nothing happens but what the person may do (SECURITY T04, T16)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import desk_texts
from bot.chat import chat_texts as texts
from bot.chat.messages import Pressed, Submitted
from bot.chat.press import Press, unpack
from bot.errors import BadInput
from tests.scenario_chat import account, buttons, readable

from .chatting import Chat, view_of

STRANGE = "0123456789abcdef" * 2
ACTS = ("approve", "decline", "ask", "say", "hand_on", "withdraw", "close", "name_subject", "mark_step:facts", "revise")
RAW = {"words": ("Fine",), "to": ("amara-obi",), "subject": ("nobody",), "done": ("yes",), "confirmed": ("1", "2")}


async def state(chat: Chat, case: str) -> tuple[int, dict[str, int]]:
    """What a forged press must leave as it is; a first message may be noted, which names no case."""
    rows = {name: count for name, count in chat.rows().items() if name not in ("accounts", "inbox")}
    return len(await chat.scene.events(case)), rows


@pytest.mark.parametrize("slug", ["media-enquiry", "misuse-report"])
async def test_other_peoples_cases_are_like_none_at_all(chat: Chat, slug: str) -> None:
    case = (await chat.opened("amara-obi", slug)).case_id
    before = await state(chat, case)
    for who in ("tom-price", "jade-owen", "fiona-drew"):
        for value in ACTS:
            press = Press("do", case=case, value=value)
            found = await chat.send(who, press, RAW), await chat.press(who, Press("act", case=case, value=value))
            unknown = Press("do", case=STRANGE, value=value)
            none = await chat.send(who, unknown, RAW), await chat.press(who, Press("act", case=STRANGE, value=value))
            assert found == none, (who, value)
            assert desk_texts.REFUSALS["no_access"] in readable(view_of(found[0]).parts)
        for do in ("open", "older"):
            assert await chat.press(who, Press(do, case=case)) == await chat.press(who, Press(do, case=STRANGE))
    assert await state(chat, case) == before


async def test_nobody_approves_their_own_request(chat: Chat) -> None:
    case = (await chat.opened("amara-obi", "media-enquiry")).case_id
    before = await state(chat, case)
    for value in ("approve", "decline", "hand_on", "ask"):
        for reaction in (
            await chat.press("amara-obi", Press("act", case=case, value=value)),
            await chat.send("amara-obi", Press("do", case=case, value=value), RAW),
        ):
            assert view_of(reaction).title == texts.NOTHING_CHANGED
    assert await state(chat, case) == before


async def test_a_card_of_somebody_else_decides_for_nobody(chat: Chat) -> None:
    """A forwarded card carries its buttons; who presses is who was identified."""
    case = (await chat.opened("amara-obi", "media-enquiry")).case_id
    before = await state(chat, case)
    for button in buttons(chat.card("helen-marsh", case).parts):
        await chat.press("tom-price", button.press)
    await chat.send("tom-price", Press("do", case=case, value="approve", number=2), RAW)
    assert await state(chat, case) == before


async def test_a_key_is_worth_nothing_in_other_hands(chat: Chat) -> None:
    case = (await chat.opened("amara-obi", "media-enquiry")).case_id
    press = Press("do", case=case, value="say")
    await chat.send("helen-marsh", press, RAW, key="known")
    refused = await chat.send("tom-price", press, RAW, key="known")
    assert desk_texts.REFUSALS["no_access"] in readable(view_of(refused).parts)


async def test_a_form_for_another_school_is_not_theirs(chat: Chat) -> None:
    school = chat.scene.person("jade-owen")[1].id
    before = chat.rows()
    for do in ("form", "gate", "send"):
        await chat.send("amara-obi", Press(do, value=f"misuse-report@{school}"), {"gate": ("no",), "what": ("x",)})
    for do in ("start", "form_at", "drop", "gate"):
        await chat.press("amara-obi", Press(do, value=f"misuse-report@{school}"))
    await chat.press("amara-obi", Press("menu", value=school))
    after = chat.rows()
    assert {name: after[name] for name in ("drafts", "cases")} == {name: before[name] for name in ("drafts", "cases")}


async def test_what_the_policy_does_not_define_cannot_be_started(chat: Chat) -> None:
    for slug in ("logo-use", "no-such-form", "media-enquiry@nowhere"):
        for reaction in (
            await chat.press("amara-obi", Press("start", value=slug)),
            await chat.send("amara-obi", Press("form", value=slug), {"outlet": ("x",)}),
        ):
            assert view_of(reaction).title == texts.NOTHING_CHANGED
    assert chat.rows()["drafts"] == 0


async def test_somebody_elses_draft_cannot_be_sent(chat: Chat) -> None:
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    filled = chat.fewest("amara-obi", "media-enquiry")
    check = view_of(await chat.send("amara-obi", step.press, {i.id: filled.get(i.id, ()) for i in step.inputs}))
    assert check.press is not None
    assert check.press.do == "send"
    assert view_of(await chat.send("tom-price", check.press, {})).title == texts.NOTHING_CHANGED
    assert chat.rows()["cases"] == 0


@pytest.mark.parametrize("do", ["nonsense", "adopt", "approve", "said", "pointed", "do", "send"])
async def test_a_button_that_there_is_not_does_nothing(chat: Chat, do: str) -> None:
    await chat.press("amara-obi", Press("help"))
    before = chat.rows()
    reaction = await chat.press("amara-obi", Press(do, value="approve"))
    assert (reaction.hint, reaction.view, reaction.replies) == (texts.BUTTON_GONE, None, ())
    assert chat.rows() == before


PAYLOADS = ("", "|||", "open|x|y|1", "open||a b|0", "a" * 300, None, 7, {"do": "open"}, "open|||-1", "OPEN|||0")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_that_is_none_is_refused(payload: object) -> None:
    with pytest.raises(BadInput):
        unpack(payload)


DOES = (
    "start", "form_at", "form", "gate", "drop", "send", "open", "older", "act", "do", "menu", "mine", "waiting",
    "register", "policies", "people", "stored", "help", "away", "away_set", "back", "home", "topic", "fact", "none",
    "feedback", "feedback_keep", "report", "zz",
)  # fmt: skip
NAMES = st.sampled_from(DOES)
KNOWN = ("media-enquiry", "misuse-report@agora-primary", "message", "mark_step:x", "yes", *ACTS)
VALUES = st.one_of(st.sampled_from(KNOWN), st.from_regex(r"[A-Za-z0-9_.:=@/-]{0,60}", fullmatch=True))
TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(["\ud800", "\x00", "x" * 9_000, "helen-marsh", "yes", "no"]))


@settings(max_examples=150, deadline=timedelta(seconds=20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    do=NAMES, value=VALUES, number=st.integers(0, 999_999_999), mine=st.booleans(),
    raw=st.dictionaries(st.sampled_from(["words", "to", "gate", "outlet", "since", "until", "stand_in", "use", "zz"]),
                        st.lists(TEXTS, max_size=3).map(tuple), max_size=5),
)  # fmt: skip
async def test_garbage_decides_nothing_and_breaks_nothing(
    chat: Chat, do: str, value: str, number: int, mine: bool, raw: dict[str, tuple[str, ...]]
) -> None:
    cases = await chat.scene.office.at_desk(chat.scene.now, lambda desk: desk.records.cases_of("amara-obi"))
    case = cases[0].id if cases else (await chat.opened("amara-obi", "media-enquiry")).case_id
    before = [e.type for e in await chat.scene.events(case)]
    press = Press(do, case=case if mine else STRANGE, value=value, number=number)
    await chat.handle(Pressed(account("tom-price"), press, "D", chat.key()))
    await chat.handle(Submitted(account("tom-price"), press, raw, chat.key()))
    assert [e.type for e in await chat.scene.events(case)] == before
