"""The way in: open a store, give it transactions. SQLite in a file, or PostgreSQL for several instances."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bot.store.sqlite import open_sqlite
from bot.store.transactions import At, Bell, Silent, Stale, Store, StoreBroken, Tx, Work, nowhere, passed

__all__ = [
    "At",
    "Bell",
    "Silent",
    "Stale",
    "Store",
    "StoreBroken",
    "Tx",
    "Work",
    "nowhere",
    "open_postgresql",
    "open_sqlite",
    "open_store",
    "opened",
    "passed",
]


def open_postgresql(url: str, threads: int = 8, heartbeat: float | None = None, at: At = nowhere) -> Store:
    """A PostgreSQL database, shared by several instances; see bot/store/postgresql.py."""
    # Imported when it is wanted: most schools never load the driver and the engine.
    from bot.store import postgresql

    return postgresql.open_postgresql(url, threads, heartbeat or postgresql.HEARTBEAT, at)


def open_store(folder: Path, url: str | None = None) -> Store:
    """The database at that address, or else the file in the data folder. Raises BadInput."""
    return open_postgresql(url) if url else open_sqlite(folder / "askfirst.db")


@contextlib.contextmanager
def opened(store: Store) -> Iterator[Store]:
    """Close the store at the end."""
    try:
        yield store
    finally:
        store.close()
