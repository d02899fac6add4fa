"""An input of a form -> the blocks that ask for it, with what stands in it; pure.

Slack checks as little as possible, so that a wrong answer gets our own sentence beside it. What a picker cannot hold,
such as a date written in words, is shown as text and never lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zlib import crc32

from adapters.slack import limit_words as words
from adapters.slack.blocks import rich, sections
from adapters.slack.choosing import choosing
from adapters.slack.escape import Json, blank, clean, pieces, plain, size
from bot.chat.messages import Choice, Input
from bot.forms import LONDON
from policy_kb.procedures import FieldType

ACTION = "answer"
"""The action id of every input."""
TYPED = 3_000
_PART = 2_900
_LABELS = 2_000
_NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_MANY = frozenset({FieldType.CHOICES, FieldType.PEOPLE})
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.YES_NO, FieldType.PERSON, FieldType.SUBJECT, FieldType.SITE}) | _MANY
_YES_NO = (Choice("yes", words.YES), Choice("no", words.NO))
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "pdf"]
FILES = 5


def block_id(field: Input, part: int = 0) -> str:
    """The input's own id is the second of its parts, and the last changes with what stands in it.

    Slack keeps what was typed where block and action are the same, and else shows what the new view brings.
    """
    return f"in|{field.id}|{part}|{crc32(repr(field.values).encode()):08x}"


def of_input(field: Input, short_of_room: bool) -> list[Json]:
    """short_of_room: long lists of options are asked for while somebody types."""
    lead = rich([("rich_text_quote", [(words.CORRECT.format(error=field.error), True)])]) if field.error else []
    if field.kind in _CHOSEN:
        choices = field.choices or (_YES_NO if field.kind is FieldType.YES_NO else ())
        more, element = choosing(choices, field.values, field.kind in _MANY, short_of_room)
        if element is None:
            return [*lead, *_nothing_to_choose(field)]
        return [*lead, *more, *_asked(field, [element])]
    return [*lead, *_asked(field, _elements(field))]


def _nothing_to_choose(field: Input) -> list[Json]:
    """Said; a question that must be answered keeps a place, so that the form can say why it does not go on."""
    if field.required:
        told = " ".join(filter(None, (words.NOTHING_TO_CHOOSE, field.help)))
        return _asked(replace(field, help=told, required=False), [_text_input(replace(field, kind=FieldType.LINE), "")])
    shown = [text for text in (field.label, field.help) if not blank(clean(text))]
    return sections("\n".join([*shown, words.NOTHING_TO_CHOOSE]))


def _asked(field: Input, elements: Sequence[Json]) -> list[Json]:
    """A label that is too long stands before its input as a whole."""
    long = size(clean(field.label)) > _LABELS - 50
    made = []
    for part, element in enumerate(elements):
        label = field.label if not blank(clean(field.label)) else field.id
        if len(elements) > 1:
            label = words.PART.format(label=label, number=part + 1, all=len(elements))
        block: Json = {
            "type": "input",
            "block_id": block_id(field, part),
            "label": plain(label, _LABELS),
            "element": {**element, "action_id": ACTION},
            "optional": not field.required or part > 0,
        }
        hint = _hint(field) if part == 0 else ""
        made.append({**block, "hint": plain(hint, _LABELS)} if hint else block)
    return [*(sections(field.label) if long else []), *_long_help(field), *made]


def _long_help(field: Input) -> list[Json]:
    return sections(field.help) if size(clean(field.help)) > _LABELS - 200 else []


def _hint(field: Input) -> str:
    texts = [] if _long_help(field) or blank(clean(field.help)) else [field.help]
    if field.kind is FieldType.TEXT:
        texts.append(words.TEXT_ROOM)
    if field.kind is FieldType.EVIDENCE:
        most = _most_files(field)
        texts.append(words.ONE_FILE if most == 1 else words.FILE_ROOM.format(most=most))
    return " ".join(texts)


def _elements(field: Input) -> list[Json]:
    """The element; for a text that is longer than Slack's inputs, several that together hold it."""
    value = clean(field.values[0]) if field.values else ""
    if field.kind is FieldType.EVIDENCE:
        return [{"type": "file_input", "filetypes": FILE_TYPES, "max_files": _most_files(field)}]
    if field.kind is FieldType.NUMBER and (not value or _NUMBER.fullmatch(value)):
        initial = {"initial_value": str(int(value))} if value else {}
        return [{"type": "number_input", "is_decimal_allowed": False, **initial}]
    if field.kind is FieldType.DATE and (not value or _is_day(value)):
        return [{"type": "datepicker", **({"initial_date": value} if value else {})}]
    if field.kind is FieldType.MOMENT:
        moment = _epoch(value)
        if not value or moment:
            return [{"type": "datetimepicker", **({"initial_date_time": moment} if moment else {})}]
    return [_text_input(field, piece) for piece in pieces(value, _PART) or [""]]


def _most_files(field: Input) -> int:
    return min(max(field.most or FILES, 1), 10)


def _text_input(field: Input, value: str) -> Json:
    multiline = field.kind is FieldType.TEXT or "\n" in value
    initial = {"initial_value": value} if value else {}
    return {"type": "plain_text_input", "multiline": multiline, "max_length": TYPED, **initial}


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _epoch(value: str) -> int | None:
    """A stored moment as seconds, where Slack's picker can hold it. Without an offset it is in school time."""
    try:
        moment = datetime.fromisoformat(value)
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if 1_000_000_000 <= seconds <= 9_999_999_999 and "T" in value else None
