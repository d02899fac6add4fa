"""`python -m tests.scenario_play [--pages] [FILE...]`: plays scenario files without compiling the knowledge base.

For writing them: what is said to the bot is not checked here, the tests do that. --pages: over the web pages.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import cast

from bot.core import Bot
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from policy_kb import loader
from policy_kb.model import KnowledgeBase, Policy
from tests import scenario_files
from tests.scenario import Mismatch, Player
from tests.scenario_fronts import CoreFront
from tests.scenario_web import WebFront
from tests.scenario_world import Heard, Scene


class Mute:
    """A bot that knows the policies and answers nothing."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge

    @property
    def ready(self) -> Mute:
        """Where the policies are."""
        return self

    def policy(self, policy_id: str) -> Policy:
        """The policy by id."""
        return self.knowledge.policies[policy_id]


class Unheard(CoreFront):
    """The core, without answers."""

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """Not checked here."""
        return None


class UnheardPages(WebFront):
    """The pages, without answers."""

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """Not checked here."""
        return None


async def play(path: Path, bot: Mute, organisation: Organisation, store: Store, pages: bool = False) -> None:
    """One file. Raises Faulty or Mismatch."""
    scenario = scenario_files.read(path, bot.knowledge, organisation)
    scene = Scene(store, cast(Bot, bot), organisation, scenario.at)
    await scene.adopt(organisation)
    if pages:
        async with UnheardPages(scene) as front:
            await Player(scenario, scene, front).play()
    else:
        await Player(scenario, scene, Unheard(scene)).play()


def main(arguments: list[str]) -> int:
    """How many files failed; each is told."""
    bot, failed = Mute(loader.load()), 0
    pages, paths = "--pages" in arguments, [a for a in arguments if a != "--pages"]
    organisation = load_organisation(SAMPLE_ORGANISATION)
    with tempfile.TemporaryDirectory() as folder, opened(open_sqlite(Path(folder) / "stories.db")) as store:
        for path in [Path(p).resolve() for p in paths] or scenario_files.files():
            try:
                asyncio.run(play(path, bot, organisation, store, pages))
                print(f"plays: {path.parent.name}/{path.name}")
            except (Mismatch, scenario_files.Faulty) as error:
                failed += 1
                print(error)
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
