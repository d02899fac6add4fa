"""An asynchronous way into a database of ours, for libraries that bring their own tables, such as bolt's installations.

SQLite: a file of its own in the data folder, so that nobody holds up the cases. PostgreSQL: the same database.
"""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import BadInput

_FILE = "installations.db"


def open_side(folder: Path, url: str | None = None) -> AsyncEngine:
    """The engine; dispose of it at the end. url: of PostgreSQL; None: a file in the folder. Raises BadInput."""
    if url:
        try:
            address = sa.make_url(url).set(drivername="postgresql+psycopg")
        except sa.exc.ArgumentError as error:
            raise BadInput(
                "ASKFIRST_DATABASE: not an address; for example postgresql://askfirst@localhost/askfirst"
            ) from error
        return create_async_engine(address, pool_size=2, max_overflow=2, hide_parameters=True)
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # By hand, so that it is never readable by others.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise BadInput(f"{path}: cannot be used ({error.strerror}); check the data folder") from error
    return create_async_engine(f"sqlite+aiosqlite:///{path}", hide_parameters=True)
