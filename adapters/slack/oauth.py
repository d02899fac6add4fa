"""Many workspaces: each installs the app by OAuth; bolt's SQLAlchemy installation store keeps its token, sealed."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from html import escape
from logging import Logger
from typing import Any, TypeVar

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from adapters.slack.quiet import hush, log
from adapters.slack.settings import SlackSettings
from adapters.slack.workspaces import Installed, Line
from bot.sealing import Keyring, SealBroken

STATE_SECONDS = 600
_TOKENS = ("bot_token", "bot_refresh_token", "user_token", "user_refresh_token", "incoming_webhook_url")
_SEALED_LENGTH = 4_000
_REFRESH = 120
"""Minutes before its end at which a token that ends is exchanged."""

Kept = TypeVar("Kept", Bot, Installation)


class SealedInstallations(AsyncInstallationStore):
    """bolt's store, with every token sealed: who has the database has no token (SECURITY T22).

    A workspace's number is the only name it has here: those of a grid are found without their enterprise too.
    teams: workspaces that may install the app. Raises BoltError for others, before anything is kept.
    """

    def __init__(self, inner: AsyncSQLAlchemyInstallationStore, keyring: Keyring, teams: Mapping[str, str]) -> None:
        self._inner = inner
        self._keyring = keyring
        self._teams = teams
        for table in (inner.bots, inner.installations):
            for column in table.columns:
                if column.name in _TOKENS:
                    # What is sealed is longer than what bolt expects.
                    column.type.length = _SEALED_LENGTH  # type: ignore[attr-defined]

    @property
    def logger(self) -> Logger:
        """A log without words."""
        return hush()

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation, sealed."""
        if installation.is_enterprise_install or installation.team_id not in self._teams:
            raise BoltError("not a workspace of ours")
        await self._inner.async_save(self._sealed(installation))

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a token that was exchanged, sealed."""
        await self._inner.async_save_bot(self._sealed(bot))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The latest installation with a bot token."""
        if team_id not in self._teams:
            return None
        found = await self._inner.async_find_bot(enterprise_id=None, team_id=team_id)
        return self._opened(found) if found else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The latest installation."""
        if team_id not in self._teams:
            return None
        found = await self._inner.async_find_installation(enterprise_id=None, team_id=team_id, user_id=user_id)
        return self._opened(found) if found else None

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget the bot's token."""
        await self._inner.async_delete_bot(enterprise_id=None, team_id=team_id)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget who installed it."""
        await self._inner.async_delete_installation(enterprise_id=None, team_id=team_id, user_id=user_id)

    def _sealed(self, kept: Kept) -> Kept:
        return self._changed(kept, self._seal)

    def _opened(self, kept: Kept) -> Kept | None:
        try:
            return self._changed(kept, self._unseal)
        except (SealBroken, binascii.Error, ValueError):
            log.error("the token of workspace %s cannot be opened; install the app there again", kept.team_id)
            return None

    def _changed(self, kept: Kept, change: Callable[[str, str], str]) -> Kept:
        """The same with other tokens, and without the enterprise."""
        values: dict[str, Any] = kept.to_dict_for_copying() | {"enterprise_id": None}
        for name in _TOKENS:
            if values.get(name):
                values[name] = change(values[name], f"slack:{kept.team_id}:{name}")
        return type(kept)(**values)

    def _seal(self, token: str, context: str) -> str:
        wrapped = self._keyring.new_key()
        parts = (wrapped, self._keyring.seal(wrapped, token.encode(), context))
        return ".".join(base64.b64encode(part).decode() for part in parts)

    def _unseal(self, sealed: str, context: str) -> str:
        wrapped, _, rest = sealed.partition(".")
        data = self._keyring.unseal(base64.b64decode(wrapped), base64.b64decode(rest), context)
        return data.decode()


class ManyWorkspaces:
    """Workspaces that installed the app. Tokens that end are exchanged in time."""

    def __init__(self, installations: SealedInstallations, settings: SlackSettings, line: Line) -> None:
        self._installations = installations
        self._settings = settings
        self._line = line
        self._exchanging = asyncio.Lock()

    async def find(self, team: str) -> Installed | None:
        """See Workspaces."""
        bot = await self._bot(team)
        if bot is not None and bot.bot_token_expires_at is not None:
            async with self._exchanging:
                # Read anew: somebody before us in the queue may have exchanged it.
                bot = await self._exchanged(await self._bot(team))
        if bot is None or not bot.bot_token:
            return None
        return Installed(team, bot.bot_token, bot.bot_user_id or "", bot.bot_id or "")

    async def _bot(self, team: str) -> Bot | None:
        return await self._installations.async_find_bot(enterprise_id=None, team_id=team)

    async def _exchanged(self, bot: Bot | None) -> Bot | None:
        secret = self._settings.client_secret
        if bot is None or secret is None:
            return bot
        rotator = AsyncTokenRotator(
            client=self._line.client(None), client_id=self._settings.client_id, client_secret=secret.read()
        )
        fresh = await rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=_REFRESH)
        if fresh is not None:
            await self._installations.async_save_bot(fresh)
        return fresh or bot

    def may_hold(self, team: str, tenant: str) -> bool:
        """See Workspaces. Whoever runs a workspace gives its people their addresses: they count for its trust alone."""
        return self._settings.teams.get(team) == tenant

    async def teams_of(self, tenant: str) -> tuple[str, ...]:
        """See Workspaces."""
        allowed = [team for team, held in self._settings.teams.items() if held == tenant]
        return tuple([team for team in allowed if await self.find(team) is not None])


async def open_installations(engine: Any, settings: SlackSettings, keyring: Keyring) -> SealedInstallations:
    """The installations in that database (an asynchronous SQLAlchemy engine); its tables are made where need be."""
    inner = AsyncSQLAlchemyInstallationStore(settings.client_id, engine, logger=hush())
    installations = SealedInstallations(inner, keyring, settings.teams)
    await inner.create_tables()  # type: ignore[no-untyped-call]
    return installations


async def installed_tokens(engine: Any, settings: SlackSettings, keyring: Keyring) -> dict[str, str]:
    """The token of every workspace that installed the app, by workspace: for the doctor alone."""
    installations = await open_installations(engine, settings, keyring)
    found = {team: await installations.async_find_bot(enterprise_id=None, team_id=team) for team in settings.teams}
    return {team: bot.bot_token for team, bot in found.items() if bot is not None and bot.bot_token}


async def oauth_flow(
    engine: Any,
    settings: SlackSettings,
    installations: SealedInstallations,
    line: Line,
    scopes: tuple[str, ...],
    authorise: str | None = None,
) -> AsyncOAuthFlow:
    """The way by which a workspace installs the app. authorise: Slack's page for it; None: the real one."""
    assert settings.client_secret is not None  # noqa: S101 - read_slack_settings sees to it
    states = AsyncSQLAlchemyOAuthStateStore(STATE_SECONDS, engine, logger=hush())
    await states.create_tables()  # type: ignore[no-untyped-call]
    return AsyncOAuthFlow(
        client=line.client(None),
        logger=hush(),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret.read(),
            scopes=scopes,
            authorization_url=authorise,
            installation_store=installations,
            installation_store_bot_only=True,
            state_store=states,
            state_expiration_seconds=STATE_SECONDS,
            install_page_rendering_enabled=False,
            callback_options=AsyncCallbackOptions(success=_installed, failure=_not_installed),
            logger=hush(),
        ),
    )


