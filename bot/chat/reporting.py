"""Pointing at somebody's message to report it: the gate first, then which report, then its form with the link in it."""

from __future__ import annotations

from dataclasses import replace

from bot import desk_texts, starting
from bot.chat import chat_texts as texts
from bot.chat import form_ref
from bot.chat.filling import step_or_check
from bot.chat.form_ref import Filling, FormRef
from bot.chat.form_views import GATE, gate_input, stop
from bot.chat.messages import Choice, Input, Part, Pointed, Raw, Reaction, Tone, View, Words
from bot.chat.press import Press
from bot.chat.room import Call
from bot.desk import Desk
from bot.drafts import Draft
from bot.errors import BadInput
from policy_kb.model import Role
from policy_kb.procedures import Field, FieldType, Kind, Procedure

FROM_A_MESSAGE = "message"
"""The value of the gate's press where no form was chosen yet."""
_LINK, _REPORT = "link", "report"


async def point(call: Call, pointed: Pointed) -> Reaction:
    """The gate, before anything is said about the message (SECURITY T20)."""
    return Reaction(view=_gate(pointed.link))


def _gate(link: str, error: str = "") -> View:
    parts: tuple[Part, ...] = (Words(desk_texts.BANNER, Tone.ALARM), Words(texts.POINTED), Words(texts.GATE_FIRST))
    inputs = (gate_input(error=error), _link(link))
    return View(texts.POINTED_TITLE, parts, inputs, Press("gate", value=FROM_A_MESSAGE), texts.CONTINUE)


def _link(link: str) -> Input:
    return Input(_LINK, texts.POINTED_LINK, FieldType.LINE, values=(link,) if link else ())


async def gate(call: Call) -> Reaction:
    """What can be reported; where the message could show a nude child, first what not to do."""
    answer = call.given(GATE)
    if answer not in ("yes", "no", "none"):
        return Reaction(view=_gate(call.given(_LINK), texts.GATE_ANSWER), errors={GATE: texts.GATE_ANSWER})
    reports, leads = await call.at_desk(_reports)
    return Reaction(view=_which(reports, leads if answer == "yes" else None, call.raw or {}))


def _reports(desk: Desk, person_id: str) -> tuple[list[Procedure], list[str]]:
    place = starting.place_of(desk, person_id)
    found = [p for p in place.policy.procedures.values() if p.kind is Kind.REPORT]
    leads = [f"{p.name} ({p.job})" for p in desk.directory.holders(place.school, Role.SAFEGUARDING_LEAD)]
    return sorted(found, key=lambda p: p.title.lower()), leads


def _which(reports: list[Procedure], leads: list[str] | None, raw: Raw, error: str = "") -> View:
    """leads: whom to tell at once; None where nothing nude could be seen."""
    parts: tuple[Part, ...] = (Words(desk_texts.BANNER, Tone.ALARM), *(stop(leads) if leads is not None else ()))
    if not reports:
        return View(texts.POINTED_TITLE, (*parts, Words(texts.POINTED_NONE, Tone.STRONG)))
    choices = tuple(Choice(each.slug, each.title) for each in reports)
    chosen = tuple(raw.get(_REPORT, ()))
    which = Input(
        _REPORT, texts.POINTED_WHICH, FieldType.CHOICE, required=True, choices=choices, values=chosen, error=error
    )
    link = next(iter(raw.get(_LINK, ())), "")
    press = Press("report", value="yes" if leads is not None else "no")
    return View(texts.POINTED_TITLE, parts, (which, _link(link)), press, texts.CONTINUE)


async def report(call: Call) -> Reaction:
    """The form of the chosen report, with the link where the form asks for an address or for what was seen."""
    if call.press.value not in ("yes", "no"):
        raise BadInput(texts.BUTTON_GONE)
    held_back = call.press.value == "yes"
    reports, leads = await call.at_desk(_reports)
    slug = call.given(_REPORT)
    if slug not in {each.slug for each in reports}:
        view = _which(reports, leads if held_back else None, call.raw or {}, texts.POINTED_CHOOSE)
        return Reaction(view=view, errors={_REPORT: texts.POINTED_CHOOSE})
    filled = await call.at_desk(_begin, slug, call.given(_LINK).strip(), held_back)
    return Reaction(view=step_or_check(filled, 0))


def _begin(desk: Desk, person_id: str, slug: str, link: str, held_back: bool) -> Filling:
    """The form with the link in it; what an earlier draft of it holds stays."""
    before = form_ref.filling(desk, person_id, FormRef(slug))
    raw = dict(before.draft.raw)
    field = _place(before.started.procedure)
    if link and field and not any(raw.get(field.id, ())):
        raw[field.id] = [link if field.type is FieldType.ADDRESS else texts.POINTED_AT.format(link=link)]
    # Asked anew before any file, but what could show a nude child is the safeguarding lead's from now on.
    gate_ = "yes" if held_back else before.draft.gate
    draft: Draft = replace(before.draft.written(raw), gate=gate_)
    return form_ref.keep(desk, person_id, before, draft)


def _place(procedure: Procedure) -> Field | None:
    """Where a link belongs in a form: its address, else the first thing that is written at length."""
    always = [field for field in procedure.fields if not field.when]
    for kind in (FieldType.ADDRESS, FieldType.TEXT, FieldType.LINE):
        found = next((field for field in always if field.type is kind), None)
        if found:
            return found
    return None
