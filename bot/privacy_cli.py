"""`privacy` commands: what is due, hold, erase, a person's export, a new master key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

Now = Callable[[], datetime]


def add_commands(commands: Any, now: Now) -> None:
    """Register the `privacy` sub-commands on an argparse sub-parser object. now: the clock of the composition."""
    parts = commands.add_parser("privacy", help="retention, holds, erasing, a person's data, the master key")
    parts = parts.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, about: str) -> Any:
        made = parts.add_parser(name, help=about)
        run = name.partition("-")[0]
        made.set_defaults(run=lambda options, settings, _: getattr(_commands(), run)(options, settings, now()))
        return made

    command("due", "cases whose time has come to be looked at")
    holding = command("hold", "keep a case whatever its rule says, or let it go again")
    holding.add_argument("case", metavar="AF-...")
    holding.add_argument("switch", choices=("on", "off"))
    erasing = command("erase", "destroy what was written in a case; its chain stays")
    erasing.add_argument("case", metavar="AF-...")
    erasing.add_argument("--early", action="store_true", help="before its time, where the reason outweighs the rule")
    erasing.add_argument("--out", type=Path, metavar="FILE", help="the certificate (default: certificates in the data)")
    for each in (holding, erasing):
        each.add_argument(
            "--by", required=True, metavar="PERSON", help="a head, chief executive, chair or safeguarding lead"
        )
        each.add_argument("--reason", required=True, metavar="TEXT", help="why; it stays on record")
    exporting = command("export", "what a person made and wrote, other people's names taken out")
    exporting.add_argument("person", metavar="PERSON", help="id as in the organisation file")
    exporting.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    exporting.add_argument("--lead", metavar="PERSON", help="list for them the cases that others made about PERSON")
    rotating = command("rotate-key", "put every case key under another master key; stop AskFirst first")
    rotating.add_argument("file", type=Path, metavar="NEWFILE", help="the new key file; made where it is missing")


def _commands() -> ModuleType:
    # Imported when one is wanted: whoever asks a question waits for no database.
    from bot import privacy_commands

    return privacy_commands
