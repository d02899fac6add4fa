"""Who looks at the tab: the token that Entra ID made for our own app, checked in full before anything is believed.

Source: Microsoft identity platform, access token claims reference and "Validate tokens"; Teams, tab single sign-on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from adapters.teams import names
from adapters.teams.keys import SigningKeys
from adapters.teams.settings import TeamsSettings
from bot.chat.messages import Account

LOGIN = "https://login.microsoftonline.com"
SCOPE = "access_as_user"
CLIENTS = ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346")
"""Teams on desktop and phone, and Teams in a browser: the only clients whose users we take a token from."""
SKEW = 60.0
"""Seconds by which Microsoft's clock and ours may differ."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOMES = ("https://sts.windows.net/{}/", LOGIN + "/{}/v2.0")
"""What `idp` is, if it is there at all, for somebody who is at home in the tenant."""
_SIGNATURE_ALONE = {
    "verify_signature": True,
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


class TabTokens:
    """Checks tokens. login: where keys come from, other than Microsoft's in tests alone. seconds: for the keys' age."""

    def __init__(
        self, settings: TeamsSettings, login: str = LOGIN, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        tenants = settings.tenants | {settings.tenant}
        self._keys = {each: SigningKeys(_document(login, each), seconds, endorsed=None) for each in tenants}
        host = urlsplit(settings.public_url or "").hostname
        self._audiences = {settings.app_id, *([resource(host, settings.app_id)] if host else [])}

    async def account(self, headers: Sequence[str], now: datetime) -> Account:
        """Whose token it is. headers: every Authorization header of the request.

        Raises PermissionError for whatever is not a good token of ours, and KeysDown.
        """
        token = _bearer(headers)
        key_id, tenant = _unproven(token)
        if tenant not in self._keys:
            raise PermissionError("another tenant")
        key = await self._keys[tenant].get(key_id)
        try:
            claims = jwt.decode(token, key.public_key, algorithms=["RS256"], options=_SIGNATURE_ALONE)  # type: ignore[arg-type]
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise PermissionError("a bad signature") from error
        if not (self._for_us(claims, tenant) and _in_time(claims, now.timestamp())):
            raise PermissionError("a wrong claim")
        return _account(claims, tenant)

    def _for_us(self, claims: Mapping[str, Any], tenant: str) -> bool:
        """A person's token (never an application's own), by Teams, of this tenant, for this app."""
        scopes, audience = claims.get("scp"), claims.get("aud")
        return (
            claims.get("ver") == "2.0"
            and claims.get("iss") == f"{LOGIN}/{tenant}/v2.0"
            and claims.get("tid") == tenant
            and isinstance(audience, str)
            and audience in self._audiences
            and isinstance(scopes, str)
            and SCOPE in scopes.split(" ")
            and claims.get("azp") in CLIENTS
        )


def resource(host: str, app_id: str) -> str:
    """The Application ID URI of a tab (Teams, tab single sign-on, "Expose an API")."""
    return f"api://{host}/{app_id}"


def _document(login: str, tenant: str) -> str:
    """It names the keys of {login}/{tenant}/discovery/v2.0/keys."""
    return f"{login}/{tenant}/v2.0/.well-known/openid-configuration"


def _bearer(headers: Sequence[str]) -> str:
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme != "Bearer" or not token or not token.isascii():
        raise PermissionError("no token")
    return token


def _unproven(token: str) -> tuple[object, str]:
    """Which key it says that it is signed with, and of which tenant: only to look up the key."""
    try:
        head = jwt.get_unverified_header(token)
        tenant = jwt.decode(token, options={"verify_signature": False}).get("tid")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise PermissionError("not a token") from error
    return head.get("kid"), tenant if isinstance(tenant, str) else ""


def _in_time(claims: Mapping[str, Any], now: float) -> bool:
    since, until = claims.get("nbf"), claims.get("exp")
    if not isinstance(since, int | float) or not isinstance(until, int | float):
        return False
    return bool(since - SKEW <= now < until + SKEW)


def _account(claims: Mapping[str, Any], tenant: str) -> Account:
    person, name = claims.get("oid"), claims.get("preferred_username")
    if not isinstance(person, str) or not _GUID.fullmatch(person):
        raise PermissionError("nobody's token")
    own = _at_home(claims, tenant)
    email = name if own and isinstance(name, str) and "@" in name else None
    return Account(names.PLATFORM, tenant, person, email=email, staff_like=own)


def _at_home(claims: Mapping[str, Any], tenant: str) -> bool:
    """False for guests (acct 1, another identity provider): they are never matched by their address (SECURITY T03)."""
    own = claims.get("idp") is None or claims["idp"] in [each.format(tenant) for each in _HOMES]
    outside = "#EXT#" in str(claims.get("preferred_username")).upper()
    return own and claims.get("acct", 0) in (0, "0") and not outside
