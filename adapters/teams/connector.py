"""The Bot Connector's REST interface (Bot Framework REST, connector): one client, no redirects, known hosts only.

Raw JSON is sent: the SDK's models of 2023 drop citations, refreshes and feedback buttons.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout

from adapters.teams.settings import TeamsSettings
from bot.worker import RetryAfter

LONGEST = 15.0
"""Seconds that the Connector has to answer."""
MOST_WAIT = 3600.0
LARGEST_ANSWER = 1024 * 1024

_GONE = frozenset(
    {"MessageWritesBlocked", "ConversationNotFound", "BotNotInConversationRoster", "ConversationBlockedByUser"}
)
"""Codes by which Teams says that we cannot write there any more (Teams, proactive messages)."""


class Gone(Exception):
    """The person blocked or removed the app, or the message that was to be changed does not exist any more."""


class TooLarge(Exception):
    """Teams does not take so long a message."""


class Refused(Exception):
    """The Connector answered with this status; it is tried again."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Connector:
    """Writes to conversations. token: what we show the Connector, asked for anew at every call.

    Every method raises RetryAfter, Gone, TooLarge, Refused, or an error of the network or of the token.
    """

    def __init__(self, settings: TeamsSettings, token: Callable[[], Awaitable[str]]) -> None:
        self._settings = settings
        self._token = token
        self._client: ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def send(self, service_url: str, conversation: str, activity: Mapping[str, Any], reply_to: str = "") -> str:
        """Post an activity; its id."""
        path = f"v3/conversations/{_part(conversation)}/activities"
        made = await self._call("POST", service_url, f"{path}/{_part(reply_to)}" if reply_to else path, activity)
        return str(made.get("id", ""))

    async def update(self, service_url: str, conversation: str, number: str, activity: Mapping[str, Any]) -> None:
        """Put an activity in place of one that stands."""
        path = f"v3/conversations/{_part(conversation)}/activities/{_part(number)}"
        await self._call("PUT", service_url, path, {**activity, "id": number})

    async def open(self, service_url: str, tenant: str, user: str) -> str:
        """The id of the chat with one person; Teams gives the same one every time."""
        body = {
            "bot": {"id": f"28:{self._settings.app_id}"},
            "members": [{"id": user}],
            "channelData": {"tenant": {"id": tenant}},
            "tenantId": tenant,
            "isGroup": False,
        }
        made = await self._call("POST", service_url, "v3/conversations", body)
        if not isinstance(made.get("id"), str):
            raise Refused(200)
        return str(made["id"])

    async def member(self, service_url: str, conversation: str, user: str) -> Mapping[str, Any]:
        """What the directory says of a member of a conversation."""
        path = f"v3/conversations/{_part(conversation)}/members/{_part(user)}"
        return await self._call("GET", service_url, path)

    async def members(self, service_url: str, conversation: str) -> list[Mapping[str, Any]]:
        """Everybody in a conversation."""
        found: list[Mapping[str, Any]] = []
        more = ""
        while True:
            path = f"v3/conversations/{_part(conversation)}/pagedmembers?pageSize=500"
            page = await self._call("GET", service_url, f"{path}&continuationToken={_part(more)}" if more else path)
            found += [each for each in page.get("members", ()) if isinstance(each, dict)]
            more = str(page.get("continuationToken") or "")
            if not more:
                return found

    async def _call(
        self, method: str, service_url: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        if not self._settings.may_send_to(service_url):
            raise Gone(f"not an address of Teams: {method}")
        token = await self._token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if self._client is None:
            self._client = ClientSession(timeout=ClientTimeout(total=LONGEST))
        url = f"{service_url.rstrip('/')}/{path}"
        data = None if body is None else json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
        async with self._client.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
            text = (await response.content.read(LARGEST_ANSWER)).decode("utf-8", "replace")
            found = _read(text)
            if response.status < 300:
                return found
            raise _trouble(response.status, response.headers.get("Retry-After"), found)


def _trouble(status: int, wait: str | None, body: Mapping[str, Any]) -> Exception:
    """What an answer means. 412, 500, 502, 503 and 504 pass by: the outbox tries again, ever later and with jitter."""
    seconds = _seconds(wait)
    if status == 429 or (seconds is not None and status == 503):
        return RetryAfter(seconds if seconds is not None else 1.0)
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code in _GONE or status == 404:
        return Gone(str(status))
    if status == 413:
        return TooLarge()
    return Refused(status)


def _seconds(wait: str | None) -> float | None:
    try:
        return min(max(float(wait or ""), 0.0), MOST_WAIT)
    except ValueError:
        return None


def _part(name: str) -> str:
    """A part of a path; ids hold colons and semicolons, and must not lead anywhere else."""
    return quote(name, safe="")


def _read(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
