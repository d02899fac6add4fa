"""The organisation in force and who is away, for one transaction."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.directory import Absence
from bot.organisation import Organisation
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import new_id

_PEOPLE = 0x61736B70
"""The PostgreSQL lock under which people and absences change."""


_WHILE_WE_DECIDE = sa.select(sa.func.pg_advisory_xact_lock_shared(_PEOPLE))
_PEOPLE_NOW = sa.select(
    sa.select(sa.func.max(t.organisations.c.version)).scalar_subquery(),
    sa.select(sa.func.max(t.absences.c.until)).where(t.absences.c.ended_at.is_(None)).scalar_subquery(),
)


class PeopleRecords(Pages):
    """Organisation files as adopted, and absences."""

    _away_until: datetime | None = datetime.max.replace(tzinfo=UTC)
    """The last day of any absence, as this transaction knows it; most of the time there is none to look for."""

    def adopt(self, organisation: Organisation, now: datetime) -> bool:
        """Make this the organisation in force; False where it is already."""
        self._hold_people()
        body = organisation.model_dump_json()
        digest = hashlib.sha256(body.encode()).hexdigest()
        newest = self._tx.execute(
            sa.select(t.organisations).order_by(t.organisations.c.version.desc()).limit(1)
        ).first()
        if newest is not None and newest.digest == digest:
            return False
        number = newest.version + 1 if newest else 1
        self._tx.execute(t.organisations.insert().values(version=number, at=now, digest=digest, body=body))
        return True

    def organisation_version(self) -> int:
        """The number of the organisation in force; 0 before the first. It stays until this transaction ends."""
        if self._shared:
            self._tx.execute(_WHILE_WE_DECIDE)
        version, self._away_until = self._tx.execute(_PEOPLE_NOW).one()
        return version or 0

    def organisation(self, version: int) -> Organisation:
        """The organisation as adopted under that number."""
        body = self._tx.execute(
            sa.select(t.organisations.c.body).where(t.organisations.c.version == version)
        ).scalar_one()
        return Organisation.model_validate_json(body)

    def absences(self, now: datetime) -> list[Absence]:
        """Who is away now or later."""
        if self._away_until is None or self._away_until <= now:
            return []
        going = (t.absences.c.until > now, t.absences.c.ended_at.is_(None))
        rows = self._tx.execute(sa.select(t.absences).where(*going).order_by(t.absences.c.made_at))
        return [Absence(person=r.person, stand_in=r.stand_in, since=r.since, until=r.until) for r in rows]

    def set_absence(self, tenant: str, absence: Absence, now: datetime) -> None:
        """Note an absence; it replaces an earlier one of the same person."""
        self._hold_people()
        self.end_absence(absence.person, now)
        self._away_until = datetime.max.replace(tzinfo=UTC)
        values = absence.model_dump()
        self._tx.execute(t.absences.insert().values(id=new_id(), tenant=tenant, made_at=now, **values))

    def end_absence(self, person: str, now: datetime) -> None:
        """The person is back."""
        self._hold_people()
        these = (t.absences.c.person == person, t.absences.c.ended_at.is_(None))
        self._tx.execute(t.absences.update().where(*these).values(ended_at=now))

    def _hold_people(self) -> None:
        """Who holds which role changes between transactions, never under one that decides by it."""
        if self._shared:
            self._tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_PEOPLE)))
