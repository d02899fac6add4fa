"""What the chat platforms need: who is who there, where cards stand, what was not yet worked off, and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
TIME = sa.BigInteger
"""UTC microseconds since 1970."""


def upgrade() -> None:
    """Four tables; nothing that was there is touched."""
    _who_and_where()
    _to_do()


def _who_and_where() -> None:
    op.create_table(
        "accounts",
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("linked_at", TIME),
        sa.Column("active_at", TIME, nullable=False),
        sa.Column("dead_at", TIME),
        sa.PrimaryKeyConstraint("platform", "tenant", "account"),
    )
    op.create_index("accounts_person", "accounts", ["person", "platform"])
    op.create_table(
        "cards",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("spot", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person", "platform"),
        sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"]),
    )
    op.create_index("cards_spot", "cards", ["platform", "spot"])


def _to_do() -> None:
    op.create_table(
        "arrivals",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("arrivals_next", "arrivals", ["platform", "next_at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("policy", sa.String(80), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_index("feedback_tenant", "feedback", ["tenant", "at"])
