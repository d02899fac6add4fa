"""What a policy lets staff start, as frozen values: requests that need a decision, reports, and records that are noted.

One file per policy and procedure: `data/policies/<policy>/procedures/<slug>.yaml`. Nothing here reads a file.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field as Setting
from pydantic import StringConstraints, model_validator

from policy_kb.base import Frozen, Role, Slug, Text

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Kind(StrEnum):
    """Somebody decides, somebody handles, it is noted and somebody is told, or it is looked up without a case."""

    REQUEST = "request"
    REPORT = "report"
    RECORD = "record"
    LOOK_UP = "look_up"


class Place(StrEnum):
    """Where the asker works: some policies send the central team and school staff to different people."""

    SCHOOL = "school"
    CENTRAL = "central"


class FieldType(StrEnum):
    """What a form field takes; bot/forms.py says how each is checked."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    ADDRESS = "address"
    PEOPLE = "people"
    PERSON = "person"
    SUBJECT = "subject"
    SITE = "site"
    EVIDENCE = "evidence"


class Field(Frozen):
    """One question of a form.

    line and text are free text; number a whole number; date a day; moment a day and time (a deadline); address a web
    address, kept as text and never fetched; people and person are staff of the directory; subject is whom a report is
    about: a member of staff, or "somebody else"; site an open entry of the register; evidence files after the gate.
    least and most bound how many (people, choices, evidence) or how much (number).
    """

    id: Key
    label: Text
    type: FieldType
    required: bool = False
    help: Text | None = None
    clause: str | None = None
    options: tuple[Text, ...] = ()
    least: int | None = None
    most: int | None = None
    when: dict[Key, Text] = Setting(default_factory=dict)
    """Asked only when each named earlier field has this value ("yes", "no" or an option)."""

    @model_validator(mode="after")
    def _options_where_chosen(self) -> Field:
        if (self.type in (FieldType.CHOICE, FieldType.CHOICES)) != bool(self.options):
            raise ValueError("choice and choices need `options`, and nothing else has them")
        return self


class Need(StrEnum):
    """Whose word a stage waits for: one of its roles, or every role in any order."""

    ANY = "any"
    ALL = "all"


class Pace(StrEnum):
    """How fast a case must move; bot/deadlines.py holds the clocks of each pace."""

    ORDINARY = "ordinary"
    MEDIA = "media"
    URGENT = "urgent"
    SAFEGUARDING = "safeguarding"
    SLOW = "slow"


class Stage(Frozen):
    """One step of deciding or handling. Stages follow one another in the order of the file."""

    id: Key
    title: Text
    roles: tuple[Role, ...] = Setting(min_length=1)
    at: dict[Place, tuple[Role, ...]] = Setting(default_factory=dict)
    """Other roles than `roles` for askers of that place."""
    need: Need = Need.ANY
    clause: str | None = None
    when: dict[Key, Text] = Setting(default_factory=dict)
    """The stage is taken only when each named field has this value."""

    def roles_at(self, place: Place) -> tuple[Role, ...]:
        """The roles for an asker of the place."""
        return self.at.get(place, self.roles)


class Step(Frozen):
    """One step of handling a report: done, or skipped with a reason."""

    id: Key
    title: Text
    clause: str | None = None
    help: Text | None = None
    when: dict[Key, Text] = Setting(default_factory=dict)


class RegisterName(StrEnum):
    """The registers that cases write to."""

    SITES = "sites"
    PERMISSIONS = "permissions"
    DECLARATIONS = "declarations"
    INSTRUCTIONS = "instructions"
    BANS = "bans"
    TRAINING = "training"
    REVIEWS = "reviews"


class Effect(Frozen):
    """What approval (or noting) does to a register, in the same transaction.

    enter: a new entry, titled by the field `title`, open until the day in `until`, with the fields in `keep` as its
    details. close: the entry chosen in the field `entry` is closed. replace: on that entry, the people fields in `keep`
    take the values of this form. remind_every asks again after so many months.
    """

    do: Annotated[str, StringConstraints(pattern="^(enter|close|replace)$")]
    register_: RegisterName = Setting(alias="register")
    title: Key | None = None
    until: Key | None = None
    entry: Key | None = None
    keep: tuple[Key, ...] = ()
    after: Key | None = None
    """The step of the walk that must have been done, not skipped: a report alone bans nobody."""
    remind_every: int | None = None


class LookUp(StrEnum):
    """What a look-up shows beside its clauses."""

    SITES = "sites"
    PEOPLE = "people"
    POLICIES = "policies"
    STORED = "stored"


class Clock(Frozen):
    """A statutory or policy clock that starts with the case: hours on the wall clock, who hears before it ends."""

    hours: int
    title: Text
    tell: tuple[Role, ...]


class Retention(StrEnum):
    """Which retention rule a closed case follows; the years are in bot/privacy.py."""

    ROUTINE = "routine"
    REGISTER = "register"
    CONCERN = "concern"
    ALLEGATION = "allegation"


class Procedure(Frozen):
    """One thing that staff of one policy can start."""

    slug: Slug
    ids: tuple[Annotated[str, StringConstraints(pattern=r"^[RXHGS][0-9]{1,2}$")], ...]
    """The rows of the procedures' table that it covers."""
    title: Text
    kind: Kind
    say: Text
    """One or two sentences above the form: what this does and who sees it."""
    meanwhile: Text | None = None
    """What the asker must do, or not do, until it is settled."""
    clauses: tuple[str, ...]
    """The clauses it rests on, quoted on the form, the case page and the letter."""
    restricted: bool = False
    """True for concerns about people: nothing but the reference leaves the case page."""
    pace: Pace = Pace.ORDINARY
    fields: tuple[Field, ...] = ()
    look: LookUp | None = None
    stages: tuple[Stage, ...] = ()
    """Who decides (request), who handles (report, exactly one stage), who is told (record)."""
    walk: tuple[Step, ...] = ()
    checklist: tuple[Text, ...] = ()
    """Points the decider confirms with the decision (an official message: accurate, neutral, ...)."""
    effects: tuple[Effect, ...] = ()
    clocks: tuple[Clock, ...] = ()
    tell: tuple[Role, ...] = ()
    """Roles told that the case was opened, beside those who decide."""
    tell_after: tuple[Role, ...] = ()
    """Roles told of the outcome, beside the requester."""
    afterwards: Text | None = None
    """What the requester must do after approval or closing."""
    retention: Retention = Retention.ROUTINE

    @model_validator(mode="after")
    def _whole(self) -> Procedure:
        if self.kind is Kind.REQUEST and not self.stages:
            raise ValueError("a request needs at least one stage")
        if (self.kind is Kind.LOOK_UP) != (self.look is not None) or bool(self.fields) == bool(self.look):
            raise ValueError("a look_up has `look` and no fields; every other kind has fields and no `look`")
        if self.kind is Kind.REPORT and len(self.stages) != 1:
            raise ValueError("a report needs exactly one stage: who handles it")
        names = [f.id for f in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same id")
        return self

    @cached_property
    def by_id(self) -> dict[str, Field]:
        """Fields by id."""
        return {field.id: field for field in self.fields}

    @property
    def include(self) -> tuple[str, ...]:
        """What a person should have to hand: the labels of the required fields."""
        return tuple(f.label for f in self.fields if f.required)

    @property
    def takes_evidence(self) -> bool:
        """True where a file may be added, so that the gate stands before it."""
        return any(f.type is FieldType.EVIDENCE for f in self.fields)
