"""kill -9 at named points and at random, on each engine: 200 with ASKFIRST_LONG=1, else once at every point."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.longrun import campaign
from tests.faults.points import OF_A_CLOCK, POINTS

KILLS = 200 if os.environ.get("ASKFIRST_LONG", "") not in ("", "0") else 26


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that can be had: what is tested is the death of a process, not that of the machine."""
    memory = Path("/dev/shm")  # noqa: S108 - Linux; elsewhere the ordinary place
    made = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    yield made
    shutil.rmtree(made)


def holds(report: dict[str, Any]) -> None:
    """Nothing lost, nothing decided twice, notices in order, chains whole (all in `faults`), and enough was tried."""
    assert report["faults"] == []
    assert report["killed"] == KILLS
    assert report["extra"] <= report["allowed"]
    assert report["acknowledged"] > KILLS
    # Whether a clock is due in a short life is chance.
    assert {*report["kills"]} >= {*POINTS} - ({*OF_A_CLOCK} if KILLS < 200 else set())


def test_whenever_sqlite_is_killed_nothing_acknowledged_is_lost(folder: Path) -> None:
    holds(campaign(folder, None, KILLS))


def test_whenever_an_instance_on_postgresql_is_killed_nothing_acknowledged_is_lost(
    folder: Path, empty_database: str
) -> None:
    holds(campaign(folder, empty_database, KILLS))


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_what_one_instance_leaves_the_other_takes_over(folder: Path, empty_database: str, how: str) -> None:
    """Killed for good, its connection ends with it; stopped dead, only its heartbeat tells."""
    command = [sys.executable, "-m", "tests.faults.pair", "--how", how]
    command += ["--folder", str(folder), "--database", empty_database]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["took"] <= (found["heartbeat"] + 2) * found["slowness"]
    assert found["late"] <= 1.5 * found["slowness"]
    assert found["extra"] <= found["under_way"]
