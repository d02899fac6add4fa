"""Who a member of a workspace is to AskFirst: an Account, staff-like or not, with the email Slack vouches for (T03)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.slack.api import Api, SlackSaid
from bot.chat.messages import Account

PLATFORM = "slack"
KEPT = 300.0
"""Seconds for which a look-up is good: somebody who is made a guest is one within this time (T09)."""
_MOST = 5_000


@dataclass(frozen=True)
class Sender:
    """Who sent a payload. team: the workspace that the app is installed in; home: the one the person belongs to."""

    team: str
    user: str
    home: str | None = None

    @property
    def foreign(self) -> bool:
        """True for somebody of another workspace, as in a channel shared by Slack Connect."""
        return self.home is not None and self.home != self.team


class Directory(Protocol):
    """What the staff list knows."""

    async def has(self, sender: Sender) -> bool:
        """True where it names the account itself."""

    async def vouched(self, sender: Sender, email: str) -> bool:
        """True where the workspace may say whose that address is."""


class People:
    """Accounts of senders. api: of a workspace; clock: monotonic seconds."""

    def __init__(self, directory: Directory, api: Callable[[str], Awaitable[Api]], clock: Callable[[], float]) -> None:
        self._directory = directory
        self._api = api
        self._clock = clock
        self._found: OrderedDict[tuple[str, str], tuple[float, Account]] = OrderedDict()

    async def account(self, sender: Sender) -> Account:
        """The sender's account. Slack is asked only about ids that the directory does not have.

        Raises what Api.call raises where Slack cannot be asked: then nobody is taken for anybody.
        """
        stranger = Account(PLATFORM, sender.team, sender.user, staff_like=False)
        if sender.foreign:
            # By the name that their own workspace gives them: an id means nothing in another.
            return Account(PLATFORM, sender.home or "", sender.user, staff_like=False)
        if await self._directory.has(sender):
            return Account(PLATFORM, sender.team, sender.user)
        kept = self._found.get((sender.team, sender.user))
        if kept and self._clock() - kept[0] < KEPT:
            return kept[1]
        try:
            answer = await (await self._api(sender.team)).call("users.info", user=sender.user)
        except SlackSaid as said:
            if said.code in ("user_not_found", "user_not_visible", "users_not_found"):
                return stranger
            raise
        account = read_member(sender, answer.get("user"))
        if account.email is not None and not await self._directory.vouched(sender, account.email):
            account = stranger
        self._found[sender.team, sender.user] = (self._clock(), account)
        while len(self._found) > _MOST:
            self._found.popitem(last=False)
        return account


_NOT_STAFF = (
    "deleted",
    "is_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_workflow_bot",
    "is_app_user",
)


def read_member(sender: Sender, member: object) -> Account:
    """An account from what users.info says; nobody staff-like where anything is missing or odd."""
    stranger = Account(PLATFORM, sender.team, sender.user, staff_like=False)
    if not isinstance(member, Mapping) or member.get("id") != sender.user:
        return stranger
    if any(member.get(mark) for mark in _NOT_STAFF) or member.get("team_id", sender.team) != sender.team:
        return stranger
    profile: Any = member.get("profile")
    email = profile.get("email") if isinstance(profile, Mapping) else None
    # An address that its owner has not confirmed is anybody's claim.
    confirmed = member.get("is_email_confirmed", True) is True
    return Account(PLATFORM, sender.team, sender.user, email if isinstance(email, str) and confirmed else None)
