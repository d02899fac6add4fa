"""What is done with an activity: messages are kept, acknowledged and worked off; an invoke is answered at once."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from adapters.teams import answering, names, render, words
from adapters.teams.cards import Medium
from adapters.teams.connector import Connector, Gone
from adapters.teams.front import InvokeAnswer, Payload
from adapters.teams.inbound import Surface, Where, inbound_of, key_of, surface_of, thumb_of, where_of
from adapters.teams.people import People, lost
from adapters.teams.repeats import Repeats
from adapters.teams.settings import TeamsSettings
from adapters.teams.standing import may_stand
from bot.casework import CaseOffice
from bot.chat.arrivals import Arrivals
from bot.chat.cards import case_card
from bot.chat.desk import ChatDesk
from bot.chat.identify import identify
from bot.chat.messages import Account, Card, Inbound, Pressed, Reaction, Said, Submitted
from bot.chat.press import Press
from bot.desk import Desk
from bot.errors import BadInput
from bot.store.engine import StoreBroken

SOON = 1.0
"""Seconds after which somebody who waits sees that an answer is being written; an answer takes less."""
MOST_THUMBS = 5_000
"""Answers whose thumbs are known; the questions themselves are remembered for no longer."""

_WORKED_OFF = frozenset({Surface.CHAT, Surface.ADDED, Surface.REMOVED})
_log = logging.getLogger("askfirst.teams")


class TeamsBot:
    """One bot on Teams. clock: the time now (UTC)."""

    def __init__(
        self,
        desk: ChatDesk,
        office: CaseOffice,
        settings: TeamsSettings,
        connector: Connector,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._office = office
        self._connector = connector
        self._clock = clock
        self._medium = Medium.MESSAGE if settings.dialogs else Medium.PLAIN
        self._people = People(connector, office)
        self._repeats = Repeats(time.monotonic)
        self._thumbs: OrderedDict[tuple[str, str], Press] = OrderedDict()
        self.arrivals = Arrivals(office, names.PLATFORM, clock)

    async def turn(self, payload: Payload) -> InvokeAnswer | None:
        """Take an activity that the front door let in. Raises StoreBroken: it could not be kept."""
        surface = surface_of(payload)
        if payload.get("type") == "invoke":
            return await self._repeats.once(key_of(payload), lambda: self._invoked(payload, surface))
        if surface in _WORKED_OFF:
            await self.arrivals.take(key_of(payload), json.dumps(payload).encode(), self._clock())
        return None

    async def work(self) -> None:
        """Work off what was taken, until cancelled."""
        await self.arrivals.work(self.work_off)

    async def work_off(self, body: bytes) -> None:
        """Do what a kept activity asks for. Raises what makes it worth trying again."""
        payload = json.loads(body)
        try:
            where = where_of(payload)
        except BadInput:
            return
        try:
            await self._worked_off(payload, where)
        except Gone as gone:
            # Nobody is there to answer any more.
            _log.warning("a chat is closed to us: %s", gone)
        except render.TooLong:
            await self._connector.send(where.service_url, where.conversation, render.note(words.TOO_LONG))

    async def _worked_off(self, payload: Payload, where: Where) -> None:
        match surface_of(payload):
            case Surface.CHAT:
                await self._chat(payload, where)
            case Surface.REMOVED:
                await self._office.at_desk(self._clock(), lost, where)
            case Surface.ADDED:
                await self._added(payload, where)

    # Messages.

    async def _added(self, payload: Payload, where: Where) -> None:
        """Somebody has the app now. Teams tells it twice; the welcome comes once."""
        account = await self._people.account(where, self._clock())
        if where.personal and payload.get("type") == "installationUpdate":
            what = Pressed(account, Press("help"), where.place, key_of(payload))
            await self._connector.send(where.service_url, where.conversation, render.note(words.WELCOME))
            await self._post(where, what, await self._desk.handle(what, self._clock()))

    async def _chat(self, payload: Payload, where: Where) -> None:
        try:
            what = inbound_of(payload, where)
        except BadInput:
            await self._connector.send(where.service_url, where.conversation, render.note(words.NOT_KNOWN))
            return
        if what is None:
            return
        typing = asyncio.create_task(self._typing(where))
        try:
            now = self._clock()
            what = replace(what, account=await self._people.account(where, now))
            reaction = await self._desk.handle(what, now)
        except StoreBroken:
            await self._connector.send(where.service_url, where.conversation, render.note(words.NOT_RECORDED))
            return
        finally:
            typing.cancel()
        await self._post(where, what, reaction)

    async def _typing(self, where: Where) -> None:
        await asyncio.sleep(SOON)
        await self._connector.send(where.service_url, where.conversation, {"type": "typing"})

    async def _post(self, where: Where, what: Inbound, reaction: Reaction) -> None:
        """Say in the chat what came of it. What is for one person alone never stands where others read."""
        for card in reaction.replies:
            await self._reply(where, card)
        if reaction.view is not None:
            press = what.press if isinstance(what, Pressed | Submitted) else None
            if press is None or (where.personal and await self._may_stand(press, reaction)):
                activity = render.view_message(reaction.view, self._medium)
            else:
                activity = render.door(press, self._medium)
            await self._connector.send(where.service_url, where.conversation, activity)
        elif reaction.hint and where.personal:
            await self._connector.send(where.service_url, where.conversation, render.note(reaction.hint))
        elif reaction.hint and isinstance(what, Said):
            await self._hint_apart(where, what.account, reaction.hint)

    async def _hint_apart(self, where: Where, account: Account, hint: str) -> None:
        """What only one person should read, to their own chat."""
        opened = await self._connector.open(where.service_url, account.tenant, where.user)
        await self._connector.send(where.service_url, opened, render.note(hint))

    def _medium_at(self, where: Where) -> Medium:
        in_public = not where.personal and self._medium is Medium.MESSAGE
        return Medium.CHANNEL if in_public else self._medium

    async def _reply(self, where: Where, card: Card) -> None:
        number = await self._connector.send(
            where.service_url, where.conversation, render.message(card, self._medium_at(where))
        )
        if card.feedback is not None:
            self._thumbs[where.conversation, number] = card.feedback
            while len(self._thumbs) > MOST_THUMBS:
                self._thumbs.popitem(last=False)

    # Invokes.

    async def _invoked(self, payload: Payload, surface: Surface) -> InvokeAnswer:
        """The answer; every one has the body that its page asks for, whatever went wrong."""
        try:
            return await self._answer(payload, surface)
        except BadInput:
            return answering.trouble(surface, 400, words.NOT_KNOWN)
        except StoreBroken:
            return answering.trouble(surface, 503, words.NOT_RECORDED)
        except render.TooLong:
            return answering.trouble(surface, 500, words.TOO_LONG)
        except Exception as error:
            # The message is left out on purpose: it may repeat what somebody wrote.
            _log.error("invoke: %s", type(error).__name__)
            return answering.trouble(surface, 500, words.FAILED)

    async def _answer(self, payload: Payload, surface: Surface) -> InvokeAnswer:
        if surface is Surface.OTHER:
            return InvokeAnswer({}, 501)
        where, now = where_of(payload), self._clock()
        account = await self._people.account(where, now)
        if surface is Surface.THUMBS:
            await self._thumbed(payload, where, account)
            return InvokeAnswer({})
        what = inbound_of(payload, where)
        if what is None:
            return answering.trouble(surface, 400, words.NOT_KNOWN)
        what = replace(what, account=account)
        if surface is Surface.REFRESH and isinstance(what, Pressed):
            return await self._refreshed(where, what)
        reaction = await self._desk.handle(what, now)
        if surface is Surface.CARD:
            return await self._card_pressed(where, what, reaction)
        return answering.in_dialog(reaction)

    async def _card_pressed(self, where: Where, what: Inbound, reaction: Reaction) -> InvokeAnswer:
        """Answers go into the chat; a view takes the card's place for whoever pressed, where it may."""
        for card in reaction.replies:
            await self._reply(where, card)
        if isinstance(what, Submitted) and what.press.do == "do" and reaction.home:
            # What was decided is shown as everybody's card shows it, not as the whole case.
            return await self._refreshed(where, what)
        stands = False
        if reaction.view is not None and isinstance(what, Pressed | Submitted):
            stands = where.personal and await self._may_stand(what.press, reaction)
        return answering.in_card(reaction, self._medium, stands)

    async def _may_stand(self, press: Press, reaction: Reaction) -> bool:
        # A view without inputs or buttons, such as a refusal, names nothing.
        if reaction.view is not None and not reaction.view.inputs and len(reaction.view.parts) == 1:
            return True
        return await self._office.at_desk(self._clock(), may_stand, press)

    async def _refreshed(self, where: Where, what: Pressed | Submitted) -> InvokeAnswer:
        """The card as the person who looks at it may see it now."""
        card = await self._office.at_desk(self._clock(), _card, what.account, what.press.case)
        if card is None:
            return answering.taken_back()
        return answering.refreshed(card, self._medium_at(where))

    async def _thumbed(self, payload: Payload, where: Where, account: Account) -> None:
        thumb = thumb_of(payload)
        press = self._thumbs.get((where.conversation, thumb.message)) if thumb else None
        if thumb is None or press is None:
            return
        value = "yes" if thumb.up else "no"
        what = Pressed(account, replace(press, value=value), where.place, key_of(payload), not where.personal)
        reaction = await self._desk.handle(what, self._clock())
        if not thumb.up and where.personal:
            await self._post(where, what, reaction)


def _card(desk: Desk, account: Account, case_id: str) -> Card | None:
    person, case = identify(desk, account), desk.records.case(case_id)
    if person is None or case is None or not desk.may_see(case, person):
        return None
    return case_card(desk, case, person)
