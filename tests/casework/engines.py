"""A scene over each engine for the random lives. None need survive a power cut, so nothing waits for the disk."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bot.store.engine import Silent, Store, open_postgresql, open_sqlite
from tests.casework.scene import Scene

Result = TypeVar("Result")
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


class Driver:
    """A scene whose calls are waited for, for tests that are no coroutines."""

    def __init__(self, store: Store) -> None:
        store.bell = Silent()
        self.scene = Scene(store)
        self._loop = asyncio.new_event_loop()
        self._lives = 0

    def next_life(self) -> int:
        """A number that no other life over this database has."""
        self._lives += 1
        return self._lives

    def wait(self, call: Coroutine[Any, Any, Result]) -> Result:
        """The result of the call."""
        return self._loop.run_until_complete(call)

    def desk(self, fn: Callable[..., Result], *args: Any) -> Result:
        """Read in one transaction."""
        return self.wait(self.scene.desk(fn, *args))

    def close(self) -> None:
        """Let the loop and the database go."""
        self._loop.close()
        self.scene.office.store.close()


@contextmanager
def driver(address: str) -> Iterator[Driver]:
    """A driver over the database at that address; "" is a SQLite file that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        store = open_postgresql(address, threads=1) if address else open_sqlite(Path(folder) / "askfirst.db")
        if not address:
            store.run_now(lambda tx: None)
            with store.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA synchronous=OFF")  # type: ignore[union-attr]
        made = Driver(store)
        try:
            yield made
        finally:
            made.close()
