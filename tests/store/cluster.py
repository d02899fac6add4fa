"""A PostgreSQL for tests: the one that is named, or a throw-away cluster of the binaries on this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

NAMED = "ASKFIRST_TEST_POSTGRESQL"
REQUIRED = "ASKFIRST_REQUIRE_POSTGRESQL"


class NoPostgresql(Exception):
    """Neither a named server nor binaries: the tests that need one are skipped, or fail where it is required."""


@dataclass(frozen=True)
class Server:
    """A server on which databases may be made. url: of one that exists; folder: of a throw-away cluster."""

    url: str
    folder: Path | None = None

    @contextlib.contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The address of a fresh database, gone again afterwards."""
        name = f"askfirst_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        try:
            yield self.address(name)
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def address(self, name: str) -> str:
        """The address of a database of this server."""
        return sa.make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run a statement outside a transaction."""
        plain = sa.make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement.encode())

    def restart(self) -> None:
        """Stop the throw-away cluster as a power cut would, and start it again."""
        assert self.folder is not None
        _control(self.folder, "restart", "-m", "immediate")


@contextlib.contextmanager
def server(durable: bool = False) -> Iterator[Server]:
    """A server: the named one, else a throw-away cluster. durable: with real commits, for measuring.

    Raises NoPostgresql.
    """
    if os.environ.get(NAMED):
        yield Server(os.environ[NAMED])
        return
    with throw_away(durable) as made:
        yield made


@contextlib.contextmanager
def throw_away(durable: bool = False) -> Iterator[Server]:
    """A cluster in a folder of its own, reached by its socket there and gone afterwards. Raises NoPostgresql."""
    if _binaries() is None:
        raise NoPostgresql("no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="askfirst-"))
    try:
        if os.geteuid() == 0:
            # The server refuses to run as root.
            shutil.chown(folder, "postgres", "postgres")
        _run(
            "initdb", "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", at=folder
        )
        lines = ["listen_addresses=''", f"unix_socket_directories='{folder}'", "max_connections=200"]
        lines += [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")
        _control(folder, "start")
        try:
            yield Server(f"postgresql://postgres@/postgres?host={folder}", folder)
        finally:
            _control(folder, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def required() -> bool:
    """True where a missing PostgreSQL is a failure."""
    return os.environ.get(REQUIRED, "") not in ("", "0")


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    # Debian keeps them out of the path, one folder for each version.
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), default=None)


def _control(folder: Path, *command: str) -> None:
    _run("pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", *command, at=folder)


def _run(program: str, *arguments: str, at: Path) -> None:
    folder = _binaries()
    assert folder is not None
    command: Sequence[str] = [str(folder / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, cwd=at, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
