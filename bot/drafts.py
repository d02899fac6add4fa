"""What a person filled in and has not sent: sealed on the server, so that nothing is lost on the way to "send"."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from bot import forms
from bot.cases import holds
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.errors import BadInput
from bot.events import Value
from bot.starting import Choices, Place, choices, place_of, schools_of
from policy_kb.procedures import Field, FieldType, Kind, Procedure

Raw = dict[str, list[str]]
"""What was typed, by field."""
KEPT = timedelta(days=14)
"""A draft that nobody went on with is forgotten after so long."""


@dataclass(frozen=True)
class Draft:
    """An unsent form. key: travels with the sending, so that a form sent twice opens one case. gate: the answer to
    whether a file could show a nude child, "" before it was asked (SECURITY T20)."""

    key: str = field(default_factory=lambda: secrets.token_hex(16))
    raw: Raw = field(default_factory=dict)
    gate: str = ""

    @property
    def stamp(self) -> str:
        """The key together with what the answers are: a page that shows others must not send these."""
        answers = json.dumps(self.raw, sort_keys=True).encode()
        return f"{self.key}-{hashlib.sha256(answers).hexdigest()[:16]}"

    @property
    def delivery(self) -> str:
        """The key under which the form opens a case, from wherever it is sent."""
        return f"draft:{self.key}"

    def written(self, raw: Raw) -> Draft:
        """With other answers."""
        return replace(self, raw=raw)


@dataclass(frozen=True)
class Started:
    """A form that somebody has before them."""

    place: Place
    procedure: Procedure
    choices: Choices
    draft: Draft | None
    since: datetime | None
    other_school: bool

    def read(self, raw: Raw) -> forms.Read:
        """The answers checked against what may be named."""
        return forms.read(self.procedure, raw, self.choices.person_ids, self.choices.site_ids)


class NotOffered(BadInput):
    """The person's policy does not define this."""


def started(desk: Desk, person_id: str, slug: str, school_id: str | None, case_id: str = "") -> Started:
    """The form with the person's draft of it. case_id: of the request that it would change.

    Raises NotOffered and NoAccess.
    """
    place = place_of(desk, person_id, school_id or None)
    procedure = place.policy.procedures.get(slug)
    if procedure is None or procedure.kind is Kind.LOOK_UP:
        raise NotOffered("your policy does not define this")
    _, home = desk.person(person_id)
    kept = desk.records.draft(person_id, place.school.tenant, _name(slug, place, case_id))
    return Started(
        place=place,
        procedure=procedure,
        choices=choices(desk, place),
        draft=Draft(**json.loads(kept[0])) if kept else None,
        since=kept[1] if kept else None,
        other_school=place.school.id != home.id,
    )


def keep_draft(desk: Desk, person_id: str, slug: str, school_id: str | None, draft: Draft, case_id: str = "") -> None:
    """Keep what was filled in so far."""
    place = place_of(desk, person_id, school_id or None)
    body = json.dumps(asdict(draft)).encode()
    desk.records.drop_drafts_before(desk.now - KEPT)
    desk.records.keep_draft(person_id, place.school.tenant, _name(slug, place, case_id), body, desk.now)


def drop_draft(desk: Desk, person_id: str, slug: str, school_id: str | None, case_id: str = "") -> None:
    """Forget it."""
    place = place_of(desk, person_id, school_id or None)
    desk.records.drop_draft(person_id, place.school.tenant, _name(slug, place, case_id))


@dataclass(frozen=True)
class Menu:
    """What a person can start at one of their schools. drafts: by slug, since when."""

    place: Place
    groups: tuple[tuple[str, tuple[Procedure, ...]], ...]
    drafts: dict[str, datetime]
    schools: tuple[tuple[str, str], ...]
    other_school: bool


def menu(desk: Desk, person_id: str, school_id: str | None) -> Menu:
    """Everything that the policy of the school defines, by kind."""
    place = place_of(desk, person_id, school_id or None)
    _, home = desk.person(person_id)
    procedures = sorted(place.policy.procedures.values(), key=lambda p: p.title.lower())
    found = [(kind.value, tuple(p for p in procedures if p.kind is kind)) for kind in Kind]
    named = desk.records.draft_names(person_id, place.school.tenant)
    schools = [desk.organisation.school(each) for each in schools_of(place.person, home)]
    return Menu(
        place=place,
        groups=tuple(group for group in found if group[1]),
        drafts={p.slug: named[_name(p.slug, place)] for p in procedures if _name(p.slug, place) in named},
        schools=tuple((s.id, s.name) for s in schools if s),
        other_school=place.school.id != home.id,
    )


def _name(slug: str, place: Place, case_id: str = "") -> str:
    """One draft for each form and school, and for each request that is being changed."""
    return f"change:{case_id}" if case_id else f"{slug}@{place.school.id}"[:80]


# What a form asks, and what is typed in it.


def raw_values(values: Mapping[str, Value]) -> Raw:
    """Stored values as they would be typed, to change them."""
    return {key: _typed(value) for key, value in values.items()}


def _typed(value: Value) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str) and "T" in value[:11]:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return [value]
        # A day and time are kept in UTC and typed in school time.
        return [moment.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")] if moment.tzinfo else [value]
    return [str(value)]


def asked(procedure: Procedure, values: dict[str, Value]) -> list[Field]:
    """The questions that apply to what was answered so far; files are asked for elsewhere, after the gate."""
    return [f for f in procedure.fields if f.type is not FieldType.EVIDENCE and holds(f.when, values)]


def further(procedure: Procedure, values: dict[str, Value], shown: Collection[str]) -> list[str]:
    """Questions that apply after these answers and were not shown yet."""
    return [field.id for field in asked(procedure, values) if field.id not in shown]
