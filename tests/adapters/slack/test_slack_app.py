"""What people see in Slack: questions, forms, cards, threads; who is served, and what never leaves."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from adapters.slack import sentences
from bot.chat import chat_texts
from bot.organisation import SlackAccount
from bot.store import schema
from bot.store.engine import Tx
from tests.adapters.slack.conftest import School
from tests.adapters.slack.fake_slack import Message, payloads
from tests.adapters.slack.seen import alive, shown

QUESTION = "Can I accept a friend request from a parent on Facebook?"


def text(message: Message) -> str:
    return shown(message.blocks)


async def rows(school: School, *tables: sa.Table) -> int:
    def count(tx: Tx) -> int:
        return sum(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables)

    return await school.office.store.run(count)


# Questions.


async def test_a_question_is_answered_in_its_thread_once_however_often_it_comes(school: School) -> None:
    assert (await school.say("UAMARA", QUESTION)).status == 200
    asked = school.fake.messages("UAMARA")[0]
    for _ in range(3):
        assert (await school.again()).status == 200
    (answer,) = school.fake.from_bot("UAMARA")
    assert answer.thread == asked.ts
    assert "friend" in text(answer).lower()
    assert "Clause" in text(answer)
    assert alive([b for b in answer.blocks if b["type"] != "actions"]) == []


async def test_nothing_of_a_question_stays_once_it_is_answered(school: School) -> None:
    await school.say("UAMARA", QUESTION)
    assert await rows(school, schema.arrivals, schema.cases) == 0


async def test_a_mention_is_answered_in_its_thread_and_followed_up_without_one(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM")
    await school.mention("UAMARA", "CSTAFF", QUESTION)
    first = school.fake.messages("CSTAFF")[0]
    (answer,) = school.fake.from_bot("CSTAFF")
    assert answer.thread == first.ts
    await school.say("UTOM", "And what about Instagram?", channel="CSTAFF", thread=first.ts)
    assert len(school.fake.from_bot("CSTAFF", first.ts)) == 2
    await school.say("UTOM", "Who brings the biscuits?", channel="CSTAFF")
    elsewhere = school.fake.messages("CSTAFF")[-1]
    await school.say("UAMARA", "I do", channel="CSTAFF", thread=elsewhere.ts)
    assert len(school.fake.from_bot("CSTAFF")) == 2


async def test_what_is_said_in_channels_to_others_is_not_even_kept(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM")
    before = await rows(school, schema.inbox)
    answer = await school.fake.say("UTOM", "A pupil wrote to me last night", channel="CSTAFF")
    assert answer.status == 200
    assert await rows(school, schema.inbox, schema.arrivals) == before


async def test_files_in_a_message_are_not_taken_and_the_person_hears_so(school: School) -> None:
    file = school.fake.upload("UAMARA", "screen.png", b"\x89PNG")
    await school.say("UAMARA", QUESTION, files=(file,))
    said = [text(message) for message in school.fake.from_bot("UAMARA")]
    assert any(sentences.NO_FILES_IN_CHAT in each for each in said)
    assert not [call for call in school.fake.world.calls if call[0].startswith("files.")]


async def test_feedback_asks_for_consent_before_anything_is_kept(school: School) -> None:
    await school.say("UAMARA", QUESTION)
    (answer,) = school.fake.from_bot("UAMARA")
    await school.press("UAMARA", answer, "negative")
    assert await rows(school, schema.feedback) == 0
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    assert chat_texts.FEEDBACK in shown(modal.body)
    await school.fake.submit("UAMARA", {chat_texts.FEEDBACK_QUESTION: "May I befriend parents?"})
    assert await rows(school, schema.feedback) == 1


# Commands, shortcuts, the Home tab.


async def test_the_command_alone_tells_how_it_is_used_to_the_person_alone(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM", bot=False)
    for line in ("/policy", "/policy help"):
        await school.fake.command("UAMARA", line, "CSTAFF")
    await school.settle()
    said = [text(message) for message in school.fake.ephemerals("UAMARA")]
    assert said == [sentences.USAGE.format(command="/policy")] * 2
    assert school.fake.messages("CSTAFF") == []


async def test_a_question_by_command_is_answered_to_the_person_alone(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM", bot=False)
    await school.fake.command("UAMARA", f"/policy {QUESTION}", "CSTAFF")
    await school.settle()
    (answer,) = school.fake.ephemerals("UAMARA")
    assert "Clause" in text(answer)
    assert school.fake.messages("CSTAFF") == []


async def test_the_command_opens_the_menu_of_all_that_can_be_started(school: School) -> None:
    await school.fake.command("UAMARA", "/policy new")
    await school.settle()
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    procedures = school.scene.bot.policy("agora").procedures.values()
    assert len({p.title for p in procedures if p.title in shown(modal.body)}) > 5


async def test_the_global_shortcut_opens_the_same_menu(school: School) -> None:
    await school.fake.shortcut("UAMARA", "new_request")
    await school.settle()
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    assert chat_texts.MENU in shown(modal.body)


async def test_reporting_a_message_asks_the_gate_first_and_keeps_no_copy_of_it(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM")
    await school.fake.say("UTOM", "heron-canary-8812 is a liar", channel="CSTAFF")
    message = school.fake.messages("CSTAFF")[0]
    await school.fake.shortcut("UAMARA", "report_message", message)
    await school.settle()
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    assert "nude" in shown(modal.body)
    assert "heron-canary" not in shown(modal.body)
    assert not [block for block in modal.body["blocks"] if block.get("element", {}).get("type") == "file_input"]


async def test_asking_about_a_message_answers_the_person_alone(school: School) -> None:
    school.fake.channel("CSTAFF", "UAMARA", "UTOM")
    await school.fake.say("UTOM", QUESTION, channel="CSTAFF")
    message = school.fake.messages("CSTAFF")[0]
    await school.fake.shortcut("UAMARA", "ask_about_message", message)
    await school.settle()
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    assert "Clause" in shown(modal.body)
    assert school.fake.from_bot("CSTAFF") == []


async def test_the_home_tab_shows_what_is_mine_and_opens_what_is_pressed(school: School) -> None:
    await school.fake.open_home("UAMARA")
    await school.settle()
    home = school.fake.home("UAMARA")
    assert home is not None
    assert chat_texts.HOME_WAITING in shown(home.body)
    assert chat_texts.HOME_MINE in shown(home.body)
    await school.press("UAMARA", home, chat_texts.REGISTER)
    modal = school.fake.modal("UAMARA")
    assert modal is not None
    assert chat_texts.REGISTER_SAY in shown(modal.body)


async def test_the_messages_tab_suggests_what_can_be_asked(school: School) -> None:
    await school.fake.open_home("UAMARA", "messages")
    await school.settle()
    prompts = school.fake.world.prompts[school.fake.dm("UAMARA")]["prompts"]
    assert 1 <= len(prompts) <= 4


async def test_a_press_that_slack_holds_for_too_old_says_press_again(school: School) -> None:
    await school.say("UAMARA", "A journalist wants a comment from me about our school, what do I do?")
    answer = school.fake.from_bot("UAMARA")[-1]
    label = payloads.labels(answer.blocks)[0]
    await school.fake.press("UAMARA", answer, label)
    await school.later(seconds=4)
    assert sentences.PRESS_AGAIN in text(school.fake.from_bot("UAMARA")[-1])


# Who is served (T03).

OUTSIDERS: dict[str, dict[str, Any]] = {
    "guest": {"guest": True},
    "external": {"home": "T9"},
    "bot": {"bot": True},
    "deactivated": {"deactivated": True},
    "unknown": {"email": "nobody@oakfield.example"},
}


@pytest.mark.parametrize("kind", OUTSIDERS)
async def test_an_outsider_gets_the_one_reply_whatever_they_do(school: School, kind: str) -> None:
    fake, before = school.fake, await rows(school, schema.accounts)
    fake.person("UOUT", **{"email": "a.obi@oakfield.example", **OUTSIDERS[kind]})
    fake.channel("CSTAFF", "UAMARA", "UOUT")
    await school.say("UOUT", QUESTION)
    await school.mention("UOUT", "CSTAFF", QUESTION)
    for place in ("UOUT", "CSTAFF"):
        assert [text(message) for message in fake.from_bot(place)] == [chat_texts.STRANGER], place
    for line in (f"/policy {QUESTION}", "/policy", "/policy new", "/policy mine"):
        await fake.command("UOUT", line, "CSTAFF")
    await school.settle()
    said = [text(message) for message in fake.ephemerals("UOUT")]
    assert set(said) <= {chat_texts.STRANGER}
    assert fake.from_bot("CSTAFF")[1:] == []
    for callback in ("new_request", "report_message", "ask_about_message"):
        fake.world.modals.pop("UOUT", None)
        await fake.shortcut("UOUT", callback, None if callback == "new_request" else fake.messages("CSTAFF")[0])
        await school.settle()
        modal = fake.modal("UOUT")
        assert modal is not None
        assert chat_texts.STRANGER in shown(modal.body)
        assert "Clause" not in shown(modal.body)
    await fake.open_home("UOUT")
    await school.settle()
    home = fake.home("UOUT")
    assert home is not None
    assert chat_texts.STRANGER in shown(home.body)
    assert await rows(school, schema.accounts) == before
    assert await rows(school, schema.cases, schema.drafts) == 0


async def test_a_guest_who_was_staff_is_served_no_more_within_minutes(school: School) -> None:
    await school.say("UAMARA", QUESTION)
    school.fake.person("UAMARA", email="a.obi@oakfield.example", guest=True)
    school.seconds += 301
    await school.say("UAMARA", QUESTION)
    assert text(school.fake.from_bot("UAMARA")[-1]) == chat_texts.STRANGER


async def test_what_another_bot_writes_is_left_alone(school: School) -> None:
    body = payloads.event(
        school.fake.world,
        school.fake.world.workspaces["T1"],
        {
            "type": "message",
            "channel_type": "im",
            "channel": "D9",
            "ts": "1.1",
            "user": "U9",
            "bot_id": "B9",
            "text": "hi",
        },
    )
    assert (await school.fake.post.event(body)).status == 200
    await school.settle()
    assert school.fake.world.messages == []


async def test_any_other_event_is_acknowledged(school: School) -> None:
    world = school.fake.world
    for kind in ("reaction_added", "team_join", "message", "app_rate_limited", "no_such_event"):
        body = payloads.event(
            world, world.workspaces["T1"], {"type": kind, "user": "UAMARA", "subtype": "message_changed"}
        )
        assert (await school.fake.post.event(body)).status == 200
    await school.settle()
    assert world.messages == []


async def test_an_id_of_another_workspace_is_nobody_here(school: School) -> None:
    """Slack's ids are only good together with their workspace (docs.slack.dev: user ids)."""
    named = SlackAccount(team="T1", user="UHEAD")
    schools = tuple(
        s.model_copy(
            update={
                "people": tuple(p.model_copy(update={"slack": named}) if p.id == "helen-marsh" else p for p in s.people)
            }
        )
        for s in school.scene.organisation.schools
    )
    await school.scene.adopt(school.scene.organisation.model_copy(update={"schools": schools}))
    school.fake.person("UHEAD", home="T9")
    world = school.fake.world
    said = {"type": "message", "channel_type": "im", "channel": world.dm("UHEAD").id, "user": "UHEAD", "ts": "1.1"}
    strange = payloads.event(world, world.workspaces["T1"], {**said, "text": QUESTION, "user_team": "T9"})
    assert (await school.fake.post.event(strange)).status == 200
    await school.settle()
    assert [text(message) for message in school.fake.from_bot("UHEAD")] == [chat_texts.STRANGER]
    school.fake.person("UHEAD")
    await school.say("UHEAD", QUESTION)
    assert "Clause" in text(school.fake.from_bot("UHEAD")[-1])
