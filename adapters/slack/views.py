"""A view -> a modal or the Home tab; pure. Only ids stand in the metadata (T07), and words in the blocks alone."""

from __future__ import annotations

import json
from typing import Literal

from adapters.slack import limit_words as words
from adapters.slack.blocks import of_part, of_parts, sections
from adapters.slack.escape import Json, blank, clean, plain, size
from adapters.slack.inputs import of_input
from bot.chat.messages import Heading, View

CALLBACK = "askfirst"
"""The callback id of every modal."""
BLOCKS = 100
BYTES = 200_000
"""Of the blocks: Slack refuses a view of more than 250 kB."""
OPTIONS = 600
"""Options in a whole view before long lists are asked for while somebody types."""
TITLE = 24
_CLOSING = 1


def modal(shown: View) -> Json:
    """The view as a modal: what sending it is stands in its metadata."""
    return view(shown, "modal", shown.press.pack() if shown.press else "")


def home(shown: View) -> Json:
    """The view as the Home tab."""
    return view(shown, "home")


def view(view: View, kind: Literal["modal", "home"], private_metadata: str = "") -> Json:
    """The JSON for views.open, push, update, publish or the answer to a form.

    private_metadata: the press of the view, packed. What does not fit is left out before the inputs, and the view says
    so; every input stays. Raises ValueError for a choice that cannot travel.
    """
    asked = _inputs(view)
    told = of_parts(view.parts)
    if kind == "home" or size(clean(view.title)) > TITLE:
        told = [*of_part(Heading(view.title)), *told]
    blocks = [*_cut(told, asked), *asked] or sections(view.title) or sections(words.NO_WORDS)
    made: Json = {"type": kind, "blocks": blocks, "private_metadata": private_metadata, "callback_id": CALLBACK}
    if kind == "home":
        return made
    title = view.title if not blank(clean(view.title)) else words.NAME
    made |= {"title": plain(title, TITLE), "close": plain(words.CANCEL, TITLE)}
    if view.press or asked:
        made["submit"] = plain(view.submit if not blank(clean(view.submit)) else words.SEND, TITLE)
    return made


def _inputs(view: View) -> list[Json]:
    short_of_room = sum(len(field.choices) for field in view.inputs) > OPTIONS
    return [block for field in view.inputs for block in of_input(field, short_of_room)]


def _cut(told: list[Json], asked: list[Json]) -> list[Json]:
    """As much of what is told as fits beside the inputs."""
    room, bytes_left = BLOCKS - len(asked), BYTES - len(json.dumps(asked))
    if len(told) <= room and len(json.dumps(told)) <= bytes_left:
        return told
    kept: list[Json] = []
    for block in told[: room - _CLOSING]:
        bytes_left -= len(json.dumps(block)) + 2
        if bytes_left < 1_000:
            break
        kept.append(block)
    return [*kept, *sections(words.MORE_THAN_FITS)]
