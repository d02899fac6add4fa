"""AskFirst on Slack, put together: what app.py starts and what it gives to the outbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from adapters.slack import listen, oauth
from adapters.slack.api import Pace
from adapters.slack.app import SlackApp
from adapters.slack.channel import Channel, Readers
from adapters.slack.client import SlackPlatform
from adapters.slack.dialogs import Dialogs
from adapters.slack.doing import Hosts, Room
from adapters.slack.door import Door
from adapters.slack.manifest import BOT_SCOPES
from adapters.slack.people import PLATFORM, People, Sender
from adapters.slack.quiet import hush
from adapters.slack.settings import SlackSettings
from adapters.slack.socket_mode import Socket
from adapters.slack.staff import Roll
from adapters.slack.submitting import BUDGET
from adapters.slack.threads import Threads
from adapters.slack.workspaces import Line, OneWorkspace, Workspaces, api_of
from bot.casework import CaseOffice
from bot.chat.arrivals import Arrivals
from bot.chat.desk import ChatDesk
from bot.chat.messages import Account
from bot.desk import Desk


@dataclass(frozen=True)
class Around:
    """What is not Slack's: the time (UTC), monotonic seconds, and for tests their own pace and hosts.

    authorise: Slack's page on which an administrator lets the app in; None: the real one. budget: seconds for a form.
    """

    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    pace: Pace | None = None
    hosts: Hosts = field(default_factory=Hosts)
    authorise: str | None = None
    budget: float = BUDGET


@dataclass(frozen=True)
class Slack:
    """The running parts. platform: for the outbox; door: where deliveries come in; web: the pages for HTTP.

    roll: finds the staff in the workspace."""

    settings: SlackSettings
    platform: SlackPlatform
    app: SlackApp
    door: Door
    arrivals: Arrivals
    line: Line
    web: web.Application
    roll: Roll

    async def run(self) -> None:
        """Serve until cancelled. Raises BadInput where it cannot: a port that is taken, a secret that is gone."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.line.close)
            if self.settings.signing_secret is not None:
                runner = await listen.serve(self.web, self.settings.address, self.settings.port)
                stack.push_async_callback(runner.cleanup)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.arrivals.work(self.app.work))
                tasks.create_task(self.roll.run())
                if self.settings.app_token is not None:
                    tasks.create_task(Socket(self.door, self.settings.app_token, self.line).run())

    async def settle(self) -> None:
        """Do all that can be done now: for tests with a clock of their own."""
        await self.arrivals.settle(self.app.work)
        await self.app.submitting.settle()


async def make_slack(
    settings: SlackSettings, desk: ChatDesk, office: CaseOffice, around: Around, engine: Any = None
) -> Slack:
    """Everything, not yet running. engine: the asynchronous database for OAuth (bot/store/side.py); None without it.

    Raises BadInput for a secret that cannot be read.
    """
    hush()
    line = Line(settings.api, around.pace)
    flow = None
    if settings.many:
        installations = await oauth.open_installations(engine, settings, office.keyring)
        flow = await oauth.oauth_flow(engine, settings, installations, line, BOT_SCOPES, around.authorise)
        workspaces: Workspaces = oauth.ManyWorkspaces(installations, settings, line)
    else:
        assert settings.bot_token is not None  # noqa: S101 - read_slack_settings sees to it
        workspaces = OneWorkspace(settings.bot_token, line)
    directory = _Directory(office, workspaces, around.now)
    arrivals = Arrivals(office, PLATFORM, around.now)
    people = People(directory, lambda team: api_of(workspaces, line, team), around.clock)
    room = Room(desk, office, workspaces, line, people, Threads(around.clock), Dialogs(), around.now, around.hosts)
    app = SlackApp(room, arrivals, flow, around.budget)
    door = Door(app, arrivals, around.now)
    channel = Channel(office, Readers(people, partial(_bot_of, workspaces)), around.now)
    platform = SlackPlatform(room.api, directory.lost, around.clock, channel)
    site = listen.site(door, _secrets(settings), around.now, flow)
    roll = Roll(office, workspaces.teams_of, room.api, around.now)
    return Slack(settings, platform, app, door, arrivals, line, site, roll)


async def _bot_of(workspaces: Workspaces, team: str) -> str:
    """The bot's own id in a workspace; "" where it is not installed."""
    found = await workspaces.find(team)
    return found.bot_user if found else ""


def _secrets(settings: SlackSettings) -> listen.Secrets:
    secret = settings.signing_secret

    def read() -> Sequence[str]:
        return [secret.read()] if secret else []

    return read


class _Directory:
    """What the adapter asks the case office about accounts."""

    def __init__(self, office: CaseOffice, workspaces: Workspaces, now: Callable[[], datetime]) -> None:
        self._office = office
        self._workspaces = workspaces
        self._now = now

    async def has(self, sender: Sender) -> bool:
        """True where the organisation file names the account itself."""
        return await self._office.at_desk(self._now(), _has, sender)

    async def vouched(self, sender: Sender, email: str) -> bool:
        """True where the workspace may say whose that address is (see ManyWorkspaces.may_hold)."""
        tenants = await self._office.at_desk(self._now(), _tenants, email)
        return all(self._workspaces.may_hold(sender.team, tenant) for tenant in tenants)

    async def lost(self, account: Account) -> None:
        """Slack has nobody by that id any more."""
        await self._office.at_desk(self._now(), _lost, account)


def _has(desk: Desk, sender: Sender) -> bool:
    return bool(desk.organisation.at_account(PLATFORM, sender.team, sender.user))


def _tenants(desk: Desk, email: str) -> set[str]:
    homes = (desk.organisation.home(person.id) for person in desk.organisation.with_email(email))
    return {home.tenant for home in homes if home is not None}


def _lost(desk: Desk, account: Account) -> None:
    desk.records.lost_account(account.platform, account.tenant, account.user, desk.now)
