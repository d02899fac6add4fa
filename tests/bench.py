"""`make bench`: speed, memory and accuracy, each beside a comparison in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from bot.core import Bot
from bot.settings import read_settings
from policy_kb.compiled import build_normaliser, prepare
from policy_kb.embedding import Embedder
from policy_kb.normalise import clean
from policy_kb.reading import Context
from policy_kb.search import ClauseIndex
from tests import scoring
from tests.bench_store import bench_store
from tests.test_danger import flagged

REPEATS = 3
_COLD = """
import re, sys, time
from pathlib import Path
started = time.perf_counter()
from bot.core import Bot
from policy_kb.compiled import prepare
bot = Bot(prepare(Path(sys.argv[1])))
bot.ask("tlt", "Can I add a pupil on Facebook?")
took = time.perf_counter() - started
status = Path("/proc/self/status").read_text()
print(took, int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""
"""Peak memory as the kernel counts it for this process alone: `ru_maxrss` would keep that of the process before it."""


Asked = TypeVar("Asked")


def milliseconds(work: Callable[[Asked], object], texts: list[Asked]) -> np.ndarray:
    """Time of each call, the fastest of REPEATS runs over all texts."""
    runs = []
    for _ in range(REPEATS):
        run = []
        for text in texts:
            started = time.perf_counter()
            work(text)
            run.append((time.perf_counter() - started) * 1000)
        runs.append(run)
    best: np.ndarray = np.asarray(runs).min(axis=0)
    return best


def row(name: str, times: np.ndarray, base: np.ndarray | None = None) -> None:
    """Print one line of the speed table."""
    ratio = "" if base is None else f"   {np.median(times) / np.median(base):.2f} x the embedding pass (medians)"
    print(
        f"  {name:<34} {1000 / times.mean():7.0f}/s   p50 {np.percentile(times, 50):5.2f} ms   "
        f"p99 {np.percentile(times, 99):5.2f} ms{ratio}"
    )


def speed(cache: Path) -> None:
    """One thread, that of the linear algebra too, warm; every first question of the held-out set beside the bare
    embedding pass, and every follow-up of the labelled sets."""
    bot = Bot(prepare(cache))
    texts = [line["turns"][0] for line in scoring.load("held-out")]
    embed, normalise = Embedder(), build_normaliser(bot.ready.knowledge)
    bare = milliseconds(lambda text: embed([normalise(clean(text))]), texts)
    print(
        f"speed, one thread, warm, {len(texts)} real questions of {np.mean([len(t.split()) for t in texts]):.0f} words:"
    )
    row("bare embedding of the question", bare)
    row("whole answer", milliseconds(lambda text: bot.ask("tlt", text), texts), bare)
    row("search over the clauses only", milliseconds(lambda text: bot.ready.search("tlt", text), texts), bare)
    behind = [later for name in scoring.SETS for line in scoring.load(name) for later in follow_ups(bot, line)]
    row(f"answer to a follow-up, {len(behind)} of them", milliseconds(lambda later: bot.ask(*later), behind), bare)


def follow_ups(bot: Bot, line: dict[str, Any]) -> Iterator[tuple[str, str, Context | None]]:
    """The turns of a conversation but the first: policy, text and what the turn before left."""
    before = None
    for number, text in enumerate(line["turns"]):
        if number:
            yield line["policy"], text, before
        before = bot.ask(line["policy"], text, before).context


def cold_start(cache: Path) -> None:
    """A fresh process from the cached compilation, and compiling from nothing."""
    with tempfile.TemporaryDirectory() as fresh:
        for name, folder in (
            ("compiling from nothing", fresh),
            ("from the cache", str(cache)),
            ("from the cache, again", str(cache)),
        ):
            done = subprocess.run([sys.executable, "-c", _COLD, folder], capture_output=True, text=True, check=True)
            seconds, memory = map(float, done.stdout.split())
            print(f"  {name:<34} ready and first answer in {seconds:5.1f} s, peak memory {memory:4.0f} MB")


def searchers(bot: Bot) -> dict[str, Callable[[str, str], list[str]]]:
    """Rankings of a policy's clauses by other means: BM25 over the words, and sentence embeddings."""
    normalise, embed = build_normaliser(bot.ready.knowledge), Embedder()
    indexes = bot.ready.search.indexes

    def ranked(index: ClauseIndex, scores: np.ndarray) -> list[str]:
        return [index.clauses[i].id for i in np.argsort(-scores, kind="stable")]

    def bm25(policy: str, text: str) -> list[str]:
        return ranked(indexes[policy], indexes[policy].bm25(normalise(clean(text)).split()))

    def semantic(policy: str, text: str) -> list[str]:
        vectors = indexes[policy].vectors
        assert vectors is not None
        return ranked(indexes[policy], vectors @ embed([normalise(clean(text))])[0])

    return {"BM25 over the clauses": bm25, "embedding search over the clauses": semantic}


def found_by_search(rank: Callable[[str, str], list[str]], lines: list[dict[str, Any]], depth: int) -> float:
    """Share of turns with labels whose every label group is met among the first `depth` clauses."""
    hits, turns = 0, 0
    for line in lines:
        for text, expected in zip(line["turns"], line["expect"], strict=True):
            if expected["cite"]:
                cited = [{"clause": c} for c in rank(line["policy"], text)[:depth]]
                answer = {"verdict": "", "citations": cited, "route": []}
                hits += scoring.judge(expected, answer)["cited"]
                turns += 1
    return hits / turns


def accuracy(bot: Bot) -> None:
    """The labelled sets: verdicts, citations, people, and the counts that must be nought; by topics alone beside it."""
    topics = scoring.led_by(bot.ready, None)
    for name in sorted(path.stem for path in scoring.QUESTIONS.glob("*.jsonl")):
        lines = scoring.load(name)
        total = scoring.score(lines, scoring.by_bot(bot))
        print(f"{name}: {len(lines)} conversations, {total.counts['turns']} turns")
        print(
            f"  verdict right {total.share('verdict'):.1%}, clauses cited {total.share('cited'):.1%}, "
            f"right person {total.share('routed'):.1%}, asked back {total.share('clarify'):.1%}"
        )
        c = total.counts
        print(
            f"  unsafe permissions {c['unsafe']} {' '.join(total.unsafe)}; misleading in any way {c['misleading']}; "
            f"duties missed {c['missed']} of {c['duties']}"
        )
        alone = scoring.score(lines, scoring.by_bot(topics)).share("verdict")
        print(f"  by topics alone, without the head that tells what a message calls for: verdict right {alone:.1%}")
        declined, refused = total.share("declined", "silent"), total.share("refused", "permitted")
        print(f"  silent or off-topic declined {declined:.1%}")
        print(f"  permitted but refused {refused:.1%} of {c['permitted']}; not refused but asked about {c['asked']}")
        for kind, k in sorted(total.by_kind.items()):
            print(f"    {kind:<10} verdict {k['verdict'] / k['turns']:.0%}, cited {k['cited'] / k['turns']:.0%}")
        for means, rank in searchers(bot).items():
            first, five = found_by_search(rank, lines, 1), found_by_search(rank, lines, 5)
            print(f"  {means}: labelled clauses first {first:.1%}, among five {five:.1%}")


def main() -> None:
    """Print everything. What is timed runs in processes of its own, whose linear algebra keeps to one thread."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    cache = read_settings().cache
    bot = Bot(prepare(cache, progress=lambda step: print(f"  {step} ...", file=sys.stderr)))
    print(bot.ready.health)
    accuracy(bot)
    noticed, alarms = flagged(bot, True), flagged(bot, False)
    print(f"at risk: noticed {sum(noticed)} of {len(noticed)}, false alarms {sum(alarms)} of {len(alarms)}")
    print("cold start:")
    cold_start(cache)
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "tests.bench", "speed"], check=True)
    bench_store(print)
    print(f"memory of this process: {psutil.Process().memory_info().rss / 2**20:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:] == ["speed"]:
        speed(read_settings().cache)
    else:
        main()
