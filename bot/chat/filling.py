"""The way to a case: a form in steps, the gate before any file, the check, the sending."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot import actions as act
from bot import cases, desk_texts, drafts, evidence, starting
from bot import events as ev
from bot.casework import Done, Upload
from bot.chat import chat_texts as texts
from bot.chat import form_ref, look_ups, pacing
from bot.chat.case_shown import case_reaction, refusal
from bot.chat.form_ref import Filling, FormRef, form_of
from bot.chat.form_steps import after, step_at
from bot.chat.form_views import EVIDENCE, GATE, check_view, gate_view, step_view, takes_files
from bot.chat.messages import File, Reaction, View
from bot.chat.parts import sentence
from bot.chat.room import Call
from bot.desk import Desk, NoAccess
from bot.drafts import NotOffered
from bot.errors import BadInput
from bot.store.records import new_id
from policy_kb.procedures import LookUp


async def start(call: Call) -> Reaction:
    """The first step of a form, with what was filled in before; or what a look-up shows."""
    form = form_of(call.press)
    look = await call.at_desk(_look_up, form)
    if look:
        return await look_ups.shown(call, look)
    filling = await _load(call, form)
    if filling.draft.gate in ("no", "none"):
        # Whoever takes up a draft is asked about its files anew.
        filling = await call.at_desk(form_ref.answer_gate, form, "")
    return Reaction(view=step_or_check(filling, 0))


async def revise(call: Call) -> Reaction:
    """The form of a request again, with the answers as they stand."""
    return Reaction(view=step_or_check(await _load(call, FormRef("", case=call.press.case)), 0))


async def form_at(call: Call) -> Reaction:
    """A step of the form, to change what was filled in."""
    return Reaction(view=step_or_check(await _load(call, form_of(call.press)), call.press.number))


def _look_up(desk: Desk, person_id: str, form: FormRef) -> LookUp | None:
    procedure = starting.place_of(desk, person_id, form.school).policy.procedures.get(form.slug)
    return procedure.look if procedure and not form.case else None


async def _load(call: Call, form: FormRef) -> Filling:
    try:
        return await call.at_desk(form_ref.filling, form)
    except NotOffered as error:
        raise BadInput(texts.NOT_OFFERED) from error


def step_or_check(filling: Filling, begins: int) -> View:
    """The step that begins there; after the last one what is still wrong, the gate, the check."""
    procedure, read = filling.started.procedure, filling.read
    fields = step_at(procedure, filling.draft.raw, read.values, begins)
    if fields:
        return step_view(filling, fields, begins)
    wrong = [field for field in procedure.fields if field.id in read.errors]
    if wrong:
        return step_view(filling, wrong[:8], begins, read.errors)
    asks = procedure.takes_evidence and not filling.form.case
    return gate_view(filling) if asks and not filling.draft.gate else check_view(filling)


async def fill(call: Call) -> Reaction:
    """Keep the answers of a step; then the next one, or what is wrong beside its question."""
    raw, begins, form = call.raw or {}, call.press.number, form_of(call.press)
    refused = await _too_fast(call, form)
    if refused:
        return refused
    filling = await call.at_desk(form_ref.fill, form, raw)
    procedure = filling.started.procedure
    errors = {key: text for key, text in filling.read.errors.items() if key in raw}
    if errors:
        applying = drafts.asked(procedure, filling.read.values)
        again = [field for field in applying if field.id in raw or field.id in errors]
        return Reaction(view=step_view(filling, again, begins, errors), errors=errors)
    return Reaction(view=step_or_check(filling, max(begins, after(procedure, raw, begins))))


async def _too_fast(call: Call, form: FormRef) -> Reaction | None:
    """The step as it was typed with what is said beside it, where it could not be kept."""
    before, raw = await _load(call, form), call.raw or {}
    said = await pacing.draft(call, before)
    shown = [field for field in before.started.procedure.fields if field.id in raw]
    if not said or not shown:
        return None
    typed = {**before.draft.raw, **{key: list(values) for key, values in raw.items()}}
    errors = {shown[0].id: said}
    as_typed = replace(before, draft=before.draft.written(typed))
    return Reaction(view=step_view(as_typed, shown, call.press.number, errors), errors=errors)


async def gate(call: Call) -> Reaction:
    """Keep the answer to the gate; only a plain no opens the way to a file (SECURITY T20)."""
    form = form_of(call.press)
    if call.raw is None:
        return Reaction(view=gate_view(await call.at_desk(form_ref.answer_gate, form, "")))
    answer = call.given(GATE)
    if answer not in ("yes", "no", "none"):
        filling = await _load(call, form)
        return Reaction(view=gate_view(filling, texts.GATE_ANSWER), errors={GATE: texts.GATE_ANSWER})
    filling = await call.at_desk(form_ref.answer_gate, form, answer)
    return Reaction(view=step_or_check(filling, len(filling.started.procedure.fields)))


async def drop(call: Call) -> Reaction:
    """Forget the draft and begin afresh."""
    form = form_of(call.press)
    await call.at_desk(form_ref.drop, form)
    return Reaction(view=step_or_check(await _load(call, form), 0))


async def send(call: Call) -> Reaction:
    """Open the case, or change the request. Sent twice it counts once, from wherever it is sent."""
    form = form_of(call.press)
    done = await _sent_before(call, form)
    if done is None:
        filling = await _load(call, form)
        if filling.started.draft is None or not _same_draft(filling, form):
            raise BadInput(texts.ALREADY_SENT)
        if filling.draft.stamp != form.stamp:
            return Reaction(view=check_view(filling, texts.CHANGED_ELSEWHERE))
        if filling.read.errors:
            return Reaction(view=step_or_check(filling, len(filling.started.procedure.fields)))
        refused = "" if form.case else await pacing.sending(call, filling)
        if refused:
            return Reaction(view=check_view(filling, refused))
        try:
            uploads = await _uploads(filling, call.files)
        except BadInput as error:
            return _files_refused(filling, sentence(str(error)))
        done = await (_changed(call, filling) if form.case else _opened(call, filling, uploads))
    await call.at_desk(form_ref.drop_sent, form)
    return await _sent(call, form, done)


def _same_draft(filling: Filling, form: FormRef) -> bool:
    return form.stamp.partition("-")[0] == filling.draft.key


async def _sent_before(call: Call, form: FormRef) -> Done | None:
    """What came of this draft, where a platform repeats the sending, or it went from another window."""
    try:
        return await call.room.office.answered(call.person, _delivery(form.stamp.partition("-")[0]), call.now)
    except NoAccess:
        return None


def _delivery(key: str) -> str:
    return drafts.Draft(key=key).delivery


async def _opened(call: Call, filling: Filling, uploads: tuple[Upload, ...]) -> Done:
    held_back: dict[str, ev.Value] = {cases.GATE: True} if filling.draft.gate == "yes" else {}
    return await call.room.office.start(
        call.person,
        filling.form.slug,
        {**filling.read.values, **held_back},
        call.now,
        uploads=uploads,
        school_id=filling.form.school,
        key=filling.draft.delivery,
    )


async def _changed(call: Call, filling: Filling) -> Done:
    values = filling.read.values
    action = act.Revise(values=values, subject=cases.subject_in(filling.started.procedure, values))
    return await call.room.office.act(call.person, filling.form.case, action, call.now, key=filling.draft.delivery)


async def _sent(call: Call, form: FormRef, done: Done) -> Reaction:
    if done.refused:
        reason = desk_texts.REFUSALS[done.refused].format(detail=done.detail)
        return await refusal(call, done.case_id, reason)
    if form.case:
        return await case_reaction(call, done.case_id, done=texts.ACTED["revise"])
    return await case_reaction(call, done.case_id, sent=True)


async def _uploads(filling: Filling, files: Sequence[File]) -> tuple[Upload, ...]:
    """The files, checked and re-encoded by a process of their own. Raises BadInput; also for files past the gate."""
    if not files:
        return ()
    if not takes_files(filling):
        raise BadInput(texts.NO_FILES_HERE)
    if len(files) > evidence.MAX_FILES:
        raise BadInput(texts.TOO_MANY_FILES.format(most=evidence.MAX_FILES))
    return tuple([await asyncio.to_thread(_upload, file) for file in files])


def _upload(file: File) -> Upload:
    checked = evidence.check(file.name, file.data)
    attachment = ev.Attachment(id=new_id(), kind=checked.kind, size=checked.size, sha256=checked.sha256)
    return Upload(attachment, file.data, checked.viewer, checked.viewer_kind)


def _files_refused(filling: Filling, reason: str) -> Reaction:
    if takes_files(filling):
        return Reaction(view=check_view(filling, file_error=reason), errors={EVIDENCE: reason})
    return Reaction(view=check_view(filling, reason))
