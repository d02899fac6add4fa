"""Splitting a message into the parts that may each be about something of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE = re.compile(
    r"(?<=[.?!;])[\"')]*\s+|\n+|(?<=\w)\s*[;]\s*|(?:^|\s)(?:\d[.):]|[ab][.):])\s+(?=\w)|\s+[-\u2013\u2014]+\s+"
)
_CLAUSE = re.compile(
    r",?\s+(?=(?:and|but|or|plus|also|then)\s+(?:also\s+)?(?:to|if|on|then|not|having|can|could|may|might|do|does|did|should|shall|would|will|is|are|am|have|has|must|"
    r"what|who|whom|how|when|where|which|why|if|whether|i|i'm|i've|we|my|it|they|she|he|there|that|putting|having|posting|adding|use|using|keep|want|need)\b)"
    r"|,\s+(?=(?:and|but|or|so|plus|also|then|can|could|may|do|does|should|would|will|is|are|what|who|how|when|where|which|if)\b)",
    re.IGNORECASE,
)
_NEW_QUESTION = re.compile(
    r",?\s+(?=(?:and|but|or|plus|also)\s+(?:also\s+)?(?:can|could|may|might|do|does|did|should|would|will|is|are|am|must|what|who|whom|"
    r"whose|how|when|where|which|why)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|^(?:\W*(?:and|but|or|so|also|plus|then|ok|okay|right|hi|hello|er|um|just|quick one|question)[ ,:]+)*"
    r"(?:can|could|may|might|am|is|are|was|do|does|did|should|shall|would|will|have|has|must|what|what's|whats|who|who's|whom|whose|how|when|where|which|why|"
    r"any|ok|alright|allowed|wondering|thinking|want|wanna|fancy|need)\b"
    r"|\b(?:can i|can we|could i|may i|am i|are we|should i|shall i|do i|do we|is it ok|is that ok|ok to|okay to|"
    r"alright to|allowed|what do i do|what should i|"
    r"what happens|who do i|wondering|want to|wanna|like to|thinking of|going to|gonna|planning|tempted|fancy)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z0-9']+")

MIN_WORDS = 3
"""A part shorter than this says too little by itself and stays with its neighbour."""


@dataclass(frozen=True)
class Segment:
    """A part of a message. asks: it has the form of a question or a wish rather than of a plain statement."""

    text: str
    asks: bool


def split(text: str, pattern: re.Pattern[str] | None = None) -> list[Segment]:
    """Sentences of cleaned text, in order; with pattern, split finer."""
    parts = [p.strip(" ,") for p in (pattern or _SENTENCE).split(text) if p and p.strip(" ,.?!")]
    merged: list[str] = []
    for part in parts:
        if merged and (len(_WORDS.findall(part)) < MIN_WORDS or len(_WORDS.findall(merged[-1])) < MIN_WORDS):
            merged[-1] = f"{merged[-1]} {part}"
        else:
            merged.append(part)
    return [Segment(part, asks=bool(_QUESTION.search(part))) for part in merged]


def parts_of(sentences: list[Segment]) -> list[Segment]:
    """The parts that may each ask something of their own.

    Several sentences are the parts; a question is cut further only where a conjunction begins a new question, and
    both halves of a question ask: "is it all right to have my number on there and to write endorsements".
    """
    pattern = _CLAUSE if len(sentences) == 1 else _NEW_QUESTION
    return [
        Segment(piece.text, piece.asks or sentence.asks)
        for sentence in sentences
        for piece in split(sentence.text, pattern)
    ]


def words_in(text: str) -> int:
    """How many words the text has: the measure of what reading it costs."""
    return len(_WORDS.findall(text))


def within_budget(segments: list[Segment], budget: int) -> list[Segment]:
    """As many segments as a budget of words allows: asking ones first, then the later ones; order kept.

    Reading costs time in proportion to words, and the last sentences of a story carry its question.
    """
    ranked = sorted(range(len(segments)), key=lambda i: (not segments[i].asks, -i))
    kept: set[int] = set()
    for i in ranked:
        cost = words_in(segments[i].text)
        if cost <= budget:
            kept.add(i)
            budget -= cost
    return [segment for i, segment in enumerate(segments) if i in kept]
