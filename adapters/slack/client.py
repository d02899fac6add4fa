"""What the outbox brings to a person in Slack: the case's card, its rewriting, and notices in its thread.

The conversation of a person with the bot holds one card for each case; everything further is a reply under it. Where a
school has a channel for that, those who decide are told there instead (channel.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from adapters.slack import render
from adapters.slack.api import Api, SlackSaid, TokenDead
from adapters.slack.channel import GONE as _GONE
from adapters.slack.channel import TAKEN_BACK as _TAKEN_BACK
from adapters.slack.channel import Channel, Steps, in_channel
from adapters.slack.quiet import log
from adapters.slack.replies import direct
from bot.chat.messages import Account, Card, Post, Rule, Spot, Words
from bot.worker import RetryAfter

HELD = 60.0
"""Seconds after which a workspace without a good token is tried again; until then its notices wait."""
_TOLD_AGAIN = 300.0
_KEPT = 5_000
_NOBODY = frozenset(
    {"user_not_found", "users_not_found", "user_disabled", "cannot_dm_bot", "channel_not_found", "user_not_visible"}
)

Lost = Callable[[Account], Awaitable[None]]
Apis = Callable[[str], Awaitable[Api]]


@dataclass
class _Done:
    """What was posted for a notice already. said: its words stand; spot: where the card was posted.

    steps: the same for a channel.
    """

    said: bool = False
    spot: Spot | None = None
    steps: Steps = field(default_factory=Steps)


@dataclass
class _Held:
    """Workspaces whose token Slack does not take, with when that was last logged."""

    told: dict[str, float] = field(default_factory=dict)


class SlackPlatform:
    """Posts notices (bot/worker.py Platform). api: of a workspace; lost: an account is gone; clock: monotonic."""

    def __init__(self, api: Apis, lost: Lost, clock: Callable[[], float], channel: Channel) -> None:
        self._api = api
        self._channel = channel
        self._lost = lost
        self._clock = clock
        self._directs: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._done: OrderedDict[str, _Done] = OrderedDict()
        self._held = _Held()

    async def post(self, post: Post) -> Spot | None:
        """Where the card stands now. Raises RetryAfter, also as long as the workspace's token is dead."""
        if post.account is None:
            return None
        try:
            spot = await self._deliver(await self._api(post.account.tenant), post, post.account)
        except TokenDead as dead:
            raise self._hold(post.account.tenant, dead) from None
        except SlackSaid as said:
            if said.code not in _NOBODY:
                raise
            self._directs.pop((post.account.tenant, post.account.user), None)
            await self._lost(post.account)
            spot = None
        self._done.pop(post.key, None)
        return spot

    def _hold(self, team: str, dead: TokenDead) -> RetryAfter:
        now = self._clock()
        if now - self._held.told.get(team, float("-inf")) >= _TOLD_AGAIN:
            self._held.told[team] = now
            log.error(
                "workspace %s: Slack does not take the app's token (%s). Everything for it waits; put a new token in "
                "place, or install the app there again",
                team,
                dead.code,
            )
        return RetryAfter(HELD)

    async def _deliver(self, api: Api, post: Post, account: Account) -> Spot | None:
        done = self._progress(post.key)
        there = await self._channel.post(api, post, account, done.steps)
        if there is not None:
            return there
        if in_channel(post.stands):
            post = _moved(post)
        if post.card is None:
            await self._take_back(api, post, account, done)
            return None
        if post.stands is not None and await self._rewrite(api, post, post.stands, post.card, done):
            return post.stands
        if not post.text:
            # Only the card was to be renewed, and the person deleted it.
            return None
        if done.spot is None:
            done.spot = await self._first(api, post, post.card, account)
        if post.words and not done.said:
            # Under the card, where its next rewriting leaves them alone.
            await self._say(api, done.spot, Card((Words(post.words),), post.text))
            done.said = True
        return done.spot

    def _progress(self, key: str) -> _Done:
        done = self._done.setdefault(key, _Done())
        while len(self._done) > _KEPT:
            self._done.popitem(last=False)
        return done

    async def _first(self, api: Api, post: Post, card: Card, account: Account) -> Spot:
        """The card with the notice above it: its thread is where the case goes on."""
        whole = Card((Words(post.text), Rule(), *card.parts), post.text)
        channel = await self._direct(api, account)
        answer = await api.call("chat.postMessage", channel=channel, **render.message(whole)._asdict(), **render.POSTED)
        return Spot(channel, str(answer.get("ts")))

    async def _rewrite(self, api: Api, post: Post, stands: Spot, card: Card, done: _Done) -> bool:
        """The notice under the card, and the card as it is now. False where the card is gone."""
        shown = render.message(card)
        try:
            await api.call("chat.update", channel=stands.place, ts=stands.number, **shown._asdict(), **render.UPDATED)
        except SlackSaid as said:
            if said.code in _GONE:
                return False
            raise
        if post.text and not done.said:
            await self._say(api, stands, Card(_notice(post), post.text), broadcast=True)
            done.said = True
        return True

    async def _say(self, api: Api, stands: Spot, card: Card, broadcast: bool = False) -> None:
        """Under the card; broadcast: also at the end of the conversation, where it is seen."""
        said, place = render.message(card), {"channel": stands.place, "thread_ts": stands.number}
        wide = {"reply_broadcast": True} if broadcast else {}
        await api.call("chat.postMessage", **place, **wide, **said._asdict(), **render.POSTED)

    async def _take_back(self, api: Api, post: Post, account: Account, done: _Done) -> None:
        """What the person may not see any more goes; a sentence that is theirs to hear is still said."""
        if post.stands is not None:
            shown = render.message(_TAKEN_BACK)
            place = {"channel": post.stands.place, "ts": post.stands.number}
            try:
                await api.call("chat.update", **place, **shown._asdict(), **render.UPDATED)
            except SlackSaid as said:
                if said.code not in _GONE:
                    raise
        if post.text and not done.said:
            message = render.message(Card((Words(post.text),), post.text))
            channel = await self._direct(api, account)
            await api.call("chat.postMessage", channel=channel, **message._asdict(), **render.POSTED)
            done.said = True

    async def _direct(self, api: Api, account: Account) -> str:
        """The person's conversation with the bot; Slack is asked once."""
        known = (account.tenant, account.user)
        if known not in self._directs:
            self._directs[known] = await direct(api, account.user)
            while len(self._directs) > _KEPT:
                self._directs.popitem(last=False)
        return self._directs[known]


def _moved(post: Post) -> Post:
    """The card left a channel: it comes to the person's own conversation, also where only it was to be renewed."""
    return replace(post, stands=None, text=post.text or (post.card.summary if post.card else ""))


def _notice(post: Post) -> tuple[Words, ...]:
    """The sentence, and what somebody wrote, letter for letter."""
    return (Words(post.text), *((Words(post.words),) if post.words else ()))
