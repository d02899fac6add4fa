"""`python app.py doctor slack`: what is wrong with the connection to Slack, and the cure for each.

Nothing is written anywhere, and no token is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.gate import WINDOW
from adapters.slack.manifest import BOT_EVENTS, BOT_SCOPES
from adapters.slack.settings import Secret, SlackSettings
from adapters.slack.workspaces import Line
from bot.errors import BadInput

_PAGE = "api.slack.com/apps"
_CLOSE = 60
"""Seconds by which our clock may differ from Slack's before somebody should set it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. cure: what to do where it is not well; "" where it is."""

    what: str
    cure: str = ""

    @property
    def well(self) -> bool:
        """True where there is nothing to do."""
        return not self.cure

    def __str__(self) -> str:
        return f"ok     {self.what}" if self.well else f"FAULT  {self.what}\n       {self.cure}"


async def examine(
    settings: SlackSettings, now: Callable[[], datetime], teams: dict[str, str] | None = None
) -> list[Finding]:
    """Everything that can be looked at from here, in the order in which it is set up.

    teams: for many workspaces, the token of each that has installed the app. Raises nothing.
    """
    line = Line(settings.api)
    try:
        found = [*_kind(settings)]
        for name, token in _tokens(settings, teams or {}):
            found += await _workspace(line, name, token, now)
        if settings.app_token is not None:
            found.append(await _socket(line, settings.app_token))
        found += _subscriptions(settings)
        return found
    finally:
        await line.close()


def _kind(settings: SlackSettings) -> Iterator[Finding]:
    way = "Socket Mode" if settings.by_socket else f"HTTP on {settings.address}:{settings.port}, path /slack/events"
    yield Finding(f"connects by {way}")
    for secret in (settings.bot_token, settings.signing_secret, settings.app_token, settings.client_secret):
        if secret is not None:
            yield _readable(secret)


def _readable(secret: Secret) -> Finding:
    name = secret.name.lower().replace("_", " ")
    try:
        secret.read()
    except BadInput as error:
        return Finding(f"the {name} cannot be read", str(error))
    return Finding(f"the {name} has the right form")


def _tokens(settings: SlackSettings, teams: dict[str, str]) -> Iterator[tuple[str, str]]:
    if settings.bot_token is not None:
        try:
            yield "the workspace", settings.bot_token.read()
        except BadInput:
            return
    for team, token in teams.items():
        yield f"workspace {team}", token


async def _workspace(line: Line, name: str, token: str, now: Callable[[], datetime]) -> list[Finding]:
    """Token, scopes and clock, from one question to Slack."""
    began = time.monotonic()
    try:
        answer = await line.client(token).api_call("auth.test")
    except SlackClientError as error:
        return [Finding(f"{name}: Slack does not take the token", _cure(_code(error)))]
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        cure = "let this machine reach slack.com on port 443, and name a proxy in HTTPS_PROXY where there is one"
        return [Finding(f"{name}: Slack cannot be reached ({type(error).__name__})", cure)]
    headers = {key.lower(): str(value) for key, value in answer.headers.items()}
    said: Any = answer.data
    found = [Finding(f"{name}: the token is good ({said.get('team_id')})")]
    found.append(_scopes(name, headers.get("x-oauth-scopes")))
    found.append(_clock(headers.get("date"), now(), time.monotonic() - began))
    return found


_DEAD = f"install the app again at {_PAGE} (Install App), and put the new token in ASKFIRST_SLACK_BOT_TOKEN"
_CURES = {
    "invalid_auth": _DEAD,
    "token_revoked": _DEAD,
    "account_inactive": _DEAD,
    "not_authed": _DEAD,
    "token_expired": f"turn token rotation off at {_PAGE} (OAuth & Permissions), then install the app again",
    "ratelimited": "Slack is being asked too often; try again in a minute",
}


def _cure(code: str) -> str:
    return _CURES.get(code, f"Slack says {code or 'nothing that can be read'}; try again, then look at {_PAGE}")


def _code(error: SlackClientError) -> str:
    response = getattr(error, "response", None)
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else ""


def _scopes(name: str, granted: str | None) -> Finding:
    if granted is None:
        return Finding(f"{name}: Slack does not say what the token may do", f"look at {_PAGE} (OAuth & Permissions)")
    missing = [scope for scope in BOT_SCOPES if scope not in {each.strip() for each in granted.split(",")}]
    if missing:
        cure = f"add them at {_PAGE} (App Manifest: paste adapters/slack/manifest.json), then install the app again"
        return Finding(f"{name}: the token lacks {', '.join(missing)}", cure)
    return Finding(f"{name}: the token has all {len(BOT_SCOPES)} scopes")


def _clock(date: str | None, now: datetime, took: float) -> Finding:
    """Slack signs with its own time, and what is five minutes off is refused."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return Finding("the clock: Slack's answer has no time", "look whether this machine's clock is right")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = abs((now - theirs).total_seconds()) - took
    if off > _CLOSE:
        cure = f"set this machine's clock by the network (timedatectl set-ntp true); beyond {WINDOW} s nothing gets in"
        return Finding(f"the clock is {off:.0f} seconds off Slack's", cure)
    return Finding("the clock agrees with Slack's")


async def _socket(line: Line, secret: Secret) -> Finding:
    try:
        await line.client(secret.read()).apps_connections_open(app_token=secret.read())
    except BadInput as error:
        return Finding("Socket Mode: the app token cannot be read", str(error))
    except SlackClientError as error:
        cure = (
            f"make an app-level token with connections:write at {_PAGE} (Basic Information, App-Level Tokens), turn "
            "Socket Mode on, and put the token in ASKFIRST_SLACK_APP_TOKEN"
        )
        return Finding(f"Socket Mode: Slack refuses the connection ({_code(error) or 'unreadable'})", cure)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return Finding(
            f"Socket Mode: Slack cannot be reached ({type(error).__name__})", "let this machine reach slack.com"
        )
    return Finding("Socket Mode: Slack opens a connection")


def _subscriptions(settings: SlackSettings) -> Iterator[Finding]:
    """Slack tells no bot what it is subscribed to: what it ought to be is said, and how to see it."""
    where = "Event Subscriptions, Subscribe to bot events"
    yield Finding(f"subscriptions cannot be asked for; at {_PAGE} ({where}) these stand: {', '.join(BOT_EVENTS)}")
    if not settings.by_socket:
        yield Finding("there too, the Request URL ends in /slack/events and says Verified")
