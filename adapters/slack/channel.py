"""Cases brought to a school's channel: one card for each, whose thread holds all that follows, only among its readers.

Who reads there is asked of Slack anew at every post; anything doubtful goes to people's own conversations, and what
stands in the channel is taken back (SECURITY T06, T07). bot/chat/case_channel.py decides.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from adapters.slack import render
from adapters.slack import sentences as words
from adapters.slack.api import Api, SlackSaid, TokenDead
from adapters.slack.people import People, Sender
from bot.casework import CaseOffice
from bot.chat import case_channel
from bot.chat.case_channel import Aim
from bot.chat.messages import Account, Card, Post, Spot, Words

GONE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "message_deleted"}
)
"""What Slack says of a message that somebody deleted."""
TAKEN_BACK = Card((Words(words.TAKEN_BACK),), words.TAKEN_BACK)
MOST = 60
"""People in a channel: one with more is no place where a few decide."""
_OPEN = ("is_ext_shared", "is_pending_ext_shared", "is_org_shared", "is_shared", "is_archived")
_PAGE = 200
_KEPT = 5_000
_USER = re.compile(r"[A-Z0-9]{2,24}", re.ASCII)


@dataclass
class Steps:
    """What was done for one notice already. there: a card that was posted for it; told, worded: what stands there."""

    there: Spot | None = None
    told: bool = False
    worded: bool = False


@dataclass(frozen=True)
class Readers:
    """Who reads a channel. bot: the bot's own id in a workspace."""

    people: People
    bot: Callable[[str], Awaitable[str]]

    async def of(self, api: Api, team: str, channel: str) -> list[Account] | None:
        """Everybody there but the bot; None where others could read it. Raises what Api.call raises."""
        answer = await api.call("conversations.info", channel=channel)
        told = answer.get("channel")
        # A public channel is read by the whole workspace, a shared one by another.
        if not isinstance(told, dict) or told.get("is_private") is not True or any(told.get(mark) for mark in _OPEN):
            return None
        users, bot = await self._members(api, channel), await self.bot(team)
        if users is None or not bot or bot not in users:
            return None
        return [await self.people.account(Sender(team, user)) for user in users if user != bot]

    async def _members(self, api: Api, channel: str) -> list[str] | None:
        found: list[str] = []
        cursor = None
        while len(found) <= MOST:
            answer = await api.call("conversations.members", channel=channel, limit=_PAGE, cursor=cursor)
            page, further = answer.get("members"), answer.get("response_metadata")
            if not isinstance(page, list) or not page or not all(isinstance(user, str) for user in page):
                return None
            found += page
            cursor = further.get("next_cursor") if isinstance(further, dict) else None
            if not cursor:
                return found if len(found) <= MOST else None
        return None


@dataclass
class _Memory:
    """Where a case's card was posted before that was recorded, and events whose words stand under it already."""

    cards: OrderedDict[tuple[str, str], Spot] = field(default_factory=OrderedDict)
    worded: OrderedDict[str, None] = field(default_factory=OrderedDict)


