"""Holding and erasing cases: what a reviewer decides, each with a reason, without breaking the record.

Raises BadInput with the cure throughout; what is refused changes nothing.
"""

from __future__ import annotations

from typing import Any

from bot import events as ev
from bot import views
from bot.actions import WORDS_LIMIT
from bot.audit import may_step_in
from bot.cases import Case, State, fold
from bot.desk import Desk
from bot.effects import OPEN
from bot.errors import BadInput
from bot.retention import RULES, day_of, due, due_on, entries_of, retention_of
from bot.store.archive import Archive
from bot.store.disposal import destroy
from policy_kb.model import Role
from policy_kb.procedures import RegisterName, Retention

__all__ = ["RULES", "due", "erase", "hold"]

REVIEWERS = frozenset(
    {
        Role.HEADTEACHER,
        Role.CEO,
        Role.CHAIR_OF_GOVERNORS,
        Role.CHAIR_OF_TRUSTEES,
        Role.SAFEGUARDING_LEAD,
    }
)
"""Who may hold and erase cases of their trust: the same people who may read its audit."""


def hold(desk: Desk, reference: str, on: bool, by: str, reason: str) -> None:
    """Set or lift a legal hold; while it stands the case is neither due nor erased. Raises BadInput."""
    case = _reviewed(desk, reference, by, reason)
    if case.hold == on:
        raise BadInput(f"{case.reference} {'is held already' if on else 'is not held'}; nothing was changed")
    _append(desk, case, ev.Held(by=by, at=desk.now, on=on, words=reason.strip()))


def erase(desk: Desk, reference: str, by: str, reason: str, early: bool = False) -> dict[str, Any]:
    """Destroy what was written in a case; its certificate of disposal. The chain stays and still verifies.

    early: before its time, which is never open to an allegation. Raises BadInput, and nothing is changed.
    """
    case = _reviewed(desk, reference, by, reason)
    on, retention = due_on(desk, case), retention_of(desk, case)
    in_time = on is not None and on <= day_of(desk.now)
    _refuse(desk, case, in_time, early)
    erased = _append(desk, case, ev.Erased(by=by, at=desk.now, words=reason.strip()))
    gone = destroy(desk.records, case, desk.now)
    return {
        "certificate": "Certificate of disposal",
        "reference": case.reference,
        "case": case.id,
        "tenant": case.trust,
        "school": case.school,
        "policy": case.policy,
        "policy_version": case.policy_version,
        "opened_on": day_of(case.opened_at).isoformat(),
        "ended_on": day_of(case.ended_at or case.changed_at).isoformat(),
        "rule": RULES[retention].runs,
        "source": RULES[retention].source,
        "before_its_time": not in_time,
        "erased_at": desk.now.isoformat(),
        "by": by,
        "by_name": views.name_of(desk, by),
        "reason": reason.strip(),
        "destroyed": gone,
        "kept": {"events": erased.version, "head": Archive(desk.records).head_of(case.id)},
    }


def _refuse(desk: Desk, case: Case, in_time: bool, early: bool) -> None:
    if case.state is State.OPEN:
        raise BadInput(f"{case.reference} is open; it can be erased some time after it ended")
    if case.hold:
        raise BadInput(f"{case.reference} is held; lift the hold first: privacy hold {case.reference} off")
    sites = [e for e in entries_of(desk, case) if e.register == RegisterName.SITES.value and e.status == OPEN]
    if sites:
        raise BadInput(f"{case.reference} stands in the register of sites; have the site closed first")
    if in_time:
        return
    if retention_of(desk, case) is Retention.ALLEGATION:
        raise BadInput(f"{case.reference} is kept {RULES[Retention.ALLEGATION].runs}; it cannot be erased earlier")
    if not early:
        rule = RULES[retention_of(desk, case)].runs
        raise BadInput(f"{case.reference} is kept {rule}; add --early if the reason outweighs that")


def _reviewed(desk: Desk, reference: str, by: str, reason: str) -> Case:
    """The case, if this person may decide how long it is kept, with a reason."""
    case_id = Archive(desk.records).id_of(reference)
    case = desk.records.case(case_id, lock=True) if case_id else None
    if case is None:
        raise BadInput(f"{reference.strip().upper()[:20]} is unknown or erased already; compare the number")
    if not reason.strip() or len(reason) > WORDS_LIMIT:
        raise BadInput(f"--reason: say why, in 1 to {WORDS_LIMIT:,} characters; it stays on record")
    if not may_step_in(desk, case, by) or not _reviews(desk, case, by):
        raise BadInput(
            f"{by[:40]!r} cannot decide this; --by names a head, chief executive, chair or safeguarding lead "
            "of the case's school or trust who has no part in it"
        )
    return case


def _reviews(desk: Desk, case: Case, person_id: str) -> bool:
    person = desk.organisation.person(person_id)
    schools = [s for s in desk.organisation.of_tenant(case.trust) if s.central or s.id == case.school]
    return person is not None and any(REVIEWERS & desk.organisation.roles_at(person, school) for school in schools)


def _append(desk: Desk, case: Case, event: ev.Event) -> Case:
    """Beside the procedure: it tells nobody, moves no clock, and works where the policy has the procedure no more."""
    after = fold([event], case)
    if after is None:
        raise ValueError("no case")
    desk.records.append(case, (event,), after)
    return after
