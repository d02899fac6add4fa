"""The server of tests/store, with empty databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.cluster import Server
from tests.store.conftest import postgresql

__all__ = ["postgresql"]


@pytest.fixture
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without a schema."""
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url
