"""Whoever sends too much is told that it is not recorded, and whom to telephone (SECURITY T26)."""

from __future__ import annotations

from bot import pace_texts
from bot.chat.form_ref import Filling
from bot.chat.room import Call
from bot.desk import Desk
from bot.errors import BadInput
from bot.pace_limits import What, Who
from bot.pace_texts import NotTaken


async def question(call: Call) -> None:
    """One more question or button. Raises BadInput with what to do instead."""
    wait = await _wait(call, What.QUESTION)
    if wait:
        raise BadInput(_said(pace_texts.question(wait)))


async def draft(call: Call, filling: Filling) -> str:
    """One more step to keep; what is said beside it where it was not kept, "" where it may be."""
    wait = await _wait(call, What.DRAFT)
    return _said(pace_texts.draft(wait, filling.goes_to)) if wait else ""


async def sending(call: Call, filling: Filling) -> str:
    """One more case, and its files; what is said where it was not recorded, "" where it may be."""
    files = bool(call.files)
    wait = await _wait(call, What.UPLOAD) if files else 0
    wait = wait or await _wait(call, What.START)
    kind = filling.started.procedure.kind.value
    return _said(pace_texts.start(kind, wait, filling.goes_to, files=files)) if wait else ""


async def _wait(call: Call, what: What) -> int:
    if call.room.pace is None:
        return 0
    return call.room.pace.allow(Who(call.person, await call.at_desk(_tenant)), what, call.now)


def _tenant(desk: Desk, person_id: str) -> str:
    return desk.person(person_id)[1].tenant


def _said(not_taken: NotTaken) -> str:
    return f"{not_taken.title}. {not_taken.wrong} {not_taken.cure}"
