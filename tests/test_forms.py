"""Forms as people fill them in: what each type takes and refuses, and anything at all without an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.events import Value
from bot.form_readers import ADDRESS_LIMIT, LINE_LIMIT, TEXT_LIMIT
from bot.forms import NOT_STAFF, Read, first_missing, read, shown
from policy_kb.base import Role
from policy_kb.loader import load
from policy_kb.procedures import Field, FieldType, Kind, Procedure, Stage

PEOPLE = {"ada-lovelace": "Ada Lovelace", "grace-hopper": "Grace Hopper", "alan-turing": "Alan Turing"}
SITES = {"site-1": "History club"}
OPTIONS = ("Social media", "E-mail", "In person")


def form(*fields: Field) -> Procedure:
    """A request with these fields."""
    return Procedure(
        slug="test-form",
        ids=("R1",),
        title="A form",
        kind=Kind.REQUEST,
        say="Say something.",
        clauses=("agora:5.2",),
        fields=fields,
        stages=(Stage(id="decision", title="Decision", roles=(Role.HEADTEACHER,)),),
    )


def field(type_: str, **more: Any) -> Field:
    options = OPTIONS if type_ in ("choice", "choices") else ()
    return Field(id="f", label="The question", type=FieldType(type_), options=options, **more)


def fill(procedure: Procedure, **raw: Sequence[str]) -> Read:
    return read(procedure, raw, PEOPLE, SITES)


RIGHT: list[tuple[str, dict[str, Any], list[str], Value]] = [
    ("line", {}, ["  The Gazette \n"], "The Gazette"),
    ("line", {}, ["two\r\nlines\x07"], "two lines"),
    ("line", {}, ["x" * LINE_LIMIT], "x" * LINE_LIMIT),
    ("text", {}, ["*Kept*  <b>letter</b> for letter:\r\n\ttab, =1+1, \u202e, \U0001f469\u200d\U0001f3eb\x00\x1b[0m"],
     "*Kept*  <b>letter</b> for letter:\n\ttab, =1+1, \u202e, \U0001f469\u200d\U0001f3eb[0m"),
    ("text", {}, ["half \ud83d of a character"], "half  of a character"),
    ("text", {}, ["y" * TEXT_LIMIT], "y" * TEXT_LIMIT),
    ("choice", {}, ["E-mail"], "E-mail"),
    ("choice", {}, ["", "social media "], "Social media"),
    ("choices", {}, ["In person", "Social media", "In person"], ("Social media", "In person")),
    ("yes_no", {}, ["yes"], True),
    ("yes_no", {}, ["No"], False),
    ("number", {}, ["12"], 12),
    ("number", {}, ["1,250"], 1250),
    ("number", {"least": -5}, ["-3"], -3),
    ("number", {"least": 1, "most": 3}, ["3"], 3),
    ("date", {}, ["2026-11-23"], "2026-11-23"),
    ("date", {}, ["23/11/2026"], "2026-11-23"),
    ("date", {}, ["23 November 2026"], "2026-11-23"),
    ("date", {}, ["2028-02-29"], "2028-02-29"),
    ("moment", {}, ["2026-11-23T15:30"], "2026-11-23T15:30:00+00:00"),
    ("moment", {}, ["2026-07-01T15:30"], "2026-07-01T14:30:00+00:00"),
    ("moment", {}, ["01/07/2026 15:30"], "2026-07-01T14:30:00+00:00"),
    ("moment", {}, ["2026-07-01T14:30:00+00:00"], "2026-07-01T14:30:00+00:00"),
    ("moment", {}, ["2026-10-25T01:30"], "2026-10-25T00:30:00+00:00"),
    ("address", {}, ["https://example.org/a?b=c#d"], "https://example.org/a?b=c#d"),
    ("address", {}, ["HTTP://Example.org"], "HTTP://Example.org"),
    ("address", {}, [" www.example.org/@school "], "https://www.example.org/@school"),
    ("address", {}, ["example.org:8080/x"], "https://example.org:8080/x"),
    ("address", {}, ["https://169.254.169.254/latest"], "https://169.254.169.254/latest"),
    ("people", {"least": 2}, ["grace-hopper", "ada-lovelace", "grace-hopper"], ("grace-hopper", "ada-lovelace")),
    ("person", {}, ["ada-lovelace"], "ada-lovelace"),
    ("subject", {}, ["alan-turing"], "alan-turing"),
    ("subject", {}, ["nobody"], "nobody"),
    ("site", {}, ["site-1"], "site-1"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "more", "raw", "value"), RIGHT)
def test_right_answers_become_values_and_values_read_again(
    type_: str, more: dict[str, Any], raw: list[str], value: Value
) -> None:
    procedure = form(field(type_, required=True, **more))
    assert fill(procedure, f=raw) == Read({"f": value}, {})
    # A form shown again with what is stored, as when a request is revised, gives the same values.
    again = list(value) if isinstance(value, tuple) else [{True: "yes", False: "no"}[value] if value in (True, False)
                                                          and isinstance(value, bool) else str(value)]  # fmt: skip
    assert fill(procedure, f=again) == Read({"f": value}, {})


WRONG: list[tuple[str, dict[str, Any], list[str], str]] = [
    ("line", {}, ["x" * (LINE_LIMIT + 1)], "“The question” has 201 characters; please shorten it to 200."),
    ("text", {}, ["y" * (TEXT_LIMIT + 1)], "“The question” has 8,001 characters; please shorten it to 8,000."),
    ("choice", {}, ["Fax"], "Please answer “The question” with: Social media; E-mail; In person."),
    ("choice", {}, ["E-mail", "In person"], "Please choose only one answer to “The question”."),
    ("choices", {"least": 2}, ["E-mail", "E-mail"], "Please choose at least 2 answers in “The question”."),
    ("choices", {"most": 1}, ["E-mail", "In person"], "Please choose at most 1 answer in “The question”."),
    ("yes_no", {}, ["maybe"], "Please answer “The question” with yes or no."),
    ("yes_no", {}, ["yes", "no"], "Please answer “The question” with yes or no."),
    ("number", {}, ["twelve"], "Please give “The question” as a whole number in figures, such as 12."),
    ("number", {}, ["1.5"], "Please give “The question” as a whole number in figures, such as 12."),
    ("number", {}, ["1,25"], "Please give “The question” as a whole number in figures, such as 12."),
    ("number", {}, ["9" * 5000], "Please give “The question” as a whole number in figures, such as 12."),
    ("number", {"least": 1}, ["0"], "“The question” must be 1 or more."),
    ("number", {"most": 2000}, ["2001"], "“The question” must be 2,000 or less."),
    ("date", {}, ["2026-02-30"], "Please give a date for “The question”, such as 23/11/2026."),
    ("date", {}, ["11/23/2026"], "Please give a date for “The question”, such as 23/11/2026."),
    ("date", {}, ["0026-11-23"], "Please give a date for “The question”, such as 23/11/2026."),
    ("date", {}, ["next Monday"], "Please give a date for “The question”, such as 23/11/2026."),
    ("moment", {}, ["2026-11-23"], "Please give a date and a time for “The question”, such as 23/11/2026 15:30."),
    ("moment", {}, ["2026-11-23T25:00"], "Please give a date and a time for “The question”, such as 23/11/2026 15:30."),
    ("moment", {}, ["2026-03-29T01:30"],
     "The clocks go forward then: the time in “The question” does not exist. Please choose another."),
    ("address", {}, ["javascript:alert(1)"],
     "“The question” must be the address of a web page: one that begins with https://."),
    ("address", {}, ["FTP://example.org"],
     "“The question” must be the address of a web page: one that begins with https://."),
    ("address", {}, ["data:text/html,x"],
     "“The question” must be the address of a web page: one that begins with https://."),
    ("address", {}, ["https://me:secret@example.org/"],
     "Please leave out the user name and password before the “@” in “The question”."),
    ("address", {}, ["https://example.org/" + "a" * ADDRESS_LIMIT],
     "“The question” has more than 2,000 characters; please leave out what follows the “?”."),
    *(("address", {}, [text], "Please give a web address for “The question”, such as https://www.example.org/page.")
      for text in ("@school", "https://", "https:///x", "history club", "https://example.org/a b", "https://nodots",
                   "https://good.example\\@evil.example", "https://exa\u202emple.org", "https://[::1", "http://a..b",
                   "example.org:99999999", "https://-a.example", "https://example.org/\u200b")),
    ("people", {}, ["ada-lovelace", "stranger"],
     "Please choose people from the list of staff for “The question”."),
    ("people", {"least": 2}, ["ada-lovelace", "ada-lovelace"],
     "Please choose at least 2 different people in “The question”."),
    ("people", {"most": 1}, ["ada-lovelace", "grace-hopper"], "Please choose at most 1 person in “The question”."),
    ("person", {}, ["nobody"], "Please choose one person from the list of staff for “The question”."),
    ("person", {}, ["ada-lovelace", "alan-turing"],
     "Please choose one person from the list of staff for “The question”."),
    ("subject", {}, ["stranger"],
     "Please choose one person for “The question”, or “Somebody who is not a member of staff”."),
    ("site", {}, ["site-2"], "Please choose one site from the register for “The question”."),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "more", "raw", "sentence"), WRONG)
def test_wrong_answers_are_told_with_the_cure(type_: str, more: dict[str, Any], raw: list[str], sentence: str) -> None:
    assert fill(form(field(type_, **more)), f=raw) == Read({}, {"f": sentence})


@pytest.mark.parametrize("type_", [t for t in FieldType if t is not FieldType.EVIDENCE])
@pytest.mark.parametrize("raw", [[], [""], ["  \r\n ", "\x00"], ["\u200b\u00a0\u2060"]])
def test_nothing_filled_in_is_missing_only_where_it_is_required(type_: FieldType, raw: list[str]) -> None:
    assert fill(form(field(type_)), f=raw) == Read({}, {})
    required = form(field(type_, required=True))
    told = fill(required, f=raw)
    assert told.values == {}
    assert told.errors["f"].startswith("Please ")
    assert "“The question”" in told.errors["f"]
    assert fill(required).errors == told.errors
    missing = first_missing(required, {})
    assert missing is not None
    assert missing.id == "f"


def test_evidence_is_not_read_here() -> None:
    procedure = form(field("evidence", required=True))
    assert fill(procedure, f=["photo.png"]) == Read({}, {})
    assert first_missing(procedure, {}) is None


ASKED = form(
    Field(id="host", label="Who hosts it", type=FieldType.CHOICE, options=OPTIONS, required=True),
    Field(id="host_name", label="Which", type=FieldType.LINE, required=True, when={"host": "In person"}),
    Field(id="pupils", label="Pupils in it", type=FieldType.YES_NO),
    Field(id="consent", label="Consent", type=FieldType.YES_NO, required=True, when={"pupils": "yes"}),
    Field(id="how", label="How", type=FieldType.LINE, required=True, when={"consent": "yes", "host": "In person"}),
)


def test_fields_that_do_not_apply_are_neither_asked_nor_kept() -> None:
    raw = {"host": ["E-mail"], "host_name": ["x" * 999], "pupils": ["no"], "consent": ["yes"], "how": ["so"]}
    assert fill(ASKED, **raw) == Read({"host": "E-mail", "pupils": False}, {})
    # An answer that is wrong opens nothing that hangs on it.
    assert set(fill(ASKED, host=["Fax"], pupils=["yes"]).errors) == {"host", "consent"}


def test_a_chat_is_led_from_one_missing_answer_to_the_next() -> None:
    values: dict[str, Value] = {}
    asked = []
    while (missing := first_missing(ASKED, values)) is not None:
        asked.append(missing.id)
        answers: dict[str, Value] = {"host": "In person", "host_name": "n", "consent": True, "how": "h"}
        values[missing.id] = answers[missing.id]
        values["pupils"] = True
    assert asked == ["host", "host_name", "consent", "how"]


LIFE = form(
    Field(id="go_live", label="Live from", type=FieldType.DATE),
    Field(id="closure", label="Closes on", type=FieldType.DATE, required=True),
    Field(id="administrators", label="Administrators", type=FieldType.PEOPLE, required=True, least=2),
)


@pytest.mark.parametrize(
    ("live", "closure", "fine"),
    [("2026-11-23", "2026-11-24", True), ("2026-11-23", "2026-11-23", False), ("2026-11-23", "1/1/2026", False),
     ("", "2026-01-01", True)],
)  # fmt: skip
def test_a_site_closes_after_it_goes_live(live: str, closure: str, fine: bool) -> None:
    told = fill(LIFE, go_live=[live], closure=[closure], administrators=["ada-lovelace", "alan-turing"])
    assert ("closure" in told.values) is fine
    if not fine:
        assert told.errors == {
            "closure": "The closing date must be after Monday 23 November 2026, the day it goes live."
        }


def test_one_administrator_under_two_entries_of_a_form_is_still_one() -> None:
    told = fill(LIFE, closure=["2026-11-24"], administrators=["ada-lovelace", "ada-lovelace"])
    assert told.errors == {"administrators": "Please choose at least 2 different people in “Administrators”."}


SHOWN: list[tuple[str, Value, str]] = [
    ("yes_no", True, "Yes"),
    ("yes_no", False, "No"),
    ("number", 1250, "1,250"),
    ("date", "2026-11-23", "Monday 23 November 2026"),
    ("date", "2026-11-02", "Monday 2 November 2026"),
    ("moment", "2026-07-01T14:30:00+00:00", "Wednesday 1 July 2026 at 15:30"),
    ("moment", "2026-11-23T15:30:00+00:00", "Monday 23 November 2026 at 15:30"),
    ("people", ("ada-lovelace", "grace-hopper", "alan-turing"), "Ada Lovelace, Grace Hopper and Alan Turing"),
    ("people", ("ada-lovelace",), "Ada Lovelace"),
    ("person", "alan-turing", "Alan Turing"),
    ("subject", "nobody", NOT_STAFF),
    ("subject", "alan-turing", "Alan Turing"),
    ("site", "site-1", "History club"),
    ("choices", ("Social media", "In person"), "Social media; In person"),
    ("choice", "E-mail", "E-mail"),
    ("text", "as\nit is", "as\nit is"),
    ("address", "https://example.org", "https://example.org"),
    ("date", "soon", "soon"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "words"), SHOWN)
def test_answers_are_shown_as_people_read_them(type_: str, value: Value, words: str) -> None:
    assert shown(field(type_), value, lambda who: {**PEOPLE, **SITES}[who]) == words


FORMS = [p for policy in load().policies.values() for p in policy.procedures.values() if p.fields]
ANSWERS = st.one_of(
    st.sampled_from(["yes", "no", "ada-lovelace", "nobody", "site-1", "2026-11-23", "2026-01-01", "2026-07-01T14:30"]),
    st.sampled_from(sorted({option for p in FORMS for f in p.fields for option in f.options})),
    st.integers().map(str),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda m: m.isoformat()[:16]),
    st.text("htps:/@.ex[]\\-1é?#", max_size=20),
    st.text(st.characters(), max_size=300),
)


@given(data=st.data())
def test_anything_filled_into_any_form_is_read_without_an_exception(data: st.DataObject) -> None:
    procedure = data.draw(st.sampled_from(FORMS))
    keys = st.sampled_from([*procedure.by_id, "", "csrf"])
    raw: Mapping[str, Sequence[str]] = data.draw(
        st.dictionaries(keys, st.one_of(st.lists(ANSWERS, max_size=3), ANSWERS))
    )
    told = read(procedure, raw, PEOPLE, SITES)
    assert set(told.values) | set(told.errors) <= set(procedure.by_id)
    assert not set(told.values) & set(told.errors)
    assert TypeAdapter(dict[str, Value]).validate_python(told.values) == told.values
    json.dumps(told.values, ensure_ascii=False).encode()
    for key, value in told.values.items():
        assert shown(procedure.by_id[key], value, str.upper)
    for sentence in told.errors.values():
        assert sentence[0].isupper() or sentence[0] == "“"
        assert sentence.endswith(".")
    missing = first_missing(procedure, told.values)
    assert missing is None or missing.id in told.errors


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_is_shown_as_it_was_given(moment: datetime) -> None:
    stored = moment.replace(second=0, microsecond=0).isoformat()
    words = shown(field("moment"), stored, str)
    day, _, time = words.split(" ", 1)[1].partition(" at ")
    local = f"{datetime.strptime(day, '%d %B %Y'):%Y-%m-%d}T{time}"
    read_again = fill(form(field("moment")), f=[local]).values["f"]
    # Only the second pass of the hour that comes twice in October is read as the first.
    assert read_again == stored or datetime.fromisoformat(stored).month == 10
