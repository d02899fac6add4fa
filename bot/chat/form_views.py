"""A form as views: a step of it, the gate before any file, and the check before it is sent; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot import desk_texts, drafts, evidence, forms
from bot.chat import chat_texts as texts
from bot.chat.form_ref import Filling
from bot.chat.form_steps import before, inputs
from bot.chat.messages import Button, Choice, Facts, Heading, Input, Part, Rule, Tone, View, Words
from bot.chat.parts import clauses, row, stamp
from bot.views import clock_words
from policy_kb.procedures import Field, FieldType, Kind

GATE = "gate"
EVIDENCE = "evidence"


def step_view(filling: Filling, fields: Sequence[Field], begins: int, errors: Mapping[str, str] | None = None) -> View:
    """A step of the form. begins: where it begins; errors: beside the questions."""
    started, policy = filling.started, filling.started.place.policy
    asked = inputs(fields, policy, started.choices, filling.draft.raw, errors or {})
    first = started.procedure.fields.index(fields[0])
    back = before(started.procedure, filling.read.values, fields[0]) if first else None
    parts = (*_head(filling), *_opening(filling, begins), *_buttons(filling, back))
    return View(_title(filling), parts, asked, filling.press("form", number=begins), texts.CONTINUE)


def _title(filling: Filling) -> str:
    return texts.REVISE_TITLE if filling.form.case else texts.TITLES[filling.started.procedure.kind]


def _head(filling: Filling) -> Iterator[Part]:
    """What stands over every view of a form; over a report the safeguarding words first (SECURITY section 3)."""
    started = filling.started
    if started.procedure.kind is Kind.REPORT:
        yield Words(desk_texts.BANNER, Tone.ALARM)
    yield Heading(started.procedure.title)
    if started.other_school and not filling.form.case:
        yield Words(texts.FOR_SCHOOL.format(school=started.place.school.name), Tone.QUIET)


def _opening(filling: Filling, begins: int) -> Iterator[Part]:
    started = filling.started
    if begins:
        yield Words(texts.FURTHER, Tone.QUIET)
        return
    if started.since and filling.draft.key == (started.draft.key if started.draft else ""):
        yield Words(texts.BEGUN.format(when=stamp(started.since)))
    yield Words(texts.REVISE_SAY if filling.form.case else started.procedure.say)
    if started.procedure.meanwhile and not filling.form.case:
        yield Words(texts.MEANWHILE.format(words=started.procedure.meanwhile), Tone.STRONG)
    yield from _goes_to(filling)
    yield Words(texts.STEP_HINT.format(days=drafts.KEPT.days), Tone.QUIET)


def _buttons(filling: Filling, back: int | None) -> tuple[Part, ...]:
    """back: where the step before begins."""
    returns = Button(texts.BACK, filling.press("form_at", number=back)) if back is not None else None
    afresh = Button(texts.START_AFRESH, filling.press("drop")) if filling.started.draft else None
    return row(returns, afresh)


def _goes_to(filling: Filling) -> Iterator[Part]:
    goes, kind = filling.goes_to, filling.started.procedure.kind
    rows = []
    if len(goes.stages) == 1:
        rows = [(texts.WHERE_TO[kind], goes.stages[0].who)]
    elif goes.stages:
        rows = [(f"{i}. {stage.title}", stage.who) for i, stage in enumerate(goes.stages, 1)]
    if kind is Kind.RECORD:
        rows = [(texts.WHERE_TO[kind], ", ".join(goes.told) or texts.NOBODY_TOLD)]
    if any(who for _, who in rows):
        yield Facts(tuple((label, who) for label, who in rows if who))
    if goes.told and kind is not Kind.RECORD:
        yield Words(texts.ALSO_TOLD.format(people=", ".join(goes.told)))
    if goes.nobody:
        yield Words(goes.nobody, Tone.STRONG)


def gate_view(filling: Filling, error: str = "") -> View:
    """The question before any file (SECURITY T20)."""
    parts = (*_head(filling), Words(texts.GATE_FIRST))
    return View(_title(filling), parts, (gate_input(filling.draft.gate, error),), filling.press("gate"), texts.CONTINUE)


def gate_input(answer: str = "", error: str = "") -> Input:
    """The gate as an input. Only a plain no opens the way to a file."""
    choices = (
        Choice("none", texts.GATE_NONE),
        Choice("no", evidence.GATE_NO),
        Choice("yes", evidence.GATE_YES),
    )
    values = (answer,) if answer else ()
    return Input(
        GATE, evidence.GATE_QUESTION, FieldType.CHOICE, required=True, choices=choices, values=values, error=error
    )


def stop(leads: Sequence[str]) -> Iterator[Part]:
    """What to do where a file could show a nude child."""
    yield Heading(evidence.GATE_DANGER)
    yield Words(evidence.GATE_STOP, Tone.ALARM)
    if leads:
        yield Words(", ".join(leads), Tone.STRONG)


def check_view(filling: Filling, error: str = "", file_error: str = "") -> View:
    """Everything once more before it goes, with whom it goes to; files only after the gate."""
    kind = filling.started.procedure.kind
    parts = (
        *_head(filling),
        *((Words(error, Tone.STRONG),) if error else ()),
        *_answers(filling),
        *_goes_to(filling),
        *_by_when(filling),
        *_gate_words(filling),
        *((Words(texts.STAYS, Tone.QUIET),) if kind is Kind.REPORT else ()),
        *row(*_check_buttons(filling)),
        Rule(),
        *clauses(filling.started.place.policy, filling.started.procedure.clauses),
    )
    submit = texts.REVISE_SEND if filling.form.case else texts.SEND[kind]
    press = filling.press("send", number=filling.version, stamp=filling.draft.stamp)
    files = (replace(_files(), error=file_error),) if takes_files(filling) else ()
    return View(texts.CHECK_TITLE, parts, files, press, submit)


def takes_files(filling: Filling) -> bool:
    """True only where the gate was answered with a plain no."""
    gate = filling.draft.gate == "no"
    return gate and filling.started.procedure.takes_evidence and not filling.form.case


def _files() -> Input:
    return Input(
        EVIDENCE,
        texts.FILES,
        FieldType.EVIDENCE,
        help=texts.FILES_HELP.format(most=evidence.MAX_FILES),
        most=evidence.MAX_FILES,
    )


def _answers(filling: Filling) -> Iterator[Part]:
    read, names = filling.read, filling.started.choices.names()
    rows = tuple(
        (field.label, forms.shown(field, read.values[field.id], lambda key: names.get(key, key)))
        for field in drafts.asked(filling.started.procedure, read.values)
        if field.id in read.values
    )
    yield Facts(rows) if rows else Words(texts.NO_ANSWERS)


def _by_when(filling: Filling) -> Iterator[Part]:
    if filling.until and any(stage.who for stage in filling.goes_to.stages):
        yield Words(texts.BY_WHEN.format(when=clock_words(filling.until)))


def _gate_words(filling: Filling) -> Iterator[Part]:
    if filling.form.case or not filling.started.procedure.takes_evidence:
        return
    if filling.draft.gate == "yes":
        yield from stop(filling.goes_to.leads)
        yield Words(texts.GATE_GOES_ON)
    elif filling.draft.gate == "no":
        yield Words(texts.GATE_NO_SAID)


def _check_buttons(filling: Filling) -> tuple[Button | None, ...]:
    again = Button(texts.CHANGE_ANSWERS, filling.press("form_at"))
    asks = filling.started.procedure.takes_evidence and not filling.form.case
    gate = Button(texts.GATE_ASK_AGAIN, filling.press("gate")) if asks else None
    return again, gate
