"""The case page: decisions, refusals, what is hidden from whom."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from adapters.web.recognise import SAME_SECONDS
from adapters.web.tickets import LIFETIME_SECONDS
from bot import desk_texts
from bot.actions import WORDS_LIMIT

from .conftest import Visitor
from .fakes import without
from .steps import PUPIL, act, ask_press, fill, key_of, report_pupil, version_of
from .test_web_forms import png

POINT = "It names nobody."
WORDS = "Say: “no comment” – and\n  nothing   else. 😀 <b>"
MADE_UP = "0123456789abcdef" * 2


async def test_a_decision_reaches_the_asker_letter_for_letter(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, text = await act(head, case, "approve", words=WORDS, conditions="By phone", confirmed=POINT)
    assert response.status == 200
    assert "Your approval is recorded" in text
    _, text = await talker.get(f"/case/{case}")
    for words in ("Approved with conditions", "By phone", "Say: “no comment” – and\n  nothing   else. 😀 &lt;b&gt;"):
        assert words in text
    await talker.settle()
    _, text = await talker.get("/desk")
    assert "was approved: Answer the press." in text


async def test_the_letter_can_be_printed(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, _ = await talker.get(f"/case/{case}/letter")
    assert response.status == 404
    await act(head, case, "approve", words="Yes.", confirmed=POINT)
    response, _ = await talker.get(f"/case/{case}/letter")
    assert response.status == 200
    assert response.content_type == "application/pdf"
    assert (await response.read()).startswith(b"%PDF-")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="AF-')


@pytest.mark.parametrize("do", ["approve", "decline", "ask"])
async def test_no_decision_without_words(talker: Visitor, do: str) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, text = await act(head, case, do, words="  \n ", confirmed=POINT)
    assert response.status == 400
    assert "Write a few words: they go to the other person letter for letter." in text
    assert f'id="do-{do}" data-part open' in text
    _, text = await talker.get(f"/case/{case}")
    assert ">Waiting</span>" in text


async def test_a_checklist_is_wanted_and_the_words_are_kept(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, text = await act(head, case, "approve", words="My careful words", conditions="If dry")
    assert response.status == 409
    assert "First confirm: It names nobody." in text
    assert "My careful words</textarea>" in text
    assert "If dry</textarea>" in text
    fields = {"do": "approve", "words": "Yes", "confirmed": POINT, "key": key_of(text), "version": version_of(text)}
    response, _ = await head.post(f"/case/{case}", data=list(fields.items()))
    assert response.status == 200


async def test_questions_and_answers_go_both_ways(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    await act(head, case, "ask", words="Which gate?")
    _, text = await talker.get(f"/case/{case}")
    assert "Which gate?" in text
    assert "Ced Dee asked a question. Please answer it below" in text
    await act(talker, case, "say", words="The north one")
    _, text = await head.get(f"/case/{case}")
    assert "The north one" in text


async def test_a_declined_request_is_changed_in_its_thread(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    await act(head, case, "decline", words="Not like this")
    _, text = await talker.get(f"/case/{case}/revise")
    assert "Why is the gate shut?</textarea>" in text
    key = key_of(text)
    response, text = await talker.post(
        f"/case/{case}/revise", data=[("shown", "question"), ("f-question", "")], key=key
    )
    assert response.status == 400
    assert "Please fill in “Their question”." in text
    fields = [("shown", "question"), ("shown", "by"), ("f-question", "Better?"), ("f-by", "2026-12-01")]
    response, text = await talker.post(f"/case/{case}/revise", data=fields, key=key_of(text))
    assert response.url.path == f"/case/{case}"
    for words in ("Better?", "Tuesday 1 December 2026", "Not like this", ">Waiting</span>"):
        assert words in text


async def test_withdrawn_is_withdrawn(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    await act(talker, case, "withdraw")
    response, text = await act(head, case, "approve", words="Yes", confirmed=POINT)
    assert response.status == 409
    assert desk_texts.REFUSALS["ended"] in text


async def test_nobody_decides_their_own(talker: Visitor) -> None:
    case = await ask_press(talker)
    _, text = await talker.get(f"/case/{case}")
    assert "do-approve" not in text
    response, text = await act(talker, case, "approve", words="Yes", confirmed=POINT)
    assert response.status == 409
    assert desk_texts.REFUSALS["own"] in text


async def test_a_decision_about_what_has_changed_is_not_taken(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, seen = await head.get(f"/case/{case}")
    _, text = await talker.get(f"/case/{case}/revise")
    fields = [("shown", "question"), ("shown", "by"), ("f-question", "Something else")]
    await talker.post(f"/case/{case}/revise", data=fields, key=key_of(text))
    sent = {"do": "approve", "words": "Yes to that", "confirmed": POINT, "version": version_of(seen), "key": "k"}
    response, text = await head.post(f"/case/{case}", data=list(sent.items()))
    assert response.status == 409
    assert desk_texts.REFUSALS["changed"] in text
    assert "Something else" in text
    assert "Yes to that</textarea>" in text


async def test_a_reminder_between_does_not_hold_a_decision_up(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, seen = await head.get(f"/case/{case}")
    talker.moment.now += timedelta(days=6)
    await talker.settle()
    talker.clock.now += 1
    sent = {"do": "approve", "words": "Yes", "confirmed": POINT, "version": version_of(seen), "key": "k"}
    response, _ = await head.post(f"/case/{case}", data=list(sent.items()))
    assert response.status == 200


async def test_the_same_click_twice_is_one_decision(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, text = await head.get(f"/case/{case}")
    sent = {"do": "ask", "words": "Once only", "key": key_of(text)}
    for _ in range(2):
        response, text = await head.post(f"/case/{case}", data=list(sent.items()))
        assert response.status == 200
    assert text.count("Once only") == 1


async def test_the_same_key_of_two_people_is_two_clicks(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    for visitor, words in ((head, "From the head"), (talker, "From Ann")):
        await visitor.get(f"/case/{case}")
        await visitor.post(f"/case/{case}", do="say", words=words, key="same")
    _, text = await talker.get(f"/case/{case}")
    assert "From the head" in text
    assert "From Ann" in text


@pytest.mark.parametrize("do", ["", "tick", "open", "revise", "view_evidence", "held", "drop table"])
async def test_what_no_button_sends_is_refused(talker: Visitor, do: str) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, _ = await act(head, case, do, words="x", subject="ced", kind="escalate")
    assert response.status in (400, 409) or do == "open"
    _, text = await talker.get(f"/case/{case}")
    assert ">Waiting</span>" in text


async def test_endless_words_are_refused(talker: Visitor) -> None:
    case = await ask_press(talker)
    response, text = await act(talker, case, "say", words="x" * (WORDS_LIMIT + 1))
    assert response.status == 400
    assert "shorten it" in text


async def test_handing_on_goes_to_somebody_who_may(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    response, text = await act(head, case, "hand_on", to="ann", words="Yours")
    assert response.status == 409
    assert "Ann Bee cannot take this case." in text
    response, _ = await act(head, case, "hand_on", to="zoe", words="Yours")
    assert response.status == 409
    response, _ = await act(head, case, "hand_on", to="", words="Yours")
    assert response.status == 400
    await act(head, case, "hand_on", to="gil", words="Yours")
    lead = await talker.another("gil")
    _, text = await lead.get("/desk")
    assert f"/case/{case}" in text


# Reports.


async def test_a_report_is_read_walked_through_and_closed(talker: Visitor) -> None:
    case, head = await report_pupil(talker), await talker.another("ced")
    _, text = await head.get(f"/case/{case}")
    assert PUPIL in text
    await talker.settle()
    _, text = await talker.get("/desk")
    assert "was read" in text
    response, text = await act(head, case, "close", words="Done")
    assert response.status == 409
    assert "One step is open: See that the pupil is safe" in text
    response, text = await act(head, case, "mark_step", step="safe", done="no")
    assert response.status == 409
    assert desk_texts.REFUSALS["skip_reason"] in text
    await act(head, case, "mark_step", step="safe", done="yes")
    await act(head, case, "mark_step", step="told", done="no", words="No family here")
    _, text = await head.get(f"/case/{case}")
    assert "No family here" in text
    response, _ = await act(head, case, "close", words="Thank you for telling us")
    assert response.status == 200
    _, text = await talker.get(f"/case/{case}")
    assert "Thank you for telling us" in text
    # How it was investigated stays with those who handled it.
    assert "No family here" not in text


async def test_a_report_about_the_head_is_invisible_to_the_head(talker: Visitor) -> None:
    case = await report_pupil(talker, subject="ced")
    await talker.settle()
    head, chair = await talker.another("ced"), await talker.another("fay")
    _, text = await chair.get(f"/case/{case}")
    assert PUPIL in text
    _, desk = await head.get("/desk")
    _, audit = await head.get("/audit")
    for page in (desk, audit):
        assert case not in page
        assert "AF-" not in page
    assert "badge" not in desk
    for do in ("say", "close", "ask"):
        head.token = head.token
        response, text = await head.post(f"/case/{case}", do=do, words="x")
        assert response.status == 404


async def test_naming_the_handler_takes_the_case_from_them(talker: Visitor) -> None:
    case, head = await report_pupil(talker), await talker.another("ced")
    await act(head, case, "say", words="I took part")
    response, text = await act(head, case, "name_subject", subject="")
    assert response.status == 400
    response, text = await act(head, case, "name_subject", subject="ced")
    assert response.url.path == "/desk"
    assert "It is recorded whom the report is about." in text
    assert case not in text
    response, _ = await head.get(f"/case/{case}")
    assert response.status == 404
    chair = await talker.another("fay")
    _, text = await chair.get("/desk")
    assert case in text


@pytest.mark.parametrize("who", ["ced", "bea", "zoe"])
async def test_what_is_not_theirs_is_told_like_what_is_not_there(talker: Visitor, who: str) -> None:
    case = await report_pupil(talker, subject="ced")
    other = await talker.another(who, "vale" if who == "zoe" else "hill")
    for path in ("/case/{}", "/case/{}/letter", "/case/{}/revise", "/live/{}"):
        bodies, times = set(), {}
        for number in (case, MADE_UP, "nonsense"):
            taken = []
            for _ in range(3):
                started = time.perf_counter()
                response, text = await other.get(path.format(number))
                taken.append(time.perf_counter() - started)
                assert response.status == 404
                bodies.add(text)
            # The quickest of three, so that a busy machine does not count.
            times[number] = min(taken)
        assert len(bodies) == 1
        assert min(times.values()) >= SAME_SECONDS, path
        assert max(times.values()) < min(times.values()) * 1.2 + 0.05, path


async def test_a_leaver_decides_nothing_more(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, text = await head.get(f"/case/{case}")
    await talker.office.adopt(without("ced"), talker.moment())
    response, text = await head.post(f"/case/{case}", do="approve", words="Yes", confirmed=POINT, key=key_of(text))
    assert response.status == 403
    assert "AskFirst cannot serve you here" in text
    _, text = await talker.get(f"/case/{case}")
    assert ">Waiting</span>" in text
    assert "Fay Gee" in text


# Evidence.


async def _with_file(talker: Visitor) -> str:
    _, text = await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    key = key_of(text)
    await talker.post("/start/friend-report/gate", gate="no")
    response, _ = await talker.upload("/start/friend-report/send", [("IMG_Quillfeather.png", png())], key=key)
    return response.url.path.rsplit("/", 1)[1]


async def _ask_for_file(visitor: Visitor, case: str) -> str:
    """Press the button beside the first file; where it leads."""
    _, text = await visitor.get(f"/case/{case}")
    path = text.split(f'action="/case/{case}/evidence/')[1].split('"')[0]
    response, _ = await visitor.post(f"/case/{case}/evidence/{path}", follow=False)
    return response.headers["Location"]


async def test_evidence_is_served_once_as_a_file_that_cannot_run(talker: Visitor) -> None:
    case, head = await _with_file(talker), await talker.another("ced")
    ticket = await _ask_for_file(head, case)
    response, _ = await head.get(ticket)
    assert response.status == 200
    assert (await response.read()).startswith(b"\x89PNG")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert "Quillfeather" not in response.headers["Content-Disposition"]
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    response, text = await head.get(ticket)
    assert response.status == 404
    assert "This link has ended" in text
    _, text = await head.get(f"/case/{case}")
    assert "opened a file" in text


async def test_a_ticket_is_for_one_person_and_one_minute(talker: Visitor) -> None:
    case, head, chair = await _with_file(talker), await talker.another("ced"), await talker.another("fay")
    again = await talker.another("ced")
    for other in (chair, again):
        response, _ = await other.get(await _ask_for_file(head, case))
        assert response.status == 404
    ticket = await _ask_for_file(head, case)
    talker.clock.now += LIFETIME_SECONDS
    response, _ = await head.get(ticket)
    assert response.status == 404


async def test_a_ticket_opens_nothing_for_who_left_since(talker: Visitor) -> None:
    case, head = await _with_file(talker), await talker.another("ced")
    ticket = await _ask_for_file(head, case)
    await talker.office.adopt(without("ced"), talker.moment())
    response, _ = await head.get(ticket)
    assert response.status == 403


async def test_a_ticket_opens_nothing_for_whom_the_report_is_about_by_now(talker: Visitor) -> None:
    case, head = await _with_file(talker), await talker.another("ced")
    ticket = await _ask_for_file(head, case)
    await act(head, case, "name_subject", subject="ced")
    response, _ = await head.get(ticket)
    assert response.status == 404


async def test_the_reporter_and_strangers_cannot_ask_for_it(talker: Visitor) -> None:
    case, head = await _with_file(talker), await talker.another("ced")
    _, text = await head.get(f"/case/{case}")
    evidence = text.split(f'action="/case/{case}/evidence/')[1].split('"')[0]
    _, text = await talker.get(f"/case/{case}")
    assert "Download a copy" not in text
    response, _ = await talker.post(f"/case/{case}/evidence/{evidence}", follow=False)
    assert response.status in (404, 409)
    bea = await talker.another("bea")
    for number, wanted in ((case, evidence), (case, MADE_UP), (MADE_UP, evidence)):
        response, _ = await bea.post(f"/case/{number}/evidence/{wanted}", follow=False)
        assert response.status == 404
