"""What people are told whom a limit refused: above all that their report is not recorded, and whom to ring (T26)."""

from __future__ import annotations

from typing import NamedTuple

from bot.starting import Destination


class NotTaken(NamedTuple):
    """What was not done, why, and what to do now."""

    title: str
    wrong: str
    cure: str


_NOW = "If it cannot wait, or a child may be at risk, telephone {whom} now. In an emergency call 999."


def question(wait: int) -> NotTaken:
    """A question that was not answered. wait: seconds."""
    return NotTaken(
        "Your question was not answered",
        "Too many questions came from you, or from your trust, in a short time.",
        f"Ask again in {_time(wait)}. If somebody may be in danger, do not wait: call 999, then telephone the "
        "designated safeguarding lead, or the headteacher if it concerns the lead.",
    )


def draft(wait: int, goes_to: Destination) -> NotTaken:
    """What was typed last and could not be kept. wait: seconds."""
    return NotTaken(
        "What you wrote last is NOT recorded",
        "Too much was saved from you, or from your trust, in a short time, so nothing was sent to anybody. "
        "The draft that was kept before is still there.",
        f"Copy your text below, and try again in {_time(wait)}. {_NOW.format(whom=whom_to_ring(goes_to))}",
    )


def start(kind: str, wait: int, goes_to: Destination, *, files: bool = False) -> NotTaken:
    """A request, report or record that was not started. kind: the procedure's; files: it came with files."""
    again = " and choose the files again: they were not kept" if files else ""
    return NotTaken(
        f"Your {kind} is NOT recorded",
        "Too many were sent by you, or by your trust, in a short time, so nobody was told of it.",
        f"Your draft is kept. Send it again in {_time(wait)}{again}. {_NOW.format(whom=whom_to_ring(goes_to))}",
    )


def whom_to_ring(goes_to: Destination) -> str:
    """The safeguarding leads by name, unless it is about them; else who would have it; else the authority's officer."""
    if goes_to.leads:
        return f"the designated safeguarding lead, {' or '.join(goes_to.leads)},"
    holders = [stage.who for stage in goes_to.stages if stage.who] or list(goes_to.told)
    if holders:
        return holders[0]
    return "your Local Authority Designated Officer (LADO)" if goes_to.nobody else "the school office"


def _time(wait: int) -> str:
    """'8 seconds', '2 minutes'; rounded up, so that nobody comes back too early."""
    count, unit = (wait, "second") if wait < 100 else (-(-wait // 60), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
