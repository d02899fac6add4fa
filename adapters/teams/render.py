"""Cards, views and notices -> messages, dialogs and answers to invokes, within the limits of Teams; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.teams import inputs, names, words
from adapters.teams.cards import VERSION, Element, Medium, elements, escaped, execute, refreshing
from bot.chat.messages import Button, Buttons, Card, Clause, Entry, Facts, Heading, Part, Post, Tone, View, Words
from bot.chat.press import Press

LARGEST = 80_000
"""Bytes of a message; Teams refuses 100 KB, and wraps what we send."""
LONGEST_TITLE = 64
MOST_CITED, LONGEST_NAME, LONGEST_ABSTRACT = 20, 80, 160
"""Limits of citations (Teams, bot messages with citations)."""
CARD = "application/vnd.microsoft.card.adaptive"
NOTE = "application/vnd.microsoft.activity.message"
FAULT = "application/vnd.microsoft.error"

Activity = dict[str, Any]


class TooLong(Exception):
    """A form with more choices than Teams can carry."""


# Messages.


def message(card: Card, medium: Medium = Medium.MESSAGE) -> Activity:
    """A card as a message, with its clauses as citations and thumbs where it answers a question."""
    cited = citations(card.parts)
    activity = _message(adaptive(card.parts, medium, card.summary), card.summary)
    if cited:
        marks = "".join(f"[{number}]" for number in range(1, len(cited["citation"]) + 1))
        activity |= {"text": f"{_line(card.summary)} {marks}", "entities": [cited]}
    if card.feedback is not None:
        activity["channelData"] = {"feedbackLoop": {"type": "default"}}
    return activity


def view_message(view: View, medium: Medium = Medium.MESSAGE) -> Activity:
    """A view as a card in a message, with its inputs: only what may stand in a chat (SECURITY T07)."""
    return _message(view_card(view, medium), view.title)


def door(press: Press, medium: Medium = Medium.MESSAGE) -> Activity:
    """A message with a button that opens what must not stand in a chat; where no window opens, that it is elsewhere."""
    if medium is Medium.PLAIN:
        return note(words.NO_WINDOW)
    parts = (Words(words.WINDOW), Buttons((Button(words.OPEN, press, main=True),)))
    return _message(adaptive(parts, medium, words.WINDOW), words.WINDOW)


def note(text: str) -> Activity:
    """A sentence."""
    return {"type": "message", "textFormat": "plain", "text": text, "summary": _line(text)}


def notice(post: Post, medium: Medium = Medium.MESSAGE, user: str = "") -> Activity:
    """A notice with the case's card under it. user: the id of the person, whose client asks for it anew when shown."""
    head: list[Part] = [Words(post.text, Tone.STRONG)] if post.text else []
    if post.words and not _says(post.card, post.words):
        head.append(Words(post.words))
    card = adaptive((*head, *(post.card.parts if post.card else ())), medium, post.text)
    if user and post.case_id and post.card:
        card["refresh"] = refreshing(Press("card", post.case_id), user)
    return _message(card, post.text)


def _says(card: Card | None, words: str) -> bool:
    """True where the card under a notice has its words already: nobody reads them twice in one message."""
    parts = card.parts if card else ()
    return any(isinstance(part, Entry) and bool(part.words) and words.startswith(part.words) for part in parts)


def standing(post: Post, medium: Medium = Medium.MESSAGE, user: str = "") -> Activity:
    """What a card that stands is rewritten to: the case as it is now, or that it is taken back."""
    if post.card is None:
        return _message(adaptive((Words(words.TAKEN_BACK, Tone.QUIET),), medium, words.TAKEN_BACK), words.TAKEN_BACK)
    card = adaptive(post.card.parts, medium, post.card.summary)
    if user:
        card["refresh"] = refreshing(Press("card", post.case_id), user)
    return _message(card, post.card.summary)


def in_channel(post: Post, user: str) -> Activity:
    """A case's card for a channel: its number and how it stands. Whoever it waits for has a view of their own."""
    says = post.text or (post.card.summary if post.card else words.TAKEN_BACK)
    parts: tuple[Part, ...] = (Words(says, Tone.STRONG),)
    if post.card is not None:
        parts += (Buttons((Button(words.OPEN, Press("open", post.case_id), main=True),)),)
    card = adaptive(parts, Medium.MESSAGE, says)
    if user:
        card["refresh"] = refreshing(Press("card", post.case_id), user)
    return _message(card, says)


def superseded() -> Activity:
    """What becomes of a card when a newer one of the same case goes out: a line that names no case.

    Only the newest card is taken back from somebody whom the case comes to be about (SECURITY T06).
    """
    return _message(adaptive((Words(words.NEWER, Tone.QUIET),), Medium.MESSAGE, words.NEWER), words.NEWER)


