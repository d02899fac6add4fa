"""What Teams sends as HTML, as text: a message that somebody pointed at, and the one that is quoted in an answer."""

from __future__ import annotations

from html.parser import HTMLParser

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3"})
_SILENT = frozenset({"script", "style", "attachment"})


class _Reader(HTMLParser):
    """Collects text and the id of the quoted message; what it does not know is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.quoted = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "blockquote" and given.get("itemtype") == "http://schema.skype.com/Reply":
            self.quoted = self.quoted or (given.get("itemid") or "")
        if tag == "img" and given.get("alt"):
            self.text.append(given["alt"] or "")
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def plain_text(html: str) -> str:
    """The words of a message, line by line."""
    lines = "".join(_read(html).text).replace("\xa0", " ").split("\n")
    return "\n".join(line for line in (" ".join(each.split()) for each in lines) if line)


def quoted_message(html: str) -> str:
    """The id of the message that this one answers; "" where it answers none."""
    return _read(html).quoted[:80]
