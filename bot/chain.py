"""Is the record whole? Every case's chain computed anew, and the daily anchors that show what a chain cannot (T24).

A chain shows that an event was edited, removed or moved. That its end, or a whole case, was cut off shows where an
anchor saw it; that the anchors were cut off as well, where a line of them was kept outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot import events as ev
from bot.anchors import Fault, check_anchors
from bot.cases import Case, fold
from bot.casework import CaseOffice
from bot.desk import Desk
from bot.sealing import SealBroken
from bot.store.archive import Archive, Known, Link, Stored
from bot.store.records import START, Records, event_hash

_EVENT: TypeAdapter[ev.Event] = TypeAdapter(ev.Event)
_BATCH = 100
"""Cases checked in one transaction: others wait no longer than that."""


@dataclass(frozen=True)
class Report:
    """How much was checked, and every fault found."""

    cases: int
    events: int
    anchors: int
    faults: tuple[Fault, ...]


async def verify(
    office: CaseOffice, now: datetime, tenant: str | None = None, outside: Iterable[Mapping[str, Any]] = ()
) -> Report:
    """Check every case and anchor, of one tenant or all. outside: lines that `external_line` once wrote."""
    known, ids, tenants = await office.at_desk(now, _todo, tenant)
    events, anchors, faults = 0, 0, list[Fault]()
    for batch in _batches(ids):
        count, found = await office.at_desk(now, lambda desk, batch=batch: check_cases(desk.records, batch, known))
        events, faults = events + count, faults + found
    kept = list(outside)
    for each in tenants:
        mine = [line for line in kept if line.get("tenant") == each]
        count, found = await office.at_desk(now, lambda desk, t=each, m=mine: check_anchors(desk.records, t, m))
        anchors, faults = anchors + count, faults + found
    return Report(len(ids), events, anchors, tuple(dict.fromkeys(faults)))


def _todo(desk: Desk, tenant: str | None) -> tuple[Known, list[str], list[str]]:
    archive = Archive(desk.records)
    return archive.known(), archive.case_ids(tenant), [tenant] if tenant else archive.tenants()


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, _BATCH)):
        yield batch


# Cases.


def check_cases(records: Records, case_ids: Sequence[str], known: Known) -> tuple[int, list[Fault]]:
    """How many events these cases have, and what does not agree in them."""
    archive, faults, events = Archive(records), list[Fault](), 0
    for stored in archive.stored(case_ids, hold=True):
        events += len(stored.chain)
        found = list(_chain(stored, _name(archive, stored)))
        faults += found + list(_contents(records, stored, known, whole=not found))
    return events, faults


def _name(archive: Archive, stored: Stored) -> str:
    """The reference, as the sealed summary or the first event says it where the row was lost or changed."""
    try:
        if stored.wrapped is not None and stored.row is not None:
            return _summary(archive, stored).reference
        if stored.wrapped is not None and stored.chain:
            first = _opened(archive, stored, stored.chain[0])
            return first.reference if isinstance(first, ev.CaseOpened) else stored.case_id
    except (SealBroken, ValidationError):
        pass
    return str(stored.row["reference"]) if stored.row else stored.case_id


def _chain(stored: Stored, name: str) -> Iterator[Fault]:
    """One fault for each event that does not follow, and one where the end is not where the case says it is."""
    prev, expected, row = START, 1, stored.row
    for link in stored.chain:
        if link.seq != expected:
            yield Fault(name, expected, "is missing")
        elif link.prev != prev:
            yield Fault(name, link.seq, "does not follow from the event before it")
        elif not _true_hash(stored.case_id, link):
            yield Fault(name, link.seq, "was changed")
        elif row is not None and link.tenant != row["tenant"]:
            yield Fault(name, link.seq, "was moved to another tenant")
        prev, expected = link.hash, link.seq + 1
    if row is None:
        yield Fault(name, None, "the case itself is missing, only its events are left")
    elif (row["version"], row["head"]) != (expected - 1, prev):
        lost = isinstance(row["version"], int) and row["version"] >= expected
        yield Fault(name, expected if lost else None, "is missing" if lost else "the end of its chain was changed")


def _true_hash(case_id: str, link: Link) -> bool:
    return link.at is not None and link.hash == event_hash(
        link.prev, case_id, link.seq, link.at, link.type, link.sealed
    )


def _contents(records: Records, stored: Stored, known: Known, whole: bool) -> Iterator[Fault]:
    """Do the sealed words open, and do summary, columns and files agree with them?"""
    name, row, archive = _name(Archive(records), stored), stored.row, Archive(records)
    if row is None:
        return
    if stored.wrapped is None or row["erased_at"] is not None:
        yield from _erased(stored, name)
        return
    faults, events = list[Fault](), list[ev.Event]()
    for link in stored.chain:
        try:
            event = _opened(archive, stored, link)
        except (SealBroken, ValidationError):
            faults.append(Fault(name, link.seq, "does not open with the key of its case"))
            continue
        events.append(event)
        if (event.type, event.at) != (link.type, link.at):
            faults.append(Fault(name, link.seq, "says something else than its row"))
    yield from faults
    try:
        case = _summary(archive, stored)
    except (SealBroken, ValidationError):
        yield Fault(name, None, "its summary does not open with its key")
        return
    if whole and not faults and fold(events) != case:
        yield Fault(name, None, "its summary does not agree with its events")
    yield from _columns(records, case, row, known)
    yield from _files(archive, stored, case)


def _opened(archive: Archive, stored: Stored, link: Link) -> ev.Event:
    context = f"{stored.case_id}:{link.seq}"
    return _EVENT.validate_json(archive.unseal(stored.wrapped or b"", link.sealed, context))


def _summary(archive: Archive, stored: Stored) -> Case:
    sealed = (stored.row or {}).get("sealed") or b""
    data = bytes(sealed) if isinstance(sealed, bytes | memoryview) else b""
    return Case.model_validate_json(archive.unseal(stored.wrapped or b"", data, f"{stored.case_id}:case"))


def _erased(stored: Stored, name: str) -> Iterator[Fault]:
    recorded = bool(stored.chain) and stored.chain[-1].type == "erased"
    marked = stored.row is not None and stored.row["erased_at"] is not None
    if stored.wrapped is not None:
        yield Fault(name, None, "it is marked as erased, but its key is still there")
    elif not (recorded and marked):
        yield Fault(name, None, "its key is gone, but no erasure is on record")


def _columns(records: Records, case: Case, row: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    """What stands beside the sealed summary, for lists and look-ups, says the same."""
    said = {
        "reference": case.reference,
        "tenant": case.trust,
        "school": case.school,
        "policy": case.policy,
        "procedure": case.procedure,
        "state": case.state.value,
        "held": case.hold,
        "due_at": case.due,
        "ended_at": case.ended_at,
        "opened_at": case.opened_at,
    }
    for column, value in said.items():
        if row[column] != value:
            yield Fault(case.reference, None, f"the column {column} was changed")
    requesters = {records.tag(who) for who in {case.requester, *known.humans.get(case.requester, ())}}
    if row["requester"] not in requesters:
        yield Fault(case.reference, None, "the column requester was changed")


def _files(archive: Archive, stored: Stored, case: Case) -> Iterator[Fault]:
    """Each file is there, opens, and is the one that came. A quarantined one may have been disposed of."""
    wanted = {a.id: a.sha256 for a in case.attachments if not a.quarantined}
    for evidence, sealed in archive.evidence(case.id):
        try:
            original = archive.unseal(stored.wrapped or b"", sealed, f"{evidence}:original")
        except SealBroken:
            original = b""
        if evidence in wanted and hashlib.sha256(original).hexdigest() != wanted.pop(evidence):
            yield Fault(case.reference, None, "a file was changed")
    if wanted:
        yield Fault(case.reference, None, "a file is missing")
