"""Socket Mode: we call Slack, and it delivers over that connection: for a school behind a firewall.

What is not acknowledged, Slack delivers again; a connection that breaks is opened anew by the library.
"""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.slack import gate
from adapters.slack.door import Door
from adapters.slack.quiet import hush, told
from adapters.slack.settings import Secret
from adapters.slack.workspaces import Line
from bot.errors import BadInput

KINDS = frozenset({"events_api", "interactive", "slash_commands"})
_AGAIN = 10.0


class Socket:
    """The connection. again: seconds between tries where Slack cannot be reached; ping: between signs of life."""

    def __init__(self, door: Door, secret: Secret, line: Line, again: float = _AGAIN, ping: float = 10.0) -> None:
        self._door = door
        self._secret = secret
        self._line = line
        self._again = again
        self._ping = ping
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. Where Slack cannot be reached at the start, or takes the token no more, it tries again."""
        while True:
            token = await self._token()
            client = SocketModeClient(
                token, logger=hush(), web_client=self._line.client(token), ping_interval=self._ping
            )
            client.socket_mode_request_listeners.append(self._received)
            try:
                await client.connect_to_new_endpoint()
                await self._until_changed(token)
            except (SlackClientError, OSError, TimeoutError) as error:
                told("socket", error)
                await asyncio.sleep(self._again)
            finally:
                await client.close()  # type: ignore[no-untyped-call]

    async def _token(self) -> str:
        """The token, once its file can be read: it may just be being written."""
        while True:
            try:
                return self._secret.read()
            except BadInput as error:
                told("app token", error)
                await asyncio.sleep(self._again)

    async def _until_changed(self, token: str) -> None:
        """As long as the token in its file is the one that is in use."""
        while await self._token() == token:
            await asyncio.sleep(self._again)

    async def _received(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Not in the library's own loop, so that one delivery does not wait for another."""
        task = asyncio.create_task(self._answer(client, request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type not in KINDS:
            return
        try:
            said = await self._door.receive(gate.read(request.payload))
            if said.status != 200:
                return
            payload = said.body or None
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))
        except gate.Refused:
            # Slack would bring it again and again; nobody can do anything with it.
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
        except Exception as error:  # the connection broke: Slack brings it again over the next one
            told("socket", error)
