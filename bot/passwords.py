"""Who is who at the sign-in page: a file of argon2id hashes, and a throttle on guesses (SECURITY T18, T25)."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bot.errors import BadInput
from bot.organisation import Organisation

SHORTEST = 12
LONGEST = 200
"""Characters of a password: short ones are guessed, and a hash must not be made to chew on megabytes."""
MOST_GUESSES = 10
WINDOW = timedelta(minutes=15)
"""So many guesses per person and time reach a hash check; the others are refused unread (T18)."""

_MOST_UNKNOWN = 10_000
"""Names that nobody has are counted too, so that they answer alike; beyond this the oldest are forgotten."""
_LINE = re.compile(r"([a-z0-9][a-z0-9-]*): (\$argon2id\$\S+)")
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each check takes 64 MB for a moment."""


class Throttled(Exception):
    """Too many guesses for this person within the window."""


class Passwords:
    """The password file. It is read again when it changes, so that a new password needs no restart."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        self._path = path
        # The library's own choice follows RFC 9106; the tests take a quicker one.
        self._hasher = hasher or PasswordHasher()
        self._stamp: tuple[int, int] | None = None
        self._hashes: dict[str, str] = {}
        # Checked for people without a password, so that a guess takes as long for them.
        self._nobody = self._hasher.hash("nobody has this password")
        self._guesses: dict[str, deque[datetime]] = {}
        self._unknown: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Passwords:
        """The passwords of a file that only its owner can read. Raises BadInput naming the cure."""
        found = cls(path)
        found._read()
        return found

    def check(self, person: str | None, typed_name: str, password: str, now: datetime) -> bool:
        """True for the person's password. person: None where the typed name is nobody's. Raises Throttled.

        Takes a good part of a second on purpose: call it away from the event loop.
        """
        self._count(person, typed_name.casefold()[:LONGEST], now)
        self._read()
        known = self._hashes.get(person or "")
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
        self._read()
        self._write({**self._hashes, person: self._hasher.hash(password)})

    def remove(self, person: str) -> bool:
        """Take the person's password away; False where they had none."""
        self._read()
        self._write({name: kept for name, kept in self._hashes.items() if name != person})
        return person in self._hashes

    def _count(self, person: str | None, typed: str, now: datetime) -> None:
        with self._lock:
            if person is not None:
                recent = self._guesses.setdefault(person, deque())
            else:
                recent = self._unknown.setdefault(typed, deque())
                self._unknown.move_to_end(typed)
                while len(self._unknown) > _MOST_UNKNOWN:
                    self._unknown.popitem(last=False)
            while recent and now - recent[0] >= WINDOW:
                recent.popleft()
            if len(recent) >= MOST_GUESSES:
                raise Throttled
            recent.append(now)

    def _read(self) -> None:
        """Read the file where it changed since; mode and content are taken from the same open file."""
        try:
            with self._path.open(encoding="utf-8") as file:
                about = os.fstat(file.fileno())
                if stat.S_IMODE(about.st_mode) & 0o077:
                    raise BadInput(
                        f"{self._path}: others on this machine can read the passwords; run: chmod 600 {self._path}"
                    )
                stamp = (about.st_mtime_ns, about.st_size)
                if stamp != self._stamp:
                    self._hashes, self._stamp = _parse(self._path, file.read()), stamp
        except FileNotFoundError:
            self._hashes, self._stamp = {}, None
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{self._path}: the password file cannot be read; check the path") from error

    def _write(self, hashes: dict[str, str]) -> None:
        """Write the file whole beside its place, readable by its owner alone, then move it there."""
        lines = [f"{person}: {kept}\n" for person, kept in sorted(hashes.items())]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._path.parent, prefix=".passwords-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._path)
        except OSError as error:
            raise BadInput(f"{self._path}: cannot be written ({error.strerror}); check the path") from error


def find_person(organisation: Organisation, name: str) -> str | None:
    """The id of the person with that id or email, whatever its capitals."""
    wanted = name.strip().casefold()
    for person, _ in organisation.everyone():
        if wanted and wanted in (person.id, (person.email or "").casefold()):
            return person.id
    return None


def _parse(path: Path, text: str) -> dict[str, str]:
    hashes = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise BadInput(f"{path.name}:{number}: not a password; set it by: python app.py passwords set PERSON")
        hashes[found[1]] = found[2]
    return hashes
