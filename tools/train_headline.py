"""How policy_kb/embedder/headline.npz was made: the head of policy_kb/headline.py, trained on the worked questions.

Run it after worked questions, topics or rulings have changed much, or after the sentence model was tuned:

    .venv/bin/python -m tools.train_headline

It needs nothing but the project itself and takes some minutes. How far the head is trusted beside the topics is read
off the questions of tests/questions/development.jsonl and the worked questions that are set aside, both alike: neither
the sentence model nor the head that answers them here has learnt them. What it prints is measured on those set aside,
which the head that ships learns as well; only those four numbers were read off them before.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from policy_kb import loader, worked
from policy_kb.by_topics import by_topics
from policy_kb.compiled import prepare
from policy_kb.embedding import DIMENSIONS, EMBEDDER_FOLDER, HEADLINE_FILE, MODEL_FILE, TOKENIZER_FILE
from policy_kb.headline import (
    EVIDENCE,
    OWN,
    VECTOR,
    VERDICTS,
    Call,
    Floats,
    Headline,
    Worked,
    balance,
    train,
)
from policy_kb.model import Policy, Verdict
from policy_kb.precedents import Precedents
from policy_kb.reading import Reading
from policy_kb.resolver import Resolver
from policy_kb.rulings import decide, evidence
from policy_kb.weighing import weigh

DEVELOPMENT = Path(__file__).parent.parent / "tests" / "questions" / "development.jsonl"
PENALTY = 100.0

Question = tuple[Policy, worked.WorkedQuestion]


@dataclass(frozen=True)
class Turn:
    """A turn as read without the head, with its label. elsewhere: other policy -> the verdicts accepted there."""

    policy: Policy
    reading: Reading
    label: worked.Label
    set_aside: bool
    elsewhere: Mapping[str, tuple[Verdict, ...]]


def all_worked(policies: list[Policy]) -> list[Question]:
    """Every worked question with its policy."""
    found: list[Question] = []
    for policy in policies:
        questions, faults = worked.read(policy.id)
        if faults:
            raise SystemExit("\n".join(map(str, faults)))
        found += [(policy, question) for question in questions]
    return found


def development(policies: list[Policy]) -> list[Question]:
    """The labelled questions kept for tuning."""
    named = {policy.id: policy for policy in policies}
    found: list[Question] = []
    for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        labels = [{k: label[k] for k in ("verdicts", "unsafe")} for label in entry["expect"]]
        question = worked.WorkedQuestion.model_validate({"turns": entry["turns"], "expect": labels})
        found.append((named[entry["policy"]], question))
    return found


def read_all(resolver: Resolver, questions: list[Question]) -> list[Turn]:
    """Every turn, read in its conversation."""
    turns: list[Turn] = []
    for done, (policy, question) in enumerate(questions):
        if done % 500 == 0:
            print(f"reading {done:,} of {len(questions):,}", flush=True)
        before = None
        for number, (text, label) in enumerate(zip(question.turns, question.expect, strict=True)):
            elsewhere = {other: labels[number] for other, labels in question.elsewhere.items()}
            reading = resolver.read(text, before)
            led = by_topics(policy, reading, *weigh(policy, reading))
            before = reading.context(led.facts, tuple(w.topic for w in led.answers))
            turns.append(Turn(policy, reading, label, question.set_aside, elsewhere))
    return turns


def arrays(turns: list[Turn], policies: list[Policy]) -> Worked:
    """The turns as the head learns them."""
    numbers = {policy.id: number for number, policy in enumerate(policies)}
    vectors, under, rows, accepted, elsewhere = [], [], [], [], []
    for turn in turns:
        for name, verdicts in {turn.policy.id: turn.label.verdicts, **turn.elsewhere}.items():
            policy = policies[numbers[name]]
            ranked, off_topic = weigh(policy, turn.reading)
            vectors.append(turn.reading.whole.vector)
            under.append(numbers[name])
            rows.append(evidence(ranked, off_topic, by_topics(policy, turn.reading, ranked, off_topic)))
            accepted.append([v in verdicts for v in VERDICTS])
            elsewhere.append(name != turn.policy.id)
    return Worked(
        np.stack([v for v in vectors if v is not None]),
        np.array(under),
        np.stack(rows),
        np.array(accepted, np.float32),
        np.array(elsewhere, np.float32),
    )


def calls_of(head: Headline, asked: Worked) -> Floats:
    """What each message itself gives for every verdict [n, verdicts, OWN]."""
    calls = np.zeros((len(asked.policy), len(VERDICTS), OWN), np.float32)
    for number, name in enumerate(head.policies):
        for rows in np.array_split(np.flatnonzero(asked.policy == number), 8):
            calls[rows] = head.calls(name, asked.vectors[rows])
    return calls


def precedents_of(turns: list[Turn], policies: list[Policy]) -> Precedents:
    """The turns as precedents."""
    numbers = {policy.id: number for number, policy in enumerate(policies)}
    accepted = np.array([[v in turn.label.verdicts for v in VERDICTS] for turn in turns], np.bool_)
    vectors = np.stack([v[:DIMENSIONS] for t in turns if (v := t.reading.whole.vector) is not None])
    return Precedents.of(vectors, accepted, np.array([numbers[t.policy.id] for t in turns], np.uint8))


def measure(turns: list[Turn], head: Headline | None) -> str:
    """What holds of the answers of these turns."""
    found: Counter[str] = Counter()
    for turn in turns:
        vector = turn.reading.whole.vector
        call = Call(head, vector) if head and vector is not None else None
        verdict = decide(turn.policy, replace(turn.reading, call=call)).verdict
        wanted, right = turn.label.verdicts, verdict in turn.label.verdicts
        found["right"] += right
        found["unsafe"] += verdict.permits and verdict in turn.label.unsafe
        found["duties"] += wanted[0] is Verdict.REQUIRED
        silent = verdict.permits or verdict is Verdict.NOT_COVERED
        found["missed"] += wanted[0] is Verdict.REQUIRED and silent and not right
        found["permitted"] += any(v.permits for v in wanted)
        found["refused"] += any(v.permits for v in wanted) and not right
    share = found["right"] / len(turns)
    return (
        f"verdict right {share:.1%}, unsafe {found['unsafe']}, duties missed {found['missed']} of {found['duties']}, "
        f"permitted but answered otherwise {found['refused']} of {found['permitted']}"
    )


def learn(turns: list[Turn], names: list[str], policies: list[Policy]) -> Headline:
    """The head learnt from these turns, not yet balanced with the topics' evidence."""
    weights, _ = train(arrays(turns, policies), len(policies), PENALTY)
    nothing = np.zeros(EVIDENCE + OWN, np.float32)
    return Headline(tuple(names), weights.astype(np.float32), nothing, precedents_of(turns, policies))


