"""A second opinion: every card of the stories, read by Microsoft's own renderer (npm `adaptivecards` 3.0.6).

Skipped where `npm ci --prefix tests/clients` was not run; with ASKFIRST_REQUIRE_NODE=1 that is a failure.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.core import Bot
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from tests import scenario_files
from tests.adapters.teams.fake_teams.people import Json
from tests.adapters.teams.fake_teams.validity import walk
from tests.scenario import Player
from tests.scenario_teams import TeamsFront, on_teams
from tests.scenario_world import Scene

MODULES = Path(__file__).parents[2] / "clients/node_modules"
CHECK = Path(__file__).parent / "rendered/check.js"
STORIES = ("agora/misuse-report", "agora/data-breach", "att/new-site", "att/role-directory")
KINDS = frozenset(
    {
        *("AdaptiveCard", "TextBlock", "RichTextBlock", "TextRun", "Container", "ActionSet"),
        *("Input.Text", "Input.Number", "Input.Date", "Input.Time", "Input.ChoiceSet"),
        *("Action.Execute", "Action.Submit", "Action.OpenUrl"),
    }
)
"""Everything that a card of ours is made of."""


async def faults_of(cards: Sequence[object]) -> list[list[str]]:
    """What the renderer says against each card."""
    node = shutil.which("node")
    if node is None or not (MODULES / "adaptivecards").exists():
        assert os.environ.get("ASKFIRST_REQUIRE_NODE") != "1", "run: npm ci --prefix tests/clients"
        pytest.skip("npm ci --prefix tests/clients was not run")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, str(CHECK), str(MODULES), stdin=pipe, stdout=pipe)
    said, _ = await process.communicate("".join(f"{json.dumps(card)}\n" for card in cards).encode())
    assert process.returncode == 0
    return [json.loads(line) for line in said.decode().splitlines()]


async def test_the_renderer_finds_what_is_wrong() -> None:
    """Else the test below would hold for anything."""
    unknown = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Nothing"}]}
    unnamed = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Input.Text", "label": "Name"}]}
    assert all(await faults_of([unknown, unnamed, {"type": "Card"}]))


async def test_every_card_of_the_stories_is_read_without_a_fault(tmp_path: Path, bot: Bot) -> None:
    await faults_of([])
    organisation = on_teams(load_organisation(SAMPLE_ORGANISATION))
    with opened(open_sqlite(tmp_path / "cases.db")) as store:
        cards = [card for story in STORIES for card in await _played(story, store, organisation, bot)]
    kinds = {str(each["type"]) for card in cards for each in walk(card)} - {"task/fetch"}
    assert kinds == KINDS
    found = await faults_of(cards)
    assert len(found) == len(cards)
    assert [(wrong, card) for wrong, card in zip(found, cards, strict=True) if wrong] == []


async def _played(story: str, store: Store, organisation: Organisation, bot: Bot) -> list[Json]:
    """Every card that anybody was shown in a story."""
    path = next(each for each in scenario_files.files() if f"{each.parent.name}/{each.stem}" == story)
    scenario = scenario_files.read(path, bot.ready.knowledge, organisation)
    scene = Scene(store, bot, organisation, scenario.at)
    await scene.adopt(organisation)
    async with TeamsFront(scene) as front:
        await Player(scenario, scene, front).play()
        posted = [version for each in front._teams.messages.values() for version in each.versions]
        shown = [card for client in front._clients.values() for card in client.shown]
    return [each["content"] for version in posted for each in version.get("attachments", ())] + shown
