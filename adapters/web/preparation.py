"""What to have ready for a request, report or record under one school's policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapters.web.desk import Desk, no_context
from adapters.web.words import KIND_HEADINGS
from bot import texts
from bot.answers import AnswerPart, Contact, Quote
from bot.organisation import Person, School
from policy_kb.model import Policy, ProcedureName


@dataclass(frozen=True)
class Preparation:
    """A procedure with whom it goes to and the clauses it rests on. exact: taken from one given answer."""

    procedure: ProcedureName
    contacts: tuple[Contact, ...]
    quotes: tuple[Quote, ...]
    notes: tuple[str, ...] = ()
    exact: bool = False

    @property
    def contact_heading(self) -> str:
        """Who decides, or who receives it."""
        return KIND_HEADINGS[self.procedure.kind]


def offered_by(policy: Policy, slug: str, topic: str | None = None) -> Iterator[tuple[str, dict[str, str]]]:
    """(topic, facts) of every outcome that offers the procedure; of one topic where it is given."""
    for ruling in policy.rulings.values():
        if topic is not None and ruling.topic != topic:
            continue
        if slug in ruling.offers:
            yield ruling.topic, {}
        yield from ((ruling.topic, dict(c.facts)) for c in ruling.when if slug in c.offers)


def from_parts(
    procedure: ProcedureName,
    parts: Iterable[AnswerPart],
    otherwise: Iterable[Contact],
    notes: tuple[str, ...] = (),
    exact: bool = False,
) -> Preparation:
    """Gather the parts that offer the procedure. otherwise: whom to name where the parts name nobody."""
    offering = [p for p in parts if procedure.slug in {o.slug for o in p.offers}]
    named = [c for p in offering for c in p.contacts] or list(otherwise)
    quotes = {q.clause: q for p in offering for q in p.quotes}
    contacts = tuple(dict.fromkeys(named))
    return Preparation(procedure, contacts, tuple(quotes.values()), notes, exact)


def from_rulings(
    desk: Desk, policy: Policy, procedure: ProcedureName, school: School, topic: str | None
) -> Preparation | None:
    """From the rulings alone, when the answer that led here is forgotten; None where nothing offers it."""
    outcomes = list(offered_by(policy, procedure.slug, topic)) or list(offered_by(policy, procedure.slug))
    if not outcomes:
        return None
    turns = [desk.choose(policy.id, "topic", t, no_context(facts), school) for t, facts in outcomes]
    parts = [part for turn in turns for part in turn.answer.parts]
    return from_parts(procedure, parts, (c for turn in turns for c in turn.answer.contacts))


def outline(preparation: Preparation, school: School, person: Person) -> str:
    """The request as plain text to fill in and send."""
    procedure = preparation.procedure
    lines = [
        procedure.title,
        f"To: {texts.any_of_roles([str(c) for c in preparation.contacts])}",
        f"From: {person.name}, {person.job}, {school.name}",
        "",
    ]
    for wanted in procedure.include:
        lines += [f"{wanted}:", "", ""]
    if preparation.quotes:
        lines.append("What the policy says:")
        lines += [f"{q.label} ({q.document}): \u201c{q.quote}\u201d" for q in preparation.quotes]
    return "\n".join(lines)
