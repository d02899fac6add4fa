"""What people press, over HTTP: every invoke is answered once, in the form that its page asks for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.chat.messages import (
    Button,
    Buttons,
    Card,
    Heading,
    Input,
    Pointed,
    Pressed,
    Reaction,
    Submitted,
    View,
    Words,
)
from bot.chat.press import Press
from bot.store.engine import StoreBroken
from policy_kb.model import Verdict
from policy_kb.procedures import FieldType
from tests.adapters.teams.conftest import AMARA, Bench
from tests.adapters.teams.fake_teams.people import Client, actions, lines

CASE = "0123456789abcdef0123456789abcdef"
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


async def test_a_pressed_choice_is_answered_below_and_said_so(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    await _hears(bench, client, Reaction(replies=(ANSWER,)))
    message = client.messages()[0]
    await client.press(message, next(actions(client.card(message))))
    assert len(client.messages()) == 2
    assert client.noted == ["The answer stands below."]


async def test_the_same_invoke_again_has_the_same_answer_and_one_effect(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(replies=(ANSWER,))
    value = {"action": {"type": "Action.Execute", "verb": "press", "data": {"press": TOPIC.press.pack()}}}
    activity = client.activity("invoke", name="adaptiveCard/action", value=value)
    answers = await asyncio.gather(*(client.post(activity) for _ in range(4)))
    assert len({str(each.body) for each in answers}) == 1
    assert len(bench.desk.handled) == 1
    assert len(client.messages()) == 1


async def test_an_older_client_gets_its_answer_as_a_message(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    await _hears(bench, client, Reaction(replies=(ANSWER,)))
    message = client.messages()[0]
    await client.press_older(message, next(actions(client.card(message))))
    await bench.running.settle()
    assert isinstance(bench.desk.handled[-1], Pressed)
    assert len(client.messages()) == 2


async def test_a_form_in_a_card_takes_its_place_and_can_be_sent(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    await _hears(bench, client, Reaction(view=VIEW), "I'm away")
    message = client.messages()[0]
    await client.press(message, next(actions(client.card(message))), {"t-why": "A course"})
    submitted = bench.desk.handled[-1]
    assert isinstance(submitted, Submitted)
    assert submitted.raw == {"why": ("A course",)}
    assert "Fill it in." in lines(client.card(message))


async def test_a_form_of_a_restricted_case_never_takes_a_cards_place(bench: Bench) -> None:
    """A made-up press, which no card of ours has; the case does not exist, so that it is as closed as can be."""
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(view=View("AF-1", (Words("CANARY"), Words("CANARY"))))
    value = {"action": {"type": "Action.Execute", "verb": "press", "data": {"press": f"open|{CASE}||0"}}}
    answer = await client.invoke("adaptiveCard/action", value)
    assert answer.status == 200
    assert answer.body["type"] == "application/vnd.microsoft.activity.message"
    assert "CANARY" not in str(answer.body)


async def test_a_dialog_goes_on_shows_errors_and_ends(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    await _hears(bench, client, Reaction(view=VIEW), "I'm away")
    message = client.messages()[0]
    button = {"type": "Action.Submit", "data": {"msteams": {"type": "task/fetch"}, "press": "start||trip|0"}}
    await client.press(message, button)
    form = list(actions(client.dialog_card()))[-1]
    wrong = View(VIEW.title, VIEW.parts, (Input("why", "Why", FieldType.TEXT, error="Say why."),), VIEW.press, "Send")
    bench.desk.reaction = Reaction(view=wrong, errors={"why": "Say why."})
    await client.submit(form, {})
    assert "Error: Say why." in lines(client.dialog_card())
    bench.desk.reaction = Reaction(close=True, hint="It is recorded.")
    await client.submit(form, {"t-why": "A course"})
    assert client.dialog is None
    assert client.noted[-1] == "It is recorded."


async def test_pointing_at_a_message_opens_a_dialog(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    bench.desk.reaction = Reaction(view=VIEW)
    link = "https://teams.microsoft.com/l/message/19:x/1"
    payload = {"id": "1", "linkToMessage": link, "body": {"contentType": "html", "content": "<p>CANARY</p>"}}
    await client.point("report", payload)
    pointed = bench.desk.handled[0]
    assert isinstance(pointed, Pointed)
    assert (pointed.to_report, pointed.link, pointed.text) == (True, link, "")
    bench.desk.reaction = Reaction(hint="Done.")
    form = list(actions(client.dialog_card()))[-1]
    answer = await client.invoke("composeExtension/submitAction", {"commandId": "report", "data": form["data"]})
    assert answer.body["task"]["type"] == "message"


async def test_a_thumb_down_leads_to_the_feedback_of_that_answer(bench: Bench) -> None:
    client = bench.running.client(AMARA)
    card = Card(ANSWER.parts, "Ask first.", feedback=Press("feedback", value="no", number=7))
    await _hears(bench, client, Reaction(replies=(card,)))
    value = {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": '{"feedbackText":"x"}'}}
    answer = await client.invoke("message/submitAction", value, replyToId=client.messages()[0].id)
    assert (answer.status, answer.body) == (200, {})
    pressed = bench.desk.handled[-1]
    assert isinstance(pressed, Pressed)
    assert pressed.press == Press("feedback", value="no", number=7)


@pytest.mark.parametrize("name", ["adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/fetchTask"])
@pytest.mark.parametrize("fault", [RuntimeError("CANARY"), StoreBroken("CANARY")])
async def test_whatever_goes_wrong_an_invoke_has_the_body_of_its_page(
    bench: Bench, name: str, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    client, bench.desk.fault = bench.running.client(AMARA), fault
    data = {"press": "help|||0"}
    value = {"data": data, "action": {"verb": "press", "data": data}, "commandId": "report", "messagePayload": {}}
    answer = await client.invoke(name, value)
    assert answer.status == 200
    if name == "adaptiveCard/action":
        assert answer.body["type"] == "application/vnd.microsoft.error"
        assert answer.body["statusCode"] in (500, 503)
    else:
        assert answer.body["task"]["type"] == "message"
    assert "CANARY" not in str(answer.body) + caplog.text


@pytest.mark.parametrize("data", [{}, {"press": "'; drop"}, {"press": 7}, {"form": ["x"]}, {"press": "x" * 9000}, None])
async def test_a_made_up_button_is_told_so(bench: Bench, data: Any) -> None:
    client = bench.running.client(AMARA)
    answer = await client.invoke("adaptiveCard/action", {"action": {"verb": "press", "data": data}})
    assert answer.body["value"]["message"] == ("This button is not known any more. Ask again, or open the case again.")
    assert bench.desk.handled == []


async def test_an_invoke_that_we_do_not_have_is_not_implemented(bench: Bench) -> None:
    answer = await bench.running.client(AMARA).invoke("signin/verifyState", {"state": "1"})
    assert (answer.status, answer.body) == (501, {})


async def test_what_could_not_be_recorded_is_said_so(bench: Bench) -> None:
    client, bench.desk.fault = bench.running.client(AMARA), StoreBroken("x")
    await client.say("May I?")
    await bench.running.settle()
    assert "could not be recorded" in client.messages()[0].now["text"]
