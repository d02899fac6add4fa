"""How the people of a scenario get about in Teams: to a form, to a case, through a form, to a decision."""

from __future__ import annotations

import json
import uuid
from typing import Self

from adapters.teams import render
from bot.chat.desk import ChatDesk
from bot.chat.messages import Post, Spot
from bot.chat.press import Press, unpack
from bot.organisation import Organisation, TeamsAccount
from bot.worker import Platform, Worker
from policy_kb.procedures import Procedure
from tests.adapters.teams.fake_teams.connector import TENANT, FakeTeams, Message
from tests.adapters.teams.fake_teams.people import Client, Json
from tests.adapters.teams.fake_teams.reading import (
    button_for,
    errors_on,
    form_of,
    made_up,
    page_of,
    presses_on,
    refusal_on,
    refused_in,
    typed_in,
)
from tests.adapters.teams.fake_teams.running import Running
from tests.scenario_answers import Circumstances, fewest
from tests.scenario_format import Does
from tests.scenario_fronts import CoreFront, procedure_of
from tests.scenario_world import Extra, Posted, Scene, Sent, Typed

PAGES = "https://askfirst.example"
KINDS = {"confirmed": "c", "to": "c", "subject": "c", "done": "c"}
"""Of the inputs of an action, those that are chosen."""


def entra_id(person: str) -> str:
    """The Entra object id of a person of the sample organisation."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, person))


def on_teams(organisation: Organisation) -> Organisation:
    """The organisation with everybody's account on Teams."""
    schools = []
    for school in organisation.schools:
        people = tuple(
            p.model_copy(update={"teams": TeamsAccount(tenant=TENANT, user=entra_id(p.id))}) for p in school.people
        )
        schools.append(school.model_copy(update={"people": people}))
    return Organisation.model_validate(organisation.model_copy(update={"schools": tuple(schools)}).model_dump())


class _Noted(Posted):
    """A platform, and what it was asked to post."""

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    async def post(self, post: Post) -> Spot | None:
        """Keep all that can be read of it, and post it."""
        if post.text:
            whole = json.dumps(render.notice(post), ensure_ascii=False)
            self.posts.append((post.key, post.person, whole, post.case_id))
        return await self._platform.post(post)


