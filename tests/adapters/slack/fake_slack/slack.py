"""The whole fake Slack, as a test holds it: set it up, be a person in it, look at what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Self

from aiohttp import ClientSession, web

from .deliver import Answer, HttpLine, Post, SocketLine
from .faults import Fault, Faults
from .people import People
from .server import Server
from .world import BOT_SCOPES, Channel, Member, Message, Shown, StoredFile, Workspace, World

SECRET = "fake-signing-secret"
EVENTS = frozenset(
    {"app_mention", "message.im", "message.channels", "message.groups", "app_home_opened", "app_uninstalled"}
    | {"tokens_revoked"}
)


class FakeSlack(People):
    """Use as `async with FakeSlack(clock) as slack`. clock: the time now, in UTC; nothing here waits by it.

    url: where the app hears Slack, one address for all as Bolt has it, or None for Socket Mode. It may be set later by
    `listen`. patience: real seconds before Slack takes an answer for lost. events: what the app subscribed to.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        url: str | None = None,
        *,
        patience: float = 3.0,
        events: Iterable[str] = EVENTS,
        secret: str = SECRET,
    ) -> None:
        self.world = World(clock)
        self.faults = Faults()
        self.secret = secret
        self.app_token = "xapp-fake"
        self.client_id, self.client_secret = "1.2", "fake-client-secret"
        self.events = frozenset(events)
        self._url, self._patience = url, patience
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def __aenter__(self) -> Self:
        self.session = await self._stack.enter_async_context(ClientSession())
        self.sockets = SocketLine(self.world, self._patience)
        self.server = Server(
            self.world, self.faults, self.sockets, self.app_token, self.client_id, self.client_secret, self._echo
        )
        runner = web.AppRunner(self.server.site(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.post = Post(self.world, self.sockets)
        if self._url:
            self.listen(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settled()
        for socket in list(self.sockets.sockets):
            await socket.close()
        await self._stack.aclose()

    @property
    def api_url(self) -> str:
        """`base_url` of slack_sdk's client."""
        return f"{self.server.base}/api/"

    def listen(self, url: str, interactions: str | None = None, commands: str | None = None) -> HttpLine:
        """From now on send over HTTP, to these addresses."""
        urls = {"events_api": url, "interactive": interactions or url, "slash_commands": commands or url}
        line = HttpLine(self.world, self.session, self.secret, urls, self._patience)
        self.post.line = line
        return line

    # Setting up.

    def workspace(self, id: str = "T1", scopes: Iterable[str] = BOT_SCOPES) -> Workspace:
        """An installation of the app; its token is `xoxb-<id>`."""
        space = Workspace(id, f"xoxb-{id}", f"U0BOT{id}", f"B0{id}", frozenset(scopes))
        self.world.workspaces[id] = space
        self.person(space.bot_user, id, bot=True)
        return space

    def person(
        self,
        id: str,
        team: str = "T1",
        *,
        name: str = "",
        email: str | None = None,
        home: str = "",
        guest: bool = False,
        bot: bool = False,
        deactivated: bool = False,
    ) -> str:
        """Somebody of a workspace; gives the id. home: of another workspace (Slack Connect)."""
        self.world.members[id] = Member(id, team, name or id, email, home, guest, bot, deactivated)
        return id

    def channel(self, id: str, *users: str, team: str = "T1", private: bool = False, bot: bool = True) -> str:
        """A channel with people in it, and with the bot; gives the id."""
        members = {*users, *([self.world.workspaces[team].bot_user] if bot else [])}
        self.world.channels[id] = Channel(id, team, "group" if private else "channel", id.lower(), frozenset(members))
        return id

    def upload(
        self, user: str, name: str, data: bytes, mimetype: str = "image/png", external: str | None = None
    ) -> str:
        """A person's file, to be put into a form; gives its id."""
        id = f"F{self.world.number():06d}"
        team = self.world.members[user].team
        self.world.files[id] = StoredFile(id, team, user, name, mimetype, data, external)
        return id

    def grant(self, team: str) -> str:
        """An OAuth code for a workspace that an administrator has just let the app into."""
        code = f"code-{self.world.number()}"
        self.server.codes[code] = team
        return code

    def fail(self, method: str, status: int = 200, error: str = "", **more: object) -> None:
        """Let the next call of a method go wrong; see faults.Fault."""
        self.faults.plan(Fault(method, status, error, **more))  # type: ignore[arg-type]

    # What stands.

    def dm(self, user: str) -> str:
        """The conversation of a person with the bot."""
        return self.world.dm(user).id

    def messages(self, place: str, thread: str | None = None) -> list[Message]:
        """Messages of a channel or of a person's conversation with the bot, in order; thread: of one alone."""
        channel = self.dm(place) if place in self.world.members else place
        found = [m for m in self.world.messages if m.channel == channel]
        return [m for m in found if thread in (m.ts, m.thread)] if thread else found

    def from_bot(self, place: str, thread: str | None = None) -> list[Message]:
        """Only what the bot wrote."""
        bots = {space.bot_user for space in self.world.workspaces.values()}
        return [m for m in self.messages(place, thread) if m.author in bots]

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person was shown in channels and after commands."""
        return [message for seen_by, message in self.world.ephemerals if seen_by == user]

    def modal(self, user: str) -> Shown | None:
        """The view on top of what a person has open."""
        stack = self.world.modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Shown | None:
        """A person's Home tab."""
        return self.world.homes.get(user)

    async def until(self, done: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait for what the app does after it has acknowledged. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Wait for events that follow from what the bot posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _echo(self, space: Workspace, message: Message) -> None:
        """The bot's own message comes back as an event where the app hears that kind of conversation."""
        sending = self.echo(space, message)
        if sending is not None:
            task = asyncio.ensure_future(_sent(sending))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _sent(sending: Awaitable[Answer]) -> Answer:
    return await sending
