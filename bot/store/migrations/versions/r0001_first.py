"""The first schema, with events and anchors that can be added and never changed (SECURITY T24)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
TIME = sa.BigInteger
"""UTC microseconds since 1970."""
INSERT_ONLY = ("case_events", "chain_anchors", "anchored_heads")

_REFUSE = """
CREATE FUNCTION insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END;
$$
"""


def upgrade() -> None:
    """Tables, then the triggers."""
    _cases()
    _chains()
    _messages()
    _clocks()
    _papers()
    _refuse_changes()


def _of_a_case() -> sa.ForeignKeyConstraint:
    """The case, and that it belongs to the same tenant."""
    return sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"])


def _while_empty(column: str) -> dict[str, Any]:
    """An index over the rows alone in which that column is empty."""
    where = sa.column(column).is_(None)
    return {"sqlite_where": where, "postgresql_where": where}


def _cases() -> None:
    """Cases, their keys, events and signatures."""
    op.create_table(
        "organisations",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("reference", sa.String(16), nullable=False, unique=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("school", sa.String(80), nullable=False),
        sa.Column("policy", sa.String(80), nullable=False),
        sa.Column("procedure", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("restricted", sa.Boolean, nullable=False),
        sa.Column("requester", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("erased_at", TIME),
        sa.UniqueConstraint("tenant", "id"),
    )
    op.create_index("cases_open", "cases", ["tenant", "state"])
    op.create_index("cases_requester", "cases", ["requester"])
    op.create_table(
        "case_keys",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "case_events",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq"),
        _of_a_case(),
    )
    op.create_table(
        "signatures",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("decider", sa.String(64), nullable=False),
        sa.Column("requester", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq"),
        sa.CheckConstraint("decider <> requester", name="nobody_decides_their_own"),
        _of_a_case(),
    )


def _chains() -> None:
    """What the chains looked like at a moment."""
    op.create_table(
        "chain_anchors",
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("cases", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_table(
        "anchored_heads",
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number", "case_id"),
        sa.ForeignKeyConstraint(["tenant", "number"], ["chain_anchors.tenant", "chain_anchors.number"]),
    )


def _messages() -> None:
    """Deliveries seen and notices to people."""
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("result", sa.Text),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(160), nullable=False, unique=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("dead_at", TIME),
        sa.Column("last_error", sa.String(200)),
        sa.Column("read_at", TIME),
        _of_a_case(),
    )
    op.create_index("outbox_case", "outbox", ["case_id"])
    op.create_index("outbox_lane", "outbox", ["lane", "id"])
    op.create_index("outbox_unsent", "outbox", ["lane", "id"], **_while_empty("sent_at"))


def _clocks() -> None:
    """Clocks and absences."""
    op.create_table(
        "timers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("done_at", TIME),
        _of_a_case(),
    )
    op.create_index("timers_case", "timers", ["case_id"])
    op.create_index("timers_open", "timers", ["due_at"], **_while_empty("done_at"))
    op.create_table(
        "absences",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("stand_in", sa.String(80), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
    )


def _papers() -> None:
    """Registers, files and drafts."""
    op.create_table(
        "register",
        sa.Column("entry", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("school", sa.String(80), nullable=False),
        sa.Column("register", sa.String(24), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", sa.String(10)),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("entry", "version"),
        _of_a_case(),
    )
    op.create_index("register_school", "register", ["tenant", "school", "register"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("original", sa.LargeBinary, nullable=False),
        sa.Column("viewer", sa.LargeBinary),
        sa.Column("viewer_kind", sa.String(8)),
        _of_a_case(),
    )
    op.create_index("evidence_case", "evidence", ["case_id"])
    op.create_table(
        "drafts",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("procedure", sa.String(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("person", "tenant", "procedure"),
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in INSERT_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
                )
        return
    op.execute(_REFUSE)
    for table in INSERT_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION insert_only()"
        )
