"""Cases, their chained events and who signed, for one transaction. Everything that staff wrote is sealed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot import events as ev
from bot.cases import Case, State, fold
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import START, event_hash
from bot.store.transactions import Stale

_EVENT: TypeAdapter[ev.Event] = TypeAdapter(ev.Event)
_CASE = sa.select(t.cases.c.sealed, t.case_keys.c.wrapped).join(t.case_keys).where(t.cases.c.id == sa.bindparam("id"))
_NEWEST = sa.select(t.cases.c.version, t.cases.c.head).where(t.cases.c.id == sa.bindparam("id")).with_for_update()
_CHANGED = ("state", "due_at", "ended_at", "held", "head", "version", "sealed")
_CHANGE = (
    t.cases.update()
    .where(t.cases.c.id == sa.bindparam("this_case"), t.cases.c.version == sa.bindparam("this_version"))
    .values({name: sa.bindparam(name) for name in _CHANGED})
    .returning(t.cases.c.id)
)
_EVENT_OF = sa.select(t.case_events.c.sealed).where(
    t.case_events.c.case_id == sa.bindparam("id"), t.case_events.c.seq == sa.bindparam("seq")
)
_LOCKED = _CASE.with_for_update(of=t.cases)


class CaseRecords(Pages):
    """Cases and events."""

    def open_case(self, events: Sequence[ev.Event], restricted: bool, requester: str) -> Case:
        """Store a new case. requester: the human behind the account."""
        case = fold(events)
        if case is None:
            raise ValueError("no event")
        wrapped = self._keys.new_key()
        row = self._index(case) | {"head": START, "version": 0, "sealed": b"", "restricted": restricted}
        row |= {"id": case.id, "reference": case.reference, "tenant": case.trust, "school": case.school}
        row |= {"policy": case.policy, "procedure": case.procedure, "opened_at": case.opened_at}
        self._tx.execute(t.cases.insert(), row | {"requester": self.tag(requester)})
        self._tx.execute(t.case_keys.insert(), {"case_id": case.id, "wrapped": wrapped})
        self._wrapped_keys[case.id] = wrapped
        self._write(case, events, 0, START, wrapped)
        return case

    def append(self, before: Case, events: Sequence[ev.Event], after: Case) -> None:
        """Add events to a case read in this transaction. Raises Stale when it changed meanwhile."""
        row = self._tx.execute(_NEWEST, {"id": before.id}).one()
        if row.version != before.version:
            raise Stale
        self._write(after, events, before.version, row.head, self._wrapped(before.id))

    def _write(self, after: Case, events: Sequence[ev.Event], version: int, head: str, wrapped: bytes) -> None:
        prev, rows = head, []
        for seq, event in enumerate(events, version + 1):
            sealed = self._keys.seal(wrapped, _EVENT.dump_json(event), f"{after.id}:{seq}")
            link = event_hash(prev, after.id, seq, event.at, event.type, sealed)
            row = {"case_id": after.id, "seq": seq, "tenant": after.trust, "at": event.at, "type": event.type}
            rows.append({**row, "sealed": sealed, "prev": prev, "hash": link})
            prev = link
        self._tx.execute(t.case_events.insert(), rows)
        self._passed("events_written")
        sealed = self._keys.seal(wrapped, after.model_dump_json().encode(), f"{after.id}:case")
        row = {**self._index(after), "head": prev, "version": after.version, "sealed": sealed}
        this = {"this_case": after.id, "this_version": version}
        if self._tx.execute(_CHANGE, {**row, **this}).first() is None:
            raise Stale
        self._passed("case_written")

    @staticmethod
    def _index(case: Case) -> dict[str, Any]:
        return {"state": case.state.value, "due_at": case.due, "ended_at": case.ended_at, "held": case.hold}

    def case(self, case_id: str, lock: bool = False) -> Case | None:
        """The case, None when it is unknown or erased. lock: to change it in this transaction."""
        row = self._tx.execute(_LOCKED if lock else _CASE, {"id": case_id}).first()
        return self._read(case_id, row.sealed, row.wrapped) if row else None

    def by_reference(self, reference: str) -> Case | None:
        """The case with that number."""
        found = self._tx.execute(sa.select(t.cases.c.id).where(t.cases.c.reference == reference.upper())).scalar()
        return self.case(found) if found else None

    def events(self, case_id: str) -> list[ev.Event]:
        """The case's events in order; empty when it is unknown or erased."""
        key = self._tx.execute(sa.select(t.case_keys.c.wrapped).where(t.case_keys.c.case_id == case_id)).scalar()
        if key is None:
            return []
        rows = self._tx.execute(
            sa.select(t.case_events.c.seq, t.case_events.c.sealed)
            .where(t.case_events.c.case_id == case_id)
            .order_by(t.case_events.c.seq)
        )
        return [_EVENT.validate_json(self._keys.unseal(key, r.sealed, f"{case_id}:{r.seq}")) for r in rows]

    def event(self, case_id: str, seq: int) -> ev.Event | None:
        """One event of a case; None where there is none of that number."""
        found = self._tx.execute(_EVENT_OF, {"id": case_id, "seq": seq}).scalar()
        if found is None:
            return None
        return _EVENT.validate_json(self._keys.unseal(self._wrapped(case_id), found, f"{case_id}:{seq}"))

    def was_restricted(self, case_id: str) -> bool:
        """True for a case that was restricted when it was made."""
        return bool(self._tx.execute(sa.select(t.cases.c.restricted).where(t.cases.c.id == case_id)).scalar_one())

    def cases_of(self, requester: str) -> list[Case]:
        """Every case that a human made, newest first."""
        return self._cases(t.cases.c.requester == self.tag(requester))

    def open_cases(self, tenant: str) -> list[Case]:
        """Every open case of a trust."""
        return self._cases(t.cases.c.tenant == tenant, t.cases.c.state == State.OPEN.value)

    def all_cases(self, tenant: str) -> list[Case]:
        """Every case of a trust that is not erased."""
        return self._cases(t.cases.c.tenant == tenant)

    def _cases(self, *where: sa.ColumnElement[bool]) -> list[Case]:
        rows = self._tx.execute(
            sa.select(t.cases.c.id, t.cases.c.sealed, t.case_keys.c.wrapped)
            .join(t.case_keys)
            .where(*where)
            .order_by(t.cases.c.opened_at.desc())
        )
        return [self._read(row.id, row.sealed, row.wrapped) for row in rows]

    def _read(self, case_id: str, sealed: bytes, wrapped: bytes) -> Case:
        self._wrapped_keys[case_id] = wrapped
        return Case.model_validate_json(self._keys.unseal(wrapped, sealed, f"{case_id}:case"))

    def sign(self, case: Case, seq: int, decider: str, requester: str) -> None:
        """Note who decided; the table refuses the requester (T05). decider, requester: humans."""
        row = {"case_id": case.id, "seq": seq, "tenant": case.trust}
        row |= {"decider": self.tag(decider), "requester": self.tag(requester)}
        self._tx.execute(t.signatures.insert(), row)
        self._passed("signed")
