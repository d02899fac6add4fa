"""What Slack refuses in the elements of blocks: buttons, menus, inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

Json = dict[str, Any]
Checker = Callable[[Json, str], Iterator[str]]

INPUTS = frozenset(
    {"plain_text_input", "number_input", "url_text_input", "email_text_input", "datepicker", "timepicker"}
    | {"datetimepicker", "checkboxes", "radio_buttons", "static_select", "multi_static_select"}
    | {"external_select", "multi_external_select", "file_input"}
)
_FOCUS = {"type", "action_id", "focus_on_load", "placeholder"}


def kind_of(thing: object) -> object:
    return thing.get("type") if isinstance(thing, dict) else None


def known(thing: Json, names: set[str], where: str) -> Iterator[str]:
    extra = set(thing) - names - {"block_id"}
    if extra:
        yield f"{where}: additional properties {sorted(extra)}"


def string(value: object, most: int, where: str, least: int = 1) -> Iterator[str]:
    if not isinstance(value, str) or not least <= len(value) <= most:
        yield f"{where}: a string of {least} to {most} characters"


def text(value: object, most: int, where: str, plain: bool = True) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: no text object"
        return
    kind = value.get("type")
    if kind != "plain_text" and (plain or kind != "mrkdwn"):
        yield f"{where}: wrong kind of text"
    yield from known(value, {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}, where)
    yield from string(value.get("text"), most, where)
    if isinstance(value.get("text"), str) and not value["text"].strip():
        yield f"{where}: nothing to see"


def element_faults(element: object, surface: str) -> Iterator[str]:
    checker = _ELEMENTS.get(str(kind_of(element)))
    if checker is None or not isinstance(element, dict):
        yield f"element: unsupported {kind_of(element)}"
        return
    yield from string(element.get("action_id", "a"), 255, "action_id")
    if "placeholder" in element:
        yield from text(element["placeholder"], 150, "placeholder")
    yield from (f"{element['type']}: {fault}" for fault in checker(element, surface))


def _button(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {"type", "action_id", "text", "url", "value", "style", "accessibility_label"}, "button")
    yield from text(element.get("text"), 75, "text")
    yield from string(element.get("url", ""), 3_000, "url", least=0)
    yield from string(element.get("value", ""), 2_000, "value", least=0)
    yield from string(element.get("accessibility_label", "x"), 75, "accessibility_label")
    if element.get("style", "primary") not in ("primary", "danger"):
        yield "style: primary or danger"


def _options(options: object, most: int) -> Iterator[str]:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"options: 1 to {most}"
        return
    for each in options:
        yield from known(each, {"text", "value", "description"}, "option")
        yield from text(each.get("text"), 75, "option text", plain=False)
        yield from string(each.get("value"), 150, "option value")
        if "description" in each:
            yield from text(each["description"], 75, "option description", plain=False)


def _all_options(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group.get("options", []))]


def _chosen(element: Json) -> list[Json]:
    first = [element["initial_option"]] if "initial_option" in element else []
    return [*first, *element.get("initial_options", [])]


def _select(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "options", "option_groups", "initial_option", "initial_options",
                                "max_selected_items"}, "select")  # fmt: skip
    if ("options" in element) == ("option_groups" in element):
        yield "options or option_groups"
    groups = element.get("option_groups", [])
    if len(groups) > 100:
        yield "option_groups: at most 100"
    for group in groups:
        yield from text(group.get("label"), 75, "group label")
        yield from _options(group.get("options"), 100)
    if "options" in element:
        yield from _options(element["options"], 100)
    yield from _among(element)


def _few(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "options", "initial_option", "initial_options"}, "options")
    yield from _options(element.get("options"), 10)
    yield from _among(element)


def _among(element: Json) -> Iterator[str]:
    options, chosen = _all_options(element), _chosen(element)
    values = [option.get("value") for option in options]
    if len(set(values)) != len(values):
        yield "options: a value twice"
    if ("initial_options" in element and not chosen) or any(each not in options for each in chosen):
        yield "initial_option: not one of the options"


def _external(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "initial_option", "initial_options", "min_query_length",
                                "max_selected_items"}, "external")  # fmt: skip
    if _chosen(element):
        yield from _options(_chosen(element), 100)


def _plain_text_input(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "initial_value", "multiline", "min_length", "max_length",
                                "dispatch_action_config"}, "input")  # fmt: skip
    most = element.get("max_length", 3_000)
    if not isinstance(most, int) or not 1 <= most <= 3_000:
        yield "max_length: 1 to 3000"
    elif "initial_value" in element:
        yield from string(element["initial_value"], most, "initial_value", least=0)


def _number_input(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "is_decimal_allowed", "initial_value", "min_value", "max_value",
                                "dispatch_action_config"}, "input")  # fmt: skip
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield "is_decimal_allowed: required"
    for name in ("initial_value", "min_value", "max_value"):
        value = element.get(name, "0")
        if not isinstance(value, str) or not value.lstrip("-").replace(".", "", 1).isdecimal():
            yield f"{name}: a number as a string"


def _datepicker(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {*_FOCUS, "initial_date"}, "datepicker")
    try:
        date.fromisoformat(element.get("initial_date", "2026-01-01"))
    except (TypeError, ValueError):
        yield "initial_date: YYYY-MM-DD"


def _datetimepicker(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {"type", "action_id", "focus_on_load", "initial_date_time"}, "datetimepicker")
    moment = element.get("initial_date_time", 1_700_000_000)
    if not isinstance(moment, int) or len(str(moment)) != 10 or moment < 0:
        yield "initial_date_time: 10 digits"


def _file_input(element: Json, surface: str) -> Iterator[str]:
    yield from known(element, {"type", "action_id", "filetypes", "max_files"}, "file_input")
    if not 1 <= element.get("max_files", 10) <= 10:
        yield "max_files: 1 to 10"


_ELEMENTS: dict[str, Checker] = {
    "button": _button,
    "static_select": _select,
    "multi_static_select": _select,
    "external_select": _external,
    "multi_external_select": _external,
    "checkboxes": _few,
    "radio_buttons": _few,
    "plain_text_input": _plain_text_input,
    "number_input": _number_input,
    "datepicker": _datepicker,
    "datetimepicker": _datetimepicker,
    "file_input": _file_input,
}
