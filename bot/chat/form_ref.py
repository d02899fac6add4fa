"""Which form a press is about, and that form with what was filled in so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from bot import cases, desk_texts, drafts, forms, views
from bot.chat import chat_texts as texts
from bot.chat.messages import Raw
from bot.chat.press import Press
from bot.desk import Desk
from bot.drafts import Draft, Started
from bot.errors import BadInput
from bot.events import Value
from bot.starting import Destination, destination
from policy_kb.procedures import FieldType, Kind

LONGEST = 100_000
"""Characters of one step of a form: more than all its questions take together."""
_VALUE = re.compile(r"([a-z0-9-]{1,60})(?:@([a-z0-9-]{1,60}))?(?::([0-9a-f]{32}-[0-9a-f]{16}))?")


@dataclass(frozen=True)
class FormRef:
    """A form by name. case: the request that it would change; stamp: what was on the check, see Draft.stamp."""

    slug: str
    school: str | None = None
    case: str = ""
    stamp: str = ""

    @property
    def value(self) -> str:
        """As a press carries it."""
        return f"{self.slug}@{self.school}" if self.school else self.slug


def form_of(press: Press) -> FormRef:
    """The form that a press names. Raises BadInput for what no button ever said."""
    found = _VALUE.fullmatch(press.value)
    if found is None:
        raise BadInput(texts.BUTTON_GONE)
    return FormRef(found[1], found[2], press.case, found[3] or "")


@dataclass(frozen=True)
class Filling:
    """A form that somebody has before them. until: by when those who decide or handle it have to.

    version: of the request that is being changed, as the person last looked at it; 0 for a new form.
    """

    form: FormRef
    started: Started
    draft: Draft
    read: forms.Read
    goes_to: Destination
    until: datetime | None
    version: int = 0

    def press(self, do: str, number: int = 0, stamp: str = "") -> Press:
        """A press about this form."""
        value = f"{self.form.value}:{stamp}" if stamp else self.form.value
        return Press(do, case=self.form.case, value=value, number=number)


def filling(desk: Desk, person_id: str, form: FormRef) -> Filling:
    """The form with the person's draft of it. Raises NotOffered, NoAccess, and BadInput where a change is refused."""
    if form.case:
        return _changing(desk, person_id, form)
    started = drafts.started(desk, person_id, form.slug, form.school)
    form = replace(form, school=started.place.school.id)
    return _filled(desk, form, started, started.draft or Draft())


def _changing(desk: Desk, person_id: str, form: FormRef) -> Filling:
    view = views.case_page(desk, person_id, form.case)
    if "revise" not in view.may:
        reason = "ended" if view.case.state is not cases.State.OPEN else "stays" if view.mine else "not_yours"
        raise BadInput(desk_texts.REFUSALS[reason])
    form = replace(form, slug=view.case.procedure, school=view.case.school)
    started = drafts.started(desk, person_id, form.slug, form.school, form.case)
    draft = started.draft or Draft(raw=drafts.raw_values(view.case.values))
    return replace(_filled(desk, form, started, draft), version=view.case.version)


def _filled(desk: Desk, form: FormRef, started: Started, draft: Draft) -> Filling:
    read = started.read(draft.raw)
    values: dict[str, Value] = {**read.values, **({cases.GATE: True} if draft.gate == "yes" else {})}
    decided = started.procedure.kind is not Kind.RECORD
    until = desk.due_at(started.procedure, started.place.school.id, values) if decided else None
    return Filling(form, started, draft, read, destination(desk, started.place, started.procedure, values), until)


def fill(desk: Desk, person_id: str, form: FormRef, raw: Raw) -> Filling:
    """Keep these answers beside the earlier ones. Raises as `filling`."""
    before = filling(desk, person_id, form)
    known = {f.id for f in before.started.procedure.fields if f.type is not FieldType.EVIDENCE}
    typed = {key: list(values) for key, values in raw.items() if key in known}
    if sum(len(value) for values in typed.values() for value in values) > LONGEST:
        raise BadInput(texts.FORM_TOO_LONG)
    return keep(desk, person_id, before, before.draft.written({**before.draft.raw, **typed}))


def answer_gate(desk: Desk, person_id: str, form: FormRef, gate: str) -> Filling:
    """Keep the answer to the gate. Raises as `filling`."""
    before = filling(desk, person_id, form)
    return keep(desk, person_id, before, replace(before.draft, gate=gate))


def keep(desk: Desk, person_id: str, before: Filling, draft: Draft) -> Filling:
    """Keep this draft, and the form as it is with it."""
    form = before.form
    drafts.keep_draft(desk, person_id, form.slug, form.school, draft, form.case)
    return replace(_filled(desk, form, before.started, draft), version=before.version)


def drop(desk: Desk, person_id: str, form: FormRef) -> None:
    """Forget the draft."""
    drafts.drop_draft(desk, person_id, form.slug, form.school, form.case)


def drop_sent(desk: Desk, person_id: str, form: FormRef) -> None:
    """Forget the draft that was sent, and no other that was begun meanwhile."""
    started = drafts.started(desk, person_id, form.slug, form.school, form.case)
    if started.draft and form.stamp.startswith(started.draft.key):
        drop(desk, person_id, form)
