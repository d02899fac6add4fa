"""(policy, reading) -> decision: which rulings answer the question, the verdict, and what else to look at.

The model never chooses a verdict: it weighs topics, and each topic's verdict is read from the policy's rulings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from policy_kb.model import Clause, Outcome, Policy, Ruling, Verdict
from policy_kb.resolver import BACKGROUND, Reading

SILENT_DISCOUNT = 0.45
"""Topics on which the policy is silent count less: people mostly ask about what their policy speaks of."""

OFF_TOPIC_DISCOUNT = 0.4
"""Nor do people often ask about other subjects in words that belong to this one; without such words, no discount."""

OFF_TOPIC = 1.2
"""Another subject is answered "not covered" from this many times the best topic's weight."""

STRAY = 0.35
"""Without a word of the subject, a topic needs at least this weight to be answered at all."""

YIELDING_DISCOUNT = 0.25
"""Topics that give way to any other in the same message (vague questions, "I am not sure")."""

ISSUE = 0.5
"""From this weight a topic counts for the headline; the best one always does."""

ALSO = 0.06
"""From this weight a topic is shown as "this may matter too"."""

ECHO = 0.02
PART_ALONE = 0.5
"""A topic that one part suggests and the whole does not (less than ECHO) counts for this much; so does one of a part
without any word of the subject."""

SILENT_YIELDS = 0.5
"""Where the policy is silent on the best topic, one on which it speaks goes first from this share of its weight."""

COMPANY = 0.3
"""Where the policy is silent on all that counts, a duty or ban joins the headline from this weight."""

SUPPORT = 1.0
"""How much of the weight of topics on the same clause goes to the heaviest of them."""

UNSURE = 0.12
"""Below this weight the best topic is offered as a choice rather than given as an answer."""

PERMISSIVE = 0.08
"""A permission gives way to a stricter topic with at least this share of the permission's weight."""

_MAX_ALSO = 3
_MAX_ISSUES = 4
_MAX_CHOICES = 3
_STRICT = frozenset({Verdict.NOT_ALLOWED, Verdict.REQUIRED, Verdict.ASK_FIRST, Verdict.ADVISED_AGAINST})
_SILENT = frozenset({Verdict.NOT_COVERED, Verdict.CLARIFY})


@dataclass(frozen=True)
class Weighed:
    """A topic with its weight in this question and what the policy says on it, given the facts stated."""

    topic: str
    weight: float
    ruling: Ruling
    outcome: Outcome

    @property
    def conditional(self) -> bool:
        """True where a stated fact chose the outcome."""
        return self.outcome is not self.ruling


@dataclass(frozen=True)
class Decision:
    """The answer in terms of rulings. answers: strictest first; also: weaker topics, worth a look.

    choices are topics to offer as "did you mean"; unsure marks that no topic was recognised well enough to answer.
    """

    verdict: Verdict
    answers: tuple[Weighed, ...] = ()
    also: tuple[Weighed, ...] = ()
    choices: tuple[str, ...] = ()
    unsure: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


def outcome_of(ruling: Ruling, facts: Mapping[str, str]) -> Outcome:
    """The first condition whose facts all hold, else the ruling itself."""
    for condition in ruling.when:
        if all(facts.get(key) == value for key, value in condition.facts.items()):
            return condition
    return ruling


def clauses_of(policy: Policy, outcomes: Iterable[Outcome]) -> list[Clause]:
    """The cited clauses in order of citation, each once."""
    ids = dict.fromkeys(c.clause for outcome in outcomes for c in outcome.cite)
    return [policy.clauses[i] for i in ids]


def decide(policy: Policy, reading: Reading) -> Decision:
    """Rule on a reading under a policy."""
    weights, off_topic = _weigh(policy, reading)
    ranked = [_weighed(policy, topic, weight, reading.facts) for topic, weight in weights]
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
    if reading.asks_fact and verdict in _STRICT:
        verdict = Verdict.INFORMATION
    choices = issues[0].ruling.choices if verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(issues), tuple(also), choices, facts=reading.facts)


def decide_topic(policy: Policy, topics: Sequence[str], facts: Mapping[str, str]) -> Decision:
    """Rule on topics that a person chose by a button, with the facts they stated."""
    answers = sorted(
        (_weighed(policy, topic, 1.0, facts) for topic in topics), key=lambda w: -w.outcome.verdict.strictness
    )
    verdict = answers[0].outcome.verdict
    choices = answers[0].ruling.choices if verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(answers), choices=choices, facts=facts)


def _weighed(policy: Policy, topic: str, weight: float, facts: Mapping[str, str]) -> Weighed:
    ruling = policy.rulings[topic]
    return Weighed(topic, weight, ruling, outcome_of(ruling, facts))


