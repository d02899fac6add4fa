"""The one way by which text reaches Slack: no mention, link, emoji code or markup in it comes alive (SECURITY T12).

Blocks carry people's words as `plain_text` without emoji codes, where Slack decodes `&amp;`, `&lt;` and `&gt;` and
nothing else, or as `rich_text`, which is read as it stands. `mrkdwn` is never used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_TURNED = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows, so that words of ours could read backwards. No script needs them."""


def clean(text: str) -> str:
    """Without control characters, halves of characters and marks that turn the direction; every letter stays."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or (c not in _TURNED and unicodedata.category(c) not in ("Cc", "Cs")))


def blank(text: str) -> bool:
    """Whether nothing of it can be seen; Slack refuses such a text."""
    return not any(unicodedata.category(c)[0] not in "CZ" for c in text)


def escaped(text: str) -> str:
    """Clean, with Slack's three characters as entities (docs.slack.dev/messaging/formatting-message-text)."""
    return clean(text).translate(_ENTITIES)


def size(text: str) -> int:
    """Characters as they travel."""
    return len(text.translate(_ENTITIES))


def plain(text: str, most: int) -> Json:
    """A text object of at most so many characters; what is longer ends in "…"."""
    return {"type": "plain_text", "text": shortened(text, most).translate(_ENTITIES), "emoji": False}


def shortened(text: str, most: int) -> str:
    """Clean, and cut so that it travels within the limit; not yet escaped."""
    text = clean(text)
    return text if size(text) <= most else f"{next(_cuts(text, most - 1)).rstrip()}…"


def pieces(text: str, most: int) -> list[str]:
    """Clean, in pieces that each travel within the limit: joined they are the whole text. None where it is blank.

    A piece ends with a line or a word where one ends in its last fifth.
    """
    text = clean(text)
    return [] if blank(text) else [piece for piece in _cuts(text, most) if not blank(piece)]


def _cuts(text: str, most: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        end, room = start, most
        while end < len(text) and (cost := len(_ENTITIES.get(ord(text[end]), "x"))) <= room:
            end, room = end + 1, room - cost
        if end < len(text):
            end = _kindly(text, start, end)
        yield text[start:end]
        start = end


def _kindly(text: str, start: int, end: int) -> int:
    if text[end] in " \n":
        return end
    floor = max(start + 1, end - (end - start) // 5)
    for mark in ("\n", " "):
        found = text.rfind(mark, floor - 1, end)
        if found >= floor - 1:
            return found + 1
    return end
