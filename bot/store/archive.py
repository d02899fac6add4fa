"""The tables as audit and privacy read them: whole chains with their anchors, and the people of all times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.organisation import Organisation
from bot.sealing import SealBroken
from bot.store import schema as t
from bot.store.records import Records

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 500
"""Ids in one statement: databases take only so many."""


@dataclass(frozen=True)
class Link:
    """One stored event: the row as it is, nothing opened. at: None where the row holds no time."""

    seq: int
    tenant: str
    at: datetime | None
    type: str
    sealed: bytes
    prev: str
    hash: str


@dataclass(frozen=True)
class Stored:
    """What is stored of a case. row: its columns, None where it is missing; wrapped: None where destroyed."""

    case_id: str
    row: dict[str, Any] | None
    wrapped: bytes | None
    chain: tuple[Link, ...]


@dataclass(frozen=True)
class Anchor:
    """What all chains of a tenant looked like at a moment. digest: over every head; hash: links to the one before."""

    tenant: str
    number: int
    at: datetime
    cases: int
    digest: str
    prev: str
    hash: str


@dataclass(frozen=True, order=True)
class Head:
    """The end of a case's chain as an anchor saw it."""

    case_id: str
    reference: str
    version: int
    head: str


@dataclass
class Known:
    """Everyone of every organisation file adopted so far, by id: the humans, names and tenants each account had."""

    humans: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    tenants: dict[str, set[str]] = field(default_factory=dict)


