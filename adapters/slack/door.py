"""The door: every delivery is acknowledged within Slack's 3 seconds, and only once it is kept (SECURITY F3, I1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.slack.app import SlackApp
from adapters.slack.gate import Delivery, Kind
from adapters.slack.quiet import told
from bot.chat.arrivals import Arrivals
from bot.store.engine import StoreBroken

PATIENCE = 2.6
"""Seconds after which a delivery that could not be kept is not acknowledged, so that Slack brings it again."""
_AT_ONCE = ("view_submission", "block_suggestion")


@dataclass(frozen=True)
class Acknowledged:
    """What Slack is told. status: HTTP; over Socket Mode only 200 is sent. body: JSON, text, or nothing."""

    status: int = 200
    body: dict[str, Any] | str = ""


_AGAIN = Acknowledged(503)


class Door:
    """Takes deliveries in. now: the time (UTC)."""

    def __init__(self, app: SlackApp, arrivals: Arrivals, now: Callable[[], datetime]) -> None:
        self._app = app
        self._arrivals = arrivals
        self._now = now

    async def receive(self, delivery: Delivery) -> Acknowledged:
        """What Slack is told: 200 once it is kept or done, 503 where it is neither. Never raises."""
        if delivery.kind is Kind.CHALLENGE:
            return Acknowledged(body=dict(delivery.payload))
        if delivery.kind is Kind.NOTHING or delivery.payload.get("type") == "view_closed":
            return Acknowledged()
        try:
            if delivery.payload.get("type") in _AT_ONCE:
                return Acknowledged(body=await self._app.dispatch(delivery.payload))
            async with asyncio.timeout(PATIENCE):
                await self._keep(delivery)
        except (StoreBroken, TimeoutError):
            return _AGAIN
        except Exception as error:  # whatever it is, Slack is to bring it again
            told("door", error)
            return _AGAIN
        return Acknowledged()

    async def _keep(self, delivery: Delivery) -> None:
        if delivery.kind is Kind.EVENT and not await self._app.doing.wants(delivery):
            return
        await self._arrivals.take(delivery.key, json.dumps(delivery.payload).encode(), self._now())
