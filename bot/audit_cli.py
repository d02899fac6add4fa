"""`audit` commands: is the record whole, write it out, anchor it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

Now = Callable[[], datetime]


def add_commands(commands: Any, now: Now) -> None:
    """Register the `audit` sub-commands on an argparse sub-parser object. now: the clock of the composition."""
    parts = commands.add_parser("audit", help="check, write out or anchor the record of all cases").add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    verifying = parts.add_parser("verify", help="compute every chain and anchor anew; names each fault")
    verifying.add_argument("--against", type=Path, metavar="FILE", help="lines that `audit anchor --out` kept outside")
    verifying.set_defaults(run=lambda options, settings, _: _commands().verify(options, settings, now()))
    exporting = parts.add_parser("export", help="write the record out; words of restricted cases are left out")
    exporting.add_argument("--case", metavar="AF-...", help="one case; without it all of them")
    exporting.add_argument("--format", choices=("csv", "json", "pdf"), default="csv", help="pdf is for one case")
    exporting.add_argument("--out", type=Path, metavar="FILE", required=True, help="a new file")
    exporting.add_argument("--break-glass", action="store_true", help="two people open one restricted case")
    exporting.add_argument("--reason", default="", metavar="TEXT", help="why; it stays in the case")
    exporting.add_argument("--by", default="", metavar="PERSON", help="the first of the two; both are told, and others")
    exporting.add_argument("--and", dest="witness", default="", metavar="PERSON", help="the second")
    exporting.set_defaults(run=lambda options, settings, _: _commands().export(options, settings, now()))
    anchoring = parts.add_parser("anchor", help="write an anchor over every chain; once a day is right")
    anchoring.add_argument("--out", type=Path, metavar="FILE", help="add its lines to a file kept elsewhere")
    anchoring.set_defaults(run=lambda options, settings, _: _commands().anchor(options, settings, now()))


def _commands() -> ModuleType:
    # Imported when one is wanted: whoever asks a question waits for no database.
    from bot import audit_commands

    return audit_commands
