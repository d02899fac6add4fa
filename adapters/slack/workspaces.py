"""The workspaces that AskFirst is installed in, each with its own token that goes out for no other (SECURITY T23)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api, Pace, TokenDead
from adapters.slack.quiet import hush
from adapters.slack.settings import Secret

_PATIENCE = aiohttp.ClientTimeout(total=20, sock_connect=5)


@dataclass(frozen=True)
class Installed:
    """A workspace with the bot's token and names there."""

    team: str
    token: str = field(repr=False)
    bot_user: str = ""
    bot_id: str = ""


class Line:
    """The connection to Slack: one pool of sockets for every workspace, and one client per token.

    base: where the Web API is. Use within a running event loop, and close it at the end.
    """

    _KEPT = 200

    def __init__(self, base: str = "https://slack.com/api/", pace: Pace | None = None) -> None:
        self._base = base
        self._pace = pace or Pace()
        self._session: aiohttp.ClientSession | None = None
        self._apis: dict[tuple[str, str], Api] = {}

    @property
    def session(self) -> aiohttp.ClientSession:
        """Opened when it is first wanted."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=_PATIENCE)
        return self._session

    def client(self, token: str | None) -> AsyncWebClient:
        """The library's client for that token. It never tries anything again: the outbox and the arrivals do."""
        return AsyncWebClient(token, self._base, session=self.session, logger=hush(), retry_handlers=[])

    def api(self, team: str, token: str) -> Api:
        """The Web API of a workspace with its token."""
        if len(self._apis) > self._KEPT:
            self._apis.clear()
        if (team, token) not in self._apis:
            self._apis[team, token] = Api(self.client(token), self._pace)
        return self._apis[team, token]

    async def close(self) -> None:
        """Close the sockets."""
        if self._session is not None:
            await self._session.close()


class Workspaces(Protocol):
    """Which workspaces there are."""

    async def find(self, team: str) -> Installed | None:
        """The workspace as it is installed now; None where it is not. Raises what Api.call raises."""

    def may_hold(self, team: str, tenant: str) -> bool:
        """True where people of that trust may be recognised in the workspace by their email address alone."""

    async def teams_of(self, tenant: str) -> tuple[str, ...]:
        """The workspaces that may hold people of that trust. Raises what Api.call raises."""


class OneWorkspace:
    """A single workspace by its token. A new token in the file takes over without a restart (SECURITY F10)."""

    def __init__(self, secret: Secret, line: Line) -> None:
        self._secret = secret
        self._line = line
        self._known: Installed | None = None
        self._asking = asyncio.Lock()

    async def find(self, team: str) -> Installed | None:
        """See Workspaces."""
        found = await self.only()
        return found if found.team == team else None

    async def only(self) -> Installed:
        """The workspace; Slack is asked once per token whose it is. Raises what Api.call raises."""
        token = self._secret.read()
        async with self._asking:
            if self._known is None or self._known.token != token:
                said = await Api(self._line.client(token), Pace()).call("auth.test")
                names = [str(said.get(name) or "") for name in ("team_id", "user_id", "bot_id")]
                self._known = Installed(names[0], token, names[1], names[2])
            return self._known

    def may_hold(self, team: str, tenant: str) -> bool:
        """See Workspaces. Whoever set up the one workspace answers for everybody in the organisation file."""
        return True

    async def teams_of(self, tenant: str) -> tuple[str, ...]:
        """See Workspaces."""
        return ((await self.only()).team,)


async def api_of(workspaces: Workspaces, line: Line, team: str) -> Api:
    """The Web API of a workspace. Raises TokenDead where the app is not installed there."""
    found = await workspaces.find(team)
    if found is None:
        raise TokenDead("workspace", "not_installed")
    return line.api(team, found.token)


Apis = Callable[[str], Awaitable[Api]]
