"""`org` commands: check an organisation file, and bring a staff list into it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import BadInput
from bot.organisation_check import check
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION, Settings
from bot.staff_list import import_staff
from bot.staff_rows import read_day
from policy_kb import loader

Today = Callable[[], date]


def add_commands(commands: Any, today: Today) -> None:
    """Register the `org` sub-commands on an argparse sub-parser object. today: the clock of the composition."""
    org = commands.add_parser("org", help="check the organisation file, or bring a staff list into it")
    parts = org.add_subparsers(title="commands", metavar="COMMAND", required=True)
    checking = parts.add_parser("check", help="every fault with line and cure; then what a person should know")
    checking.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the file in use")
    checking.add_argument("--on", type=_day, metavar="DAY", help="as things stand on that day (default: today)")
    checking.set_defaults(run=_told(lambda options, settings: _check(options, settings, today)))
    importing = parts.add_parser("import", help="who joins, changes and leaves by a staff list in CSV")
    importing.add_argument("staff", type=Path, metavar="STAFF.csv", help="see docs/organisation.md for its columns")
    importing.add_argument("--on", type=_day, metavar="DAY", required=True, help="when people not listed have left")
    importing.add_argument(
        "--write", action="store_true", help="write the file; without it, only say what would change"
    )
    importing.set_defaults(run=_told(_import))


def _day(text: str) -> date:
    day = read_day(text)
    if day is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a day; write it as 2026-11-20")
    return day


def _told(command: Callable[[argparse.Namespace, Settings], None]) -> Callable[..., int]:
    """A command whose faults go to standard error, one line each, with exit status 1."""

    def run(options: argparse.Namespace, settings: Settings, _: Any) -> int:
        try:
            command(options, settings)
        except BadInput as error:
            for line in str(error).splitlines():
                print(f"error: {_printable(line)}", file=sys.stderr)
            return 1
        return 0

    return run


def _printable(text: str) -> str:
    """Without control characters, fit for a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _check(options: argparse.Namespace, settings: Settings, today: Today) -> None:
    organisation = load_organisation(options.file or settings.organisation)
    warnings = check(organisation, loader.load().policies, options.on or today())
    for warning in warnings:
        print(f"warning: {_printable(warning)}")
    people = sum(len(school.people) for school in organisation.schools)
    count = f"{len(organisation.schools)} schools, {people} people"
    print(f"sound: {count}, {len(warnings) or 'no'} warning{'' if len(warnings) == 1 else 's'}")


def _import(options: argparse.Namespace, settings: Settings) -> None:
    path = settings.organisation
    if options.write and path.resolve() == SAMPLE_ORGANISATION.resolve():
        raise BadInput("the sample is not written to; copy it, and set ASKFIRST_ORGANISATION to your copy")
    found = import_staff(_text(options.staff), path, options.on)
    for line in found.report:
        print(_printable(line))
    if not found.report:
        print(f"{path.name} agrees with the list; nothing to write")
    elif options.write:
        _replace(path, found.text)
        print(f"{path.name} is written; `python app.py org check` tells what to look at")
    else:
        print("nothing is written; add --write when this is right")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path.name}: not UTF-8; save it in the spreadsheet as CSV UTF-8") from None
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}); check the path") from error


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all, with the rights that it had."""
    temporary = ""
    try:
        target = path.resolve()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BadInput(f"{path.name}: cannot be written ({error.strerror}); check the rights of its folder") from error
