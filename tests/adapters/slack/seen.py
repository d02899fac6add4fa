"""What a person sees of blocks, and what in them is alive: read back from the JSON, without the renderer's help."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import Any

Json = dict[str, Any]


def letters(text: str) -> str:
    """All of a text that can be seen."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")


def shown(thing: object) -> str:
    """Everything that is read, in order."""
    return "\n".join(_texts(thing))


def _texts(thing: object) -> Iterator[str]:
    if isinstance(thing, list):
        for each in thing:
            yield from _texts(each)
    elif isinstance(thing, dict):
        kind, text = thing.get("type"), thing.get("text")
        if isinstance(text, str):
            # Slack decodes entities in text objects; rich text is read as it stands.
            yield unescape(text) if kind in ("plain_text", "mrkdwn") else text
        for name, value in thing.items():
            if name == "initial_value" and isinstance(value, str):
                yield value
            elif not name.startswith("initial_"):
                yield from _texts(value)


TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def alive(thing: object) -> list[str]:
    """What could ping, lead somewhere, be read as markup, turn words round or break the line to Slack."""
    return list(_alive(thing))


def _alive(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        if any((c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs")) or c in TURNING for c in thing):
            yield f"control: {thing!r}"
    elif isinstance(thing, list):
        for each in thing:
            yield from _alive(each)
    elif isinstance(thing, dict):
        kind = thing.get("type")
        if kind == "mrkdwn":
            yield f"markup: {thing['text']}"
        if kind == "plain_text" and ("<" in thing["text"] or ">" in thing["text"] or thing.get("emoji") is not False):
            yield f"plain text: {thing['text']}"
        if kind in ("user", "usergroup", "broadcast", "channel", "link", "emoji", "date", "color", "team"):
            yield f"rich text: {kind}"
        if "url" in thing:
            yield f"url: {thing['url']}"
        for value in thing.values():
            yield from _alive(value)
