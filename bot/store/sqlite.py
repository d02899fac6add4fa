"""SQLite: one file under a data folder, one connection, one thread. What most schools run."""

from __future__ import annotations

import os
import queue
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.errors import BadInput
from bot.store.doorbell import Local
from bot.store.migrate import upgrade
from bot.store.transactions import ATTEMPTS, At, Job, Stale, Store, StoreBroken, nowhere

try:
    import fcntl
except ImportError:  # not on Windows; the port that one process may hold does the same there
    fcntl = None  # type: ignore[assignment]

_GROUP = 64
"""How many waiting transactions share one commit: measured, a commit costs more than a transition."""
_PATIENCE = 2.5
"""Seconds to wait for a lock that some other program holds on the file (SECURITY F7: an honest answer within 3 s)."""
_COLLISIONS = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})


def open_sqlite(path: Path, at: At = nowhere) -> Store:
    """The store in that file, made or brought up to date where need be. at: the fault tests' hook.

    Raises BadInput when another process has it open, or when it is no database of this version.
    """
    release = _make(path)
    engine = _engine(path)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    except BaseException as error:
        engine.dispose()
        release()
        if isinstance(error, sa.exc.OperationalError):
            raise BadInput(
                f"{path}: cannot be written ({error.orig}); close what else uses it, check the disk"
            ) from error
        if isinstance(error, sa.exc.DatabaseError):
            raise BadInput(f"{path}: cannot be opened ({error.orig}); put the file back from a backup") from error
        raise
    return SqliteStore(engine, at, release)


def _make(path: Path) -> Callable[[], None]:
    """See that the file is there, ours alone to read, and locked; what lets it go again."""
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        release = _lock(path.with_suffix(".lock"))
    try:
        with _told(path):
            # By hand, so that neither the file nor the log that SQLite writes beside it is ever readable by others.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
    except BaseException:
        release()
        raise
    return release


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path}: cannot be used ({error.strerror}); check the data folder") from error


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=sa.pool.StaticPool,
        connect_args={"check_same_thread": False, "timeout": _PATIENCE},
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _lock(path: Path) -> Callable[[], None]:
    """Hold the lock file; a second process is refused, for two writers on one SQLite file can harm it."""
    handle = path.open("a")
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise BadInput(
                f"{path.parent}: another AskFirst has this data folder open; close it or set ASKFIRST_DATA"
            ) from error
    return handle.close


class SqliteStore(Store):
    """Groups of transactions share a commit, each in its own savepoint, so that one that fails spares the others.

    WAL with synchronous=FULL: what was acknowledged survives a power cut. Reads take the same way.
    """

    def __init__(self, engine: sa.Engine, at: At, release: Callable[[], None]) -> None:
        self._release = release
        super().__init__(engine, Local(), 1, at)

    def backup(self, path: Path) -> None:
        """Write a whole copy of the database as it stands to a new file that only its owner can read. Blocks.

        Raises BadInput where the file cannot be written. The master key is not in it: keep that apart.
        """
        if path.exists():
            raise BadInput(f"{path}: is there already; name a new file")
        draft = path.with_name(f".{path.name}.part")
        try:
            draft.unlink(missing_ok=True)
            os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self.submit(_copy, draft).result()
            _sync(draft)
            draft.replace(path)
            _sync(path.parent)
        except (OSError, StoreBroken) as error:
            why = getattr(error, "strerror", None) or error
            raise BadInput(f"{path}: cannot be written ({why}); choose another place") from error
        finally:
            draft.unlink(missing_ok=True)

    def close(self) -> None:
        """Finish what waits, close the file and let another process have it."""
        super().close()
        self._release()

    def _write(self) -> None:
        with self.engine.connect() as connection:
            while group := self._next_group():
                jobs = [job for job in group if job is not None and job.future.set_running_or_notify_cancel()]
                self._commit(connection, jobs)
                if None in group:
                    return

    def _next_group(self) -> list[Job | None]:
        """The next jobs, at least one. A backup stands alone, for it cannot run inside a transaction."""
        group: list[Job | None] = [self._jobs.get()]
        while len(group) < _GROUP and group[-1] is not None:
            try:
                group.append(self._jobs.get_nowait())
            except queue.Empty:
                break
        return group

    def _commit(self, connection: sa.Connection, jobs: list[Job]) -> None:
        for job in [job for job in jobs if job.fn is _copy]:
            self._outside(connection, job)
        group = [job for job in jobs if job.fn is not _copy]
        try:
            if group:
                self._tell(self._in_one(connection, group))
        except Exception as error:
            # The whole group is undone: nobody was told that anything was recorded.
            if len(group) > 1 and _faulty(error):
                for job in group:
                    self._commit(connection, [job])
                return
            for job in group:
                if not job.future.done():
                    job.future.set_exception(StoreBroken(_name(error)))

    def _in_one(self, connection: sa.Connection, group: list[Job]) -> list[tuple[Job, Any, BaseException | None]]:
        with connection.begin():
            self._at("begin")
            done = [_in_savepoint(connection, job, self._at) for job in group]
            self._at("before_commit")
        self._at("after_commit")
        return done

    def _outside(self, connection: sa.Connection, job: Job) -> None:
        try:
            raw = connection.connection.driver_connection
            job.future.set_result(job.fn(raw, *job.args))
        except Exception as error:
            job.future.set_exception(StoreBroken(_name(error)))
        finally:
            connection.rollback()


def _in_savepoint(connection: sa.Connection, job: Job, at: At) -> tuple[Job, Any, BaseException | None]:
    for attempt in range(ATTEMPTS):
        # Plain statements, for begin_nested would have each compiled under a new name.
        connection.exec_driver_sql("SAVEPOINT one")
        try:
            result = job.fn(connection, *job.args)
            at("written")
            connection.exec_driver_sql("RELEASE one")
            return job, result, None
        except sa.exc.OperationalError:
            raise
        except BaseException as error:
            connection.exec_driver_sql("ROLLBACK TO one")
            connection.exec_driver_sql("RELEASE one")
            # A number drawn twice, an entry changed since it was read: with what is there now it goes through.
            if attempt == ATTEMPTS - 1 or not (isinstance(error, Stale) or _code(error) in _COLLISIONS):
                return job, None, error
    raise AssertionError


def _copy(raw: Any, draft: Path) -> None:
    raw.execute("VACUUM INTO ?", (str(draft),))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _code(error: BaseException) -> int | None:
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None)


def _faulty(error: Exception) -> bool:
    """True where one statement of a group was wrong in itself, so that the others may be tried alone."""
    return _code(error) == sqlite3.SQLITE_ERROR


def _name(error: BaseException) -> str:
    return type(getattr(error, "orig", None) or error).__name__
