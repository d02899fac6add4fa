"""From the fake Slack to the app: signed requests over HTTP, or envelopes over Socket Mode; retries of events."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from .world import Json, World

WAITS = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
"""When an event comes again: nearly at once, after a minute, after five (docs.slack.dev/apis/events-api)."""


@dataclass
class Answer:
    """What the app said. status: 0 where it said nothing in time. body: JSON, or the text as it came."""

    status: int
    body: Json | str = ""
    no_retry: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether Slack is content."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Json:
        """The body where it is an object."""
        return self.body if isinstance(self.body, dict) else {}


class Line(Protocol):
    """A way to the app. kind: "events_api", "interactive" or "slash_commands"."""

    async def send(self, kind: str, payload: Mapping[str, object], attempt: int = 0, reason: str = "") -> Answer:
        """Send, and wait for the answer as long as Slack does."""


def sign(secret: str, stamp: str, body: bytes) -> str:
    """`X-Slack-Signature`: HMAC-SHA256 over `v0:timestamp:body`."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


@dataclass
class HttpLine:
    """To the app's addresses. urls: by kind. patience: real seconds that Slack waits."""

    world: World
    session: ClientSession
    secret: str
    urls: dict[str, str]
    patience: float = 3.0

    async def send(self, kind: str, payload: Mapping[str, object], attempt: int = 0, reason: str = "") -> Answer:
        """Post as Slack does: JSON for events, a form for everything else."""
        content = "application/json" if kind == "events_api" else "application/x-www-form-urlencoded"
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        body = (json.dumps(payload) if kind == "events_api" else urlencode(form)).encode()
        return await self.raw(self.urls[kind], body, content, self._retry(attempt, reason))

    async def raw(
        self, url: str, body: bytes, content: str, extra: Mapping[str, str], signed: str | None = None
    ) -> Answer:
        """Post bytes. signed: another signature than the right one."""
        stamp = str(int(self.world.clock().timestamp()))
        signature = signed or sign(self.secret, stamp, body)
        headers = {"Content-Type": content, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, **extra}
        try:
            async with self.session.post(
                url, data=body, headers=headers, timeout=ClientTimeout(total=self.patience)
            ) as response:
                text = await response.text()
                return Answer(response.status, _json(text), response.headers.get("X-Slack-No-Retry") == "1")
        except (TimeoutError, ClientError):
            return Answer(0)

    def _retry(self, attempt: int, reason: str) -> dict[str, str]:
        return {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}


@dataclass
class SocketLine:
    """Over the websockets that the app opened."""

    world: World
    patience: float = 3.0
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)

    async def send(self, kind: str, payload: Mapping[str, object], attempt: int = 0, reason: str = "") -> Answer:
        """Send an envelope to one of the connections and wait for its acknowledgement."""
        open_ = [socket for socket in self.sockets if not socket.closed]
        if not open_:
            return Answer(0)
        id = f"envelope-{self.world.number()}"
        envelope = {"envelope_id": id, "type": kind, "payload": payload,
                    "accepts_response_payload": kind != "events_api"}  # fmt: skip
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id] = future
        try:
            await open_[-1].send_json(envelope)
            return await asyncio.wait_for(future, self.patience)
        except (TimeoutError, ConnectionError):
            return Answer(0)
        finally:
            del self._waiting[id]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection of the app."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "connection_info": {"app_id": "A0FAKE"}, "num_connections": 1,
                                "debug_info": {"host": "fake", "approximate_connection_time": 3600}})  # fmt: skip
        self.sockets.append(socket)
        async for message in socket:
            self._acknowledged(message.data)
        self.sockets.remove(socket)
        return socket

    def _acknowledged(self, text: object) -> None:
        answer = _json(text) if isinstance(text, str) else ""
        future = self._waiting.get(str(answer.get("envelope_id"))) if isinstance(answer, dict) else None
        if future and not future.done() and isinstance(answer, dict):
            future.set_result(Answer(200, answer.get("payload", "")))


def _json(text: str) -> Json | str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text


@dataclass
class Owed:
    """An event that was not acknowledged. attempt: the one to come, from 1."""

    body: Json
    attempt: int
    due: datetime
    reason: str


@dataclass
class Post:
    """Events on their way: sent at once, or kept while a test holds them; what was not acknowledged comes again."""

    world: World
    line: Line
    owed: list[Owed] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    held: list[Json] | None = None

    async def event(self, body: Json, attempt: int = 0, reason: str = "") -> Answer:
        """Send an event; where the app does not acknowledge it, it is owed."""
        if self.held is not None:
            self.held.append(body)
            return Answer(200)
        self.sent.append(body)
        answer = await self.line.send("events_api", body, attempt, reason)
        if not answer.acknowledged and not answer.no_retry and attempt < len(WAITS):
            why = "http_error" if answer.status else "http_timeout"
            self.owed.append(Owed(body, attempt + 1, self.world.clock() + WAITS[attempt], why))
        return answer

    async def redeliver(self) -> list[Answer]:
        """Send again what is due by the clock."""
        due = [each for each in self.owed if each.due <= self.world.clock()]
        self.owed = [each for each in self.owed if each not in due]
        return [await self.event(each.body, each.attempt, each.reason) for each in due]

    async def release(self, order: list[int] | None = None) -> list[Answer]:
        """Send what was held, by its numbers in the order given; a number may come twice, or not at all."""
        held, self.held = self.held or [], None
        return [await self.event(held[index]) for index in (range(len(held)) if order is None else order)]
