"""What the `privacy` commands do. Prints for people; no words of cases."""

from __future__ import annotations

import argparse
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import privacy
from bot.audit_files import write_new
from bot.desk import Desk
from bot.errors import BadInput
from bot.letters import case_record
from bot.opening import at_desk, office_of
from bot.privacy_export import about, export_person
from bot.retention import RULES
from bot.retention import due as due_cases
from bot.sealing import Keyring
from bot.settings import Settings
from bot.store.disposal import rotate as put_under


def due(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Cases whose time has come, by number."""
    with office_of(settings) as office:
        found = at_desk(office, now, due_cases)
    for each in found:
        since = f"since {each.on.isoformat()}" if each.on else "now"
        print(f"{each.reference}  ended {each.ended.isoformat()}  review {since}  {RULES[each.retention].runs}")
    print(f"{len(found)} to look at; nothing is erased until a person does it: privacy erase AF-...")
    return 0


def hold(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Set or lift a hold."""
    with office_of(settings) as office:
        at_desk(office, now, privacy.hold, options.case, options.switch == "on", options.by, options.reason)
    print(f"{options.case.upper()} is {'held: it is not erased' if options.switch == 'on' else 'not held any more'}")
    return 0


def erase(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Erase a case and write its certificate."""
    if not re.fullmatch(r"AF-\w{4}-\w{4}", reference := options.case.strip().upper()):
        raise BadInput(f"{options.case[:20]!r} is no case number; it looks like AF-2B3C-4D5E")
    path = options.out or _certificates(settings) / f"{reference}.json"
    # The place is taken before anything is destroyed: an erasure without its certificate could not be shown.
    write_new(path, b"")
    try:
        with office_of(settings) as office:
            said = at_desk(office, now, privacy.erase, options.case, options.by, options.reason, options.early)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _fill(path, said)
    print(f"{said['reference']} is erased; the certificate is in {path}")
    print("backups made before today still hold it: destroy them, or rotate the master key and destroy the old one")
    return 0


def _certificates(settings: Settings) -> Path:
    folder = settings.data / "certificates"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _fill(path: Path, said: dict[str, Any]) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            json.dump(said, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadInput(f"it is erased, but {path} cannot be written; keep this line: {json.dumps(said)}") from error


def export(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """A person's export into a new folder."""
    with office_of(settings) as office:
        given, listed = at_desk(office, now, _gather, options.person, options.lead)
    try:
        options.out.mkdir(mode=0o700)
    except OSError as error:
        raise BadInput(f"{options.out.name}: cannot be made ({error.strerror}); name a new folder") from error
    write_new(options.out / "export.json", _json(given.data))
    if given.pages:
        write_new(options.out / "export.pdf", case_record(given.pages))
    write_new(options.out / "redactions.json", _json(given.redactions))
    if listed is not None:
        write_new(options.out / "for-the-data-protection-lead.json", _json(listed))
    print(f"{options.out.name}: {len(given.pages)} cases; names were taken out in {len(given.redactions)} places")
    print("read it before it is given out: pupils, parents and people outside the staff list are not known by name")
    return 0


def _gather(desk: Desk, person: str, lead: str | None) -> tuple[Any, dict[str, Any] | None]:
    return export_person(desk, person), about(desk, person, lead) if lead else None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def rotate(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Put every key under a new master key."""
    if options.file.exists() and options.file.samefile(settings.key_file):
        raise BadInput(f"{options.file.name} is the key in use; name another file")
    with office_of(settings) as office:
        new = Keyring.open(options.file)
        if new.tag("") == office.keyring.tag(""):
            raise BadInput(f"{options.file.name} holds the key in use; name a new file")
        count = at_desk(office, now, lambda desk: put_under(desk.records, new))
    print(f"{count:,} keys are under the new master key. Set ASKFIRST_KEY to {options.file} before the next start,")
    print("keep a copy of it apart from the data, and destroy the old key file: it opens only old backups now")
    return 0
