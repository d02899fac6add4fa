"""Parts of a card -> elements of an Adaptive Card 1.5; pure.

What people wrote stands in text runs, which know no markdown; headings, which only a text block can be, are escaped
(SECURITY T12). A button carries a packed press and nothing else (SECURITY T04).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from adapters.teams import names, words
from bot.chat.messages import Button, Buttons, Clause, Entry, Facts, Heading, Link, Part, Rule, Tone, Words
from bot.chat.press import Press
from policy_kb.model import Verdict

Element = dict[str, Any]

VERSION = "1.5"
IN_A_ROW = 4
"""Actions in one set: a phone shows no more beside each other."""

ANSWERING = frozenset({"topic", "fact", "none"})
"""Presses that are answered by a message; every other one opens a view."""
IN_PLACE = ANSWERING | {"act"}
"""Presses that are done in the card itself: an answer, and a decision, which must need as few steps as it can."""

_STYLES = {
    Verdict.NOT_ALLOWED: "attention",
    Verdict.REQUIRED: "warning",
    Verdict.ASK_FIRST: "warning",
    Verdict.ADVISED_AGAINST: "attention",
    Verdict.ALLOWED_IF: "accent",
    Verdict.ALLOWED: "good",
}
_LOOKS: dict[Tone, Element] = {Tone.STRONG: {"weight": "Bolder"}, Tone.QUIET: {"isSubtle": True}}


class Medium(Enum):
    """Where a card stands: in a chat, where others read along, in a client without dialogs, in a dialog."""

    MESSAGE = "message"
    CHANNEL = "channel"
    PLAIN = "plain"
    DIALOG = "dialog"


def elements(parts: Sequence[Part], medium: Medium) -> list[Element]:
    """The parts in order; a rule is a line over the next one, and a heading stands apart from what comes before it.

    Teams shows a heading no larger than a bold word.
    """
    found: list[Element] = []
    ruled = False
    before: Part | None = None
    for part in parts:
        if isinstance(part, Rule):
            ruled = True
            continue
        for number, each in enumerate(_element(part, medium)):
            if ruled and number == 0:
                each["separator"] = True
            if isinstance(part, Heading) and not isinstance(before, Heading | None):
                each["spacing"] = "Large"
            found.append(each)
        ruled, before = False, part
    return found


def _element(part: Part, medium: Medium) -> Iterator[Element]:
    match part:
        case Heading():
            yield heading(part)
        case Words(tone=Tone.ALARM):
            yield {"type": "Container", "style": "attention", "items": list(_paragraphs(part.text, weight="Bolder"))}
        case Words():
            yield from _paragraphs(part.text, **_LOOKS.get(part.tone, {}))
        case Clause():
            lines = [each for line in part.lines for each in _paragraphs(line)]
            yield {"type": "Container", "style": "emphasis", "items": [text(part.label, weight="Bolder"), *lines]}
        case Facts():
            for label, value in part.rows:
                yield from _labelled(label, value)
        case Entry():
            yield _entry(part)
        case Buttons():
            yield from action_sets(part.items, medium)


def heading(part: Heading) -> Element:
    """A heading for screen readers too; a verdict is words first and a colour second."""
    block: Element = {"type": "TextBlock", "style": "heading", "wrap": True, "text": escaped(part.text)}
    block |= {"weight": "Bolder", "size": "Large" if part.verdict else "Medium"}
    if part.verdict is None:
        return block
    return {"type": "Container", "style": _STYLES.get(part.verdict, "emphasis"), "items": [block]}


def escaped(words_: str) -> str:
    """Words of ours for a text block, in which no character is markup."""
    flat = " ".join(words_.split())
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~<>&])", r"\\\1", flat)


def text(words_: str, **look: object) -> Element:
    """One line of plain text."""
    return rich([run(words_, **look)])


def rich(runs: list[Element]) -> Element:
    """A line of several runs."""
    return {"type": "RichTextBlock", "inlines": runs}


def run(words_: str, **look: object) -> Element:
    """Characters that stay what they are; a client would leave out the ones that cannot be shown."""
    clean = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", words_)
    return {"type": "TextRun", "text": clean, **look}


def _paragraphs(words_: str, **look: object) -> Iterator[Element]:
    """Line by line, for a run shows no line breaks; an empty line holds a space that takes room."""
    for line in words_.strip("\r\n").splitlines():
        yield text(line if line.strip() else "\xa0", **look)


def _labelled(label: str, value: str) -> Iterator[Element]:
    first, *others = value.strip("\r\n").splitlines() or [""]
    yield rich([run(f"{label}: ", weight="Bolder"), run(first)])
    yield from _paragraphs("\n".join(others))


def _entry(part: Entry) -> Element:
    items = [rich([run(f"{part.who} {part.what}".strip(), weight="Bolder"), run(f" · {part.when}", isSubtle=True)])]
    items += _paragraphs(part.words)
    if part.conditions:
        items += [text(words.CONDITIONS, isSubtle=True), *_paragraphs(part.conditions)]
    return {"type": "Container", "items": items}


# Actions.


def action_sets(items: Iterable[Button | Link], medium: Medium) -> Iterator[Element]:
    """Rows of buttons."""
    actions = [action(each, medium) for each in items]
    for start in range(0, len(actions), IN_A_ROW):
        yield {"type": "ActionSet", "actions": actions[start : start + IN_A_ROW]}


def action(item: Button | Link, medium: Medium) -> Element:
    """A button. In a dialog only Action.Submit works, and in a message only it can open a dialog (Teams, dialogs)."""
    if isinstance(item, Link):
        return {"type": "Action.OpenUrl", "title": item.label, "url": item.url}
    look = {
        "title": item.label,
        **({"style": "positive"} if item.main else {"style": "destructive"} if item.danger else {}),
    }
    packed = {names.PRESS: item.press.pack()}
    if medium is Medium.DIALOG:
        return {"type": "Action.Submit", **look, "associatedInputs": "none", "data": packed}
    in_place = ANSWERING if medium is Medium.CHANNEL else IN_PLACE
    if medium is Medium.PLAIN or item.press.do in in_place:
        return execute(names.ACT, packed, look, inputs="none")
    return {
        "type": "Action.Submit",
        **look,
        "associatedInputs": "none",
        "data": {"msteams": {"type": "task/fetch"}, **packed},
    }


def execute(verb: str, data: Element, look: Element, inputs: str) -> Element:
    """Action.Execute, with the older action for clients that do not know it (Adaptive Cards, universal actions)."""
    same = {**look, "associatedInputs": inputs, "data": data}
    return {"type": "Action.Execute", "verb": verb, **same, "fallback": {"type": "Action.Submit", **same}}


def refreshing(press: Press, user: str) -> Element:
    """A card that this user's client asks for anew whenever it is shown: the view is theirs alone."""
    ask = {"type": "Action.Execute", "verb": names.REFRESH, "data": {names.PRESS: press.pack()}}
    return {"action": ask, "userIds": [user]}
