"""What a life wrote down outside its database: what it was told is recorded, and what its platform took."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """A file of JSON lines. A line is whole or not there: it is one write to the end of the file.

    What is written survives the process, whose death alone is tested; only a power cut would ask for more.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, what: str, **fields: Any) -> None:
        """Write a line."""
        os.write(self._file, json.dumps({"what": what, **fields}).encode() + b"\n")


def read(path: Path, what: str | None = None) -> list[dict[str, Any]]:
    """The lines so far, or those of one kind."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if what in (None, line["what"])]
