"""(policy, reading) -> decision of the topics alone: which rulings answer the question, strictest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from policy_kb.model import Clause, Outcome, Policy, Verdict
from policy_kb.reading import Reading
from policy_kb.weighing import SILENT, Weighed, weighed

OFF_TOPIC = 1.2
"""Another subject is answered "not covered" from this many times the best topic's weight."""

STRAY = 0.35
"""Without a word of the subject, a topic needs at least this weight to be answered at all."""

ISSUE = 0.5
"""From this weight a topic counts for the headline; the best one always does."""

ALSO = 0.04
"""From this weight a topic is shown as "this may matter too"."""

SILENT_YIELDS = 0.5
"""Where the policy is silent on the best topic, one on which it speaks goes first from this share of its weight."""

COMPANY = 0.3
"""Where the policy is silent on all that counts, a duty or ban joins the headline from this weight."""

UNSURE = 0.12
"""Below this weight the best topic is offered as a choice rather than given as an answer."""

PERMISSIVE = 0.05
"""A permission gives way to a stricter topic with at least this share of the permission's weight."""

_MAX_ALSO = 3
_MAX_ISSUES = 4
_MAX_CHOICES = 3

STRICT = frozenset({Verdict.NOT_ALLOWED, Verdict.REQUIRED, Verdict.ASK_FIRST, Verdict.ADVISED_AGAINST})
"""The verdicts that bind."""


@dataclass(frozen=True)
class Decision:
    """The answer in terms of rulings. answers: strictest first; also: weaker topics, worth a look.

    choices are topics to offer as "did you mean"; unsure marks that no topic was recognised well enough to answer.
    asks: the fact that is asked for first, because the answer turns on it.
    """

    verdict: Verdict
    answers: tuple[Weighed, ...] = ()
    also: tuple[Weighed, ...] = ()
    choices: tuple[str, ...] = ()
    unsure: bool = False
    asks: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def clauses_of(policy: Policy, outcomes: Iterable[Outcome]) -> list[Clause]:
    """The cited clauses in order of citation, each once."""
    ids = dict.fromkeys(c.clause for outcome in outcomes for c in outcome.cite)
    return [policy.clauses[i] for i in ids]


def by_topics(policy: Policy, reading: Reading, ranked: list[Weighed], off_topic: float) -> Decision:
    """The decision of the topics alone: the strictest of those that weigh enough leads."""
    stray = bool(ranked) and not reading.on_subject and ranked[0].weight < STRAY
    if not ranked or stray or off_topic > OFF_TOPIC * ranked[0].weight:
        return Decision(Verdict.NOT_COVERED, facts=reading.facts)
    ranked = _speaking_first(ranked)
    if ranked[0].weight < UNSURE:
        return _did_you_mean(ranked, reading)
    issues = _issues(policy, ranked, reading)
    issues = _guard_permission(issues, ranked)
    issues.sort(key=lambda w: -w.outcome.verdict.strictness)
    shown = {w.topic for w in issues}
    also = _also([w for w in ranked if w.topic not in shown], reading)
    verdict = issues[0].outcome.verdict
    if reading.asks_fact and verdict in STRICT:
        verdict = Verdict.INFORMATION
    choices = issues[0].ruling.choices if verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(issues), tuple(also), choices, facts=reading.facts)


def decide_topic(
    policy: Policy, topics: Sequence[str], facts: Mapping[str, str], beside: Mapping[str, float] | None = None
) -> Decision:
    """Rule on topics that a person chose by a button, with the facts they stated. beside: other topics of the message
    with their weights, which may matter too."""
    answers = sorted(
        (weighed(policy, topic, 1.0, facts) for topic in topics), key=lambda w: -w.outcome.verdict.strictness
    )
    verdict = answers[0].outcome.verdict
    choices = answers[0].ruling.choices if verdict is Verdict.CLARIFY else ()
    weights = {t: p for t, p in (beside or {}).items() if t in policy.rulings and t not in topics and p >= ALSO}
    others = [weighed(policy, topic, weight, facts) for topic, weight in weights.items()]
    also = [w for w in others if w.outcome.verdict not in SILENT]
    return Decision(verdict, tuple(answers), tuple(also[:_MAX_ALSO]), choices, facts=facts)


def _issues(policy: Policy, ranked: list[Weighed], reading: Reading) -> list[Weighed]:
    """The topics that count for the headline: the heavy ones, and those that single words raise beside them."""
    issues = [w for w in ranked if w.weight >= ISSUE][:_MAX_ISSUES] or ranked[:1]
    firm = [w for w in issues if w.topic not in reading.yielding]
    issues = firm or issues
    if all(w.outcome.verdict in SILENT for w in issues):
        issues += [w for w in ranked if w.weight >= COMPANY and w.outcome.verdict in STRICT and w not in issues][:1]
    raised = [m for w in issues for m in reading.mentioned.get(w.topic, ()) if m in policy.rulings]
    known = {w.topic for w in issues}
    issues += [weighed(policy, t, ISSUE, reading.facts_beside) for t in dict.fromkeys(raised) if t not in known]
    return issues


def _speaking_first(ranked: list[Weighed]) -> list[Weighed]:
    """A silent best topic steps back behind a speaking one that is nearly as likely; never behind a permission."""
    best = ranked[0]
    if best.outcome.verdict is not Verdict.NOT_COVERED:
        return ranked
    speaking = [w for w in ranked if w.outcome.verdict not in SILENT and not w.outcome.verdict.permits]
    near = [w for w in speaking if w.weight >= SILENT_YIELDS * best.weight]
    return [near[0], *(w for w in ranked if w is not near[0])] if near else ranked


def _also(ranked: list[Weighed], reading: Reading) -> list[Weighed]:
    """Weaker topics on which the policy speaks, then the topic of the turn before where this one leans on it."""
    likely = [w for w in ranked if w.weight >= ALSO and w.topic not in reading.yielding]
    before = [w for w in ranked if w.topic in reading.carried]
    chosen = {w.topic: w for w in (*likely[:_MAX_ALSO], *before[:1])}
    return [w for w in chosen.values() if w.outcome.verdict not in SILENT]


def _guard_permission(issues: list[Weighed], ranked: list[Weighed]) -> list[Weighed]:
    """Where the headline would permit, a stricter topic that is nearly as likely goes first."""
    if not any(w.outcome.verdict.permits for w in issues) or any(w.outcome.verdict in STRICT for w in issues):
        return issues
    heaviest = issues[0].weight
    stricter = [w for w in ranked if w.outcome.verdict in STRICT and w.weight > PERMISSIVE * heaviest]
    return [*stricter[:1], *issues]


def _did_you_mean(ranked: list[Weighed], reading: Reading) -> Decision:
    """No topic stands out: offer the best as choices; a stricter verdict shared by all of them is given at once."""
    offered = [w for w in ranked if w.topic not in reading.yielding][:_MAX_CHOICES]
    return Decision(Verdict.CLARIFY, choices=tuple(w.topic for w in offered), unsure=True, facts=reading.facts)
