"""Changing single values in an organisation file and adding people, with every other line and comment as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

Value = Any
_Edit = tuple[int, int, str]
"""From, to, and what stands there instead."""

_ORDER = ("id", "name", "job", "roles", "manager", "deputies", "human", "also_at", "email", "left_on")


class Edits:
    """The text of a sound organisation file, to be changed in places."""

    def __init__(self, text: str) -> None:
        self._text = text
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        self._schools = [node for node in _items(_get(root, "schools")) if isinstance(node, yaml.MappingNode)]

    def apply(
        self, changes: Mapping[str, Mapping[str, Value]], joining: Mapping[str, Sequence[Mapping[str, Value]]]
    ) -> str:
        """The text with keys changed by person id, and new people added by school id."""
        edits: list[_Edit] = []
        for school in self._schools:
            people = _get(school, "people")
            for person in _items(people):
                changed = changes.get(_scalar(_get(person, "id")))
                if changed:
                    edits += self._set(person, changed)
            new = joining.get(_scalar(_get(school, "id")))
            if new and isinstance(people, yaml.SequenceNode):
                edits.append(self._add(people, [_flow(person) for person in new]))
        pieces, done = [], 0
        for start, end, instead in sorted(edits):
            pieces += [self._text[done:start], instead]
            done = end
        return "".join([*pieces, self._text[done:]])

    def _set(self, person: yaml.Node, changed: Mapping[str, Value]) -> Iterator[_Edit]:
        """Replace the values that are there; add the rest in one piece at the end."""
        keys = {_scalar(key): (key, value) for key, value in _pairs(person)}
        for key in changed.keys() & keys.keys():
            key_node, value = keys[key]
            start = key_node.end_mark.index
            yield start, max(start, self._end(value)), f": {_yaml(changed[key])}"
        new = {key: value for key, value in changed.items() if key not in keys}
        if not new:
            return
        if isinstance(person, yaml.CollectionNode) and person.flow_style:
            at = self._end(_pairs(person)[-1][1])
            yield at, at, "".join(f", {key}: {_yaml(value)}" for key, value in new.items())
        else:
            at = self._line_end(self._end(person))
            indent = " " * _pairs(person)[0][0].start_mark.column
            yield at, at, "".join(f"\n{indent}{key}: {_yaml(value)}" for key, value in new.items())

    def _add(self, people: yaml.SequenceNode, entries: list[str]) -> _Edit:
        if people.flow_style:
            at = self._end(people.value[-1])
            return at, at, "".join(f", {entry}" for entry in entries)
        at = self._line_end(self._end(people))
        dash = "\n" + " " * people.start_mark.column + "- "
        return at, at, "".join(dash + entry for entry in entries)

    def _end(self, node: yaml.Node) -> int:
        """Where a node's last character ends. PyYAML ends a block at the next thing, past comments and empty lines."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        at = int(node.end_mark.index)
        while self._text[at - 1].isspace():
            at -= 1
        return at

    def _line_end(self, at: int) -> int:
        """Past a comment that follows on the same line."""
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _pairs(node) if _scalar(name) == key), None)


def _scalar(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _flow(person: Mapping[str, Value]) -> str:
    """A person as one line; keys without a value are left out."""
    return "{" + ", ".join(f"{key}: {_yaml(person[key])}" for key in _ORDER if person.get(key)) + "}"


def _yaml(value: Value) -> str:
    """A value as YAML on one line. Words that could be read as anything but themselves are quoted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if value is None:
        return "null"
    text = str(value)
    plain = text.replace("-", "").replace("_", "").isalnum() and text.isascii() and not text[0].isdigit()
    if plain and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)
