"""A card -> a Slack message; pure. A view is made in views.py.

A message has 50 blocks, and about 13,200 characters in all of them (github.com/slackapi/bolt-js/issues/2509, where the
JSON of the blocks counts in part): 12,000 characters of JSON are safe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from adapters.slack import limit_words as words
from adapters.slack import sentences
from adapters.slack.blocks import FEEDBACK, LABEL, of_parts, sections, summary
from adapters.slack.escape import Json, plain
from adapters.slack.views import home, modal, view
from bot.chat.messages import Button, Buttons, Card, View, Words
from bot.chat.press import Press

__all__ = ["EPHEMERAL", "MOMENT_VIEW", "POSTED", "UPDATED", "Message", "home", "message", "messages", "modal", "view"]

BLOCKS = 50
SIZE = 12_000
TEXT = 3_000

UPDATED: Mapping[str, Any] = {"parse": "none", "link_names": False}
"""Arguments of chat.update beside a message, so that nothing in its text comes alive."""
EPHEMERAL = UPDATED
POSTED: Mapping[str, Any] = {**UPDATED, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
"""Arguments of chat.postMessage beside a message (T12)."""
MOMENT_VIEW: Json = modal(View(sentences.MOMENT_TITLE, (Words(sentences.MOMENT),)))
"""Opened while the trigger is still good, and replaced when what was asked for is there."""


class Message(NamedTuple):
    """text: the summary, escaped; Slack shows the blocks and reads the text out or previews it."""

    text: str
    blocks: list[Json]


def message(card: Card) -> Message:
    """The card as one message, which can be rewritten in place.

    What does not fit is left out at the end, and the message says so; the buttons stay.
    """
    blocks = _blocks(card)
    if _fits(blocks):
        return Message(_text(card), blocks)
    opens = any(
        isinstance(i, Button) and i.press.do == "open" for p in card.parts if isinstance(p, Buttons) for i in p.items
    )
    return Message(_text(card), _cut(blocks, words.OPEN_FOR_REST if opens else words.MORE_THAN_FITS))


def messages(card: Card) -> tuple[Message, ...]:
    """The card as one message, or as several in a row where it is too long: nothing is left out. For answers."""
    found = [Message(words.GOES_ON, blocks) for blocks in _packed(_blocks(card))]
    return (found[0]._replace(text=_text(card)), *found[1:])


def _text(card: Card) -> str:
    return summary(card.summary, TEXT) or words.NO_WORDS


def _blocks(card: Card) -> list[Json]:
    blocks = of_parts(card.parts)
    if card.feedback:
        blocks.append(_feedback(card.feedback))
    return blocks or sections(card.summary) or sections(words.NO_WORDS)


def _feedback(press: Press) -> Json:
    yes, no = replace(press, value="yes").pack(), replace(press, value="no").pack()
    buttons = {
        "positive_button": {"text": plain(words.HELPED, LABEL), "accessibility_label": words.HELPED, "value": yes},
        "negative_button": {
            "text": plain(words.NOT_HELPED, LABEL),
            "accessibility_label": words.NOT_HELPED,
            "value": no,
        },
    }
    return {
        "type": "context_actions",
        "elements": [{"type": "feedback_buttons", "action_id": FEEDBACK, **buttons}],
    }


def _size(block: Json) -> int:
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 1


def _fits(blocks: list[Json]) -> bool:
    return len(blocks) <= BLOCKS and sum(map(_size, blocks)) + 1 <= SIZE


def _packed(blocks: list[Json]) -> Iterator[list[Json]]:
    """In their order, as many as fit into each message."""
    taken: list[Json] = []
    for block in blocks:
        if taken and not _fits([*taken, block]):
            yield taken
            taken = []
        taken.append(block)
    yield taken


def _cut(blocks: list[Json], rest: str) -> list[Json]:
    """Buttons stay as far as they fit at all; texts stay from the first until one does not fit."""
    closing = sections(rest)
    kept: set[int] = set()
    for index in sorted(range(len(blocks)), key=lambda at: (not _pressed(blocks[at]), at)):
        if not _fits([*(blocks[at] for at in kept), blocks[index], *closing]):
            if _pressed(blocks[index]):
                continue
            break
        kept.add(index)
    first = next(at for at in range(len(blocks)) if at not in kept)
    return [
        *(blocks[at] for at in sorted(kept) if at < first),
        *closing,
        *(blocks[at] for at in sorted(kept) if at > first),
    ]


def _pressed(block: Json) -> bool:
    return block["type"] in ("actions", "context_actions")
