"""What the `audit` commands do: check the record, write it out, anchor it. Prints for people, no words of cases."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path

from bot import anchors, audit, audit_files
from bot.desk import Desk
from bot.errors import BadInput
from bot.opening import at_desk, office_of
from bot.settings import Settings
from bot.store.archive import Archive


def verify(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Every fault of the record on standard error; exit status 1 where there is one."""
    outside = anchors.read_lines(_text(options.against)) if options.against else []
    with office_of(settings) as office:
        report = asyncio.run(audit.verify(office, now, outside=outside))
    counted = f"{report.cases:,} cases, {report.events:,} events, {report.anchors:,} anchors"
    for fault in report.faults:
        print(f"error: {fault}", file=sys.stderr)
    print(f"{len(report.faults):,} faults in {counted}" if report.faults else f"sound: {counted}")
    return 1 if report.faults else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name}: cannot be read; check the path") from error


def export(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """The record into a new file."""
    glass = _glass(options)
    if options.format == "pdf" and not options.case:
        raise BadInput("--format pdf prints one case; name it with --case AF-...")
    if options.out.exists():
        raise BadInput(f"{options.out.name}: there is a file of that name already; choose another")
    with office_of(settings) as office:
        lines = at_desk(office, now, _lines, options.case, glass)
    data = {
        "csv": lambda: audit_files.as_csv(lines),
        "json": lambda: audit_files.as_json(lines, now),
        "pdf": lambda: audit_files.as_pdf(lines, now),
    }[options.format]()
    audit_files.write_new(options.out, data)
    cases = {line.case_id for line in lines}
    print(f"{options.out.name}: {len(lines):,} events of {len(cases):,} case{'' if len(cases) == 1 else 's'}")
    return 0


def _glass(options: argparse.Namespace) -> audit.Glass | None:
    given = [options.reason, options.by, options.witness]
    if not options.break_glass:
        if any(given):
            raise BadInput("--reason, --by and --and belong to --break-glass; add it, or leave them out")
        return None
    if not options.case or not all(given):
        raise BadInput("--break-glass needs --case AF-..., --reason TEXT, --by PERSON and --and PERSON")
    return audit.Glass(options.by, options.witness, options.reason)


def _lines(desk: Desk, reference: str | None, glass: audit.Glass | None) -> list[audit.AuditLine]:
    archive = Archive(desk.records)
    if reference is None:
        return audit.export_lines(desk, archive.case_ids())
    case_id = archive.id_of(reference)
    if case_id is None:
        raise BadInput(f"{reference[:20]!r} is no case; compare the number")
    return audit.export_lines(desk, [case_id], glass)


def anchor(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Anchors for every tenant; their lines printed, or added to a file."""
    with office_of(settings) as office:
        made = at_desk(office, now, audit.anchor)
    lines = [anchors.external_line(each) for each in made]
    if options.out is None:
        print("\n".join(lines) or "nothing to anchor: there is no case yet")
        return 0
    try:
        handle = os.open(options.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        why = f"cannot be written ({error.strerror})"
        raise BadInput(f"{options.out.name}: {why}; the anchors are in the database, so run it again") from error
    print(f"{options.out.name}: {len(lines)} line{'' if len(lines) == 1 else 's'} added; keep it on another machine")
    return 0
