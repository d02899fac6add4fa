"""One case over two platforms: asked in Slack, decided in Teams, each person hearing on their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.chat.everywhere import Everywhere
from bot.core import Bot
from bot.organisation import Organisation, SlackAccount
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from bot.worker import Platform, Worker
from tests.adapters.slack.seen import shown
from tests.adapters.teams.fake_teams.connector import Message
from tests.adapters.teams.fake_teams.people import lines
from tests.adapters.teams.fake_teams.reading import presses_on
from tests.scenario_chat import TEAM
from tests.scenario_format import Does
from tests.scenario_slack import SlackFront
from tests.scenario_teams import TeamsFront, on_teams
from tests.scenario_world import Extra, Scene

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
IN_TEAMS = "helen-marsh"
"""The headteacher; everybody else is in Slack."""
ENQUIRY = {
    "outlet": ("The Gazette",),
    "journalist": ("Jo Lane",),
    "question": ("Was the fire drill real?",),
    "channel": ("Telephone",),
}
WORDS = "Yes: say *only* that <every> drill is real & planned_"
CONDITIONS = "By email, `before` noon"
"""With signs that are markup to one platform or the other."""


REPORT = {
    "subject": (IN_TEAMS,),
    "relation": ("A colleague",),
    "sort": ("False or disparaging statements",),
    "what": ("She calls two families liars.",),
    "where": ("Facebook, a closed group",),
    "seen": ("20/11/2026 09:00",),
    "child": ("no",),
}


@dataclass(frozen=True)
class Both:
    """One office before two platforms."""

    scene: Scene
    slack: SlackFront
    teams: TeamsFront

    def in_slack(self, who: str) -> list[str]:
        """All that the bot wrote to somebody in Slack, oldest first."""
        return [f"{each.text}\n{shown(each.blocks)}" for each in self.slack.hall.fake.from_bot(f"U-{who}")]

    def in_teams(self, who: str) -> list[Message]:
        """The bot's messages to somebody in Teams, oldest first."""
        return self.teams._client(who).messages()

    async def settle(self) -> None:
        """Bring what waits in the outbox, wherever it goes."""
        await self.scene.worker.settle()
        await self.slack.hall.settle()


def _organisation() -> Organisation:
    """The headteacher with an account in Teams alone, everybody else with one in Slack alone."""
    schools = []
    for school in on_teams(load_organisation(SAMPLE_ORGANISATION)).schools:
        people = tuple(
            p if p.id == IN_TEAMS else p.model_copy(update={"teams": None, "slack": _in_slack(p.id)})
            for p in school.people
        )
        schools.append(school.model_copy(update={"people": people}))
    whole = load_organisation(SAMPLE_ORGANISATION).model_copy(update={"schools": tuple(schools)})
    return Organisation.model_validate(whole.model_dump())


def _in_slack(person: str) -> SlackAccount:
    return SlackAccount(team=TEAM, user=f"U-{person}")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("mixed") / "cases.db")) as each:
        yield each


@pytest_asyncio.fixture
async def both(store: Store, bot: Bot) -> AsyncIterator[Both]:
    organisation = _organisation()
    scene = Scene(store, bot, organisation, START)
    async with SlackFront(scene) as slack, TeamsFront(scene) as teams:
        platforms: dict[str, Platform] = {"slack": slack.hall.slack.platform, "teams": teams._running.teams.platform}
        scene.worker = Worker(scene.office, Everywhere(platforms), lambda: scene.now)
        await scene.adopt(organisation)
        yield Both(scene, slack, teams)


async def test_asked_in_slack_and_decided_in_teams(both: Both) -> None:
    sent = await both.slack.starts("amara-obi", "media-enquiry", ENQUIRY, Extra())
    assert sent.case, sent
    await both.settle()
    waits = both.in_teams(IN_TEAMS)[-1]
    assert ENQUIRY["question"][0] in "\n".join(lines(waits.now["attachments"][0]["content"]))
    approves = Does(who=IN_TEAMS, does="approve", words=WORDS, conditions=CONDITIONS)
    assert await both.teams.does(IN_TEAMS, sent.case, approves) is None
    before = len(both.in_slack("amara-obi"))
    await both.settle()

    told = "\n".join(both.in_slack("amara-obi")[before:])
    assert f"{sent.reference} was approved" in told
    assert WORDS in told
    assert CONDITIONS in told
    card = waits.now["attachments"][0]["content"]
    assert len(waits.versions) > 1, "the card was not rewritten"
    assert "Approved with conditions" in "\n".join(lines(card))
    assert WORDS in lines(card)
    assert {press.do for _, press in presses_on(card)} == {"open"}
    seen = await both.slack.sees("amara-obi", sent.case)
    assert seen is not None
    assert seen.state == "Approved with conditions"


async def test_each_person_hears_on_one_platform_alone(both: Both) -> None:
    sent = await both.slack.starts("amara-obi", "media-enquiry", ENQUIRY, Extra())
    assert sent.case, sent
    await both.settle()
    assert sent.reference in "\n".join(both.in_slack("amara-obi"))
    assert both.in_teams("amara-obi") == []
    assert sent.reference in str([each.versions for each in both.in_teams(IN_TEAMS)])
    assert both.in_slack(IN_TEAMS) == []


async def test_words_go_both_ways(both: Both) -> None:
    sent = await both.slack.starts("amara-obi", "media-enquiry", ENQUIRY, Extra())
    assert sent.case, sent
    await both.settle()
    asks = Does(who=IN_TEAMS, does="ask", words="Who is *Jo Lane*?")
    assert await both.teams.does(IN_TEAMS, sent.case, asks) is None
    await both.settle()
    assert "Who is *Jo Lane*?" in "\n".join(both.in_slack("amara-obi"))
    says = Does(who="amara-obi", does="say", words="The <editor>, it _seems_")
    assert await both.slack.does("amara-obi", sent.case, says) is None
    await both.settle()
    assert "The <editor>, it _seems_" in lines(both.in_teams(IN_TEAMS)[-1].now["attachments"][0]["content"])


async def test_a_report_about_the_headteacher_never_reaches_teams(both: Both) -> None:
    sent = await both.slack.starts("amara-obi", "misuse-report", REPORT, Extra())
    assert sent.case, sent
    await both.settle()
    await both.scene.until(START + timedelta(days=4))
    await both.slack.hall.settle()
    assert sent.reference in "\n".join(both.in_slack("david-lunn"))
    assert both.in_teams(IN_TEAMS) == []
    assert both.in_slack(IN_TEAMS) == []
    assert await both.teams.waiting(IN_TEAMS) == set()
    assert await both.teams.sees(IN_TEAMS, sent.case) is None
    assert sent.reference not in str([each.versions for each in both.in_teams(IN_TEAMS)])
