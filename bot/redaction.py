"""Names of other people out of what one person is given, with a log of what was taken out and where.

Staff are known by name; pupils, parents and strangers are not, so a person still reads the export before it is sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHARED = "[a colleague]"
"""Stands for a name that several people bear."""

_TITLE = r"(?:mr|mrs|ms|miss|mx|dr|sir|madam|prof)\.?\s+"
_WORDS = """
art august bell bill bond brook brown bush carol chase church clay cook dale day dean dawn drew earl eve faith field
fisher ford fox frank gene grace grant gray green hall hand heath hill hope hunt iris ivy jack jade jay joy june king
knight lane lee long love lowe mark may mill miles moss norm page park penny pike pool potter price ray read reed rich
rob robin rock rose ruby sandy singer small smart stone street summer sunny tanner taylor violet walker ward waters
webb west white will wise wood young
"""
_ORDINARY = frozenset(_WORDS.split())
"""Names that are words as well: bare ones are taken out only where they have a capital."""


@dataclass(frozen=True)
class Redaction:
    """Where a name stood, what stands there now, and how often. The name itself is nowhere in it."""

    place: str
    label: str
    times: int


class Redactor:
    """Takes the names of everybody but one person out of texts; the same person has the same label throughout."""

    def __init__(self, own: Iterable[str], names: Mapping[str, Iterable[str]]) -> None:
        """own: the ids of the person's accounts; names: every name that each id ever had."""
        self._own = frozenset(own)
        self._labels: dict[str, str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        kept = {part for each in self._own for name in names.get(each, ()) for part in _parts(name)}
        self._whole: dict[str, set[str]] = {}
        self._bare: dict[str, set[str]] = {}
        for person, several in names.items():
            for name in several if person not in self._own else ():
                self._whole.setdefault(_plain(name), set()).add(person)
                for part in _parts(name) - kept:
                    self._bare.setdefault(part, set()).add(person)
            if person not in self._own:
                self._whole.setdefault(person, set()).add(person)
        self._pattern = self._compiled()

    @property
    def log(self) -> list[Redaction]:
        """Everything taken out so far."""
        return [Redaction(place, label, times) for (place, label), times in sorted(self._counts.items())]

    def label(self, person: str, place: str) -> str:
        """What stands for a person who is not the one whose export this is."""
        label = self._labels.setdefault(person, f"[person {len(self._labels) + 1}]")
        self._counts[place, label] += 1
        return label

    def clean(self, text: str, place: str) -> str:
        """The text without anybody else's name."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._instead(found, place), text)

    def _instead(self, found: re.Match[str], place: str) -> str:
        name = _plain(found["name"])
        if name in _ORDINARY and not found["title"] and found["name"][0].islower():
            return found[0]
        people = self._whole.get(name) or self._bare.get(name) or set()
        if len(people) == 1:
            return self.label(next(iter(people)), place)
        self._counts[place, SHARED] += 1
        return SHARED

    def _compiled(self) -> re.Pattern[str] | None:
        known = sorted({*self._whole, *self._bare}, key=len, reverse=True)
        if not known:
            return None
        each = "|".join(r"\s+".join(map(re.escape, name.split())) for name in known)
        return re.compile(rf"(?<![\w-])(?P<title>{_TITLE})?(?P<name>{each})(?![\w-])", re.IGNORECASE)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _parts(name: str) -> set[str]:
    """First name and surname, and the halves of a double one: each of them tells who it is."""
    whole = _plain(name).split()
    return {part for word in whole for part in (word, *word.split("-")) if len(part) > 2}
