"""The bot with its front door on loopback, talking to the fake Teams."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from botframework.connector.auth import AppCredentials, PasswordServiceClientCredentialFactory

from adapters.teams.app import PATH, Teams, add_teams, make_app
from adapters.teams.front import SafeAdapter
from adapters.teams.settings import TeamsSettings
from bot.casework import CaseOffice
from bot.chat.desk import ChatDesk
from tests.adapters.teams.fake_teams.connector import APP, TENANT, TOKEN, FakeTeams
from tests.adapters.teams.fake_teams.people import Client


class _Given(AppCredentials):  # type: ignore[misc]
    """Credentials for which nobody has to be asked. refused: as where a secret ran out."""

    refused = False

    def get_access_token(self, force_refresh: bool = False) -> str:
        if self.refused:
            raise PermissionError("invalid_client")
        return TOKEN


class Given(PasswordServiceClientCredentialFactory):  # type: ignore[misc]
    """The SDK's own checks of the app id, with credentials that are at hand."""

    def __init__(self) -> None:
        super().__init__(APP, "secret", TENANT)
        self.ours = _Given(APP, TENANT)

    async def create_credentials(self, *_: Any, **__: Any) -> AppCredentials:
        """Ours."""
        return self.ours


def settings_for(teams: FakeTeams, **more: Any) -> TeamsSettings:
    """Settings of a bot that lives with this fake."""
    given: dict[str, Any] = {"app_id": APP, "tenant": TENANT, "secret": "secret", "openid": f"{teams.origin}/openid"}
    return TeamsSettings(**{**given, "connector": teams.url, "hosts": (teams.origin,), **more})


class Running:
    """Use as an async context, inside that of the fake."""

    def __init__(
        self, teams: FakeTeams, desk: ChatDesk, office: CaseOffice, clock: Callable[[], datetime], **settings: Any
    ) -> None:
        self.fake = teams
        self.seconds = 0.0
        self.credentials = Given()
        self.settings = settings_for(teams, **settings)
        self._app = make_app()
        adapter = SafeAdapter(self.settings, lambda: self.seconds, self.credentials)
        self.teams: Teams = add_teams(self._app, desk, office, self.settings, clock, adapter)
        self._server = TestServer(self._app)
        self.session: ClientSession

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        self.session = ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self._server.close()

    @property
    def address(self) -> str:
        """Of the bot."""
        return str(self._server.make_url(PATH))

    def client(self, user: str, name: str = "Somebody", tenant: str = TENANT) -> Client:
        """Somebody's client."""
        return Client(self.fake, self.session, self.address, user, name, tenant)

    async def settle(self) -> None:
        """Work off what was taken."""
        await self.teams.bot.arrivals.settle(self.teams.bot.work_off)
