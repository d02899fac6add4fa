"""The answer a person reads, as values, and as plain text. `bot.answer_writer` makes it."""

from __future__ import annotations

from bot import texts
from policy_kb.model import Frozen, Role, Verdict


class Quote(Frozen):
    """A clause as quoted: lines keep its paragraphs and bullets, quote is the folded text, letter for letter."""

    clause: str
    label: str
    document: str
    heading: str
    lines: tuple[str, ...]
    quote: str


class Contact(Frozen):
    """A role to ask or tell, in the policy's words, with who holds it here."""

    role: Role
    words: str
    people: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.words} ({', '.join(self.people)})" if self.people else self.words


class Offer(Frozen):
    """A request, report or record that can be started from the answer."""

    slug: str
    title: str
    kind: str
    include: tuple[str, ...]


class Choice(Frozen):
    """A button. A fact settles what the ruling turns on; a topic says what was meant; none rejects the suggestions."""

    label: str
    kind: str
    value: str


class AnswerPart(Frozen):
    """The answer on one topic."""

    topic: str
    title: str
    verdict: Verdict
    words: str
    say: str
    stated: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    conflict: str | None = None
    next: str | None = None
    contacts: tuple[Contact, ...] = ()
    offers: tuple[Offer, ...] = ()


class Answer(Frozen):
    """What the asker gets. parts: strictest first; see_also: weaker matches."""

    verdict: Verdict
    words: str
    parts: tuple[AnswerPart, ...]
    see_also: tuple[AnswerPart, ...] = ()
    notes: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    question: str | None = None
    choices: tuple[Choice, ...] = ()
    signpost: str | None = None

    @property
    def asks(self) -> str | None:
        """The fact that its question is about."""
        return next((choice.value.partition("=")[0] for choice in self.choices if choice.kind == "fact"), None)

    @property
    def shown(self) -> tuple[AnswerPart, ...]:
        """Every part with its quotes, the headline's first."""
        return (*self.parts, *self.see_also)

    def contract(self) -> dict[str, object]:
        """The stable command-line form (ANSWERS.md); `millis` is added by the command line."""
        quotes = {q.clause: q.quote for part in self.shown for q in part.quotes}
        return {
            "verdict": self.verdict.value,
            "topics": list(dict.fromkeys(part.topic for part in self.parts if part.topic)),
            "citations": [{"clause": clause, "quote": quote} for clause, quote in quotes.items()],
            "route": list(dict.fromkeys(c.role.value for c in self.contacts)),
            "offers": list(dict.fromkeys(o.slug for part in self.parts for o in part.offers)),
            "question": self.question,
            "choices": [choice.label for choice in self.choices],
            "text": as_text(self),
        }


def as_text(answer: Answer) -> str:
    """The answer as plain text: what the command line prints and other programs read."""
    blocks: list[str] = [answer.signpost] if answer.signpost else []
    if answer.question and answer.verdict is Verdict.CLARIFY:
        blocks.append(f"{answer.words}: {answer.question}")
        blocks += [f"  - {choice.label}" for choice in answer.choices]
        if any(part.say != answer.question for part in answer.parts):
            blocks.append(texts.OTHERWISE)
    elif answer.parts and answer.parts[0].verdict is not answer.verdict:
        blocks.append(f"{answer.words}:")  # a fact was asked about a duty or a ban, which is told below
    for part in answer.parts:
        blocks.append(_part_text(part, answer.question))
    if not answer.parts and answer.verdict is Verdict.NOT_COVERED:
        blocks.append(f"{answer.words}.")
    blocks += answer.notes
    if answer.question and answer.verdict is not Verdict.CLARIFY:
        blocks.append(f"{answer.question} ({' / '.join(choice.label for choice in answer.choices)})")
    if answer.contacts:
        silent = answer.verdict is Verdict.NOT_COVERED
        heading = texts.CONTACT_SILENT if silent else texts.CONTACT
        blocks.append(f"{heading} {texts.any_of_roles([str(c) for c in answer.contacts])}.")
    offers = {o.slug: o.title for part in answer.shown for o in part.offers}
    if offers:
        blocks.append(f"{texts.YOU_CAN_START} {'; '.join(offers.values())}.")
    if answer.see_also:
        blocks.append(texts.SEE_ALSO)
        blocks += [_part_text(part) for part in answer.see_also]
    return "\n\n".join(blocks)


def _part_text(part: AnswerPart, asked: str | None = None) -> str:
    lines = [f"{part.words}. {part.say}"] if part.say != asked else []
    if part.stated:
        lines.append(" ".join(part.stated))
    if part.title:
        lines.append(f"{texts.YOU_ASKED_ABOUT} {part.title}")
    silent = part.verdict is Verdict.NOT_COVERED
    if silent and part.quotes:
        lines.append(texts.NEAREST)
    lines += [f"  {quote.label} ({quote.document}): \u201c{quote.quote}\u201d" for quote in part.quotes]
    if part.conflict:
        lines.append(f"{texts.CONFLICT} {part.conflict}")
    if part.next:
        lines.append(f"{texts.NEXT} {part.next}")
    return "\n".join(lines)
