"""What is done for each thing that a person does in Slack, once it was acknowledged; forms are in submitting.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from adapters.slack import files, inbound
from adapters.slack import sentences as words
from adapters.slack.api import Api, SlackSaid
from adapters.slack.dialogs import Dialogs
from adapters.slack.gate import Delivery
from adapters.slack.inbound import Place
from adapters.slack.manifest import prompts
from adapters.slack.people import PLATFORM, People
from adapters.slack.replies import MOMENT, Progress, Speaker, Steps
from adapters.slack.threads import Threads
from adapters.slack.workspaces import Line, Workspaces, api_of
from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from bot.chat.identify import STRANGER_CARD, STRANGER_VIEW
from bot.chat.messages import Account, Inbound, Pressed, Reaction, Said, Spot, View
from bot.chat.parts import trouble
from bot.chat.press import Press
from bot.desk import Desk
from bot.errors import BadInput

OPENING = 1.0
"""Seconds after which a dialog is opened with "one moment", so that Slack's three do not run out."""
_REPLIES = frozenset({"topic", "fact", "none"})
"""Presses that are answered by a message."""
RESPONSES = frozenset({"https://hooks.slack.com"})


@dataclass(frozen=True)
class Hosts:
    """Where Slack is, beside its Web API. Tests put their own here; nothing that Slack sends can add to it (T15)."""

    files: frozenset[str] = files.ORIGINS
    answers: frozenset[str] = RESPONSES


@dataclass(frozen=True)
class Room:
    """What everything that is done needs. now: the time (UTC); clock: monotonic seconds."""

    desk: ChatDesk
    office: CaseOffice
    workspaces: Workspaces
    line: Line
    people: People
    threads: Threads
    dialogs: Dialogs
    now: Callable[[], datetime]
    hosts: Hosts = field(default_factory=Hosts)

    async def api(self, team: str) -> Api:
        """The Web API of a workspace. Raises TokenDead."""
        return await api_of(self.workspaces, self.line, team)

    def speaker(self, api: Api, place: Place) -> Speaker:
        """Shows things there."""
        return Speaker(api, place, self.dialogs, self.line.session, self.hosts.answers)

    async def case_at(self, channel: str, stamp: str) -> bool:
        """True where a case's card stands there."""
        return await self.office.at_desk(self.now(), _case_at, Spot(channel, stamp))


def _case_at(desk: Desk, spot: Spot) -> bool:
    return desk.records.case_at(PLATFORM, spot) is not None


