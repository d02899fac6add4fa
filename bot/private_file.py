"""A file of secrets, one `name: value` a line: only its owner can read it, and it is written whole (SECURITY T25)."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BadInput


@dataclass(frozen=True)
class About:
    """What a file holds, in the words of its errors. each: what stands on a line; cure: the command that sets one."""

    whole: str
    each: str
    cure: str
    line: re.Pattern[str]
    """A line as it must be: the name, then what is kept of it."""


class PrivateFile:
    """The lines of the file by name. It is read again when it changes, so that a change needs no restart."""

    def __init__(self, path: Path, about: About) -> None:
        self._path = path
        self._about = about
        self._stamp: tuple[int, int] | None = None
        self._lines: dict[str, str] = {}

    def read(self) -> dict[str, str]:
        """What the file holds now; nothing where there is none. Raises BadInput naming the cure.

        Mode and content are taken from the same open file.
        """
        try:
            with self._path.open(encoding="utf-8") as file:
                about = os.fstat(file.fileno())
                if stat.S_IMODE(about.st_mode) & 0o077:
                    raise BadInput(
                        f"{self._path}: others on this machine can read the {self._about.whole}; "
                        f"run: chmod 600 {self._path}"
                    )
                stamp = (about.st_mtime_ns, about.st_size)
                if stamp != self._stamp:
                    self._lines, self._stamp = self._parse(file.read()), stamp
        except FileNotFoundError:
            self._lines, self._stamp = {}, None
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{self._path}: the {self._about.whole} cannot be read; check the path") from error
        return dict(self._lines)

    def write(self, lines: dict[str, str]) -> None:
        """Write the file whole beside its place, readable by its owner alone, then move it there. Raises BadInput."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{name}: {kept}\n" for name, kept in sorted(lines.items()))
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._path)
        except OSError as error:
            raise BadInput(f"{self._path}: cannot be written ({error.strerror}); check the path") from error

    def _parse(self, text: str) -> dict[str, str]:
        lines = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            found = self._about.line.fullmatch(line.strip())
            if found is None:
                raise BadInput(f"{self._path.name}:{number}: not {self._about.each}; set it by: {self._about.cure}")
            lines[found[1]] = found[2]
        return lines
