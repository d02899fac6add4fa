"""How much each topic weighs in a question under one policy: the classifier's probabilities, discounted and joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_kb.model import Outcome, Policy, Ruling, Verdict
from policy_kb.reading import BACKGROUND, Reading

SILENT_DISCOUNT = 0.45
"""Topics on which the policy is silent count less: people mostly ask about what their policy speaks of."""

OFF_TOPIC_DISCOUNT = 0.4
"""Nor do people often ask about other subjects in words that belong to this one; without such words, no discount."""

YIELDING_DISCOUNT = 0.25
"""Topics that give way to any other in the same message (vague questions, "I am not sure")."""

ECHO = 0.02
PART_ALONE = 0.5
"""A topic that one part suggests and the whole does not (less than ECHO) counts for this much; so does one of a part
without any word of the subject."""

SUPPORT = 1.0
"""How much of the weight of topics on the same clause goes to the heaviest of them."""

SILENT = frozenset({Verdict.NOT_COVERED, Verdict.CLARIFY})


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


def outcome_of(ruling: Ruling, facts: Mapping[str, str]) -> Outcome:
    """The first condition whose facts all hold, else the ruling itself."""
    for condition in ruling.when:
        if condition.facts.items() <= facts.items():
            return condition
    return ruling


def weighed(policy: Policy, topic: str, weight: float, facts: Mapping[str, str]) -> Weighed:
    """A topic with its weight and its outcome under a policy, given the facts stated."""
    ruling = policy.rulings[topic]
    return Weighed(topic, weight, ruling, outcome_of(ruling, facts))


def weigh(policy: Policy, reading: Reading) -> tuple[list[Weighed], float]:
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
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return [weighed(policy, topic, weight, reading.facts) for topic, weight in ranked], off_topic


def _gathered(policy: Policy, reading: Reading, weights: Mapping[str, float]) -> dict[str, float]:
    """Topics on the same clause with the same verdict support each other: the heaviest gets a share of the rest."""
    gathered = dict(weights)
    outcomes = {topic: outcome_of(policy.rulings[topic], reading.facts) for topic in weights}
    waiting = sorted((t for t in weights if outcomes[t].verdict not in SILENT), key=lambda t: -weights[t])
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
        elif topic in policy.rulings and topic not in reading.ruled_out:
            silent = policy.rulings[topic].verdict is Verdict.NOT_COVERED
            discount = SILENT_DISCOUNT if silent else 1.0
            weights[topic] = probability * discount * (YIELDING_DISCOUNT if topic in reading.yielding else 1.0)
    total = sum(weights.values()) + off_topic or 1.0
    return {topic: weight / total for topic, weight in weights.items()}, off_topic / total
