"""Cards and views as Slack shows them: docs.slack.dev/reference/block-kit, SECURITY T07 and T12."""

from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SlackView

from adapters.slack import limit_words, reading, render
from adapters.slack.choosing import options_for
from adapters.slack.escape import pieces, size
from bot.chat.messages import (
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
    Rule,
    Tone,
    View,
    Words,
)
from bot.chat.press import Press
from bot.errors import BadInput
from policy_kb.procedures import FieldType

from . import nasty
from .fake_slack import Shown, limits
from .fake_slack.filling import state_of
from .seen import alive, letters, shown

CASE = "0" * 32
OPEN = Button("Open", Press("open", CASE))
TYPED = (FieldType.LINE, FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.MOMENT, FieldType.ADDRESS,
         FieldType.EVIDENCE)  # fmt: skip
EXAMPLES = settings(max_examples=20_000 if os.environ.get("ASKFIRST_LONG") else 150, deadline=None)


def accepted_by_the_sdk(blocks: list[dict[str, Any]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks:
            parsed = Block.parse(block)
            assert parsed is not None
            parsed.to_dict()


def form(view: dict[str, Any]) -> Shown:
    return Shown("V1", "T1", "U1", view, "h", "V1")


def sent(view: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack hands it back, with nothing changed by the person."""
    return {**view, "state": {"values": state_of(form(view))}}


# Any text, any shape.


@EXAMPLES
@given(nasty.card)
def test_any_card_is_taken_shows_every_letter_and_holds_nothing_alive(card: Card) -> None:
    made = render.messages(card)
    for message in made:
        assert limits.in_message(message.blocks) == []
        assert not limits.too_long(message.blocks)
        accepted_by_the_sdk(message.blocks)
        assert 0 < len(message.text) < limits.MESSAGE_TEXT
        assert "<" not in message.text
        assert ">" not in message.text
        assert alive(message.text) == []
    blocks = [block for message in made for block in message.blocks]
    ours = [i.url for p in card.parts if isinstance(p, Buttons) for i in p.items if isinstance(i, Link)]
    assert alive(blocks) == [f"url: {url}" for url in ours if url.startswith("https://askfirst.")]
    seen = letters(shown(blocks))
    for words in nasty.words_in(card.parts):
        assert letters(words) in seen


@settings(max_examples=60, deadline=None)
@given(nasty.long_card)
def test_a_card_of_any_length_is_one_message_that_says_so_where_it_is_shortened(card: Card) -> None:
    message = render.message(card)
    assert limits.in_message(message.blocks) == []
    assert not limits.too_long(message.blocks)
    if len(render.messages(card)) > 1:
        rest = (limit_words.OPEN_FOR_REST, limit_words.MORE_THAN_FITS)
        assert sum(text in rest for text in shown(message.blocks).split("\n")) == 1
    else:
        assert message == render.messages(card)[0]


@EXAMPLES
@given(nasty.view, st.sampled_from(["modal", "home"]))
def test_any_view_is_taken_and_holds_nothing_alive(view: View, kind: Any) -> None:
    if kind == "home":
        view = View(
            view.title, view.parts, tuple(i for i in view.inputs if i.kind is not FieldType.EVIDENCE), view.press
        )
    made = render.view(view, kind, view.press.pack() if view.press else "")
    assert limits.in_view(made) == []
    assert not limits.view_too_large(made)
    SlackView(**made).to_dict()
    accepted_by_the_sdk(made["blocks"])
    assert not [fault for fault in alive(made) if not fault.startswith("url: https://askfirst.")]
    shown_inputs = {reading.input_of(b["block_id"]) for b in made["blocks"] if b["type"] == "input"}
    assert {
        i.id for i in view.inputs if i.choices or i.kind in TYPED or (i.required and i.kind is not FieldType.YES_NO)
    } == {
        id
        for id in shown_inputs
        if id not in {i.id for i in view.inputs if i.kind is FieldType.YES_NO and not i.choices}
    }


@EXAMPLES
@given(st.lists(nasty.field, min_size=1, max_size=4, unique_by=lambda each: each.id).map(tuple))
def test_every_letter_of_a_form_is_there_and_what_stands_in_it_comes_back(fields: tuple[Input, ...]) -> None:
    made = render.modal(View("Form", (), fields, Press("form")))
    seen = letters(shown(made["blocks"]))
    raw = reading.filled(sent(made))
    for field in fields:
        for words in (field.label, field.help, field.error):
            assert letters(words) in seen
        if field.kind in (FieldType.TEXT, FieldType.LINE, FieldType.ADDRESS):
            assert letters("".join(raw[field.id])) == letters("".join(field.values[:1]))


@EXAMPLES
@given(nasty.text, st.integers(10, 200))
def test_a_split_text_loses_nothing_and_every_piece_travels(text: str, most: int) -> None:
    made = pieces(text, most)
    assert letters("".join(made)) == letters(text)
    assert all(0 < size(piece) <= most for piece in made)


@pytest.mark.parametrize("length", [2_990, 2_999, 3_000, 3_001, 5_999, 6_000])
def test_a_text_that_just_fills_a_block_leaves_no_empty_one_behind(length: int) -> None:
    rows = (("a" * length, "b" * length), ("c" * length, "d"))
    made = render.messages(Card((Facts(rows), Entry("w", "a" * length, "", "x" * length, "c" * length)), "x"))
    assert [fault for message in made for fault in limits.in_message(message.blocks)] == []


# What a message looks like.


def test_a_message_shows_each_part_in_its_place() -> None:
    card = Card(
        (
            Heading("Ask first"),
            Words("Ask the headteacher."),
            Words("Small print", Tone.QUIET),
            Clause("4.2 of the policy", ("Staff must not add pupils.", "This holds for:")),
            Facts((("Site", "Year 4 blog"), ("Why?", "To share work"))),
            Rule(),
            Entry("20 November 2026, 10:00", "Ann Bee", "asked", "May I?", "Not before May"),
            Buttons((OPEN, Link("Letter", "https://askfirst.hill.example/letter"))),
        ),
        "Ask first & read",
    )
    text, blocks = render.message(card)
    assert text == "Ask first &amp; read"
    assert [b["type"] for b in blocks] == [
        "header", "section", "context", "rich_text", "rich_text", "divider", "rich_text", "actions"]  # fmt: skip
    clause = blocks[3]["elements"]
    assert [e["type"] for e in clause] == ["rich_text_section", "rich_text_quote"]
    assert clause[1]["elements"] == [{"type": "text", "text": "Staff must not add pupils.\nThis holds for:"}]
    assert shown(blocks[4]).replace("\n", "") == "Site: Year 4 blogWhy? To share work"
    assert limit_words.CONDITIONS in shown(blocks[6])
    button, link = blocks[7]["elements"]
    assert (button["value"], link["url"]) == (f"open|{CASE}||0", "https://askfirst.hill.example/letter")


def test_an_alarm_stands_out_without_colour_and_without_an_emoji() -> None:
    _, (block,) = render.message(Card((Words("Call 999.", Tone.ALARM),), "x"))
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "Call 999.", "style": {"bold": True}}]}
    assert block["elements"] == [quote]


def test_mentions_markup_and_emoji_codes_stay_letters() -> None:
    typed = "<!everyone> <@U1> *b* :smile: &lt;"
    text, (block,) = render.message(Card((Words(typed),), typed))
    assert block["text"] == {
        "type": "plain_text",
        "text": "&lt;!everyone&gt; &lt;@U1&gt; *b* :smile: &amp;lt;",
        "emoji": False,
    }
    assert text == "&lt;!everyone&gt; &lt;@U1&gt; *b* :smile: &amp;lt;"
    quiet = {"parse": "none", "link_names": False}
    assert render.UPDATED == render.EPHEMERAL == quiet
    assert {**quiet, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False} == render.POSTED


def test_an_address_that_is_not_ours_is_words_and_no_link() -> None:
    _, blocks = render.message(Card((Buttons((Link("Letter", "javascript:alert(1)"),)),), "x"))
    assert alive(blocks) == []
    assert "javascript:alert(1)" in shown(blocks)


def test_a_shortened_case_keeps_its_buttons_and_says_where_the_rest_is() -> None:
    lines: tuple[Part, ...] = tuple(Entry(str(i), "Ann", "wrote", "word " * 60) for i in range(60))
    message = render.message(Card((*lines, Buttons((OPEN,))), "x"))
    kinds = [block["type"] for block in message.blocks]
    assert kinds[-2:] == ["section", "actions"]
    assert message.blocks[-2]["text"]["text"] == "Open the case to read the rest."


def test_a_long_answer_is_several_messages_and_its_buttons_end_it() -> None:
    clauses: tuple[Part, ...] = tuple(Clause(f"{i}.1", ("Staff must not. " * 150,)) for i in range(8))
    card = Card((*clauses, Buttons((OPEN,))), "Not allowed", Press("feedback", number=3))
    made = render.messages(card)
    assert len(made) > 1
    assert [m.text for m in made] == ["Not allowed", *[limit_words.GOES_ON] * (len(made) - 1)]
    assert [b["type"] for b in made[-1].blocks][-2:] == ["actions", "context_actions"]


def test_feedback_says_in_words_what_each_thumb_means() -> None:
    _, blocks = render.message(Card((Words("No."),), "No.", Press("feedback", number=7)))
    buttons = blocks[-1]["elements"][0]
    told = {
        name: (buttons[name]["accessibility_label"], buttons[name]["value"])
        for name in ("positive_button", "negative_button")
    }
    assert told == {
        "positive_button": ("This answered me", "feedback||yes|7"),
        "negative_button": ("This did not answer me", "feedback||no|7"),
    }
    action = {"action_id": buttons["action_id"], "value": "feedback||no|7"}
    assert reading.pressed(action) == Press("feedback", value="no", number=7)


def test_a_long_label_of_a_button_can_be_read_whole() -> None:
    label = "Set a requirement or restriction for somebody who speaks for the school in public, " * 2
    _, blocks = render.message(Card((Buttons((Button(label, Press("start")),)),), "x"))
    assert letters(label) in letters(shown(blocks[0]))


# Forms.


def asked(field: Input) -> dict[str, Any]:
    """The only input block of a form with this input."""
    blocks = render.modal(View("Form", (), (field,), Press("form", value="x@hill")))["blocks"]
    found: list[dict[str, Any]] = [block for block in blocks if block["type"] == "input"]
    assert len(found) == 1
    return found[0]


def few(number: int) -> tuple[Choice, ...]:
    return tuple(Choice(f"c{i}", f"Choice {i}") for i in range(number))


@pytest.mark.parametrize(
    ("kind", "choices", "element"),
    [
        (FieldType.LINE, (), "plain_text_input"),
        (FieldType.TEXT, (), "plain_text_input"),
        (FieldType.ADDRESS, (), "plain_text_input"),
        (FieldType.NUMBER, (), "number_input"),
        (FieldType.DATE, (), "datepicker"),
        (FieldType.MOMENT, (), "datetimepicker"),
        (FieldType.EVIDENCE, (), "file_input"),
        (FieldType.YES_NO, (), "radio_buttons"),
        (FieldType.CHOICE, few(10), "radio_buttons"),
        (FieldType.CHOICE, few(11), "static_select"),
        (FieldType.CHOICES, few(10), "checkboxes"),
        (FieldType.CHOICES, few(11), "multi_static_select"),
        (FieldType.SITE, few(40), "static_select"),
        (FieldType.PEOPLE, nasty.crowd(80, 2), "multi_static_select"),
        (FieldType.PERSON, nasty.crowd(80, 2), "static_select"),
        (FieldType.SUBJECT, nasty.crowd(700, 2), "external_select"),
        (FieldType.PEOPLE, nasty.crowd(12_000, 90), "multi_external_select"),
    ],
)
def test_each_kind_of_question_has_its_input(kind: FieldType, choices: tuple[Choice, ...], element: str) -> None:
    block = asked(Input("q", "Question", kind, required=True, choices=choices))
    assert block["element"]["type"] == element
    assert block["optional"] is False
    assert block["label"]["text"] == "Question"


@pytest.mark.parametrize(
    ("kind", "values", "choices"),
    [
        (FieldType.LINE, ("One <line> & more",), ()),
        (FieldType.TEXT, ("First\nsecond " * 600,), ()),
        (FieldType.NUMBER, ("12",), ()),
        (FieldType.NUMBER, ("about 12",), ()),
        (FieldType.DATE, ("2026-11-23",), ()),
        (FieldType.DATE, ("23 November 2026",), ()),
        (FieldType.MOMENT, ("next week",), ()),
        (FieldType.YES_NO, ("no",), ()),
        (FieldType.CHOICES, ("c1", "c9"), few(20)),
        (FieldType.PEOPLE, ("p3", "p650"), nasty.crowd(700, 2)),
        (FieldType.SUBJECT, ("p3",), nasty.crowd(700, 2)),
        (FieldType.LINE, (), ()),
        (FieldType.CHOICE, (), few(3)),
    ],
)
def test_what_stood_in_a_form_comes_back_as_it_was(
    kind: FieldType, values: tuple[str, ...], choices: tuple[Choice, ...]
) -> None:
    made = render.modal(
        View("Form", (), (Input("q", "Question", kind, values=values, choices=choices),), Press("form"))
    )
    assert reading.filled(sent(made)) == {"q": values}


@pytest.mark.parametrize("value", ["2026-11-23T15:30", "2026-07-01T15:30", "2026-11-23T15:30:00+00:00"])
def test_a_moment_in_school_time_comes_back_as_the_same_moment(value: str) -> None:
    field = Input("q", "By when", FieldType.MOMENT, values=(value,))
    (back,) = reading.filled(sent(render.modal(View("Form", (), (field,), Press("form")))))["q"]
    hour = 14 if "-07-" in value else 15
    day = datetime.fromisoformat(value)
    assert datetime.fromisoformat(back) == datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)


def test_a_text_longer_than_slacks_input_is_asked_for_in_parts_and_can_be_changed() -> None:
    text = "word " * 1_600
    made = render.modal(View("Form", (), (Input("q", "What", FieldType.TEXT, True, values=(text,)),), Press("form")))
    blocks = made["blocks"]
    assert [b["label"]["text"] for b in blocks] == [f"What (part {i} of 3)" for i in (1, 2, 3)]
    assert [b["optional"] for b in blocks] == [False, True, True]
    back = sent(made)
    back["state"]["values"][blocks[1]["block_id"]]["answer"]["value"] = None
    (value,) = reading.filled(back)["q"]
    assert value == blocks[0]["element"]["initial_value"] + blocks[2]["element"]["initial_value"]


def test_the_room_for_a_text_is_said() -> None:
    block = asked(Input("q", "What", FieldType.TEXT, help="In your own words."))
    assert block["hint"]["text"] == f"In your own words. {limit_words.TEXT_ROOM}"
    assert block["element"]["max_length"] == 3_000


def test_people_stand_under_their_school_and_a_big_school_is_parted_by_names() -> None:
    hill = tuple(Choice(f"h{i}", f"Name {i:03d}", "Hill School") for i in range(130))
    block = asked(Input("q", "Who", FieldType.PERSON, choices=(*hill, Choice("z", "Zoe", "Vale School"))))
    groups = block["element"]["option_groups"]
    assert [(g["label"]["text"], len(g["options"])) for g in groups] == [
        ("Name 000 to Name 099 (Hill School)", 100),
        ("Name 100 to Name 129 (Hill School)", 30),
        ("Vale School", 1),
    ]


def test_somebody_in_two_schools_stands_once() -> None:
    people = (*nasty.crowd(12, 2), Choice("p1", "Person 00001", "Third"))
    options = [
        o
        for g in asked(Input("q", "Who", FieldType.PERSON, choices=people))["element"]["option_groups"]
        for o in g["options"]
    ]
    assert sorted(o["value"] for o in options) == sorted({c.value for c in people})


def test_options_are_found_by_any_part_of_the_name_or_school_and_at_most_a_hundred_come() -> None:
    field = Input("q", "Who", FieldType.PERSON, choices=nasty.crowd(2_000, 2))
    assert [o["value"] for o in options_for(field, " 00121 PERSON")["options"]] == ["p121"]
    groups = options_for(field, "person")["option_groups"]
    assert sum(len(group["options"]) for group in groups) == 100
    assert options_for(field, "nobody of that name") == {"options": []}


def test_a_long_option_can_be_read_whole() -> None:
    middle, long = (
        "An answer that takes two lines to say all it has to say, because " + "it is long " * 4,
        "So long. " * 40,
    )
    made = render.modal(
        View("F", (), (Input("q", "Q", FieldType.CHOICE, choices=(Choice("a", middle), Choice("b", long))),))
    )
    for label in (middle, long):
        assert letters(label) in letters(shown(made["blocks"]))


def test_a_register_without_entries_says_so() -> None:
    made = render.modal(View("Form", (), (Input("site", "Which site", FieldType.SITE),), Press("form")))
    assert "There is nothing to choose from yet." in shown(made["blocks"])
    assert reading.filled(sent(made)) == {}


def test_a_value_that_slack_cannot_carry_is_refused_and_never_cut() -> None:
    with pytest.raises(ValueError, match="cannot travel"):
        asked(Input("q", "Q", FieldType.CHOICE, choices=(Choice("v" * 151, "V"), Choice("w", "W"))))


@pytest.mark.parametrize("required", [True, False])
def test_slack_marks_what_may_be_left_empty(required: bool) -> None:
    assert asked(Input("q", "Q", FieldType.LINE, required))["optional"] is not required


def test_a_view_of_any_length_keeps_every_input_and_says_that_there_is_more() -> None:
    questions = tuple(Input(f"q{i}", f"Question {i}", FieldType.CHOICE, choices=few(10)) for i in range(8))
    for parts in ((Words("line"),) * 150, (Words("é" * 3_000),) * 60):
        made = render.modal(View("Case", (*parts,), questions, Press("do", CASE)))
        assert limits.in_view(made) == []
        assert not limits.view_too_large(made)
        assert [b["label"]["text"] for b in made["blocks"] if b["type"] == "input"] == [q.label for q in questions]
        assert shown(made["blocks"]).count(limit_words.MORE_THAN_FITS) == 1


def test_an_error_stands_before_its_input_and_what_was_typed_is_kept() -> None:
    field = Input("q", "How many", FieldType.NUMBER, values=("lots",), error="Please give a number.")
    blocks = render.modal(View("Form", (), (field,), Press("form")))["blocks"]
    assert "Please give a number." in shown(blocks[0])
    assert blocks[1]["element"]["initial_value"] == "lots"


def test_an_input_is_new_to_slack_only_where_something_else_stands_in_it() -> None:
    ids = [asked(Input("q", "Q", FieldType.LINE, values=v))["block_id"] for v in ((), (), ("a",), ("b",))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert {reading.input_of(id) for id in ids} == {"q"}


def test_files_are_asked_for_by_kind_and_number() -> None:
    block = asked(Input("evidence", "Screenshots", FieldType.EVIDENCE, most=3))
    assert block["element"]["max_files"] == 3
    assert block["element"]["filetypes"] == ["png", "jpg", "jpeg", "webp", "pdf"]
    assert "up to 3" in block["hint"]["text"]


def test_a_modal_has_its_title_its_press_and_its_labels() -> None:
    press = Press("do", CASE, "decline", 4)
    made = render.modal(
        View("Decline the request for a blog", (), (Input("w", "Why", FieldType.TEXT),), press, "Decline")
    )
    assert made["private_metadata"] == f"do|{CASE}|decline|4"
    assert reading.form_press(made) == press
    assert made["submit"]["text"] == "Decline"
    assert made["title"]["text"] == "Decline the request for…"
    assert made["blocks"][0]["type"] == "header"
    assert shown(made["blocks"][0]) == "Decline the request for a blog"


def test_words_of_a_restricted_case_stand_in_blocks_and_never_in_metadata() -> None:
    secret = "Gil was seen"
    view = View(
        "Case",
        (Words(secret), Buttons((OPEN,))),
        (Input("w", "Words", FieldType.TEXT, values=(secret,)),),
        Press("do", CASE),
    )
    made = render.modal(view)
    assert secret not in made["private_metadata"] + made["callback_id"]
    assert not [
        b for b in made["blocks"] if secret in b.get("block_id", "") + str(b.get("elements", [{}])[0].get("value"))
    ]


def test_a_home_tab_has_its_title_as_a_heading_and_nothing_to_send() -> None:
    made = render.home(View("AskFirst", (Words("Nothing waits for you."),)))
    assert shown(made["blocks"]) == "AskFirst\nNothing waits for you."
    assert set(made) == {"type", "blocks", "private_metadata", "callback_id"}


# What Slack hands back.


def test_errors_stand_beside_their_inputs_and_none_is_lost() -> None:
    fields = (Input("a", "A", FieldType.LINE), Input("b", "B", FieldType.LINE))
    made = render.modal(View("Form", (), fields, Press("form")))
    first, second = (block["block_id"] for block in made["blocks"])
    assert reading.errors_for(made, {"b": "Wrong.", "gone": "Missing."}) == {second: "Wrong.", first: "Missing."}
    assert reading.errors_for(render.modal(View("Empty", (Words("x"),))), {"b": "Wrong."}) == {}


def test_files_come_apart_from_what_was_filled_in() -> None:
    made = render.modal(View("Form", (), (Input("evidence", "Files", FieldType.EVIDENCE),), Press("send")))
    back = sent(made)
    file = {"id": "F1", "name": "a.png"}
    back["state"]["values"][made["blocks"][0]["block_id"]]["answer"]["files"] = [file]
    assert reading.filled(back) == {"evidence": ()}
    assert reading.files(back) == (file,)


@pytest.mark.parametrize(
    "action",
    [{}, {"action_id": 7, "value": "x"}, {"action_id": "link:1:0", "value": "open|||0"}, {"action_id": "answer"}],
)
def test_what_is_no_button_of_ours_asks_for_nothing(action: dict[str, Any]) -> None:
    assert reading.pressed(action) is None


@pytest.mark.parametrize("value", [None, 7, "open", "open|||", "open|x||0", "DROP|||0", "a" * 300])
def test_a_made_up_press_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        reading.pressed({"action_id": "press:0:0", "value": value})
    with pytest.raises(BadInput):
        reading.form_press({"private_metadata": value})


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["answer", "value", "selected_option", "selected_options", "selected_date_time", "files", "type"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@EXAMPLES
@given(st.sampled_from(["in|q|0|00000000", "in|q|x|0", "in|q|9999|0", "in|q"]), junk, junk)
def test_a_made_up_form_is_read_or_refused_and_nothing_else(block_id: str, answer: object, blocks: object) -> None:
    block = {"type": "input", "block_id": block_id}
    for view in (
        {"blocks": [block], "state": {"values": {block_id: {"answer": answer}}}},
        {"blocks": [block], "state": {"values": {block_id: answer}}},
        {"blocks": blocks, "state": answer},
        blocks,
    ):
        try:
            raw, files = reading.filled(view), reading.files(view)
        except BadInput:
            continue
        assert all(isinstance(value, str) for values in raw.values() for value in values)
        assert all(isinstance(file, dict) for file in files)
