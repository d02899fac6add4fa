"""Finds the staff in the workspace by their email, so that a card reaches also those who never wrote to the bot.

Whoever decides first first. What an account may be taken for is identify's to say, as when somebody writes (T03).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.slack.api import Api, SlackSaid
from adapters.slack.people import PLATFORM, Sender, read_member
from adapters.slack.quiet import told
from bot.casework import CaseOffice
from bot.chat.identify import identify
from bot.chat.messages import Account
from bot.desk import Desk
from bot.worker import RetryAfter

AGAIN = 6 * 3_600.0
"""Seconds between looks at the staff list."""
GAP = 1.3
"""Seconds between look-ups: Slack takes about fifty in a minute."""


@dataclass(frozen=True)
class _Wanted:
    """Somebody of the staff list who has no account here yet."""

    email: str
    tenant: str


class Roll:
    """The staff list against the workspaces. teams: those that may hold people of a trust; api: of a workspace."""

    def __init__(
        self,
        office: CaseOffice,
        teams: Callable[[str], Awaitable[tuple[str, ...]]],
        api: Callable[[str], Awaitable[Api]],
        now: Callable[[], datetime],
    ) -> None:
        self._office = office
        self._teams = teams
        self._api = api
        self._now = now

    async def run(self, again: float = AGAIN, gap: float = GAP) -> None:
        """Until cancelled. A fault is logged by its name, and the rest is looked up next time."""
        while True:
            try:
                await self.look(gap)
            except Exception as error:
                told("staff list", error)
            await asyncio.sleep(again)

    async def look(self, gap: float = 0.0) -> int:
        """Look everybody up who is not known yet; how many were found. Raises what Api.call raises."""
        found = 0
        for wanted in await self._office.at_desk(self._now(), _wanted):
            for team in await self._teams(wanted.tenant):
                account = await self._lookup(team, wanted.email)
                if account is not None and await self._known(account):
                    found += 1
                    break
                await asyncio.sleep(gap)
        return found

    async def _known(self, account: Account) -> bool:
        """True once the account is known to be somebody's."""
        person: str | None = await self._office.at_desk(self._now(), identify, account)
        return person is not None

    async def _lookup(self, team: str, email: str) -> Account | None:
        while True:
            try:
                answer = await (await self._api(team)).call("users.lookupByEmail", email=email)
                break
            except SlackSaid as said:
                if said.code in ("users_not_found", "user_not_found"):
                    return None
                raise
            except RetryAfter as wait:
                await asyncio.sleep(wait.seconds)
        member = answer.get("user")
        user = member.get("id") if isinstance(member, dict) else None
        account = read_member(Sender(team, user), member) if isinstance(user, str) else None
        # Slack may know the person by another address than the one they are listed by: then it vouches for neither.
        same = account is not None and (account.email or "").casefold() == email.casefold()
        return account if account is not None and account.staff_like and same else None


def _wanted(desk: Desk) -> list[_Wanted]:
    """Who works here, has an address and no account on Slack; those with a role first."""
    found: list[tuple[bool, _Wanted]] = []
    for person, home in desk.organisation.everyone():
        if not person.email or person.slack or not desk.directory.active(person.id):
            continue
        if desk.records.account_of(person.id, PLATFORM) is None:
            roles = bool(person.roles) or any(post.roles for post in person.also_at)
            found.append((not roles, _Wanted(person.email, home.tenant)))
    return [wanted for _, wanted in sorted(found, key=lambda each: each[0])]
