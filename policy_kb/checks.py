"""What must hold between the parts of the knowledge base: one small class per check, every fault reported."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

from policy_kb.facts import NAME, spelt_out
from policy_kb.issues import Issue, did_you_mean
from policy_kb.model import Condition, Fact, FactValue, KnowledgeBase, Policy, Ruling, Verdict
from policy_kb.procedures import Field, FieldType, Procedure, Stage, Step

PHRASINGS = range(16, 25)
"""How many phrasings a topic has: fewer are not recognised, more drown the neighbours."""

BACKGROUND_SUBJECTS = 200
RELAXING = {
    "family": "yes",
    "permission": "yes",
    "written": "yes",
    "consent": "yes",
    "known_before": "yes",
    "site_approved": "yes",
    "disclaimer": "yes",
    "respectable": "yes",
    "own_work": "yes",
    "identifies_school": "no",
}
"""Facts that, from free text, may at most give `allowed_if` with the condition repeated."""


class Check(Protocol):
    """A rule over the whole knowledge base."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]: ...


def run(kb: KnowledgeBase) -> list[Issue]:
    """Every fault that any check finds, sorted by place."""
    return sorted({issue for check in CHECKS for issue in check(kb)})


def _rulings(kb: KnowledgeBase) -> Iterator[tuple[Policy, Ruling, str]]:
    for policy in kb.policies.values():
        for slug, ruling in policy.rulings.items():
            yield policy, ruling, kb.places.get(f"ruling:{policy.id}:{slug}", f"policies/{policy.id}/rulings.yaml:1")


class CitationsExist:
    """Every cited clause exists in the policy, and its text is the one the ruling was made on."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        for policy, ruling, where in _rulings(kb):
            for citation in {c for outcome in ruling.outcomes() for c in outcome.cite}:
                clause = policy.clauses.get(citation.clause)
                if clause is None:
                    cure = did_you_mean(citation.clause, policy.clauses, "see `kb show` for the ids")
                    yield Issue(where, f"unknown clause {citation.clause!r}", cure)
                elif citation.hash is None:
                    yield Issue(where, f"{clause.id} has no hash", "run `python app.py kb stamp`")
                elif citation.hash != clause.hash:
                    cure = "read the clause again, mend the ruling, then run `python app.py kb stamp --accept`"
                    yield Issue(where, f"{clause.id} has changed since this ruling was made", cure)


class ClausesUsed:
    """Every clause is cited by a ruling or set aside with a reason; never both."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        for policy in kb.policies.values():
            cited = {c.clause for r in policy.rulings.values() for o in r.outcomes() for c in o.cite}
            for clause in policy.clauses:
                where = kb.places.get(f"clause:{clause}", policy.id)
                if clause not in cited and clause not in policy.unused:
                    yield Issue(where, f"no ruling cites {clause}", "cite it, or add it to `unused` with the reason")
                if clause in cited and clause in policy.unused:
                    yield Issue(where, f"{clause} is cited and also set aside", "remove it from `unused`")
            for clause in policy.unused.keys() - policy.clauses.keys():
                cure = did_you_mean(clause, policy.clauses, "remove it")
                yield Issue(f"policies/{policy.id}/rulings.yaml:1", f"`unused` names unknown {clause!r}", cure)


