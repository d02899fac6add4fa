"""A case as a message may show it: short, and of a restricted case the reference alone (SECURITY T07)."""

from __future__ import annotations

from collections.abc import Iterator

from bot import cases, views
from bot.cases import Case, State
from bot.chat import chat_texts as texts
from bot.chat.case_view import acts
from bot.chat.messages import Button, Buttons, Card, Entry, Facts, Heading, Part, Tone, Words
from bot.chat.parts import stamp
from bot.chat.press import Press
from bot.desk import Desk
from bot.views import CaseView


def case_card(desk: Desk, case: Case, person_id: str) -> Card:
    """The case as a message may show it to this person, who may see it: of a restricted case the reference alone."""
    view = views.view_of(desk, case, person_id)
    waits = any(s.person.id == person_id for s in cases.deciders(case, view.procedure, desk.directory))
    # What was restricted when it was made stays so, whatever the policy's files say by now.
    restricted = view.procedure.restricted or desk.records.was_restricted(case.id)
    return _restricted(view, waits) if restricted else _open(view, waits)


def _restricted(view: CaseView, waits: bool) -> Card:
    """Nothing but the number, and whether it waits for the reader: a chat is not confidential (SECURITY section 0)."""
    says = texts.RESTRICTED_CARD.format(reference=view.summary.reference)
    parts: list[Part] = [Words(says, Tone.STRONG)]
    if waits:
        parts.append(Words(texts.WAITS_FOR_YOU))
    parts.append(Words(texts.CONFIDENTIAL, Tone.QUIET))
    return Card((*parts, Buttons((_opens(view),))), says)


def _open(view: CaseView, waits: bool) -> Card:
    summary = view.summary
    template = texts.BY_YOU if view.mine else texts.FROM
    origin = template.format(who=view.requester, school=view.school, when=stamp(view.case.opened_at))
    rows = [(texts.STATE, summary.state), (texts.NEXT, summary.next)]
    parts = (
        Heading(view.procedure.title),
        Words(f"{summary.reference}. {origin}", Tone.QUIET),
        Facts(tuple(rows)),
        *((Words(texts.WAITS_FOR_YOU, Tone.STRONG),) if waits else ()),
        *_decisions(view),
        *_answers(view),
        Buttons((_opens(view), *_acts(view))),
    )
    return Card(parts, f"{summary.reference}: {view.procedure.title}. {summary.state}.")


def _opens(view: CaseView) -> Button:
    return Button(texts.OPEN, Press("open", case=view.case.id))


def _acts(view: CaseView) -> Iterator[Button]:
    """What the person may do; while the case waits for somebody else's word, only what is theirs."""
    for row in acts(view):
        yield from (item for item in row.items if isinstance(item, Button) and item.press.value != "name_subject")


def _decisions(view: CaseView) -> Iterator[Part]:
    """Who signed, declined or closed, when, and their words and conditions letter for letter."""
    settled = {"signed", "declined", "closed", "withdrawn"}
    for line in view.thread[_since(view) :]:
        if line.kind in settled:
            who = texts.YOU if line.mine else line.who
            yield Entry(stamp(line.at), who, line.what, line.words, line.conditions)
    if view.case.state is State.OPEN and view.case.question:
        asked = next((line for line in reversed(view.thread) if line.kind == "asked"), None)
        if asked:
            yield Entry(stamp(asked.at), texts.YOU if asked.mine else asked.who, asked.what, asked.words)


def _since(view: CaseView) -> int:
    """Where the present round begins: a changed request is signed anew."""
    kinds = [line.kind for line in view.thread]
    return len(kinds) - kinds[::-1].index("revised") if "revised" in kinds else 0


def _answers(view: CaseView) -> Iterator[Part]:
    rows = tuple((label, _short(answer)) for label, answer in view.answers[: texts.CARD_ANSWERS])
    if rows:
        yield Facts(rows)
    if len(view.answers) > len(rows) or any(len(answer) > texts.CARD_ANSWER for _, answer in view.answers):
        yield Words(texts.MORE_ANSWERS.format(count=len(view.answers)), Tone.QUIET)


def _short(answer: str) -> str:
    return answer if len(answer) <= texts.CARD_ANSWER else answer[: texts.CARD_ANSWER].rstrip() + texts.CUT
