"""What comes of something a person did, shown in Slack: replies, dialogs, private hints, the Home tab.

Everything here may be asked for twice, because an arrival is worked off again where Slack failed in the middle: the
steps that were taken are remembered for as long as the program runs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.slack import render
from adapters.slack import sentences as words
from adapters.slack.api import Api, SlackSaid
from adapters.slack.dialogs import Dialogs
from adapters.slack.inbound import Place
from bot.chat.messages import Card, Reaction, View, Words
from bot.worker import RetryAfter

MOMENT = View(words.MOMENT_TITLE, (Words(words.MOMENT),))
"""What a dialog shows while its content is being made."""
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"})
CLOSED = frozenset(
    {
        "user_not_in_channel",
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "thread_not_found",
        "restricted_action",
    }
)
"""Where nothing can be posted, however often it is tried."""
GONE = frozenset({"not_found", "view_not_found", "hash_conflict"})
Home = Callable[[], Awaitable[View]]


@dataclass
class Steps:
    """What was done already for one delivery. reaction: what came of it, so that nothing is done twice.

    view: the dialog that was opened for it.
    """

    reaction: Reaction | None = None
    done: set[str] = field(default_factory=set)
    view: str | None = None


class Progress:
    """The steps of deliveries on their way, by key; bounded, in memory alone."""

    _KEPT = 2_000

    def __init__(self) -> None:
        self._steps: OrderedDict[str, Steps] = OrderedDict()

    def of(self, key: str) -> Steps:
        """The steps of a delivery, begun where there are none."""
        steps = self._steps.setdefault(key, Steps())
        while len(self._steps) > self._KEPT:
            self._steps.popitem(last=False)
        return steps

    def forget(self, key: str) -> None:
        """It is worked off."""
        self._steps.pop(key, None)


@dataclass(frozen=True)
class Speaker:
    """Shows things to one person, at one place. answers: where the private address of an answer may be (T15)."""

    api: Api
    place: Place
    dialogs: Dialogs
    session: aiohttp.ClientSession
    answers: frozenset[str]

    async def show(self, reaction: Reaction, steps: Steps, home: Home) -> None:
        """All of it, each step once. Raises what Api.call raises: then what is left is done later."""
        if reaction.view is not None:
            await _once(steps, "view", lambda: self._view(reaction.view, steps))
        for number, message in enumerate(m for card in reaction.replies for m in render.messages(card)):
            await _once(steps, f"reply {number}", partial(self._say, message, self.place.quiet))
        if reaction.hint:
            await _once(steps, "hint", lambda: self.hint(reaction.hint))
        if steps.view is not None and reaction.view is None:
            # A dialog was opened while it was not known that none is wanted.
            await _once(steps, "done", lambda: self.update(steps.view or "", done(reaction)))
        if reaction.home:
            await _once(steps, "home", lambda: self.publish(home))

    async def _view(self, view: View | None, steps: Steps) -> None:
        assert view is not None  # noqa: S101 - show asked
        shown = steps.view or self.place.view
        if shown is not None:
            await self.update(shown, view)
        elif await self.open(view) is None:
            await self.hint(words.PRESS_AGAIN)

    async def open(self, view: View) -> str | None:
        """Open a dialog and say its id; None where the press was too long ago."""
        if self.place.trigger is None:
            return None
        try:
            answer = await self.api.call("views.open", trigger_id=self.place.trigger, view=render.modal(view))
        except SlackSaid as said:
            if said.code in TOO_LATE:
                return None
            raise
        shown = answer.get("view")
        id = str(shown.get("id")) if isinstance(shown, dict) else ""
        self.dialogs.keep(id, view)
        return id

    async def update(self, id: str, view: View) -> None:
        """Put a view in place of the one that is open; one that the person closed stays closed."""
        try:
            await self.api.call("views.update", view_id=id, view=render.modal(view))
        except SlackSaid as said:
            if said.code not in GONE:
                raise
        self.dialogs.keep(id, view)

    async def publish(self, home: Home) -> None:
        """The person's Home tab as it is now."""
        await self.api.call("views.publish", user_id=self.place.user, view=render.home(await home()))

    async def hint(self, text: str) -> None:
        """A sentence for the person alone."""
        said = render.message(Card((Words(text),), text))
        await self._say(said, self.place.public or self.place.quiet)

    async def _say(self, message: render.Message, private: bool) -> None:
        """Where the person wrote or pressed; in a view or after a command, to them alone."""
        place, said = self.place, {"text": message.text, "blocks": message.blocks}
        if not place.channel:
            await self._to_person(said)
        elif not private:
            await self._post(said)
        elif not await self._answer(said):
            await self._ephemeral(said)

    async def _post(self, said: dict[str, Any]) -> None:
        """In the thread; to the person alone where the thread or the channel is closed to us."""
        place = {"channel": self.place.channel, "thread_ts": self.place.thread}
        try:
            await self.api.call("chat.postMessage", **place, **said, **render.POSTED)
        except SlackSaid as refused:
            if refused.code not in CLOSED or not self.place.public:
                raise
            await self._to_person(said)

    async def _answer(self, said: dict[str, Any]) -> bool:
        """At the address that came with a command; it needs no token and works where the bot is no member."""
        url = self.place.answer
        if url is None or not self.place.quiet or _origin(url) not in self.answers:
            return False
        body = {**said, **render.EPHEMERAL, "response_type": "ephemeral", "replace_original": False}
        try:
            async with self.session.post(url, json=body, allow_redirects=False) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _ephemeral(self, said: dict[str, Any]) -> None:
        place = self.place
        call = {"channel": place.channel, "user": place.user, "thread_ts": place.thread, **said}
        if place.public:
            try:
                await self.api.call("chat.postEphemeral", **call, **render.EPHEMERAL)
                return
            except SlackSaid as refused:
                if refused.code not in CLOSED:
                    raise
        await self._to_person(said)

    async def _to_person(self, said: dict[str, Any]) -> None:
        channel = await direct(self.api, self.place.user)
        await self.api.call("chat.postMessage", channel=channel, **said, **render.POSTED)


async def direct(api: Api, user: str) -> str:
    """The conversation of the bot with a person. Raises what Api.call raises."""
    answer = await api.call("conversations.open", users=user)
    channel = answer.get("channel")
    found = channel.get("id") if isinstance(channel, dict) else None
    if not isinstance(found, str):
        raise RetryAfter(60)
    return found


def done(reaction: Reaction) -> View:
    """What stands in a dialog that has nothing more to ask."""
    said = [reaction.hint] if reaction.hint else [card.summary for card in reaction.replies]
    return View(words.DONE_TITLE, tuple(Words(text) for text in said or [words.DONE]))


async def _once(steps: Steps, name: str, do: Callable[[], Awaitable[object]]) -> None:
    if name not in steps.done:
        await do()
        steps.done.add(name)


def _origin(url: str) -> str:
    """Scheme and host of an address, as they are compared with those that are allowed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()
