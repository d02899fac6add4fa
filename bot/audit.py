"""The audit as people read it: what happened to the cases they may see, and the export of a whole record.

`bot.chain` checks the record; `bot.anchors` writes its daily anchors; `bot.audit_files` writes the lines out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot import events as ev
from bot import views
from bot.actions import WORDS_LIMIT
from bot.anchors import anchor, anchor_if_due
from bot.audit_lines import AuditLine, is_restricted, kept_back, procedure_of, told
from bot.cases import Case
from bot.chain import verify
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.errors import BadInput
from bot.notices import WATCHES
from bot.sealing import SealBroken
from bot.store.archive import Archive, Stored

__all__ = ["AuditLine", "Glass", "anchor", "anchor_if_due", "export_lines", "lines", "verify"]

KEPT_BACK = "A restricted case: left out"
ERASED = "An erased case"
BROKEN = "A case that does not open: audit verify says why"


@dataclass(frozen=True)
class Glass:
    """Two people who open a restricted case from outside, and why (T08)."""

    by: str
    witness: str
    reason: str


def lines(
    desk: Desk,
    person_id: str,
    reference: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int = 500,
) -> list[AuditLine]:
    """The newest events of the cases that this person may see, restricted ones without their words.

    since, until: UK days, both included. A number that is unknown or not theirs finds nothing. Raises NoAccess for
    people who are not served.
    """
    _, home = desk.person(person_id)
    wanted = reference.strip().upper()
    known = desk.records.by_reference(wanted) if wanted else None
    cases = ([known] if known else []) if wanted else desk.records.all_cases(home.tenant)
    mine = {c.id: c for c in cases if _in_days(c, since, until) and _sees(desk, c, person_id)}
    found = []
    for stored in Archive(desk.records).stored(list(mine)):
        case = mine[stored.case_id]
        asked = desk.directory.same_human(person_id, case.requester)
        hidden = views.INNER if asked and is_restricted(desk, stored, case) else ()
        found += [_without_words(line) for event, line in told(desk, stored, case) if not isinstance(event, hidden)]
    inside = [line for line in found if _in_time(line, since, until)]
    return sorted(inside, key=lambda each: (each.at, each.reference, each.seq), reverse=True)[:limit]


def _in_days(case: Case, since: date | None, until: date | None) -> bool:
    opened, changed = case.opened_at.astimezone(LOCAL).date(), case.changed_at.astimezone(LOCAL).date()
    return (since is None or changed >= since) and (until is None or opened <= until)


def _in_time(line: AuditLine, since: date | None, until: date | None) -> bool:
    day = line.at.astimezone(LOCAL).date()
    return (since is None or day >= since) and (until is None or day <= until)


def _sees(desk: Desk, case: Case, person_id: str) -> bool:
    # A procedure that left the policy since cannot say who decides, so its cases are for the export alone.
    return procedure_of(desk, case) is not None and desk.may_see(case, person_id)


def _without_words(line: AuditLine) -> AuditLine:
    return replace(line, words="", conditions="") if line.restricted else line


# The export, for those who keep the machine: restricted words only by two people and a reason.


def export_lines(desk: Desk, case_ids: Sequence[str], glass: Glass | None = None) -> list[AuditLine]:
    """Every event of these cases. Of a restricted case nothing but times and kinds, unless glass is broken for it.

    Breaking glass writes its event to the case and tells those who watch over it, in this transaction. Raises BadInput.
    """
    archive, found = Archive(desk.records), list[AuditLine]()
    if glass is not None:
        for stored in archive.stored(case_ids):
            _break(desk, stored, glass)
    for stored in archive.stored(case_ids):
        case = _open(desk, stored)
        if case is None or (glass is None and is_restricted(desk, stored, case)):
            title = KEPT_BACK if case else BROKEN if stored.wrapped else ERASED
            found += [kept_back(stored, link, title) for link in stored.chain]
        else:
            found += [line for _, line in told(desk, stored, case)]
    return found


def _open(desk: Desk, stored: Stored) -> Case | None:
    try:
        return desk.records.case(stored.case_id)
    except SealBroken:
        return None


def _break(desk: Desk, stored: Stored, glass: Glass) -> None:
    """Two different people of the trust, neither part of the matter; somebody independent hears of it. BadInput."""
    case = desk.records.case(stored.case_id, lock=True)
    procedure = procedure_of(desk, case) if case else None
    if case is None or procedure is None or not is_restricted(desk, stored, case):
        raise BadInput("only a restricted case that is not erased is opened this way; leave out --break-glass")
    reason = glass.reason.strip()
    if not reason or len(reason) > WORDS_LIMIT:
        raise BadInput(f"--reason: say why, in 1 to {WORDS_LIMIT:,} characters; it stays in the case")
    if desk.directory.same_human(glass.by, glass.witness):
        raise BadInput("--by and --and are one person; a second one is needed")
    if not all(may_step_in(desk, case, person) for person in (glass.by, glass.witness)):
        raise BadInput("these two cannot open this case together; choose two others who work for the trust")
    school = desk.organisation.school(case.school)
    watching = [p.id for role in WATCHES for p in desk.directory.holders(school, role)] if school else []
    if not any(desk.directory.may_hear(case.matter, person) for person in watching):
        raise BadInput("nobody independent is left who would be told; ask the local authority's designated officer")
    broke = ev.BrokeGlass(by=glass.by, at=desk.now, witness=glass.witness, words=reason)
    desk.commit(case, (broke,), procedure)


def may_step_in(desk: Desk, case: Case, person_id: str) -> bool:
    """True for active people of the case's trust who neither made it nor are tied to whom it is about."""
    directory, home = desk.directory, desk.organisation.home(person_id)
    return (
        directory.active(person_id) is not None
        and home is not None
        and home.tenant == case.trust
        and not directory.same_human(person_id, case.requester)
        and directory.may_hear(case.matter, person_id)
    )
