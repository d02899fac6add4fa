"""The tables. Times are UTC microseconds; what staff wrote is sealed with the case's key; people are keyed tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Utc(sa.types.TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 so that both engines compare and sort it alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Aware time -> microseconds. A naive time is a programming error."""
        if value is None:
            return None
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Microseconds -> aware time."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = sa.MetaData()
_Id = sa.String(32)
_Tag = sa.String(64)


def _table(name: str, *parts: Any) -> sa.Table:
    return sa.Table(name, metadata, *parts)


organisations = _table(
    "organisations",
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
cases = _table(
    "cases",
    sa.Column("id", _Id, primary_key=True),
    sa.Column("reference", sa.String(16), nullable=False, unique=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("school", sa.String(80), nullable=False),
    sa.Column("policy", sa.String(80), nullable=False),
    sa.Column("procedure", sa.String(80), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("requester", _Tag, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("due_at", Utc),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("held", sa.Boolean, nullable=False, default=False),
    sa.Column("erased_at", Utc),
    sa.UniqueConstraint("tenant", "id"),
    sa.Index("cases_open", "tenant", "state"),
    sa.Index("cases_requester", "requester"),
)
case_keys = _table(
    "case_keys",
    sa.Column("case_id", _Id, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
case_events = _table(
    "case_events",
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("type", sa.String(24), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint("case_id", "seq"),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
)
signatures = _table(
    "signatures",
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("decider", _Tag, nullable=False),
    sa.Column("requester", _Tag, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "seq"),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    sa.CheckConstraint("decider <> requester", name="nobody_decides_their_own"),
)
anchors = _table(
    "chain_anchors",
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint("tenant", "number"),
)
anchored = _table(
    # The heads that moved since the anchor before: what the anchor's digest is over, and what a lost case was called.
    "anchored_heads",
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("reference", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint("tenant", "number", "case_id"),
    sa.ForeignKeyConstraint(["tenant", "number"], ["chain_anchors.tenant", "chain_anchors.number"]),
)
inbox = _table(
    "inbox",
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("result", sa.Text),
)
outbox = _table(
    "outbox",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("lane", _Tag, nullable=False),
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("next_at", Utc, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("sent_at", Utc),
    sa.Column("dead_at", Utc),
    sa.Column("last_error", sa.String(200)),
    sa.Column("read_at", Utc),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    sa.Index("outbox_lane", "lane", "id"),
    sa.Index("outbox_case", "case_id"),
)
sa.Index(
    "outbox_unsent",
    outbox.c.lane,
    outbox.c.id,
    sqlite_where=outbox.c.sent_at.is_(None),
    postgresql_where=outbox.c.sent_at.is_(None),
)
timers = _table(
    "timers",
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("token", sa.Integer, nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("done_at", Utc),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
)
sa.Index(
    "timers_open", timers.c.due_at, sqlite_where=timers.c.done_at.is_(None), postgresql_where=timers.c.done_at.is_(None)
)
sa.Index("timers_case", timers.c.case_id)
absences = _table(
    "absences",
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("stand_in", sa.String(80), nullable=False),
    sa.Column("since", Utc, nullable=False),
    sa.Column("until", Utc, nullable=False),
    sa.Column("made_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
)
register = _table(
    "register",
    sa.Column("entry", _Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("school", sa.String(80), nullable=False),
    sa.Column("register", sa.String(24), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("until", sa.String(10)),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.PrimaryKeyConstraint("entry", "version"),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    sa.Index("register_school", "tenant", "school", "register"),
)
evidence = _table(
    "evidence",
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("original", sa.LargeBinary, nullable=False),
    sa.Column("viewer", sa.LargeBinary),
    sa.Column("viewer_kind", sa.String(8)),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    sa.Index("evidence_case", "case_id"),
)
drafts = _table(
    "drafts",
    sa.Column("person", _Tag, nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("procedure", sa.String(80), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.PrimaryKeyConstraint("person", "tenant", "procedure"),
)
accounts = _table(
    # Who is who on a chat platform. tenant: the platform's own, a workspace or a Microsoft tenant.
    "accounts",
    sa.Column("platform", sa.String(16), nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("account", _Tag, nullable=False),
    sa.Column("person", _Tag, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("linked_at", Utc),
    sa.Column("active_at", Utc, nullable=False),
    sa.Column("dead_at", Utc),
    sa.PrimaryKeyConstraint("platform", "tenant", "account"),
    sa.Index("accounts_person", "person", "platform"),
)
cards = _table(
    # The message on a platform that shows a case to a person.
    "cards",
    sa.Column("case_id", _Id, nullable=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("person", _Tag, nullable=False),
    sa.Column("platform", sa.String(16), nullable=False),
    sa.Column("spot", _Tag, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "person", "platform"),
    sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    sa.Index("cards_spot", "platform", "spot"),
)
arrivals = _table(
    # Deliveries that were acknowledged and not yet worked off; that they came stays in the inbox.
    "arrivals",
    sa.Column("key", _Tag, primary_key=True),
    sa.Column("platform", sa.String(16), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("next_at", Utc, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Index("arrivals_next", "platform", "next_at"),
)
feedback = _table(
    "feedback",
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("policy", sa.String(80), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Index("feedback_tenant", "tenant", "at"),
)
