"""One line of the audit for each event: who, when, what, under which policy. Nothing here decides who may read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from bot import events as ev
from bot import forms, views
from bot.cases import Case
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.sealing import SealBroken
from bot.store.archive import Archive, Link, Stored
from policy_kb.procedures import Procedure, Stage, Step

CLOCK = "A clock"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT: TypeAdapter[ev.Event] = TypeAdapter(ev.Event)


@dataclass(frozen=True)
class AuditLine:
    """One event. at: UTC; when: UK time in figures; words and conditions: letter for letter, empty where kept back.

    hash: the event's link in the chain, by which an export is compared with the record.
    """

    at: datetime
    when: str
    reference: str
    case_id: str
    seq: int
    title: str
    what: str
    policy: str
    restricted: bool
    hash: str
    policy_version: str = ""
    school: str = ""
    who: str = ""
    words: str = ""
    conditions: str = ""
    clauses: tuple[str, ...] = ()


def procedure_of(desk: Desk, case: Case) -> Procedure | None:
    """The procedure of a case; None where the policy has it no more."""
    policy = desk.knowledge.policies.get(case.policy)
    return policy.procedures.get(case.procedure) if policy else None


def is_restricted(desk: Desk, stored: Stored, case: Case | None) -> bool:
    """Restricted when it was made, or by the procedure as it is now: the stricter of the two."""
    procedure = procedure_of(desk, case) if case else None
    return bool(stored.row and stored.row["restricted"]) or (procedure is not None and procedure.restricted)


def told(desk: Desk, stored: Stored, case: Case) -> list[tuple[ev.Event, AuditLine]]:
    """The events of a case that open, each with its line."""
    archive, found = Archive(desk.records), list[tuple[ev.Event, AuditLine]]()
    for link in stored.chain:
        context = f"{stored.case_id}:{link.seq}"
        try:
            event = _EVENT.validate_json(archive.unseal(stored.wrapped or b"", link.sealed, context))
        except (SealBroken, ValidationError):
            continue  # `audit verify` names it; a broken event is not shown as if somebody had said it.
        found.append((event, _whole(desk, stored, case, link, event)))
    return found


def _whole(desk: Desk, stored: Stored, case: Case, link: Link, event: ev.Event) -> AuditLine:
    procedure, school = procedure_of(desk, case), desk.organisation.school(case.school)
    policy = desk.knowledge.policies.get(case.policy)
    # A stage begins by itself, whoever gave the word before.
    by = "" if isinstance(event, ev.StageBegan) else views.name_of(desk, event.by) if event.by else CLOCK
    return replace(
        kept_back(stored, link, procedure.title if procedure else case.procedure),
        school=school.name if school else case.school,
        who=by,
        what=views.line(desk, event, procedure, "").what if procedure else event.type.replace("_", " "),
        words=words_of(desk, procedure, event),
        conditions=getattr(event, "conditions", "") or "",
        policy=policy.title if policy else case.policy,
        policy_version=case.policy_version,
        clauses=_clauses(procedure, event) if procedure else (),
        restricted=is_restricted(desk, stored, case),
    )


def _clauses(procedure: Procedure, event: ev.Event) -> tuple[str, ...]:
    """The clause of the stage or step that the event belongs to, else those on which the procedure rests."""
    part: str | None = getattr(event, "stage", None) or getattr(event, "step", None)
    parts: list[Stage | Step] = [*procedure.stages, *procedure.walk]
    own = next((each.clause for each in parts if each.id == part), None)
    return (own,) if own else procedure.clauses


def kept_back(stored: Stored, link: Link, title: str) -> AuditLine:
    """An event with what its row says in the open, and nothing else."""
    row, at = stored.row or {}, link.at or _NO_TIME
    return AuditLine(
        at=at,
        when=f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S %Z}",
        reference=str(row.get("reference", "")),
        case_id=stored.case_id,
        seq=link.seq,
        title=title,
        what=link.type.replace("_", " "),
        policy=str(row.get("policy", "")),
        restricted=bool(row.get("restricted")),
        hash=link.hash,
    )


def words_of(desk: Desk, procedure: Procedure | None, event: ev.Event) -> str:
    """What was written: the words of the event, or the answers of a form with their questions."""
    if procedure is None or not isinstance(event, ev.CaseOpened | ev.Revised):
        return str(getattr(event, "words", "") or "")
    found = answers(desk, procedure, event.values)
    return "\n".join(f"{label}{'' if label.endswith('?') else ':'} {answer}" for label, answer in found)


def answers(desk: Desk, procedure: Procedure, values: dict[str, ev.Value]) -> list[tuple[str, str]]:
    """The questions of a form with what was answered, as people read it. Sites stand by the number of their entry."""

    def name(key: str) -> str:
        person = desk.organisation.person(key)
        return person.name if person else key

    return [(f.label, forms.shown(f, values[f.id], name)) for f in procedure.fields if f.id in values]
