"""PostgreSQL, shared by several instances: a thread for each connection, each transaction its own commit."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from bot.errors import BadInput
from bot.store.doorbell_postgresql import Proc
from bot.store.migrate import upgrade
from bot.store.transactions import At, Job, Stale, Store, StoreBroken, nowhere, tries

HEARTBEAT = 10.0
"""Seconds without a sign of life after which the other instances take over an instance's work."""
_LOCK_PATIENCE = 3000
"""Milliseconds to wait for a row that another transaction holds."""
_CROSSED = frozenset({"40001", "40P01", "23505"})
"""Serialisation failure, deadlock, and a key that another transaction wrote first: to be tried anew."""
_ENDED = frozenset({"25P03", "57P01", "57P02", "57P03", "57P05"})
"""What a server says that ends our connection: idle for too long in a transaction, or shutting down."""


def open_postgresql(url: str, threads: int = 8, heartbeat: float = HEARTBEAT, at: At = nowhere) -> Store:
    """The store in that database, made or brought up to date where need be. url: postgresql://user@host/name.

    heartbeat: seconds (see HEARTBEAT). at: the fault tests' hook. Raises BadInput where it cannot be reached.
    """
    address = _address(url)
    engine = sa.create_engine(
        address,
        pool_size=threads,
        max_overflow=2,
        hide_parameters=True,
        connect_args={"options": _options(heartbeat), "connect_timeout": 5},
    )
    sa.event.listen(engine, "connect", _notice_dead_clients)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    except sa.exc.OperationalError as error:
        raise BadInput("the database cannot be reached; check ASKFIRST_DATABASE and that PostgreSQL runs") from error
    except sa.exc.ProgrammingError as error:
        raise BadInput("the tables cannot be made; ASKFIRST_DATABASE must name the owner of the database") from error
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresqlStore(engine, Proc(plain, heartbeat), threads, at)


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise BadInput(
            "ASKFIRST_DATABASE: not an address; for example postgresql://askfirst@localhost/askfirst"
        ) from error
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise BadInput("ASKFIRST_DATABASE: only PostgreSQL; leave it empty for the file in the data folder")
    return address.set(drivername="postgresql+psycopg")


def _options(heartbeat: float) -> str:
    """An instance that stands still for a heartbeat loses its transactions like its work, and holds up nobody."""
    idle = int(heartbeat * 1000)
    return f"-c idle_in_transaction_session_timeout={idle} -c lock_timeout={_LOCK_PATIENCE}"


def _notice_dead_clients(connection: Any, _record: Any) -> None:
    """Have the server end the transactions of a process that died while it waited for a lock."""
    if connection.info.server_version >= 140000:
        with contextlib.suppress(psycopg.Error):  # not on every system
            connection.execute("SET client_connection_check_interval = '1s'")
        connection.commit()


class PostgresqlStore(Store):
    """Transactions under READ COMMITTED: rows that are changed are held first, and what crossed is tried anew."""

    def backup(self, path: Path) -> None:
        """Not ours to do: raises BadInput with what does it."""
        raise BadInput("back up PostgreSQL with pg_dump, and keep the master key apart from it")

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                result = self._attempts(job)
            except BaseException as error:
                job.future.set_exception(error)
            else:
                self._tell([(job, result, None)])

    def _attempts(self, job: Job) -> Any:
        for last in tries():
            progress = _Progress()
            try:
                return self._once(job, progress)
            except sa.exc.DBAPIError as error:
                if not last and (_state(error) in _CROSSED or (_lost(error) and not progress.committing)):
                    continue
                if _lost(error) or isinstance(error, sa.exc.OperationalError):
                    raise StoreBroken(type(error.orig).__name__) from error
                raise
            except sa.exc.TimeoutError as error:
                raise StoreBroken("no connection") from error
            except Stale:
                if last:
                    raise
        raise AssertionError

    def _once(self, job: Job, progress: _Progress) -> Any:
        with self.engine.begin() as connection:
            self._at("begin")
            result = job.fn(connection, *job.args)
            self._at("written")
            self._at("before_commit")
            progress.committing = True
        self._at("after_commit")
        return result


@dataclass
class _Progress:
    """How far an attempt came. While it commits, a lost connection leaves open whether it did."""

    committing: bool = False


def _state(error: sa.exc.DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _lost(error: sa.exc.DBAPIError) -> bool:
    """True where the connection is gone: the server ended, or this instance stood still for too long."""
    return error.connection_invalidated or _state(error) in _ENDED or isinstance(error, sa.exc.InterfaceError)
