"""From what a person typed to the words the classifier was trained on.

Three steps, the same for phrasings and for questions: clean (Unicode, control characters, length), repair
(typing errors against the knowledge base's own vocabulary), and canonicalise (school slang by the lexicon).
Nothing is learnt from questions and nothing is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

MAX_CHARACTERS = 4_000
"""Longest question read; more than any chat platform's single message that a person types."""

_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00b4": "'", "`": "'"})
_WORD = re.compile(r"[a-z0-9]+(?:['&/@.-][a-z0-9]+)*'?")
_WORD_OR_MARK = re.compile(_WORD.pattern + r"|[?!.;]+(?=[\s)\"']|$)")
_LONGEST_WORD = 40
"""A longer one is a pasted address, which would take the room of the question behind it."""

MARKS = frozenset("?.")
"""What is kept of punctuation: where a sentence ends, and whether it asks."""
_YEAR_GROUP = re.compile(r"\b(?:y|yr|yrs|year)[ -]?(1[0-3]|[1-9])('?s)?\b")
_KEY_STAGE = re.compile(r"\b(?:ks|key stage)[ -]?([1-5])\b")
_ENCLOSING = re.compile(r"""["()\[\]*]|(?<![a-z0-9])'|(?<![s])'(?![a-z0-9])""")
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


class UnreadableQuestion(ValueError):
    """The text cannot be taken as a question; the message says why and what to do."""


def clean(text: str) -> str:
    """Fold Unicode and white space and drop control characters.

    Raises UnreadableQuestion when nothing is left, or when the text is longer than MAX_CHARACTERS.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableQuestion(
            f"the question has {len(text):,} characters; shorten it to {MAX_CHARACTERS:,} or fewer"
        )
    folded = unicodedata.normalize("NFKC", _TERMINAL.sub(" ", text)).translate(_QUOTES)
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in folded)
    kept = " ".join(kept.split())
    if not any(c.isalnum() for c in kept):
        raise UnreadableQuestion("the question is empty; type what you would like to know")
    return kept


def words(text: str) -> list[str]:
    """Lower-case words of cleaned text, with inner apostrophes, hyphens and slashes kept."""
    return [w.strip("'") for w in _WORD.findall(text.lower())]


def words_and_marks(text: str) -> list[str]:
    """The words of cleaned text, with a mark of MARKS where a sentence ends; without what is no word but an address."""
    found = (w.strip("'") for w in _WORD_OR_MARK.findall(text.lower()) if len(w) <= _LONGEST_WORD)
    return [w if w[0].isalnum() else "?" if "?" in w else "." for w in found if w]


class Normaliser:
    """Repairs spelling and folds slang; immutable after construction and safe to share between threads.

    lexicon maps a canonical form to its variants; vocabulary holds the words the knowledge base uses, with how
    often; english holds words that are never repaired because they are ordinary English.
    """

    def __init__(
        self, lexicon: Mapping[str, Iterable[str]], vocabulary: Mapping[str, int], english: frozenset[str]
    ) -> None:
        self._variants: dict[tuple[str, ...], str] = {}
        for canonical, variants in lexicon.items():
            for variant in variants:
                self._variants[tuple(words(variant))] = canonical.lower()
        self._longest = max((len(v) for v in self._variants), default=1)
        slang = {w for variant in self._variants for w in variant}
        self._known = english | slang | frozenset(vocabulary)
        self._targets = sorted(
            {w for w in (*vocabulary, *slang) if len(w) >= 3 and w.isalpha()},
            key=lambda w: (-vocabulary.get(w, 0), w),
        )
        self._frequency = dict(vocabulary)
        self.repair_word = lru_cache(maxsize=20_000)(self._repair_word)

    def __call__(self, text: str) -> str:
        """Canonical form of cleaned text: lower case, repaired, slang folded; of punctuation only MARKS, apart."""
        lowered = _KEY_STAGE.sub(r"key stage \1", text.lower())
        lowered = _YEAR_GROUP.sub(lambda m: f"year {m[1]}{' pupils' if m[2] else ''}", lowered)
        return " ".join(self._fold([self.repair_word(w) for w in words_and_marks(lowered)]))

    def repair(self, text: str) -> str:
        """Lower case with spelling repaired, slang and stops left as typed: what the facts' patterns read. What one
        sentence says is not said by the next. Quotation marks and brackets go; an apostrophe stays."""
        return _WORD.sub(lambda word: self.repair_word(word[0]), _ENCLOSING.sub("", text.lower()))

    def _fold(self, tokens: list[str]) -> list[str]:
        out: list[str] = []
        i = 0
        while i < len(tokens):
            for n in range(min(self._longest, len(tokens) - i), 0, -1):
                canonical = self._variants.get(tuple(tokens[i : i + n]))
                if canonical is not None:
                    out.append(canonical)
                    i += n
                    break
            else:
                out.append(tokens[i])
                i += 1
        return out

    def _repair_word(self, word: str) -> str:
        if word in self._known or not word.isalpha() or len(word) < 3:
            return word
        if word.endswith("in") and f"{word}g" in self._known:
            return f"{word}g"
        squeezed = _STRETCHED.sub(r"\1\1", word)
        for candidate in (squeezed, _STRETCHED.sub(r"\1", word)):
            if candidate in self._known:
                return candidate
        return self._nearest(squeezed) or word

    def _nearest(self, word: str) -> str | None:
        reach = 1 if len(word) <= 4 else 2
        found = process.extract(word, self._targets, scorer=OSA.distance, score_cutoff=reach, limit=12)
        if not found:
            return None
        return min(
            found,
            key=lambda hit: (
                hit[1] - 0.5 * (hit[0][0] == word[0]) - 0.25 * (sorted(hit[0]) == sorted(word)),
                -self._frequency.get(hit[0], 0),
                hit[0],
            ),
        )[0]
