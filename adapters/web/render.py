"""An answer -> what the templates show; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from adapters.web.words import OFFERS
from bot import texts
from bot.answers import Answer, AnswerPart, Choice, Contact, Quote
from bot.deadlines import LOCAL
from bot.organisation import Person
from policy_kb.model import Policy, Verdict


@dataclass(frozen=True)
class Block:
    """Lines of a clause that belong together: a paragraph, or the items that follow a colon."""

    listed: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class QuoteView:
    """A clause letter for letter, with the address of its place in the policy."""

    label: str
    document: str
    heading: str
    href: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ContactView:
    """A role in the policy's words; each name with whether it is the reader's own."""

    words: str
    people: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class OfferView:
    """A request, report or record that the reader can start. do: what the button says that it does."""

    title: str
    href: str
    do: str


@dataclass(frozen=True)
class PartView:
    """The answer on one topic. kind: the verdict as a style and icon name; tagged: shows its own verdict."""

    kind: str
    words: str
    say: str
    asked: str
    stated: tuple[str, ...]
    silent: bool
    quotes: tuple[QuoteView, ...]
    conflict: str | None
    next: str | None
    contacts: tuple[ContactView, ...]
    offers: tuple[OfferView, ...]
    tagged: bool = False


@dataclass(frozen=True)
class CardView:
    """A whole answer. clarify: it asks before it answers, so that the question comes first."""

    kind: str
    words: str
    clarify: bool
    parts: tuple[PartView, ...]
    also: tuple[PartView, ...]
    notes: tuple[str, ...]
    contact_heading: str
    contacts: tuple[ContactView, ...]
    question: str | None
    choices: tuple[Choice, ...]
    signpost: str | None


def style(verdict: Verdict) -> str:
    """The verdict as a style and icon name."""
    return verdict.value.replace("_", "-")


def anchor(clause_id: str) -> str:
    """The clause's place on the page of its policy."""
    return re.sub(r"[:.]", "-", clause_id)


def heading(words: str) -> str:
    """One of the bot's lead-ins, such as "What to do next:", as a heading."""
    return words.rstrip(":")


def card(answer: Answer, policy_id: str, reader: Person | None = None) -> CardView:
    """An answer under a policy."""
    clarify = answer.verdict is Verdict.CLARIFY and answer.question is not None
    started: set[str] = set()
    told = [p for p in answer.parts if p.say != answer.question] if clarify else answer.parts
    parts = [_part(p, policy_id, reader, started) for p in told]
    silent = answer.verdict is Verdict.NOT_COVERED
    return CardView(
        kind=style(answer.verdict),
        words=answer.words,
        clarify=clarify,
        parts=tuple(replace(p, tagged=i > 0 or p.words != answer.words) for i, p in enumerate(parts)),
        also=tuple(_part(p, policy_id, reader, started) for p in answer.see_also),
        notes=answer.notes,
        contact_heading=heading(texts.CONTACT_SILENT if silent else texts.CONTACT),
        contacts=contacts(answer.contacts, reader),
        question=answer.question,
        choices=answer.choices,
        signpost=answer.signpost,
    )


def contacts(named: Iterable[Contact], reader: Person | None) -> tuple[ContactView, ...]:
    """Whom to speak to; the reader's own name is marked."""
    own = reader.name if reader else None
    return tuple(ContactView(c.words, tuple((name, name == own) for name in c.people)) for c in named)


def quote(quoted: Quote, policy_id: str) -> QuoteView:
    """A quoted clause with its address."""
    return QuoteView(
        label=quoted.label,
        document=quoted.document,
        heading=quoted.heading,
        href=f"/policy/{policy_id}#{anchor(quoted.clause)}",
        blocks=blocks(quoted.lines),
    )


def clause_quote(policy: Policy, clause_id: str) -> QuoteView | None:
    """A clause of a policy letter for letter; None where the policy has no such clause."""
    clause = policy.clauses.get(clause_id)
    if clause is None:
        return None
    titles = {d.id: f"{d.title}, {d.adopted_by}" for d in policy.documents}
    return QuoteView(
        label=clause.label,
        document=titles[clause.document],
        heading=clause.headings[-1] if clause.headings else "",
        href=f"/policy/{policy.id}#{anchor(clause.id)}",
        blocks=blocks(clause.lines),
    )


def stamp(moment: datetime) -> str:
    """'20 November 2026, 10:00' in school time: when something happened."""
    local = moment.astimezone(LOCAL)
    return f"{local.day} {local:%B %Y, %H:%M}"


def day(text: str) -> str:
    """'1 July 2027' of a stored day; what is no day, as it stands."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{found.day} {found:%B %Y}"


def blocks(lines: Iterable[str]) -> tuple[Block, ...]:
    """Group lines for reading. No character changes: printed bullets stay in their lines.

    After a line that ends in a colon, lines are items while they look like items: a bullet, a small letter
    first, or no full stop at the end.
    """
    grouped: list[tuple[bool, list[str]]] = []
    listing = False
    for line in lines:
        item = line.startswith("•") or (listing and _looks_like_item(line))
        if item and grouped and grouped[-1][0]:
            grouped[-1][1].append(line)
        else:
            grouped.append((item, [line]))
        listing = line.endswith(":") or item
    return tuple(Block(listed, tuple(kept)) for listed, kept in grouped)


def _looks_like_item(line: str) -> bool:
    return line[:1].islower() or not line.endswith((".", "?", ":"))


def _part(part: AnswerPart, policy_id: str, reader: Person | None, started: set[str]) -> PartView:
    """started: requests that already have a button on this card, so that each has one only."""
    offers = [o for o in part.offers if o.slug not in started]
    started.update(o.slug for o in offers)
    return PartView(
        kind=style(part.verdict),
        words=part.words,
        say=part.say,
        asked=part.title,
        stated=part.stated,
        silent=part.verdict is Verdict.NOT_COVERED,
        quotes=tuple(quote(q, policy_id) for q in part.quotes),
        conflict=part.conflict,
        next=part.next,
        contacts=contacts(part.contacts, reader),
        offers=tuple(OfferView(o.title, f"/start/{o.slug}", OFFERS[o.kind]) for o in offers),
    )
