"""Decisions and case records as PDF files: A4, readable on paper, every word letter for letter.

Pure: dates come formatted, and the same input gives the same bytes. Nothing names an author; what the two DejaVu fonts
lack is printed by its name or number in double brackets, never left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from fpdf import FPDF, ViewerPreferences
from fpdf.bidi import BidiParagraph
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

FONTS = Path(__file__).parent / "fonts"
_FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_LINE, _SMALL = 5.2, 4.2
_GREY, _BLACK, _PALE = (95, 95, 95), (0, 0, 0), (238, 238, 238)
_REPLACED = "⟦ ⟧ stands for a character that cannot be printed here, with its name or number; the case page shows it."
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Invisible characters that make text read in another order than it was written: printed by number."""


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
    return _printed(lambda sheet: _letter(sheet, letter), title, letter.reference, letter.at, "portrait")


def case_record(pages: Sequence[Record]) -> bytes:
    """The histories of one or more cases as PDF, each from a new page. Raises ValueError where there is none."""
    if not pages:
        raise ValueError("a case record needs at least one case")
    references = ", ".join(record.reference for record in pages)
    at = max(record.at for record in pages)
    return _printed(lambda sheet: _records(sheet, pages), f"Case record {references}", references, at, "landscape")


def _printed(draw: Callable[[_Sheet], None], title: str, foot: str, at: datetime, orientation: str) -> bytes:
    """Drawn twice: how many pages there are is known only afterwards, and people could write any placeholder."""
    count = 0
    for _ in range(2):
        sheet = _Sheet(title, foot, at, orientation, count)
        draw(sheet)
        if sheet.replaced:
            sheet.block(_REPLACED, size=8, grey=True, above=4)
        count = sheet.page_no()
    return bytes(sheet.output())


def _stand_in(character: str) -> str:
    """The name of a picture ("slightly smiling face"), the number of a letter or of something invisible."""
    if unicodedata.category(character)[0] == "S":
        return unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return f"U+{ord(character):04X}"