def _weigh(policy: Policy, reading: Reading) -> tuple[list[tuple[str, float]], float]:
    """Topics with weights, heaviest first, and the weight of "another subject"."""
    whole, off_topic = _adjusted(policy, reading, reading.whole.topics)
    weights = _gathered(policy, reading, whole)
    for part in reading.parts:
        adjusted, _ = _adjusted(policy, reading, part.topics)
        for topic, weight in _gathered(policy, reading, adjusted).items():
            if topic not in reading.yielding:
                seen = 1.0 if whole.get(topic, 0.0) >= ECHO else PART_ALONE
                seen *= 1.0 if part.on_subject else PART_ALONE
                weights[topic] = max(weights.get(topic, 0.0), weight * seen)
    return sorted(weights.items(), key=lambda item: (-item[1], item[0])), off_topic


def _gathered(policy: Policy, reading: Reading, weights: Mapping[str, float]) -> dict[str, float]:
    """Topics on the same clause with the same verdict support each other: the heaviest gets a share of the rest."""
    gathered = dict(weights)
    outcomes = {topic: outcome_of(policy.rulings[topic], reading.facts) for topic in weights}
    waiting = sorted((t for t in weights if outcomes[t].verdict not in _SILENT), key=lambda t: -weights[t])
    while waiting:
        first, *waiting = waiting
        clauses = {c.clause for c in outcomes[first].cite}
        near = [
            t
            for t in waiting
            if outcomes[t].verdict is outcomes[first].verdict
            and not clauses.isdisjoint(c.clause for c in outcomes[t].cite[:2])
        ]
        gathered[first] += SUPPORT * sum(weights[t] for t in near)
        waiting = [t for t in waiting if t not in near]
    return gathered


def _adjusted(policy: Policy, reading: Reading, topics: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """Classifier probabilities as weights under this policy, summing with off-topic to one."""
    elsewhere = OFF_TOPIC_DISCOUNT if reading.on_subject else 1.0
    weights: dict[str, float] = {}
    off_topic = 0.0
    for topic, probability in topics.items():
        if topic.startswith(BACKGROUND):
            off_topic += probability * elsewhere
        elif topic in policy.rulings:
            silent = policy.rulings[topic].verdict is Verdict.NOT_COVERED
            discount = SILENT_DISCOUNT if silent else 1.0
            weights[topic] = probability * discount * (YIELDING_DISCOUNT if topic in reading.yielding else 1.0)
    total = sum(weights.values()) + off_topic or 1.0
    return {topic: weight / total for topic, weight in weights.items()}, off_topic / total


def _issues(policy: Policy, ranked: list[Weighed], reading: Reading) -> list[Weighed]:
    """The topics that count for the headline: the heavy ones, and those that single words raise beside them."""
    issues = [w for w in ranked if w.weight >= ISSUE][:_MAX_ISSUES] or ranked[:1]
    firm = [w for w in issues if w.topic not in reading.yielding]
    issues = firm or issues
    if all(w.outcome.verdict in _SILENT for w in issues):
        issues += [w for w in ranked if w.weight >= COMPANY and w.outcome.verdict in _STRICT and w not in issues][:1]
    raised = [m for w in issues for m in reading.mentioned.get(w.topic, ()) if m in policy.rulings]
    known = {w.topic for w in issues}
    issues += [_weighed(policy, topic, ISSUE, reading.facts) for topic in dict.fromkeys(raised) if topic not in known]
    return issues


def _speaking_first(ranked: list[Weighed]) -> list[Weighed]:
    """A silent best topic steps back behind a speaking one that is nearly as likely; never behind a permission."""
    best = ranked[0]
    if best.outcome.verdict is not Verdict.NOT_COVERED:
        return ranked
    speaking = [w for w in ranked if w.outcome.verdict not in _SILENT and not w.outcome.verdict.permits]
    near = [w for w in speaking if w.weight >= SILENT_YIELDS * best.weight]
    return [near[0], *(w for w in ranked if w is not near[0])] if near else ranked


def _also(ranked: list[Weighed], reading: Reading) -> list[Weighed]:
    """Weaker topics on which the policy speaks, then the topic of the turn before where this one leans on it."""
    likely = [w for w in ranked if w.weight >= ALSO and w.topic not in reading.yielding]
    before = [w for w in ranked if w.topic in reading.carried]
    chosen = {w.topic: w for w in (*likely[:_MAX_ALSO], *before[:1])}
    return [w for w in chosen.values() if w.outcome.verdict not in _SILENT]


def _guard_permission(issues: list[Weighed], ranked: list[Weighed]) -> list[Weighed]:
    """Where the headline would permit, a stricter topic that is nearly as likely goes first."""
    if not any(w.outcome.verdict.permits for w in issues) or any(w.outcome.verdict in _STRICT for w in issues):
        return issues
    heaviest = issues[0].weight
    stricter = [w for w in ranked if w.outcome.verdict in _STRICT and w.weight > PERMISSIVE * heaviest]
    return [*stricter[:1], *issues]


def _did_you_mean(ranked: list[Weighed], reading: Reading) -> Decision:
    """No topic stands out: offer the best as choices; a stricter verdict shared by all of them is given at once."""
    offered = [w for w in ranked if w.topic not in reading.yielding][:_MAX_CHOICES]
    return Decision(Verdict.CLARIFY, choices=tuple(w.topic for w in offered), unsure=True, facts=reading.facts)
