"""Every scenario file, played in Teams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core import Bot
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from tests import scenario_files
from tests.scenario import Player
from tests.scenario_teams import TeamsFront, on_teams
from tests.scenario_world import Scene

FILES = scenario_files.files()
NAMES = [f"{path.parent.name}-{path.stem}" for path in FILES]


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return on_teams(load_organisation(SAMPLE_ORGANISATION))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("stories") / "cases.db")) as each:
        yield each


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_story_over_teams(path: Path, store: Store, bot: Bot, organisation: Organisation) -> None:
    scenario = scenario_files.read(path, bot.ready.knowledge, organisation)
    scene = Scene(store, bot, organisation, scenario.at)
    await scene.adopt(organisation)
    async with TeamsFront(scene) as front:
        await Player(scenario, scene, front).play()