class Archive:
    """Reads and writes that only audit and privacy need, inside the transaction of the given records."""

    def __init__(self, records: Records) -> None:
        # The same room as the records: their transaction and keys are nobody else's to touch.
        self._tx = records._tx
        self._keys = records._keys

    # Chains.

    def tenants(self) -> list[str]:
        """Every tenant that has cases or anchors."""
        found = sa.union(sa.select(t.cases.c.tenant), sa.select(t.anchors.c.tenant))
        return sorted(self._tx.execute(found).scalars())

    def case_ids(self, tenant: str | None = None) -> list[str]:
        """Every case, erased ones too, and every id under which events are stored without a case; oldest first."""
        cases = sa.select(t.cases.c.id).order_by(t.cases.c.opened_at, t.cases.c.id)
        lost = sa.select(t.case_events.c.case_id).where(t.case_events.c.case_id.not_in(sa.select(t.cases.c.id)))
        if tenant is not None:
            cases, lost = cases.where(t.cases.c.tenant == tenant), lost.where(t.case_events.c.tenant == tenant)
        return [*self._tx.execute(cases).scalars(), *sorted(set(self._tx.execute(lost).scalars()))]

    def id_of(self, reference: str) -> str | None:
        """The case with that number, also when it is erased."""
        wanted = sa.select(t.cases.c.id).where(t.cases.c.reference == reference.strip().upper())
        found: str | None = self._tx.execute(wanted).scalar()
        return found

    def head_of(self, case_id: str) -> str:
        """The last link of a case's chain."""
        found: str = self._tx.execute(sa.select(t.cases.c.head).where(t.cases.c.id == case_id)).scalar_one()
        return found

    def stored(self, case_ids: Sequence[str], hold: bool = False) -> list[Stored]:
        """What is stored of these cases, whatever was done to it: a value of the wrong kind raises nothing.

        hold: keep the rows until the transaction ends, so that an event added meanwhile is not half seen.
        """
        several = [case_ids[at : at + _AT_ONCE] for at in range(0, len(case_ids), _AT_ONCE)]
        return [each for some in several for each in self._stored(some, hold)]

    def _stored(self, case_ids: Sequence[str], hold: bool) -> list[Stored]:
        wanted = self._raw(t.cases, t.cases.c.id.in_(case_ids))
        found = self._tx.execute(wanted.with_for_update(read=True) if hold else wanted).mappings().all()
        rows = {row["id"]: {**row, **_moments(row)} for row in found}
        wrapped = self._tx.execute(self._raw(t.case_keys, t.case_keys.c.case_id.in_(case_ids))).mappings()
        keys = {row["case_id"]: _bytes(row["wrapped"]) for row in wrapped}
        events = self._raw(t.case_events, t.case_events.c.case_id.in_(case_ids)).order_by(t.case_events.c.seq)
        chains: dict[str, list[Link]] = {}
        for row in self._tx.execute(events).mappings():
            chains.setdefault(row["case_id"], []).append(_link(row))
        return [Stored(each, rows.get(each), keys.get(each), tuple(chains.get(each, ()))) for each in case_ids]

    @staticmethod
    def _raw(table: sa.Table, where: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The columns as the database holds them: a file that somebody wrote into may hold anything."""
        columns: list[sa.ColumnElement[Any]] = [sa.type_coerce(c, sa.types.NULLTYPE).label(c.name) for c in table.c]
        wanted: sa.Select[Any] = sa.select(*columns).where(where)
        return wanted

    def fits(self) -> bool:
        """False where there are cases, and the master key opens none of the newest."""
        newest = sa.select(t.case_keys.c.wrapped).join(t.cases).order_by(t.cases.c.opened_at.desc()).limit(5)
        keys = self._tx.execute(newest).scalars().all()
        return not keys or any(self._opens(key) for key in keys)

    def _opens(self, wrapped: bytes) -> bool:
        try:
            self._keys.rewrap(wrapped, self._keys)
        except SealBroken:
            return False
        return True

    def unseal(self, wrapped: bytes, sealed: bytes, context: str) -> bytes:
        """What was sealed with a case's key. Raises SealBroken."""
        return self._keys.unseal(wrapped, sealed, context)

    def evidence(self, case_id: str) -> Iterator[tuple[str, bytes]]:
        """Id and sealed original of each file, one at a time."""
        ids = self._tx.execute(sa.select(t.evidence.c.id).where(t.evidence.c.case_id == case_id)).scalars().all()
        for each in ids:
            yield (
                each,
                _bytes(self._tx.execute(self._raw(t.evidence, t.evidence.c.id == each)).mappings().one()["original"]),
            )

    # Anchors.

    def heads(self, tenant: str) -> list[Head]:
        """The heads of every case now."""
        c = t.cases.c
        rows = self._tx.execute(sa.select(c.id, c.reference, c.version, c.head).where(c.tenant == tenant))
        return sorted(Head(*row) for row in rows)

    def anchors(self, tenant: str) -> list[Anchor]:
        """The tenant's anchors in order."""
        wanted = self._raw(t.anchors, t.anchors.c.tenant == tenant).order_by(t.anchors.c.number)
        rows = self._tx.execute(wanted).mappings()
        return [Anchor(**{**row, "at": _moment(row["at"]) or _EPOCH}) for row in rows]

    def anchored_at(self, tenant: str) -> datetime | None:
        """When the newest anchor was written."""
        newest = sa.select(t.anchors.c.at).where(t.anchors.c.tenant == tenant).order_by(t.anchors.c.number.desc())
        found: datetime | None = self._tx.execute(newest.limit(1)).scalar()
        return found

    def anchored(self, tenant: str) -> dict[int, list[Head]]:
        """The heads that each anchor saw moved."""
        found: dict[int, list[Head]] = {}
        rows = self._tx.execute(
            sa.select(t.anchored)
            .where(t.anchored.c.tenant == tenant)
            .order_by(t.anchored.c.number, t.anchored.c.case_id)
        )
        for row in rows:
            found.setdefault(row.number, []).append(Head(row.case_id, row.reference, row.version, row.head))
        return found

    def add_anchor(self, anchor: Anchor, moved: Iterable[Head]) -> bool:
        """Store an anchor; False where another instance has just written one of that number."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if self._tx.dialect.name == "sqlite" else postgresql).insert(t.anchors)
        fresh = insert.values(**vars(anchor)).on_conflict_do_nothing().returning(t.anchors.c.number)
        if self._tx.execute(fresh).first() is None:
            return False
        rows = [{"tenant": anchor.tenant, "number": anchor.number, **vars(head)} for head in moved]
        if rows:
            self._tx.execute(t.anchored.insert(), rows)
        return True

    def hashes(self, tenant: str) -> dict[tuple[str, int], str]:
        """The hashes of those events that an anchor saw as the last of their case: (case id, seq) -> hash."""
        e, a = t.case_events.c, t.anchored.c
        seen = t.anchored.join(t.case_events, sa.and_(e.case_id == a.case_id, e.seq == a.version))
        rows = self._tx.execute(sa.select(e.case_id, e.seq, e.hash).select_from(seen).where(a.tenant == tenant))
        return {(row.case_id, row.seq): row.hash for row in rows}

    # The people of all times.

    def known(self) -> Known:
        """Everyone who was in an organisation file that was ever adopted."""
        found = Known()
        for body in self._tx.execute(sa.select(t.organisations.c.body)).scalars():
            organisation = Organisation.model_validate_json(body)
            for person, home in organisation.everyone():
                found.humans.setdefault(person.id, {person.id}).add(person.who)
                found.names.setdefault(person.id, set()).add(person.name)
                posts = [organisation.school(post.school) for post in person.also_at]
                found.tenants.setdefault(person.id, set()).update(s.tenant for s in (home, *posts) if s)
        return found


def _link(row: Any) -> Link:
    at, sealed = _moment(row["at"]), _bytes(row["sealed"])
    return Link(row["seq"], row["tenant"], at, row["type"], sealed, row["prev"], row["hash"])


def _moments(row: Any) -> dict[str, datetime | None]:
    return {name: _moment(row[name]) for name in ("opened_at", "ended_at", "due_at", "erased_at")}


def _moment(value: object) -> datetime | None:
    """The time, None where the column holds none or something that is no time."""
    try:
        return _EPOCH + timedelta(microseconds=value) if isinstance(value, int) else None
    except OverflowError:
        return None


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
