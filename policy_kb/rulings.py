"""(policy, reading) -> decision: which rulings answer the question, the verdict, and what else to look at.

The model never makes up a verdict: it weighs topics, each topic's verdict is read from the policy's rulings, and what
the message calls for only chooses which of these leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy_kb.headline import Floats, evidence_of
from policy_kb.model import Clause, Condition, Outcome, Policy, Ruling, Verdict
from policy_kb.resolver import Reading
from policy_kb.weighing import SILENT, Weighed, outcome_of, weigh, weighed

OFF_TOPIC = 1.2
"""Another subject is answered "not covered" from this many times the best topic's weight."""

STRAY = 0.35
"""Without a word of the subject, a topic needs at least this weight to be answered at all."""

FAINT = 0.15
"""Without a word of the subject, what the message calls for is not asked unless a topic has this weight."""

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

CARRIED = 0.005
"""What the message calls for may lead with a verdict that some topic of at least this weight carries."""

DOUBT = 0.03
"""A permission of the topics does not stand while the verdicts that bind are together this likely."""

LOST = 0.06
"""Silence does not stand where a topic carries a duty that is this likely: a lost report is worse than one too many."""

BINDS = 0.2
"""Nor does it stand where the verdicts that bind are together this likely: what may be forbidden is said."""

LIKELIER = 0.5
"""From this the verdicts that bind are together likelier than any fact or question back: one of them leads, however
they share it between them. A question of fact ("why", "how many") is answered unless silence is so likely."""

LITTLE_DOUBT = 0.12
"""Instead of DOUBT: for a permission for the sake of a fact that the asker stated, which says its condition; and where
the topics that bind have hardly any weight."""

HELD = 0.05
"""With at least this share of the topics' weight, a topic's permission may be given though a topic that binds led."""

HARDLY = 0.2
"""Less than this share of the topics' weight is hardly any."""

ASKS = 0.3
"""Instead of a ban, a request or an advice, the fact that would lift it is asked for where permission is this likely:
the asker may have stated it in words that are not known."""

ASKS_BEHIND = 0.5
"""A topic may be asked about so with this share of the leading one's weight."""

_MAX_ALSO = 3
_MAX_ISSUES = 4
_MAX_BESIDE = 6
_MAX_CHOICES = 3
_OPEN = frozenset({Verdict.ASK_FIRST, Verdict.ADVISED_AGAINST})  # neither a ban nor a duty
_STRICT = frozenset({Verdict.NOT_ALLOWED, Verdict.REQUIRED, Verdict.ASK_FIRST, Verdict.ADVISED_AGAINST})
_LIFTED = _STRICT - {Verdict.REQUIRED}


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


def decide(policy: Policy, reading: Reading) -> Decision:
    """Rule on a reading under a policy."""
    ranked, off_topic = weigh(policy, reading)
    led = by_topics(policy, reading, ranked, off_topic)
    if reading.call is None or not ranked or (not reading.on_subject and ranked[0].weight < FAINT):
        return led
    likely = reading.call(policy.id, evidence(ranked, off_topic, led))
    if reading.asks_fact and led.verdict is Verdict.INFORMATION and likely[Verdict.NOT_COVERED] < LIKELIER:
        return led
    return _asking(ranked, _called(ranked, led, likely), likely)


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
    if reading.asks_fact and verdict in _STRICT:
        verdict = Verdict.INFORMATION
    choices = issues[0].ruling.choices if verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(issues), tuple(also), choices, facts=reading.facts)


def evidence(ranked: Sequence[Weighed], off_topic: float, led: Decision) -> Floats:
    """What the topics say for each verdict, as the head of `policy_kb.headline` reads it."""
    weights: dict[Verdict, float] = {Verdict.NOT_COVERED: off_topic}
    for found in ranked:
        weights[found.outcome.verdict] = weights.get(found.outcome.verdict, 0.0) + found.weight
    return evidence_of(weights, led.verdict)


