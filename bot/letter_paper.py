"""The paper that letters and records are printed on: A4 pages, type, and lines that may break anywhere.

What the two DejaVu fonts lack is printed by its name or number in double brackets, never left out. Nothing names an
author, and the same input gives the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from pathlib import Path

from fpdf import FPDF, ViewerPreferences
from fpdf.bidi import BidiParagraph
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

FONTS = Path(__file__).parent / "fonts"
_FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
LINE, SMALL = 5.2, 4.2
_GREY, _BLACK, PALE = (95, 95, 95), (0, 0, 0), (238, 238, 238)
_REPLACED = "⟦ ⟧ stands for a character that cannot be printed here, with its name or number; the case page shows it."
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Invisible characters that make text read in another order than it was written: printed by number."""


def printed(draw: Callable[[Sheet], None], title: str, foot: str, at: datetime, orientation: str) -> bytes:
    """What `draw` sets on the sheet, as PDF. foot: at the foot of every page; at: the moment of its making (UTC).

    Drawn twice: how many pages there are is known only afterwards, and people could write any placeholder.
    """
    count = 0
    for _ in range(2):
        sheet = Sheet(title, foot, at, orientation, count)
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


class Sheet(FPDF):
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
        self.cell(self.epw / 2, SMALL, foot)
        self.cell(self.epw / 2, SMALL, page, align=Align.R)

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
        height = LINE * size / 10
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
        self.room(LINE)
        top, page = self.get_y(), self.page_no()
        self.type(9, grey=True)
        self.cell(column, LINE, label)
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
