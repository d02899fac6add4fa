"""A request from its card to its decision, the relay, refreshed views and the channel, with the real desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from bot.core import Bot
from bot.worker import Worker
from policy_kb.procedures import FieldType, Procedure
from tests.adapters.teams.conftest import AMARA, HELEN, NOW
from tests.adapters.teams.fake_teams.connector import FakeTeams, Message
from tests.adapters.teams.fake_teams.people import Client, Json, actions, lines
from tests.adapters.teams.fake_teams.reading import button_for, form_of
from tests.adapters.teams.fake_teams.running import Running

ENQUIRY: Json = {
    "outlet": "The Gazette",
    "journalist": "Jo Lane",
    "question": "CANARY **why**?",
    "channel": "Social media",
}
CHANNEL = "19:approvals@thread.tacv2"
PUPIL = "dddddddd-0000-4000-8000-000000000001"


class Story:
    """Amara asks, Helen decides."""

    def __init__(self, fake: FakeTeams, running: Running, office: CaseOffice) -> None:
        self.fake = fake
        self.running = running
        self.office = office
        self.worker = Worker(office, running.teams.platform, lambda: NOW, on=("teams",))
        self.amara = running.client(AMARA, "Amara Obi")
        self.helen = running.client(HELEN, "Helen Marsh")

    async def asks(self, slug: str = "media-enquiry", values: Json | None = None) -> str:
        """A case, and everybody told."""
        done = await self.office.start("amara-obi", slug, values or ENQUIRY, NOW)
        await self.worker.settle()
        return done.case_id

    async def events(self, case: str) -> list[str]:
        """What is on record."""
        return [e.type for e in await self.office.at_desk(NOW, lambda desk: desk.records.events(case))]


@pytest.fixture
async def fake() -> AsyncIterator[FakeTeams]:
    async with FakeTeams() as teams:
        teams.add(AMARA, "Amara Obi", "a.obi@oakfield.example")
        teams.add(HELEN, "Helen Marsh", "h.marsh@oakfield.example")
        teams.add(PUPIL, "A pupil", "pupil@oakfield.example")
        yield teams


@pytest.fixture
async def story(fake: FakeTeams, office: CaseOffice, bot: Bot) -> AsyncIterator[Story]:
    async with Running(fake, ChatDesk(bot, office), office, lambda: NOW, channel=CHANNEL) as running:
        yield Story(fake, running, office)


def _card(client: Client) -> Message:
    """The newest message in the chat."""
    return client.messages()[-1]


async def _approves(client: Client, message: Message, words: str = "Say that we are proud.") -> Json:
    """Press Approve in the card, and the data of the form that takes its place."""
    button = button_for(client.card(message), "act", "approve")
    assert button is not None
    await client.press(message, button)
    form = form_of(client.card(message))
    assert form is not None
    filled = {"t-words": words}
    await client.press(message, form, filled)
    return {**form["data"], **filled}


async def test_a_decision_in_the_card_rewrites_every_card(story: Story) -> None:
    case = await story.asks()
    message = _card(story.helen)
    assert {a["title"] for a in actions(story.helen.card(message))} >= {"Open", "Approve", "Decline", "Ask a question"}
    await _approves(story.helen, message)
    assert "signed" in await story.events(case)
    await story.worker.settle()
    for client in (story.helen, story.amara):
        card = client.card(_card(client))
        assert button_for(card, "act", "approve") is None
        assert any("Say that we are proud." in line for line in lines(card)) or client is story.helen


async def test_the_same_decision_again_after_a_restart_counts_once(
    story: Story, fake: FakeTeams, office: CaseOffice, bot: Bot
) -> None:
    case = await story.asks()
    message = _card(story.helen)
    button = button_for(story.helen.card(message), "act", "approve")
    assert button is not None
    await story.helen.press(message, button)
    form = form_of(story.helen.card(message))
    assert form is not None
    data = {**form["data"], "t-words": "Yes."}
    value = {"action": {"type": "Action.Execute", "verb": "send", "data": data}, "trigger": "manual"}
    activity = story.helen.activity("invoke", name="adaptiveCard/action", value=value)
    first = await story.helen.post(activity)
    async with Running(fake, ChatDesk(bot, office), office, lambda: NOW) as again:
        second = await again.client(HELEN).post(activity)
    assert first.body["statusCode"] == second.body["statusCode"] == 200
    assert (await story.events(case)).count("signed") == 1


async def test_two_who_decide_at_once_have_one_decision(story: Story) -> None:
    case = await story.asks()
    message = _card(story.helen)
    other = story.running.client(HELEN, "Helen Marsh")
    await asyncio.gather(_approves(story.helen, message), _approves(other, message, "No, wait."))
    assert (await story.events(case)).count("signed") == 1


async def test_words_under_a_card_go_to_the_people_of_the_case(story: Story) -> None:
    case = await story.asks()
    message = _card(story.helen)
    quoted = f'<blockquote itemtype="http://schema.skype.com/Reply" itemid="{message.id}"></blockquote><p>Which?</p>'
    attachments = [{"contentType": "text/html", "content": quoted}]
    await story.helen.say("Which paper is it?", attachments=attachments)
    await story.running.settle()
    await story.worker.settle()
    assert (await story.events(case))[-1] == "said"
    assert "Which paper is it?" in lines(story.amara.card(_card(story.amara)))
    assert story.helen.messages()[-1].now["text"].startswith("Passed on to Amara Obi in AF-")


async def test_a_card_shows_everybody_their_own_view_whatever_was_forwarded(story: Story) -> None:
    await story.asks()
    message = _card(story.helen)
    assert button_for(await story.helen.refresh(message), "act", "approve") is not None
    refresh = message.now["attachments"][0]["content"]["refresh"]["action"]
    for user, sees in ((AMARA, True), (PUPIL, False)):
        client = story.running.client(user)
        answer = await client.invoke("adaptiveCard/action", {"action": refresh, "trigger": "automatic"})
        card = answer.body["value"]
        assert button_for(card, "act", "approve") is None
        assert (button_for(card, "open") is not None) is sees
        assert ("Media enquiry" in lines(card)) is sees


async def test_a_forged_press_by_somebody_else_changes_nothing(story: Story) -> None:
    case = await story.asks()
    before = await story.events(case)
    for user in (AMARA, PUPIL):
        client = story.running.client(user)
        for do in ("act", "do"):
            data = {"form" if do == "do" else "press": f"{do}|{case}|approve|1", "shown": "t-words", "t-words": "Yes"}
            for name, value in (
                ("adaptiveCard/action", {"action": {"verb": "send", "data": data}}),
                ("task/submit", {"data": data}),
            ):
                answer = await client.invoke(name, value)
                assert answer.status == 200
            await client.say("", value=data)
            await story.running.settle()
    assert await story.events(case) == before


def _filled(report: Procedure) -> Json:
    """A report, filled in with words to look for."""
    asked = [field for field in report.fields if not field.when]
    values: Json = {f.id: "CANARY of the report" for f in asked if f.type in (FieldType.TEXT, FieldType.LINE)}
    values |= {f.id: f.options[0] for f in asked if f.type is FieldType.CHOICE}
    return {**values, **{f.id: "nobody" for f in asked if f.type is FieldType.SUBJECT}}


async def test_what_is_restricted_stands_in_no_message(story: Story, bot: Bot) -> None:
    report = bot.policy("agora").procedures["misuse-report"]
    await story.asks("misuse-report", _filled(report))
    await story.helen.press(_card(story.helen), next(actions(story.helen.card(_card(story.helen)))))
    assert "CANARY" in str(story.helen.dialog), "the dialog is where it is read"
    await story.worker.settle()
    for message in story.fake.messages.values():
        assert "CANARY" not in str(message.versions)
        assert report.title not in str([v for v in message.versions if "AF-" in str(v)])


# The channel.


async def _in_channel(
    story: Story, members: list[str], slug: str = "media-enquiry", values: Json | None = None
) -> list[Message]:
    story.fake.members[CHANNEL] = members
    story.fake.blocked.add(HELEN)
    await story.asks(slug, values)
    return list(story.fake.in_chat(CHANNEL))


async def test_who_does_not_have_the_app_is_called_in_the_channel(story: Story) -> None:
    message = (await _in_channel(story, [AMARA, HELEN]))[0]
    assert "CANARY" not in str(message.versions)
    assert [a["title"] for a in actions(story.amara.card(message))] == ["Open"]
    story.fake.blocked.clear()
    assert button_for(await story.helen.refresh(message), "act", "approve") is not None
    assert button_for(await story.amara.refresh(message), "act", "approve") is None
    # Others read along here, so that the words are written in a dialog.
    await story.helen.press(message, button_for(story.helen.card(message), "act", "approve") or {})
    form = form_of(story.helen.dialog_card())
    assert form is not None
    await story.helen.submit(form, {"t-words": "Say that we are proud."})
    await story.worker.settle()
    assert "Waiting" not in str(message.now)
    assert "proud" not in str(message.versions)


@pytest.mark.parametrize("members", [[AMARA, HELEN, PUPIL], [AMARA], []])
async def test_the_channel_is_left_alone_where_others_would_read_it(story: Story, members: list[str]) -> None:
    assert await _in_channel(story, members) == []


async def test_what_is_restricted_never_goes_to_the_channel(story: Story, bot: Bot) -> None:
    values = _filled(bot.policy("agora").procedures["misuse-report"])
    assert await _in_channel(story, [AMARA, HELEN], "misuse-report", values) == []