def balanced(head: Headline, sets: list[Worked]) -> Floats:
    """How much the topics and the message's own calls count, read off sets that the head has not learnt, all alike."""
    calls = np.concatenate([calls_of(head, asked) for asked in sets])
    counts = np.concatenate([np.full(len(asked.policy), 1000 / len(asked.policy)) for asked in sets])
    joined = (np.concatenate([getattr(asked, field.name) for asked in sets]) for field in fields(Worked))
    return balance(calls, Worked(*joined), counts).astype(np.float32)


def main() -> None:
    """Read, train, measure, write."""
    folder = EMBEDDER_FOLDER
    names = sorted(path.name for path in (loader.DATA_FOLDER / "policies").iterdir() if path.is_dir())
    nothing = np.zeros((1 + len(names), VECTOR + 1, len(VERDICTS)), np.float32)
    empty = Headline(tuple(names), nothing, np.zeros(EVIDENCE + OWN, np.float32))
    if not (folder / HEADLINE_FILE).is_file():
        empty.write(folder / HEADLINE_FILE)
    stamp(folder)
    ready = prepare(Path(tempfile.gettempdir()) / "askfirst-learning", progress=lambda step: print(step, flush=True))
    resolver = ready.resolver.with_headline(None)
    policies = [ready.knowledge.policies[name] for name in names]
    turns = read_all(resolver, all_worked(policies))
    apart, tuning = [t for t in turns if t.set_aside], read_all(resolver, development(policies))
    measured = learn([t for t in turns if not t.set_aside], names, policies)
    counts = balanced(measured, [arrays(apart, policies), arrays(tuning, policies)])
    print("evidence and the message's own calls count", counts.round(2), flush=True)
    print(f"{len(apart):,} turns set aside, by topics alone: {measure(apart, None)}")
    print(f"{'':>21} with the head: {measure(apart, replace(measured, evidence=counts))}", flush=True)
    replace(learn(turns, names, policies), evidence=counts).write(folder / HEADLINE_FILE)
    stamp(folder)


def stamp(folder: Path) -> None:
    """Write the sums of the shipped files."""
    names = (HEADLINE_FILE, MODEL_FILE, TOKENIZER_FILE)
    sums = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


if __name__ == "__main__":
    main()
