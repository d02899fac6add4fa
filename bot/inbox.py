"""What one person was told of cases, in the words that they may read at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import desk_texts
from bot.cases import Case
from bot.desk import Desk
from bot.store.records import Delivery
from bot.views import lado, name_of


@dataclass(frozen=True)
class Told:
    """A notice as the person reads it."""

    at: datetime
    text: str
    case_id: str
    read: bool


def told(desk: Desk, person_id: str) -> list[Told]:
    """The person's delivered notices, newest first; those of cases they may not see any more are left out."""
    desk.person(person_id)
    found = []
    for delivery in desk.records.told(person_id):
        text = notice_text(desk, delivery, person_id)
        if text is not None:
            found.append(Told(delivery.created_at, text, delivery.notice.case_id, delivery.read_at is not None))
    return found


def notice_text(desk: Desk, delivery: Delivery, person_id: str) -> str | None:
    """The words of a notice, chosen now: None where the person may not hear of the case any more (T06)."""
    notice = delivery.notice
    case = desk.records.case(notice.case_id)
    if case is None or not _may_hear(desk, case, notice.kind, person_id):
        return None
    procedure = desk.procedure(case)
    kind = "handed_on_restricted" if notice.kind == "handed_on" and procedure.restricted else notice.kind
    template = desk_texts.NOTICES[kind.partition(":")[0]]
    event = desk.records.event(case.id, notice.seq)
    by = event.by if event else None
    return template.format(
        reference=case.reference,
        title=desk_texts.RESTRICTED_TITLE if procedure.restricted else procedure.title,
        kind=procedure.kind.value,
        # What leaves the pages says nothing of a restricted case, not even who wrote in it (T07, T11).
        who=name_of(desk, by) if by and not procedure.restricted else desk_texts.SOMEBODY,
        lado=lado(desk, case),
    )


_TO_OTHERS = frozenset({"settled", "withdrawn", "revised", "told", "outcome", "clock", "broke_glass"}) | {
    f"entry_{what}" for what in ("review", "closing", "administrators")
}
"""Notices that name a case to people who may not open it, or not any more."""


def _may_hear(desk: Desk, case: Case, kind: str, person_id: str) -> bool:
    """A settled case may still be announced to those who held it; nothing reaches the subject or a leaver."""
    if desk.may_see(case, person_id):
        return True
    return kind in _TO_OTHERS and desk.may_hear(case, person_id)
