"""Slack's Web API with one token: every refusal of Slack's becomes one of few errors, and none carries a word of it.

docs.slack.dev/apis/web-api says how limits (429 with Retry-After) and errors (`ok: false`) come.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.worker import RetryAfter

Answer = dict[str, Any]

DEAD = frozenset(
    {
        "invalid_auth",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_authed",
        "no_permission",
        "access_denied",
    }
)
"""The token is not worth anything any more."""
LIMITED = frozenset({"ratelimited", "rate_limited"})
_WAIT = 30.0
LONGEST_WAIT = 3_600.0
_READS = ("users.", "conversations.members", "conversations.info", "auth.", "chat.getPermalink")
"""Methods that take a form: Slack reads JSON only where something is written."""


class SlackSaid(Exception):
    """Slack refused. code: its name for why, a few words of its own that never hold what staff wrote."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class TokenDead(SlackSaid):
    """The workspace has taken the token back; with a new one everything goes on."""


class Api:
    """One workspace's Web API. A new token makes a new Api: no call ever goes out with another's (T23)."""

    def __init__(self, client: AsyncWebClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    async def call(self, method: str, **arguments: Any) -> Answer:
        """Slack's answer. Raises RetryAfter, TokenDead, SlackSaid; OSError or TimeoutError where it is not reached."""
        if method.startswith("chat.post"):
            await self._pace.wait(str(arguments.get("channel")))
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            if method.startswith(_READS):
                form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
                answer = await self._client.api_call(method, data=form)
            else:
                answer = await self._client.api_call(method, json=given)
        except SlackClientError as error:
            raise _told(method, getattr(error, "response", None)) from None
        except aiohttp.ClientError as error:
            raise ConnectionError(type(error).__name__) from None
        return answer.data if isinstance(answer.data, dict) else {}


def _told(method: str, response: object) -> Exception:
    """What a refusal means. The library's own error repeats the whole answer, so that it goes no further."""
    status, headers, data = 0, {}, {}
    if isinstance(response, AsyncSlackResponse):
        status, headers = response.status_code, {k.lower(): v for k, v in response.headers.items()}
        data = response.data if isinstance(response.data, dict) else {}
    code = data.get("error")
    code = code if isinstance(code, str) and code.replace("_", "").isalnum() else ""
    if status == 429 or code in LIMITED:
        return RetryAfter(_seconds(headers.get("retry-after")))
    if code in DEAD:
        return TokenDead(method, code)
    if not code or status >= 500:
        return ConnectionError(f"{method}: {status or 'unreadable'}")
    return SlackSaid(method, code)


def _seconds(text: object) -> float:
    if isinstance(text, str) and text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    return _WAIT


class Pace:
    """One message a second in a channel, before Slack has to say so. clock, sleep: monotonic seconds."""

    _KEPT = 5_000
    _PATIENCE = 10.0

    def __init__(
        self,
        gap: float = 1.0,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap = gap
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._sleep = sleep
        self._next: OrderedDict[str, float] = OrderedDict()

    async def wait(self, channel: str) -> None:
        """Until it is this message's turn. Raises RetryAfter where many others are before it."""
        now = self._clock()
        at = max(now, self._next.get(channel, now))
        if at - now > self._PATIENCE:
            raise RetryAfter(at - now)
        self._next[channel] = at + self._gap
        self._next.move_to_end(channel)
        while len(self._next) > self._KEPT:
            self._next.popitem(last=False)
        if at > now:
            await self._sleep(at - now)
