"""Who did it: the account with what the directory of Microsoft vouches for, asked for only where it is needed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.teams import names
from adapters.teams.address import address_of
from adapters.teams.connector import Connector, Gone, Refused
from adapters.teams.inbound import Where
from bot.casework import CaseOffice
from bot.chat.identify import identify
from bot.chat.messages import Account
from bot.desk import Desk

_log = logging.getLogger("askfirst.teams")


class People:
    """Staff by the school's own list alone: pupils share the tenant (SECURITY T03)."""

    def __init__(self, connector: Connector, office: CaseOffice) -> None:
        self._connector = connector
        self._office = office

    async def account(self, where: Where, now: datetime) -> Account:
        """The account to hand to the desk. For somebody known, where to write to them is noted."""
        if await self._office.at_desk(now, _known, where.account, where):
            return where.account
        if not where.account.staff_like:
            return where.account
        for account in await self._vouched(where):
            if await self._office.at_desk(now, _known, account, where):
                return account
        return replace(where.account, staff_like=False)

    async def _vouched(self, where: Where) -> list[Account]:
        """The account with each address that the directory has of it: the sign-in name first, which nobody chooses."""
        try:
            member = await self._connector.member(where.service_url, where.conversation, where.user)
        except (Gone, Refused) as error:
            _log.warning("no such member: %s", type(error).__name__)
            return []
        if not _is_staff_like(member, where):
            return []
        addresses = dict.fromkeys(member.get(name) for name in ("userPrincipalName", "email"))
        return [replace(where.account, email=each) for each in addresses if isinstance(each, str) and "@" in each]


def _is_staff_like(member: Mapping[str, Any], where: Where) -> bool:
    """False for guests, anonymous people and people of another tenant."""
    same = str(member.get("aadObjectId") or member.get("objectId") or "").lower() == where.aad
    tenant = member.get("tenantId")
    own = tenant is None or str(tenant).lower() == where.tenant
    principal = str(member.get("userPrincipalName") or "")
    return same and own and member.get("userRole", "user") == "user" and "#EXT#" not in principal


def _known(desk: Desk, account: Account, where: Where) -> str | None:
    person = identify(desk, account)
    address = address_of(where)
    if person is not None and address is not None:
        desk.records.met(person, names.PLATFORM, account.tenant, account.user, desk.now, address.pack())
    return person


def lost(desk: Desk, where: Where) -> None:
    """The person took the app away: nothing is posted to them until they write again."""
    desk.records.lost_account(names.PLATFORM, where.tenant, where.aad or where.user, desk.now)
