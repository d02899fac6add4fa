"""Who is who at the sign-in page: a file of argon2id hashes, its guesses throttled (SECURITY T18, T25)."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bot.errors import BadInput
from bot.guesses import Guesses
from bot.organisation import Organisation
from bot.private_file import About, PrivateFile
from bot.second_factor import SecondFactors

SHORTEST = 12
LONGEST = 200
"""Characters of a password: short ones are guessed, and a hash must not be made to chew on megabytes."""

_ABOUT = About(
    whole="passwords",
    each="a password",
    cure="python app.py passwords set PERSON",
    line=re.compile(r"([a-z0-9][a-z0-9-]*): (\$argon2id\$\S+)"),
)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each check takes 64 MB for a moment."""


class Passwords:
    """The password file, with the second factors beside it."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        self._file = PrivateFile(path, _ABOUT)
        # The library's own choice follows RFC 9106; the tests take a quicker one.
        self._hasher = hasher or PasswordHasher()
        # Checked for people without a password, so that a guess takes as long for them.
        self._nobody = self._hasher.hash("nobody has this password")
        self._guesses = Guesses()
        self.second_factors = SecondFactors(path.with_name(f"{path.name}.second-factors"), self._guesses)

    @classmethod
    def open(cls, path: Path) -> Passwords:
        """The passwords of a file that only its owner can read. Raises BadInput naming the cure."""
        found = cls(path)
        found._file.read()
        found.second_factors.has("")
        return found

    def check(self, person: str | None, typed_name: str, password: str, now: datetime) -> bool:
        """True for the person's password. person: None where the typed name is nobody's. Raises Throttled.

        Takes a good part of a second on purpose: call it away from the event loop.
        """
        self._guesses.count(person, typed_name.casefold()[:LONGEST], now)
        known = self._file.read().get(person or "")
        with _AT_ONCE:
            try:
                right = self._hasher.verify(known or self._nobody, password[:LONGEST])
            except (Argon2Error, InvalidHashError):
                return False
        return right and known is not None and len(password) <= LONGEST

    def set(self, person: str, password: str) -> None:
        """Keep a new password for the person. Raises BadInput for one that is too short or long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters; three random words make a good one")
        self._file.write({**self._file.read(), person: self._hasher.hash(password)})

    def remove(self, person: str) -> bool:
        """Take the person's password and second factor away; False where they had neither."""
        known = self._file.read()
        if person in known:
            self._file.write({name: kept for name, kept in known.items() if name != person})
        return self.second_factors.remove(person) or person in known


def find_person(organisation: Organisation, name: str) -> str | None:
    """The id of the person with that id or email, whatever its capitals."""
    wanted = name.strip().casefold()
    for person, _ in organisation.everyone():
        if wanted and wanted in (person.id, (person.email or "").casefold()):
            return person.id
    return None
