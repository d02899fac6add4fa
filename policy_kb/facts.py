"""What the asker says about the case: facts read from free text by the patterns of facts.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy_kb.hours import Hours, hours_of
from policy_kb.model import Fact, Mention, WordGroup

Facts = Mapping[str, str]

NAME = re.compile(r"<(\w+)>")
"""The name of a group of words within a pattern."""

BEGINNING = re.compile(r"\\b<\w+>")
"""Named words at a pattern's beginning."""


_PLAIN = re.compile(
    r"^(?:(?P<yes>(?:yes|yeah|yep|yup|aye|correct)\b|(?:it is|they are|s?he is|they have|s?he has)$)|"
    r"(?P<unsure>(?:not sure|don't know|dunno|no idea)$)|"
    r"(?P<no>(?:no(?! (?:idea|clue|one|way|problem|worries|doubt)\b)|nope|nah|not yet)\b|"
    r"(?:it isn't|they aren't|s?he isn't|they haven't|s?he hasn't)$))"
)
_GOES_ON = re.compile(r"\?|\b(?:but|and|if|so|what|then|unless|though|although|only|except)\b")
_PLAIN_WORDS = 5


@dataclass(frozen=True)
class Reply:
    """What somebody typed instead of pressing a button. bare: it says nothing else."""

    value: str
    bare: bool


def replied(fact: Fact, text: str) -> Reply | None:
    """The value of the fact that a reply to its question states, by a button's words or by yes or no; None where it
    does neither. text: cleaned, in lower case."""
    said = text.strip(" .,;:!'\"")
    for value, stated in fact.values.items():
        if said == stated.label.lower():
            return Reply(value, bare=True)
    plain = _PLAIN.match(said)
    if plain is None:
        return None
    value = "yes" if plain["yes"] else "no"
    if plain["unsure"]:  # is no claim
        value = next((name for name in ("no", "yes") if name in fact.values and not fact.values[name].claim), "")
    if value not in fact.values:
        return None
    if len(said.split()) <= _PLAIN_WORDS and not _GOES_ON.search(said):
        return Reply(value, bare=True)
    return Reply(value, bare=False) if re.match(r"\s*[,.;:!-]", said[plain.end() :]) else None


_SENTENCE_ENDS = re.compile(r"[.?!;]+(?=\s|$)")
_DENIED = re.compile(
    r"(?:\b(?:not|never|no|nobody|no one|without|hardly|nor|neither|isnt|dont|cannot)|n't)"
    r"(?: (?!(?:but|and|so|since|because)\b)[\w']+){0,3} *$"
)
_ASKED = re.compile(
    r"(?:^|[,:] ?|\b(?:and|but|so|or|then|well|ok|whether|if|how|when|why|who|which|what) )(?:\w+ )?"
    r"(?:is|are|was|were|do|does|did|has|have|had|would|will|am|isn't|aren't|hasn't|haven't|doesn't)"
    r"(?: (?:the|my|our|this|that|it|she|he|they|we|i|you|a|an|any|your|his|her|their|there|all|anyone|somebody)"
    r"| [\w']+(?= *$))* *$"
)
_SUPPOSED = re.compile(
    r"\b(?:unless|until|till|whether|wish|hope|hoping|hopefully|supposing|pretend|as if|as though|would have|'d have|"
    r"needs?|needed|requires?|required|wants?|wanted|waiting|wait|get|getting|without|promised|ask(?:ing)? for|"
    r"apparently|supposedly|assuming|rumour|(?<!what )(?<!how )i (?:think|thought|assume|bet|doubt|wonder)|"
    r"ought to|(?:supposed|have|has|got) to|"
    r"(?:must|should|shall|might|would|could)(?! (?:i|we|(?:have|of) (?:said|mentioned|added|told))\b))\b[^,:]{0,40}$"
)


@dataclass(frozen=True)
class _Stated:
    """A value of a fact as the finder looks for it."""

    fact: str
    value: str
    patterns: re.Pattern[str]
    unless: re.Pattern[str]
    claim: bool
    hours: Hours | None

    def holds(self, text: str, hours: Hours | None) -> bool:
        if hours is not None and self.hours == hours:
            said = True
        elif self.claim:
            said = any(_is_stated(text, found.start(), found.end()) for found in self.patterns.finditer(text))
        else:
            said = self.patterns.search(text) is not None
        return said and not self.unless.search(text)


def _is_stated(text: str, start: int, end: int) -> bool:
    """False where the words before it in its sentence deny what stands from start to end, ask for it or suppose it."""
    before = _SENTENCE_ENDS.split(text[:start])[-1].strip()
    ends = _SENTENCE_ENDS.search(text, end - 1)
    asks = ends is not None and "?" in ends[0] and _ASKED.search(before) is not None
    return not (asks or _DENIED.search(before) or _SUPPOSED.search(before))


class FactFinder:
    """Finds facts in lower-case, spelling-repaired text."""

    def __init__(self, facts: Mapping[str, Fact], named: Mapping[str, WordGroup]) -> None:
        self._values = [
            _Stated(
                key,
                value,
                any_of(spelt_out(gathered(stated.patterns), named)),
                any_of(spelt_out(stated.unless, named)),
                stated.claim,
                stated.hours,
            )
            for key, fact in facts.items()
            for value, stated in fact.values.items()
            if stated.patterns
        ]

    def __call__(self, text: str, before: str = "") -> dict[str, str]:
        """Fact key -> value; of each fact the first value that the text states. before: the turn before, which may have
        told the hours, or asked about the time, where this one states nothing of them."""
        found: dict[str, str] = {}
        hours = hours_of(text)
        for stated in self._values:
            if stated.fact not in found and stated.holds(text, hours):
                found[stated.fact] = stated.value
        told = hours_of(f"{before} {text}") if before else None
        for stated in self._values:
            if told is not None and stated.hours == told and not stated.unless.search(text):
                found.setdefault(stated.fact, stated.value)
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
        if group is None:
            return found[0]
        before = "".join(f"(?<!{re.escape(word)}[ -])" for word in group.not_after)
        behind = f"(?! ?(?:{'|'.join(map(re.escape, group.not_before))})\\b)" if group.not_before else ""
        return f"{before}(?:{'|'.join(map(re.escape, group.words))})\\b{behind}"

    return [NAME.sub(words, pattern) for pattern in patterns]


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """One pattern that finds whatever any of the patterns finds."""
    return re.compile("|".join(f"(?:{p})" for p in patterns) or r"(?!)")
