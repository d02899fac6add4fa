"""Parts that many cards and views have; pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from bot.answers import Quote
from bot.chat import chat_texts as texts
from bot.chat.messages import Button, Buttons, Clause, Link, Tone, View, Words
from bot.chat.press import Press
from bot.deadlines import LOCAL
from policy_kb.model import Policy


def clause(quote: Quote) -> Clause:
    """A quoted clause, letter for letter."""
    return Clause(texts.CLAUSE.format(label=quote.label, document=quote.document), quote.lines)


def clauses(policy: Policy, ids: tuple[str, ...]) -> tuple[Clause, ...]:
    """Clauses of a policy by id, letter for letter."""
    titles = {d.id: f"{d.title}, {d.adopted_by}" for d in policy.documents}
    found = [policy.clauses[each] for each in ids if each in policy.clauses]
    return tuple(Clause(texts.CLAUSE.format(label=c.label, document=titles[c.document]), c.lines) for c in found)


def stamp(moment: datetime) -> str:
    """'20 November 2026, 10:00' in school time: when something happened."""
    local = moment.astimezone(LOCAL)
    return f"{local.day} {local:%B %Y, %H:%M}"


def plain(text: str) -> str:
    """What somebody wrote, letter for letter but for what is no letter: control characters and halves of characters."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in whole if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def sentence(message: str) -> str:
    """An error message as a sentence: a capital at the start and a full stop at the end."""
    text = message.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def row(*items: Button | Link | None) -> tuple[Buttons, ...]:
    """The buttons that are there, in a row; nothing where there are none."""
    there = tuple(item for item in items if item is not None)
    return (Buttons(there),) if there else ()


def trouble(reason: str, case_id: str = "") -> View:
    """Why nothing was done, for the person alone. case_id: of the case that they could open."""
    opens = Button(texts.OPEN, Press("open", case=case_id)) if case_id else None
    return View(texts.NOTHING_CHANGED, (Words(reason, Tone.STRONG), *row(opens)))


def listed(names: list[str]) -> str:
    """'Ann, Bo and Cy'."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
