"""The knowledge base to leaf through: a policy clause by clause, every topic under every policy; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from adapters.web.render import Block, anchor, blocks, style
from adapters.web.words import group_place, group_title
from bot.texts import VERDICT_WORDS
from policy_kb.model import Clause, Document, Fact, KnowledgeBase, Policy, Ruling, Topic, Verdict

LONGEST_FILTER = 200
"""Characters of a filter that are read."""


@dataclass(frozen=True)
class VerdictView:
    """A verdict in words with its style and icon name."""

    kind: str
    words: str


@dataclass(frozen=True)
class TopicLink:
    """A topic under one policy. verdicts: strictest first."""

    slug: str
    title: str
    verdicts: tuple[VerdictView, ...]


@dataclass(frozen=True)
class ClauseView:
    """A clause as printed, with the topics that rest on it. number: None where the document prints none."""

    anchor: str
    number: str | None
    blocks: tuple[Block, ...]
    topics: tuple[TopicLink, ...]


@dataclass(frozen=True)
class Section:
    """Clauses under the same headings."""

    anchor: str
    headings: tuple[str, ...]
    clauses: tuple[ClauseView, ...]


@dataclass(frozen=True)
class DocumentView:
    """A document, or what a filter leaves of it."""

    id: str
    title: str
    adopted_by: str
    sections: tuple[Section, ...]

    @property
    def count(self) -> int:
        """Clauses shown."""
        return sum(len(section.clauses) for section in self.sections)


@dataclass(frozen=True)
class Cell:
    """A topic's verdict under one policy. varies: stated facts can change it."""

    policy: str
    verdict: VerdictView
    varies: bool


@dataclass(frozen=True)
class Row:
    """A topic under every policy, in the policies' order; None where a policy has no ruling on it."""

    slug: str
    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Group:
    """Rows of one topic group."""

    slug: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Change:
    """What a topic's answer becomes when facts are stated: what is asked, and what is said."""

    facts: tuple[tuple[str, str], ...]
    verdict: VerdictView
    say: str


def verdict_view(verdict: Verdict) -> VerdictView:
    """A verdict as shown in lists."""
    return VerdictView(style(verdict), VERDICT_WORDS[verdict])


def fold_filter(text: str) -> str:
    """What a reader typed into the filter box, white space folded."""
    return " ".join(text[:LONGEST_FILTER].split())


def documents(policy: Policy, topics: Mapping[str, Topic], wanted: str = "") -> tuple[DocumentView, ...]:
    """Every clause in printed order; with `wanted`, those whose number, text or topics contain it."""
    citing = _citing(policy, topics)
    return tuple(_document(document, citing, wanted) for document in policy.documents)


def marked(text: str, wanted: str) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it is what was looked for; joined they are the text itself."""
    if not wanted:
        return ((text, False),)
    pieces = re.split(f"({re.escape(wanted)})", text, flags=re.IGNORECASE)
    return tuple((piece, i % 2 == 1) for i, piece in enumerate(pieces) if piece)


def matrix(knowledge: KnowledgeBase) -> tuple[Group, ...]:
    """Every topic under every policy, by topic group."""
    ordered = sorted(knowledge.topics.values(), key=lambda t: (group_place(t.group), t.title))
    return tuple(
        Group(slug, group_title(slug), tuple(_row(topic, knowledge) for topic in topics))
        for slug, topics in groupby(ordered, key=lambda t: t.group)
    )


def changes(ruling: Ruling, facts: Mapping[str, Fact]) -> tuple[Change, ...]:
    """How stated facts change a ruling."""
    return tuple(
        Change(tuple(_fact(facts, k, v) for k, v in c.facts.items()), verdict_view(c.verdict), c.say)
        for c in ruling.when
    )


def _fact(facts: Mapping[str, Fact], key: str, value: str) -> tuple[str, str]:
    fact = facts[key]
    return fact.question or f"{key.replace('_', ' ').capitalize()}:", fact.values[value].label


def _citing(policy: Policy, topics: Mapping[str, Topic]) -> dict[str, tuple[TopicLink, ...]]:
    """By clause, the topics that rest on it, with the verdicts that they reach by it."""
    found: dict[str, dict[str, set[Verdict]]] = {}
    for slug, ruling in policy.rulings.items():
        for outcome in ruling.outcomes():
            for citation in outcome.cite:
                found.setdefault(citation.clause, {}).setdefault(slug, set()).add(outcome.verdict)
    return {
        clause: tuple(_link(topics[slug], verdicts) for slug, verdicts in by_topic.items())
        for clause, by_topic in found.items()
    }


def _link(topic: Topic, verdicts: set[Verdict]) -> TopicLink:
    strictest_first = sorted(verdicts, key=lambda v: -v.strictness)
    return TopicLink(topic.slug, topic.title, tuple(verdict_view(v) for v in strictest_first))


def _document(document: Document, citing: Mapping[str, tuple[TopicLink, ...]], wanted: str) -> DocumentView:
    kept = [c for c in document.clauses if _matches(c, citing.get(c.id, ()), wanted)]
    sections = []
    for headings, clauses in groupby(kept, key=lambda c: c.headings):
        views = tuple(_clause(c, citing.get(c.id, ())) for c in clauses)
        sections.append(Section(f"part-{views[0].anchor}", headings, views))
    return DocumentView(document.id, document.title, document.adopted_by, tuple(sections))


def _matches(clause: Clause, topics: tuple[TopicLink, ...], wanted: str) -> bool:
    if not wanted:
        return True
    texts = (clause.quote, clause.label, *clause.headings, *(t.title for t in topics))
    return any(re.search(re.escape(wanted), text, re.IGNORECASE) for text in texts)


def _clause(clause: Clause, topics: tuple[TopicLink, ...]) -> ClauseView:
    return ClauseView(anchor(clause.id), clause.printed, blocks(clause.lines), topics)


def _row(topic: Topic, knowledge: KnowledgeBase) -> Row:
    return Row(topic.slug, topic.title, tuple(_cell(p, topic.slug) for p in knowledge.policies.values()))


def _cell(policy: Policy, topic: str) -> Cell | None:
    ruling = policy.rulings.get(topic)
    if ruling is None:
        return None
    varies = any(outcome.verdict is not ruling.verdict for outcome in ruling.when)
    return Cell(policy.id, verdict_view(ruling.verdict), varies)
