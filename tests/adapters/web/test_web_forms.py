"""From the menu to a sent form, as by a browser without scripts."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from bot import desk_texts, evidence

from .conftest import Visitor
from .steps import PUPIL, ask_press, fill, key_of, report_pupil


def png(colour: str = "red") -> bytes:
    """A small picture."""
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


async def test_the_menu_has_everything_that_the_policy_defines(talker: Visitor) -> None:
    _, text = await talker.get("/start")
    for words in ("Ask permission", "Report", "Record", "Look up"):
        assert f">{words}</h2>" in text
    for slug in ("press", "new-site", "friend-report", "blog-note", "site-check"):
        assert f'href="/start/{slug}"' in text


async def test_a_look_up_leads_to_what_it_shows(talker: Visitor) -> None:
    response, _ = await talker.get("/start/site-check")
    assert (response.status, response.headers["Location"]) == (303, "/register")


@pytest.mark.parametrize("slug", ["logo-use", "nothing", "press'", "PRESS"])
@pytest.mark.parametrize("step", ["", "/check"])
async def test_what_the_policy_does_not_define_is_not_offered(talker: Visitor, slug: str, step: str) -> None:
    response, text = await talker.get(f"/start/{slug}{step}")
    assert response.status == 404
    assert "Your policy does not offer this" in text


async def test_a_form_says_what_it_does_and_who_gets_it(talker: Visitor) -> None:
    _, text = await talker.get("/start/friend-report")
    for words in (
        desk_texts.BANNER, "It goes to the head.", "Do not reply.", "Ced Dee (Head)", "(required)", "Name or account.",
        "Why this is asked: clause 1.1", "Staff must not add pupils.", "Somebody who is not a member of staff",
    ):  # fmt: skip
        assert words in text
    assert text.index(desk_texts.BANNER) < text.index("<h1>")
    assert "Zoe Else" not in text
    _, text = await talker.get("/start/press")
    assert desk_texts.BANNER not in text


async def test_what_is_missing_is_said_in_place_and_at_the_top(talker: Visitor) -> None:
    response, text = await fill(talker, "friend-report", {"subject": "nobody"})
    assert response.status == 400
    assert text.count("Please fill in “Which pupil”.") == 2
    assert '<a href="#f-pupil">' in text
    assert 'id="f-pupil-error"' in text
    assert "<title>Error: " in text
    assert '<option value="nobody" selected>' in text


async def test_a_further_question_is_asked_without_scripts(talker: Visitor) -> None:
    answers = {"pupil": PUPIL, "subject": "nobody", "family": "yes"}
    response, text = await fill(talker, "friend-report", answers, shown=False)
    assert response.status == 200
    assert "One further question" in text
    assert "There is a problem" not in text
    assert '<a href="#f-tie">Which tie</a>' in text
    response, text = await fill(talker, "friend-report", answers)
    assert response.status == 400
    assert "Please fill in “Which tie”." in text
    response, text = await fill(talker, "friend-report", {**answers, "tie": "My niece"})
    assert response.url.path == "/start/friend-report/check"
    assert "My niece" in text


async def test_an_answer_to_a_question_that_does_not_apply_is_dropped(talker: Visitor) -> None:
    answers = {"pupil": PUPIL, "subject": "nobody", "family": "no", "tie": "Leftover"}
    _, text = await fill(talker, "friend-report", answers)
    assert "Leftover" not in text


async def test_the_check_shows_whom_a_concern_about_the_head_goes_to(talker: Visitor) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "ced", "family": "no"})
    assert "Fay Gee (Chair of governors)" in text
    assert "Ced Dee (Head)" not in text


async def test_where_nobody_is_left_the_officer_is_named(visitor: Visitor) -> None:
    await visitor.begin("zoe", "vale")
    await fill(visitor, "press", {"question": "Mine?"})
    _, text = await visitor.get("/start/press/check")
    assert "Nobody independent is left to decide this." in text


async def test_a_draft_is_kept_sealed_and_can_be_discarded(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL})
    await talker.post("/new")
    _, text = await talker.get("/start")
    assert "Draft kept" in text
    _, text = await talker.get("/start/friend-report")
    assert f'value="{PUPIL}"' in text
    assert "You began this on 20 November 2026" in text
    other = await talker.another("bea")
    _, text = await other.get("/start/friend-report")
    assert PUPIL not in text
    talker.token = other.token
    await talker.get("/start/friend-report")
    await talker.post("/start/friend-report/drop")
    _, text = await talker.get("/start/friend-report")
    assert PUPIL not in text


async def test_a_draft_that_nobody_goes_on_with_is_forgotten(talker: Visitor) -> None:
    await fill(talker, "press", {"question": "Old"})
    talker.moment.now += timedelta(days=15)
    await fill(talker, "blog-note", {"name": "New"})
    _, text = await talker.get("/start/press")
    assert "Old" not in text


async def test_a_script_can_keep_the_draft(talker: Visitor) -> None:
    _, text = await talker.get("/start/press")
    fields = [("f-question", "Half a sen"), ("do", "keep"), ("shown", "question")]
    response, _ = await talker.post("/start/press", data=fields, key=key_of(text))
    assert response.status == 204
    _, text = await talker.get("/start/press")
    assert "Half a sen" in text


async def test_a_sent_form_is_a_case_with_a_number(talker: Visitor) -> None:
    case = await ask_press(talker, "Why\n<b>now</b>?")
    _, text = await talker.get(f"/case/{case}?sent=yes")
    assert "Your request was received and recorded." in text
    assert "AF-" in text
    assert "Why\n&lt;b&gt;now&lt;/b&gt;?" in text
    _, text = await talker.get("/start/press")
    assert "Why" not in text


async def test_the_same_form_sent_twice_opens_one_case(talker: Visitor) -> None:
    await fill(talker, "press", {"question": "Once"})
    _, text = await talker.get("/start/press/check")
    key = key_of(text)
    await talker.post("/start/press/send", key=key)
    await talker.get("/desk")
    response, text = await talker.post("/start/press/send", key=key)
    assert response.url.path == "/desk"
    assert "This form was sent already" in text
    assert text.count("/case/") == 1


async def test_what_another_window_changed_is_shown_before_it_is_sent(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": "First pupil", "family": "no"})
    _, first = await talker.get("/start/friend-report/check")
    await fill(talker, "friend-report", {"pupil": "Second pupil", "family": "no"})
    response, text = await talker.post("/start/friend-report/send", key=key_of(first))
    assert response.status == 400
    assert "changed in another window" in text
    assert "Second pupil" in text
    response, text = await talker.post("/start/friend-report/send", key=key_of(text))
    assert response.url.path.startswith("/case/")


async def test_two_windows_make_two_reports(talker: Visitor) -> None:
    """Both forms were opened before either was sent."""
    for pupil in ("First pupil", "Second pupil"):
        _, text = await fill(talker, "friend-report", {"pupil": pupil, "family": "no"})
        _, text = await talker.post("/start/friend-report/send", key=key_of(text))
        assert pupil in text
    _, text = await talker.get("/desk")
    assert text.count("Report a request</a>") == 2


async def test_a_second_post_is_a_second_place_to_ask_from(visitor: Visitor) -> None:
    await visitor.begin("eve", "east")
    _, text = await visitor.get("/start")
    assert 'href="/start?school=west"' in text
    _, text = await visitor.get("/start/press?school=west")
    assert "Will West" in text
    assert "Ed East" not in text.split("<form")[0]
    fields = [("f-question", "There?"), ("shown", "question"), ("shown", "by")]
    response, text = await visitor.post("/start/press?school=west", data=fields)
    assert str(response.url).endswith("/start/press/check?school=west")
    response, text = await visitor.post("/start/press/send?school=west", key=key_of(text))
    assert "West School" in text
    response, _ = await visitor.get("/start/press?school=hill")
    assert response.status == 404


async def test_nothing_is_sent_with_errors_left(talker: Visitor) -> None:
    await fill(talker, "press", {})
    response, _ = await talker.get("/start/press/check")
    assert response.headers["Location"] == "/start/press"


# Files: never before the gate (SECURITY T20), and only what evidence takes (T19).


async def test_no_file_can_be_chosen_before_the_gate(talker: Visitor) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    assert evidence.GATE_QUESTION in text
    assert 'type="file"' not in text
    _, text = await talker.post("/start/friend-report/gate", gate="no")
    assert 'type="file"' in text
    _, text = await talker.post("/start/friend-report/gate", gate="yes")
    assert 'type="file"' not in text
    for words in (evidence.GATE_STOP, evidence.GATE_DANGER, "Gil Ho (Safeguarding lead)"):
        assert words in text


async def test_a_procedure_without_evidence_has_no_gate(talker: Visitor) -> None:
    _, text = await fill(talker, "press", {"question": "Why?"})
    assert evidence.GATE_QUESTION not in text


@pytest.mark.parametrize("gate", ["", "yes"])
async def test_a_file_past_the_gate_is_refused_and_nothing_is_sent(talker: Visitor, gate: str) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    key = key_of(text)
    await talker.post("/start/friend-report/gate", gate=gate)
    response, text = await talker.upload("/start/friend-report/send", [("a.png", png())], key=key)
    assert response.status == 400
    assert "Files can be added once the question about them is answered with no" in text
    _, text = await talker.get("/desk")
    assert "/case/" not in text


async def test_what_the_gate_held_back_is_said_and_hurried(talker: Visitor) -> None:
    case = await report_pupil(talker, gate="yes")
    await talker.settle()
    head, lead = await talker.another("ced"), await talker.another("gil")
    _, text = await head.get(f"/case/{case}")
    assert desk_texts.GATE_HELD_BACK in text
    # Safeguarding moves by the clock on the wall: the next authority after two hours.
    assert "by Friday 20 November 2026, 12:00" in text
    _, text = await lead.get("/desk")
    assert "a restricted case" in text


async def test_files_are_sent_after_the_gate(talker: Visitor) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    key = key_of(text)
    await talker.post("/start/friend-report/gate", gate="no")
    files = [("one.png", png()), ("two.png", png("blue"))]
    response, text = await talker.upload("/start/friend-report/send", files, key=key)
    assert response.url.path.startswith("/case/")
    assert "File 2: PNG, 1 KB" in text
    assert "two.png" not in text


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("a.svg", b"<svg/>")], "only PNG, JPEG and WEBP pictures and PDF files"),
        ([("a.png", b"MZ")], "the file is not what the end of its name says"),
        ([("a.png", png()), ("b.png", b"")], "the file is empty"),
        ([(f"{n}.png", png()) for n in range(6)], "at most 5 files"),
    ],
)
async def test_a_wrong_file_is_refused_with_the_cure(
    talker: Visitor, files: list[tuple[str, bytes]], says: str
) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    key = key_of(text)
    await talker.post("/start/friend-report/gate", gate="no")
    response, text = await talker.upload("/start/friend-report/send", files, key=key)
    assert response.status == 400
    assert says.casefold() in text.casefold()
    _, text = await talker.get("/start/friend-report/check")
    assert PUPIL in text


async def test_a_file_without_the_token_is_not_read(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    large = png() + b"\0" * evidence.MAX_BYTES
    for token in ("", "0" * 64):
        # Read to its end it would be too large.
        response, _ = await talker.upload("/start/friend-report/send", [("a.png", large)], token=token, key="x")
        assert response.status == 403


async def test_a_file_is_taken_nowhere_else(talker: Visitor) -> None:
    response, _ = await talker.upload("/start/friend-report/gate", [("a.png", png())], gate="no")
    assert response.status == 400


async def test_too_large_a_file_is_refused(talker: Visitor) -> None:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    key = key_of(text)
    await talker.post("/start/friend-report/gate", gate="no")
    large = png() + b"\0" * evidence.MAX_BYTES
    response, text = await talker.upload("/start/friend-report/send", [("a.png", large)], key=key)
    assert response.status == 413
    assert "A file is larger than 10 MB" in text


async def test_nothing_that_was_typed_stands_in_the_database(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "family": "no"})
    await report_pupil(talker)
    path = talker.office.store.engine.url.database
    assert path
    with open(path, "rb") as file, open(f"{path}-wal", "rb") as wal:
        assert b"Quillfeather" not in file.read() + wal.read()
