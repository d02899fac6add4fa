"""One-time codes beside the password: what an authenticator app shows, changing every half minute (SECURITY T18).

TOTP after RFC 6238 with SHA-1, 30 seconds and six digits, the one form that every such app knows.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bot.guesses import Guesses
from bot.private_file import About, PrivateFile

if TYPE_CHECKING:
    from bot.desk import Desk

ISSUER = "AskFirst"
"""Under which an authenticator app lists the code."""
STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
"""As long as what SHA-1 gives (RFC 4226, R6)."""
NEAR_STEPS = (-1, 0, 1)
"""A phone's clock may be a step behind or ahead (RFC 6238, 5.2)."""

_CODE = re.compile(r"\d{6}", re.ASCII)
_ABOUT = About(
    whole="file of second factors",
    each="a second factor",
    cure="python app.py passwords second-factor PERSON",
    line=re.compile(r"([a-z0-9][a-z0-9-]*): totp ([A-Z2-7]{32})"),
)


@dataclass(frozen=True)
class Enrolled:
    """What a person puts into their authenticator app, once. by_hand: the secret in groups, to be typed."""

    uri: str = field(repr=False)
    by_hand: str = field(repr=False)


class SecondFactors:
    """The file of secrets beside the password file, its guesses counted together with those of passwords."""

    def __init__(self, path: Path, guesses: Guesses) -> None:
        self._file = PrivateFile(path, _ABOUT)
        self._guesses = guesses

    def has(self, person: str) -> bool:
        """True for people who have a second factor. Raises BadInput where the file cannot be used."""
        return person in self._file.read()

    def enrol(self, person: str, account: str) -> Enrolled:
        """Give the person a new secret in place of any earlier one. account: how the app names it. Raises BadInput."""
        secret = secrets.token_bytes(SECRET_BYTES)
        kept = base64.b32encode(secret).decode()
        lines = {name: f"totp {each}" for name, each in self._file.read().items()}
        self._file.write({**lines, person: f"totp {kept}"})
        by_hand = " ".join(kept[i : i + 4] for i in range(0, len(kept), 4))
        return Enrolled(_totp(secret).get_provisioning_uri(account, ISSUER), by_hand)

    def remove(self, person: str) -> bool:
        """Take the person's second factor away; False where they had none."""
        known = self._file.read()
        if person in known:
            self._file.write({name: f"totp {each}" for name, each in known.items() if name != person})
        return person in known

    def check(self, person: str, typed: str, now: datetime) -> int | None:
        """The step of a right code; None for a wrong one. Raises Throttled and BadInput.

        The code is accepted only where `first_use` says that this step was not used before.
        """
        code = "".join(typed.split())
        kept = self._file.read().get(person)
        if kept is None or not _CODE.fullmatch(code):
            return None
        self._guesses.count(person, "", now)
        return matching_step(base64.b32decode(kept), code, now)


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The half minute, counted from 1970, whose code this is, among those near now; None for a wrong code."""
    totp, step = _totp(secret), int(now.timestamp()) // STEP_SECONDS
    # Every step is compared, so that how long it takes says nothing.
    codes = [(step + near, totp.generate((step + near) * STEP_SECONDS)) for near in NEAR_STEPS]
    right = [each for each, expected in codes if hmac.compare_digest(expected, code.encode())]
    return right[0] if right else None


def first_use(desk: Desk, person_id: str, step: int) -> bool:
    """True once for each person and step, over restarts and instances: a code seen over a shoulder is used up."""
    mine = secrets.token_hex(16)
    # Keys of deliveries have a space after the person's id, so that they are never the same.
    key = desk.records.tag(f"code:{person_id}:{step}")
    return desk.records.once(key, desk.now, lambda: mine) == mine


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - RFC 6238; apps know no other
