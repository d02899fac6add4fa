"""Parts of a card or a view -> Block Kit blocks, within the limits of docs.slack.dev/reference/block-kit; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch

from adapters.slack import limit_words as words
from adapters.slack.escape import Json, blank, clean, escaped, pieces, plain, shortened, size
from bot.chat.messages import Button, Buttons, Clause, Entry, Facts, Heading, Link, Part, Rule, Tone, Words

SECTION = 3_000
HEADER = 150
CONTEXT = 2_000
LABEL = 75
ROW = 10
"""Buttons in a block: 25 are allowed; ten keep the block small beside the limit on a whole message."""

PRESS = "press"
LINK = "link"
FEEDBACK = "feedback"
"""What action ids begin with. The press itself is the value; a link's wants nothing but an acknowledgement."""

Run = tuple[str, bool]
"""A text, and whether it is bold."""
Paragraph = tuple[str, Sequence[Run]]
"""The type of a rich text element, and its runs."""


def of_parts(parts: Iterable[Part]) -> list[Json]:
    """All parts in order. Nothing is left out, and every button's action id is there once."""
    made = [block for part in parts for block in of_part(part)]
    return [_numbered(block, index) for index, block in enumerate(made)]


def _numbered(block: Json, index: int) -> Json:
    if block["type"] != "actions":
        return block
    elements = [{**e, "action_id": f"{e['action_id']}:{index}:{at}"} for at, e in enumerate(block["elements"])]
    return {**block, "elements": elements}


@singledispatch
def of_part(part: object) -> list[Json]:
    """One part. Raises TypeError for what is none."""
    raise TypeError(f"no part: {type(part).__name__}")


@of_part.register
def _(part: Heading) -> list[Json]:
    text = " ".join(clean(part.text).split())
    if blank(text):
        return []
    if size(text) > HEADER:
        return rich([("rich_text_section", [(part.text, True)])])
    return [{"type": "header", "text": plain(text, HEADER)}]


@of_part.register
def _(part: Words) -> list[Json]:
    match part.tone:
        case Tone.PLAIN:
            return sections(part.text)
        case Tone.QUIET:
            return [{"type": "context", "elements": [plain(piece, CONTEXT)]} for piece in pieces(part.text, CONTEXT)]
        case Tone.STRONG:
            return rich([("rich_text_section", [(part.text, True)])])
        case Tone.ALARM:
            return rich([("rich_text_quote", [(part.text, True)])])


@of_part.register
def _(part: Clause) -> list[Json]:
    label: Paragraph = ("rich_text_section", [(part.label, True)])
    return rich([label, ("rich_text_quote", [("\n".join(part.lines), False)])])


@of_part.register
def _(part: Facts) -> list[Json]:
    runs: list[Run] = []
    for label, value in part.rows:
        runs += [("\n", False)] if runs else []
        runs += [(label if label.endswith(("?", ":")) else f"{label}:", True), (f" {value}", False)]
    return rich([("rich_text_section", runs)])


@of_part.register
def _(part: Entry) -> list[Json]:
    said: list[Run] = [(part.who, True), (f" {part.what}", False), (f"\n{part.when}", False)]
    paragraphs: list[Paragraph] = [("rich_text_section", said), ("rich_text_quote", [(part.words, False)])]
    if not blank(part.conditions):
        paragraphs += [
            ("rich_text_section", [(words.CONDITIONS, True)]),
            ("rich_text_quote", [(part.conditions, False)]),
        ]
    return rich(paragraphs)


@of_part.register
def _(part: Rule) -> list[Json]:
    return [{"type": "divider"}]


@of_part.register
def _(part: Buttons) -> list[Json]:
    long = [item for item in part.items if size(clean(item.label)) > LABEL or not _ours(item)]
    told = [item.label if _ours(item) else f"{item.label}: {item.url}" for item in long if isinstance(item, Link)]
    told += [item.label for item in long if isinstance(item, Button)]
    elements = [_button(item) for item in part.items if _ours(item)]
    rows = [elements[at : at + ROW] for at in range(0, len(elements), ROW)]
    return [*sections("\n".join(told)), *({"type": "actions", "elements": row} for row in rows)]


def _ours(item: Button | Link) -> bool:
    """Whether it may be pressed. Any other address is shown as words, so that nothing of it comes alive."""
    return isinstance(item, Button) or (item.url.startswith("https://") and len(item.url) <= SECTION)


def _button(item: Button | Link) -> Json:
    label = item.label if not blank(clean(item.label)) else "…"
    made: Json = {"type": "button", "text": plain(label, LABEL)}
    if isinstance(item, Link):
        return {**made, "action_id": LINK, "url": item.url}
    made |= {"action_id": PRESS, "value": item.press.pack()}
    style = "danger" if item.danger else "primary" if item.main else None
    return {**made, "style": style} if style else made


# Texts.


def sections(text: str) -> list[Json]:
    """Plain text, never folded away behind "See more"."""
    return [{"type": "section", "text": plain(piece, SECTION), "expand": True} for piece in pieces(text, SECTION)]


def rich(paragraphs: Iterable[Paragraph]) -> list[Json]:
    """Rich text in as many blocks as it needs. Only the element `text` is ever made, so nothing in it is alive."""
    blocks: list[Json] = []
    room = 0
    for kind, runs in paragraphs:
        if all(blank(clean(text)) for text, _ in runs):
            continue
        element: Json | None = None
        for text, bold in runs:
            for piece in _rich_pieces(text):
                if len(piece) > room:
                    element, room = None, 0
                if element is None and blank(piece):
                    continue
                if not room:
                    blocks.append({"type": "rich_text", "elements": []})
                    room = SECTION
                if element is None:
                    element = {"type": kind, "elements": []}
                    blocks[-1]["elements"].append(element)
                element["elements"].append(
                    {"type": "text", "text": piece, **({"style": {"bold": True}} if bold else {})}
                )
                room -= len(piece)
    return blocks


def _rich_pieces(text: str) -> list[str]:
    """A line break between runs counts, though it is blank."""
    return pieces(text, SECTION) or ([text] if text in ("\n", " ") else [])


def summary(text: str, most: int) -> str:
    """The text beside the blocks: what a notification shows and a screen reader reads."""
    return escaped(shortened(text, most))
