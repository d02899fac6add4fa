"""SECURITY F3, F4, F10: hours of refusals, a dead token, a lost connection, events twice, late and out of order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.slack import sentences
from adapters.slack.api import Pace
from adapters.slack.settings import Secret, SlackSettings
from adapters.slack.socket_mode import Socket
from bot import desk_texts
from bot.chat import chat_texts
from bot.chat.desk import ChatDesk
from bot.chat.messages import Inbound, Reaction
from bot.store import schema
from bot.store.engine import StoreBroken
from bot.worker import RetryAfter
from tests.adapters.slack.conftest import School
from tests.adapters.slack.fake_slack import Fault
from tests.adapters.slack.hall import Made
from tests.adapters.slack.seen import shown
from tests.adapters.slack.test_slack_cases import ENQUIRY, card, count, fill, newest, open_enquiry, text
from tests.scenario_world import Scene

QUESTION = "Can I accept a friend request from a parent on Facebook?"


async def pause(school: School, hours: float) -> None:
    """Time passes in which the outbox tries, as a service does that never sleeps."""
    for _ in range(max(2, int(hours * 2))):
        await school.later(minutes=30)
        await school.scene.worker.settle()


# Slack refuses.


@pytest.mark.parametrize(
    "fault",
    [
        Fault("chat.postMessage", 429, seconds=1_800, times=10_000),
        Fault("*", 503, times=10_000),
        Fault("*", 200, "internal_error", times=10_000),
        Fault("*", 200, "fatal_error", times=10_000),
        Fault("*", 500, body="<html>heron-canary</html>", times=10_000),
    ],
    ids=["429", "503", "internal_error", "fatal_error", "html"],
)
async def test_six_hours_of_refusals_lose_nothing_and_double_nothing(
    school: School, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    school.fake.faults.plan(fault)
    with caplog.at_level(logging.DEBUG):
        await school.fake.submit("UAMARA")
        await school.deliver()
        await pause(school, 6)
    assert school.fake.from_bot("UHELEN") == []
    school.fake.faults.clear()
    await pause(school, 1)
    case = await newest(school)
    assert chat_texts.WAITS_FOR_YOU in text(card(school, "UHELEN", case))
    assert "Waiting" in text(card(school, "UAMARA", case))
    under = [text(m) for m in school.fake.from_bot("UHELEN", card(school, "UHELEN", case).ts)]
    assert len(under) == len(set(under))
    assert "heron-canary" not in caplog.text
    assert "fire drill" not in caplog.text


async def test_slack_is_not_asked_again_before_the_time_it_named(school: School) -> None:
    case = await open_enquiry(school)
    asked = card(school, "UHELEN", case)
    await school.say("UHELEN", "When is the deadline?", thread=asked.ts)
    school.fake.faults.plan(Fault("chat.postMessage", 429, seconds=900))
    await school.scene.worker.settle()
    before = len(school.fake.world.calls)
    for _ in range(14):
        await school.later(minutes=1)
        await school.scene.worker.settle()
    posted = [call for call in school.fake.world.calls[before:] if call[0] == "chat.postMessage"]
    assert [c for c in posted if c[2].get("channel") == school.fake.dm("UAMARA")] == []
    await pause(school, 0.5)
    under = school.fake.from_bot("UAMARA", card(school, "UAMARA", case).ts)
    assert sum("When is the deadline?" in text(m) for m in under) == 1


async def test_an_answer_that_was_lost_on_its_way_doubles_one_message_at_most(school: School) -> None:
    await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    school.fake.faults.plan(Fault("chat.postMessage", 502, done=True))
    await school.fake.submit("UAMARA")
    await school.deliver()
    await pause(school, 0.5)
    receipts = [m for m in school.fake.from_bot("UAMARA") if "was received and recorded" in text(m)]
    helens = [m for m in school.fake.from_bot("UHELEN") if "is waiting for you" in text(m)]
    assert 2 <= len(receipts) + len(helens) <= 3


async def test_a_question_is_answered_when_slack_takes_the_answer_again(school: School) -> None:
    school.fake.faults.plan(Fault("chat.postMessage", 503, times=3))
    assert (await school.say("UAMARA", QUESTION)).status == 200
    for _ in range(6):
        await school.later(minutes=1)
    assert len(school.fake.from_bot("UAMARA")) == 1
    assert await count(school, schema.arrivals) == 0


async def test_messages_to_a_channel_go_one_a_second() -> None:
    clock, slept = [100.0], list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = Pace(1.0, lambda: clock[0], sleep)
    for _ in range(3):
        await pace.wait("C1")
    await pace.wait("C2")
    assert slept == [1.0, 1.0]
    busy = Pace(1.0, lambda: clock[0], lambda _: asyncio.sleep(0))
    for _ in range(11):
        await busy.wait("C1")
    with pytest.raises(RetryAfter):
        await busy.wait("C1")


# The token.


@pytest_asyncio.fixture
async def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("xoxb-T1")
    path.chmod(0o600)
    return path


@pytest_asyncio.fixture
async def by_file(scene: Scene, token_file: Path) -> AsyncIterator[School]:
    settings = SlackSettings(Secret("BOT_TOKEN", file=token_file), Secret("SIGNING_SECRET", "fake-signing-secret"))
    async with School(scene, Made(settings)) as school:
        await school.open()
        yield school


async def test_a_dead_token_holds_everything_until_a_new_one_stands(
    by_file: School, token_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    school, space = by_file, by_file.fake.world.workspaces["T1"]
    await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    space.revoked = True
    await school.fake.submit("UAMARA")
    await school.deliver()
    await pause(school, 12)
    assert school.fake.from_bot("UHELEN") == []
    named = [r for r in caplog.records if r.levelno >= logging.ERROR and "workspace T1" in r.getMessage()]
    assert named
    assert "xoxb" not in caplog.text
    space.token, space.revoked = "xoxb-new", False
    token_file.write_text("xoxb-new")
    await pause(school, 0.5)
    assert chat_texts.WAITS_FOR_YOU in text(card(school, "UHELEN", await newest(school)))


# Deliveries.


async def test_events_twice_late_and_out_of_order_have_each_their_effect_once(school: School) -> None:
    case = await open_enquiry(school)
    asked = card(school, "UHELEN", case)
    school.fake.post.held = []
    said = [f"Question number {number}" for number in range(6)]
    for each in said:
        await school.fake.say("UHELEN", each, thread=asked.ts)
    await school.later(days=1)
    await school.fake.post.release([3, 3, 0, 5, 1, 3, 2, 4, 0, 5, 5])
    await school.deliver()
    await school.later(days=6)
    for number in range(1, 12):
        await school.again(-number)
    await school.deliver()
    under = [text(m) for m in school.fake.from_bot("UAMARA", card(school, "UAMARA", case).ts)]
    assert [sum(each in m for m in under) for each in said] == [1] * 6


async def test_two_approvers_at_once_decide_once_and_the_other_hears_who_did(school: School) -> None:
    case = await open_enquiry(school)
    await school.later(hours=5)
    await school.deliver()
    payloads = []
    for user, kind in (("UHELEN", "approve"), ("ULUCY", "decline")):
        await school.press(user, card(school, user, case), chat_texts.ACTS[kind])
        dialog = school.fake.modal(user)
        assert dialog is not None
        ticked = [b for b in dialog.body["blocks"] if b.get("element", {}).get("type") == "checkboxes"]
        points = {b["block_id"]: [o["value"] for o in b["element"]["options"]] for b in ticked}
        school.fake.fill(user, {"words": f"Says {user}", **points})
        payloads.append(school.fake.submitting(user, dialog))
    answers = await school.both(payloads[0], payloads[1], payloads[0], payloads[1])
    await school.deliver()
    assert [answer.status for answer in answers] == [200] * 4
    state = "Approved" if "Approved" in text(card(school, "UAMARA", case)) else "Declined"
    winner, loser = ("UHELEN", 1) if state == "Approved" else ("ULUCY", 0)
    said = text(card(school, "UAMARA", case))
    assert f"Says {winner}" in said
    assert f"Says {'ULUCY' if loser else 'UHELEN'}" not in said
    lost = shown(answers[loser].json.get("view", {}))
    assert any(desk_texts.REFUSALS[reason] in lost for reason in ("ended", "changed")), lost


async def test_what_was_acknowledged_is_worked_off_after_a_restart(school: School) -> None:
    await school.fake.say("UAMARA", QUESTION)
    assert school.fake.from_bot("UAMARA") == []
    await school.start()
    await school.settle()
    assert len(school.fake.from_bot("UAMARA")) == 1


# Our own faults.


class Moody(ChatDesk):
    """A desk that fails or dawdles when a test says so."""

    fails: list[Exception]
    wait: asyncio.Event | None = None

    async def handle(self, what: Inbound, now: datetime) -> Reaction:
        """See ChatDesk."""
        if self.fails:
            raise self.fails.pop(0)
        if self.wait is not None:
            await self.wait.wait()
        return await super().handle(what, now)


@pytest_asyncio.fixture
async def moody(scene: Scene) -> AsyncIterator[tuple[School, Moody]]:
    desk = Moody(scene.bot, scene.office, "https://askfirst.example")
    desk.fails = []
    async with School(scene, Made(desk=desk, budget=0.2)) as school:
        await school.open()
        yield school, desk


async def test_an_exception_after_the_acknowledgement_is_no_loss(
    moody: tuple[School, Moody], caplog: pytest.LogCaptureFixture
) -> None:
    school, desk = moody
    desk.fails = [RuntimeError("heron-canary"), KeyError("heron-canary")]
    with caplog.at_level(logging.DEBUG):
        assert (await school.say("UAMARA", QUESTION)).status == 200
        for _ in range(5):
            await school.later(minutes=1)
    assert len(school.fake.from_bot("UAMARA")) == 1
    assert "heron-canary" not in caplog.text
    assert "friend request" not in caplog.text


async def test_a_form_that_cannot_be_recorded_says_so_and_keeps_what_was_typed(moody: tuple[School, Moody]) -> None:
    school, desk = moody
    form = await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    desk.fails = [StoreBroken("disk full")]
    answer = await school.fake.submit("UAMARA")
    assert answer.status == 200
    top = school.fake.modal("UAMARA")
    assert sentences.NOT_RECORDED in text(top)
    school.fake.close("UAMARA")
    assert school.fake.modal("UAMARA") is form
    await school.fake.submit("UAMARA")
    assert await count(school, schema.cases) == 1


async def test_a_form_that_takes_long_shows_one_moment_and_is_recorded_once(moody: tuple[School, Moody]) -> None:
    school, desk = moody
    form = await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    desk.wait = asyncio.Event()
    payload = school.fake.submitting("UAMARA", form)
    answer = await school.fake.submit("UAMARA")
    assert answer.json["response_action"] == "update"
    assert sentences.MOMENT in text(school.fake.modal("UAMARA"))
    assert await count(school, schema.cases) == 0
    desk.wait.set()
    await school.settle()
    assert "was received and recorded" in text(school.fake.modal("UAMARA"))
    await school.act(payload)
    assert await count(school, schema.cases) == 1


async def test_a_button_that_takes_long_opens_one_moment_first(moody: tuple[School, Moody]) -> None:
    school, desk = moody
    await school.fake.open_home("UAMARA")
    await school.settle()
    home = school.fake.home("UAMARA")
    assert home is not None
    desk.wait = asyncio.Event()
    await school.fake.press("UAMARA", home, chat_texts.REGISTER)
    working = asyncio.create_task(school.settle())
    await school.fake.until(lambda: school.fake.modal("UAMARA"))
    assert sentences.MOMENT in text(school.fake.modal("UAMARA"))
    desk.wait.set()
    await working
    assert chat_texts.REGISTER_SAY in text(school.fake.modal("UAMARA"))


async def test_while_nothing_can_be_kept_slack_is_asked_to_come_again(school: School) -> None:
    real = school.office.store.run

    async def broken(*_: object) -> None:
        raise StoreBroken("disk I/O error")

    school.office.store.run = broken  # type: ignore[method-assign, assignment]
    try:
        assert (await school.fake.say("UAMARA", QUESTION)).status == 503
    finally:
        school.office.store.run = real  # type: ignore[method-assign]
    await school.later(minutes=1)
    assert [answer.status for answer in await school.fake.post.redeliver()] == [200]
    await school.settle()
    assert len(school.fake.from_bot("UAMARA")) == 1


# Socket Mode.


async def test_a_connection_that_breaks_in_the_middle_loses_nothing(school: School) -> None:
    fake = school.fake
    socket = Socket(school.slack.door, Secret("APP_TOKEN", fake.app_token), school.slack.line, again=0.05, ping=0.05)
    running = asyncio.create_task(socket.run())
    try:
        await fake.until(lambda: fake.sockets.sockets)
        fake.post.line = fake.sockets
        assert (await school.say("UAMARA", QUESTION)).status == 200
        assert len(fake.from_bot("UAMARA")) == 1
        # It breaks before the acknowledgement is through.
        first = fake.sockets.sockets[-1]
        sending = asyncio.create_task(fake.say("UAMARA", "And a pupil?"))
        await first.close()
        await sending
        await fake.until(lambda: any(not s.closed for s in fake.sockets.sockets), 10)
        await school.later(minutes=1)
        for _ in range(3):
            await fake.post.redeliver()
            await school.later(minutes=6)
        asked = [m.ts for m in fake.messages("UAMARA") if m.author == "UAMARA"]
        assert len(asked) == 2
        assert [len(fake.from_bot("UAMARA", ts)) for ts in asked] == [1, 1]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_forms_and_buttons_work_over_the_socket(school: School) -> None:
    fake = school.fake
    socket = Socket(school.slack.door, Secret("APP_TOKEN", fake.app_token), school.slack.line, again=0.05)
    running = asyncio.create_task(socket.run())
    try:
        await fake.until(lambda: fake.sockets.sockets)
        fake.post.line = fake.sockets
        case = await open_enquiry(school)
        assert "is waiting for you" in text(card(school, "UHELEN", case))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
