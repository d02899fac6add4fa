"""AskFirst on Slack before our own Slack: over HTTP with signed requests, or over Socket Mode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from aiohttp.test_utils import TestServer

from adapters.slack.api import Pace
from adapters.slack.doing import Hosts
from adapters.slack.listen import EVENTS as PATH
from adapters.slack.service import Around, Slack, make_slack
from adapters.slack.settings import Secret, SlackSettings
from adapters.slack.submitting import BUDGET
from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from bot.core import Bot
from tests.adapters.slack.fake_slack import Answer, FakeSlack

Json = dict[str, Any]


@dataclass
class Made:
    """How the adapter is made. settings: None for one workspace over HTTP; engine: for OAuth; desk: None: the real."""

    settings: SlackSettings | None = None
    engine: Any = None
    desk: ChatDesk | None = None
    pace: Pace = field(default_factory=lambda: Pace(0.0))
    budget: float = BUDGET


class Hall:
    """Use as an async context. now: the one clock of Slack and of AskFirst (UTC).

    fake: our Slack, with the workspace T1; slack: the adapter. Nothing runs by itself: `settle` does what can be done.
    """

    def __init__(self, bot: Bot, office: CaseOffice, now: Callable[[], datetime], made: Made | None = None) -> None:
        self._bot = bot
        self.office = office
        self._now = now
        self.made = made or Made()
        self._stack = AsyncExitStack()
        self.seconds = 0.0

    async def __aenter__(self) -> Self:
        self.fake = await self._stack.enter_async_context(FakeSlack(self._now))
        self.fake.faults.patient = True
        self.fake.workspace("T1")
        await self.start()
        return self

    async def start(self) -> None:
        """Put the adapter together and let Slack speak to it; a second time as after a restart."""
        self.slack = await self.make()
        self._stack.push_async_callback(self.slack.line.close)
        server = TestServer(self.slack.web)
        await server.start_server()
        self._stack.push_async_callback(server.close)
        self.url = str(server.make_url(PATH))
        self.fake.listen(self.url)

    async def make(self) -> Slack:
        """The adapter, put together for this Slack."""
        one = SlackSettings(Secret("BOT_TOKEN", "xoxb-T1"), Secret("SIGNING_SECRET", self.fake.secret))
        base, made = self.fake.server.base, self.made
        hosts = Hosts(frozenset({base}), frozenset({base}))
        around = Around(self._now, lambda: self.seconds, made.pace, hosts, f"{base}/authorise", made.budget)
        desk = made.desk or ChatDesk(self._bot, self.office, "https://askfirst.example")
        settings = replace(made.settings or one, api=self.fake.api_url)
        return await make_slack(settings, desk, self.office, around, made.engine)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def settle(self) -> None:
        """Work off all that was acknowledged."""
        await self.slack.settle()
        await self.fake.settled()
        await self.slack.settle()

    async def say(self, user: str, text: str, **more: Any) -> Answer:
        """Write to the bot, and let it answer."""
        answer = await self.fake.say(user, text, **more)
        await self.settle()
        return answer

    async def mention(self, user: str, channel: str, text: str, thread: str | None = None) -> Answer:
        """Ask in a channel, and let the bot answer."""
        answer = await self.fake.mention(user, channel, text, thread)
        await self.settle()
        return answer

    async def press(self, user: str, where: Any, what: str) -> Answer:
        """Press a button, and let it have its effect."""
        answer = await self.fake.press(user, where, what)
        await self.settle()
        return answer

    async def act(self, payload: Json, times: int = 2) -> list[Answer]:
        """An interaction, delivered so many times; then its effect."""
        answers = [await self.fake.post.line.send("interactive", json.loads(json.dumps(payload))) for _ in range(times)]
        await self.settle()
        return answers

    async def again(self, number: int = -1) -> Answer:
        """An event once more, as Slack repeats what it takes for lost."""
        answer = await self.fake.post.line.send("events_api", self.fake.post.sent[number], 1, "http_timeout")
        await self.settle()
        return answer

    async def both(self, *payloads: Json) -> list[Answer]:
        """Interactions at the same moment."""
        sending = [self.fake.post.line.send("interactive", payload) for payload in payloads]
        answers = await asyncio.gather(*sending)
        await self.settle()
        return list(answers)
