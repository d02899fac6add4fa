"""What a person is given of their own data, and what their data protection lead looks at beside it (T11).

The person gets what they made and what they wrote, other people's names taken out. Cases that others made about them
are never in it: they are listed for the lead alone, without a word of them and without who made them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot import events as ev
from bot import views
from bot.audit import may_step_in
from bot.audit_lines import answers, procedure_of, words_of
from bot.cases import Case
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.errors import BadInput
from bot.letters import Entry, Record
from bot.redaction import Redactor
from bot.retention import RULES, day_of, retention_of
from bot.store.archive import Archive
from policy_kb.procedures import RegisterName

KEPT_BACK = "Restricted: the data protection lead decides what of it is given out."
FOR_THE_LEAD = (
    "These cases name the person. Before anything of them is given out, look at what concerns other people, above all "
    "whoever made the case; at the exemptions for child abuse data and serious harm; and at legal advice. Read them "
    "with `audit export --break-glass`. Who made a case is never told."
)


@dataclass(frozen=True)
class Access:
    """A person's export. data: what they are given; pages: the same to print; redactions: where names stood."""

    data: dict[str, Any]
    pages: tuple[Record, ...]
    redactions: tuple[dict[str, Any], ...]


def export_person(desk: Desk, person_id: str) -> Access:
    """Everything the person made or wrote in their trust, also after they left. Raises BadInput for nobody known."""
    one = _Subject(desk, person_id)
    made = [_made(one, case) for case in one.made()]
    pages = tuple(_page(one, each) for each in made)
    wrote = [each for case in one.worked_on() if (each := _wrote(one, case))]
    data = {
        "person": person_id,
        "name": one.name,
        "made_at": desk.now.isoformat(),
        "directory": one.directory(),
        "cases": made,
        "wrote_elsewhere": wrote,
        "registers": list(_registers(one)),
    }
    return Access(data, pages, tuple(vars(each) for each in one.redactor.log))


def about(desk: Desk, person_id: str, lead: str) -> dict[str, Any]:
    """The cases that others made and that name the person, for the lead; without those in which the lead has a part.

    Raises BadInput for a lead who does not work in the trust, or is the person.
    """
    one = _Subject(desk, person_id)
    home = desk.organisation.home(lead)
    if desk.directory.active(lead) is None or home is None or home.tenant not in one.tenants:
        raise BadInput(f"--lead: {lead[:40]!r} does not work in the person's trust; name somebody who does")
    if lead in one.accounts:
        raise BadInput("--lead: the person cannot be their own data protection lead; name somebody else")
    listed = [_listed(desk, case) for case in one.named_in() if may_step_in(desk, case, lead)]
    return {
        "person": person_id,
        "for": lead,
        "made_at": desk.now.isoformat(),
        "read_first": FOR_THE_LEAD,
        "cases": listed,
    }


class _Subject:
    """The person whose data it is, with everything that is asked about them."""

    def __init__(self, desk: Desk, person_id: str) -> None:
        known = Archive(desk.records).known()
        if person_id not in known.names:
            raise BadInput(f"{person_id[:40]!r} is in no organisation file that was ever adopted; use the person's id")
        self.desk = desk
        self.person_id = person_id
        self.humans = known.humans[person_id]
        self.accounts = {each for each, humans in known.humans.items() if humans & self.humans}
        self.name = sorted(known.names[person_id])[0]
        self.tenants = set(known.tenants[person_id])
        self.redactor = Redactor(self.accounts, known.names)

    def _all(self) -> list[Case]:
        found = [case for tenant in sorted(self.tenants) for case in self.desk.records.all_cases(tenant)]
        return sorted(found, key=lambda case: (case.opened_at, case.id))

    def made(self) -> list[Case]:
        """What the person made, with any of their accounts."""
        return [case for case in self._all() if case.requester in self.accounts]

    def worked_on(self) -> list[Case]:
        """Other people's cases in which they took part and still may hear of."""
        return [
            case
            for case in self._all()
            if case.requester not in self.accounts
            and self.accounts & set(case.took_part)
            and all(self.desk.directory.may_hear(case.matter, each) for each in self.accounts)
        ]

    def named_in(self) -> list[Case]:
        """Other people's cases that are about them, or in whose form they are named."""
        return [c for c in self._all() if c.requester not in self.accounts and self.accounts & _named(c)]

    def directory(self) -> dict[str, Any]:
        """How they stand in the organisation file now."""
        person = self.desk.organisation.person(self.person_id)
        kept = person.model_dump(mode="json", exclude={"manager", "deputies"}) if person else {}
        return {key: value for key, value in kept.items() if value}

    def who(self, by: str | None, place: str) -> str:
        """The person's own name, a label for anybody else, and nothing for a clock."""
        if by is None:
            return ""
        return self.name if by in self.accounts else self.redactor.label(by, place)


