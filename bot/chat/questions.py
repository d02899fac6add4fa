"""An answer as a card; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot import texts
from bot.answers import Answer, AnswerPart, Contact
from bot.chat import chat_texts
from bot.chat.messages import Button, Buttons, Card, Heading, Part, Rule, Tone, Words
from bot.chat.parts import clause
from bot.chat.press import Press
from policy_kb.model import Verdict


def answer_card(answer: Answer, number: int) -> Card:
    """The whole answer. number: of the exchange, so that a button finds what it was shown with."""
    parts = (*_signpost(answer), Heading(answer.words, answer.verdict), *_body(answer, number))
    first = answer.question if _asks_first(answer) else next((part.say for part in answer.parts), None)
    summary = " ".join(filter(None, (answer.signpost, f"{answer.words}.", first)))
    return Card(parts, summary, feedback=Press("feedback", value="no", number=number))


def _asks_first(answer: Answer) -> bool:
    """It asks before it answers, so that the question comes first."""
    return answer.verdict is Verdict.CLARIFY and answer.question is not None


def _signpost(answer: Answer) -> Iterator[Part]:
    if answer.signpost:
        yield Heading(chat_texts.SAFETY)
        yield Words(answer.signpost, Tone.ALARM)


def _body(answer: Answer, number: int) -> Iterator[Part]:
    started: set[str] = set()
    if _asks_first(answer):
        yield from _choices(answer, number)
    if _asks_first(answer) and any(part.say != answer.question for part in answer.parts):
        yield Words(texts.OTHERWISE, Tone.STRONG)
    for i, part in enumerate(answer.parts):
        yield from _part(part, answer, started, tagged=i > 0 or part.words != answer.words)
    for note in answer.notes:
        yield Words(note)
    heading = texts.CONTACT_SILENT if answer.verdict is Verdict.NOT_COVERED else texts.CONTACT
    yield from _contacts(heading, answer.contacts)
    if not _asks_first(answer):
        yield from _choices(answer, number)
    if answer.see_also:
        yield Rule()
        yield Words(texts.SEE_ALSO, Tone.STRONG)
        for part in answer.see_also:
            yield from _part(part, answer, started, tagged=True)
            yield from _contacts(texts.CONTACT, part.contacts)


def _part(part: AnswerPart, answer: Answer, started: set[str], tagged: bool) -> Iterator[Part]:
    """started: what can be started by a button that stands on the card already. tagged: shows its own verdict."""
    if tagged:
        yield Heading(part.words, part.verdict)
    if part.say != answer.question:
        yield Words(part.say, Tone.STRONG)
    if part.stated:
        yield Words(" ".join(part.stated))
    if part.title:
        yield Words(f"{texts.YOU_ASKED_ABOUT} {part.title}", Tone.QUIET)
    if part.verdict is Verdict.NOT_COVERED and part.quotes:
        yield Words(texts.NEAREST, Tone.QUIET)
    yield from map(clause, part.quotes)
    if part.conflict:
        yield Words(f"{texts.CONFLICT} {part.conflict}")
    if part.next:
        yield Words(f"{texts.NEXT} {part.next}")
    offers = [offer for offer in part.offers if offer.slug not in started]
    if offers:
        first = not started
        started.update(offer.slug for offer in offers)
        yield Words(texts.YOU_CAN_START, Tone.QUIET)
        presses = [(offer.title, Press("start", value=offer.slug)) for offer in offers]
        yield Buttons(tuple(Button(title, press, main=first and i == 0) for i, (title, press) in enumerate(presses)))


def _contacts(heading: str, contacts: tuple[Contact, ...]) -> Iterator[Part]:
    if contacts:
        yield Words(f"{heading} {texts.any_of_roles([str(contact) for contact in contacts])}.")


def _choices(answer: Answer, number: int) -> Iterator[Part]:
    if answer.question and answer.choices:
        yield Words(answer.question, Tone.STRONG)
        presses = [(choice.label, Press(choice.kind, value=choice.value, number=number)) for choice in answer.choices]
        yield Buttons(tuple(Button(label, press) for label, press in presses))
