"""The schema is made by revisions, recorded, and the same as the tables that the program believes in."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import BadInput
from bot.store.engine import Store, open_sqlite
from bot.store.migrate import FOLDER, upgrade
from bot.store.migrations.versions import r0002_engine
from bot.store.schema import metadata


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Everything but the engine's own tables."""
    return not (kind == "table" and str(name).startswith("procrastinate_"))


async def test_the_migrated_schema_is_the_one_of_the_program(store: Store) -> None:
    def differences(tx: sa.Connection) -> list[object]:
        options = {"compare_type": True, "include_name": ours}
        return list(compare_metadata(MigrationContext.configure(tx, opts=options), metadata))

    assert await store.run(differences) == []


async def test_checks_and_partial_indexes_are_there(store: Store) -> None:
    """What the comparison above does not look at."""

    def found(tx: sa.Connection) -> tuple[list[str], list[str]]:
        look = sa.inspect(tx)
        checks = [str(check["sqltext"]) for check in look.get_check_constraints("signatures")]
        option = f"{tx.dialect.name}_where"
        wheres = [i["dialect_options"].get(option) for table in ("outbox", "timers") for i in look.get_indexes(table)]
        return checks, [str(where) for where in wheres if where is not None]

    checks, wheres = await store.run(found)
    assert [re.sub(r"[()\s]|::text", "", check) for check in checks] == ["decider<>requester"]
    assert sorted(re.sub(r"[()]", "", where).lower() for where in wheres) == ["done_at is null", "sent_at is null"]


async def test_the_revision_is_recorded(store: Store) -> None:
    recorded = await store.run(lambda tx: MigrationContext.configure(tx).get_current_revision())
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert recorded == ScriptDirectory.from_config(config).get_current_head()
    await store.run(upgrade)


async def test_a_database_of_a_newer_version_is_left_alone(store: Store) -> None:
    await store.run(lambda tx: tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'") and None)
    with pytest.raises(BadInput, match="newer AskFirst"):
        await store.run(upgrade)


def test_a_file_that_is_no_database_is_refused_with_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "askfirst.db"
    path.write_bytes(b"no database " * 100)
    with pytest.raises(BadInput, match="put the file back from a backup"):
        open_sqlite(path)
    path.unlink()
    open_sqlite(path).close()


@pytest.fixture
def killed_while_migrating(tmp_path: Path) -> Path:
    """A file whose first opening broke off in the middle."""
    path = tmp_path / "askfirst.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.connection.isolation_level = None  # type: ignore[attr-defined]
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection)
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()
    return path


def test_a_migration_that_breaks_off_is_done_whole_next_time(killed_while_migrating: Path) -> None:
    store = open_sqlite(killed_while_migrating)
    tables = store.run_now(lambda tx: sa.inspect(tx).get_table_names())
    store.close()
    assert {*metadata.tables} <= {*tables}


def test_the_engine_brings_no_migration_that_we_do_not_run() -> None:
    folder = resources.files("procrastinate.sql") / "migrations"
    assert max(file.name for file in folder.iterdir() if file.name.endswith(".sql")) == r0002_engine.SCHEMA_OF
