"""Entra ID on loopback: each tenant's OpenID document and keys, and tokens for the tab (access token claims v2.0)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import jwt
from aiohttp import web
from jwt.algorithms import RSAAlgorithm

from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.signing import new_key

DESKTOP, BROWSER = "1fec8e78-bce4-4aaf-ab1b-5451cc387264", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"
"""Teams's own client ids (Teams, tab single sign-on)."""
_OURS = new_key()


class Entra:
    """Signs as Entra does. down: its key server answers 503."""

    def __init__(self, now: datetime) -> None:
        self.now = int(now.timestamp())
        self.keys = {"entra-1": _OURS}
        self.asked: list[str] = []
        self.down = False

    def app(self) -> web.Application:
        """The server."""
        app = web.Application()
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._document)
        app.router.add_get("/{tenant}/discovery/v2.0/keys", self._keys)
        return app

    def claims(self, oid: str, **claims: Any) -> dict[str, Any]:
        """Of a token of Teams for this person. A claim of None is left out."""
        tenant = claims.get("tid", TENANT)
        whole = {
            "aud": APP,
            "iss": f"https://login.microsoftonline.com/{tenant}/v2.0",
            "iat": self.now - 60,
            "nbf": self.now - 60,
            "exp": self.now + 3600,
            "azp": DESKTOP,
            "azpacr": "0",
            "name": "Somebody",
            "oid": oid,
            "preferred_username": "somebody@agora.example",
            "scp": "access_as_user",
            "sub": "tKzDZEGd7E3ijsXKc5xd",
            "tid": TENANT,
            "ver": "2.0",
        }
        return {name: value for name, value in {**whole, **claims}.items() if value is not None}

    def token(self, oid: str, **claims: Any) -> str:
        """The token."""
        return jwt.encode(self.claims(oid, **claims), _OURS, algorithm="RS256", headers={"kid": "entra-1"})

    async def _document(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        self.asked.append(tenant)
        if self.down:
            return web.Response(status=503)
        return web.json_response({"jwks_uri": str(request.url.with_path(f"/{tenant}/discovery/v2.0/keys"))})

    async def _keys(self, _: web.Request) -> web.Response:
        listed = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": name, "use": "sig"}
            for name, key in self.keys.items()
        ]
        return web.json_response({"keys": listed})
