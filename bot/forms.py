"""What people filled in, checked: raw strings of a web form, a Slack modal or an Adaptive Card become values or errors.

Pure. Adapters hand over lists of strings by field id and show the errors beside the fields, so each is a whole sentence
that names the cure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cases import NOBODY, holds
from bot.events import Value
from bot.form_readers import LONDON, NOT_STAFF, READERS, Known, Wrong, blank, clean, wanted
from policy_kb.procedures import Field, FieldType, Procedure

__all__ = ["LONDON", "NOT_STAFF", "Read", "first_missing", "read", "shown"]


@dataclass(frozen=True)
class Read:
    """values: every right answer; errors: by field id, a sentence that names the cure. A field is in one of them."""

    values: dict[str, Value]
    errors: dict[str, str]


def read(
    procedure: Procedure, raw: Mapping[str, Sequence[str]], people: Collection[str], sites: Collection[str]
) -> Read:
    """Check what was filled in. people: ids that may be named; sites: open entries of the register. Never raises.

    Fields that do not apply are dropped, so that nothing is stored that the person was not asked.
    """
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    known = Known(people, sites)
    for field in procedure.fields:
        if field.type is FieldType.EVIDENCE or not holds(field.when, values):
            continue
        given = raw.get(field.id, ())
        answers = [given] if isinstance(given, str) else list(given)
        try:
            value = READERS[field.type](field, [each for each in map(clean, answers) if not blank(each)], known)
        except Wrong as wrong:
            errors[field.id] = str(wrong)
            continue
        if value is not None:
            values[field.id] = value
        elif field.required:
            errors[field.id] = wanted(field)
    _check_order(values, errors)
    return Read(values, errors)


def first_missing(procedure: Procedure, values: Mapping[str, Value]) -> Field | None:
    """The first required field that applies and has no answer: what a chat asks next. Evidence is asked elsewhere."""
    known = dict(values)
    for field in procedure.fields:
        wanted = field.required and field.type is not FieldType.EVIDENCE
        if wanted and field.id not in known and holds(field.when, known):
            return field
    return None


def shown(field: Field, value: Value, name_of: Callable[[str], str]) -> str:
    """The answer as people read it. name_of: the name of a person or site by id."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, tuple):
        # Options may hold commas of their own.
        return _joined([name_of(each) for each in value]) if field.type is FieldType.PEOPLE else "; ".join(value)
    if isinstance(value, int):
        return f"{value:,}"
    if field.type is FieldType.SUBJECT and value == NOBODY:
        return NOT_STAFF
    if field.type in (FieldType.PERSON, FieldType.SUBJECT, FieldType.SITE):
        return name_of(value)
    if field.type in (FieldType.DATE, FieldType.MOMENT):
        return _shown_time(value)
    return value


def _shown_time(value: str) -> str:
    """A stored day or moment in words; what cannot be read, as it stands."""
    try:
        moment = datetime.fromisoformat(value)
        local = moment.astimezone(LONDON) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return value
    day = f"{local:%A} {local.day} {local:%B} {local.year}"
    return f"{day} at {local:%H:%M}" if moment.tzinfo else day


def _joined(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _check_order(values: dict[str, Value], errors: dict[str, str]) -> None:
    """A site closes after it goes live."""
    live, closure = values.get("go_live"), values.get("closure")
    if isinstance(live, str) and isinstance(closure, str) and closure <= live:
        del values["closure"]
        errors["closure"] = f"The closing date must be after {_shown_time(live)}, the day it goes live."
