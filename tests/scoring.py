"""Scoring answers against labelled questions, as ANSWERS.md describes the labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.core import Bot
from policy_kb.compiled import Ready
from policy_kb.headline import Headline

QUESTIONS = Path(__file__).parent / "questions"
SETS = ("development", "examples", "blind", "blind-2", "blind-3", "blind-4", "held-out", "readers")
"""The labelled question sets."""
PERMITS = {"allowed", "allowed_if"}
REFUSES = {"not_allowed", "ask_first", "advised_against"}

Answers = Callable[[str, list[str]], list[dict[str, Any]]]


@dataclass
class Score:
    """Counts over turns; shares are of all turns unless said otherwise."""

    counts: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)
    unsafe: list[str] = field(default_factory=list)

    def share(self, what: str, of: str = "turns") -> float:
        """counts[what] / counts[of]; 1 where there is nothing to count."""
        return self.counts[what] / self.counts[of] if self.counts[of] else 1.0

    def add(self, line: dict[str, Any], answers: list[dict[str, Any]]) -> None:
        """Score one conversation."""
        kind = self.by_kind.setdefault(line["kind"], Counter())
        for number, (expected, answer) in enumerate(zip(line["expect"], answers, strict=True), 1):
            found = judge(expected, answer)
            for counter in (self.counts, kind):
                counter.update(found)
            if found["unsafe"]:
                self.unsafe.append(f"{line['id']} turn {number}")


def judge(expected: dict[str, Any], answer: dict[str, Any]) -> Counter[str]:
    """What holds of one answer, as counts of 0 or 1."""
    verdict, wanted = answer["verdict"], expected["verdicts"]
    cited = [c["clause"] for c in answer["citations"]]
    right = verdict in wanted
    silent, permitted, duty = wanted[0] == "not_covered", bool(PERMITS & set(wanted)), wanted[0] == "required"
    found: Counter[str] = Counter(turns=1)
    found["verdict"] = int(right)
    found["misleading"] = int(verdict in expected["unsafe"])
    found["unsafe"] = int(verdict in expected["unsafe"] and verdict in PERMITS)
    found["cited"] = int(
        all(any(_under(clause, label) for label in group for clause in cited) for group in expected["cite"])
    )
    found["routed"] = int(not expected["route"] or bool(set(expected["route"]) & set(answer["route"])))
    found["clarify"] = int(verdict == "clarify")
    found["silent"], found["declined"] = int(silent), int(silent and right)
    found["permitted"], found["refused"] = int(permitted), int(permitted and not right and verdict in REFUSES)
    found["asked"] = int(permitted and not right and verdict == "clarify")
    found["duties"], found["missed"] = int(duty), int(duty and verdict in PERMITS | {"not_covered"})
    return found


def _under(clause: str, label: str) -> bool:
    return clause == label or clause.startswith(f"{label}.")


def load(name: str) -> list[dict[str, Any]]:
    """The conversations of one question file."""
    with (QUESTIONS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def led_by(ready: Ready, head: Headline | None) -> Bot:
    """A bot with another head to say what a message calls for; None leaves it to the topics alone."""
    return Bot(replace(ready, resolver=ready.resolver.with_headline(head)))


def by_bot(bot: Bot) -> Answers:
    """Answers of the bot, turn after turn in one conversation."""

    def answer(policy: str, turns: list[str]) -> list[dict[str, Any]]:
        answers, context = [], None
        for text in turns:
            turn = bot.ask(policy, text, context)
            context = turn.context
            answers.append(turn.answer.contract())
        return answers

    return answer


def score(lines: Iterable[dict[str, Any]], answers: Answers) -> Score:
    """Score every conversation."""
    total = Score()
    for line in lines:
        total.add(line, answers(line["policy"], line["turns"]))
    return total