def _named(case: Case) -> set[str]:
    values = (each for value in case.values.values() for each in (value if isinstance(value, tuple) else (value,)))
    return {str(each) for each in (case.subject, *values)}


def _made(one: _Subject, case: Case) -> dict[str, Any]:
    desk, procedure = one.desk, procedure_of(one.desk, case)
    asked = answers(desk, procedure, case.values) if procedure else []
    place, school = f"{case.reference} form", desk.organisation.school(case.school)
    return {
        "reference": case.reference,
        "title": procedure.title if procedure else case.procedure,
        "school": school.name if school else case.school,
        "policy": f"{case.policy}, {case.policy_version}",
        "state": case.state.value,
        "opened_on": day_of(case.opened_at).isoformat(),
        "ended_on": day_of(case.ended_at).isoformat() if case.ended_at else None,
        "answers": [{"question": label, "answer": one.redactor.clean(text, place)} for label, text in asked],
        "history": list(_history(one, case)),
        "files": [{"kind": a.kind, "bytes": a.size, "sha256": a.sha256} for a in case.attachments],
    }


def _history(one: _Subject, case: Case, own: bool = False) -> Iterator[dict[str, str]]:
    """The case's events as the person sees them; own: their own alone."""
    desk, procedure = one.desk, procedure_of(one.desk, case)
    hidden = views.INNER if procedure is None or procedure.restricted else ()
    for seq, event in enumerate(desk.records.events(case.id), 1):
        if isinstance(event, (ev.Approved, *hidden)) or (own and event.by not in one.accounts):
            continue
        place = f"{case.reference} event {seq}"
        what = views.line(desk, event, procedure, "").what if procedure else event.type.replace("_", " ")
        yield {
            "when": f"{event.at.astimezone(LOCAL):%Y-%m-%d %H:%M %Z}",
            "who": "" if isinstance(event, ev.StageBegan) else one.who(event.by, place),
            "what": one.redactor.clean(what, place),
            "words": one.redactor.clean(words_of(desk, procedure, event), place),
            "conditions": one.redactor.clean(str(getattr(event, "conditions", "") or ""), place),
        }


def _wrote(one: _Subject, case: Case) -> dict[str, Any] | None:
    """What the person wrote in somebody else's case; of a restricted one only that they took part."""
    procedure = procedure_of(one.desk, case)
    if procedure is None or procedure.restricted:
        return {"reference": case.reference, "kept_back": KEPT_BACK}
    history = list(_history(one, case, own=True))
    return {"reference": case.reference, "title": procedure.title, "history": history} if history else None


def _registers(one: _Subject) -> Iterator[dict[str, Any]]:
    """Register entries that name the person; of a ban, made by a restricted case, nothing."""
    for tenant in sorted(one.tenants):
        for entry in one.desk.records.entries(tenant):
            named = {key for key, value in entry.details.items() if one.accounts & set(map(str, _several(value)))}
            if named and entry.register != RegisterName.BANS.value:
                title = one.redactor.clean(entry.title, f"register {entry.register}")
                yield {"register": entry.register, "title": title, "status": entry.status, "named_as": sorted(named)}


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _listed(desk: Desk, case: Case) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "state": case.state.value,
        "opened_on": day_of(case.opened_at).isoformat(),
        "ended_on": day_of(case.ended_at).isoformat() if case.ended_at else None,
        "kept": RULES[retention_of(desk, case)].runs,
        "held": case.hold,
    }


def _page(one: _Subject, made: dict[str, Any]) -> Record:
    entries = tuple(Entry(e["when"], e["who"], e["what"], _said(e)) for e in made["history"])
    return Record(made["school"], made["reference"], made["title"], entries, one.desk.now)


def _said(event: dict[str, str]) -> str:
    return "\n\nConditions: ".join(part for part in (event["words"], event["conditions"]) if part)
