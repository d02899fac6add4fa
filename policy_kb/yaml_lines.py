"""YAML read strictly: duplicate keys are faults, and every value knows its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from policy_kb.issues import Issue

try:
    _Loader: Any = yaml.CSafeLoader
except AttributeError:  # PyYAML built without libyaml
    _Loader = yaml.SafeLoader

Place = tuple[str | int, ...]


class YamlFile:
    """A YAML file as plain data, with `line(place)` for messages and `issues` for what is wrong with its form."""

    def __init__(self, path: Path, root: Path) -> None:
        self.name = path.relative_to(root).as_posix()
        self.issues: list[Issue] = []
        self._lines: dict[Place, int] = {}
        self.data: Any = None
        try:
            text = path.read_text(encoding="utf-8")
            loader = _Loader(text)
            node = loader.get_single_node()
            if node is None:
                self.issues.append(Issue(f"{self.name}:1", "the file is empty", "write it or delete it"))
            else:
                self.data = self._value(loader, node, ())
        except UnicodeDecodeError:
            self.issues.append(Issue(f"{self.name}:1", "not UTF-8 text", "save the file as UTF-8"))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.issues.append(Issue(f"{self.name}:{line}", f"not YAML: {error.problem}", "mend the line"))

    def where(self, place: Place = ()) -> str:
        """file:line of the value at a place, or of the nearest thing that holds it."""
        while place and place not in self._lines:
            place = place[:-1]
        return f"{self.name}:{self._lines.get(place, 1)}"

    def _value(self, loader: Any, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(loader, item, (*place, i)) for i, item in enumerate(node.value)]
        return loader.construct_object(node)

    def _mapping(self, loader: Any, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node))
            line = key_node.start_mark.line + 1
            if key in out:
                self.issues.append(Issue(f"{self.name}:{line}", f"the key {key!r} stands twice", "keep one of the two"))
                continue
            self._lines[(*place, key)] = line
            out[key] = self._value(loader, value_node, (*place, key))
        return out
