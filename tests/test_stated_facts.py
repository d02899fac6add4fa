"""What somebody states is heard; what somebody asks, denies, hopes for or says of others is not.

Each line was written from what it says in English, not from the patterns: `value` is what the asker states about
`fact`, null where nothing is stated. A fact misheard may turn a ban into a permission.

tests/stated.jsonl holds all through. Of tests/nearly_stated.jsonl, written by adversaries of an earlier version of the
patterns, most lines that state nothing are traps ("my sister school", "I took it off Google"); it is counted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.core import Bot
from policy_kb.normalise import clean

HERE = Path(__file__).parent


def written(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("line", written("stated.jsonl"), ids=lambda line: line["says"][:60])
def test_only_what_somebody_states_is_heard(bot: Bot, line: dict[str, Any]) -> None:
    context = bot.ask("tlt", line["says"]).context
    assert context is not None
    assert context.facts.get(line["fact"]) == line["value"]


HEARD_IN_VAIN = 0.26
"""Of the traps; 24 % on 2026-11-22, 62 % by the patterns of the version before."""

HEARD_AS_ANOTHER = 0.035
"""Of the statements; 3 % on that day, 5 % before."""

HEARD = 0.5
"""Of the statements; 52 % on that day, 54 % before."""


def test_hardly_any_trap_is_taken_for_a_statement(bot: Bot) -> None:
    lines = written("nearly_stated.jsonl")
    heard = [bot.ready.resolver.read(clean(line["says"])).facts.get(line["fact"]) for line in lines]
    pairs = list(zip(lines, heard, strict=True))
    traps = [found for line, found in pairs if line["value"] is None]
    stated = [(line["value"], found) for line, found in pairs if line["value"] is not None]
    assert sum(found is not None for found in traps) <= HEARD_IN_VAIN * len(traps)
    assert sum(found not in (None, value) for value, found in stated) <= HEARD_AS_ANOTHER * len(stated)
    assert sum(found == value for value, found in stated) >= HEARD * len(stated)
