"""(policy, reading) -> decision: which rulings answer the question, the verdict, and what else to look at.

The model never makes up a verdict: it weighs topics, each topic's verdict is read from the policy's rulings, and what
the message calls for only chooses which of these leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from policy_kb.by_topics import ISSUE, STRICT, Decision, by_topics
from policy_kb.headline import Floats, evidence_of
from policy_kb.model import Condition, Policy, Ruling, Verdict
from policy_kb.reading import Reading
from policy_kb.weighing import SILENT, Weighed, outcome_of, weigh

FAINT = 0.15
"""Without a word of the subject, what the message calls for is not asked unless a topic has this weight."""

CARRIED = 0.005
"""What the message calls for may lead with a verdict that some topic of at least this weight carries."""

DOUBT = 0.03
"""A permission of the topics does not stand while the verdicts that bind are together this likely."""

LOST = 0.06
"""Silence does not stand where a topic carries a duty to tell somebody that is this likely: a lost report is worse than
one too many."""

BINDS = 0.2
"""Nor does it stand where the verdicts that bind are together this likely: what may be forbidden is said."""

ELSEWHERE = 0.4
"""But on what has at least this weight of another subject it stands unless they are likelier than not."""

LIKELIER = 0.5
"""From this the verdicts that bind are together likelier than any fact or question back: one of them leads, however
they share it between them. A question of fact ("why", "how many") is answered unless silence is so likely."""

LITTLE_DOUBT = 0.12
"""Instead of DOUBT: for a permission for the sake of a fact that the asker stated, which says its condition; and where
the topics that bind have hardly any weight."""

CERTAIN = 0.88
"""From this the verdicts that permit are together so likely that those that bind only count where a topic carries them:
a doubt that no topic shares must not put a ban on another matter in their place."""

SHARED = 0.05
"""The verdicts that bind and that some topic carries may then be together this likely."""

SECOND_THOUGHTS = 0.02
"""Instead of either behind a ban of the turn before, which still holds: what was added seldom lifts it."""

HELD = 0.05
"""With at least this share of the topics' weight, a topic's permission may be given though a topic that binds led."""

HARDLY = 0.2
"""Less than this share of the topics' weight is hardly any."""

ASKS = 0.3
"""Instead of a ban, a request or an advice, the fact that would lift it is asked for where permission is this likely:
the asker may have stated it in words that are not known."""

ASKS_BEHIND = 0.5
"""A topic may be asked about so with this share of the leading one's weight."""

_MAX_BESIDE = 6
_OPEN = frozenset({Verdict.ASK_FIRST, Verdict.ADVISED_AGAINST})  # neither a ban nor a duty
_LIFTED = STRICT - {Verdict.REQUIRED}


def decide(policy: Policy, reading: Reading) -> Decision:
    """Rule on a reading under a policy."""
    ranked, off_topic = weigh(policy, reading)
    led = by_topics(policy, reading, ranked, off_topic)
    if reading.call is None or not ranked or (not reading.on_subject and ranked[0].weight < FAINT):
        return led
    likely = reading.call(policy.id, evidence(ranked, off_topic, led))
    if reading.asks_fact and led.verdict is Verdict.INFORMATION and likely[Verdict.NOT_COVERED] < LIKELIER:
        return led
    # "My daughter, and her mates": what her tie permits is no answer to what binds for the others.
    if reading.facts_beside != reading.facts and led.verdict in STRICT and any(w not in ranked for w in led.answers):
        return led
    silence = LIKELIER if off_topic >= ELSEWHERE else BINDS
    bearable = _Bearable(_doubt(ranked, reading.carried), silence, not reading.excused)
    return _asking(ranked, _called(ranked, led, likely, bearable), likely, reading.carried)


def evidence(ranked: Sequence[Weighed], off_topic: float, led: Decision) -> Floats:
    """What the topics say for each verdict, as the head of `policy_kb.headline` reads it."""
    weights: dict[Verdict, float] = {Verdict.NOT_COVERED: off_topic}
    for found in ranked:
        weights[found.outcome.verdict] = weights.get(found.outcome.verdict, 0.0) + found.weight
    return evidence_of(weights, led.verdict)


@dataclass(frozen=True)
class _Bearable:
    """How likely the verdicts that bind may be together beside a permission, and beside silence.

    certainty: whether a permission may be certain: not beside what people only think enough.
    """

    permission: float
    silence: float
    certainty: bool


def _called(ranked: Sequence[Weighed], led: Decision, likely: Mapping[Verdict, float], bearable: _Bearable) -> Decision:
    """The decision led by the likeliest verdict that a topic carries.

    Permission is never added to a topic; but one held back is given where it is the likeliest and nothing that binds
    is likely.

    Silence needs no topic; nor does a question of fact, which any ruling on the matter answers.
    """
    sides = [side for w in ranked if w.weight >= CARRIED for side in _sides(w)]
    found = {side.outcome.verdict for side in sides}
    told = {Verdict.INFORMATION} if any(w.outcome.verdict not in SILENT for w in led.answers) else set()
    held = _held(ranked, led.facts) if led.verdict in STRICT else []
    given = {side.outcome.verdict for side in held}
    open_to_it = {v for v in found if not v.permits} | {Verdict.NOT_COVERED, led.verdict} | told | given
    verdict = _headline(open_to_it, likely, bearable)
    told_of = any(side.outcome.verdict is Verdict.REQUIRED and side.outcome.contact for side in sides)
    if verdict is Verdict.NOT_COVERED and told_of and likely[Verdict.REQUIRED] > LOST:
        verdict = Verdict.REQUIRED
    if verdict is led.verdict:
        return led
    first = next(
        (side for side in (held if verdict.permits else _leading(sides, ranked)) if side.outcome.verdict is verdict),
        None,
    )
    if first is None and verdict is Verdict.INFORMATION:
        return replace(led, verdict=verdict, choices=())
    answers = [first] if first else []
    beside = [w for w in (*led.answers, *led.also) if not first or w.topic != first.topic]
    if verdict is not Verdict.NOT_COVERED:
        answers += [w for w in led.answers if w in beside and w.outcome.verdict.strictness <= verdict.strictness]
    also = [w for w in beside if w not in answers and w.outcome.verdict not in SILENT]
    choices = first.ruling.choices if first and verdict is Verdict.CLARIFY else ()
    return Decision(verdict, tuple(answers), tuple(also[:_MAX_BESIDE]), choices, led.unsure, facts=led.facts)


