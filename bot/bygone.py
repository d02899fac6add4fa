"""A case whose procedure, or whole policy, the knowledge base has no longer: it stays readable, and nothing is decided.

A school may take a procedure out of its policy while cases made under it are kept for years.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot import desk_texts
from bot import events as ev
from bot.cases import Case
from policy_kb.model import Policy
from policy_kb.procedures import Field, FieldType, Kind, Procedure


def bygone_procedure(case: Case, restricted: bool) -> Procedure:
    """What can still be said of the case's procedure. restricted: as the case was made.

    It has no stage, so nobody decides; its questions are known by their ids alone.
    """
    return Procedure(
        slug=case.procedure,
        ids=(),
        title=desk_texts.GONE_TITLE.format(title=_words(case.procedure)),
        kind=Kind.RECORD,
        say=desk_texts.NEXT_GONE,
        clauses=(),
        restricted=restricted,
        fields=tuple(_fields(case.values.items())) or (Field(id="answer", label="Answer", type=FieldType.LINE),),
    )


def bygone_policy(case: Case) -> Policy:
    """The case's policy without a text: its id and version are all that is known."""
    return Policy(
        id=case.policy,
        name=case.policy,
        title=case.policy,
        version=case.policy_version,
        documents=(),
        default_contact=(),
        role_names={},
        conflicted={},
        unused={},
        rulings={},
    )


def _fields(values: Iterable[tuple[str, ev.Value]]) -> Iterable[Field]:
    for key, value in values:
        # Ids of people and sites are shown by their names, anything else as it stands.
        kind = FieldType.PEOPLE if isinstance(value, tuple) else FieldType.PERSON
        yield Field(id=key, label=_words(key), type=kind)


def _words(name: str) -> str:
    plain = name.replace("-", " ").replace("_", " ")
    return plain[:1].upper() + plain[1:]
