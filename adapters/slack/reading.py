"""Buttons and forms as Slack hands them back -> what was pressed and filled in; pure.

The payload is signed, and still nothing in it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.slack.blocks import FEEDBACK, PRESS
from adapters.slack.escape import clean
from adapters.slack.inputs import ACTION
from adapters.slack.scopes import ASK_ABOUT_MESSAGE, NEW_REQUEST, REPORT_MESSAGE
from bot.chat.messages import Raw
from bot.chat.press import Press, unpack
from bot.errors import BadInput

__all__ = [
    "ASK_ABOUT_MESSAGE",
    "NEW_REQUEST",
    "REPORT_MESSAGE",
    "errors_for",
    "files",
    "filled",
    "form_press",
    "input_of",
    "pressed",
]  # fmt: skip

_UNREADABLE = "this form could not be read; please open it again"
_ERROR = 2_000


def input_of(block_id: object) -> str | None:
    """The input that a block asks for."""
    parts = block_id.split("|") if isinstance(block_id, str) else []
    return parts[1] if len(parts) == 4 and parts[0] == "in" else None


def pressed(action: object) -> Press | None:
    """What a button asks for; None for what wants nothing but an acknowledgement. Raises BadInput with the cure."""
    told = _dict(action)
    id = told.get("action_id")
    kind = id.partition(":")[0] if isinstance(id, str) else ""
    return unpack(told.get("value")) if kind in (PRESS, FEEDBACK) else None


def form_press(view: object) -> Press:
    """What sending a form is, from its metadata. Raises BadInput with the cure."""
    return unpack(_dict(view).get("private_metadata"))


def filled(view: object) -> Raw:
    """What was filled in, by input, from `view` of a view_submission or a block_actions payload.

    Every input that was shown is there; one that asks for files is empty, and they are apart. Raises BadInput.
    """
    raw: dict[str, tuple[str, ...]] = {}
    state = _state(view)
    for name, _, block_id in sorted(_shown(view), key=lambda each: each[:2]):
        earlier, found = raw.get(name, ()), _values(_answer(state, block_id))
        # Parts of one long text; a person may have emptied some of them.
        raw[name] = ("".join([*earlier, *found]),) if earlier and found else earlier or found
    return raw


def files(view: object) -> tuple[Mapping[str, Any], ...]:
    """Slack's file objects that came with a form, unread (T15). Raises BadInput."""
    state = _state(view)
    given = [_list(_answer(state, block_id).get("files") or []) for _, _, block_id in _shown(view)]
    return tuple(_dict(file) for each in given for file in each)


def errors_for(view: object, errors: Mapping[str, str]) -> dict[str, str]:
    """Sentences by input -> by block, as `response_action: errors` wants them.

    What belongs to no input that is shown stands beside the first. Empty where the view has no input at all.
    """
    places: dict[str, str] = {}
    for name, part, block_id in _shown(view):
        if part == 0:
            places.setdefault(name, block_id)
    if not places:
        return {}
    told: dict[str, list[str]] = {}
    for name, sentence in errors.items():
        told.setdefault(places.get(name, next(iter(places.values()))), []).append(sentence)
    return {block_id: clean(" ".join(sentences))[:_ERROR] for block_id, sentences in told.items()}


def _shown(view: object) -> Iterator[tuple[str, int, str]]:
    """(input, part, block id) of every input of the view."""
    for block in _list(_dict(view).get("blocks")):
        id = _dict(block).get("block_id")
        name = input_of(id)
        if name is not None and isinstance(id, str) and _dict(block).get("type") == "input":
            part = id.split("|")[2]
            if not (part.isascii() and part.isdecimal() and len(part) < 4):
                raise BadInput(_UNREADABLE)
            yield name, int(part), id


def _state(view: object) -> dict[str, Any]:
    return _dict(_dict(_dict(view).get("state")).get("values"))


def _answer(state: dict[str, Any], block_id: str) -> dict[str, Any]:
    return _dict(_dict(state.get(block_id, {})).get(ACTION, {}))


def _values(value: dict[str, Any]) -> tuple[str, ...]:
    """What one input holds, whatever kind it is."""
    if value.get("selected_option") is not None:
        return (_str(_dict(value["selected_option"]).get("value")),)
    if value.get("selected_options") is not None:
        return tuple(_str(_dict(each).get("value")) for each in _list(value["selected_options"]))
    if value.get("selected_date") is not None:
        return (_str(value["selected_date"]),)
    if value.get("selected_date_time") is not None:
        return (_moment(value["selected_date_time"]),)
    return (_str(value["value"]),) if value.get("value") else ()


def _moment(seconds: object) -> str:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 10**10:
        raise BadInput(_UNREADABLE)
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(_UNREADABLE)
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(_UNREADABLE)
    return value


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise BadInput(_UNREADABLE)
    return value
