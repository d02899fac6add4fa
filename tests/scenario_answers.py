"""Answers to any form, made from its fields: the fewest that are valid, in one variant for each way through the stages.

Plain and independent of bot/forms.py: what stands here follows from the meaning of the field types alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from policy_kb.procedures import Field, FieldType, Procedure

Typed = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Circumstances:
    """What the answers are given amidst. colleagues: ids that may be named, none of them a decider or the asker."""

    today: date
    colleagues: tuple[str, ...]
    sites: tuple[str, ...] = ()


def variants(procedure: Procedure) -> Iterator[Typed]:
    """The choices on which stages depend, every combination once; one empty one where none does."""
    asked = sorted({key for stage in procedure.stages for key in stage.when})
    options = [_options(procedure.by_id[key]) for key in asked]
    for combination in product(*options):
        yield dict(zip(asked, ((value,) for value in combination), strict=True))


def fewest(procedure: Procedure, around: Circumstances, chosen: Mapping[str, tuple[str, ...]] | None = None) -> Typed:
    """Valid answers to the required fields that apply, and the chosen ones."""
    typed: Typed = dict(chosen or {})
    for field in procedure.fields:
        asked = all(typed.get(key) == (value,) for key, value in field.when.items())
        if field.required and asked and field.id not in typed and field.type is not FieldType.EVIDENCE:
            typed[field.id] = _answer(field, around)
    return typed


def marked(field: Field) -> str:
    """Text that nobody else would write, to be looked for where it must not be."""
    return f"Zeugma about {field.id}"


def _options(field: Field) -> tuple[str, ...]:
    return field.options or ("yes", "no")


def _answer(field: Field, around: Circumstances) -> tuple[str, ...]:
    days = {"closure": 200, "until": 100, "go_live": 30}.get(field.id, -1)
    match field.type:
        case FieldType.LINE | FieldType.TEXT:
            return (marked(field),)
        case FieldType.CHOICE:
            return field.options[:1]
        case FieldType.CHOICES:
            return field.options[: field.least or 1]
        case FieldType.YES_NO:
            return ("no",)
        case FieldType.NUMBER:
            return (str(field.least or 1),)
        case FieldType.DATE:
            return ((around.today + timedelta(days=days)).isoformat(),)
        case FieldType.MOMENT:
            return (f"{(around.today - timedelta(days=1)).isoformat()} 15:30",)
        case FieldType.ADDRESS:
            return ("https://www.example.org/page",)
        case FieldType.PEOPLE:
            return around.colleagues[: field.least or 1]
        case FieldType.PERSON:
            return around.colleagues[:1]
        case FieldType.SUBJECT:
            return ("nobody",)
        case FieldType.SITE:
            return around.sites[:1]
        case _:
            raise ValueError(f"no answer is known for {field.type}")
