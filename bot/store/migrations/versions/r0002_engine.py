"""The tables of procrastinate, which keeps queue and timers on PostgreSQL; SQLite has no engine."""

from __future__ import annotations

from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"
SCHEMA_OF = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
"""procrastinate's newest own migration when this was written.

A test fails when the library brings a newer one: then add a revision that runs it, unless what it makes is there
already because the database was begun with that newer library.
"""


def upgrade() -> None:
    """Its whole schema, in our transaction."""
    if op.get_bind().dialect.name != "postgresql":
        return
    from procrastinate.schema import SchemaManager

    raw: Any = op.get_bind().connection.driver_connection
    raw.execute(SchemaManager.get_schema())
    # Its own indexes find a lane's jobs only by going through all that wait, future clocks among them.
    op.execute("CREATE INDEX askfirst_jobs_lane ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing')")
