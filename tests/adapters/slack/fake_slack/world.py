"""What stands in the fake Slack: workspaces, people, channels, messages, views. It changes by api.py and people.py."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Json = dict[str, Any]

BOT_SCOPES = frozenset(
    {"app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands"}
    | {"files:read", "groups:history", "groups:read", "im:history", "im:write", "users:read", "users:read.email"}
)


@dataclass(frozen=True)
class Member:
    """Somebody in a workspace, as users.info tells of them.

    home: the workspace they belong to; another one than `team` for somebody of Slack Connect.
    """

    id: str
    team: str
    name: str
    email: str | None = None
    home: str = ""
    guest: bool = False
    bot: bool = False
    deactivated: bool = False


@dataclass(frozen=True)
class Channel:
    """kind: "im" (with one person), "channel" (public) or "group" (private)."""

    id: str
    team: str
    kind: str
    name: str = ""
    members: frozenset[str] = frozenset()


@dataclass
class Message:
    """A message as it stands. author: the id of a person, or of the bot user."""

    channel: str
    ts: str
    author: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread: str | None = None
    edited: int = 0
    reactions: list[str] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    arguments: Json = field(default_factory=dict)


@dataclass
class Shown:
    """A view that a person has in front of them.

    state: what they filled in, by block and action id. errors: what the app said beside inputs, by block id. trouble:
    the app did not answer, or wrongly, so that Slack shows its own "trouble connecting".
    """

    id: str
    team: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: bool = False


@dataclass
class Workspace:
    """One installation. revoked: the token is dead; deaf: the app was uninstalled, so it hears nothing any more."""

    id: str
    token: str
    bot_user: str
    bot_id: str
    scopes: frozenset[str] = BOT_SCOPES
    revoked: bool = False
    deaf: bool = False


@dataclass
class Trigger:
    """The right to open a view, for 3 seconds and once. view: where it was given inside a modal."""

    user: str
    team: str
    at: datetime
    view: str | None = None
    used: bool = False


@dataclass(frozen=True)
class StoredFile:
    """A file of Slack's. external: kept elsewhere, so that its address is not Slack's."""

    id: str
    team: str
    user: str
    name: str
    mimetype: str
    data: bytes
    external: str | None = None


class World:
    """Everything that stands, and ids for what is new. clock: the time now, in UTC. page: the most in a list's page."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.workspaces: dict[str, Workspace] = {}
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.ephemerals: list[tuple[str, Message]] = []
        self.modals: dict[str, list[Shown]] = {}
        self.homes: dict[str, Shown] = {}
        self.triggers: dict[str, Trigger] = {}
        self.files: dict[str, StoredFile] = {}
        self.prompts: dict[str, Json] = {}
        self.statuses: list[Json] = []
        self.page = 1_000
        self.calls: list[tuple[str, str, Json]] = []
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """A number that was not given before."""
        return next(self._numbers)

    def stamp(self) -> str:
        """A message's ts: never twice, and in order."""
        return f"{int(self.clock().timestamp())}.{self.number():06d}"

    def workspace_of(self, user: str) -> Workspace:
        """The workspace in which a person is seen."""
        return self.workspaces[self.members[user].team]

    def by_token(self, token: str) -> Workspace | None:
        """Whose token it is."""
        return next((w for w in self.workspaces.values() if w.token == token), None)

    def dm(self, user: str) -> Channel:
        """The conversation between a person and the bot; begun where there is none."""
        id = f"D{user[1:]}"
        if id not in self.channels:
            space = self.workspace_of(user)
            self.channels[id] = Channel(id, space.id, "im", members=frozenset({user, space.bot_user}))
        return self.channels[id]

    def join(self, channel: str, *users: str) -> None:
        """People come into a channel."""
        here = self.channels[channel]
        self.channels[channel] = replace(here, members=here.members | set(users))

    def message(self, channel: str, ts: str) -> Message | None:
        """A message by its place."""
        return next((m for m in self.messages if m.channel == channel and m.ts == ts), None)

    def trigger(self, user: str, view: str | None = None) -> str:
        """A fresh trigger id, as it comes with everything that a person presses."""
        id = f"{self.number()}.{self.number()}.{user.lower()}"
        self.triggers[id] = Trigger(user, self.members[user].team, self.clock(), view)
        return id

    def view(self, id: str) -> Shown | None:
        """An open view or a Home tab by its id."""
        stacks = [*self.modals.values(), list(self.homes.values())]
        return next((shown for stack in stacks for shown in stack if shown.id == id), None)

    def new_view(self, team: str, user: str, body: Json, below: Shown | None = None) -> Shown:
        """A view, not yet shown."""
        id = f"V{self.number():06d}"
        root = below.root if below else id
        return Shown(id, team, user, body, self.new_hash(), root, below.id if below else None)

    def new_hash(self) -> str:
        """What tells two states of a view apart."""
        return f"{int(self.clock().timestamp())}.{self.number():08x}"
