"""A procedure's form in steps that a dialog can hold: what is asked next, and the inputs for it; pure.

Answers are stored and the step is worked out anew, so that a changed answer never strands anybody. A step is known by
`begins`: the place in the form from which its questions come; earlier ones are asked only where they came to apply
through what was answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot import forms
from bot.cases import NOBODY
from bot.chat import chat_texts as texts
from bot.chat.messages import Choice, Input
from bot.drafts import asked
from bot.events import Value
from bot.starting import Choices
from policy_kb.model import Policy
from policy_kb.procedures import Field, FieldType, Procedure

MOST = 8
"""Inputs in a step."""
YES_NO = (Choice("yes", "Yes"), Choice("no", "No"))


def step_at(procedure: Procedure, raw: Collection[str], values: dict[str, Value], begins: int) -> tuple[Field, ...]:
    """The questions of a step; none where everything was asked. raw: the ids of what was shown before."""
    place = {field.id: i for i, field in enumerate(procedure.fields)}
    wanted = [f for f in asked(procedure, values) if place[f.id] >= begins or f.id not in raw]
    return tuple(wanted[:MOST])


def after(procedure: Procedure, shown: Collection[str], begins: int) -> int:
    """Where the step after the one that showed these questions begins."""
    return max((i + 1 for i, field in enumerate(procedure.fields) if field.id in shown), default=begins)


def before(procedure: Procedure, values: dict[str, Value], first: Field) -> int:
    """Where a step begins that ends just before this question."""
    place = {field.id: i for i, field in enumerate(procedure.fields)}
    earlier = [place[f.id] for f in asked(procedure, values) if place[f.id] < place[first.id]]
    return earlier[-MOST:][0] if earlier else 0


def inputs(
    fields: Sequence[Field],
    policy: Policy,
    choices: Choices,
    raw: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
) -> tuple[Input, ...]:
    """The questions as inputs, with what was filled in."""
    return tuple(
        Input(
            id=field.id,
            label=field.label,
            kind=field.type,
            required=field.required,
            help=_help(field, policy),
            choices=choices_of(field, choices),
            values=tuple(raw.get(field.id, ())),
            least=field.least,
            most=field.most,
            error=errors.get(field.id, ""),
        )
        for field in fields
    )


def _help(field: Field, policy: Policy) -> str:
    clause = policy.clauses.get(field.clause) if field.clause else None
    return " ".join(filter(None, (field.help, texts.WHY_ASKED.format(label=clause.label) if clause else "")))


def choices_of(field: Field, choices: Choices) -> tuple[Choice, ...]:
    """What can be chosen in answer to a question; nothing where it is written."""
    match field.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            return tuple(Choice(option, option) for option in field.options)
        case FieldType.YES_NO:
            return YES_NO
        case FieldType.PEOPLE | FieldType.PERSON:
            return people(choices)
        case FieldType.SUBJECT:
            return (Choice(NOBODY, forms.NOT_STAFF), *people(choices))
        case FieldType.SITE:
            return tuple(Choice(key, name) for key, name in choices.sites)
        case _:
            return ()


def people(choices: Choices) -> tuple[Choice, ...]:
    """Everybody who can be named, under their school."""
    return tuple(Choice(key, name, school) for school, group in choices.people for key, name in group)
