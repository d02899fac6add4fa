"""Home as the tab shows it: plain parts, which the script puts in as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.chat.messages import Button, Buttons, Heading, Link, Part, Rule, View, Words

CHAT = "https://teams.microsoft.com/l/chat/0/0"
IN_CHAT = "Open it in the chat with AskFirst"

_TYPED = {
    "menu": "Start something",
    "register": "Approved sites",
    "policies": "Policies",
    "away": "I'm away",
    "help": "Help",
    "mine": "My requests",
    "waiting": "Waiting for me",
}
"""What is written in the chat for a button that the tab cannot press."""
_PAGES = {"register": "/register", "policies": "/policy", "mine": "/desk", "waiting": "/desk"}


@dataclass(frozen=True)
class Ways:
    """Where links lead. app_id: the bot, whose chat a link opens. pages: the web pages' address, None without them."""

    app_id: str
    pages: str | None = None

    def chat(self, message: str = "") -> str:
        """The chat with the bot, with these words ready to send (Teams, deep link to a chat)."""
        words = f"&message={quote(message, safe='')}" if message else ""
        return f"{CHAT}?users=28:{self.app_id}{words}"


def shown(view: View, ways: Ways) -> dict[str, Any]:
    """The view as JSON: {"title", "parts": [{"kind", "text", "tone", "links": [{"label", "url", "main"}]}]}."""
    return {"title": view.title, "parts": list(_parts(view.parts, ways))}


def _parts(parts: Sequence[Part], ways: Ways) -> Iterator[dict[str, Any]]:
    row: list[dict[str, Any]] = []
    for i, part in enumerate(parts):
        links = _links(part, ways)
        if row and not links:
            yield {"kind": "links", "links": row}
            row = []
        match part:
            case Heading():
                yield {"kind": "heading", "text": part.text}
            case Rule():
                yield {"kind": "rule"}
            case Words() if case := _case(parts[i + 1 : i + 2], ways):
                yield {"kind": "case", "text": part.text, "links": case}
            case Words():
                yield {"kind": "words", "text": part.text, "tone": part.tone.value}
        row.extend(links)
    if row:
        yield {"kind": "links", "links": row}


def _case(after: Sequence[Part], ways: Ways) -> list[dict[str, Any]]:
    """The way to the case that a line is about; nothing for other lines."""
    pressed = [each for part in after if isinstance(part, Buttons) for each in part.items if isinstance(each, Button)]
    return [_case_link(each, ways) for each in pressed if each.press.do == "open"]


def _case_link(button: Button, ways: Ways) -> dict[str, Any]:
    if ways.pages:
        return _link(button.label, f"{ways.pages}/case/{quote(button.press.case, safe='')}")
    return _link(IN_CHAT, ways.chat())


def _links(part: Part, ways: Ways) -> list[dict[str, Any]]:
    """Of a row of buttons, but those of a case; what the tab cannot press is written in the chat."""
    if not isinstance(part, Buttons):
        return []
    return [made for each in part.items if (made := _way(each, ways))]


def _way(item: Button | Link, ways: Ways) -> dict[str, Any] | None:
    if isinstance(item, Link):
        return _link(item.label, item.url)
    do = item.press.do
    if do in _PAGES and ways.pages:
        return _link(item.label, ways.pages + _PAGES[do])
    if do in _TYPED:
        return _link(item.label, ways.chat(_TYPED[do]), item.main)
    return _link(item.label, ways.chat(item.label)) if do == "common" else None


def _link(label: str, url: str, main: bool = False) -> dict[str, Any]:
    return {"label": label, "url": url, "main": main}
