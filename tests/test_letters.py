"""Letters and records: every word on paper, whatever people wrote, and nothing about who made the file."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.letter_paper import FONTS
from bot.letters import Entry, Letter, Quote, Record, SignedBy, case_record, decision_letter
from policy_kb.loader import load

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
WORDS = "Thank you for asking.\n\nYou may say: “We don’t comment.” *Nothing* else, {nb} <b>times</b> – £5, 50 % & more."
LETTER = Letter(
    organisation="Sample Trust",
    school="Willow Bank Primary School",
    reference="WB-2026-0042",
    title="Media enquiry",
    requester="Priya Nair",
    job="Year 5 teacher",
    asked_on="Monday 23 November 2026 at 09:12",
    decided_on="Monday 23 November 2026 at 14:05",
    outcome="Approved on conditions",
    words=WORDS,
    conditions="Copy in the office.",
    signatures=(
        SignedBy("Tom Ashworth", "the network manager", "Friday 20 November 2026", "Accounts are set up."),
        SignedBy("Helen O’Connor", "the headteacher", "Monday 23 November 2026", WORDS),
    ),
    quotes=(Quote("5.2", "Social Media Policy", "Employees must not reply."),),
    policy="Sample Social Media Policy",
    policy_version="September 2024",
    asked=(("Which outlet", "The Gazette"), ("Their deadline", "Tuesday")),
    at=AT,
)
RECORD = Record(
    school="Willow Bank Primary School",
    reference="WB-2026-0042",
    title="Media enquiry",
    entries=(
        Entry("23/11/2026 09:12", "Priya Nair", "Asked"),
        Entry("23/11/2026 14:05", "Helen O’Connor", "Approved", WORDS),
    ),
    at=AT,
)


def read(data: bytes) -> list[str]:
    """The text of each page."""
    document = pdfium.PdfDocument(data)
    found = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    document.close()
    return found


def bare(text: str) -> str:
    """Without white space, as lines break where the paper ends. PDFium reads a hyphen there as U+FFFE."""
    return re.sub(r"\s", "", text.replace("\ufffe", "-"))


def body(page: str) -> str:
    """The text of a page without its foot and the head of its columns."""
    return re.sub(r"(WB-2026-004\d(, )?)+\s+Page \d+ of \d+|When\s+Who\s+What\s+Words", "", page)


def test_a_letter_says_everything_letter_for_letter() -> None:
    (page,) = read(decision_letter(LETTER))
    text = bare(page)
    for value in vars(LETTER).values():
        if isinstance(value, str):
            assert bare(value) in text, value
    for said in [
        *vars(LETTER.signatures[0]).values(),
        *vars(LETTER.quotes[0]).values(),
        *LETTER.asked[0],
        "Page 1 of 1",
    ]:
        assert bare(said) in text, said
    assert text.count(bare(WORDS)) == 1
    assert "⟦" not in text


def test_the_clauses_of_every_policy_are_printed_whole() -> None:
    for policy in load().policies.values():
        clauses = [clause for document in policy.documents for clause in document.clauses]
        quotes = tuple(Quote(clause.label, "Policy", clause.text) for clause in clauses)
        text = bare("".join(body(page) for page in read(decision_letter(replace(LETTER, quotes=quotes)))))
        assert "⟦" not in text
        for clause in clauses:
            assert bare(clause.text) in text, clause.id


def test_a_letter_has_a_title_and_a_language_and_no_author_and_is_the_same_each_time() -> None:
    data = decision_letter(LETTER)
    assert data == decision_letter(LETTER)
    assert b"/Lang (en-GB)" in data
    assert b"/DisplayDocTitle true" in data
    document = pdfium.PdfDocument(data)
    told = {key: value for key, value in document.get_metadata_dict().items() if value}
    assert told.pop("Producer", "").startswith(("", "py-pdf"))
    assert told == {
        "Title": "Approved on conditions: Media enquiry (WB-2026-0042)",
        "CreationDate": "D:20261123140500Z",
    }
    width, height = document[0].get_size()
    assert (width, height) == pytest.approx((595.28, 841.89), abs=0.1)
    assert decision_letter(replace(LETTER, words="Other")) != data


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("well done \U0001f642", "well done ⟦slightly smiling face⟧"),
        ("中文", "⟦U+4E2D, U+6587⟧"),
        ("a\u202egnp.exe", "a⟦U+202E⟧gnp.exe"),
        ("nul\x00", "nul⟦U+0000⟧"),
        ("half \ud83d", "half ⟦U+D83D⟧"),
        ("Nguyễn Łukasz Ğüneş Ελλάδα Привет €£½✓", "Nguyễn Łukasz Ğüneş Ελλάδα Привет €£½✓"),
        ("\tx\r\ny\rz", "x\ny\nz"),
    ],
)
def test_what_the_type_lacks_is_replaced_where_people_see_it(written: str, printed: str) -> None:
    for data in (
        decision_letter(replace(LETTER, words=written, title=written)),
        case_record([replace(RECORD, title=written, entries=(Entry("now", "who", "what", written),))]),
    ):
        text = bare("".join(read(data)))
        assert text.count(bare(printed)) == 2
        assert ("standsforacharacter" in text) is ("⟦" in printed)


def test_words_that_run_to_the_left_are_printed_in_their_order() -> None:
    document = pdfium.PdfDocument(decision_letter(replace(LETTER, words="12 שלום עולם", conditions="")))
    page = document[0].get_textpage()
    text = page.get_text_range()
    left = {c: page.get_charbox(text.index(c))[0] for c in "שלוע"}
    # The first letter of the first word stands furthest to the right.
    assert left["ש"] > left["ל"] > left["ו"] > left["ע"]


def test_long_letters_break_anywhere_and_number_their_pages() -> None:
    words = "\n".join(f"{number} " + "Wordy paragraph of a long decision. " * 20 for number in range(40)) + "x" * 2_000
    pages = read(decision_letter(replace(LETTER, words=words, conditions=words, requester="W" * 400)))
    assert len(pages) > 6
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "WB-2026-0042" in page
    text = bare("".join(body(page) for page in pages))
    assert text.count(bare(words)) == 2


@pytest.mark.parametrize("above", range(0, 60, 3))
def test_a_heading_is_never_the_last_thing_on_a_page(above: int) -> None:
    letter = replace(LETTER, words="line\n" * above + "end", asked=LETTER.asked * 4)
    for page in read(decision_letter(letter)):
        last = body(page).strip().splitlines()[-1].strip()
        assert last not in ("The decision", "Conditions", "Signatures", "What was asked", "What the policy says")
        assert last not in ("Which outlet", "Tom Ashworth", "Social Media Policy, 5.2")


def test_a_record_lists_who_did_what_when_over_as_many_pages_as_it_takes() -> None:
    long = Entry("23/11/2026 15:00", "Ada Lovelace", "Wrote", "A long message in the thread. " * 300)
    entries = RECORD.entries * 12 + (long,)
    pages = read(case_record([replace(RECORD, entries=entries), replace(RECORD, reference="WB-2026-0043")]))
    assert len(pages) > 3
    for page in pages:
        assert re.search(r"When\s+Who\s+What\s+Words", page)
    text = bare("".join(body(page) for page in pages))
    assert text.count("HelenO’Connor") == 13
    assert text.count("Alongmessageinthethread.") == 300
    assert "CaserecordWB-2026-0043" in text
    assert case_record([RECORD]) == case_record([RECORD])
    with pytest.raises(ValueError, match="at least one"):
        case_record([])


ANY = st.one_of(st.text(st.characters(), max_size=120), st.text("שלום مرحبا 12 ab()", max_size=40), st.just(""))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything_people_write_can_be_printed(caplog: pytest.LogCaptureFixture, data: st.DataObject) -> None:
    text: dict[str, Any] = {name: data.draw(ANY) for name, value in vars(LETTER).items() if isinstance(value, str)}
    signed = SignedBy(data.draw(ANY), data.draw(ANY), data.draw(ANY), data.draw(ANY))
    quote, asked = Quote(data.draw(ANY), data.draw(ANY), data.draw(ANY)), ((data.draw(ANY), data.draw(ANY)),)
    letter = replace(LETTER, **text, signatures=(signed,), quotes=(quote,), asked=asked)
    assert read(decision_letter(letter))
    entry = Entry(data.draw(ANY), data.draw(ANY), data.draw(ANY), data.draw(ANY))
    assert read(case_record([Record(data.draw(ANY), data.draw(ANY), data.draw(ANY), (entry,), AT)]))
    # The library logs characters that it cannot print, and people's words do not belong in a log.
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_the_type_comes_with_its_licence() -> None:
    licence = (FONTS / "LICENSE").read_text(encoding="utf-8")
    assert "Bitstream Vera" in licence
    assert "Permission is hereby granted, free of charge" in licence
    assert {path.name for path in FONTS.iterdir()} == {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "LICENSE"}
