"""A channel for cards of people who do not have the app in a chat of their own: least words, and only among staff.

A card there names the case and nothing more; whoever may decide sees it whole in a view of their own. It is posted only
where everybody in the channel may hear of the case, which is asked anew at every post (SECURITY T06, T07).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.teams import names, render
from adapters.teams.connector import Connector
from adapters.teams.settings import TeamsSettings
from bot.casework import CaseOffice
from bot.chat.messages import Post, Spot
from bot.desk import Desk

CALLS = frozenset({"waiting", "reminder", "escalated", "handed_on"})
"""Notices that ask somebody to decide; the others wait until they have a chat of their own."""


class Channel:
    """See the file. Does nothing where no channel is set."""

    def __init__(
        self, connector: Connector, office: CaseOffice, settings: TeamsSettings, clock: Callable[[], datetime]
    ) -> None:
        self._connector = connector
        self._office = office
        self._settings = settings
        self._clock = clock

    async def post(self, post: Post) -> Spot | None:
        """Post a card there, where that is right. Raises what Connector raises."""
        channel, url = self._settings.channel, self._settings.connector
        if channel is None or post.card is None or post.account is None or post.kind.partition(":")[0] not in CALLS:
            return None
        members = await self._connector.members(url, channel)
        if not await self._office.at_desk(self._clock(), _may_all_hear, post, members):
            return None
        number = await self._connector.send(url, channel, render.in_channel(post, _user(post, members)))
        return Spot(channel, number)

    async def rewrite(self, post: Post, stands: Spot) -> None:
        """The card as it may stand there now. Raises what Connector raises."""
        await self._connector.update(self._settings.connector, stands.place, stands.number, render.in_channel(post, ""))


def _user(post: Post, members: list[Mapping[str, Any]]) -> str:
    """The id that Teams gives the person whom the card is for."""
    wanted = post.account.user if post.account else ""
    return next((str(m.get("id", "")) for m in members if str(m.get("aadObjectId", "")).lower() == wanted), "")


def _may_all_hear(desk: Desk, post: Post, members: list[Mapping[str, Any]]) -> bool:
    """True where the case is open to hear of for every member, and the person whom it waits for is one of them."""
    case = desk.records.case(post.case_id)
    if case is None or desk.procedure(case).restricted or post.account is None:
        return False
    people = [_person(desk, post.account.tenant, str(member.get("aadObjectId", "")).lower()) for member in members]
    if not people or post.person not in people:
        return False
    return all(person is not None and desk.may_hear(case, person) for person in people)


def _person(desk: Desk, tenant: str, user: str) -> str | None:
    named = desk.organisation.at_account(names.PLATFORM, tenant, user)
    if named:
        return named[0].id
    return desk.records.person_by(names.PLATFORM, tenant, user)
