"""`python app.py doctor teams`: what keeps the bot from working, each with its cure. Shows no secret and no name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.teams import names
from adapters.teams.app import PATH
from adapters.teams.front import SafeAdapter
from adapters.teams.keys import KeysDown, SigningKeys
from adapters.teams.settings import PREFIX, TeamsSettings
from bot.casework import CaseOffice
from bot.desk import Desk

LONGEST = 10.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. says: what was found, with the cure where it is not well."""

    well: bool
    says: str


async def examine(
    settings: TeamsSettings, office: CaseOffice, now: datetime, adapter: SafeAdapter | None = None
) -> list[Finding]:
    """Look at everything that can be looked at from here, in the order in which it is set up."""
    if settings.development:
        return [Finding(False, f"{PREFIX}DEVELOPMENT=yes: nobody is checked; take it out before staff use it.")]
    front = adapter or SafeAdapter(settings)
    found = [await _keys(settings), await _secret(front.token), await _reached(settings)]
    return [*found, await office.at_desk(now, _people)]


async def _keys(settings: TeamsSettings) -> Finding:
    """That tokens of the Connector can be checked."""
    try:
        await SigningKeys(settings.openid, lambda: 0.0).get("doctor")
    except KeysDown:
        return Finding(False, f"Microsoft's signing keys cannot be read; let this machine reach {settings.openid}.")
    except PermissionError:
        # There are keys, and of course none of that name.
        return Finding(True, "Microsoft's signing keys can be read.")
    return Finding(True, "Microsoft's signing keys can be read.")


async def _secret(token: Callable[[], Awaitable[str]]) -> Finding:
    """That Microsoft takes the secret or the managed identity (SECURITY F10)."""
    try:
        await token()
    except PermissionError:
        cure = f"make a new client secret in the app registration and put it in {PREFIX}SECRET_FILE"
        return Finding(
            False, f"Microsoft does not take the app id, tenant and secret; the secret may have run out: {cure}."
        )
    except Exception as error:  # an unreachable network, an identity that is not there
        return Finding(False, f"no token could be had ({type(error).__name__}); check the network and the settings.")
    return Finding(True, "Microsoft takes the app id, tenant and secret.")


async def _reached(settings: TeamsSettings) -> Finding:
    """That the address which the Azure Bot has leads here, and lets nobody in without a token."""
    if not settings.public_url:
        return Finding(False, f"{PREFIX}PUBLIC_URL is not set, so the messaging endpoint was not tried.")
    address = f"{settings.public_url}{PATH}"
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=LONGEST)) as client,
            client.post(address, json={}, allow_redirects=False) as response,
        ):
            status = response.status
    except (ClientError, OSError, ValueError) as error:
        return Finding(
            False, f"{address} does not answer ({type(error).__name__}); check the proxy and its certificate."
        )
    if status == 401:
        return Finding(True, f"{address} answers, and turns away who has no token.")
    return Finding(False, f"{address} answers with {status} instead of 401; something else stands there.")


def _people(desk: Desk) -> Finding:
    """How many can be written to; nobody is named."""
    staff = [person for person, _ in desk.organisation.everyone() if desk.directory.active(person.id)]
    known = [person for person in staff if person.teams or desk.records.account_of(person.id, names.PLATFORM)]
    says = f"{len(known)} of {len(staff)} people can be written to on Teams"
    cure = ". The others are known once they write to AskFirst, or by teams: in the organisation file."
    return Finding(bool(known), says + ("." if len(known) == len(staff) else cure))
