"""Audit lines as files: CSV for a spreadsheet, JSON to compare with the record, PDF of one case to read."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from bot.audit_lines import AuditLine
from bot.errors import BadInput
from bot.letters import Entry, Record, case_record
from bot.register import safe_cell

FORMATS = ("csv", "json", "pdf")
_HEADINGS = {
    "when": "Time (UK)",
    "reference": "Reference",
    "seq": "Event",
    "school": "School",
    "title": "Title",
    "who": "Who",
    "what": "What",
    "words": "Words",
    "conditions": "Conditions",
    "policy": "Policy",
    "policy_version": "Policy version",
    "clauses": "Clauses",
    "restricted": "Restricted",
    "hash": "Link",
}


def as_csv(lines: Sequence[AuditLine]) -> bytes:
    """For Excel: with a byte order mark, and no cell that a spreadsheet would run (T13)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADINGS.values())
    for line in lines:
        writer.writerow([safe_cell(_text(getattr(line, name))) for name in _HEADINGS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, tuple) else str(value)


def as_json(lines: Sequence[AuditLine], now: datetime) -> bytes:
    """Every line with all that is known of it, times in UTC beside the UK ones."""
    events = [{**vars(line), "at": line.at.isoformat(), "clauses": list(line.clauses)} for line in lines]
    return json.dumps({"made_at": now.isoformat(), "events": events}, ensure_ascii=False, indent=1).encode() + b"\n"


def as_pdf(lines: Sequence[AuditLine], now: datetime) -> bytes:
    """The history of each case from a new page. Raises BadInput where there is none."""
    if not lines:
        raise BadInput("there is nothing to print: no such case")
    return case_record([_record(list(group), now) for _, group in groupby(lines, key=lambda line: line.case_id)])


def _record(lines: Sequence[AuditLine], now: datetime) -> Record:
    first = lines[0]
    version = f", {first.policy} ({first.policy_version}): {'; '.join(first.clauses)}" if first.policy_version else ""
    entries = tuple(Entry(line.when, line.who, line.what, _with_conditions(line)) for line in lines)
    return Record(first.school, first.reference, f"{first.title}{version}", entries, now)


def _with_conditions(line: AuditLine) -> str:
    return f"{line.words}\n\nConditions: {line.conditions}" if line.conditions else line.words


def write_new(path: Path, data: bytes) -> None:
    """Write a file that nobody but its owner can read. Raises BadInput where one of that name is there already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise BadInput(f"{path.name}: there is a file of that name already; choose another") from None
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be written ({error.strerror}); check the path") from error
