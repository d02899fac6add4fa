"""The rows of a staff list as a spreadsheet saves them: columns found by their names, every cell checked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.errors import BadInput
from bot.organisation_faults import is_address
from bot.organisation_file import role_named, slug_of
from policy_kb.issues import did_you_mean

COLUMNS = ("school", "id", "name", "job", "email", "roles", "manager_email", "left_on")
NEEDED = ("school", "name", "job", "email")
MAX_CHARACTERS = 5_000_000
"""The largest list that is read: some 40,000 people, three times the largest trust."""

_FORMULA = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the start of a formula (T13): the name would run when the list is opened again."""

_DAYS = ("%Y-%m-%d", "%d/%m/%Y")


@dataclass(frozen=True)
class Row:
    """One person as listed. number: the row of the spreadsheet; values: the person's keys that the list sets."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any]


def read_rows(text: str) -> list[Row]:
    """The rows of a staff list. Raises BadInput with one line for each fault: `row N: what; cure`."""
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"row 1: the list has more than {MAX_CHARACTERS:,} characters; give one school at a time")
    table = _table(text.removeprefix("\ufeff"))
    filled = [(number, cells) for number, cells in enumerate(table, 1) if any(cells)]
    if not filled:
        raise BadInput(f"row 1: the list is empty; its first row names the columns {', '.join(COLUMNS)}")
    columns = _columns(*filled[0])
    faults: list[str] = []
    rows: list[Row] = []
    for number, cells in filled[1:]:
        if len(cells) != len(columns):
            what = f"{len(cells)} cells where the first row has {len(columns)}"
            faults.append(f"row {number}: {what}; put quotation marks around cells with a comma or semicolon")
            continue
        row = _Reader(dict(zip(columns, cells, strict=True)))
        rows.append(Row(number, row.cells, row.values()))
        faults += [f"row {number}: {fault}" for fault in row.faults]
    if not rows and not faults:
        faults.append(f"row {filled[0][0] + 1}: nobody is listed; an empty list changes nothing")
    if faults:
        raise BadInput("\n".join(faults))
    return rows


def _table(text: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append([" ".join(cell.split()) for cell in cells])
    except csv.Error as error:
        raise BadInput(f"row {len(rows) + 1}: not CSV ({error}); save it again as CSV UTF-8") from None
    return rows


def _columns(number: int, cells: list[str]) -> list[str]:
    names = [re.sub(r"[\s_-]+", "_", cell.lower()) for cell in cells]
    faults = [
        f"unknown column {name[:40]!r}; {did_you_mean(name, COLUMNS, 'use ' + ', '.join(COLUMNS))}"
        for name in names
        if name not in COLUMNS
    ]
    faults += [f"the column {name!r} stands twice; keep one" for name in COLUMNS if names.count(name) > 1]
    faults += [f"no column {name!r}; add it" for name in NEEDED if name not in names]
    if faults:
        raise BadInput("\n".join(f"row {number}: {fault}" for fault in faults))
    return names


class _Reader:
    """The cells of one row, and what is wrong with them."""

    def __init__(self, cells: dict[str, str]) -> None:
        self.cells = cells
        self.faults: list[str] = []
        self._whole("school")

    def values(self) -> dict[str, Any]:
        """The keys of a person that the row sets; an empty cell empties the key, an absent column leaves it."""
        self._id()
        manager = self.cells.get("manager_email", "")
        if manager and not is_address(manager):
            self.faults.append(f"manager_email {manager[:60]!r} is not an email address; write one, or leave it empty")
        read: dict[str, Callable[[str], Any]] = {
            "name": lambda _: self._whole("name"),
            "job": lambda _: self._whole("job"),
            "email": self._email,
            "roles": self._roles,
            "left_on": self._day,
        }
        return {key: make(self.cells[key]) for key, make in read.items() if key in self.cells}

    def _whole(self, key: str) -> str:
        """A cell of words: filled in, short, visible and no formula."""
        cell = self.cells[key]
        if not cell:
            self.faults.append(f"{key} is empty; fill it in")
        elif cell.startswith(_FORMULA):
            self.faults.append(f"{key} begins with {cell[0]!r} like a formula; write it without")
        elif not cell.isprintable():
            self.faults.append(f"{key} has an invisible character; type it again")
        elif len(cell) > 120:
            self.faults.append(f"{key} is longer than 120 characters; shorten it")
        return cell

    def _id(self) -> None:
        cell = self.cells.get("id", "")
        if cell and slug_of(cell) != cell:
            cure = f"did you mean {slug_of(cell)!r}?" if slug_of(cell) else "leave it empty"
            self.faults.append(f"id {cell[:60]!r} has more than small letters, digits and single hyphens; {cure}")

    def _email(self, cell: str) -> str | None:
        if cell and (not is_address(cell) or cell.startswith(_FORMULA)):
            self.faults.append(f"email {cell[:60]!r} is not an email address; write one address")
        return cell or None

    def _roles(self, cell: str) -> list[str]:
        found = []
        for word in filter(None, (word.strip() for word in re.split(r"[;,|]", cell))):
            role, cure = role_named(word)
            if role is None:
                self.faults.append(f"unknown role {word[:60]!r}; {cure}")
            else:
                found.append(role.value)
        return list(dict.fromkeys(found))

    def _day(self, cell: str) -> str | None:
        if not cell:
            return None
        day = read_day(cell)
        if day is None:
            self.faults.append(f"left_on {cell[:60]!r} is not a day; write it as 2026-11-20 or 20/11/2026")
        return day.isoformat() if day else None


def read_day(text: str) -> date | None:
    """A day as people and spreadsheets write it here; None for anything else."""
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
