"""Worked questions: conversations under one policy with the verdicts that a careful reader accepts.

`data/policies/<policy>/worked.jsonl`, one conversation a line. The head of `policy_kb.headline` and the sentence model
learn from them (`tools/`); nothing reads them when a question is answered, and `kb check` keeps them true to form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from policy_kb.issues import Issue, did_you_mean
from policy_kb.loader import DATA_FOLDER
from policy_kb.model import Frozen, KnowledgeBase, Text, Verdict

FILE = "worked.jsonl"


class Label(Frozen):
    """One turn's label: accepted verdicts, best first; those that would mislead; the topics it is about, if any."""

    verdicts: tuple[Verdict, ...] = Field(min_length=1)
    unsafe: tuple[Verdict, ...] = ()
    topics: tuple[str, ...] = ()


class WorkedQuestion(Frozen):
    """One conversation: its turns, each with its label.

    elsewhere: other policy -> the verdicts that a careful reader of that policy accepts, turn by turn.
    """

    turns: tuple[Text, ...] = Field(min_length=1, max_length=3)
    expect: tuple[Label, ...]
    elsewhere: Mapping[str, tuple[tuple[Verdict, ...], ...]] = Field(default_factory=dict)

    @property
    def set_aside(self) -> bool:
        """True for one in ten: the sentence model is not tuned on these, so that they can measure it."""
        return int(hashlib.sha256("\n".join(self.turns).encode()).hexdigest(), 16) % 10 == 0


def read(policy: str, root: Path = DATA_FOLDER) -> tuple[list[WorkedQuestion], list[Issue]]:
    """The worked questions of a policy, none for a policy without the file, and what is wrong with its lines."""
    lines = [found for _, found in _lines(policy, root)]
    questions = [found for found in lines if isinstance(found, WorkedQuestion)]
    return questions, [found for found in lines if isinstance(found, Issue)]


def _lines(policy: str, root: Path) -> Iterator[tuple[int, WorkedQuestion | Issue]]:
    """Every line by its number, as the question it holds or what is wrong with it."""
    path = root / "policies" / policy / FILE
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"policies/{policy}/{FILE}:{number}"
        try:
            question = WorkedQuestion.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in fault["loc"]) or "the line"
            yield number, Issue(where, f"{place}: {fault['msg'].lower()}", "mend the line, see CONTRIBUTING")
            continue
        if {len(question.turns)} == {len(question.expect), *map(len, question.elsewhere.values())}:
            yield number, question
        else:
            yield number, Issue(where, "turns and labels differ in number", "give each turn one label")


def faults(knowledge: KnowledgeBase, root: Path = DATA_FOLDER) -> Iterator[Issue]:
    """Everything wrong with the worked questions: form, unknown topics, contradictions, lines that stand twice."""
    for policy in knowledge.policies:
        seen: dict[tuple[str, ...], int] = {}
        for number, question in _lines(policy, root):
            if isinstance(question, Issue):
                yield question
                continue
            where = f"policies/{policy}/{FILE}:{number}"
            if question.turns in seen:
                yield Issue(where, f"the conversation of line {seen[question.turns]} stands twice", "remove one")
            seen[question.turns] = number
            for other in question.elsewhere:
                if other == policy or other not in knowledge.policies:
                    cure = did_you_mean(other, knowledge.policies, "name another policy")
                    yield Issue(where, f"{other!r} is no other policy", cure)
            for label in question.expect:
                if set(label.verdicts) & set(label.unsafe):
                    yield Issue(where, "a verdict is accepted and unsafe at once", "decide which, by the clause")
                for topic in label.topics:
                    if topic not in knowledge.topics:
                        cure = did_you_mean(topic, knowledge.topics, "use a topic of data/topics")
                        yield Issue(where, f"unknown topic {topic!r}", cure)
