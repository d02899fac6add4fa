"""Registers and evidence, for one transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.cases import Case
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import PUBLIC_REGISTERS, Entry


class RegisterRecords(Pages):
    """Register entries in their versions, and sealed files."""

    def enter(self, entry: Entry) -> None:
        """A new entry, or a new version of one: earlier versions stay. Only sites are public; the rest is sealed."""
        values = vars(entry) | {"details": json.dumps(entry.details), "sealed": None}
        if entry.register not in PUBLIC_REGISTERS:
            body = json.dumps([entry.title, entry.details]).encode()
            context = f"{entry.entry}:{entry.version}"
            sealed = self._keys.seal(self._wrapped(entry.case_id), body, context)
            values |= {"title": "", "details": "{}", "sealed": sealed}
        self._tx.execute(t.register.insert().values(**values))
        self._passed("register_written")

    def entries(self, tenant: str, register: str | None = None, at: datetime | None = None) -> list[Entry]:
        """Current entries of a trust, or as they stood at a moment."""
        where = [t.register.c.tenant == tenant]
        where += [t.register.c.register == register] if register else []
        where += [t.register.c.at <= at] if at else []
        keys = t.register.outerjoin(t.case_keys, t.case_keys.c.case_id == t.register.c.case_id)
        wanted = sa.select(t.register, t.case_keys.c.wrapped).select_from(keys).where(*where)
        newest = {row.entry: row for row in self._tx.execute(wanted.order_by(t.register.c.entry, t.register.c.version))}
        found = [entry for row in newest.values() if (entry := self._entry(row))]
        return sorted(found, key=lambda e: (e.title.lower(), e.entry))

    def _entry(self, row: Any) -> Entry | None:
        """The entry; None where it was sealed and its case is erased."""
        title, details = row.title, json.loads(row.details)
        if row.sealed is not None:
            if row.wrapped is None:
                return None
            title, details = json.loads(self._keys.unseal(row.wrapped, row.sealed, f"{row.entry}:{row.version}"))
        plain = {n: getattr(row, n) for n in Entry.__dataclass_fields__ if n not in ("title", "details")}
        return Entry(**plain, title=title, details=details)

    def entry(self, tenant: str, entry: str) -> Entry | None:
        """One entry's current version."""
        return next((e for e in self.entries(tenant) if e.entry == entry), None)

    def keep_evidence(
        self, case: Case, evidence: str, original: bytes, viewer: bytes | None, kind: str | None, now: datetime
    ) -> None:
        """Seal a file with the case's key."""
        wrapped = self._wrapped(case.id)
        self._tx.execute(
            t.evidence.insert().values(
                id=evidence,
                tenant=case.trust,
                case_id=case.id,
                at=now,
                original=self._keys.seal(wrapped, original, f"{evidence}:original"),
                viewer=self._keys.seal(wrapped, viewer, f"{evidence}:viewer") if viewer else None,
                viewer_kind=kind,
            )
        )

    def viewer_copy(self, case: Case, evidence: str) -> tuple[bytes, str] | None:
        """The re-encoded copy and its kind; None where there is none to view."""
        where = (t.evidence.c.id == evidence, t.evidence.c.case_id == case.id)
        row = self._tx.execute(sa.select(t.evidence.c.viewer, t.evidence.c.viewer_kind).where(*where)).first()
        if row is None or row.viewer is None:
            return None
        return self._keys.unseal(self._wrapped(case.id), row.viewer, f"{evidence}:viewer"), row.viewer_kind
