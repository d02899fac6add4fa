"""From each earlier version with its data to this one: every row is there as it was (SECURITY F12)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.case import Case
from bot.directory import Absence
from bot.sealing import Keyring
from bot.store.engine import Silent, Store, open_postgresql, open_sqlite
from bot.store.migrate import FOLDER
from bot.store.records import Entry, Records
from bot.store.schema import metadata
from tests.store.cluster import Server
from tests.store.sample import DECIDER, NOW, REQUESTER, add, opening, organisation, said, to

KEYS = Keyring(bytes(range(32)))
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Old:
    """A database that an earlier version wrote. opened: by this version."""

    engine: sa.Engine
    file: Path | None
    url: str

    def open(self) -> Store:
        """As this version opens it."""
        self.engine.dispose()
        return open_sqlite(self.file) if self.file else open_postgresql(self.url, threads=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    """An empty database, on each engine."""
    if request.param == "sqlite":
        file = tmp_path / "data" / "askfirst.db"
        file.parent.mkdir()
        yield Old(sa.create_engine(f"sqlite:///{file}"), file, "")
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
        yield Old(engine, None, url)
        engine.dispose()


def bring_to(connection: sa.Connection, revision: str) -> None:
    """What the version did that ended with this revision."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill(records: Records) -> Case:
    """A row in every table of the first version; the chains are written by an anchor of their own."""
    records.adopt(organisation("One"), NOW)
    case = records.open_case(opening(), True, REQUESTER)
    case = add(records, case.id, said("letter for letter £ é"))
    records.sign(case, 2, DECIDER, REQUESTER)
    records.tell(case, [to(DECIDER, case), to(REQUESTER, case, "receipt")], NOW)
    records.arm(case, "remind", 2, NOW + timedelta(hours=1))
    records.once("slack:1", NOW, lambda: "answer")
    records.keep_evidence(case, "e", b"\x00original", b"copy", "png", NOW)
    records.keep_draft(REQUESTER, "elm", "media-enquiry", b"half", NOW)
    away = Absence(person=DECIDER, stand_in=REQUESTER, since=NOW, until=NOW + timedelta(days=1))
    records.set_absence("elm", away, NOW)
    records.enter(Entry("e1", 1, "elm", "elm-primary", "sites", "Blog", "open", case.id, NOW, None, {"a": "b"}))
    anchor = {"tenant": "elm", "number": 1, "at": NOW, "cases": 1, "digest": "d", "prev": "p", "hash": "h"}
    records._tx.execute(metadata.tables["chain_anchors"].insert().values(**anchor))
    head = {"tenant": "elm", "number": 1, "case_id": case.id, "reference": case.reference, "version": 2, "head": "h"}
    records._tx.execute(metadata.tables["anchored_heads"].insert().values(**head))
    return case


def everything(tx: sa.Connection) -> Rows:
    """Every row of every table of ours, as it is stored."""
    names = [name for name in sa.inspect(tx).get_table_names() if name in metadata.tables]
    found: Rows = {}
    for name in names:
        rows = tx.exec_driver_sql(f'SELECT * FROM "{name}"').all()  # noqa: S608 - names of our own tables
        found[name] = sorted(
            (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows), key=repr
        )
    return found


async def test_a_database_of_the_version_before_the_chat_comes_up_with_every_row_equal(old: Old) -> None:
    with old.engine.begin() as connection:
        bring_to(connection, "0002")
        case = fill(Records(connection, KEYS, Silent()))
        before = everything(connection)
    assert all(before.values()), "a table without a row proves nothing"
    with closing(old.open()) as store:
        after = await store.run(everything)
        assert {name: after[name] for name in before} == before
        assert {name for name in after if name not in before} == {"accounts", "arrivals", "cards", "feedback"}
        assert not any(rows for name, rows in after.items() if name not in before)

        def go_on(tx: sa.Connection) -> tuple[Case | None, int]:
            records = Records(tx, KEYS, store.bell)
            return records.case(case.id), add(records, case.id, said("and on")).version

        assert await store.run(go_on) == (case, 4)


def described(tx: sa.Connection) -> dict[str, Any]:
    """All that the database knows of our tables: columns, keys, constraints, indexes."""
    look = sa.inspect(tx)
    return {
        name: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], bool(c.get("default"))) for c in look.get_columns(name)
            ],
            "key": look.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(
                (f["constrained_columns"], f["referred_table"], f["referred_columns"])
                for f in look.get_foreign_keys(name)
            ),
            "unique": sorted(u["column_names"] for u in look.get_unique_constraints(name)),
            "checks": sorted((str(c["name"]), c["sqltext"]) for c in look.get_check_constraints(name)),
            "indexes": sorted(
                (
                    str(i["name"]),
                    i["column_names"],
                    i["unique"],
                    [f"{k}: {v}" for k, v in i.get("dialect_options", {}).items()],
                )
                for i in look.get_indexes(name)
            ),
        }
        for name in look.get_table_names()
        if name in metadata.tables
    }


def test_what_all_revisions_make_is_what_the_program_believes_in(old: Old) -> None:
    with closing(old.open()) as store:
        migrated = store.run_now(described)
    assert migrated.keys() == metadata.tables.keys()
    fresh = sa.create_engine("sqlite://") if old.file else old.engine
    with fresh.begin() as connection:
        if not old.file:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        metadata.create_all(connection)
        assert described(connection) == migrated


def test_an_old_revision_makes_what_it_made_whatever_the_program_believes_in_now(old: Old) -> None:
    with old.engine.begin() as connection:
        bring_to(connection, "0001")
        first = described(connection)
    later = {"accounts", "arrivals", "cards", "feedback"}
    assert first.keys() == metadata.tables.keys() - later