def _called(ranked: Sequence[Weighed], led: Decision, likely: Mapping[Verdict, float]) -> Decision:
    """The decision led by the likeliest verdict that a topic carries.

    Permission is never added to a topic; but one held back is given where it is the likeliest and nothing that binds
    is likely.

    Silence needs no topic; nor does a question of fact, which any ruling on the matter answers.
    """
    sides = [side for w in ranked if w.weight >= CARRIED for side in _sides(w)]
    found = {side.outcome.verdict for side in sides}
    told = {Verdict.INFORMATION} if any(w.outcome.verdict not in SILENT for w in led.answers) else set()
    held = _held(ranked, led.facts) if led.verdict in _STRICT else []
    given = {side.outcome.verdict for side in held}
    carried = {v for v in found if not v.permits} | {Verdict.NOT_COVERED, led.verdict} | told | given
    verdict = _headline(carried, likely, _doubt(ranked))
    if verdict is led.verdict:
        return led
    first = next((side for side in (held if verdict.permits else sides) if side.outcome.verdict is verdict), None)
    if first is None and verdict is Verdict.INFORMATION:
        return replace(led, verdict=verdict, choices=())
    answers = [first] if first else []
    beside = [w for w in (*led.answers, *led.also) if not first or w.topic != first.topic]
    if verdict is not Verdict.NOT_COVERED:
        answers += [w for w in led.answers if w in beside and w.outcome.verdict.strictness <= verdict.strictness]
    also = [w for w in beside if w not in answers and w.outcome.verdict not in SILENT]
    choices = first.ruling.choices if first and verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(answers), tuple(also[:_MAX_BESIDE]), choices, led.unsure, facts=led.facts)


def _asking(ranked: Sequence[Weighed], decision: Decision, likely: Mapping[Verdict, float]) -> Decision:
    """The decision; or, where permission is likely and hangs on one fact that was not heard, the question for it. Where
    another matter of the message is permitted as it stands, permission was likely for its sake."""
    permitted = any(w.weight >= ISSUE and w.outcome.verdict.permits for w in ranked)
    if decision.verdict not in _LIFTED or permitted or sum(p for v, p in likely.items() if v.permits) < ASKS:
        return decision
    first = decision.answers[0]
    near = (w for w in ranked if w.topic != first.topic and w.weight >= ASKS_BEHIND * first.weight)
    for asked in (first, *near):
        if fact := _lifting(asked.ruling, decision.facts):
            beside = [w for w in (*decision.answers, *decision.also) if w.topic != asked.topic]
            also = [w for w in beside if w.outcome.verdict not in SILENT]
            return Decision(Verdict.CLARIFY, (asked,), tuple(also[:_MAX_BESIDE]), asks=fact, facts=decision.facts)
    return decision


def _lifting(ruling: Ruling, facts: Mapping[str, str]) -> str | None:
    """The fact that would turn the ruling into a permission, where only this one is not stated."""
    for condition in ruling.when:
        missing = condition.facts.keys() - facts.keys()
        if (
            condition.verdict.permits
            and len(missing) == 1
            and outcome_of(ruling, {**facts, **condition.facts}).verdict.permits
            and _may_hold(condition, facts)
        ):
            return next(iter(missing))
    return None


def _held(ranked: Sequence[Weighed], facts: Mapping[str, str]) -> list[Weighed]:
    """The permissions that may be given though a topic that binds led, of topics with a share of the weight.

    Those that no ban stands before; and those behind a request or an advice, never a ban or a duty, that hang on a fact
    which the asker did not state in words that are known, nor deny: they say their condition.
    """
    open_to_it = [w for w in _heavy(ranked) if w.outcome.verdict in _OPEN and w.ruling.verdict in _OPEN]
    conditions = ((w, c) for w in open_to_it for c in w.ruling.when if c.verdict is Verdict.ALLOWED_IF)
    return [*_permitted(ranked), *(replace(w, outcome=c) for w, c in conditions if _may_hold(c, facts))]


