"""Anchors: once a day, a digest over the end of every chain of a tenant, linked to the anchor before (T24).

An anchor notes which heads moved since the one before, so that it can be computed again at any time; a line of it kept
outside the database shows when anchors themselves were cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.casework import CaseOffice
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.errors import BadInput
from bot.store.archive import Anchor, Archive, Head
from bot.store.engine import StoreBroken
from bot.store.records import START, Records


@dataclass(frozen=True)
class Fault:
    """What does not agree. where: the case's reference, or the anchor; seq: the event, where it is one event."""

    where: str
    seq: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.where}, event {self.seq}: {self.what}" if self.seq is not None else f"{self.where}: {self.what}"


def anchor(desk: Desk) -> list[Anchor]:
    """Write an anchor for every tenant that has cases; the new anchors."""
    return [made for tenant in Archive(desk.records).tenants() if (made := _anchor(desk, tenant))]


def anchor_if_due(desk: Desk) -> list[Anchor]:
    """As `anchor`, for tenants that have none of today (UK) yet: to be called as often as one likes."""
    archive, today = Archive(desk.records), desk.now.astimezone(LOCAL).date()
    made = []
    for tenant in archive.tenants():
        newest = archive.anchored_at(tenant)
        if newest is None or newest.astimezone(LOCAL).date() < today:
            made += [new] if (new := _anchor(desk, tenant)) else []
    return made


async def keep_anchored(office: CaseOffice, clock: Callable[[], datetime], every: float = 600.0) -> None:
    """Write each day's anchors for as long as the program runs; every: seconds between looks. Until cancelled."""
    while True:
        with contextlib.suppress(StoreBroken):
            await office.at_desk(clock(), anchor_if_due)
        await asyncio.sleep(every)


def _anchor(desk: Desk, tenant: str) -> Anchor | None:
    archive = Archive(desk.records)
    earlier = archive.anchors(tenant)
    seen = {head.case_id: head for heads in archive.anchored(tenant).values() for head in heads}
    heads = archive.heads(tenant)
    moved = [head for head in heads if seen.get(head.case_id) != head]
    number, prev = (earlier[-1].number + 1, earlier[-1].hash) if earlier else (1, START)
    # A case that is gone stays in the digest: the next check names it, and no later anchor forgets it.
    every = seen | {head.case_id: head for head in heads}
    digest = _digest(every)
    link = _hash(tenant, number, desk.now, len(every), digest, prev)
    new = Anchor(tenant, number, desk.now, len(every), digest, prev, link)
    return new if archive.add_anchor(new, moved) else None


def _digest(heads: Mapping[str, Head]) -> str:
    body = json.dumps([list(vars(heads[case]).values()) for case in sorted(heads)], separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def _hash(tenant: str, number: int, at: datetime, cases: int, digest: str, prev: str) -> str:
    body = json.dumps([prev, tenant, number, at.isoformat(), cases, digest], separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def external_line(made: Anchor) -> str:
    """An anchor as a line of JSON to keep outside: on another machine, in print, with the governors' minutes."""
    values = {"tenant": made.tenant, "number": made.number, "at": made.at.isoformat(), "cases": made.cases}
    return json.dumps(values | {"hash": made.hash})


def read_lines(text: str) -> list[dict[str, Any]]:
    """Lines of `external_line`. Raises BadInput naming the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict) or not {"tenant", "number", "hash"} <= value.keys():
            raise BadInput(f"line {number} is no anchor; give the file that `audit anchor --out FILE` wrote")
        found.append(value)
    return found


def check_anchors(records: Records, tenant: str, outside: Sequence[Mapping[str, Any]]) -> tuple[int, list[Fault]]:
    """How many anchors the tenant has, and what does not agree with them. outside: its lines kept elsewhere."""
    archive = Archive(records)
    anchors, anchored = archive.anchors(tenant), archive.anchored(tenant)
    faults = [*_links(tenant, anchors, anchored), *_seen_and_gone(archive, tenant, anchored)]
    hashes = {a.number: a.hash for a in anchors}
    for line in outside:
        if hashes.get(line["number"]) != line["hash"]:
            what = "was changed" if line["number"] in hashes else "is missing"
            faults.append(Fault(_called(tenant, line["number"]), None, f"{what}: a line kept outside shows it"))
    return len(anchors), faults


def _called(tenant: str, number: object) -> str:
    return f"anchor {number} of {tenant}"


def _links(tenant: str, anchors: Sequence[Anchor], anchored: Mapping[int, list[Head]]) -> Iterator[Fault]:
    prev, expected, seen = START, 1, dict[str, Head]()
    for each in anchors:
        seen |= {head.case_id: head for head in anchored.get(each.number, ())}
        digest = _digest(seen)
        if each.number != expected:
            yield Fault(_called(tenant, expected), None, "is missing")
        elif each.prev != prev:
            yield Fault(_called(tenant, each.number), None, "does not follow from the anchor before it")
        elif each.hash != _hash(tenant, each.number, each.at, each.cases, each.digest, each.prev):
            yield Fault(_called(tenant, each.number), None, "was changed")
        elif (each.digest, each.cases) != (digest, len(seen)):
            yield Fault(_called(tenant, each.number), None, "what it noted was changed")
        prev, expected = each.hash, each.number + 1
    for number in sorted(anchored.keys() - {a.number for a in anchors}):
        yield Fault(_called(tenant, number), None, "is missing")


def _seen_and_gone(archive: Archive, tenant: str, anchored: Mapping[int, list[Head]]) -> Iterator[Fault]:
    """Everything that an anchor saw must still be there: the case, and the event that was its last."""
    now = {head.case_id: head for head in archive.heads(tenant)}
    hashes = archive.hashes(tenant)
    named = set[str]()
    for number, heads in sorted(anchored.items()):
        for head in heads:
            found = now.get(head.case_id)
            if head.case_id in named:
                continue
            if found is None:
                what = f"the whole case is missing; anchor {number} saw it with {head.version} events"
                yield Fault(head.reference, None, what)
            elif hashes.get((head.case_id, head.version)) != head.head:
                yield Fault(head.reference, head.version, f"is not what anchor {number} saw")
            elif found.reference != head.reference:
                yield Fault(head.reference, None, "the column reference was changed")
            else:
                continue
            named.add(head.case_id)
