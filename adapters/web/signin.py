"""How the pages learn who is there: chosen in a demonstration, by password, or told by a trusted proxy (T17, T18)."""

from __future__ import annotations

import hmac
import stat
from dataclasses import dataclass
from pathlib import Path

from multidict import CIMultiDictProxy

from bot.errors import BadInput
from bot.passwords import Passwords

SECRET_HEADER = "X-AskFirst-Proxy-Secret"  # noqa: S105 - the name of a header
"""The header in which the proxy proves that it is the proxy."""
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Demonstration:
    """Anyone at this machine chooses who they are: for the sample organisation alone."""


@dataclass(frozen=True)
class ByPassword:
    """A password file."""

    passwords: Passwords


@dataclass(frozen=True)
class ByProxy:
    """A proxy signs people in and names them in a header, beside a secret that only it knows."""

    header: str
    secret: bytes

    def named(self, headers: CIMultiDictProxy[str]) -> str | None:
        """The id or email that the proxy names; None where the request did not come through the proxy.

        A header that came twice is believed in neither form: one of them may be the visitor's own.
        """
        given, names = headers.getall(SECRET_HEADER, []), headers.getall(self.header, [])
        if len(given) != 1 or not hmac.compare_digest(given[0].encode("utf-8", "replace"), self.secret):
            return None
        return names[0].strip() if len(names) == 1 and names[0].strip() else None


Way = Demonstration | ByPassword | ByProxy


def proxy_secret(path: Path) -> bytes:
    """The shared secret of a file that only its owner can read. Raises BadInput naming the cure."""
    try:
        mode, secret = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        raise BadInput(f"ASKFIRST_PROXY_SECRET_FILE: cannot be read ({error.strerror}); check the path") from error
    if stat.S_IMODE(mode) & 0o077:
        raise BadInput(f"{path}: others on this machine can read the secret; run: chmod 600 {path}")
    if len(secret) < SHORTEST_SECRET:
        raise BadInput(f"{path}: shorter than {SHORTEST_SECRET} characters; put a long random text there")
    return secret
