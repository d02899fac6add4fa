"""Fixtures: the fake Teams, and a bot with a desk whose answers are given."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from bot.chat.messages import Account, Inbound, Reaction, View
from bot.organisation import TeamsAccount
from bot.organisation_file import load_organisation
from bot.sealing import Keyring
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import open_sqlite, opened
from policy_kb import loader
from tests.adapters.teams.fake_teams.connector import TENANT, FakeTeams
from tests.adapters.teams.fake_teams.running import Running

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AMARA = "aaaaaaaa-0000-4000-8000-000000000001"
HELEN = "aaaaaaaa-0000-4000-8000-000000000002"


class GivenDesk:
    """A desk that keeps what it was handed and answers what it was given."""

    def __init__(self) -> None:
        self.handled: list[Inbound] = []
        self.reaction = Reaction(hint="Noted.")
        self.fault: Exception | None = None

    async def handle(self, what: Inbound, now: datetime) -> Reaction:
        """Keep it."""
        self.handled.append(what)
        if self.fault is not None:
            raise self.fault
        return self.reaction

    async def home(self, account: Account, now: datetime) -> View:
        """Nothing."""
        return View("", ())


class Bench:
    """The bot with a desk of given answers."""

    def __init__(self, teams: FakeTeams, running: Running, desk: GivenDesk, office: CaseOffice) -> None:
        self.teams = teams
        self.running = running
        self.desk = desk
        self.office = office
        self.running_now = NOW


@pytest.fixture(scope="session")
def knowledge() -> Any:
    return loader.load()


@pytest.fixture
async def office(tmp_path: Path, knowledge: Any) -> AsyncIterator[CaseOffice]:
    """With Amara and Helen of the sample school on Teams, by their Entra ids."""
    organisation = load_organisation(SAMPLE_ORGANISATION)
    accounts = {"amara-obi": AMARA, "helen-marsh": HELEN}
    schools = []
    for school in organisation.schools:
        people = tuple(
            p.model_copy(update={"teams": TeamsAccount(tenant=TENANT, user=accounts[p.id])}) if p.id in accounts else p
            for p in school.people
        )
        schools.append(school.model_copy(update={"people": people}))
    with opened(open_sqlite(tmp_path / "cases.db")) as store:
        office = CaseOffice(store, Keyring(secrets.token_bytes(32)), knowledge)
        await office.adopt(organisation.model_copy(update={"schools": tuple(schools)}), NOW)
        yield office


@pytest.fixture
async def bench(office: CaseOffice) -> AsyncIterator[Bench]:
    desk = GivenDesk()
    async with FakeTeams() as teams:
        teams.add(AMARA, "Amara Obi", "a.obi@oakfield.example")
        async with Running(teams, cast(ChatDesk, desk), office, lambda: NOW) as running:
            yield Bench(teams, running, desk, office)
