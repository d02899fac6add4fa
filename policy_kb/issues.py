"""What is wrong with the data, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import process


@dataclass(frozen=True, order=True)
class Issue:
    """One fault: where (file:line), what is wrong, and the cure."""

    where: str
    problem: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}{'; ' + self.cure if self.cure else ''}"


class KnowledgeBaseFaulty(Exception):
    """The data cannot be used; `issues` holds every fault found."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = sorted(issues)
        super().__init__("\n".join(str(issue) for issue in self.issues))


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A cure that proposes the nearest known word, or `otherwise` when none is near."""
    hit = process.extractOne(word, list(known), score_cutoff=70)
    return f"did you mean {hit[0]!r}?" if hit else otherwise
