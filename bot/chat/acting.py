"""Deciding, asking, writing in a case: the words for an action, and the action. Who may is decided at the click."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import actions as acts
from bot import desk_texts, starting, views
from bot.cases import NOBODY, Refused
from bot.casework import Done, judged
from bot.chat import chat_texts as texts
from bot.chat import filling
from bot.chat.case_shown import case_reaction, refusal
from bot.chat.form_steps import people
from bot.chat.messages import Choice, Heading, Input, Part, Reaction, Tone, View, Words
from bot.chat.parts import sentence, trouble
from bot.chat.press import Press
from bot.chat.room import Call
from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from bot.views import CaseView
from policy_kb.procedures import FieldType

_KIND = re.compile(r"([a-z_]{2,20})(?::([a-z][a-z0-9_]{0,40}))?")
_JUDGED = frozenset({"approve", "decline", "close"})
"""Refused where the case changed since the person looked: nobody decides about what they have not seen."""
_MAY_BE_SILENT = frozenset({"withdraw", "mark_step"})
_BESIDE: dict[str, str] = {
    "checklist": "confirmed",
    "skip_reason": "words",
    "unknown_person": "to",
    "cannot_take": "to",
}
"""Refusals that belong beside an input."""


@dataclass(frozen=True)
class _Act:
    """What a button is about. step: of the walk, where it settles one. people: who may be named."""

    kind: str
    step: str
    view: CaseView
    people: tuple[Choice, ...] = ()


def _kind_of(press: Press) -> tuple[str, str]:
    found = _KIND.fullmatch(press.value)
    if found is None or (found[1] not in texts.ACT_TITLES and found[1] != "revise"):
        raise BadInput(texts.BUTTON_GONE)
    return found[1], found[2] or ""


async def act(call: Call) -> Reaction:
    """The dialog for an action; why not, where the person cannot take it. Raises NoAccess."""
    kind, step = _kind_of(call.press)
    if kind == "revise":
        return await filling.revise(call)
    about, refused = await call.at_desk(_may_act, call.press.case, kind, step)
    if refused:
        return await refusal(call, call.press.case, refused)
    return Reaction(view=_dialog(about, call.press, lambda name: ()))


def _may_act(desk: Desk, person_id: str, case_id: str, kind: str, step: str) -> tuple[_Act, str]:
    """What the dialog needs, with why it would be refused: asked of the rules themselves, and nothing is stored."""
    about = _about(desk, person_id, case_id, kind, step)
    tried = {"words": ("-",), "to": (about.view.case.requester,), "subject": (NOBODY,), "done": ("yes",)}
    trial = _action(kind, step, lambda name: tried.get(name, ()), about)
    outcome = judged(desk, about.view.case, trial, person_id)
    # What only the real words can settle is left to the sending.
    if not isinstance(outcome, Refused) or outcome.code in _BESIDE:
        return about, ""
    return about, desk_texts.REFUSALS[outcome.code].format(detail=outcome.detail)


def _about(desk: Desk, person_id: str, case_id: str, kind: str, step: str) -> _Act:
    view = views.case_page(desk, person_id, case_id)
    named = people(starting.choices(desk, starting.place_of(desk, person_id))) if kind == "name_subject" else ()
    return _Act(kind, step, view, named)


def _about_or_nothing(desk: Desk, person_id: str, case_id: str, kind: str, step: str) -> _Act | None:
    """For the dialog once more; nothing where the case is not theirs to see: the office says what they may know."""
    try:
        return _about(desk, person_id, case_id, kind, step)
    except NoAccess:
        return None


Given = Callable[[str], tuple[str, ...]]
"""What stands in an input, by its name."""


async def do(call: Call) -> Reaction:
    """Take an action. What is refused changes nothing, says why, and gives the words back."""
    kind, step = _kind_of(call.press)
    about = await call.at_desk(_about_or_nothing, call.press.case, kind, step)
    try:
        action = _action(kind, step, call.all_given, about)
    except BadInput as error:
        name = "words" if kind not in ("hand_on", "name_subject") or call.given("to") else _whom(kind)
        return _errors(call, about, {name: sentence(str(error))})
    done = await call.room.office.act(
        call.person,
        call.press.case,
        action,
        call.now,
        key=f"chat:{call.press.case}:{call.key}",
        seen=call.press.number if kind in _JUDGED and call.press.number else None,
    )
    if done.refused:
        return await _refused(call, about, done)
    try:
        return await case_reaction(call, done.case_id, done=texts.ACTED[kind])
    except NoAccess:
        # Whoever names the person a report is about may thereby lose it from sight.
        return Reaction(view=View(texts.ACT_TITLES[kind], (Words(texts.ACTED[kind], Tone.STRONG),)), home=True)


async def _refused(call: Call, about: _Act | None, done: Done) -> Reaction:
    reason = desk_texts.REFUSALS[done.refused or "no_access"].format(detail=done.detail)
    beside = _BESIDE.get(done.refused or "")
    if about and beside and beside in {each.id for each in _inputs(about)}:
        return _errors(call, about, {beside: reason})
    if about and done.refused == "changed":
        # The words are kept, and the press now stands for the case as it is.
        fresh = replace(call.press, number=done.version)
        return Reaction(view=_dialog(about, fresh, call.all_given, reason))
    return await refusal(call, call.press.case, reason)


def _errors(call: Call, about: _Act | None, errors: dict[str, str]) -> Reaction:
    if about is None:
        return Reaction(view=trouble(desk_texts.REFUSALS["no_access"]))
    view = _dialog(about, call.press, call.all_given)
    inputs = tuple(replace(each, error=errors.get(each.id, "")) for each in view.inputs)
    return Reaction(view=replace(view, inputs=inputs), errors=errors)


def _whom(kind: str) -> str:
    return "to" if kind == "hand_on" else "subject"


def _action(kind: str, step: str, given: Given, about: _Act | None) -> acts.Action:
    """The action as filled in. Raises BadInput with the cure."""

    def first(name: str) -> str:
        return next(iter(given(name)), "")

    if kind == "name_subject":
        subject = first("subject")
        if not subject:
            raise BadInput(desk_texts.REFUSALS["unknown_person"])
        return acts.NameSubject(subject=None if subject == NOBODY else subject)
    data: dict[str, object] = {"do": kind, "words": first("words")}
    if kind == "approve":
        points = about.view.procedure.checklist if about else ()
        ticked = tuple(points[int(i) - 1] for i in given("confirmed") if i.isdecimal() and 0 < int(i) <= len(points))
        data |= {"conditions": first("conditions"), "confirmed": ticked}
    if kind == "mark_step":
        data |= {"step": step, "done": first("done") == "yes"}
    if kind == "hand_on":
        if not first("to"):
            raise BadInput(desk_texts.REFUSALS["unknown_person"])
        data["to"] = first("to")
    return acts.read_action(data)


def _dialog(about: _Act, press: Press, given: Given, error: str = "") -> View:
    """The dialog for an action's words. given: what was filled in already."""
    view, kind = about.view, about.kind
    number = press.number or view.case.version
    send = Press("do", case=view.case.id, value=press.value, number=number)
    inputs = tuple(replace(each, values=given(each.id) or each.values) for each in _inputs(about))
    parts: tuple[Part, ...] = (Heading(view.procedure.title), Words(view.summary.reference, Tone.QUIET))
    if error:
        parts = (Words(error, Tone.STRONG), *parts)
    return View(texts.ACT_TITLES[kind], (*parts, *_reminders(about)), inputs, send, texts.ACTS[kind])


