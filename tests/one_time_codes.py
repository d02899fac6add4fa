"""What an authenticator app does: RFC 6238 and RFC 4226 written out with the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from urllib.parse import parse_qs, urlsplit


def code_at(secret: bytes, now: datetime, ahead: int = 0) -> str:
    """The six digits that a phone shows. ahead: by how many half minutes its clock is wrong."""
    counter = struct.pack(">Q", int(now.timestamp()) // 30 + ahead)
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def secret_of(uri: str) -> bytes:
    """The secret that an app takes from an otpauth:// address."""
    return base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])
