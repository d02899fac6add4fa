"""Inputs of a form -> inputs of an Adaptive Card; pure. What is typed is checked by the desk alone, never here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from adapters.teams import names, words
from adapters.teams.cards import Element, text
from bot.chat.messages import Choice, Input
from policy_kb.procedures import FieldType

FEW = 6
"""So many choices stand open; more are chosen from a list that can be searched."""

_SEVERAL = frozenset({FieldType.CHOICES, FieldType.PEOPLE})
_TYPED = frozenset({FieldType.LINE, FieldType.TEXT, FieldType.ADDRESS, FieldType.NUMBER})


def id_of(asked: Input) -> str:
    """The id under which Teams sends the input: it says how its value is read."""
    if asked.kind in _TYPED:
        return f"{names.TYPED}-{asked.id}"
    days = asked.kind in (FieldType.DATE, FieldType.MOMENT)
    return f"{names.DAY if days else names.CHOICES}-{asked.id}"


def shown(inputs: tuple[Input, ...]) -> str:
    """The ids of the inputs of a form, for reading it when it comes back."""
    return " ".join(id_of(each) for each in inputs if each.kind is not FieldType.EVIDENCE)


def elements(inputs: tuple[Input, ...]) -> Iterator[Element]:
    """Every input with its error and help over it, where a screen reader meets them first."""
    for asked in inputs:
        first, *others = _question(asked)
        # The help stands nearer to its own input than to the one above.
        yield {**first, "spacing": "Large"}
        yield from ({**each, "spacing": "Small"} for each in others)


def _question(asked: Input) -> Iterator[Element]:
    if asked.error:
        yield text(words.ERROR.format(error=asked.error), color="Attention", weight="Bolder")
    if asked.kind is FieldType.EVIDENCE:
        yield text(words.FILES_ELSEWHERE, isSubtle=True)
        return
    if asked.help:
        yield text(asked.help, isSubtle=True)
    yield from _input(asked)


def _input(asked: Input) -> Iterator[Element]:
    label = asked.label if asked.required else words.OPTIONAL.format(label=asked.label)
    first = asked.values[0] if asked.values else ""
    base: Element = {"id": id_of(asked), "label": label}
    match asked.kind:
        case FieldType.LINE | FieldType.ADDRESS:
            yield {"type": "Input.Text", **base, "value": first}
        case FieldType.TEXT:
            yield {"type": "Input.Text", **base, "value": first, "isMultiline": True}
        case FieldType.NUMBER:
            known = {"value": int(first)} if re.fullmatch(r"-?\d{1,9}", first, re.ASCII) else {}
            yield {"type": "Input.Number", **base, **known}
        case FieldType.DATE:
            yield {"type": "Input.Date", **base, "value": first}
        case FieldType.MOMENT:
            day, _, hour = first.partition("T")
            yield {"type": "Input.Date", **base, "value": day}
            when = {"id": f"{names.HOUR}-{asked.id}", "label": words.TIME.format(label=asked.label)}
            yield {"type": "Input.Time", **when, "value": hour}
        case _:
            yield _choices(asked, base)


def _choices(asked: Input, base: Element) -> Element:
    several = asked.kind in _SEVERAL
    choices = asked.choices
    if asked.kind is FieldType.YES_NO and not choices:
        choices = tuple(Choice(value, label) for value, label in words.YES_NO)
    grouped = len({each.group for each in choices}) > 1
    # Titles that stand open are read as markdown by some clients, and a site's name was typed by somebody.
    few = len(choices) <= FEW and asked.kind is not FieldType.SITE
    style = "expanded" if few else "compact" if len(choices) <= FEW else "filtered"
    return {
        "type": "Input.ChoiceSet",
        **base,
        "choices": [{"title": _title(each, grouped), "value": coded(each.value)} for each in choices],
        "isMultiSelect": several,
        "style": style,
        "wrap": True,
        "value": ",".join(coded(each) for each in asked.values[: None if several else 1]),
    }


def _title(choice: Choice, grouped: bool) -> str:
    return f"{choice.label} ({choice.group})" if grouped and choice.group else choice.label


def coded(value: str) -> str:
    """A value in which no comma stands: Teams puts commas between the chosen ones."""
    return quote(value, safe=" ")
