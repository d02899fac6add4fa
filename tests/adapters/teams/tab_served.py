"""The tab served on loopback with the sample schools, as fixtures; Entra is a fake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams import tab
from adapters.teams.app import add_teams, make_app
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab_token import TabTokens
from bot.core import Bot
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.entra import Entra
from tests.adapters.teams.fake_teams.ways import entra_id, on_teams
from tests.chat.chatting import NOW, Chat, make

SECOND = "1b2c3d4e-0000-4000-8000-0000000000aa"
PUBLIC = "https://askfirst.school.example"
PAGES = "https://pages.school.example"
AMARA, HELEN = "amara-obi", "helen-marsh"


@dataclass
class Tab:
    """The tab's server on loopback, with Entra and the sample schools."""

    client: TestClient  # type: ignore[type-arg]
    entra: Entra
    chat: Chat
    seconds: float = 0.0

    async def post(self, token: str | None, **more: Any) -> ClientResponse:
        """Ask for Home with this token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.client.post(tab.HOME, headers=headers, **more)

    async def status(self, token: str | None, **more: Any) -> int:
        """The status; a refusal has not a word in it."""
        answer = await self.post(token, **more)
        assert answer.status == 200 or await answer.read() == b""
        return answer.status

    async def home(self, who: str, **claims: Any) -> list[dict[str, Any]]:
        """What the person is shown."""
        answer = await self.post(self.entra.token(entra_id(who), **claims))
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["parts"]
        return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("tab") / "cases.db")) as each:
        yield each


@pytest.fixture
async def chat(store: Store, bot: Bot) -> Chat:
    return await make(store, bot, on_teams(load_organisation(SAMPLE_ORGANISATION)))


@pytest.fixture
async def shown(chat: Chat, request: pytest.FixtureRequest) -> AsyncIterator[Tab]:
    """The tab. Its parameter: the address of the web pages."""
    pages = getattr(request, "param", PAGES)
    entra = Entra(NOW)
    async with TestServer(entra.app()) as keys:
        settings = TeamsSettings(APP, TENANT, managed_identity=True, tenants=frozenset({SECOND}), public_url=PUBLIC)
        app = make_app()
        tokens = TabTokens(settings, str(keys.make_url("")).rstrip("/"), lambda: made.seconds)
        add_teams(app, chat.desk, chat.scene.office, settings, lambda: chat.scene.now, pages=pages, tokens=tokens)
        async with TestClient(TestServer(app)) as client:
            made = Tab(client, entra, chat)
            yield made
