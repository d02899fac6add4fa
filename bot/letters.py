"""Decisions and case records as PDF files: A4, readable on paper, every word letter for letter.

Pure: dates come formatted, and the same input gives the same bytes. Nothing names an author; what the two DejaVu fonts
lack is printed by its name or number in double brackets, never left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.letter_paper import LINE, PALE, SMALL, Sheet, printed


@dataclass(frozen=True)
class SignedBy:
    """A signature: who, in which role, when, and what they wrote."""

    name: str
    role: str
    date: str
    words: str = ""


@dataclass(frozen=True)
class Quote:
    """A clause, verbatim. label: its printed number."""

    label: str
    document: str
    text: str


@dataclass(frozen=True)
class Letter:
    """Everything that a decision letter says.

    outcome: a few words such as "Approved on conditions"; words: the decider's own; asked: pairs of question and
    answer; at: the moment of the decision (UTC).
    """

    organisation: str
    school: str
    reference: str
    title: str
    requester: str
    job: str
    asked_on: str
    decided_on: str
    outcome: str
    words: str
    signatures: tuple[SignedBy, ...]
    quotes: tuple[Quote, ...]
    policy: str
    policy_version: str
    asked: tuple[tuple[str, str], ...]
    at: datetime
    conditions: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of a case's history; the time formatted."""

    time: str
    who: str
    what: str
    words: str = ""


@dataclass(frozen=True)
class Record:
    """The history of a case. at: the moment of the export (UTC)."""

    school: str
    reference: str
    title: str
    entries: tuple[Entry, ...]
    at: datetime


def decision_letter(letter: Letter) -> bytes:
    """The letter as PDF."""
    title = f"{letter.outcome}: {letter.title} ({letter.reference})"
    return printed(lambda sheet: _letter(sheet, letter), title, letter.reference, letter.at, "portrait")


def case_record(pages: Sequence[Record]) -> bytes:
    """The histories of one or more cases as PDF, each from a new page. Raises ValueError where there is none."""
    if not pages:
        raise ValueError("a case record needs at least one case")
    references = ", ".join(record.reference for record in pages)
    at = max(record.at for record in pages)
    return printed(lambda sheet: _records(sheet, pages), f"Case record {references}", references, at, "landscape")


# The letter.


def _letter(sheet: Sheet, letter: Letter) -> None:
    if letter.organisation != letter.school:
        sheet.block(letter.organisation, size=9, grey=True)
    sheet.block(letter.school, size=14, bold=True)
    sheet.rule(sheet.l_margin, sheet.get_y() + 2.5, sheet.w - sheet.r_margin, sheet.get_y() + 2.5)
    sheet.block(letter.title, size=13, bold=True, above=8)
    sheet.block(letter.outcome, size=12, bold=True, above=1)
    sheet.set_y(sheet.get_y() + 3)
    for label, text in (
        ("Reference", letter.reference),
        ("Asked by", ", ".join(part for part in (letter.requester, letter.job) if part)),
        ("Asked on", letter.asked_on),
        ("Decided on", letter.decided_on),
        ("Policy", f"{letter.policy}, version {letter.policy_version}"),
    ):
        sheet.pair(label, text)
    _decision(sheet, letter)
    if letter.asked:
        sheet.heading("What was asked")
        for number, (label, answer) in enumerate(letter.asked):
            sheet.room(3 * LINE)
            sheet.block(label, size=9, grey=True, above=2 if number else 0)
            sheet.block(answer)
    if letter.quotes:
        sheet.heading("What the policy says")
        for number, quote in enumerate(letter.quotes):
            sheet.room(4 * LINE)
            sheet.block(f"{quote.document}, {quote.label}", size=9, grey=True, above=3 if number else 0)
            sheet.block(quote.text, size=9.5, indent=4, bar=True)


def _decision(sheet: Sheet, letter: Letter) -> None:
    """The decider's words, the conditions, and who signed; a signature repeats no words that stand above already."""
    if letter.words:
        sheet.heading("The decision")
        sheet.block(letter.words, size=10.5, indent=4, bar=True)
    if letter.conditions:
        sheet.heading("Conditions")
        sheet.block(letter.conditions, size=10.5, indent=4, bar=True)
    if letter.signatures:
        sheet.heading("Signed" if len(letter.signatures) == 1 else "Signatures")
    for number, signed in enumerate(letter.signatures):
        sheet.room(4 * LINE)
        sheet.block(signed.name, bold=True, above=3 if number else 0)
        sheet.block(f"{signed.role}, {signed.date}", size=9, grey=True)
        if signed.words and signed.words != letter.words:
            sheet.block(signed.words, indent=4, bar=True)


# The record.

_COLUMNS = (("When", 36.0), ("Who", 46.0), ("What", 48.0), ("Words", 0.0))
_GAP = 4.0


def _records(sheet: Sheet, records: Sequence[Record]) -> None:
    for number, record in enumerate(records):
        if number:
            sheet.add_page()
        sheet.block(record.school, size=9, grey=True)
        sheet.block(record.title, size=14, bold=True)
        sheet.block(f"Case record {record.reference}", size=11)
        sheet.set_y(sheet.get_y() + 3)
        _head(sheet)
        for entry in record.entries:
            _row(sheet, (entry.time, entry.who, entry.what, entry.words))


def _widths(sheet: Sheet) -> list[float]:
    fixed = [width for _, width in _COLUMNS if width]
    return [*fixed, sheet.epw - sum(fixed)]


def _head(sheet: Sheet) -> None:
    sheet.type(8.5, bold=True)
    sheet.set_fill_color(*PALE)
    for (name, _), width in zip(_COLUMNS, _widths(sheet), strict=True):
        sheet.cell(width, LINE + 1, name, fill=True)
    sheet.ln(LINE + 2)


def _row(sheet: Sheet, texts: tuple[str, ...]) -> None:
    """One entry, line by line over as many pages as it takes, under the head of the columns."""
    sheet.type(8.5)
    widths = _widths(sheet)
    columns = [sheet.set_lines(text, width - _GAP) for text, width in zip(texts, widths, strict=True)]
    for number in range(max(len(column) for column in columns)):
        if sheet.will_page_break(SMALL + 1):
            sheet.add_page()
            _head(sheet)
            sheet.type(8.5)
        for column, width in zip(columns, widths, strict=True):
            sheet.cell(width, SMALL, column[number] if number < len(column) else "")
        sheet.ln(SMALL)
    sheet.rule(sheet.l_margin, sheet.get_y() + 1, sheet.w - sheet.r_margin, sheet.get_y() + 1)
    sheet.ln(2)
