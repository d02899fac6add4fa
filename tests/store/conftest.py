"""A store on each engine. PostgreSQL: the server named by ASKFIRST_TEST_POSTGRESQL, or a throw-away cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sealing import Keyring
from bot.store.engine import Store, open_postgresql, open_sqlite
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from tests.store.cluster import NoPostgresql, Server, required, server, throw_away
from tests.store.sample import Books


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server for the whole session; without one the test is skipped, or fails where it is required."""
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(server())
        except NoPostgresql as reason:
            (pytest.fail if required() else pytest.skip)(str(reason))
        yield made


@pytest.fixture(scope="session")
def own_postgresql() -> Iterator[Server]:
    """A cluster of our own, which a test may restart; its commits are real."""
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(throw_away(durable=True))
        except NoPostgresql as reason:
            (pytest.fail if required() else pytest.skip)(str(reason))
        yield made


@pytest.fixture(scope="session")
def ready_database(postgresql: Server) -> Iterator[str]:
    """The name of a database with the schema in it, to be copied: faster than migrating for each test."""
    with postgresql.database() as url:
        open_postgresql(url, threads=1).close()
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def postgresql_url(postgresql: Server, ready_database: str) -> Iterator[str]:
    """The address of a fresh database with the schema in it."""
    with postgresql.database(ready_database) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on each engine."""
    if request.param == "sqlite":
        made = open_sqlite(tmp_path / "data" / "askfirst.db")
    else:
        made = open_postgresql(request.getfixturevalue("postgresql_url"), threads=4)
    yield made
    made.close()


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    """The policies and procedures, not compiled: these tests ask no questions."""
    return loader.load()


@pytest.fixture
def books(store: Store) -> Books:
    """The store with a keyring and a few ready-made cases to write."""
    return Books(store, Keyring(bytes(range(32))))