class Ways:
    """Each person with a client of their own. Use as an async context."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._teams = FakeTeams()
        self._clients: dict[str, Client] = {}
        self._running: Running
        self._pages = CoreFront(scene, twice=False)

    async def __aenter__(self) -> Self:
        await self._teams.__aenter__()
        for person, _ in self._scene.organisation.everyone():
            self._teams.add(entra_id(person.id), person.name, person.email or "")
        scene = self._scene
        desk = ChatDesk(scene.bot, scene.office, PAGES)
        self._running = Running(self._teams, desk, scene.office, lambda: scene.now)
        await self._running.__aenter__()
        scene.posted = _Noted(self._running.teams.platform)
        scene.worker = Worker(scene.office, scene.posted, lambda: scene.now, on=("teams",))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.__aexit__()
        await self._teams.__aexit__()

    # How people get there.

    def _client(self, who: str) -> Client:
        if who not in self._clients:
            person, _ = self._scene.person(who)
            self._clients[who] = self._running.client(entra_id(who), person.name)
        return self._clients[who]

    async def _answered(self, client: Client, text: str) -> Message:
        before = len(client.messages())
        answer = await client.say(text)
        assert answer.status == 200, answer
        await self._running.settle()
        fresh = client.messages()[before:]
        assert fresh, f"no answer to {text!r}"
        return fresh[0]

    async def _begin(self, client: Client, slug: str, school: str | None) -> None:
        """Open a form by the menu; a form that the menu does not have, as somebody would who made up a button."""
        message = await self._answered(client, "menu")
        there = button_for(client.card(message), "menu", school) if school else None
        if there is not None:
            await client.press(message, there)
            await self._press_in_dialog(client, "start", f"{slug}@{school}", Press("start", value=f"{slug}@{school}"))
            return
        found = button_for(client.card(message), "start", slug)
        value = f"{slug}@{school}" if school else slug
        await client.press(message, found or made_up(Press("start", value=value)))

    async def _open(self, client: Client, case: str) -> None:
        """Open the case by its card, or as somebody would who made up a button."""
        standing = self._standing(client, case)
        message = standing or Message("none", client.chat, [{}])
        found = button_for(client.card(message), "open") if standing else None
        await client.press(message, found or made_up(Press("open", case)))

    def _standing(self, client: Client, case: str) -> Message | None:
        """The message with the case's card."""
        for message in reversed(client.messages()):
            if any(press.case == case for _, press in presses_on(client.card(message))):
                return message
        return None

    async def _press_in_dialog(self, client: Client, do: str, value: str = "", otherwise: Press | None = None) -> None:
        found = button_for(client.dialog_card(), do, value)
        assert found is not None or otherwise is not None, f"no button {do} {value}"
        made_up = {"type": "Action.Submit", "data": {"press": otherwise.pack() if otherwise else ""}}
        await client.submit(found or made_up, {})

    async def _submit(self, client: Client, given: Typed) -> None:
        form = form_of(client.dialog_card())
        assert form is not None
        await client.submit(form, typed_in(client.dialog_card(), given))

    # Forms.

    async def _steps(
        self, client: Client, who: str, slug: str, typed: Typed, extra: Extra
    ) -> tuple[dict[str, str], Typed]:
        """Every step and the gate; what is wrong, by field.

        A story knows every fault of a form at once: each is put right here, so that the later steps are seen too.
        """
        wrong: dict[str, str] = {}
        procedure = self._scene.bot.policy(self._scene.person(who)[1].policy).procedures.get(slug)
        while (form := form_of(client.dialog_card())) and unpack(form["data"]["form"]).do in ("form", "gate"):
            before = client.dialog
            await self._submit(client, {**typed, "gate": ("yes" if extra.held_back else "none",)})
            fresh = {key: text for key, text in errors_on(client.dialog_card()).items() if key not in wrong}
            if procedure is None or client.dialog == before:
                break
            # Questions that came to apply by what was put right are not the story's own.
            wrong |= {k: v for k, v in fresh.items() if not procedure.by_id[k].when.keys() & wrong.keys()}
            typed = {**typed, **self._put_right(who, procedure, typed, fresh)}
        return wrong, typed

    def _put_right(self, who: str, procedure: Procedure, typed: Typed, wrong: Typed | dict[str, str]) -> Typed:
        colleagues = tuple(p.id for p in self._scene.person(who)[1].people if p.id != who)
        around = Circumstances(self._scene.now.date(), colleagues)
        right = fewest(procedure, around, {key: value for key, value in typed.items() if key not in wrong})
        return {key: right.get(key, ()) for key in wrong}

    async def _sent(self, client: Client) -> Sent:
        """The check and the sending, twice."""
        form = form_of(client.dialog_card())
        if form is None:
            return Sent(refused=page_of(client.dialog_card()))
        await client.submit(form, {})
        sent = client.dialog
        if refused := refused_in(client):
            return Sent(refused=refused)
        case = next(press.case for _, press in presses_on(client.dialog_card()) if press.case)
        reference = str(sent["title"]) if sent else ""
        await client.submit(form, {})
        assert client.dialog == sent, "the same form twice opened a second case"
        return Sent(case, reference)

    async def _revised(self, client: Client, case: str, step: Does) -> str | None:
        await self._open(client, case)
        await self._press_in_dialog(client, "act", "revise", Press("act", case, "revise"))
        while (form := form_of(client.dialog_card())) is not None:
            if wrong := errors_on(client.dialog_card()):
                return " ".join(wrong.values())
            await self._submit(client, step.with_)
            if unpack(form["data"]["form"]).do == "send":
                break
        return refused_in(client)

    async def _given(self, case: str, step: Does) -> Typed:
        """What a step of the story fills in: the checklist by its numbers."""
        checklist = (await procedure_of(self._scene, case)).checklist
        ticked = checklist if step.confirmed is None else step.confirmed
        return {
            "words": (step.words,),
            "conditions": (step.conditions,),
            "confirmed": tuple(str(checklist.index(point) + 1) for point in ticked if point in checklist),
            "to": (step.to or "",),
            "subject": (step.subject or "",),
            "done": ("yes" if step.done else "no",),
        }

    async def _in_the_card(self, client: Client, message: Message, button: Json, given: Typed) -> str | None:
        """Press in the card, fill in the form that takes its place, and send it, twice."""
        await client.press(message, button)
        card = client.card(message)
        form = form_of(card)
        if form is None:
            return refusal_on(card)
        filled = typed_in(card, given)
        await client.press(message, form, filled)
        return refusal_on(client.card(message))