class _Sheet(FPDF):
    """A4 in the letter's type, with footer, and text set line by line so that anything may break across pages."""

    def __init__(self, title: str, foot: str, at: datetime, orientation: str, count: int) -> None:
        super().__init__(orientation=orientation, unit="mm", format="A4")
        # People may write the placeholder that fpdf2 would replace by the number of pages.
        self.alias_nb_pages("")
        for style, name in _FILES.items():
            self.add_font("DejaVu", style, FONTS / name)
        self.type_faces = [font for font in self.fonts.values() if isinstance(font, TTFFont)]
        self.replaced = False
        self.foot, self.count = " ".join(self.shown(foot).split()), count
        self.set_title(" ".join(self.shown(title).split()))
        self.set_lang("en-GB")
        self.set_creation_date(at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_margins(20, 18, 20)
        self.set_auto_page_break(True, 22)
        self.c_margin = 0
        self.set_font("DejaVu", size=10)
        self.add_page()

    def footer(self) -> None:
        """The reference and the page's number, on every page."""
        self.set_y(-15)
        self.type(8, grey=True)
        page = f"Page {self.page_no()} of {self.count}"
        room = self.epw - self.get_string_width(page) - 8
        foot = self.foot
        while self.get_string_width(foot) > room:
            foot = foot[:-2].rstrip("…") + "…"
        self.cell(self.epw / 2, _SMALL, foot)
        self.cell(self.epw / 2, _SMALL, page, align=Align.R)

    def type(self, size: float, *, bold: bool = False, grey: bool = False) -> None:
        """Choose the type."""
        self.set_font("DejaVu", "B" if bold else "", size)
        self.set_text_color(*(_GREY if grey else _BLACK))

    def shown(self, text: str) -> str:
        """The text with every character that can be printed, the others in double brackets."""
        text, parts = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "), []
        for fine, run in groupby(text, self.prints):
            characters = list(run)
            parts.append("".join(characters) if fine else f"⟦{', '.join(map(_stand_in, characters))}⟧")
            self.replaced = self.replaced or not fine
        return "".join(parts)

    def prints(self, character: str) -> bool:
        """True where both fonts have it, and it does what it seems to do."""
        code = ord(character)
        # A control character may have a glyph and still not be printed.
        plain = character not in _TURNING and unicodedata.category(character) != "Cc"
        return character == "\n" or (plain and all(code in font.cmap for font in self.type_faces))

    def set_lines(self, text: str, width: float) -> list[str]:
        """The text broken into lines in the current type, those of languages that run to the left put in order."""
        found = self.multi_cell(
            width, text=self.shown(text), align=Align.L, dry_run=True, output=MethodReturnValue.LINES
        )
        return [_in_order(line) for line in found] if isinstance(found, list) else []

    def block(
        self,
        text: str,
        *,
        size: float = 10,
        bold: bool = False,
        grey: bool = False,
        above: float = 0,
        indent: float = 0,
        bar: bool = False,
    ) -> None:
        """Set a text; bar: with a rule at its left, for somebody's own words."""
        self.type(size, bold=bold, grey=grey)
        height = _LINE * size / 10
        if self.get_y() > self.t_margin:
            self.set_y(self.get_y() + above)
        for line in self.set_lines(text, self.epw - indent):
            self.room(height)
            if bar:
                self.rule(self.l_margin + indent - 3, self.get_y(), self.l_margin + indent - 3, self.get_y() + height)
            self.set_x(self.l_margin + indent)
            self.cell(self.epw - indent, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, text: str) -> None:
        """A heading that is never left alone at the foot of a page."""
        self.room(34)
        self.block(text, size=10.5, bold=True, above=5)
        self.set_y(self.get_y() + 1)

    def pair(self, label: str, text: str, column: float = 34) -> None:
        """A label and what belongs to it, side by side."""
        self.room(_LINE)
        top, page = self.get_y(), self.page_no()
        self.type(9, grey=True)
        self.cell(column, _LINE, label)
        if self.page_no() == page:
            self.set_y(top)
        self.block(text, indent=column)

    def room(self, height: float) -> None:
        """A new page where so much does not fit any more."""
        if self.will_page_break(height):
            self.add_page()

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A thin grey line."""
        self.set_draw_color(170, 170, 170)
        self.set_line_width(0.4)
        self.line(x1, y1, x2, y2)


def _in_order(line: str) -> str:
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in line):
        return BidiParagraph(line).get_reordered_string()
    return line


# The letter.


def _letter(sheet: _Sheet, letter: Letter) -> None:
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
            sheet.room(3 * _LINE)
            sheet.block(label, size=9, grey=True, above=2 if number else 0)
            sheet.block(answer)
    if letter.quotes:
        sheet.heading("What the policy says")
        for number, quote in enumerate(letter.quotes):
            sheet.room(4 * _LINE)
            sheet.block(f"{quote.document}, {quote.label}", size=9, grey=True, above=3 if number else 0)
            sheet.block(quote.text, size=9.5, indent=4, bar=True)


def _decision(sheet: _Sheet, letter: Letter) -> None:
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
        sheet.room(4 * _LINE)
        sheet.block(signed.name, bold=True, above=3 if number else 0)
        sheet.block(f"{signed.role}, {signed.date}", size=9, grey=True)
        if signed.words and signed.words != letter.words:
            sheet.block(signed.words, indent=4, bar=True)


# The record.

_COLUMNS = (("When", 36.0), ("Who", 46.0), ("What", 48.0), ("Words", 0.0))
_GAP = 4.0


def _records(sheet: _Sheet, records: Sequence[Record]) -> None:
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


def _widths(sheet: _Sheet) -> list[float]:
    fixed = [width for _, width in _COLUMNS if width]
    return [*fixed, sheet.epw - sum(fixed)]


def _head(sheet: _Sheet) -> None:
    sheet.type(8.5, bold=True)
    sheet.set_fill_color(*_PALE)
    for (name, _), width in zip(_COLUMNS, _widths(sheet), strict=True):
        sheet.cell(width, _LINE + 1, name, fill=True)
    sheet.ln(_LINE + 2)


def _row(sheet: _Sheet, texts: tuple[str, ...]) -> None:
    """One entry, line by line over as many pages as it takes, under the head of the columns."""
    sheet.type(8.5)
    widths = _widths(sheet)
    columns = [sheet.set_lines(text, width - _GAP) for text, width in zip(texts, widths, strict=True)]
    for number in range(max(len(column) for column in columns)):
        if sheet.will_page_break(_SMALL + 1):
            sheet.add_page()
            _head(sheet)
            sheet.type(8.5)
        for column, width in zip(columns, widths, strict=True):
            sheet.cell(width, _SMALL, column[number] if number < len(column) else "")
        sheet.ln(_SMALL)
    sheet.rule(sheet.l_margin, sheet.get_y() + 1, sheet.w - sheet.r_margin, sheet.get_y() + 1)
    sheet.ln(2)
