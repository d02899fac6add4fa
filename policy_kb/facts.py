"""What the asker says about the case: facts read from free text by the patterns of facts.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from policy_kb.model import Fact, Mention, WordGroup

Facts = Mapping[str, str]

NAME = re.compile(r"<(\w+)>")
"""The name of a group of words within a pattern."""

BEGINNING = re.compile(r"\\b(?:\(\?<!\w+ \))*<\w+>")
"""Named words at a pattern's beginning, with what must not stand before them."""


class FactFinder:
    """Finds facts in lower-case, spelling-repaired text."""

    def __init__(self, facts: Mapping[str, Fact], named: Mapping[str, WordGroup]) -> None:
        self._patterns = [
            (key, value, any_of(spelt_out(gathered(stated.patterns), named)), any_of(spelt_out(stated.unless, named)))
            for key, fact in facts.items()
            for value, stated in fact.values.items()
            if stated.patterns
        ]

    def __call__(self, text: str) -> dict[str, str]:
        """Fact key -> value; of each fact the first value that the text states."""
        found: dict[str, str] = {}
        for key, value, pattern, unless in self._patterns:
            if key not in found and pattern.search(text) and not unless.search(text):
                found[key] = value
        return found


class MentionFinder:
    """Topics raised by single words beside other topics."""

    def __init__(self, mentions: Sequence[Mention], groups: Mapping[str, str]) -> None:
        self._mentions = [(m.topic, set(m.beside), any_of(m.patterns)) for m in mentions]
        self._groups = groups

    def __call__(self, text: str, beside: str) -> list[str]:
        """The topics that the text mentions, where the question is about the topic `beside`."""
        place = {beside, self._groups.get(beside, "")}
        return [
            topic
            for topic, near, pattern in self._mentions
            if topic != beside and near & place and pattern.search(text)
        ]


def gathered(patterns: Iterable[str]) -> list[str]:
    """The patterns, those that begin with the same named words made one: such words are many, and looked for once."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        begin = BEGINNING.match(pattern)
        head = begin[0] if begin and not _branches(pattern) else ""
        found.setdefault(head, []).append(pattern[len(head) :])
    alone = found.pop("", [])
    return [*alone, *(f"{head}(?:{'|'.join(rests)})" for head, rests in found.items())]


def _branches(pattern: str) -> bool:
    """True where the pattern has alternatives outside all brackets."""
    depth = 0
    for sign in re.sub(r"\\.|\[[^\]]*\]", "", pattern):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            return True
    return False


def spelt_out(patterns: Iterable[str], named: Mapping[str, WordGroup]) -> list[str]:
    """The patterns with the words that they name in angle brackets put in; a name that is not known stays."""

    def words(found: re.Match[str]) -> str:
        group = named.get(found[1])
        return f"(?:{'|'.join(map(re.escape, group.words))})" if group else found[0]

    return [NAME.sub(words, pattern) for pattern in patterns]


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """One pattern that finds whatever any of the patterns finds."""
    return re.compile("|".join(f"(?:{p})" for p in patterns) or r"(?!)")