def _reminders(about: _Act) -> tuple[Part, ...]:
    view = about.view
    if about.kind == "approve":
        return tuple(
            Words(texts.CONFIRM_POINT.format(number=i, point=point))
            for i, point in enumerate(view.procedure.checklist, 1)
        )
    if about.kind == "mark_step":
        return tuple(Words(each.step.title, Tone.STRONG) for each in view.steps if each.step.id == about.step)
    if about.kind == "hand_on" and not view.handover:
        return (Words(texts.NOBODY_TO_HAND_ON, Tone.STRONG),)
    return ()


def _inputs(about: _Act) -> tuple[Input, ...]:
    view, kind = about.view, about.kind
    if kind == "name_subject":
        choices = (Choice(NOBODY, desk_texts.NOT_ON_LIST), *about.people)
        now = (view.case.subject,) if view.case.subject else ()
        return (Input("subject", texts.WHOM, FieldType.SUBJECT, True, texts.WHOM_HELP, choices, now),)
    label, help_ = texts.WORDS[kind]
    words = Input("words", label.format(who=view.requester), FieldType.TEXT, kind not in _MAY_BE_SILENT, help_)
    if kind == "approve":
        conditions = Input("conditions", texts.CONDITIONS, FieldType.TEXT, help=texts.CONDITIONS_HELP)
        return (words, conditions, *_checklist(view))
    if kind == "hand_on":
        whom = tuple(Choice(key, name) for key, name in view.handover)
        return (Input("to", texts.TO_WHOM, FieldType.PERSON, True, choices=whom), words)
    if kind == "mark_step":
        choices = (Choice("yes", texts.STEP_DONE), Choice("no", texts.STEP_SKIPPED))
        settled = Input("done", texts.DONE_OR_SKIPPED, FieldType.CHOICE, True, choices=choices, values=("yes",))
        return (settled, words)
    return (words,)


def _checklist(view: CaseView) -> tuple[Input, ...]:
    """The points to confirm, by their number: they can be longer than a platform's choices."""
    points = tuple(Choice(str(i), point) for i, point in enumerate(view.procedure.checklist, 1))
    return (Input("confirmed", texts.CONFIRM, FieldType.CHOICES, choices=points),) if points else ()