def _message(card: Element, summary: str) -> Activity:
    attachment = {"contentType": CARD, "content": card}
    return {"type": "message", "textFormat": "plain", "summary": _line(summary), "attachments": [attachment]}


def _line(text: str) -> str:
    return " ".join(text.split())


def citations(parts: Sequence[Part]) -> Element:
    """The clauses as the entity from which Teams shows sources. No AI label: nothing here was generated."""
    found = [part for part in parts if isinstance(part, Clause)][:MOST_CITED]
    if not found:
        return {}
    cited = [
        {
            "@type": "Claim",
            "position": number,
            "appearance": {
                "@type": "DigitalDocument",
                "name": _short(part.label, LONGEST_NAME),
                "abstract": _short(" ".join(part.lines), LONGEST_ABSTRACT),
            },
        }
        for number, part in enumerate(found, 1)
    ]
    return {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "citation": cited,
    }


def _short(text: str, most: int) -> str:
    flat = _line(text)
    return flat if len(flat) <= most else f"{flat[: most - 1].rstrip()}…"


# Cards.


def adaptive(parts: Sequence[Part], medium: Medium, summary: str, form: Sequence[Element] = ()) -> Element:
    """An Adaptive Card within the limit: what does not fit is left out from the end, and said so."""

    def made(kept: Sequence[Part]) -> Element:
        return {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": VERSION,
            "fallbackText": escaped(summary),
            "body": [*elements(kept, medium), *form],
            "msteams": {"width": "Full"},
        }

    return _fitting(parts, made)


def _fitting(parts: Sequence[Part], made: Callable[[Sequence[Part]], Element]) -> Element:
    kept = list(parts)
    card = made(kept)
    while size(card) > LARGEST:
        last = next((n for n in reversed(range(len(kept))) if _may_go(kept[n])), None)
        if last is None:
            raise TooLong
        kept[last : last + 1] = [] if _MARK in kept else [_MARK]
        card = made(kept)
    return card


_MARK = Words(words.SHORTENED, Tone.QUIET)


def _may_go(part: Part) -> bool:
    """True for what may be read elsewhere; never a warning or a button."""
    if isinstance(part, Words):
        return part != _MARK and part.tone is not Tone.ALARM
    return isinstance(part, Clause | Entry | Facts)


def size(card: Mapping[str, Any]) -> int:
    """Bytes on the wire."""
    return len(json.dumps(card).encode())


def view_card(view: View, medium: Medium) -> Element:
    """A view as a card; its title stands over a dialog by itself."""
    head: tuple[Part, ...] = () if medium is Medium.DIALOG else (Heading(view.title),)
    form = [*inputs.elements(view.inputs)]
    if view.press is not None:
        form.append({"type": "ActionSet", "actions": [_send(view, view.press, medium)]})
    return adaptive((*head, *view.parts), medium, view.title, form)


def _send(view: View, press: Press, medium: Medium) -> Element:
    data = {names.FORM: press.pack(), names.SHOWN: inputs.shown(view.inputs)}
    look = {"title": view.submit or words.SEND, "style": "positive"}
    if medium is Medium.DIALOG:
        return {"type": "Action.Submit", **look, "data": data}
    return execute(names.SEND, data, look, inputs="auto")


# Answers to invokes, each as its page says.


def card_answer(card: Element) -> Element:
    """The card in place of the one that was pressed, for whoever pressed it (universal actions, response format)."""
    return {"statusCode": 200, "type": CARD, "value": card}


def note_answer(text: str) -> Element:
    """A sentence for whoever pressed."""
    return {"statusCode": 200, "type": NOTE, "value": text}


def fault_answer(status: int, text: str) -> Element:
    """A sentence that says what went wrong. The HTTP status stays 200."""
    return {"statusCode": status, "type": FAULT, "value": {"code": str(status), "message": text}}


def dialog(view: View) -> Element:
    """A view in a dialog (dialogs, task/fetch and task/submit)."""
    return _dialog(view.title, view_card(view, Medium.DIALOG))


def card_dialog(cards: Sequence[Card]) -> Element:
    """Answers in a dialog."""
    parts = tuple(part for card in cards for part in card.parts)
    summary = cards[0].summary if cards else ""
    return _dialog(summary, adaptive(parts, Medium.DIALOG, summary))


def dialog_note(text: str) -> Element:
    """A sentence, after which the dialog is closed."""
    return {"task": {"type": "message", "value": text}}


def _dialog(title: str, card: Element) -> Element:
    value = {"title": _short(title, LONGEST_TITLE), "width": "large", "height": "large"}
    return {"task": {"type": "continue", "value": {**value, "card": {"contentType": CARD, "content": card}}}}
