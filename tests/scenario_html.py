"""A page as a small tree of elements, enough to find what a person reads and the forms that they could send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"input", "link", "meta", "br", "img", "hr", "path", "circle", "rect", "line"})
_APART = frozenset(
    {"p", "li", "h1", "h2", "h3", "h4", "dt", "dd", "div", "section", "blockquote", "legend", "label", "summary"}
)
"""Elements that stand on lines of their own; the others run on in the sentence."""


@dataclass
class Element:
    """An element with what stands in it, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    def all(self, tag: str | None = None, /, **attributes: str) -> Iterator[Element]:
        """Every element below with this tag and these attributes; `class_` needs to be one of its classes."""
        for each in self.inside:
            if isinstance(each, str):
                continue
            if (tag is None or each.tag == tag) and all(each.has(name, value) for name, value in attributes.items()):
                yield each
            yield from each.all(tag, **attributes)

    def one(self, tag: str | None = None, /, **attributes: str) -> Element | None:
        """The first of them."""
        return next(self.all(tag, **attributes), None)

    def has(self, name: str, value: str) -> bool:
        """True where the attribute has the value, or the class is among the classes."""
        if name == "class_":
            return value in self.attributes.get("class", "").split()
        return self.attributes.get(name.replace("_", "-")) == value

    def text(self, without: frozenset[str] = frozenset()) -> str:
        """What can be read, letter for letter, one block a line."""
        parts = []
        for each in self.inside:
            if isinstance(each, str):
                parts.append(each)
            elif each.tag not in without:
                end = "\n" if each.tag in _APART else ""
                parts.append(f"{each.text(without)}{end}")
        return "".join(parts)

    def said(self, without: frozenset[str] = frozenset()) -> str:
        """The same with white space folded."""
        return " ".join(self.text(without).split())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop().tag != tag:
            continue

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read_page(html: str) -> Element:
    """The page as a tree; what no script changes."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root
