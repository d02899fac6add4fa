"""A button's payload <-> what it asks for. The only codec: ids travel, never who presses or what a case says (T04)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import BadInput

LONGEST = 240
"""Characters of a packed press: every platform takes as many in an id."""

_GONE = "this button is not known any more; ask again or open the case again"
_PART = re.compile(r"[A-Za-z0-9_.:=@/-]*")
_CASE = re.compile(r"([0-9a-f]{32})?")
_DO = re.compile(r"[a-z_]{2,24}")


@dataclass(frozen=True)
class Press:
    """do: what the button asks for; bot/chat/desk.py has the table. case: the case's id. value: a further id.

    number: of an answer's turn, or the version of the case that the person looked at.
    """

    do: str
    case: str = ""
    value: str = ""
    number: int = 0

    def pack(self) -> str:
        """As text that every platform can carry. Raises ValueError for what could not be read back."""
        packed = f"{self.do}|{self.case}|{self.value}|{self.number}"
        if len(packed) > LONGEST or _read(packed) != self:
            raise ValueError(f"a press that cannot travel: {self.do}")
        return packed


def unpack(text: object) -> Press:
    """Read a payload, which anybody may have made up. Raises BadInput with the cure."""
    found = _read(text) if isinstance(text, str) and len(text) <= LONGEST else None
    if found is None:
        raise BadInput(_GONE)
    return found


def _read(text: str) -> Press | None:
    parts = text.split("|")
    if len(parts) != 4:
        return None
    do, case, value, number = parts
    whole = _DO.fullmatch(do) and _CASE.fullmatch(case) and _PART.fullmatch(value)
    if not whole or not re.fullmatch(r"\d{1,9}", number, re.ASCII):
        return None
    return Press(do, case, value, int(number))