_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>AskFirst</title><h1>{title}</h1><p>{text}</p></html>'
)
_WHY = {
    "access_denied": "Nothing was installed, because the request was declined in Slack.",
    "storage_error": "This workspace is not on the list of those that may install AskFirst here. "
    "Ask whoever runs AskFirst to add it to ASKFIRST_SLACK_TEAMS, then try again.",
    "invalid_code": "Slack did not confirm the installation. Begin again from the address that you were given.",
}
_STALE = "This page is too old, or was opened in another browser. Begin again from the address that you were given."


async def _installed(args: AsyncSuccessArgs) -> BoltResponse:
    return _page(200, "AskFirst is installed", "You can close this page and write to AskFirst in Slack.")


async def _not_installed(args: AsyncFailureArgs) -> BoltResponse:
    status = 403 if args.reason == "storage_error" else args.suggested_status_code
    return _page(min(status, 499), "AskFirst is not installed", _WHY.get(args.reason, _STALE))


def _page(status: int, title: str, text: str) -> BoltResponse:
    body = _PAGE.format(title=escape(title), text=escape(text))
    return BoltResponse(status=status, body=body, headers={"Content-Type": ["text/html; charset=utf-8"]})


async def give_back(line: Line, installation: Installation) -> None:
    """Give a token back that we must not keep. It does not matter whether that works."""
    try:
        await line.client(installation.bot_token).api_call("auth.revoke")
    except (SlackClientError, OSError):
        log.warning("a token that is not ours to keep could not be given back")
