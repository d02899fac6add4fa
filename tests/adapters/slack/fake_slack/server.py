"""The fake Slack's own addresses: the Web API, private files, response addresses, Socket Mode."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from . import api
from .deliver import SocketLine
from .faults import Fault, Faults
from .world import Json, Message, Workspace, World

_LISTS = ("blocks", "view", "prompts", "loading_messages")
"""Arguments that stand as JSON in a form."""


@dataclass
class ResponseUrl:
    """Five uses in thirty minutes."""

    channel: str
    user: str
    space: Workspace
    at: datetime
    message: Message | None = None
    uses: int = 0


@dataclass
class Server:
    """after: called with what the bot posted, for the events that follow."""

    world: World
    faults: Faults
    socket: SocketLine
    app_token: str
    client_id: str
    client_secret: str
    after: Callable[[Workspace, Message], Awaitable[None]]
    codes: dict[str, str] = field(default_factory=dict)
    responses: dict[str, ResponseUrl] = field(default_factory=dict)
    base: str = ""

    def site(self) -> web.Application:
        """The routes."""
        site = web.Application(client_max_size=50 * 2**20)
        site.router.add_route("*", "/api/{method}", self._api)
        site.router.add_get("/files-pri/{id}/{name}", self._file)
        site.router.add_post("/response/{id}", self._response)
        site.router.add_get("/link", self.socket.serve)
        return site

    def response_url(self, channel: str, user: str, space: Workspace, message: Message | None = None) -> str:
        """A fresh response address."""
        id = str(self.world.number())
        self.responses[id] = ResponseUrl(channel, user, space, self.world.clock(), message)
        return f"{self.base}/response/{id}"

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        token, arguments = await _read(request)
        fault = self.faults.take(name)
        if fault and not fault.done and not fault.late:
            return await _faulty(fault)
        try:
            answer = await self._answer(name, token, arguments)
        except api.Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.more}
        if fault and fault.late:
            await asyncio.sleep(fault.hang)
        elif fault:
            return await _faulty(fault)
        if answer.get("error") == "ratelimited":
            return web.json_response(answer, status=429, headers={"Retry-After": str(answer["retry_after"])})
        return web.json_response(answer)

    async def _answer(self, name: str, token: str, arguments: Json) -> Json:
        if name == "oauth.v2.access":
            return self._oauth(arguments)
        if not token:
            raise api.Refused("not_authed")
        if name == "apps.connections.open":
            if token != self.app_token:
                raise api.Refused("invalid_auth")
            return {"ok": True, "url": f"{self.base.replace('http', 'ws', 1)}/link"}
        space = self.world.by_token(token)
        if space is None:
            raise api.Refused("invalid_auth")
        self.world.calls.append((name, space.id, arguments))
        if name == "chat.postMessage" and isinstance(arguments.get("channel"), str):
            wait = self.faults.wait(arguments["channel"], self.world.clock())
            if wait is not None:
                return {"ok": False, "error": "ratelimited", "retry_after": wait}
        answer = api.call(self.world, space, name, arguments)
        if name == "chat.postMessage":
            await self.after(space, self.world.messages[-1])
        return answer

    def _oauth(self, arguments: Json) -> Json:
        if arguments.get("client_id") != self.client_id or arguments.get("client_secret") != self.client_secret:
            raise api.Refused("bad_client_secret")
        team = self.codes.pop(str(arguments.get("code")), None)
        if team is None:
            raise api.Refused("invalid_code")
        space = self.world.workspaces[team]
        return {"ok": True, "access_token": space.token, "token_type": "bot", "scope": ",".join(sorted(space.scopes)),
                "bot_user_id": space.bot_user, "app_id": "A0FAKE", "team": {"id": team, "name": "Fake"},
                "enterprise": None, "authed_user": {"id": "U0ADMIN"}, "is_enterprise_install": False}  # fmt: skip

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A private file: for the bearer of a token of its workspace; all others get the sign-in page, as at Slack."""
        team, _, id = request.match_info["id"].partition("-")
        space = self.world.by_token(request.headers.get("Authorization", "").removeprefix("Bearer "))
        stored = self.world.files.get(id)
        if space is None or space.revoked or space.id != team or stored is None or "files:read" not in space.scopes:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        return web.Response(body=stored.data, content_type=stored.mimetype)

    async def _response(self, request: web.Request) -> web.StreamResponse:
        here = self.responses.get(request.match_info["id"])
        if here is None or here.uses >= 5 or self.world.clock() - here.at > timedelta(minutes=30):
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        here.uses += 1
        try:
            respond(self.world, here, await request.json())
        except api.Refused as refused:
            return web.json_response({"ok": False, "error": refused.error}, status=400)
        return web.Response(text="ok")


def respond(world: World, here: ResponseUrl, body: Json) -> None:
    """What an app answers to a command or at a response address. Raises Refused."""
    if body.get("delete_original") and here.message:
        world.messages = [m for m in world.messages if m is not here.message]
        return
    text, blocks = api.content(body)
    if body.get("replace_original") and here.message:
        here.message.text, here.message.blocks = text, blocks
        return
    message = Message(
        here.channel, world.stamp(), here.space.bot_user, text, blocks, body.get("thread_ts"), arguments=body
    )
    if body.get("response_type") == "in_channel":
        world.messages.append(message)
    else:
        world.ephemerals.append((here.user, message))


async def _read(request: web.Request) -> tuple[str, Json]:
    """(token, arguments) of a call, as a query, a form or JSON."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        arguments |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in _LISTS:
        if isinstance(arguments.get(name), str):
            try:
                arguments[name] = json.loads(arguments[name])
            except ValueError:
                arguments[name] = None
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        arguments["client_id"], _, arguments["client_secret"] = b64decode(value).decode().partition(":")
    return value if scheme == "Bearer" else str(arguments.pop("token", "")), arguments


async def _faulty(fault: Fault) -> web.StreamResponse:
    await asyncio.sleep(fault.hang)
    if fault.body is not None:
        return web.Response(status=fault.status, text=fault.body, content_type="text/html")
    error = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
    headers = {"Retry-After": str(fault.seconds)} if fault.status == 429 else {}
    return web.json_response({"ok": False, "error": error}, status=fault.status, headers=headers)
