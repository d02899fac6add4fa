"""Brings a database up to the schema of this version, in one transaction: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from bot.errors import BadInput

FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x61736B6D
"""The PostgreSQL lock under which one instance migrates while others that start wait."""


def upgrade(connection: sa.Connection) -> None:
    """Apply the revisions that the database has not recorded yet. Raises BadInput when it is of a newer version."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
        return
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BadInput("the database was written by a newer AskFirst; install that version again") from error
