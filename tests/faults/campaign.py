"""Many lives on one database, each killed, and what must hold at the end.

`python -m tests.faults.campaign --folder F --kills 200 [--database postgresql://...]` prints one JSON object. It is a
process of its own, because one with threads cannot be forked safely.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from policy_kb import loader
from tests.faults import check
from tests.faults.fork import ended, fork, kill, stacks
from tests.faults.journal import Journal, read
from tests.faults.life import BETWEEN_LIVES, Life, Place
from tests.faults.points import Doom, dooms

LONGEST_LIFE = 60.0
MORE_LIVES = 6
"""Lives that may be spent on each kill."""


@dataclass
class Report:
    """What a campaign found. kills: by point, or "random"; took_up: the longest until what was left was taken up."""

    faults: list[str] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    lives: int = 0
    acknowledged: int = 0
    posts: int = 0
    extra: int = 0
    allowed: int = 0
    took_up: float = 0.0
    seconds: float = 0.0
    slowness: float = 1.0

    @property
    def killed(self) -> int:
        """How many lives were killed."""
        return sum(self.kills.values())


def run(place: Place, kills: int, seed: int) -> Report:
    """A campaign of so many kills."""
    started = time.monotonic()
    slowness, knowledge = how_slow(), loader.load()
    # The clocks of all lives lie in the past, so that the engine's own clock holds nothing back.
    began = datetime.now(UTC) - (kills * MORE_LIVES + 10) * BETWEEN_LIVES
    report, counts, number = Report(), Counter[str](), 0
    for doom in dooms(kills, seed):
        # A life that ends before its point was passed often enough is followed by one that is killed early at random.
        for end in (doom, doom, *(0.2 / n for n in range(1, MORE_LIVES))):
            number += 1
            by = _one(Life(place, number, knowledge, began, end if isinstance(end, Doom) else Doom()), end, report)
            if by:
                counts[by] += 1
                break
    report.slowness = round(max(slowness, how_slow()), 1)
    quiet = LONGEST_LIFE * report.slowness
    last = Life(place, number + 1, knowledge, began, Doom(), last=True, quiet=quiet)
    status = ended(fork(last.live), quiet + LONGEST_LIFE)
    report.faults += [] if status == 0 else [f"the last life ended with {status}"]
    report.faults += check.faults(place, last, report.slowness)
    _sum_up(report, place, counts, number)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def how_slow() -> float:
    """How many times longer than alone a computation takes here just now, because others use the machine too."""
    wall, own = time.perf_counter(), time.process_time()
    while time.process_time() - own < 0.3:
        pass
    return max(1.0, (time.perf_counter() - wall) / 0.3)


def _one(life: Life, doom: Doom | float, report: Report) -> str | None:
    """One life; the name of what killed it, or None where it came to its end."""
    process = fork(life.live)
    status = ended(process, doom if isinstance(doom, float) else LONGEST_LIFE)
    if status is None:
        if isinstance(doom, Doom):
            report.faults.append(f"life {life.number} hung")
            stacks(process)
        kill(process)
        status = ended(process, LONGEST_LIFE)
    _count_under_way(life)
    if status == -signal.SIGKILL:
        return doom.point if isinstance(doom, Doom) else "random"
    if status != 0:
        report.faults.append(f"life {life.number} ended with {status}")
    return None


def _count_under_way(life: Life) -> None:
    """Write down how many notices had gone out without a note of it when the life ended."""
    lines = [line for line in read(life.place.journal) if line.get("life") == life.number]
    posted = {line["key"] for line in lines if line["what"] == "post"}
    unclear = {line["key"] for line in lines if line["what"] == "ambiguous"}
    under_way = (posted - unclear) & _unsent(life.place)
    Journal(life.place.journal).note("ended", life=life.number, under_way=len(under_way))


def _unsent(place: Place) -> set[str]:
    query = "SELECT key FROM outbox WHERE sent_at IS NULL"
    if place.database:
        with psycopg.connect(place.database) as postgresql:
            return {row[0] for row in postgresql.execute(query)}
    file = sqlite3.connect(place.folder / "askfirst.db")
    try:
        return {row[0] for row in file.execute(query)}
    except sqlite3.OperationalError:  # killed before there was a table
        return set()
    finally:
        file.close()


def _sum_up(report: Report, place: Place, counts: Counter[str], lives: int) -> None:
    lines = read(place.journal)
    report.kills, report.lives = dict(sorted(counts.items())), lives + 1
    report.acknowledged = sum(line["what"] == "ack" for line in lines)
    posts = Counter(line["key"] for line in lines if line["what"] == "post")
    report.posts, report.extra = posts.total(), posts.total() - len(posts)
    report.allowed = check.allowed(lines)
    report.took_up = round(max((line["seconds"] for line in lines if line["what"] == "took_up"), default=0.0), 2)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--database")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = run(Place(options.folder, options.database), options.kills, options.seed)
    print(json.dumps({**asdict(report), "killed": report.killed}))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
