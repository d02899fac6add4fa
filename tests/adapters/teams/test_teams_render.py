"""Cards, views and notices as Teams takes them: schema, limits, and nobody's words as markup (SECURITY T07, T12)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import render
from adapters.teams.cards import Medium
from bot.chat.messages import (
    Account,
    Button,
    Buttons,
    Card,
    Choice,
    Clause,
    Entry,
    Facts,
    Heading,
    Input,
    Link,
    Part,
    Post,
    Rule,
    Spot,
    Tone,
    View,
    Words,
)
from bot.chat.press import Press
from policy_kb.model import Verdict
from policy_kb.procedures import FieldType
from tests.adapters.teams.fake_teams.people import actions, inputs, lines
from tests.adapters.teams.fake_teams.validity import check_card, check_message, walk

CASE = "0123456789abcdef0123456789abcdef"
HOSTILE = (
    "**bold** [x](javascript:alert(1)) <at>everyone</at> <script>alert(1)</script> {{DATE(2026-11-20T10:00:00Z)}} "
    "`code` # head\n- item\n1. one\n> quote ![](https://evil.example/p.png) \u202etxt \u200b end"
)
OPEN = Button("Open", Press("open", CASE))
APPROVE = Button("Approve", Press("act", CASE, "approve", 3), main=True)
DECLINE = Button("Decline", Press("act", CASE, "decline", 3), danger=True)
START = Button("Media enquiry", Press("start", value="media-enquiry"))
TOPIC = Button("Photos", Press("topic", value="photos", number=1))


def _all_parts(words: str) -> tuple[Part, ...]:
    return (
        *(Heading(f"{verdict.value}", verdict) for verdict in Verdict),
        Heading("What happened"),
        *(Words(words, tone) for tone in Tone),
        Clause("4.4, Social media policy", ("Staff must not:", "• accept friend requests", words)),
        Facts((("Where this stands", "Waiting"), ("Purpose", words))),
        Entry("20 November 2026, 10:00", "Helen Marsh", "declined", words, words),
        Rule(),
        Buttons((OPEN, APPROVE, DECLINE, START, TOPIC, Link("Letter", "https://askfirst.example/case/1/letter"))),
    )


def _all_inputs(words: str = "") -> tuple[Input, ...]:
    few = (Choice("a, b", "First, with a comma"), Choice("c", "Second"))
    many = tuple(Choice(f"person-{n}", f"Person {n}", f"School {n % 3}") for n in range(40))
    return (
        Input("line", "A line", FieldType.LINE, required=True, values=(words,)),
        Input("text", "A text", FieldType.TEXT, help="At length.", values=(words,), error="Write something."),
        Input("choice", "One", FieldType.CHOICE, choices=few, values=("a, b",)),
        Input("choices", "Some", FieldType.CHOICES, choices=few, values=("a, b", "c")),
        Input("yes", "Yes or no", FieldType.YES_NO),
        Input("number", "How many", FieldType.NUMBER, values=("12",), least=1, most=30),
        Input("date", "A day", FieldType.DATE, values=("2026-12-01",)),
        Input("moment", "By when", FieldType.MOMENT, values=("2026-12-02T09:30",)),
        Input("address", "Address", FieldType.ADDRESS),
        Input("people", "Who", FieldType.PEOPLE, choices=many, values=("person-1", "person-2")),
        Input("person", "One person", FieldType.PERSON, choices=many),
        Input("subject", "About whom", FieldType.SUBJECT, choices=many),
        Input("site", "Which site", FieldType.SITE, choices=few),
        Input("evidence", "Files", FieldType.EVIDENCE, most=5),
    )


def _view(words: str = "") -> View:
    return View("Ask permission", _all_parts(words), _all_inputs(words), Press("form", value="x@oakfield"), "Continue")


def _post(**more: Any) -> Post:
    card = Card((Heading("Media enquiry"), Words("AF-ABCD-2345."), Buttons((OPEN, APPROVE, DECLINE))), "AF-ABCD-2345")
    account = Account("teams", "t", "u")
    base = Post("k", "helen-marsh", "waiting", CASE, "AF-ABCD-2345 is waiting for you.", "", card, None, account)
    return replace(base, **more)


@pytest.mark.parametrize("medium", [Medium.MESSAGE, Medium.PLAIN])
def test_every_part_and_input_is_a_valid_message(medium: Medium) -> None:
    check_message(render.message(Card(_all_parts(HOSTILE), "Ask first."), medium))
    check_message(render.view_message(_view(HOSTILE), medium))


def test_every_part_and_input_is_a_valid_dialog() -> None:
    made = render.dialog(_view(HOSTILE))["task"]["value"]
    check_card(made["card"]["content"], in_dialog=True)


def test_the_version_is_15() -> None:
    assert render.adaptive((Words("x"),), Medium.MESSAGE, "x")["version"] == "1.5"


# Nobody's words are markup.


def _runs(card: dict[str, Any]) -> list[str]:
    return ["".join(run["text"] for run in each["inlines"]) for each in walk(card) if each["type"] == "RichTextBlock"]


def _all_text_blocks(card: dict[str, Any]) -> str:
    return " ".join(each["text"] for each in walk(card) if each["type"] == "TextBlock")


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=200))
def test_words_stand_in_runs_alone_and_letter_for_letter(words: str) -> None:
    marked = f"CANARY{words}CANARY"
    card = render.adaptive(_all_parts(marked)[10:], Medium.MESSAGE, "summary")
    assert "CANARY" not in _all_text_blocks(card)
    assert not any("CANARY" in str(each.get("title", "")) for each in walk(card))
    shown = "".join(character for character in marked if character >= " " and character != "\x7f")
    flat = "".join("".join(line for line in _runs(card)).split())
    assert "".join("".join(shown.splitlines()).split()) in flat


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_a_heading_shows_what_it_says_and_nothing_of_it_is_markup(words: str) -> None:
    card = render.adaptive((Heading(f"A {words}"),), Medium.MESSAGE, "summary")
    block = next(each["text"] for each in walk(card) if each["type"] == "TextBlock")
    bare = block.replace("\\\\", "")
    for mark in "*_[]()#`<>~{}!&|":
        assert all(bare[i - 1] == "\\" for i, character in enumerate(bare) if character == mark), block
    assert lines(card)[0] == " ".join(f"A {words}".split())


def test_the_text_of_a_message_is_never_markdown() -> None:
    made = render.message(Card((Words(HOSTILE),), HOSTILE))
    assert made["textFormat"] == "plain"
    assert "entities" not in made, "a mention or link that somebody typed came alive"
    assert render.note(HOSTILE)["textFormat"] == "plain"


def test_links_are_ours_alone() -> None:
    card = render.adaptive(_all_parts(HOSTILE), Medium.MESSAGE, "x")
    assert {each["url"] for each in walk(card) if "url" in each} == {"https://askfirst.example/case/1/letter"}


# Buttons.


def test_a_button_carries_ids_and_nothing_else() -> None:
    message = render.message(Card(_all_parts("secret words"), "x"))
    for each in actions(message["attachments"][0]["content"]):
        assert "secret" not in json.dumps(each)


def test_a_decision_is_made_in_the_card_and_what_is_read_opens_a_dialog() -> None:
    card = render.message(Card((Buttons((OPEN, APPROVE, START, TOPIC)),), "x"))["attachments"][0]["content"]
    found = {each["title"]: each for each in actions(card)}
    assert found["Open"]["data"]["msteams"] == {"type": "task/fetch"}
    assert found["Media enquiry"]["data"]["msteams"] == {"type": "task/fetch"}
    assert (found["Approve"]["type"], found["Approve"]["fallback"]["type"]) == ("Action.Execute", "Action.Submit")
    assert found["Photos"]["type"] == "Action.Execute"


def test_where_there_are_no_dialogs_no_button_needs_one() -> None:
    card = render.message(Card((Buttons((OPEN, APPROVE, START)),), "x"), Medium.PLAIN)["attachments"][0]["content"]
    assert not any("msteams" in each["data"] for each in actions(card))
    door = render.door(Press("waiting"), Medium.PLAIN)
    assert "web pages" in door["text"]
    assert "attachments" not in door


def test_a_form_says_which_inputs_it_had() -> None:
    card = render.view_card(_view(), Medium.DIALOG)
    send = list(actions(card))[-1]
    known = {each["id"] for each in inputs(card)} - {"h-moment"}
    assert set(send["data"]["shown"].split()) == known


# Answers.


def test_clauses_are_citations_without_an_ai_label() -> None:
    clause = Clause("4.4, " + "a long name " * 20, ("Staff must not accept. " * 30,))
    made = render.message(Card((Heading("Must not", Verdict.NOT_ALLOWED), *([clause] * 30)), "Must not."))
    check_message(made)
    entity = made["entities"][0]
    assert len(entity["citation"]) == 20
    assert "additionalType" not in json.dumps(made), "nothing here was generated"
    assert made["text"].startswith("Must not. [1][2]")


def test_thumbs_stand_under_answers_alone() -> None:
    answer = Card((Words("x"),), "x", feedback=Press("feedback", value="no", number=1))
    assert render.message(answer)["channelData"] == {"feedbackLoop": {"type": "default"}}
    assert "channelData" not in render.message(replace(answer, feedback=None))


def test_what_is_too_long_is_shortened_and_says_so() -> None:
    long = [Entry("now", "Ann", "wrote", "word " * 400) for _ in range(100)]
    parts: tuple[Part, ...] = (Words("Call 999.", Tone.ALARM), *long)
    made = render.message(Card((*parts, Buttons((OPEN,))), "x"))
    check_message(made)
    card = made["attachments"][0]["content"]
    assert "This was shortened. Open it to read the rest." in lines(card)
    assert lines(card)[0] == "Call 999."
    assert [each["title"] for each in actions(card)] == ["Open"]


def test_a_form_with_too_many_choices_is_refused_rather_than_cut() -> None:
    staff = tuple(Choice(f"person-{n}", f"Somebody with a name {n}") for n in range(3_000))
    view = View("Ask", (), (Input("who", "Who", FieldType.PEOPLE, choices=staff),), Press("form", value="x"), "Go")
    with pytest.raises(render.TooLong):
        render.dialog(view)


# Notices.


def test_a_notice_shows_the_card_and_is_asked_for_anew_by_its_own_reader() -> None:
    made = render.notice(_post(words=HOSTILE), user="29:helen")
    check_message(made)
    card = made["attachments"][0]["content"]
    assert card["refresh"]["userIds"] == ["29:helen"]
    assert made["summary"] == "AF-ABCD-2345 is waiting for you."
    assert HOSTILE.splitlines()[0] in lines(card)[1]


def test_a_card_that_is_taken_back_says_nothing_of_the_case() -> None:
    made = render.standing(_post(card=None, text="", kind="card", stands=Spot("a", "m1")))
    check_message(made)
    assert "AF-" not in json.dumps(made)
    assert CASE not in json.dumps(made)


def test_in_a_channel_a_card_names_the_case_and_nothing_more() -> None:
    secret = Card((Facts((("Purpose", "CANARY"),)), Buttons((APPROVE,))), "AF-ABCD-2345: Media enquiry. Waiting.")
    made = render.in_channel(_post(card=secret, words="CANARY"), "29:helen")
    check_message(made)
    assert "CANARY" not in json.dumps(made)
    card = made["attachments"][0]["content"]
    assert [each["title"] for each in actions(card)] == ["Open"]
    assert card["refresh"]["userIds"] == ["29:helen"]
