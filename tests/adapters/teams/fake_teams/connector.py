"""The Bot Connector on loopback: conversations, messages in all their versions, members; and all its trouble."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.adapters.teams.fake_teams.signing import Signing
from tests.adapters.teams.fake_teams.validity import check_message

APP = "1b2c3d4e-0000-4000-8000-00000000000a"
TENANT = "1b2c3d4e-0000-4000-8000-0000000000ff"
TOKEN = "our-token"


@dataclass
class Message:
    """A message of the bot. versions: as posted, and after each rewriting."""

    id: str
    conversation: str
    versions: list[dict[str, Any]]
    reply_to: str = ""

    @property
    def now(self) -> dict[str, Any]:
        """As it stands."""
        return self.versions[-1]


@dataclass
class Trouble:
    """An answer that is no success, given once."""

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


NONE = Trouble(200)
"""Between troubles: this call goes well."""


class FakeTeams:
    """Use as an async context; `url` is the serviceUrl of all activities."""

    def __init__(self) -> None:
        self.signing = Signing(APP)
        self.messages: dict[str, Message] = {}
        self.calls: list[tuple[str, str]] = []
        self.troubles: list[Trouble] = []
        self.people: dict[str, dict[str, Any]] = {}
        """What the directory says, by Entra object id."""
        self.blocked: set[str] = set()
        self.members: dict[str, list[str]] = {}
        self.tokens_seen: set[str] = set()
        self._numbers = itertools.count(1)
        app = web.Application(client_max_size=1024 * 1024)
        self.signing.routes(app)
        at = "/teams/v3/conversations"
        app.router.add_post(at, self._create)
        app.router.add_post(at + "/{conversation}/activities", self._send)
        app.router.add_post(at + "/{conversation}/activities/{number}", self._send)
        app.router.add_put(at + "/{conversation}/activities/{number}", self._update)
        app.router.add_delete(at + "/{conversation}/activities/{number}", self._delete)
        app.router.add_get(at + "/{conversation}/members/{user}", self._member)
        app.router.add_get(at + "/{conversation}/pagedmembers", self._members)
        self._server = TestServer(app)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return str(self._server.make_url("")).rstrip("/")

    @property
    def url(self) -> str:
        """The serviceUrl."""
        return f"{self.origin}/teams/"

    def add(self, user: str, name: str, email: str, role: str = "user", tenant: str = TENANT) -> None:
        """Somebody of the directory."""
        self.people[user] = {
            "id": f"29:{user}",
            "name": name,
            "aadObjectId": user,
            "email": email,
            "userPrincipalName": email,
            "tenantId": tenant,
            "userRole": role,
        }

    def chat(self, user: str) -> str:
        """The id of the bot's chat with somebody."""
        return f"a:{user}"

    def in_chat(self, conversation: str) -> Iterator[Message]:
        """The bot's messages in a conversation, oldest first."""
        return (each for each in self.messages.values() if each.conversation == conversation)

    # What the bot calls.

    def _trouble(self, request: web.Request) -> web.Response | None:
        self.calls.append((request.method, request.path))
        self.tokens_seen.add(request.headers.get("Authorization", ""))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": {"code": "Unauthorized"}}, status=401)
        conversation = unquote(request.match_info.get("conversation", ""))
        if conversation.partition(":")[2] in self.blocked:
            return web.json_response({"error": {"code": "MessageWritesBlocked"}}, status=403)
        trouble = self.troubles.pop(0) if self.troubles else NONE
        if trouble is NONE:
            return None
        if trouble.body is not None:
            return web.Response(status=trouble.status, text=trouble.body, headers=trouble.headers)
        body = {"error": {"code": trouble.code, "message": "trouble"}}
        return web.json_response(body, status=trouble.status, headers=trouble.headers)

    async def _send(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        activity = await request.json()
        check_message(activity)
        if activity["type"] == "typing":
            return web.json_response({"id": ""}, status=201)
        number = f"m{next(self._numbers)}"
        conversation = unquote(request.match_info["conversation"])
        self.messages[number] = Message(number, conversation, [activity], request.match_info.get("number", ""))
        return web.json_response({"id": number}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        activity, message = await request.json(), self.messages.get(request.match_info["number"])
        if message is None:
            return web.json_response({"error": {"code": "ActivityNotFoundInConversation"}}, status=404)
        check_message(activity)
        message.versions.append(activity)
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is None:
            self.messages.pop(request.match_info["number"], None)
        return trouble or web.Response()

    async def _create(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        body = await request.json()
        user = str(body["members"][0]["id"]).removeprefix("29:")
        if body["tenantId"] != TENANT or user in self.blocked:
            return web.json_response({"error": {"code": "BotNotInConversationRoster"}}, status=403)
        return web.json_response({"id": self.chat(user)}, status=201)

    async def _member(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        found = self.people.get(unquote(request.match_info["user"]).removeprefix("29:"))
        if trouble is None and found is None:
            return web.json_response({"error": {"code": "MemberNotFoundInConversation"}}, status=404)
        return trouble or web.json_response(found)

    async def _members(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        users = self.members.get(unquote(request.match_info["conversation"]), [])
        start = int(request.query.get("continuationToken", "0"))
        page = {"members": [self.people[user] for user in users[start : start + 2]]}
        more = {"continuationToken": str(start + 2)} if start + 2 < len(users) else {}
        return trouble or web.json_response({**page, **more})
