"""Every scenario file, played on every front; and that each procedure has a story."""

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
from tests.scenario_chat import ChatFront, with_accounts
from tests.scenario_format import Says
from tests.scenario_fronts import CoreFront
from tests.scenario_web import WebFront
from tests.scenario_world import Scene

FILES = scenario_files.files()
NAMES = [f"{path.parent.name}-{path.stem}" for path in FILES]


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation(SAMPLE_ORGANISATION)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("stories") / "cases.db")) as each:
        yield each


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_story(path: Path, store: Store, bot: Bot, organisation: Organisation) -> None:
    scenario = scenario_files.read(path, bot.ready.knowledge, organisation)
    scene = Scene(store, bot, organisation, scenario.at)
    await scene.adopt(organisation)
    await Player(scenario, scene, CoreFront(scene)).play()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_story_over_the_pages(path: Path, store: Store, bot: Bot, organisation: Organisation) -> None:
    scenario = scenario_files.read(path, bot.ready.knowledge, organisation)
    scene = Scene(store, bot, organisation, scenario.at)
    await scene.adopt(organisation)
    async with WebFront(scene) as front:
        await Player(scenario, scene, front).play()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_story_over_the_chat(path: Path, store: Store, bot: Bot, organisation: Organisation) -> None:
    scenario = scenario_files.read(path, bot.ready.knowledge, organisation)
    scene = Scene(store, bot, with_accounts(organisation), scenario.at)
    front = ChatFront(scene)
    await scene.adopt(scene.organisation)
    await Player(scenario, scene, front).play()


def test_every_procedure_has_its_story(bot: Bot, organisation: Organisation) -> None:
    stories = [scenario_files.read(path, bot.ready.knowledge, organisation) for path in FILES]
    told = {(story.policy, story.procedure, row) for story in stories for row in story.covers}
    policies = bot.ready.knowledge.policies.values()
    wanted = {(p.id, slug, row) for p in policies for slug, procedure in p.procedures.items() for row in procedure.ids}
    assert told == wanted


def test_every_procedure_is_led_to_by_a_plain_sentence(bot: Bot, organisation: Organisation) -> None:
    stories = [scenario_files.read(path, bot.ready.knowledge, organisation) for path in FILES]
    offered = {(story.policy, step.offered) for story in stories for step in story.steps if isinstance(step, Says)}
    policies = bot.ready.knowledge.policies.values()
    assert {(p.id, slug) for p in policies for slug in p.procedures} - offered == set()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_story_stands_under_its_policy_and_procedure(path: Path, bot: Bot, organisation: Organisation) -> None:
    story = scenario_files.read(path, bot.ready.knowledge, organisation)
    assert path.parent.name == story.policy
    assert path.stem == story.procedure or path.stem.startswith(f"{story.procedure}-")
