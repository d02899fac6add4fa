"""What the case office keeps, read and written inside one transaction: the parts put together, and drafts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.store import schema as t
from bot.store.arrival_records import ArrivalRecords
from bot.store.case_records import CaseRecords
from bot.store.chat_records import ChatRecords
from bot.store.clock_records import ClockRecords
from bot.store.notice_records import CARD, TOLD, NoticeRecords
from bot.store.people_records import PeopleRecords
from bot.store.register_records import RegisterRecords
from bot.store.rows import (
    PUBLIC_REGISTERS,
    START,
    Arrival,
    Contact,
    Delivery,
    Entry,
    Feedback,
    Notice,
    Timer,
    event_hash,
    new_id,
    new_reference,
)
from bot.store.transactions import Stale

__all__ = [
    "CARD",
    "PUBLIC_REGISTERS",
    "START",
    "Arrival",
    "Contact",
    "Delivery",
    "Entry",
    "Feedback",
    "Notice",
    "Records",
    "Stale",
    "Timer",
    "event_hash",
    "new_id",
    "new_reference",
]


class Records(CaseRecords, NoticeRecords, ClockRecords, PeopleRecords, RegisterRecords, ChatRecords, ArrivalRecords):
    """The tables as the case office sees them, for one transaction."""

    # Drafts of forms that were not sent yet, and what a page watches to know that it is out of date.

    def keep_draft(self, person: str, tenant: str, procedure: str, body: bytes, now: datetime) -> None:
        """Seal what a person filled in so far, under a key of its own; it replaces their earlier draft of this form."""
        self.drop_draft(person, tenant, procedure)
        wrapped = self._keys.new_key()
        self._tx.execute(
            t.drafts.insert().values(
                person=self.tag(person),
                tenant=tenant,
                procedure=procedure,
                wrapped=wrapped,
                sealed=self._keys.seal(wrapped, body, f"draft:{tenant}:{procedure}"),
                at=now,
            )
        )

    def draft(self, person: str, tenant: str, procedure: str) -> tuple[bytes, datetime] | None:
        """What the person filled in, and when; None where there is no draft."""
        row = self._tx.execute(sa.select(t.drafts).where(*self._draft(person, tenant, procedure))).first()
        return (self._keys.unseal(row.wrapped, row.sealed, f"draft:{tenant}:{procedure}"), row.at) if row else None

    def draft_names(self, person: str, tenant: str) -> dict[str, datetime]:
        """Of which procedures the person has a draft, and since when."""
        where = (t.drafts.c.person == self.tag(person), t.drafts.c.tenant == tenant)
        rows = self._tx.execute(sa.select(t.drafts.c.procedure, t.drafts.c.at).where(*where))
        return {row.procedure: row.at for row in rows}

    def drop_draft(self, person: str, tenant: str, procedure: str) -> None:
        """Forget a draft: it was sent, or is not wanted."""
        self._tx.execute(t.drafts.delete().where(*self._draft(person, tenant, procedure)))

    def drop_drafts_before(self, moment: datetime) -> None:
        """Forget what nobody went on with."""
        self._tx.execute(t.drafts.delete().where(t.drafts.c.at < moment))

    def _draft(self, person: str, tenant: str, procedure: str) -> tuple[sa.ColumnElement[bool], ...]:
        of = t.drafts.c
        return of.person == self.tag(person), of.tenant == tenant, of.procedure == procedure

    def version_of(self, case_id: str) -> int | None:
        """How many events the case has, without opening it; None where it is unknown or erased."""
        found: int | None = self._tx.execute(
            sa.select(t.cases.c.version).join(t.case_keys).where(t.cases.c.id == case_id)
        ).scalar()
        return found

    def mark_of(self, person: str, human: str) -> str:
        """A text that changes whenever the person's notices or own cases do, or the organisation does."""
        lane, own = t.outbox.c.lane == self.tag(person), t.cases.c.requester == self.tag(human)
        told = self._tx.execute(
            sa.select(sa.func.max(t.outbox.c.id), sa.func.count(t.outbox.c.sent_at), sa.func.count(t.outbox.c.read_at))
            .select_from(t.outbox)
            .where(lane, TOLD)
        ).one()
        cases = self._tx.execute(
            sa.select(sa.func.count(), sa.func.sum(t.cases.c.version)).select_from(t.cases).where(own)
        ).one()
        return ".".join(str(part or 0) for part in (*told, *cases, self.organisation_version()))
