"""A reaction -> the answer to an invoke, by where it was pressed; pure."""

from __future__ import annotations

from adapters.teams import render, words
from adapters.teams.cards import Medium
from adapters.teams.front import InvokeAnswer
from adapters.teams.inbound import Surface
from bot.chat.messages import Card, Reaction, Tone, Words


def in_dialog(reaction: Reaction) -> InvokeAnswer:
    """For task/fetch, task/submit and message actions: a dialog goes on, or ends with a sentence."""
    if reaction.view is not None:
        return InvokeAnswer(render.dialog(reaction.view))
    if reaction.replies:
        return InvokeAnswer(render.card_dialog(reaction.replies))
    return InvokeAnswer(render.dialog_note(_sentence(reaction)))


def in_card(reaction: Reaction, medium: Medium, stands: bool) -> InvokeAnswer:
    """For Action.Execute. stands: the view may take the card's place."""
    if reaction.view is not None and stands:
        return InvokeAnswer(render.card_answer(render.view_card(reaction.view, medium)))
    if reaction.view is not None:
        return InvokeAnswer(render.note_answer(words.NO_WINDOW if medium is Medium.PLAIN else words.WINDOW_ONLY))
    if reaction.replies and not reaction.hint:
        return InvokeAnswer(render.note_answer(words.ANSWERED))
    return InvokeAnswer(render.note_answer(_sentence(reaction)))


def refreshed(card: Card, medium: Medium) -> InvokeAnswer:
    """The card for the one person who looks at it."""
    return InvokeAnswer(render.card_answer(render.adaptive(card.parts, medium, card.summary)))


def taken_back() -> InvokeAnswer:
    """For a card that is not for this person."""
    parts = (Words(words.TAKEN_BACK, Tone.QUIET),)
    return InvokeAnswer(render.card_answer(render.adaptive(parts, Medium.MESSAGE, words.TAKEN_BACK)))


def trouble(surface: Surface, status: int, text: str) -> InvokeAnswer:
    """What went wrong, in the form of the surface."""
    match surface:
        case Surface.CARD | Surface.REFRESH:
            return InvokeAnswer(render.fault_answer(status, text))
        case Surface.DIALOG | Surface.EXTENSION:
            return InvokeAnswer(render.dialog_note(text))
        case Surface.THUMBS:
            return InvokeAnswer({})
    return InvokeAnswer({}, 501)


def _sentence(reaction: Reaction) -> str:
    return reaction.hint or " ".join(dict.fromkeys(reaction.errors.values())) or words.DONE
