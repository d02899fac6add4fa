"""A person at a form: what stands in its inputs, what they may put there, and what Slack would send of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from .world import Json, Shown

Given = str | int | Sequence[str] | Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class CannotDo(Exception):
    """Slack's own client does not let a person do this."""


def plain(text: object) -> str:
    """A text object as it is read."""
    return unescape(str(text.get("text", ""))) if isinstance(text, dict) else ""


def inputs(shown: Shown) -> list[Json]:
    """The input blocks of a view."""
    return [block for block in shown.body["blocks"] if block["type"] == "input"]


def block_for(shown: Shown, key: str) -> Json:
    """An input by its label, by its block id, or by a whole part of its block id."""
    for block in inputs(shown):
        if key in (plain(block["label"]), block["block_id"]) or key in block["block_id"].split("|"):
            return block
    raise CannotDo(f"there is no input {key!r}; there are {[plain(b['label']) for b in inputs(shown)]}")


def fill(shown: Shown, key: str, given: Given, files: Mapping[str, Json]) -> None:
    """Type or choose. Raises CannotDo."""
    block = block_for(shown, key)
    element = block["element"]
    value = _value(element, given, files)
    shown.state.setdefault(block["block_id"], {})[element["action_id"]] = value


def state_of(shown: Shown) -> Json:
    """`view.state.values`: every input, typed in or as it came."""
    return {
        block["block_id"]: {
            block["element"]["action_id"]: shown.state.get(block["block_id"], {}).get(
                block["element"]["action_id"], _initial(block["element"])
            )
        }
        for block in inputs(shown)
    }


def missing(shown: Shown) -> list[str]:
    """Labels of required inputs with nothing in them: Slack keeps the form open by itself."""
    state = state_of(shown)
    return [
        plain(block["label"])
        for block in inputs(shown)
        if not block.get("optional", False) and _empty(state[block["block_id"]][block["element"]["action_id"]])
    ]


def _empty(value: Json) -> bool:
    return not any(each for name, each in value.items() if name != "type")


_KEYS = {
    "radio_buttons": "selected_option",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "datepicker": "selected_date",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
_INITIAL = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}


def _initial(element: Json) -> Json:
    key = _KEYS.get(element["type"], "value")
    nothing: Any = [] if key in ("selected_options", "files") else None
    return {"type": element["type"], key: element.get(_INITIAL.get(key, ""), nothing)}


def _value(element: Json, given: Given, files: Mapping[str, Json]) -> Json:
    key = _KEYS.get(element["type"], "value")
    found: Any = given
    if key == "selected_option":
        found = None if given is None else _option(element, given)
    elif key == "selected_options":
        found = [_option(element, each) for each in _several(given)]
    elif key == "files":
        found = [files[str(id)] for id in _several(given)]
        if len(found) > element.get("max_files", 10):
            raise CannotDo("too many files")
    elif key == "value" and given is not None:
        found = str(given)
        _check_text(element, found)
    return {"type": element["type"], key: found}


def _several(given: Given) -> Sequence[object]:
    if isinstance(given, str | int | Mapping) or given is None:
        raise CannotDo("several are wanted here: a list")
    return given


def _check_text(element: Json, text: str) -> None:
    if len(text) > element.get("max_length", 3_000):
        raise CannotDo("more characters than the input takes")
    if element["type"] == "number_input" and text:
        try:
            int(text) if not element["is_decimal_allowed"] else float(text)
        except ValueError:
            raise CannotDo("not a number") from None


def _option(element: Json, given: object) -> Json:
    if isinstance(given, Mapping):
        if not element["type"].endswith("external_select"):
            raise CannotDo("an option of one's own")
        return dict(given)
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(option for group in groups for option in group["options"])]
    for option in options:
        if given in (plain(option["text"]), option["value"]):
            return dict(option)
    raise CannotDo(f"{given!r} is none of {[plain(option['text']) for option in options]}")
