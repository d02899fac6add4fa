"""What may be added to a case as evidence, and the copy that people look at: the same pixels and nothing else (T19).

The original is kept sealed as it came. Decoders are the part that a hostile file attacks, so they run in a process of
their own, with bounded memory and time, without environment, and unable to write a file: `python -m bot.evidence`.
Nothing here reads, keeps or prints a file's name beyond its ending.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.errors import BadInput
from bot.evidence_copy import CURES, Kind, look

GATE_TITLE = "Before you add a file"
GATE_QUESTION = "Could it show a nude or semi-nude child or young person?"
GATE_YES = "It could, or I am not sure"
GATE_NO = "No"
GATE_STOP = (
    "Do not upload, forward, open, copy or delete it, and do not take a screenshot of it. Leave the device as it is "
    "and tell the designated safeguarding lead now. You can report without the file: say where it is and who has it."
)
GATE_DANGER = "If a child is in immediate danger, call 999 first."

MAX_FILES = 5
MAX_BYTES = 10 * 2**20
SECONDS = 30

ENDINGS: dict[str, Kind] = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp", "pdf": "pdf"}

_MAGIC: dict[Kind, bytes] = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF", "pdf": b"%PDF-"}
_MEMORY = 300 * 2**20
_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Checked:
    """A file that may be kept. sha256 and size are of the original; viewer is the only copy that anybody is shown."""

    kind: Kind
    size: int
    sha256: str
    viewer: bytes = field(repr=False)
    viewer_kind: Literal["png", "pdf"]
    pages: int = 1
    pages_shown: int = 1
    """Fewer than pages where a long PDF was cut; the viewer should say so."""


def check(name: str, data: bytes, seconds: int = SECONDS) -> Checked:
    """What a person uploaded, after the gate. Raises BadInput with the cure.

    Waits for a place in a short queue and for a process that may work so many seconds: call it from a thread.
    """
    kind = _kind(name, data)
    with _AT_ONCE:
        return _checked(kind, data, *_look_apart(kind, data, seconds))


def check_here(name: str, data: bytes) -> Checked:
    """As check, but in this process, where memory and time have no bounds: for tests and trusted files."""
    kind = _kind(name, data)
    return _checked(kind, data, *look(kind, data))


def _checked(kind: Kind, data: bytes, viewer: bytes, pages: int, shown: int) -> Checked:
    as_pdf = kind == "pdf"
    return Checked(kind, len(data), hashlib.sha256(data).hexdigest(), viewer, "pdf" if as_pdf else "png", pages, shown)


def _kind(name: str, data: bytes) -> Kind:
    """The kind that both the name's ending and the first bytes say."""
    if not data:
        raise BadInput(CURES["empty"])
    if len(data) > MAX_BYTES:
        raise BadInput(CURES["large"])
    kind = ENDINGS.get(name.rpartition(".")[2].strip().lower()) if "." in name else None
    if kind is None:
        raise BadInput(CURES["kind"])
    if not data.startswith(_MAGIC[kind]) or (kind == "webp" and data[8:12] != b"WEBP"):
        raise BadInput(CURES["ending"])
    return kind


# The process apart.


def _look_apart(kind: Kind, data: bytes, seconds: int) -> tuple[bytes, int, int]:
    """`look` in a process that may hang or fall to a hostile file; its answer is taken as bytes, never as code."""
    command = [sys.executable, "-E", "-s", "-m", "bot.evidence", kind, str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, the file goes in as bytes
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parent.parent,
            env={},
            timeout=2 * seconds,  # seconds of its own; a busy machine may take longer
            check=False,
        )
        head, _, viewer = done.stdout.partition(b"\n")
        answer = json.loads(head) if done.returncode == 0 else {"bad": "heavy"}
    except (subprocess.TimeoutExpired, ValueError):
        raise BadInput(CURES["heavy"]) from None
    if "bad" in answer:
        raise BadInput(CURES.get(str(answer["bad"]), CURES["damaged"]))
    return viewer, int(answer["pages"]), int(answer["shown"])


def _limit(seconds: int) -> None:
    """Bounds of the process apart: memory, seconds, no file written, no core dump."""
    if sys.platform != "win32":
        import resource

        for what, most in (
            (resource.RLIMIT_AS, _MEMORY),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            # A system that lacks a limit, or has a stricter one already, keeps its own.
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def _answer(kind: Kind) -> None:
    """Read a file from the parent and answer it: one line of JSON, then the viewer copy."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        viewer, pages, shown = look(kind, data)
        head: dict[str, object] = {"pages": pages, "shown": shown}
    except BadInput as bad:
        viewer, head = b"", {"bad": next(code for code, words in CURES.items() if words == str(bad))}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + viewer)


if __name__ == "__main__":
    _limit(int(sys.argv[2]))
    _answer(ENDINGS[sys.argv[1]])
