"""`python -m tests.faults.longrun --kills N`: the campaign of the tests for as long as you like, and what it found.

Real commits and a folder on the disk, both engines one after the other. Exit status 1 where something was wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.store.cluster import NoPostgresql, server


def campaign(folder: Path, database: str | None, kills: int, seed: int = 1) -> dict[str, Any]:
    """Run a campaign in a process of its own; its report."""
    command = [sys.executable, "-m", "tests.faults.campaign", "--folder", str(folder), "--kills", str(kills)]
    command += ["--seed", str(seed), *(["--database", database] if database else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"the campaign ended with {done.returncode} and without a report")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    options = parser.parse_args()
    wrong = 0
    for engine in ("sqlite", "postgresql"):
        if options.engine in (engine, "both"):
            with tempfile.TemporaryDirectory() as folder, _database(engine) as database:
                report = campaign(Path(folder), database, options.kills, options.seed)
            print(engine, json.dumps(report, indent=1))
            wrong += len(report["faults"])
    return 1 if wrong else 0


@contextlib.contextmanager
def _database(engine: str) -> Iterator[str | None]:
    if engine == "sqlite":
        yield None
        return
    try:
        with server(durable=True) as made, made.database() as url:
            yield url
    except NoPostgresql as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    sys.exit(main())