class Channel:
    """See the file. now: the time (UTC)."""

    def __init__(self, office: CaseOffice, readers: Readers, now: Callable[[], datetime]) -> None:
        self._office = office
        self._readers = readers
        self._now = now
        self._memory = _Memory()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def post(self, api: Api, post: Post, account: Account, steps: Steps) -> Spot | None:
        """Where the card stands in the channel; None where the notice belongs into the person's own conversation.

        Then nothing for this person stands in a channel any more. Raises RetryAfter, TokenDead, OSError, TimeoutError.
        """
        lock = self._locks.setdefault(post.case_id, asyncio.Lock())
        async with lock:
            stands = post.stands if in_channel(post.stands) else None
            aim = await self._office.at_desk(self._now(), case_channel.aim, post, stands)
            card = await self._card(api, post, account, aim)
            if card is not None and post.card is not None:
                try:
                    return await self._show(api, post, aim, card, steps)
                except TokenDead:
                    raise
                except SlackSaid:
                    card = None
            if card is None or not aim.shared:
                await self._leave(api, post, aim, stands, steps)
            return None

    async def _card(self, api: Api, post: Post, account: Account, aim: Aim) -> Card | None:
        """What may stand there at this moment, if anything."""
        if not aim.channel:
            return None
        try:
            readers = await self._readers.of(api, account.tenant, aim.channel)
        except TokenDead:
            raise
        except SlackSaid:
            return None
        return await self._office.at_desk(self._now(), case_channel.shown_to, post, readers or ())

    async def _show(self, api: Api, post: Post, aim: Aim, card: Card, steps: Steps) -> Spot | None:
        there = await self._rewritten(api, post, aim, card, steps)
        if there is None and not post.text:
            # Only the card was to be renewed, and somebody deleted it.
            return post.stands
        if there is None:
            steps.there = there = await self._first(api, post, aim.channel, card)
        if post.text and not steps.told:
            # Under the card, whose next rewriting would take a mention away before it was seen.
            await self._say(api, there, Card((Words(post.text),), post.text), _user(post))
            steps.told = True
        await self._words(api, post, there, steps)
        return there

    async def _rewritten(self, api: Api, post: Post, aim: Aim, card: Card, steps: Steps) -> Spot | None:
        """The one card of the case there, as it is now; None where there is none, or somebody deleted it."""
        known = self._memory.cards.get((post.case_id, aim.channel))
        stands = post.stands if post.stands and post.stands.place == aim.channel else None
        for spot in dict.fromkeys(each for each in (steps.there, known, stands, *aim.spots) if each is not None):
            if await _update(api, spot, card):
                return spot
        return None

    async def _first(self, api: Api, post: Post, channel: str, card: Card) -> Spot:
        shown = render.message(card)._asdict()
        answer = await api.call("chat.postMessage", channel=channel, **shown, **render.POSTED)
        spot = Spot(channel, str(answer.get("ts")))
        _keep(self._memory.cards, (post.case_id, channel), spot)
        return spot

    async def _words(self, api: Api, post: Post, there: Spot, steps: Steps) -> None:
        """What was written in the thread on the other side, once for all; the words of a decision stay in the case."""
        event = post.key.partition(f":{post.kind}:")[0]
        if post.kind != "said" or not post.words or steps.worded or event in self._memory.worded:
            return
        await self._say(api, there, Card((Words(post.words),), post.text), "")
        steps.worded = True
        _keep(self._memory.worded, event, None)

    async def _say(self, api: Api, there: Spot, card: Card, user: str) -> None:
        said, place = render.message(card), {"channel": there.place, "thread_ts": there.number}
        blocks = [*_mention(user), *said.blocks]
        await api.call("chat.postMessage", **place, text=said.text, blocks=blocks, **render.POSTED)

    async def _leave(self, api: Api, post: Post, aim: Aim, stands: Spot | None, steps: Steps) -> None:
        """What stands there goes, and the others for whom it stood are brought cards of their own."""
        for spot in dict.fromkeys(each for each in (stands, steps.there) if each is not None):
            try:
                await _update(api, spot, TAKEN_BACK)
            except TokenDead:
                raise
            except SlackSaid:
                pass  # the bot is no member any more, or the channel is archived
            self._memory.cards.pop((post.case_id, spot.place), None)
            await self._office.at_desk(self._now(), case_channel.scatter, post, spot.place)
        steps.there, steps.told, steps.worded = None, False, False


def in_channel(spot: Spot | None) -> bool:
    """True for a card that others read; a conversation with the bot alone begins with D."""
    return spot is not None and not spot.place.startswith("D")


async def _update(api: Api, spot: Spot, card: Card) -> bool:
    """False where the message is not there any more."""
    shown: dict[str, Any] = render.message(card)._asdict()
    try:
        await api.call("chat.update", channel=spot.place, ts=spot.number, **shown, **render.UPDATED)
    except SlackSaid as said:
        if said.code in GONE:
            return False
        raise
    return True


def _user(post: Post) -> str:
    return post.account.user if post.account else ""


def _mention(user: str) -> list[dict[str, Any]]:
    """The one mention that AskFirst ever makes: of whom the notice is for, by the id that we know them by."""
    if not _USER.fullmatch(user):
        return []
    named = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": user}]}
    return [{"type": "rich_text", "elements": [named]}]


def _keep(kept: OrderedDict[Any, Any], key: object, value: object) -> None:
    kept[key] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)