class TopicsRuled:
    """Each policy rules on each topic, and on no other."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        for policy in kb.policies.values():
            for slug in kb.topics.keys() - policy.rulings.keys():
                where = f"policies/{policy.id}/rulings.yaml:1"
                yield Issue(where, f"no ruling on topic {slug!r}", "add one, `not_covered` where the policy is silent")
        for _, ruling, where in _rulings(kb):
            if ruling.topic not in kb.topics:
                cure = did_you_mean(ruling.topic, kb.topics, "add the topic's file")
                yield Issue(where, f"unknown topic {ruling.topic!r}", cure)


class RulingsSound:
    """A ruling cites what it rests on, refers to known things, and never turns a claim into a plain permission."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        for policy, ruling, where in _rulings(kb):
            yield from self._references(kb, policy, ruling, where)
            for outcome in ruling.outcomes():
                if outcome.verdict is not Verdict.NOT_COVERED and not outcome.cite:
                    yield Issue(where, f"{outcome.verdict.value} without a clause", "cite one, or rule `not_covered`")
            for aspect in ruling.aspects:
                if aspect.verdict.permits:
                    yield Issue(where, "an aspect permits", "rule the permission itself, with the ban as an aspect")
            for condition in ruling.when:
                claimed = [k for k, v in condition.facts.items() if RELAXING.get(k) == v]
                if claimed and condition.verdict is Verdict.ALLOWED:
                    yield Issue(
                        where, f"a claim ({claimed[0]}) gives `allowed`", "use `allowed_if` and say the condition"
                    )
                for fact, value in self._lifting(kb, ruling, condition):
                    if not value.claim:
                        yield Issue(
                            where, f"{fact.key!r} may lift it and is heard at its mere mention", "add `claim: true`"
                        )
                    if not fact.question:
                        yield Issue(
                            where, f"{fact.key!r} may lift it and cannot be asked for", "add `question` in facts.yaml"
                        )

    def _lifting(self, kb: KnowledgeBase, ruling: Ruling, condition: Condition) -> Iterator[tuple[Fact, FactValue]]:
        """The stated facts that turn a ruling which does not permit into a permission."""
        if ruling.verdict.permits or not condition.verdict.permits:
            return
        for key, name in condition.facts.items():
            if key in kb.facts and name in kb.facts[key].values:
                yield kb.facts[key], kb.facts[key].values[name]

    def _references(self, kb: KnowledgeBase, policy: Policy, ruling: Ruling, where: str) -> Iterator[Issue]:
        for slug in {s for outcome in ruling.outcomes() for s in outcome.offers} - policy.procedures.keys():
            cure = did_you_mean(slug, policy.procedures, f"add policies/{policy.id}/procedures/{slug}.yaml")
            yield Issue(where, f"unknown procedure {slug!r}", cure)
        for slug in set(ruling.choices) - kb.topics.keys():
            yield Issue(where, f"unknown topic {slug!r} in `choices`", did_you_mean(slug, kb.topics, "remove it"))
        if ruling.verdict is Verdict.CLARIFY and not (ruling.choices or ruling.turns_on):
            yield Issue(where, "`clarify` without `choices` or `turns_on`", "name the topics to offer, or the fact")
        for key, value in {item for condition in ruling.when for item in condition.facts.items()}:
            if key not in kb.facts:
                yield Issue(where, f"unknown fact {key!r}", did_you_mean(key, kb.facts, "see facts.yaml"))
            elif value not in kb.facts[key].values:
                yield Issue(
                    where, f"unknown value {value!r} of fact {key!r}", f"use one of {', '.join(kb.facts[key].values)}"
                )
        for number, condition in enumerate(ruling.when):
            if any(earlier.facts.items() <= condition.facts.items() for earlier in ruling.when[:number]):
                yield Issue(where, f"a condition on {condition.facts} never holds", "put it before the wider one")
        if ruling.turns_on and not any(ruling.turns_on in condition.facts for condition in ruling.when):
            yield Issue(
                where, f"`turns_on: {ruling.turns_on}` but no condition uses it", "add the condition or remove it"
            )
        if ruling.turns_on in kb.facts and not kb.facts[ruling.turns_on or ""].question:
            yield Issue(where, f"`turns_on: {ruling.turns_on}` has no question", "add `question` in facts.yaml")


