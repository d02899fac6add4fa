"""The keys with which the Bot Connector signs, read from its OpenID document without ever holding up the loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

ASK_AGAIN = 24 * 3600.0
"""Seconds after which keys are read anew (Bot Framework REST, authentication: at least once a day)."""
STRANGE_KEY = 300.0
"""Seconds between looks for a key that is not known: keys rotate, and anybody can invent a key's name."""
AFTER_A_FAULT = 10.0
LONGEST = 5.0
"""Seconds that the key server has to answer (SECURITY T02)."""
LARGEST = 1024 * 1024


class KeysDown(Exception):
    """The key server does not answer, so that nobody can be checked now."""


@dataclass(frozen=True)
class SigningKey:
    """A public key, under the names by which the SDK asks for it."""

    public_key: Any
    endorsements: list[str]


class SigningKeys:
    """Stands in the SDK's cache of OpenID documents. clock: seconds that only go forward.

    endorsed: the channel for which a key has to be endorsed; None for keys of Entra ID, which are for no channel.
    """

    def __init__(self, url: str, clock: Callable[[], float], endorsed: str | None = "msteams") -> None:
        self._url = url
        self._endorsed = endorsed
        self._clock = clock
        self._keys: dict[str, dict[str, Any]] = {}
        self._read_at: float | None = None
        self._failed_at: float | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, key_id: object) -> SigningKey:
        """The key. Raises PermissionError for one that the server does not have for us, and KeysDown."""
        async with self._one_at_a_time:
            if self._due(key_id):
                await self._read()
        found = self._keys.get(key_id) if isinstance(key_id, str) else None
        if found is None:
            raise PermissionError("unknown signing key")
        endorsements = found.get("endorsements", [] if self._endorsed is None else None)
        if not isinstance(endorsements, list) or self._endorsed not in (None, *endorsements):
            raise PermissionError("a key that is not for Teams")
        try:
            return SigningKey(RSAAlgorithm.from_jwk(json.dumps(found)), endorsements)
        except (PyJWTError, ValueError) as error:
            raise PermissionError("not an RSA key") from error

    def _due(self, key_id: object) -> bool:
        age = float("inf") if self._read_at is None else self._clock() - self._read_at
        return age > ASK_AGAIN or (key_id not in self._keys and age > STRANGE_KEY)

    async def _read(self) -> None:
        if self._failed_at is not None and self._clock() - self._failed_at < AFTER_A_FAULT:
            raise KeysDown
        try:
            async with ClientSession(timeout=ClientTimeout(total=LONGEST)) as client:
                document = await _json(client, self._url)
                listed = (await _json(client, self._beside(document["jwks_uri"])))["keys"]
            self._keys = {each["kid"]: each for each in listed}
        except (ClientError, OSError, ValueError, TypeError, KeyError) as error:
            self._failed_at = self._clock()
            raise KeysDown from error
        self._read_at, self._failed_at = self._clock(), None

    def _beside(self, address: object) -> str:
        """The address of the keys, which stands beside the document and nowhere else."""
        if not isinstance(address, str) or urlsplit(address)[:2] != urlsplit(self._url)[:2]:
            raise ValueError("keys of another host")
        return address


async def _json(client: ClientSession, url: str) -> Any:
    async with client.get(url, allow_redirects=False) as response:
        if response.status != 200:
            raise ValueError("no such document")
        body = b""
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > LARGEST:
                raise ValueError("too long a document")
        return json.loads(body)
