"""The people of a scenario in Microsoft Teams: what they press goes over HTTP, what they see is in its cards."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from adapters.teams import words
from bot.chat import chat_texts as texts
from bot.chat.press import Press
from bot.deadlines import LOCAL
from policy_kb.procedures import Kind
from tests.adapters.teams.fake_teams.connector import Message
from tests.adapters.teams.fake_teams.people import Client, actions, lines
from tests.adapters.teams.fake_teams.reading import (
    button_for,
    errors_on,
    fact_on,
    form_of,
    made_up,
    may_on,
    page_of,
    presses_on,
    refused_in,
    thread_on,
    typed_in,
)
from tests.adapters.teams.fake_teams.ways import KINDS, Ways, on_teams
from tests.scenario_format import Does
from tests.scenario_fronts import procedure_of
from tests.scenario_record import case_of
from tests.scenario_world import Extra, Heard, Seen, Sent, Typed

__all__ = ["TeamsFront", "on_teams"]
_REFERENCE = re.compile(r"AF-\w{4}-\w{4}")


class TeamsFront(Ways):
    """Everything in Teams, each person with a client of their own. Use as an async context."""

    # See Front.

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """See Front."""
        client = self._client(who)
        message = await self._answered(client, text)
        for label in picks:
            button = next((a for a in actions(client.card(message)) if a["title"] == label), None)
            assert button is not None, f"no button {label!r}"
            before = len(client.messages())
            await client.press(message, button)
            message = client.messages()[before]
        said, card = lines(client.card(message)), client.card(message)
        offers = [press.value for _, press in presses_on(card) if press.do == "start"]
        return Heard("\n".join([*said, " ".join(said)]), tuple(offer.partition("@")[0] for offer in offers))

    async def starts(self, who: str, slug: str, typed: Typed, extra: Extra) -> Sent:
        """See Front. Teams has no room for files in a form: those who have one go to the pages."""
        if extra.files:
            return await self._pages.starts(who, slug, typed, extra)
        client = self._client(who)
        await self._begin(client, slug, extra.school)
        if button_for(client.dialog_card(), "drop") is not None:
            await self._press_in_dialog(client, "drop")
        wrong, typed = await self._steps(client, who, slug, typed, extra)
        return Sent(errors=wrong) if wrong else await self._sent(client)

    async def looks(self, who: str, slug: str) -> str:
        """See Front."""
        client = self._client(who)
        await self._begin(client, slug, None)
        return page_of(client.dialog_card())

    async def does(self, who: str, case: str, step: Does) -> str | None:
        """See Front. In the card where it has the button, else in the dialog of the case."""
        client, value = self._client(who), f"{step.does}:{step.step}" if step.does == "mark_step" else step.does
        if step.does == "revise":
            return await self._revised(client, case, step)
        given = await self._given(case, step)
        standing = self._standing(client, case)
        found = button_for(client.card(standing), "act", value) if standing else None
        if standing is not None and found is not None:
            return await self._in_the_card(client, standing, found, given)
        now = await case_of(self._scene, case)
        report = (await procedure_of(self._scene, case)).kind is Kind.REPORT
        # Opening a report counts as reading it, which is for the story to say.
        if step.refused is None and report and not now.seen:
            await client.press(Message("none", client.chat, [{}]), made_up(Press("act", case, value, now.version)))
            return await self._submitted(client, given)
        if step.refused is None:
            await self._open(client, case)
            await self._press_in_dialog(client, "act", value)
            return await self._submitted(client, given)
        return await self._made_up(client, case, value, given)

    async def _submitted(self, client: Client, given: Typed) -> str | None:
        if form_of(client.dialog_card()) is not None:
            await self._submit(client, given)
        return refused_in(client)

    async def _made_up(self, client: Client, case: str, value: str, given: Typed) -> str | None:
        """Whoever is refused made up the button, and then the form."""
        nowhere = Message("none", client.chat, [{}])
        await client.press(nowhere, made_up(Press("act", case, value)))
        first = refused_in(client)
        data = {"form": Press("do", case, value).pack(), "shown": " ".join(f"{KINDS.get(n, 't')}-{n}" for n in given)}
        filled = {f"{KINDS.get(n, 't')}-{n}": ",".join(quote(v) for v in values) for n, values in given.items()}
        await client.submit({"data": data}, filled)
        return refused_in(client) or first

    async def away(self, who: str, stand_in: str, since: datetime, until: datetime) -> str | None:
        """See Front. The form asks for days: a story that counts in hours is told to the office itself."""
        first, back = since.astimezone(LOCAL), until.astimezone(LOCAL)
        if first.date() == back.date():
            await self._scene.office.set_away(who, stand_in, since, until, self._scene.now)
            return None
        client = self._client(who)
        message = await self._answered(client, "I'm away")
        given = {"since": (first.date().isoformat(),), "until": (back.date().isoformat(),), "stand_in": (stand_in,)}
        form = form_of(client.card(message))
        assert form is not None
        await client.press(message, form, typed_in(client.card(message), given))
        return " ".join(errors_on(client.card(message)).values()) or None

    async def back(self, who: str) -> None:
        """See Front."""
        client = self._client(who)
        message = await self._answered(client, "I'm away")
        found = button_for(client.card(message), "back")
        assert found is not None, "nobody is away"
        await client.press(message, found)

    async def sees(self, who: str, case: str) -> Seen | None:
        """See Front."""
        client = self._client(who)
        await self._open(client, case)
        card = client.dialog_card()
        if client.dialog is None or not _REFERENCE.fullmatch(client.dialog["title"]):
            assert not _REFERENCE.search(str(client.dialog)), "a stranger reads of the case"
            return None
        name = self._scene.person(who)[0].name
        thread, more = thread_on(card, name), card
        while (earlier := button_for(more, "older")) is not None:
            await client.submit(earlier, {})
            more = client.dialog_card()
            thread = [*thread_on(more, name), *thread]
        await self._scene.worker.settle()
        return Seen(fact_on(card, texts.STATE), fact_on(card, texts.NEXT), tuple(thread), may_on(card), page_of(card))

    async def told(self, who: str, case: str) -> list[str]:
        """See Front. What the chat said as it came, unless it was taken back."""
        reference = (await case_of(self._scene, case)).reference
        heard: list[str] = []
        for message in self._client(who).messages():
            if reference in message.versions[0]["summary"]:
                heard.append(message.versions[0]["summary"])
                if message.now["summary"] == words.TAKEN_BACK:
                    assert reference not in str(message.now)
                    heard.clear()
        return heard

    async def waiting(self, who: str) -> set[str]:
        """See Front."""
        client = self._client(who)
        message = await self._answered(client, "waiting for me")
        door = next(actions(client.card(message)), None)
        found: set[str] = set()
        if door is None:
            return found
        await client.press(message, door)
        while True:
            card = client.dialog_card()
            found |= {press.case for _, press in presses_on(card) if press.do == "open"}
            more = button_for(card, "waiting")
            if more is None:
                return found
            await client.submit(more, {})
