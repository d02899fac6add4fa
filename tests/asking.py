"""Asking the bot as a person does, turn after turn, and looking at what it said."""

from __future__ import annotations

from bot.answers import Answer
from bot.core import Bot, Turn
from policy_kb.model import Role


def last_turn(bot: Bot, policy: str, *texts: str) -> Turn:
    """The last turn of one conversation in which these are typed."""
    first, *others = texts
    turn = bot.ask(policy, first)
    for text in others:
        turn = bot.ask(policy, text, turn.context)
    return turn


def ask(bot: Bot, policy: str, *texts: str) -> Answer:
    """The answer to the last of these, typed in one conversation."""
    return last_turn(bot, policy, *texts).answer


def cited(answer: Answer) -> set[str]:
    """Every clause that the answer quotes."""
    return {quote.clause for part in answer.shown for quote in part.quotes}


def sent_to(answer: Answer) -> set[Role]:
    """Every role that the answer sends the asker to."""
    return {contact.role for contact in answer.contacts}
