"""What the chat's desk works with, and one thing that a known person does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.casework import CaseOffice
from bot.chat.messages import Account, File, Raw, Reaction
from bot.chat.press import Press
from bot.chat.talks import Talks
from bot.core import Bot
from bot.pace_limits import PaceLimits

Result = TypeVar("Result")


@dataclass(frozen=True)
class Room:
    """The bot, the case office and what was said.

    pages: the https address of the web pages, None without them. pace: the limits that all platforms share.
    """

    bot: Bot
    office: CaseOffice
    talks: Talks
    pages: str | None = None
    pace: PaceLimits | None = None


@dataclass(frozen=True)
class Call:
    """What somebody does who was identified. person: their id, never from a payload. key: of the delivery.

    raw: what was filled in; None where a button was pressed.
    """

    room: Room
    person: str
    account: Account
    now: datetime
    key: str
    press: Press
    place: str = ""
    public: bool = False
    raw: Raw | None = None
    files: tuple[File, ...] = ()

    async def at_desk(self, fn: Callable[..., Result], *args: Any) -> Result:
        """fn(desk, person, *args) in one transaction."""
        return await self.room.office.at_desk(self.now, fn, self.person, *args)

    def given(self, name: str) -> str:
        """What stands in an input; the first of several."""
        return next(iter(self.all_given(name)), "")

    def all_given(self, name: str) -> tuple[str, ...]:
        """Everything that was chosen in an input."""
        return tuple((self.raw or {}).get(name, ()))


Handler = Callable[[Call], Awaitable[Reaction]]
