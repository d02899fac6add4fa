"""The Bot Connector's keys and tokens: real RSA, and an OpenID document that can be slow, down, or rotate its keys."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://api.botframework.com"


def new_key() -> rsa.RSAPrivateKey:
    """A key; 2048 bits as Microsoft's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


_OURS = new_key()
"""Made once for all tests: making one takes longer than most tests do."""


class Signing:
    """Signs as the Connector does. app: the audience."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.keys: dict[str, rsa.RSAPrivateKey] = {"key-1": _OURS}
        self.endorsements: list[str] | None = ["msteams", "webchat"]
        self.down = False
        self.slow = 0.0
        self.reads = 0

    def routes(self, app: web.Application) -> None:
        """The OpenID document and the keys."""
        app.router.add_get("/openid", self._document)
        app.router.add_get("/keys", self._keys)

    def token(self, service_url: str, key: str = "key-1", **claims: Any) -> str:
        """A token for an activity of this serviceUrl. A claim of None is left out."""
        now = int(time.time())
        whole = {"iss": ISSUER, "aud": self.app, "serviceurl": service_url, "nbf": now - 60, "exp": now + 3600}
        whole = {name: value for name, value in {**whole, **claims}.items() if value is not None}
        return jwt.encode(whole, self.keys[key], algorithm="RS256", headers={"kid": key})

    async def _document(self, request: web.Request) -> web.Response:
        self.reads += 1
        await asyncio.sleep(self.slow)
        if self.down:
            return web.Response(status=503)
        return web.json_response({"issuer": ISSUER, "jwks_uri": str(request.url.with_path("/keys"))})

    async def _keys(self, _: web.Request) -> web.Response:
        listed = []
        for name, key in self.keys.items():
            jwk = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
            extra = {} if self.endorsements is None else {"endorsements": self.endorsements}
            listed.append({**jwk, "kid": name, "use": "sig", **extra})
        return web.json_response({"keys": listed})
