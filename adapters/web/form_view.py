"""A procedure's form -> what the template shows; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.web.inbound import Form
from adapters.web.render import QuoteView, clause_quote
from bot.drafts import Raw, asked
from bot.events import Value
from bot.starting import Choices
from policy_kb.model import Policy
from policy_kb.procedures import Field, FieldType, Procedure

PREFIX = "f-"
"""Before a field's id in the form, so that no field is taken for the token or the step."""

_GROUPS = frozenset({FieldType.CHOICE, FieldType.YES_NO, FieldType.CHOICES, FieldType.PEOPLE})
YES_NO = (("yes", "Yes"), ("no", "No"))


@dataclass(frozen=True)
class OptionGroup:
    """Options under one heading; without a heading where there is only one group."""

    title: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FieldView:
    """A question as shown. kind: the input; group: several inputs under one legend; when: as JSON, for the script."""

    field: Field
    kind: str
    group: bool
    values: tuple[str, ...]
    groups: tuple[OptionGroup, ...]
    error: str | None
    quote: QuoteView | None
    applies: bool
    when: str

    @property
    def html_id(self) -> str:
        """The id of its (first) input, where an error leads."""
        return f"{PREFIX}{self.field.id}"

    @property
    def described(self) -> str:
        """The ids of what describes it, for screen readers."""
        ids = [f"{self.html_id}-help"] if self.field.help else []
        return " ".join([*ids, *([f"{self.html_id}-error"] if self.error else [])])


def raw_of(form: Form) -> Raw:
    """What was typed, by field."""
    return {name.removeprefix(PREFIX): list(values) for name, values in form.fields.items() if name.startswith(PREFIX)}


def field_views(
    procedure: Procedure,
    policy: Policy,
    choices: Choices,
    raw: Mapping[str, Sequence[str]],
    values: dict[str, Value],
    errors: Mapping[str, str],
) -> tuple[FieldView, ...]:
    """Every question in order, those that do not apply marked so."""
    applying = {field.id for field in asked(procedure, values)}
    return tuple(
        _view(field, policy, choices, tuple(raw.get(field.id, ())), errors.get(field.id), field.id in applying)
        for field in procedure.fields
        if field.type is not FieldType.EVIDENCE
    )


def _view(
    field: Field, policy: Policy, choices: Choices, given: tuple[str, ...], error: str | None, applies: bool
) -> FieldView:
    return FieldView(
        field=field,
        kind=field.type.value,
        group=field.type in _GROUPS,
        values=given,
        groups=_options(field, choices),
        error=error,
        quote=clause_quote(policy, field.clause) if field.clause else None,
        applies=applies,
        when=json.dumps(field.when),
    )


def _options(field: Field, choices: Choices) -> tuple[OptionGroup, ...]:
    match field.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            return (OptionGroup("", tuple((option, option) for option in field.options)),)
        case FieldType.YES_NO:
            return (OptionGroup("", YES_NO),)
        case FieldType.PEOPLE | FieldType.PERSON | FieldType.SUBJECT:
            return tuple(OptionGroup(title, people) for title, people in choices.people)
        case FieldType.SITE:
            return (OptionGroup("", choices.sites),)
        case _:
            return ()
