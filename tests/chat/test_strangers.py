"""Who is served, and the one reply to everybody else (SECURITY T03, T09)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.chat import chat_texts as texts
from bot.chat.identify import STRANGER_CARD, STRANGER_VIEW
from bot.chat.messages import Account, Inbound, Pointed, Pressed, Reaction, Said, Spot, Submitted
from bot.chat.press import Press
from bot.organisation import Organisation
from tests.scenario_chat import TEAM, account

from .chatting import Chat, changed

LEAVER, EMAIL = "tom-price", "amara.obi@agora.example"
STRANGERS = {
    "a guest with a member of staff's address": Account("slack", TEAM, "U-guest", EMAIL, staff_like=False),
    "somebody of another workspace": Account("slack", "T-else", "U-amara-obi", EMAIL, staff_like=False),
    "the same id in another workspace": Account("slack", "T-else", "U-amara-obi"),
    "the same id on another platform": Account("teams", TEAM, "U-amara-obi"),
    "a pupil in the tenant": Account("slack", TEAM, "U-pupil", "pupil@agora.example"),
    "an account without an address": Account("slack", TEAM, "U-new"),
    "a leaver": account(LEAVER),
    "a leaver's new account": Account("slack", TEAM, "U-tom-again", "tom.price@agora.example"),
    "a second account with a listed person's address": Account("slack", TEAM, "U-second", EMAIL),
}
CASE = "0" * 32
BUTTONS = (
    "start", "form_at", "gate", "drop", "open", "older", "act", "menu", "mine", "waiting", "register", "policies",
    "people", "stored", "help", "away", "back", "home", "topic", "fact", "none", "feedback", "nonsense",
)  # fmt: skip
FORMS = ("form", "gate", "send", "do", "away_set", "report", "register", "feedback_keep", "nonsense")


def everything(who: Account) -> Iterator[Inbound]:
    """Whatever can be done on a platform."""
    yield Said(who, "Can I accept a friend request from a pupil?", "C", "k")
    yield Said(who, "hi", "C", "k")
    yield Said(who, "May I use the logo?", "C", "k", public=True)
    yield Said(who, "yes", "C", "k", Spot("D-amara-obi", "1"))
    yield Pointed(who, True, "https://chat.example/1", "words", "C", "k")
    yield Pointed(who, False, "https://chat.example/1", "words", "C", "k")
    yield from (Pressed(who, Press(do, case=CASE, value="media-enquiry"), "C", "k") for do in BUTTONS)
    yield from (Submitted(who, Press(do, case=CASE, value="media-enquiry"), {"words": ("x",)}, "k") for do in FORMS)


def staffed(organisation: Organisation) -> Organisation:
    """With addresses for two, one of whom has left."""
    found = changed(organisation, "amara-obi", email=EMAIL)
    return changed(found, LEAVER, left_on=date(2026, 11, 1), email="tom.price@agora.example")


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_gets_one_safe_reply_and_leaves_no_row(chat: Chat, who: Account) -> None:
    await chat.adopt(staffed(chat.scene.organisation))
    before = chat.rows()
    for what in everything(who):
        reaction = await chat.handle(what)
        wanted = Reaction(replies=(STRANGER_CARD,)) if isinstance(what, Said) else Reaction(view=STRANGER_VIEW)
        assert reaction == wanted, what
    assert await chat.desk.home(who, chat.scene.now) == STRANGER_VIEW
    assert chat.rows() == before


def test_the_reply_says_whom_to_turn_to_and_nothing_else() -> None:
    for words in ("999", "designated safeguarding lead", "Childline", "0800 1111"):
        assert words in texts.STRANGER
    assert STRANGER_CARD.summary == texts.STRANGER
    assert STRANGER_CARD.feedback is None


async def test_whoever_the_file_names_is_served(chat: Chat) -> None:
    assert await chat.say("amara-obi", "Can I use the logo?") != Reaction(replies=(STRANGER_CARD,))


async def unlisted(chat: Chat, *people: str) -> Account:
    """These people with one address and no account in the file; the account of whoever has the address."""
    organisation = chat.scene.organisation
    for each in people:
        organisation = changed(organisation, each, email="Amara.Obi@agora.example", slack=None)
    await chat.adopt(organisation)
    return Account("slack", TEAM, "U-linked", EMAIL)


async def served(chat: Chat, who: Account) -> bool:
    """Whether they get more than a stranger."""
    return await chat.desk.home(who, chat.scene.now) != STRANGER_VIEW


async def test_an_account_is_linked_by_the_address_that_one_person_has(chat: Chat) -> None:
    who = await unlisted(chat, "amara-obi")
    assert await served(chat, who)
    # From now on without the address, which a platform is asked for only once.
    assert await served(chat, replace(who, email=None))
    assert not await served(chat, replace(who, email=None, staff_like=False))


async def test_an_address_of_two_people_links_nobody(chat: Chat) -> None:
    assert not await served(chat, await unlisted(chat, "amara-obi", "helen-marsh"))


async def test_a_link_ends_with_the_address_in_the_staff_list(chat: Chat) -> None:
    who = await unlisted(chat, "amara-obi")
    assert await served(chat, who)
    await chat.adopt(changed(chat.scene.organisation, "amara-obi", email="other@agora.example"))
    assert not await served(chat, who)


async def test_a_link_ends_on_the_day_the_person_leaves(chat: Chat) -> None:
    who = await unlisted(chat, "amara-obi")
    assert await served(chat, who)
    await chat.adopt(changed(chat.scene.organisation, "amara-obi", left_on=date(2026, 11, 21)))
    assert await served(chat, who)
    chat.scene.now += timedelta(days=1)
    assert not await served(chat, who)
