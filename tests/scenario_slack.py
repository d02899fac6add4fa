"""The people of a scenario in Slack: messages, buttons and forms of our own Slack, over HTTP; each click comes twice.

What Slack shows is read back into parts and inputs, so that a story is played as it is in a chat without a platform.
Slack itself would hold back a form with an empty required input; here it is sent all the same, as another client may.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from adapters.slack import sentences
from bot.chat.messages import (
    Button,
    Buttons,
    Card,
    Choice,
    Clause,
    Entry,
    Facts,
    File,
    Heading,
    Input,
    Link,
    Part,
    Reaction,
    View,
    Words,
)
from bot.chat.press import Press, unpack
from bot.forms import LONDON
from bot.worker import Worker
from policy_kb.procedures import FieldType
from tests import scenario_chat
from tests.adapters.slack.fake_slack import Answer, Message, Shown, filling, payloads, plain
from tests.adapters.slack.hall import Hall
from tests.scenario_chat import TEAM, ChatFront, buttons
from tests.scenario_world import Heard, Scene

Json = dict[str, Any]
_COMMANDS = frozenset({"mine", "waiting", "register", "away", "policies"})


class _Phones:
    """The cards that stand in Slack, as a chat without a platform keeps them."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.cards = self

    def get(self, wanted: tuple[str, str], otherwise: tuple[None, None]) -> tuple[Message, Card] | tuple[None, None]:
        """The latest card of a case in somebody's conversation with the bot."""
        who, case = wanted
        for message in reversed(self._hall.fake.from_bot(f"U-{who}")):
            if any(button.press.case == case for button in buttons(_parts(message.blocks))):
                return message, _card([message])
        return otherwise


