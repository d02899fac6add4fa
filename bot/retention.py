"""How long cases are kept, and which have come to their time.

Nothing is erased by a clock: when its time has come a case is listed for a person to look at (SECURITY section 3). The
sources are named for orientation; the periods are for each school to confirm with its data protection lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.audit_lines import procedure_of
from bot.cases import Case, State
from bot.deadlines import LOCAL, months_later
from bot.desk import Desk
from bot.effects import OPEN
from bot.store.archive import Archive
from bot.store.records import Entry
from policy_kb.procedures import RegisterName, Retention


@dataclass(frozen=True)
class Rule:
    """A retention rule. years: how long after it begins to run, None where a person's leaving decides."""

    runs: str
    years: int | None
    source: str


RULES: dict[Retention, Rule] = {
    Retention.ROUTINE: Rule(
        "6 years from the end of the case",
        6,
        "Usual in school retention schedules; six years is the limit for most claims (Limitation Act 1980, section 5)",
    ),
    Retention.REGISTER: Rule(
        "6 years from the day its register entry ceased to be in force, or from the end of a case without one",
        6,
        "Limitation Act 1980, section 5; records kept findable under the code of practice of section 46 of the "
        "Freedom of Information Act 2000",
    ),
    Retention.CONCERN: Rule(
        "until the member of staff leaves: the one it is about, else the one who made it",
        None,
        "Keeping children safe in education, part 4: low-level concerns are kept at least until the person leaves",
    ),
    Retention.ALLEGATION: Rule(
        "10 years from the end of the case, or to the person's pension age where that is later; never before",
        10,
        "Keeping children safe in education, part 4, on allegations; the Independent Inquiry into Child Sexual Abuse "
        "asks for 75 years where sexual abuse of a child is alleged",
    ),
}


@dataclass(frozen=True)
class Due:
    """A case whose time has come for a person to look at. on: the day it came, None where it would tell of whom."""

    reference: str
    case_id: str
    retention: Retention
    ended: date
    on: date | None


def due(desk: Desk, tenant: str | None = None) -> list[Due]:
    """Cases to be reviewed before they are erased, the longest due first; none that is open or held."""
    found = []
    today = day_of(desk.now)
    for each in [tenant] if tenant else Archive(desk.records).tenants():
        for case in desk.records.all_cases(each):
            on = None if case.hold else due_on(desk, case)
            if on is not None and on <= today and case.ended_at:
                procedure = procedure_of(desk, case)
                shown = on if procedure and not procedure.restricted else None
                found.append(Due(case.reference, case.id, retention_of(desk, case), day_of(case.ended_at), shown))
    return sorted(found, key=lambda d: (d.ended, d.reference))


def retention_of(desk: Desk, case: Case) -> Retention:
    """The rule of a case. Where the policy has its procedure no more, the one that keeps longest."""
    procedure = procedure_of(desk, case)
    return procedure.retention if procedure else Retention.ALLEGATION


def due_on(desk: Desk, case: Case) -> date | None:
    """The day from which the case may be reviewed for erasing; None while it is open, in force, or nobody has left."""
    if case.state is State.OPEN or case.ended_at is None:
        return None
    retention, ended = retention_of(desk, case), day_of(case.ended_at)
    if retention is Retention.CONCERN:
        leaving = _leaving(desk, case.subject or case.requester)
        return max(leaving, ended) if leaving else None
    begins: list[date | None] = [ended]
    if retention is Retention.REGISTER:
        begins += [_over(desk, case, entry) for entry in entries_of(desk, case)]
    days = [day for day in begins if day is not None]
    return months_later(max(days), 12 * (RULES[retention].years or 0)) if len(days) == len(begins) else None


def entries_of(desk: Desk, case: Case) -> list[Entry]:
    """The register entries that a case made."""
    return [entry for entry in desk.records.entries(case.trust) if entry.case_id == case.id]


def _over(desk: Desk, case: Case, entry: Entry) -> date | None:
    """When a register entry ceased to be in force; None while it is."""
    if entry.status != OPEN:
        return day_of(entry.at)
    if entry.register == RegisterName.SITES.value:
        return None
    if entry.until:
        last = date.fromisoformat(entry.until)
        return last if last < day_of(desk.now) else None
    if entry.register in (RegisterName.REVIEWS.value, RegisterName.TRAINING.value):
        return day_of(case.ended_at or entry.at)
    return _leaving(desk, str(entry.details.get("who") or case.requester))


def _leaving(desk: Desk, person_id: str) -> date | None:
    """The day a person left, with all their accounts; today for one who stands in no file any more, else None."""
    today, person = day_of(desk.now), desk.organisation.person(person_id)
    if person is None:
        return today
    accounts = desk.organisation.accounts(person.who)
    left = [each.left_on for each in accounts if each.left_on and not each.works_on(today)]
    return max(left) if len(left) == len(accounts) else None


def day_of(moment: datetime) -> date:
    """The day of a moment in the UK."""
    return moment.astimezone(LOCAL).date()