def _permitted(ranked: Sequence[Weighed]) -> list[Weighed]:
    """The topics that permit, down to the first that binds and counts for the headline by itself."""
    heavy = _heavy(ranked)
    binding = (n for n, w in enumerate(heavy) if w.weight >= ISSUE and w.outcome.verdict in _STRICT)
    return [w for w in heavy[: next(binding, None)] if w.outcome.verdict.permits]


def _heavy(ranked: Sequence[Weighed]) -> list[Weighed]:
    """The topics with enough of the weight for their permission to be given."""
    share = HELD * sum(w.weight for w in ranked)
    return [w for w in ranked if w.weight >= share]


def _may_hold(condition: Condition, facts: Mapping[str, str]) -> bool:
    """True where no fact that was stated speaks against the condition."""
    return all(facts.get(key, value) == value for key, value in condition.facts.items())


def _doubt(ranked: Sequence[Weighed]) -> float:
    """How likely the verdicts that bind may be together beside a permission."""
    stated = any(w.conditional for w in _permitted(ranked))
    binding = sum(w.weight for w in ranked if w.outcome.verdict in _STRICT)
    return LITTLE_DOUBT if stated or binding < HARDLY * sum(w.weight for w in ranked) else DOUBT


def _sides(found: Weighed) -> list[Weighed]:
    """A topic with its outcome, then with each of the other sides of the matter: a fact may also have been misread. But
    a permission for the sake of a stated fact says its condition, and stands or falls with the other topics."""
    default = (found.ruling,) if found.conditional and not found.ruling.verdict.permits else ()
    others = () if found.conditional and found.outcome.verdict.permits else (*default, *found.ruling.aspects)
    return [found, *(replace(found, outcome=side) for side in others)]


def _headline(carried: set[Verdict], likely: Mapping[Verdict, float], doubt: float) -> Verdict:
    """The likeliest verdict; but one that binds where those together are likelier than not, or in doubt of a
    permission, and a duty before silence."""

    def likeliest(verdicts: Iterable[Verdict]) -> Verdict:
        return max(verdicts, key=lambda v: (likely[v], v.strictness))

    verdict, binding = likeliest(carried), carried & _STRICT
    bearable = doubt if verdict.permits else BINDS if verdict is Verdict.NOT_COVERED else LIKELIER
    if binding and sum(likely[v] for v in _STRICT) > bearable:
        return likeliest(binding)
    if verdict is Verdict.NOT_COVERED and Verdict.REQUIRED in carried and likely[Verdict.REQUIRED] > LOST:
        return Verdict.REQUIRED
    return verdict


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
        issues += [w for w in ranked if w.weight >= COMPANY and w.outcome.verdict in _STRICT and w not in issues][:1]
    raised = [m for w in issues for m in reading.mentioned.get(w.topic, ()) if m in policy.rulings]
    known = {w.topic for w in issues}
    issues += [weighed(policy, topic, ISSUE, reading.facts) for topic in dict.fromkeys(raised) if topic not in known]
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
    if not any(w.outcome.verdict.permits for w in issues) or any(w.outcome.verdict in _STRICT for w in issues):
        return issues
    heaviest = issues[0].weight
    stricter = [w for w in ranked if w.outcome.verdict in _STRICT and w.weight > PERMISSIVE * heaviest]
    return [*stricter[:1], *issues]


def _did_you_mean(ranked: list[Weighed], reading: Reading) -> Decision:
    """No topic stands out: offer the best as choices; a stricter verdict shared by all of them is given at once."""
    offered = [w for w in ranked if w.topic not in reading.yielding][:_MAX_CHOICES]
    return Decision(Verdict.CLARIFY, choices=tuple(w.topic for w in offered), unsure=True, facts=reading.facts)