class SlackFront(ChatFront):
    """Everything over Slack. Use as an async context, before the scene adopts its organisation."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.hall = Hall(scene.bot, scene.office, lambda: scene.now)
        self.phones = _Phones(self.hall)  # type: ignore[assignment]

    async def __aenter__(self) -> Self:
        await self.hall.__aenter__()
        for person, _ in self._scene.organisation.everyone():
            self.hall.fake.person(f"U-{person.id}", TEAM, name=person.name)
        self._scene.worker = Worker(
            self._scene.office, self.hall.slack.platform, lambda: self._scene.now, on=("slack",)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hall.__aexit__()

    # What people do.

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """See Front."""
        user = f"U-{who}"
        await self.hall.say(user, text)
        question = [m for m in self.hall.fake.messages(user) if m.author == user][-1]
        await self.hall.again()
        card = _card([m for m in self.hall.fake.from_bot(user) if m.thread == question.ts])
        for label in picks:
            found = next((b for b in buttons(card.parts) if b.label == label), None)
            assert found is not None, f"no button {label!r} among {[b.label for b in buttons(card.parts)]}"
            card = (await self._press(who, found.press)).replies[-1]
        offers = tuple(b.press.value for b in buttons(card.parts) if b.press.do == "start")
        return Heard(scenario_chat.readable(card.parts), offers)

    async def _press(self, who: str, press: Press) -> Reaction:
        """A button that stands somewhere before the person; else a command or a shortcut; else one made up."""
        fake, user = self.hall.fake, f"U-{who}"
        seen, shown = len(fake.from_bot(user)), self._before(user)
        where = self._standing(user, press)
        if where is not None:
            await self.hall.act(fake.pressing(user, where, press.pack()))
        elif press == Press("menu"):
            await fake.shortcut(user, "new_request")
        elif press.do in _COMMANDS and not press.value:
            await fake.command(user, f"/policy {press.do}")
        else:
            await self.hall.act(self._made_up(user, press))
        await self.hall.settle()
        modal = fake.modal(user)
        fresh = fake.from_bot(user)[seen:]
        view = _view(modal) if modal is not None and (modal.id, modal.hash) != shown else None
        return Reaction(replies=(_card(fresh),) if fresh else (), view=view)

    def _before(self, user: str) -> tuple[str, str] | None:
        modal = self.hall.fake.modal(user)
        return (modal.id, modal.hash) if modal else None

    def _standing(self, user: str, press: Press) -> Message | Shown | None:
        fake, value = self.hall.fake, press.pack()
        modal = fake.modal(user)
        if modal is not None and value in _values(modal.body["blocks"]):
            return modal
        return next((m for m in reversed(fake.from_bot(user)) if value in _values(m.blocks)), None)

    def _made_up(self, user: str, press: Press) -> Json:
        """A press of a button that nobody was shown."""
        fake = self.hall.fake
        space, here = fake.world.workspace_of(user), fake.world.dm(user)
        stamp = fake.world.stamp()
        action = {
            "type": "button",
            "action_id": "press:0:0",
            "block_id": "b0",
            "value": press.pack(),
            "action_ts": stamp,
        }
        message = Message(here.id, stamp, space.bot_user, "made up")
        return {
            **payloads.interaction(fake.world, space, user, "block_actions"),
            **payloads.from_message(message, here, space, False),
            "actions": [action | {"text": {"type": "plain_text", "text": "made up"}}],
        }

    async def _send(
        self, who: str, press: Press, raw: dict[str, tuple[str, ...]], files: tuple[File, ...] = ()
    ) -> Reaction:
        """The form that is open, twice; one that nobody was shown as it would be made up."""
        fake, user = self.hall.fake, f"U-{who}"
        shown = fake.modal(user)
        if shown is None or shown.body["private_metadata"] != press.pack():
            shown = self._made_up_form(user, press, raw)
        for block in filling.inputs(shown):
            self._fill(shown, block, raw, [fake.upload(user, file.name, file.data) for file in files])
        payload = fake.submitting(user, shown)
        first, again = (await self.hall.act(payload))[:2]
        assert first.acknowledged, first
        assert _gist(again) == _gist(first), "the same form twice had two answers"
        fake._shown(user, shown, first)
        assert not shown.trouble, first
        return self._reaction(user, shown, first)

    def _made_up_form(self, user: str, press: Press, raw: dict[str, tuple[str, ...]]) -> Shown:
        inputs = [
            {"type": "input", "block_id": f"in|{name}|0|00000000", "label": {"type": "plain_text", "text": name},
             "optional": True, "element": {"type": "plain_text_input", "action_id": "answer"}}
            for name in raw
        ]  # fmt: skip
        title = {"type": "plain_text", "text": "Made up"}
        blocks = inputs or [{"type": "section", "text": title}]
        body = {
            "type": "modal",
            "title": title,
            "blocks": blocks,
            "private_metadata": press.pack(),
            "callback_id": "askfirst",
        }
        shown = self.hall.fake.world.new_view(TEAM, user, body)
        self.hall.fake.world.modals[user] = [shown]
        return shown

    def _fill(self, shown: Shown, block: Json, raw: dict[str, tuple[str, ...]], files: list[str]) -> None:
        element, name = block["element"], block["block_id"].split("|")[1]
        values = raw.get(name, ())
        stored = {id: payloads.file(self.hall.fake.world, id, self.hall.fake.server.base) for id in files}
        given = _typed(element, values, [stored[id] for id in files])
        shown.state.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **given}

    def _reaction(self, user: str, shown: Shown, answer: Answer) -> Reaction:
        body = answer.json
        if body.get("response_action") == "errors":
            errors = {block.split("|")[1]: text for block, text in body["errors"].items()}
            return Reaction(errors=errors, view=_view(shown))
        modal = self.hall.fake.modal(user)
        if modal is not None and plain(modal.body["title"]) == sentences.NOT_SENT_TITLE:
            # On top of a form whose one question has nothing to choose from: that of a site.
            self.hall.fake.close(user)
            return Reaction(
                errors={self._site_of(shown): scenario_chat.readable(_view(modal).parts)}, view=_view(shown)
            )
        return Reaction(view=_view(modal)) if modal else Reaction(close=True)

    def _site_of(self, shown: Shown) -> str:
        slug, _, school = unpack(shown.body["private_metadata"]).value.partition("@")
        place = self._scene.organisation.school(school)
        assert place is not None
        fields = self._scene.bot.policy(place.policy).procedures[slug].fields
        return next(field.id for field in fields if field.type is FieldType.SITE)


def _gist(answer: Answer) -> tuple[object, ...]:
    """Errors, or which view follows and what it says; whether a draft is kept meanwhile may show in its buttons."""
    view = answer.json.get("view", {})
    said = [part.text for part in _parts(view.get("blocks", [])) if isinstance(part, Words)]
    return answer.json.get("response_action"), answer.json.get("errors"), view.get("private_metadata"), said


def _typed(element: Json, values: tuple[str, ...], files: list[Json]) -> Json:
    """What stands in an element once somebody chose or typed this."""
    kind, first = element["type"], values[0] if values else None
    if kind == "file_input":
        return {"files": files}
    if kind.startswith("multi_") or kind == "checkboxes":
        return {"selected_options": [{"value": value} for value in values]}
    if kind in ("radio_buttons", "static_select", "external_select"):
        return {"selected_option": {"value": first} if first else None}
    if kind in ("datepicker", "datetimepicker") and first:
        picked = _picked(first)
        if picked is None:
            # No picker holds this; a client that types it is told what is wrong all the same.
            return {"value": first}
        day = picked.date().isoformat()
        return {"selected_date": day} if kind == "datepicker" else {"selected_date_time": int(picked.timestamp())}
    return {"value": first}


def _picked(text: str) -> datetime | None:
    """A story's day or moment, as a picker has it; None for words."""
    day, _, time = text.partition(" ")
    shown = f"{'-'.join(reversed(day.split('/')))} {time}".strip() if "/" in day else text
    try:
        moment = datetime.fromisoformat(shown)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