class Doing:
    """Works off what was acknowledged. Every method may be called again for the same delivery."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._progress = Progress()

    async def wants(self, delivery: Delivery) -> bool:
        """False for events that are nothing to us: they are not even kept (SECURITY T10)."""
        event = delivery.payload["event"]
        if event["type"] in ("app_mention", "app_home_opened"):
            return inbound.sender(delivery) is not None
        if event["type"] in ("tokens_revoked", "app_uninstalled"):
            return True
        if event["type"] != "message" or inbound.sender(delivery) is None:
            return False
        return await self._for_us(delivery)

    async def _for_us(self, delivery: Delivery) -> bool:
        """A message to the bot alone, or a follow-up in a thread where it takes part."""
        event, where = delivery.payload["event"], inbound.place(delivery)
        if not where.public:
            return True
        thread, bot = event.get("thread_ts"), inbound.bot_user(delivery.payload)
        # A message that names the bot comes a second time, as a mention.
        if not isinstance(thread, str) or (bot and f"<@{bot}" in str(event.get("text"))):
            return False
        known = self._room.threads.engaged(where.team, where.channel, thread)
        return known or await self._room.case_at(where.channel, thread)

    async def event(self, delivery: Delivery, api: Api) -> None:
        """A message, a mention, or that somebody looked at the app."""
        event, who = delivery.payload["event"], inbound.sender(delivery)
        if who is None:
            return
        if event["type"] == "app_home_opened":
            await self._opened(delivery, api)
            return
        account = await self._room.people.account(who)
        what, where = inbound.said(delivery, account), inbound.place(delivery)
        steps = self._progress.of(delivery.key)
        if steps.reaction is None:
            steps.reaction = await self._heard(what, account, event.get("files"))
        if event["type"] == "app_mention" and where.thread and steps.reaction.replies != (STRANGER_CARD,):
            self._room.threads.engage(where.team, where.channel, where.thread)
        await self._show(delivery, api, account, steps)

    async def _heard(self, what: Said | None, account: Account, attached: object) -> Reaction:
        """An answer; where files came with the words, also that they are not looked at (T20)."""
        if what is not None:
            reaction = await self._room.desk.handle(what, self._room.now())
        elif attached:
            reaction = await self._known(account)
        else:
            return Reaction()
        if attached and reaction.replies != (STRANGER_CARD,):
            hint = " ".join(filter(None, (reaction.hint, words.NO_FILES_IN_CHAT)))
            return Reaction(reaction.replies, reaction.view, reaction.errors, hint, reaction.close, reaction.home)
        return reaction

    async def _known(self, account: Account) -> Reaction:
        """Nothing for staff; the one reply for everybody else."""
        found = await self._room.desk.handle(Pressed(account, Press("help"), "", ""), self._room.now())
        return Reaction(replies=(STRANGER_CARD,)) if found.view == STRANGER_VIEW else Reaction()

    async def _opened(self, delivery: Delivery, api: Api) -> None:
        who, event = inbound.sender(delivery), delivery.payload["event"]
        if who is None:
            return
        if event.get("tab") == "messages":
            await _suggest(api, str(event.get("channel")))
            return
        account = await self._room.people.account(who)
        await self._room.speaker(api, inbound.place(delivery)).publish(partial(self._home, account))

    async def _home(self, account: Account) -> View:
        return await self._room.desk.home(account, self._room.now())

    async def press(self, delivery: Delivery, api: Api) -> None:
        """A button, a shortcut or a command."""
        who = inbound.sender(delivery)
        if who is None:
            return
        steps, account = self._progress.of(delivery.key), await self._room.people.account(who)
        if steps.reaction is None:
            try:
                what = inbound.read(delivery, account)
            except BadInput as error:
                what, steps.reaction = None, Reaction(view=trouble(str(error)))
            if what is not None:
                steps.reaction = await self._answered(what, delivery, api, steps)
        if steps.reaction is not None:
            await self._show(delivery, api, account, steps)

    async def _answered(self, what: Inbound, delivery: Delivery, api: Api, steps: Steps) -> Reaction:
        """What the desk says; a dialog is opened meanwhile where that takes long."""
        if inbound.asks_for_usage(delivery):
            return await self._usage(what.account, str(delivery.payload["command"]))
        working = asyncio.ensure_future(self._room.desk.handle(what, self._room.now()))
        try:
            await asyncio.wait({working}, timeout=OPENING)
            where = inbound.place(delivery)
            opens = (isinstance(what, Pressed) and what.press.do not in _REPLIES) or not isinstance(
                what, Pressed | Said
            )
            if not working.done() and opens and where.view is None and steps.view is None:
                steps.view = await self._room.speaker(api, where).open(MOMENT)
            return await working
        finally:
            working.cancel()

    async def _usage(self, account: Account, command: str) -> Reaction:
        known = await self._known(account)
        return known if known.replies else Reaction(hint=words.USAGE.format(command=command))

    async def _show(self, delivery: Delivery, api: Api, account: Account, steps: Steps) -> None:
        if steps.reaction is not None:
            speaker = self._room.speaker(api, inbound.place(delivery))
            await speaker.show(steps.reaction, steps, partial(self._home, account))
        self._progress.forget(delivery.key)

    async def show(self, reaction: Reaction, delivery: Delivery, api: Api, account: Account) -> None:
        """What is left of a form's reaction once its acknowledgement has said the rest."""
        speaker = self._room.speaker(api, inbound.place(delivery))
        await speaker.show(reaction, Steps(), partial(self._home, account))


async def _suggest(api: Api, channel: str) -> None:
    """What somebody could ask, as buttons in the messages tab."""
    said = {"title": words.PROMPTS_TITLE, "prompts": prompts()}
    try:
        await api.call("assistant.threads.setSuggestedPrompts", channel_id=channel, **said)
    except SlackSaid:
        # A workspace without the agent's tab: nothing is missing without them.
        return
