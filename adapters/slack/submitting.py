"""A form that was sent: errors ride in the acknowledgement, so it is worked on before that, within Slack's 3 seconds.

What takes longer is kept first, then acknowledged with "one moment", and the dialog is rewritten when it is done. The
key of the delivery sees to it that nothing is recorded twice however often it is worked on.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from adapters.slack import files, inbound, reading, render
from adapters.slack import sentences as words
from adapters.slack.api import Api
from adapters.slack.doing import Doing, Room
from adapters.slack.gate import Delivery
from adapters.slack.quiet import told
from adapters.slack.replies import MOMENT, done
from bot.chat.arrivals import Arrivals
from bot.chat.messages import Account, Inbound, Reaction, Submitted, View, Words
from bot.chat.parts import trouble
from bot.errors import BadInput
from bot.store.engine import StoreBroken

BUDGET = 2.2
"""Seconds for the work; what is left of Slack's three is for keeping what did not end, and for the way."""
_KEEPING = 0.4

Answer = dict[str, Any]
NOTHING: Answer = {}
"""The dialog closes."""


class Submitting:
    """Works on forms. budget: seconds."""

    def __init__(self, room: Room, doing: Doing, arrivals: Arrivals, budget: float = BUDGET) -> None:
        self._room = room
        self._doing = doing
        self._arrivals = arrivals
        self._budget = budget
        self._working: dict[str, asyncio.Task[tuple[Account, Reaction]]] = {}
        self._behind: set[asyncio.Task[None]] = set()

    async def answer(self, delivery: Delivery, api: Api, token: str) -> Answer:
        """What the acknowledgement says. Never raises."""
        working = self._begin(delivery, token)
        await asyncio.wait({working}, timeout=self._budget)
        if not working.done():
            return await self._moment(delivery)
        try:
            account, reaction = working.result()
        except StoreBroken:
            return self._refused(delivery, words.NOT_RECORDED)
        except Exception as error:  # Slack must hear something within its time, whatever went wrong
            told("form", error)
            return self._refused(delivery, words.NOT_DONE)
        return self._said(delivery, api, account, reaction)

    async def later(self, delivery: Delivery, api: Api, token: str) -> None:
        """A form that was acknowledged with "one moment". Raises what the work raises: it is tried again."""
        account, reaction = await asyncio.shield(self._begin(delivery, token))
        if reaction.view is None:
            reaction = replace(reaction, view=_errors_as_view(reaction) or done(reaction), errors={})
        await self._doing.show(reaction, delivery, api, account)

    async def settle(self) -> None:
        """Wait for what follows on acknowledgements."""
        while self._behind:
            await asyncio.wait(self._behind)

    def _begin(self, delivery: Delivery, token: str) -> asyncio.Task[tuple[Account, Reaction]]:
        """The work on a form; the one that is under way already, where there is one."""
        working = self._working.get(delivery.key)
        if working is None:
            working = self._working[delivery.key] = asyncio.create_task(self._work(delivery, token))
            working.add_done_callback(lambda ended: self._ended(delivery.key, ended))
        return working

    def _ended(self, key: str, ended: asyncio.Task[tuple[Account, Reaction]]) -> None:
        self._working.pop(key, None)
        if not ended.cancelled():
            ended.exception()

    async def _work(self, delivery: Delivery, token: str) -> tuple[Account, Reaction]:
        who = inbound.sender(delivery)
        assert who is not None  # noqa: S101 - the gate saw to it
        account = await self._room.people.account(who)
        try:
            what = await self._with_files(inbound.read(delivery, account), delivery, token)
        except BadInput as error:
            return account, Reaction(view=trouble(str(error)))
        except _FileTrouble as error:
            return account, Reaction(errors={error.field: str(error)})
        return account, await self._room.desk.handle(what, self._room.now())

    async def _with_files(self, what: Inbound | None, delivery: Delivery, token: str) -> Inbound:
        assert isinstance(what, Submitted)  # noqa: S101 - the dispatcher chose the form
        listed = reading.files(delivery.payload["view"])
        if not listed:
            return what
        try:
            fetched = await files.fetch(self._room.line.session, token, listed, self._room.hosts.files)
        except BadInput as error:
            raise _FileTrouble(str(error)) from None
        return replace(what, files=fetched)

    async def _moment(self, delivery: Delivery) -> Answer:
        """Keep it, then say that it is being worked on; where it cannot be kept, say that this is not sure."""
        body = json.dumps(delivery.payload).encode()
        try:
            async with asyncio.timeout(_KEEPING):
                await self._arrivals.take(delivery.key, body, self._room.now())
        except (StoreBroken, TimeoutError):
            return self._refused(delivery, words.NOT_SURE)
        return {"response_action": "update", "view": render.modal(MOMENT)}

    def _said(self, delivery: Delivery, api: Api, account: Account, reaction: Reaction) -> Answer:
        """The acknowledgement; what it cannot hold follows it."""
        view = delivery.payload["view"]
        rest = replace(reaction, view=None, errors={})
        if rest != Reaction() and rest != Reaction(close=True):
            self._follow(self._doing.show(rest, delivery, api, account))
        if reaction.errors:
            errors = reading.errors_for(view, reaction.errors)
            if errors:
                return {"response_action": "errors", "errors": errors}
            return _push(_errors_as_view(reaction))
        if reaction.view is not None:
            self._room.dialogs.keep(view["id"], reaction.view)
            return {"response_action": "update", "view": render.modal(reaction.view)}
        return {"response_action": "clear"} if reaction.close else NOTHING

    def _refused(self, delivery: Delivery, sentence: str) -> Answer:
        """Said beside the first input, so that what was typed stays; without inputs, on top of the form."""
        try:
            errors = reading.errors_for(delivery.payload["view"], {"": sentence})
        except BadInput:
            errors = {}
        if errors:
            return {"response_action": "errors", "errors": errors}
        return _push(View(words.NOT_SENT_TITLE, (Words(sentence),)))

    def _follow(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(_quietly(work))
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


class _FileTrouble(Exception):
    """A file that could not be had. field: the input it stands in."""

    field = "evidence"


async def _quietly(work: Any) -> None:
    """What is no record of anything, and stands elsewhere too, is tried once."""
    try:
        await work
    except Exception as error:
        told("after a form", error)


def _errors_as_view(reaction: Reaction) -> View | None:
    """Errors that no acknowledgement can carry any more."""
    if not reaction.errors:
        return None
    return View(words.NOT_SENT_TITLE, tuple(Words(sentence) for sentence in reaction.errors.values()))


def _push(view: View | None) -> Answer:
    return {"response_action": "push", "view": render.modal(view)} if view else NOTHING