# What Slack shows, read back.


def _values(blocks: list[Json]) -> set[str]:
    return {
        str(element.get("value")) for block in blocks for element in block.get("elements", []) if "value" in element
    }


def _card(messages: list[Message]) -> Card:
    parts = tuple(part for message in messages for part in _parts(message.blocks))
    return Card(parts, messages[0].text if messages else "")


def _view(shown: Shown) -> View:
    body = shown.body
    inputs = tuple(_input(block) for block in body["blocks"] if block["type"] == "input")
    press = unpack(body["private_metadata"]) if body["private_metadata"] else None
    return View(plain(body["title"]), _parts(body["blocks"]), inputs, press)


def _parts(blocks: list[Json]) -> tuple[Part, ...]:
    return tuple(part for block in blocks for part in _part(block))


def _part(block: Json) -> Iterator[Part]:
    match block["type"]:
        case "header":
            yield Heading(plain(block["text"]))
        case "section":
            yield Words(plain(block["text"]))
        case "context":
            yield Words("\n".join(plain(element) for element in block["elements"]))
        case "rich_text":
            yield _rich(block["elements"])
        case "actions":
            yield Buttons(tuple(_button(element) for element in block["elements"]))


def _button(element: Json) -> Button | Link:
    if "url" in element:
        return Link(plain(element["text"]), element["url"])
    return Button(plain(element["text"]), unpack(element["value"]))


def _rich(elements: list[Json]) -> Part:
    """Facts, a clause, a line of the thread or plain words, told apart by which runs are bold."""
    runs = [[(run["text"], bool(run.get("style", {}).get("bold"))) for run in each["elements"]] for each in elements]
    texts = ["".join(text for text, _ in each) for each in runs]
    first = runs[0]
    if len(first) == 3 and [bold for _, bold in first] == [True, False, False] and first[2][0].startswith("\n"):
        words = texts[1] if len(texts) > 1 and elements[1]["type"] == "rich_text_quote" else ""
        return Entry(first[2][0].strip(), first[0][0], first[1][0].strip(), words, texts[3] if len(texts) > 3 else "")
    if len(elements) == 1 and any(bold for _, bold in first) and any(not bold for _, bold in first):
        return Facts(tuple(_facts(first)))
    if len(elements) == 2 and elements[1]["type"] == "rich_text_quote":
        return Clause(texts[0], tuple(texts[1].split("\n")))
    return Words("\n".join(texts))


def _facts(runs: list[tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    label, value = "", ""
    for text, bold in runs:
        if bold:
            if label:
                yield label, value.strip()
            label, value = text.removesuffix(":"), ""
        else:
            value += text
    yield label, value.strip()


def _input(block: Json) -> Input:
    element = block["element"]
    groups = [("", element.get("options", []))]
    groups += [(plain(group["label"]), group["options"]) for group in element.get("option_groups", [])]
    choices = tuple(
        Choice(option["value"], f"{plain(option['text'])}{plain(option.get('description'))}", group)
        for group, options in groups
        for option in options
    )
    kind = FieldType.EVIDENCE if element["type"] == "file_input" else FieldType.LINE
    name = block["block_id"].split("|")[1]
    return Input(name, plain(block["label"]), kind, not block.get("optional", False), "", choices, _stands(element))


def _stands(element: Json) -> tuple[str, ...]:
    if "initial_options" in element:
        return tuple(option["value"] for option in element["initial_options"])
    if "initial_option" in element:
        return (element["initial_option"]["value"],)
    if "initial_date_time" in element:
        return (datetime.fromtimestamp(element["initial_date_time"], LONDON).isoformat(),)
    found = element.get("initial_date") or element.get("initial_value")
    return (str(found),) if found else ()
