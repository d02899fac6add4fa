"""What the pages need of the bot; `bot.core.Bot` is one, the tests' fake is another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.core import Turn
from bot.organisation import School
from policy_kb.model import KnowledgeBase, Policy
from policy_kb.reading import Context


class Known(Protocol):
    """A knowledge base that can answer, with one line on its health."""

    @property
    def knowledge(self) -> KnowledgeBase:
        """Policies, topics, facts and procedures."""

    @property
    def health(self) -> str:
        """One line for people and probes."""


class Answering(Protocol):
    """Answers questions and pressed buttons."""

    @property
    def ready(self) -> Known:
        """The knowledge base in use."""

    def policy(self, policy_id: str) -> Policy:
        """The policy by id. Raises BadInput."""

    def ask(self, policy_id: str, text: str, before: Context | None = None, school: School | None = None) -> Turn:
        """Answer a question. Raises BadInput for text that cannot be read."""

    def choose(self, policy_id: str, kind: str, value: str, before: Context, school: School | None = None) -> Turn:
        """Answer a pressed button. Raises BadInput for a button that is not known."""


def no_context(facts: Mapping[str, str] | None = None) -> Context:
    """A conversation in which nothing was asked yet, only facts stated."""
    return Context(text="", facts=facts or {}, topics=(), weights={})
