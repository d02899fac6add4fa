"""Bolt's app: it finds the workspace's token, drops what the bot said itself, and hands each delivery to who does it.

The gate (gate.py) is in front of it and the door (door.py) acknowledges, so that bolt neither checks signatures nor
answers Slack by itself: its dispatch returns once the work is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack import gate
from adapters.slack import sentences as words
from adapters.slack.api import Api
from adapters.slack.doing import Doing, Room
from adapters.slack.gate import Payload
from adapters.slack.quiet import hush
from adapters.slack.submitting import BUDGET, Answer, Submitting
from adapters.slack.workspaces import Workspaces
from bot.chat.arrivals import Arrivals

_ANY = re.compile(r"")
_FAILED, _LATE, _SAID = "askfirst_failed", "askfirst_late", "askfirst_said"


class Authorise(AsyncAuthorize):
    """The token of the workspace that a payload comes from; nobody where the app is not installed (T23)."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """Raises what Api.call raises."""
        found = await self._workspaces.find(team_id) if team_id else None
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=found.team,
            bot_user_id=found.bot_user,
            bot_id=found.bot_id,
            bot_token=found.token,
        )


class SlackApp:
    """Everything that Slack can deliver, dispatched by bolt. flow: where workspaces install the app by OAuth."""

    def __init__(
        self, room: Room, arrivals: Arrivals, flow: AsyncOAuthFlow | None = None, budget: float = BUDGET
    ) -> None:
        self.doing = Doing(room)
        self.submitting = Submitting(room, self.doing, arrivals, budget)
        self._room = room
        self.bolt = AsyncApp(
            name="askfirst",
            logger=hush(),
            signing_secret="checked at the gate",  # noqa: S106 - the gate has the secret
            client=room.line.client(None),
            authorize=Authorise(room.workspaces),  # type: ignore[arg-type]
            oauth_flow=flow,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            user_facing_authorize_error_message=words.UNKNOWN_WORKSPACE,
        )
        self._register(flow is not None)

    def _register(self, many: bool) -> None:
        bolt = self.bolt
        bolt.error(_note)
        if many:
            bolt.enable_token_revocation_listeners()
        # One for all: an event that nobody takes would be answered with 404, and come again.
        bolt.event(_ANY)(self._event)
        bolt.command(_ANY)(self._press)
        bolt.shortcut(_ANY)(self._press)
        bolt.action(_ANY)(self._press)
        bolt.view_submission(_ANY)(self._submitted)
        bolt.view_closed(_ANY)(_nothing)
        bolt.options(_ANY)(self._suggested)

    async def work(self, body: bytes) -> None:
        """Work off what was taken in. Raises what the work raises, so that it is tried again."""
        await self.dispatch(json.loads(body), {_LATE: "yes"})

    async def dispatch(self, payload: Payload, context: Mapping[str, Any] | None = None) -> Answer | str:
        """Have it done; what the acknowledgement says, where it says anything. Raises what the work raises."""
        request = AsyncBoltRequest(body=dict(payload), mode="socket_mode", context=dict(context or {}))
        response = await self.bolt.async_dispatch(request)
        failed = request.context.get(_FAILED)
        if isinstance(failed, Exception):
            raise failed
        said = request.context.get(_SAID)
        return said if isinstance(said, dict) else str(response.body or "")

    async def _event(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await self.doing.event(gate.read(body), self._api(context))

    async def _press(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await ack()
        await self.doing.press(gate.read(body), self._api(context))

    async def _submitted(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        delivery, api, token = gate.read(body), self._api(context), str(context.bot_token)
        await ack()
        if context.get(_LATE):
            await self.submitting.later(delivery, api, token)
        else:
            context[_SAID] = await self.submitting.answer(delivery, api, token)

    async def _suggested(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await ack()
        view = body.get("view") or {}
        context[_SAID] = self._room.dialogs.suggest(str(view.get("id")), body.get("block_id"), str(body.get("value")))

    def _api(self, context: AsyncBoltContext) -> Api:
        return self._room.line.api(str(context.team_id), str(context.bot_token))


async def _nothing(ack: AsyncAck) -> None:
    await ack()


async def _note(error: Exception, context: AsyncBoltContext) -> None:
    """Kept for whoever dispatched; nothing of it is logged."""
    context[_FAILED] = error
