"""The bot: a question or a pressed button in, an answer and the conversation's new context out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.answer_writer import AnswerWriter
from bot.answers import Answer
from bot.errors import BadInput
from bot.organisation import School
from bot.texts import SIGNPOST_DEFAULT, STALE_BUTTON
from policy_kb.by_topics import Decision, decide_topic
from policy_kb.compiled import Ready
from policy_kb.issues import did_you_mean
from policy_kb.model import Policy, Verdict
from policy_kb.normalise import UnreadableQuestion
from policy_kb.reading import Context
from policy_kb.rulings import decide

NEAR_ENOUGH = 0.62
"""Search score from which clauses are quoted when none of the suggested topics was meant; below it: not covered."""

_QUOTED_BY_SEARCH = 2


@dataclass(frozen=True)
class Turn:
    """An answer, and what the next turn of the same conversation may lean on. Kept in memory only."""

    answer: Answer
    context: Context | None


class Bot:
    """Answers questions under one policy at a time. Safe to share between threads; keeps nothing."""

    def __init__(self, ready: Ready, signpost: str = SIGNPOST_DEFAULT) -> None:
        self.ready = ready
        self._writer = AnswerWriter(ready.knowledge, signpost)

    def policy(self, policy_id: str) -> Policy:
        """The policy by id. Raises BadInput that names the known ones."""
        found = self.ready.knowledge.policies.get(policy_id)
        if found is None:
            known = ", ".join(self.ready.knowledge.policies)
            cure = did_you_mean(policy_id, self.ready.knowledge.policies, f"use one of {known}")
            raise BadInput(f"unknown policy {policy_id[:40]!r}; {cure}")
        return found

    def ask(self, policy_id: str, text: str, before: Context | None = None, school: School | None = None) -> Turn:
        """Answer one turn. Raises BadInput for an unknown policy or unreadable text."""
        policy = self.policy(policy_id)
        try:
            if before and before.asked and (reply := self.ready.resolver.replied(before.asked, text)):
                if reply.bare:
                    return self.choose(policy_id, "fact", f"{before.asked}={reply.value}", before, school)
                before = replace(before, facts={**before.facts, before.asked: reply.value})
            reading = self.ready.resolver.read(text, before)
        except UnreadableQuestion as error:
            raise BadInput(str(error)) from error
        decision = decide(policy, reading)
        context = reading.context(decision.facts, tuple(w.topic for w in decision.answers))
        answer = self._writer.write(policy, decision, school, reading.danger)
        return Turn(answer, replace(context, asked=answer.asks))

    def choose(self, policy_id: str, kind: str, value: str, before: Context, school: School | None = None) -> Turn:
        """Answer a pressed button: a topic that was meant, or a fact that settles the ruling. Raises BadInput."""
        policy = self.policy(policy_id)
        topics, facts, beside = before.topics, dict(before.facts), before.weights
        if kind == "topic" and value in policy.rulings:
            topics, beside = (value,), {}
        elif kind == "fact":
            key, _, stated = value.partition("=")
            fact = self.ready.knowledge.facts.get(key)
            if fact is None or stated not in fact.values:
                raise BadInput(STALE_BUTTON)
            facts[key] = stated
        elif kind != "none":
            raise BadInput(STALE_BUTTON)
        if kind == "none" or not topics:
            return self._nothing_chosen(policy, before, school)
        decision = decide_topic(policy, topics, facts, beside)
        answer = self._writer.write(policy, decision, school, before.danger)
        return Turn(answer, replace(before, facts=facts, topics=topics, asked=answer.asks))

    def _nothing_chosen(self, policy: Policy, before: Context, school: School | None) -> Turn:
        """None of the suggestions was meant: the last resort, else "not covered"."""
        hits = [c for c, score in self.ready.search(policy.id, before.text) if score >= NEAR_ENOUGH]
        if hits:
            nearest = hits[:_QUOTED_BY_SEARCH]
            return Turn(self._writer.nearest(policy, nearest, before.facts, school, before.danger), before)
        silent = Decision(Verdict.NOT_COVERED, facts=before.facts)
        return Turn(self._writer.write(policy, silent, school, before.danger), before)
