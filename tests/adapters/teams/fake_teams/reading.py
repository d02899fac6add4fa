"""What a person reads on a card, and what they fill in: by labels, buttons and inputs, as a client shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from bot import desk_texts
from bot.chat import chat_texts as texts
from bot.chat.press import Press, unpack
from tests.adapters.teams.fake_teams.people import Client, Json, actions, inputs, lines

BUTTONS = frozenset(texts.ACTS) - {"mark_step", "name_subject"}
"""Actions that a case has as buttons."""


def made_up(press: Press) -> Json:
    """A button that opens a dialog, as a card has it."""
    return {"type": "Action.Submit", "data": {"msteams": {"type": "task/fetch"}, "press": press.pack()}}


def presses_on(card: Json) -> Iterator[tuple[Json, Press]]:
    for each in actions(card):
        packed = (each.get("data") or {}).get("press")
        if packed is not None:
            yield each, unpack(packed)


def button_for(card: Json, do: str, value: str | None = "") -> Json | None:
    """The first button of the card that asks for this; value: "" for any."""
    return next((a for a, press in presses_on(card) if press.do == do and value in ("", None, press.value)), None)


def form_of(card: Json) -> Json | None:
    """The button that sends the card's form."""
    return next((a for a in actions(card) if "form" in (a.get("data") or {})), None)


def typed_in(card: Json, given: Mapping[str, tuple[str, ...]]) -> Json:
    """What a client sends: what stands in the inputs, and what is typed over it; nothing where it is empty."""
    sent: dict[str, Any] = {}
    for each in inputs(card):
        kind, _, name = each["id"].partition("-")
        value = str(each.get("value", ""))
        if name in given:
            value = typed_value(each, kind, given[name])
        if value:
            sent[each["id"]] = value
    return sent


def typed_value(asked: Json, kind: str, given: tuple[str, ...]) -> str:
    first = given[0] if given else ""
    if kind == "c":
        return ",".join(filter(None, (chosen_value(asked, value) for value in given)))
    if kind in ("d", "h"):
        day, _, hour = first.partition("T")
        return day if kind == "d" else hour
    return first


def chosen_value(asked: Json, value: str) -> str:
    """The value of a choice that is known by its value or its title."""
    for choice in asked["choices"]:
        if value in (choice["title"], choice["title"].rpartition(", ")[0]):
            return str(choice["value"])
    return quote(value, safe=" ")


def errors_on(card: Json) -> dict[str, str]:
    """Sentences beside inputs, by the field."""
    found: dict[str, str] = {}
    said = ""
    for each in card["body"]:
        line = "".join(run["text"] for run in each.get("inlines", ()))
        if line.startswith("Error: "):
            said = line.removeprefix("Error: ")
        elif said and each["type"].startswith("Input."):
            found[each["id"].partition("-")[2]] = said
            said = ""
    return found


def refused_in(client: Client) -> str | None:
    """Why nothing was changed, as the open dialog says it."""
    card = client.dialog_card()
    if client.dialog is not None and client.dialog["title"] == texts.STRANGER_TITLE:
        return desk_texts.REFUSALS["no_access"]
    if client.dialog is not None and client.dialog["title"] == texts.NOTHING_CHANGED:
        return lines(card)[0]
    return refusal_on(card)


def refusal_on(card: Json) -> str | None:
    """Why nothing was changed."""
    said = lines(card)
    if texts.NOTHING_CHANGED in said[:4]:
        return said[said.index(texts.NOTHING_CHANGED) + 1]
    if wrong := errors_on(card):
        return " ".join(wrong.values())
    form = form_of(card)
    if form is not None:
        # A form that came back: why stands over it.
        return said[0]
    return None


def fact_on(card: Json, label: str) -> str:
    found = next((line for line in lines(card) if line.startswith(f"{label}: ")), "")
    return found.removeprefix(f"{label}: ")


def may_on(card: Json) -> frozenset[str]:
    acts = {press.value.partition(":")[0] for _, press in presses_on(card) if press.do == "act"}
    letter = {"letter"} if any(a.get("url", "").endswith("/letter") for a in actions(card)) else set()
    return frozenset((acts & (BUTTONS | {"mark_step"})) | letter)


def thread_on(card: Json, name: str) -> list[str]:
    """The lines of the thread, oldest first; the person's own with their name, as others read them."""
    body = card["body"]
    heads = (texts.THREAD, texts.EARLIER_TITLE)
    start = next(
        i for i, each in enumerate(body) if lines({"body": [each]})[:1] and lines({"body": [each]})[0] in heads
    )
    found = []
    for each in body[start + 1 :]:
        if each["type"] == "ActionSet":
            continue
        if each["type"] != "Container" or each.get("style"):
            break
        head, *rest = each["items"]
        words = lines({"body": rest})
        said = "\n".join(line for line in words if line != "On the condition:")
        found.append(f"{re.sub(rf'^{texts.YOU} ', f'{name} ', head['inlines'][0]['text'])} {said}".strip())
    return found


def page_of(card: Json) -> str:
    said = lines(card)
    return "\n".join([*said, " ".join(said)])
