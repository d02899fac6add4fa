"""What people type, over HTTP: answered where it was written, once; what is for one person alone, to them alone."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.chat.messages import (
    Button,
    Buttons,
    Card,
    Choice,
    Heading,
    Input,
    Pressed,
    Reaction,
    Said,
    View,
    Words,
)
from bot.chat.press import Press
from bot.desk import Desk
from bot.store.rows import Contact
from policy_kb.model import Verdict
from policy_kb.procedures import FieldType
from tests.adapters.teams.conftest import AMARA, Bench
from tests.adapters.teams.fake_teams.connector import TENANT, Trouble
from tests.adapters.teams.fake_teams.people import Client, actions, lines

CHANNEL = "19:general@thread.tacv2;messageid=1700000000001"
TOPIC = Button("Photos of pupils", Press("topic", value="photos", number=1))
ANSWER = Card((Heading("Ask first", Verdict.ASK_FIRST), Words("Ask Helen."), Buttons((TOPIC,))), "Ask first.")
VIEW = View(
    "Ask permission", (Words("Fill it in."),), (Input("why", "Why", FieldType.TEXT),), Press("away_set"), "Send"
)


async def _hears(bench: Bench, client: Client, reaction: Reaction, text: str = "May I post photos?") -> list[str]:
    bench.desk.reaction = reaction
    assert (await client.say(text)).status == 200
    await bench.running.settle()
    return [each.now["summary"] for each in client.messages()]


async def test_a_question_is_answered_in_the_chat(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    assert await _hears(bench, client, Reaction(replies=(ANSWER,))) == ["Ask first."]
    said = bench.desk.handled[0]
    assert isinstance(said, Said)
    assert (said.text, said.account.user, said.public) == ("May I post photos?", AMARA, False)
    assert lines(client.card(client.messages()[0])) == ["Ask first", "Ask Helen."]


async def test_what_teams_delivers_twice_is_answered_once(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(replies=(ANSWER,))
    activity = client.activity("message", text="May I post photos?")
    for _ in range(3):
        assert (await client.post(activity)).status == 200
        await bench.running.settle()
    assert len(client.messages()) == 1


async def test_an_answer_that_could_not_be_posted_is_tried_again(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.teams.troubles = [Trouble(502, body="<html>Bad gateway</html>")]
    assert await _hears(bench, client, Reaction(replies=(ANSWER,))) == []
    unfinished = await bench.office.store.run(_arrivals)
    assert unfinished == 1, "the question was lost"


async def test_an_answer_to_a_chat_that_is_closed_to_us_is_given_up(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.teams.troubles = [Trouble(403, "MessageWritesBlocked")]
    assert await _hears(bench, client, Reaction(replies=(ANSWER,))) == []
    assert await bench.office.store.run(_arrivals) == 0


async def test_a_form_that_is_too_long_is_said_so(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    staff = tuple(Choice(f"person-{n}", f"Somebody with a long name {n}") for n in range(3_000))
    view = View("I'm away", (), (Input("who", "Who", FieldType.PERSON, choices=staff),), Press("away_set"), "Go")
    assert await _hears(bench, client, Reaction(view=view), "I'm away") == [
        "This is too long for Teams. Please use the web pages for it."
    ]


def _arrivals(tx: Any) -> int:
    import sqlalchemy as sa

    return int(tx.execute(sa.text("SELECT count(*) FROM arrivals")).scalar())


async def test_a_question_in_a_channel_is_answered_there_and_marked_public(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(replies=(ANSWER,))
    await client.mention("May I post photos?", CHANNEL)
    await bench.running.settle()
    said = bench.desk.handled[0]
    assert isinstance(said, Said)
    assert (said.text, said.public) == ("May I post photos?", True)
    assert len(client.messages(CHANNEL)) == 1
    assert client.messages() == []


async def test_a_hint_in_a_channel_goes_to_the_person_alone(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(hint="Passed on in AF-ABCD-2345.")
    await client.mention("Here it is.", CHANNEL)
    await bench.running.settle()
    assert client.messages(CHANNEL) == []
    assert [each.now["text"] for each in client.messages()] == ["Passed on in AF-ABCD-2345."]


async def test_a_command_shows_a_view_that_names_no_case_as_a_card(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    assert await _hears(bench, client, Reaction(view=VIEW), "I'm away") == ["Ask permission"]
    pressed = bench.desk.handled[0]
    assert isinstance(pressed, Pressed)
    assert pressed.press == Press("away")


async def test_a_list_of_cases_opens_in_a_dialog_alone(bench: Bench) -> None:
    """A restricted case may stand in it (SECURITY T07)."""
    client = bench.running.client(AMARA)
    listed = View("My requests", (Words("CANARY"), Words("more")))
    await _hears(bench, client, Reaction(view=listed), "My requests")
    message = client.messages()[0]
    assert "CANARY" not in str(message.versions)
    await client.press(message, next(actions(client.card(message))))
    assert "CANARY" in lines(client.dialog_card())


async def test_a_view_in_a_channel_is_a_door(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(view=View("Menu", (Words("CANARY"), Words("more"))))
    await client.mention("menu", CHANNEL)
    await bench.running.settle()
    assert "CANARY" not in str([each.versions for each in client.messages(CHANNEL)])


async def test_typing_is_shown_to_somebody_who_waits(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    slow = bench.desk.handle

    async def handle(what: Any, now: Any) -> Reaction:
        await asyncio.sleep(1.4)
        return await slow(what, now)

    bench.desk.handle = handle  # type: ignore[method-assign]
    await _hears(bench, client, Reaction(replies=(ANSWER,)))
    sends = [path for method, path in bench.teams.calls if method == "POST" and path.endswith("/activities")]
    assert len(sends) == 2, "typing, then the answer"


async def test_the_welcome_comes_once_and_the_address_is_kept(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(view=VIEW)
    await client.install()
    added = client.activity("conversationUpdate", membersAdded=[{"id": f"28:{bench.running.settings.app_id}"}])
    await client.post(added)
    await bench.running.settle()
    assert len(client.messages()) == 2, "a welcome, and what can be done"
    contact = await bench.office.at_desk(bench.running_now, _contact)
    assert contact is not None
    assert bench.teams.url in contact.address
    await client.install("remove")
    await bench.running.settle()
    lost = await bench.office.at_desk(bench.running_now, _contact)
    assert lost is not None
    assert not lost.alive


def _contact(desk: Desk) -> Contact | None:
    return desk.records.contact("teams", TENANT, AMARA)
