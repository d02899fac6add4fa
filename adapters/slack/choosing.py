"""Options of an input -> radio buttons, checkboxes, a menu, or a menu that asks us while somebody types; pure."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.slack import limit_words as words
from adapters.slack.blocks import LABEL, sections
from adapters.slack.escape import Json, blank, clean, plain, shortened, size
from bot.chat.messages import Choice, Input

FEW = 10
"""Radio buttons and checkboxes."""
MANY = 100
"""Options of a menu, or of a group in it; and groups."""
VALUE = 150
TYPED_FIRST = 2
"""Letters before Slack asks us for options."""


def choosing(
    choices: Sequence[Choice], chosen: Sequence[str], several: bool, short_of_room: bool
) -> tuple[list[Json], Json | None]:
    """(what stands before it, the element); the element is None where there is nothing to choose from.

    A value stands once: under the first of its groups. Raises ValueError for a value that cannot travel.
    """
    options = {choice.value: choice for choice in reversed(choices) if choice.value}
    unique = [choice for choice in dict.fromkeys(choices) if options.get(choice.value) is choice]
    if not unique:
        return [], None
    told, made = _options(unique)
    picked = [option for choice, option in zip(unique, made, strict=True) if choice.value in chosen]
    if len(unique) <= FEW:
        return told, {
            "type": "checkboxes" if several else "radio_buttons",
            "options": made,
            **_initial(picked, several),
        }
    groups = _groups(unique, made)
    kind = "multi_" if several else ""
    if len(groups) > MANY or (short_of_room and len(unique) > MANY):
        placeholder = plain(words.SEARCH, VALUE)
        element = {"type": f"{kind}external_select", "min_query_length": TYPED_FIRST, "placeholder": placeholder}
        return [], {**element, **_initial(picked, several)}
    listed: Json = {"options": made} if len(groups) == 1 else {"option_groups": groups}
    element = {"type": f"{kind}static_select", **listed, "placeholder": plain(words.CHOOSE, VALUE)}
    return told, {**element, **_initial(picked, several)}


def options_for(field: Input, typed: str) -> Json:
    """The answer to a `block_suggestion`: options that hold every word that was typed, by group, at most 100."""
    sought = clean(typed).casefold().split()
    seen: dict[str, Choice] = {}
    for choice in field.choices:
        text = f"{choice.label} {choice.group}".casefold()
        if choice.value and choice.value not in seen and all(word in text for word in sought):
            seen[choice.value] = choice
    found = list(seen.values())[:MANY]
    if not found:
        return {"options": []}
    groups = _groups(found, [_option(choice, choice.label) for choice in found])
    return {"options": groups[0]["options"]} if len(groups) == 1 else {"option_groups": groups}


def _initial(picked: list[Json], several: bool) -> Json:
    if not picked:
        return {}
    return {"initial_options": picked} if several else {"initial_option": picked[0]}


def _options(choices: Sequence[Choice]) -> tuple[list[Json], list[Json]]:
    """Labels of two lines stand in the option; longer ones before the input, numbered."""
    told: list[str] = []
    made: list[Json] = []
    for choice in choices:
        label = choice.label
        if size(clean(label)) > 2 * LABEL - 10:
            told.append(f"{len(told) + 1}. {label}")
            label = told[-1][:LABEL]
        made.append(_option(choice, label))
    return sections("\n".join(told)), made


def _option(choice: Choice, label: str) -> Json:
    if len(choice.value) > VALUE:
        raise ValueError("a choice that cannot travel")
    if blank(clean(label)):
        label = choice.value
    whole = clean(label)
    first = shortened(whole, LABEL)
    if first == whole:
        return {"text": plain(whole, LABEL), "value": choice.value}
    at = whole.rfind(" ", LABEL // 2, len(first) - 1) + 1 or len(first) - 1
    return {"text": plain(whole[:at], LABEL), "description": plain(whole[at:], LABEL), "value": choice.value}


def _groups(choices: Sequence[Choice], made: Sequence[Json]) -> list[Json]:
    """By group in the order of their first members; a group of more than 100 in several, named by first and last."""
    members: dict[str, list[tuple[Choice, Json]]] = {}
    for choice, option in zip(choices, made, strict=True):
        members.setdefault(choice.group, []).append((choice, option))
    return [
        {"label": plain(_title(group, inside, at), LABEL), "options": [option for _, option in inside[at : at + MANY]]}
        for group, inside in members.items()
        for at in range(0, len(inside), MANY)
    ]


def _title(group: str, inside: list[tuple[Choice, Json]], at: int) -> str:
    name = group if not blank(clean(group)) else words.OTHERS
    if len(inside) <= MANY:
        return name
    first, last = inside[at][0].label, inside[min(at + MANY, len(inside)) - 1][0].label
    span = words.FIRST_TO_LAST.format(first=shortened(first, 30), last=shortened(last, 30))
    return f"{span} ({name})" if group else span
