"""The command line as other programs and people meet it: the contract of answers, bad input, help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def one() -> dict[str, object]:
    done = run(
        "ask",
        "--policy",
        "agora",
        "--json",
        "A journalist from the Gazette has rung me about the school. Can I answer?",
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_json_is_one_object_with_the_contract_s_keys(one: dict[str, object]) -> None:
    assert set(one) == {"verdict", "topics", "citations", "route", "offers", "question", "choices", "text", "millis"}
    assert one["verdict"] == "ask_first"
    assert {"ceo", "headteacher"} <= set(one["route"])  # type: ignore[call-overload]
    assert "media-enquiry" in one["offers"]  # type: ignore[operator]


def test_the_text_begins_with_the_verdict_then_the_topic_then_the_clause(one: dict[str, object]) -> None:
    text = str(one["text"])
    assert text.startswith("Ask first.")
    assert (
        text.index("You asked about:")
        < text.index("If the employee is contacted for comments")
        < text.index("What to do next:")
    )


def test_a_batch_answers_every_turn_of_every_line_in_order() -> None:
    lines = [
        {
            "id": "a",
            "policy": "att",
            "turns": ["y9 girl's asked to follow me on insta", "oh she's my niece btw, my sister's kid"],
        },
        {"id": "b", "policy": "tlt", "turns": ["Can I go on Facebook in my lunch break?"]},
    ]
    done = run("ask", "--batch", "-", given="".join(json.dumps(line) + "\n" for line in lines))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == ["a", "b"]
    assert [len(a["answers"]) for a in answers] == [2, 1]


def test_lines_are_fresh_conversations() -> None:
    line = json.dumps({"id": "x", "policy": "att", "turns": ["and what about parents?"]})
    first = json.dumps({"id": "x", "policy": "att", "turns": ["Can I add a pupil on Facebook?"]})
    alone = json.loads(run("ask", "--batch", "-", given=f"{line}\n").stdout)["answers"][0]
    after = json.loads(run("ask", "--batch", "-", given=f"{first}\n{line}\n").stdout.splitlines()[1])["answers"][0]
    del alone["millis"], after["millis"]
    assert alone == after


BAD_LINES = {
    "{broken": "line 1: not JSON",
    '{"id": "1", "policy": "nope", "turns": ["hello there"]}': "line 1: unknown policy 'nope'",
    '{"id": "1", "policy": "tlt", "turns": []}': "line 1: turns",
    '{"id": "1", "policy": "tlt", "turns": [7]}': "line 1: turns.0",
    '{"policy": "tlt", "turns": ["x"]}': "line 1: id",
    '{"id": "1", "policy": "tlt", "turns": [""]}': "line 1: turn 1: the question is empty",
    '{"id": "1", "policy": "tlt", "turns": ["\\u0000\\u0007"]}': "line 1: turn 1: the question is empty",
    json.dumps({"id": "1", "policy": "tlt", "turns": ["a" * 1_000_000]}): "line 1: longer than",
    json.dumps({"id": "1", "policy": "tlt", "turns": ["word " * 2_000]}): "line 1: turn 1: the question has",
    "[" * 100_000: "line 1: not JSON",
    "[]": "line 1: line",
}


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda bad: bad[:30])
def test_a_bad_line_gets_one_clear_line_and_the_good_ones_are_answered(bad: str) -> None:
    good = json.dumps({"id": "good", "policy": "gcc", "turns": ["Can I add a pupil on Facebook?"]})
    done = run("ask", "--batch", "-", given=f"{bad}\n{good}\n")
    assert done.returncode != 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["good"]
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert BAD_LINES[bad] in errors[0]
    assert len(errors[0]) < 300


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", "--policy", "tl", "Can I?"), "did you mean 'tlt'"),
        (("ask", "--policy", "tlt", ""), "the question is empty"),
        (("ask", "--policy", "tlt", "\x1b[31m\x07"), "error:"),
        (("ask", "Can I add a pupil?"), "add --policy"),
        (("ask",), "no question"),
        (("ask", "--batch", "no-such-file.jsonl"), "cannot be read"),
        (("ask", "--batch", "-", "--policy", "tlt"), "leave out --policy"),
        (("kb", "show", "att:99"), "unknown clause"),
        (("serve", "--port", "99999"), "0 to 65535"),
    ],
)
def test_bad_input_names_the_cure(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr


def test_errors_never_repeat_the_question() -> None:
    secret = "zebra-canary"
    done = run(
        "ask", "--batch", "-", given=json.dumps({"id": "1", "policy": "tlt", "turns": [f"{secret} " * 1000]}) + "\n"
    )
    assert done.returncode != 0
    assert secret not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", "tlt", "Zebra-canary, may I?"), "put a question in quotation marks, the policy after --policy"),
        (("Zebra-canary, may I?",), "unknown command; use one of 'ask'"),
        (("kb", "zebra-canary"), "use one of 'check', 'matrix'"),
        (("ask", "--polcy", "tlt", "zebra-canary"), "unknown option"),
    ],
)
def test_a_command_that_cannot_be_read_gets_one_line_with_the_cure(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert says in line
    assert "--help" in line
    assert "canary" not in line


def test_help_shows_examples_a_person_can_copy() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert 'python app.py ask --policy tlt "Can I add a pupil on Facebook?"' in done.stdout


def test_show_prints_a_clause_with_its_parts_and_the_topics_that_cite_it() -> None:
    done = run("kb", "show", "gcc:7.6")
    assert done.returncode == 0
    assert "form online friendships or enter into communication with parents/carers" in done.stdout
    assert "cited by friend-parent" in done.stdout


def test_matrix_has_a_row_for_each_topic_and_a_column_for_each_policy() -> None:
    lines = run("kb", "matrix").stdout.splitlines()
    assert lines[0].split() == ["topic", "agora", "att", "gcc", "tlt"]
    row = next(line.split() for line in lines if line.startswith("friend-pupil "))
    assert row[1:] == ["not_covered", "not_allowed", "advised_against", "not_allowed"]