def _asking(
    ranked: Sequence[Weighed], decision: Decision, likely: Mapping[Verdict, float], carried: Sequence[str]
) -> Decision:
    """The decision; or, where permission is likely and hangs on one fact that was not heard, the question for it. Where
    another matter of the message is permitted as it stands, permission was likely for its sake; but not where the ban
    is that of the turn before, to which the message replies."""
    replies = bool(decision.answers) and decision.answers[0].topic in carried
    permitted = not replies and any(w.weight >= ISSUE and w.outcome.verdict.permits for w in ranked)
    if decision.verdict not in _LIFTED or permitted or _permission(likely) < ASKS:
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
    open_still = [(w, c) for w, c in conditions if outcome_of(w.ruling, {**facts, **c.facts}) is c]
    return [*_permitted(ranked), *(replace(w, outcome=c) for w, c in open_still if _may_hold(c, facts))]


def _permitted(ranked: Sequence[Weighed]) -> list[Weighed]:
    """The topics that permit, down to the first that binds and counts for the headline by itself."""
    heavy = _heavy(ranked)
    binding = (n for n, w in enumerate(heavy) if w.weight >= ISSUE and w.outcome.verdict in STRICT)
    return [w for w in heavy[: next(binding, None)] if w.outcome.verdict.permits]


def _heavy(ranked: Sequence[Weighed]) -> list[Weighed]:
    """The topics with enough of the weight for their permission to be given."""
    share = HELD * sum(w.weight for w in ranked)
    return [w for w in ranked if w.weight >= share]


def _may_hold(condition: Condition, facts: Mapping[str, str]) -> bool:
    """True where no fact that was stated speaks against the condition."""
    return all(facts.get(key, value) == value for key, value in condition.facts.items())


def _doubt(ranked: Sequence[Weighed], carried: Sequence[str]) -> float:
    """How likely the verdicts that bind may be together beside a permission. carried: topics of the turn before."""
    if any(w.topic in carried and w.outcome.verdict is Verdict.NOT_ALLOWED for w in ranked):
        return SECOND_THOUGHTS
    stated = any(w.conditional for w in _permitted(ranked))
    binding = sum(w.weight for w in ranked if w.outcome.verdict in STRICT)
    return LITTLE_DOUBT if stated or binding < HARDLY * sum(w.weight for w in ranked) else DOUBT


def _sides(found: Weighed) -> list[Weighed]:
    """A topic with its outcome, then with each of the other sides of the matter: a fact may also have been misread. But
    a permission for the sake of a stated fact says its condition, and stands or falls with the other topics."""
    default = (found.ruling,) if found.conditional and not found.ruling.verdict.permits else ()
    others = () if found.conditional and found.outcome.verdict.permits else (*default, *found.ruling.aspects)
    return [found, *(replace(found, outcome=side) for side in others)]


def _leading(sides: Sequence[Weighed], ranked: Sequence[Weighed]) -> list[Weighed]:
    """The sides in the order in which they may lead: before a topic of hardly any weight comes what holds by default on
    one that is permitted for the sake of a stated fact, for the fact may not hold of everybody in the message."""
    heavy = {w.topic for w in _heavy(ranked)}
    permitted = (w for w in _heavy(ranked) if w.conditional and w.outcome.verdict.permits)
    return [
        *(side for side in sides if side.topic in heavy),
        *(replace(w, outcome=w.ruling) for w in permitted if not w.ruling.verdict.permits),
        *(side for side in sides if side.topic not in heavy),
    ]


def _permission(likely: Mapping[Verdict, float]) -> float:
    """How likely the verdicts that permit are together."""
    return sum(p for v, p in likely.items() if v.permits)


def _headline(carried: set[Verdict], likely: Mapping[Verdict, float], bearable: _Bearable) -> Verdict:
    """The likeliest verdict; but one that binds where those together are likelier than not, or in doubt of a
    permission."""

    def likeliest(verdicts: Iterable[Verdict]) -> Verdict:
        return max(verdicts, key=lambda v: (likely[v], v.strictness))

    verdict, binding = likeliest(carried), carried & STRICT
    most = bearable.permission if verdict.permits else bearable.silence if verdict is Verdict.NOT_COVERED else LIKELIER
    certain = bearable.certainty and verdict.permits and _permission(likely) > CERTAIN
    if certain and sum(likely[v] for v in binding) < SHARED:
        return verdict
    if binding and sum(likely[v] for v in STRICT) > most:
        return likeliest(binding)
    return verdict
