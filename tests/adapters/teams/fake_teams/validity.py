"""What Teams would not take, or not show: the Adaptive Cards schema and the rules of the Teams documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

from bot.chat.press import unpack

SCHEMA = Path(__file__).parents[1] / "schemas" / "adaptive-card.schema.1.6.0.json"
LARGEST = 80 * 1024
CARD = "application/vnd.microsoft.card.adaptive"


@lru_cache
def _validator() -> Draft6Validator:
    return Draft6Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check_message(activity: dict[str, Any]) -> None:
    """A message as the Connector takes it. Raises AssertionError."""
    assert activity.get("type") in ("message", "typing"), activity.get("type")
    if activity["type"] == "typing":
        return
    assert len(json.dumps(activity).encode()) < LARGEST + 4096, "too large a message"
    assert activity.get("textFormat") == "plain", "text that could be read as markdown (T12)"
    assert activity.get("text") or activity.get("attachments"), "an empty message"
    assert activity.get("summary"), "nothing to preview"
    for attachment in activity.get("attachments", ()):
        assert attachment["contentType"] == CARD
        check_card(attachment["content"], in_dialog=False)
    for entity in activity.get("entities", ()):
        _check_citations(entity, activity["text"])


def _check_citations(entity: dict[str, Any], text: str) -> None:
    """Teams, bot messages with citations: limits; and never the AI label."""
    assert entity["type"] == "https://schema.org/Message", "no entity that somebody could have made up"
    assert "additionalType" not in entity, "an AI label on what nobody generated"
    assert 1 <= len(entity["citation"]) <= 20
    for number, each in enumerate(entity["citation"], 1):
        look = each["appearance"]
        assert each["@type"] == "Claim"
        assert each["position"] == number
        assert f"[{number}]" in text
        assert look["@type"] == "DigitalDocument"
        assert 1 <= len(look["name"]) <= 80
        assert 1 <= len(look["abstract"]) <= 160


def check_card(card: dict[str, Any], in_dialog: bool) -> None:
    """An Adaptive Card. Raises AssertionError naming the first fault."""
    assert len(json.dumps(card).encode()) <= LARGEST, "too large a card"
    assert card["version"] == "1.5"
    fault = _fault(card)
    assert fault is None, fault
    ids = [each["id"] for each in walk(card) if str(each.get("type", "")).startswith("Input.")]
    assert len(ids) == len(set(ids)), "two inputs of one id"
    for each in walk(card):
        if each.get("type") in ("Action.Submit", "Action.Execute"):
            _check_action(each, in_dialog)
        if str(each.get("type", "")).startswith("Input."):
            assert each.get("label"), "an input that a screen reader cannot name"
        if each.get("type") == "ActionSet":
            assert 1 <= len(each["actions"]) <= 6, "Teams shows six actions in a row"
    assert len((card.get("refresh") or {}).get("userIds", ())) <= 60


_VALID: set[str] = set()
"""Shapes of elements that were found valid: the schema takes longer to go through than a whole story."""
_FREE = frozenset({"text", "title", "label", "value", "fallbackText", "url", "id", "press", "form", "shown"})


def _fault(card: dict[str, Any]) -> str | None:
    """The first fault by the schema. Each element is checked once for each shape that it has."""
    bare = {name: value for name, value in _without_extension(card).items() if name != "body"}
    for each in [[], *([element] for element in _without_extension(card["body"]))]:
        shape = json.dumps(_shape({**bare, "body": each}), sort_keys=True)
        if shape not in _VALID:
            found = next(iter(_validator().iter_errors({**bare, "body": each})), None)
            if found is not None:
                return f"{list(found.absolute_path)}: {found.message[:300]}"
            _VALID.add(shape)
    return None


def _shape(value: Any) -> Any:
    """The value with strings that may be anything left out, and what repeats itself once."""
    if isinstance(value, dict):
        return {name: type(v).__name__ if name in _FREE else _shape(v) for name, v in value.items()}
    if isinstance(value, list):
        shapes = [_shape(each) for each in value]
        return [each for i, each in enumerate(shapes) if each not in shapes[:i]]
    return value


def _check_action(action: dict[str, Any], in_dialog: bool) -> None:
    """What is in a button anybody can change, so that nothing but ids may be in it (T04)."""
    data = dict(action["data"])
    fetches = data.pop("msteams", None)
    if fetches is not None:
        assert fetches == {"type": "task/fetch"}
        assert action["type"] == "Action.Submit", "only Action.Submit opens a dialog"
    assert set(data) in ({"press"}, {"form", "shown"}), set(data)
    unpack(data.get("press", data.get("form")))
    if in_dialog:
        assert action["type"] == "Action.Submit", "a dialog sends nothing but Action.Submit"
        assert fetches is None, "a dialog cannot open another"
    elif action["type"] == "Action.Execute" and action.get("verb") != "refresh":
        assert action["fallback"]["type"] == "Action.Submit", "older clients need a button too"
        assert action["fallback"]["data"] == action["data"]


def _without_extension(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_extension(each) for name, each in value.items() if name != "msteams"}
    return [_without_extension(each) for each in value] if isinstance(value, list) else value


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every element and action of a card, in order; fallbacks too."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)