class PhrasingsSound:
    """Each topic has enough phrasings, and none stands twice anywhere."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        seen: dict[str, list[str]] = defaultdict(list)
        for topic in kb.topics.values():
            if len(topic.phrasings) not in PHRASINGS:
                problem = f"{len(topic.phrasings)} phrasings; {PHRASINGS.start} to {PHRASINGS.stop - 1} are wanted"
                yield Issue(kb.places[f"topic:{topic.slug}"], problem, "add or merge phrasings")
            for example in topic.examples:
                seen[self._key(example)].append(kb.places[f"example:{example}"])
        for group, subjects in kb.background.items():
            for subject, phrasings in subjects.items():
                for phrasing in phrasings:
                    seen[self._key(phrasing)].append(f"background.yaml ({group}, {subject})")
        for places in seen.values():
            if len(places) > 1:
                yield Issue(places[1], f"the same phrasing stands at {places[0]}", "reword or remove one")
        if sum(map(len, kb.background.values())) < BACKGROUND_SUBJECTS:
            yield Issue("background.yaml:1", f"fewer than {BACKGROUND_SUBJECTS} subjects", "add other subjects")

    @staticmethod
    def _key(phrasing: str) -> str:
        return re.sub(r"[^a-z0-9]+", " ", phrasing.lower()).strip()


class ReferencesKnown:
    """Mentions name known topics and groups; every pattern is a valid regular expression."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        places = kb.topics.keys() | {topic.group for topic in kb.topics.values()}
        for i, mention in enumerate(kb.mentions):
            where = kb.places.get(f"mention:{i}", "mentions.yaml:1")
            for slug in {mention.topic, *mention.beside} - places:
                yield Issue(where, f"unknown topic or group {slug!r}", did_you_mean(slug, places, "remove it"))
            yield from self._patterns(where, mention.patterns)
        for key, fact in kb.facts.items():
            where = kb.places.get(f"facts.yaml:{key}", "facts.yaml:1")
            for value in fact.values.values():
                patterns = spelt_out((*value.patterns, *value.unless), kb.named)
                yield from self._patterns(where, patterns)
                for slug in set(value.rules_out) - kb.topics.keys():
                    yield Issue(where, f"unknown topic {slug!r}", did_you_mean(slug, kb.topics, "remove it"))
                for name in NAME.findall(" ".join(patterns)):
                    yield Issue(where, f"no words are named <{name}>", did_you_mean(name, kb.named, "see named.yaml"))
        yield from self._patterns("danger.yaml:1", kb.danger)

    @staticmethod
    def _patterns(where: str, patterns: Iterable[str]) -> Iterator[Issue]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                yield Issue(where, f"not a regular expression: {pattern[:40]!r} ({error})", "mend the pattern")


class ProceduresSound:
    """Procedures rest on real clauses, their conditions and effects name their own fields, and a ruling offers them."""

    def __call__(self, kb: KnowledgeBase) -> Iterator[Issue]:
        for policy in kb.policies.values():
            offered = {s for r in policy.rulings.values() for o in r.outcomes() for s in o.offers}
            for slug, procedure in policy.procedures.items():
                where = kb.places.get(f"procedure:{policy.id}:{slug}", f"policies/{policy.id}/procedures/{slug}.yaml:1")
                yield from self._clauses(policy, procedure, where)
                yield from self._fields(procedure, where)
                if slug not in offered:
                    yield Issue(where, "no ruling offers it", "add it to `offers` of the topics it belongs to")

    @staticmethod
    def _clauses(policy: Policy, procedure: Procedure, where: str) -> Iterator[Issue]:
        parts: list[Field | Stage | Step] = [*procedure.fields, *procedure.stages, *procedure.walk]
        for clause in {*procedure.clauses, *(part.clause for part in parts if part.clause)} - policy.clauses.keys():
            yield Issue(where, f"unknown clause {clause!r}", did_you_mean(clause, policy.clauses, "see `kb show`"))

    @staticmethod
    def _fields(procedure: Procedure, where: str) -> Iterator[Issue]:
        known = procedure.by_id
        parts: list[Field | Stage | Step] = [*procedure.fields, *procedure.stages, *procedure.walk]
        for key, value in {item for part in parts for item in part.when.items()}:
            yes_no = key in known and known[key].type is FieldType.YES_NO
            options = ("yes", "no") if yes_no else known[key].options if key in known else ()
            if key not in known:
                yield Issue(where, f"`when` names unknown field {key!r}", did_you_mean(key, known, "use a field's id"))
            elif value not in options:
                yield Issue(where, f"`when` asks {key!r} for {value!r}", f"use one of {', '.join(options)}")
        named = {n for e in procedure.effects for n in (e.title, e.until, e.entry, *e.keep) if n}
        for key in named - known.keys():
            yield Issue(where, f"an effect names unknown field {key!r}", did_you_mean(key, known, "use a field's id"))
        walked = [step.id for step in procedure.walk]
        for key in {e.after for e in procedure.effects if e.after} - set(walked):
            cure = did_you_mean(key, walked, "use a step's id")
            yield Issue(where, f"an effect waits for unknown step {key!r}", cure)


CHECKS: tuple[Check, ...] = (
    CitationsExist(),
    ClausesUsed(),
    TopicsRuled(),
    RulingsSound(),
    PhrasingsSound(),
    ReferencesKnown(),
    ProceduresSound(),
)
