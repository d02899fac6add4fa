"""Teams as a platform of the outbox: notices to people's own chats, cards rewritten where they stand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from adapters.teams import names, render
from adapters.teams.address import Address, unpack
from adapters.teams.cards import Medium
from adapters.teams.channel import Channel
from adapters.teams.connector import Connector, Gone, Refused, TooLarge
from adapters.teams.settings import TeamsSettings
from bot.casework import CaseOffice
from bot.chat.messages import Account, Post, Spot
from bot.desk import Desk

_log = logging.getLogger("askfirst.teams")


class TeamsPlatform:
    """See bot.worker.Platform. clock: the time now (UTC)."""

    def __init__(
        self, connector: Connector, office: CaseOffice, settings: TeamsSettings, clock: Callable[[], datetime]
    ) -> None:
        self._connector = connector
        self._office = office
        self._settings = settings
        self._clock = clock
        self._channel = Channel(connector, office, settings, clock)
        self._medium = Medium.MESSAGE if settings.dialogs else Medium.PLAIN

    async def post(self, post: Post) -> Spot | None:
        """Tell the person; where the case's card stands now. Raises RetryAfter and what Connector raises."""
        if post.account is None:
            return None
        if post.kind == "card":
            return await self._renew(post, post.account)
        try:
            return await self._tell(post, await self._address(post, post.account))
        except Gone as gone:
            _log.warning("a chat is closed to us: %s", gone)
            await self._office.at_desk(self._clock(), _lost, post.account)
            return await self._in_channel(post)

    async def _in_channel(self, post: Post) -> Spot | None:
        try:
            return await self._channel.post(post)
        except Gone:
            return None

    async def _address(self, post: Post, account: Account) -> Address:
        """Where the person is written to; a chat is opened with whoever has the app and never wrote."""
        known = unpack(post.address)
        if known is not None:
            return known
        opened = await self._connector.open(self._settings.connector, account.tenant, account.user)
        user = await self._user(opened, account)
        address = Address(self._settings.connector, opened, account.tenant, account.user, user)
        await self._office.at_desk(self._clock(), _opened, post.person, address)
        return address

    async def _user(self, conversation: str, account: Account) -> str:
        """The id that Teams gives the person for this bot, by which their card can be refreshed."""
        try:
            member = await self._connector.member(self._settings.connector, conversation, account.user)
        except (Gone, Refused):
            return ""
        return str(member.get("id") or "")

    async def _renew(self, post: Post, account: Account) -> Spot | None:
        """Rewrite the card that stands, and nothing else: nobody is notified."""
        if post.stands is None or not await self._rewrite(post, account, post.stands):
            return None
        return post.stands if post.card is not None else None

    async def _rewrite(self, post: Post, account: Account, stands: Spot) -> bool:
        """False where the message is not there any more."""
        try:
            if stands.place == self._settings.channel:
                await self._channel.rewrite(post, stands)
                return True
            address = await self._address(post, account)
            activity = render.standing(post, self._medium, address.user)
            await self._connector.update(address.service_url, stands.place, stands.number, activity)
        except Gone:
            return False
        return True

    async def _tell(self, post: Post, address: Address) -> Spot | None:
        """A new message with the card. An older card becomes a line first, so that a repeat changes nothing twice."""
        if post.stands is not None and post.account is not None:
            if post.card is None or post.stands.place != address.conversation:
                await self._rewrite(post, post.account, post.stands)
            else:
                await self._supersede(address, post.stands)
        activity = render.notice(post, self._medium, address.user)
        try:
            number = await self._connector.send(address.service_url, address.conversation, activity)
        except TooLarge:
            await self._connector.send(address.service_url, address.conversation, render.note(post.text))
            return None
        return Spot(address.conversation, number) if post.card is not None and number else None

    async def _supersede(self, address: Address, stands: Spot) -> None:
        with suppress(Gone):
            await self._connector.update(address.service_url, stands.place, stands.number, render.superseded())


def _lost(desk: Desk, account: Account) -> None:
    desk.records.lost_account(account.platform, account.tenant, account.user, desk.now)


def _opened(desk: Desk, person: str, address: Address) -> None:
    desk.records.met(person, names.PLATFORM, address.tenant, address.aad, desk.now, address.pack())
