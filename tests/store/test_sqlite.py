"""What is SQLite's alone: one process, one file, honest when it cannot be written."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.sealing import Keyring
from bot.store import schema as t
from bot.store.engine import StoreBroken, open_sqlite
from tests.store.sample import NOW, Books

KEYS = Keyring(bytes(range(32)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "askfirst.db"


@pytest.fixture
def books(file: Path) -> Iterator[Books]:
    """An open file."""
    store = open_sqlite(file)
    yield Books(store, KEYS)
    store.close()


def test_a_second_process_is_refused_until_the_first_ends(books: Books, file: Path) -> None:
    program = "import sys, pathlib; from bot.store.engine import open_sqlite; open_sqlite(pathlib.Path(sys.argv[1]))"
    second = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False)
    assert "another AskFirst has this data folder open" in second.stderr
    with pytest.raises(BadInput, match="another AskFirst"):
        open_sqlite(file)
    books.store.close()
    open_sqlite(file).close()


def test_a_place_that_cannot_be_used_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="check the data folder"):
        open_sqlite(tmp_path / "file" / "askfirst.db")


def test_a_file_that_another_program_writes_to_is_said_to_be_in_use(books: Books, file: Path) -> None:
    books.store.close()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BadInput, match="close what else uses it"):
        open_sqlite(file)
    other.close()
    open_sqlite(file).close()


async def test_a_locked_file_is_said_to_be_so_within_three_seconds(books: Books, file: Path) -> None:
    await books.opened()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    answers = await asyncio.gather(*(books.opened() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, StoreBroken) for answer in answers)
    assert time.monotonic() - started < 3
    other.execute("ROLLBACK")
    other.close()
    assert len(await books.rows(t.cases)) == 1
    await books.opened()


async def test_a_full_disk_is_said_to_be_so_and_nothing_is_acknowledged(books: Books) -> None:
    case = await books.opened()
    pages = await books.store.run(lambda tx: tx.exec_driver_sql("PRAGMA page_count").scalar_one())
    await books.store.run(lambda tx: tx.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}") and None)
    with pytest.raises(StoreBroken):
        await books.write(lambda records: records.keep_evidence(case, "e", b"x" * 100_000, None, None, NOW))
    assert await books.rows(t.evidence) == []
    await books.store.run(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count=1000000") and None)
    await books.write(lambda records: records.keep_evidence(case, "e", b"x" * 100_000, None, None, NOW))


def test_nobody_else_can_read_the_files(books: Books, file: Path) -> None:
    asyncio.run(books.opened())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir() if "lock" not in path.name}
    assert len(modes) >= 2
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_backup_is_whole_and_private(books: Books, tmp_path: Path) -> None:
    case = await books.opened()
    copy = tmp_path / "copy" / "backup.db"
    copy.parent.mkdir()
    await asyncio.gather(asyncio.to_thread(books.store.backup, copy), *(books.opened() for _ in range(5)))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["backup.db"]
    await books.write(lambda records: records.tell(case, [], NOW))
    other = Books(open_sqlite(copy), KEYS)
    try:
        assert await other.write(lambda records: records.case(case.id)) == case
        await other.opened()
    finally:
        other.store.close()


def test_a_backup_never_replaces_a_file(books: Books, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    copy.write_text("precious")
    with pytest.raises(BadInput, match="is there already"):
        books.store.backup(copy)
    with pytest.raises(BadInput, match="choose another place"):
        books.store.backup(tmp_path / "nowhere" / "backup.db")
    assert copy.read_text() == "precious"
