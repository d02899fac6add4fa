"""The desk, absences, and what is looked up."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from .conftest import Visitor
from .fakes import without
from .steps import act, ask_press, fill, key_of, report_pupil


async def _site(talker: Visitor, name: str = "PE pictures", approve: bool = True) -> str:
    """A site asked for by Ann with Ann and Bea in charge, and approved by the head."""
    fields = [("f-name", name), ("f-administrators", "ann"), ("f-administrators", "bea"), ("f-closure", "2027-07-01")]
    fields += [("shown", "name"), ("shown", "administrators"), ("shown", "closure")]
    _, text = await talker.get("/start/new-site")
    await talker.post("/start/new-site", data=fields, key=key_of(text))
    _, text = await talker.get("/start/new-site/check")
    response, _ = await talker.post("/start/new-site/send", key=key_of(text))
    case = response.url.path.rsplit("/", 1)[1]
    if approve:
        head = await talker.another("ced")
        await act(head, case, "approve", words="Go ahead")
    return case


async def test_the_desk_has_mine_what_waits_and_what_i_was_told(talker: Visitor) -> None:
    case = await ask_press(talker)
    await talker.settle()
    head = await talker.another("ced")
    _, mine = await talker.get("/desk")
    _, theirs = await head.get("/desk")
    assert "Your request was received and recorded as AF-" in mine
    assert "Nothing waits for you." in mine
    assert f'href="/case/{case}">Answer the press</a>' in theirs
    assert "is waiting for you: Answer the press." in theirs
    assert '1<span class="unseen"> waiting for you</span>' in theirs
    assert "<strong>New:</strong>" in theirs
    await head.get(f"/case/{case}")
    _, theirs = await head.get("/desk")
    assert "<strong>New:</strong>" not in theirs


async def test_the_badge_counts_down_after_a_decision(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, text = await head.get("/policy")
    assert "waiting for you</span>" in text
    await act(head, case, "decline", words="No")
    _, text = await head.get("/policy")
    assert "waiting for you</span>" not in text


async def test_a_record_is_noted_and_told(talker: Visitor) -> None:
    await fill(talker, "blog-note", {"name": "Runes"})
    _, text = await talker.get("/start/blog-note/check")
    assert "Ced Dee (Head)" in text
    response, text = await talker.post("/start/blog-note/send", key=key_of(text))
    assert "It is on record." in text
    await talker.settle()
    head = await talker.another("ced")
    _, text = await head.get("/desk")
    assert "For your information" in text
    _, text = await head.get(response.url.path)
    assert "Runes" in text


async def test_another_trust_sees_nothing(talker: Visitor) -> None:
    case = await ask_press(talker)
    await _site(talker)
    await talker.settle()
    zoe = await talker.another("zoe", "vale")
    for path in ("/desk", "/register", "/audit", "/people", "/register.csv", "/start/friend-report"):
        _, text = await zoe.get(path)
        for words in (case, "AF-2", "PE pictures", "Ann Bee", "Ced Dee"):
            assert words not in text.replace("Ann Bee, Hill", ""), path
    for path in ("/register.csv?school=hill", "/register.html?school=hill", "/start?school=hill"):
        response, _ = await zoe.get(path)
        assert response.status == 404


# Away.


async def test_who_is_away_is_stood_in_for(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    await head.get("/away")
    _, text = await head.post("/away", do="away", since="2026-11-20", until="2026-11-24", stand_in="gil")
    assert "You are away until <strong>Tuesday 24 November 2026, 00:00</strong>" in text
    assert "<strong>Gil Ho</strong> decides" in text
    lead = await talker.another("gil")
    _, text = await lead.get("/desk")
    assert f"/case/{case}" in text
    assert "Gil Ho (Safeguarding lead), while Ced Dee is away" in text
    _, text = await lead.get("/away")
    assert "You decide at present for Ced Dee." in text
    _, text = await talker.get("/people")
    assert "Away until Tuesday 24 November; Gil Ho decides" in text
    await head.post("/away", do="back")
    _, text = await lead.get("/desk")
    assert f"/case/{case}" not in text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"since": "2026-11-20", "until": "2026-11-20", "stand_in": "gil"}, "has passed; choose a later one"),
        ({"since": "2026-11-20", "until": "soon", "stand_in": "gil"}, "Give the day you are back as a date"),
        ({"since": "", "until": "2026-11-30", "stand_in": "gil"}, "Give the first day away as a date"),
        ({"since": "2026-11-20", "until": "2026-11-30", "stand_in": ""}, "Choose another person"),
        ({"since": "2026-11-20", "until": "2026-11-30", "stand_in": "ced"}, "Choose another person"),
        ({"since": "2026-11-20", "until": "2026-11-30", "stand_in": "zoe"}, "Choose another person"),
        ({"since": "2026-11-20", "until": "9999-12-31", "stand_in": "gil"}, "Give the day you are back as a date"),
    ],
)
async def test_an_absence_that_cannot_be_is_explained(talker: Visitor, fields: dict[str, str], says: str) -> None:
    head = await talker.another("ced")
    await head.get("/away")
    response, text = await head.post("/away", data=[("do", "away"), *fields.items()])
    assert response.status == 400
    assert says.casefold() in text.casefold()
    _, text = await head.get("/away")
    assert "I am back" not in text


# The register.


async def test_an_approved_site_stands_in_the_register(talker: Visitor) -> None:
    await _site(talker, approve=False)
    _, text = await talker.get("/register")
    assert "PE pictures" not in text
    await _site(talker, "Choir <i>tunes</i>")
    _, text = await talker.get("/register")
    for words in ("Choir &lt;i&gt;tunes&lt;/i&gt;", "Ann Bee, Bea Cox", "1 July 2027", ">Open</span>", "1 of 1 site"):
        assert words in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=choir", True),
        ("q=bea", True),
        ("q=nothing", False),
        ("state=closed", False),
        ("state=open&school=hill", True),
    ],
)
async def test_the_register_is_filtered(talker: Visitor, query: str, shown: bool) -> None:
    await _site(talker, "Choir tunes")
    _, text = await talker.get(f"/register?{query}")
    assert ("Choir tunes" in text) is shown


async def test_may_i_use_it_with_my_pupils(talker: Visitor) -> None:
    await _site(talker, "Choir tunes")
    _, text = await talker.get("/register?use=the+choir+page")
    assert "<strong>Yes, as approved:</strong> “Choir tunes” is open on the register" in text
    _, text = await talker.get("/register?use=Snapchat")
    assert "<strong>No:</strong> no open site" in text
    assert "“Snapchat”. Do not use it with pupils; ask for it first." in text


async def test_too_few_administrators_are_shown(talker: Visitor) -> None:
    await _site(talker)
    await talker.office.adopt(without("bea"), talker.moment())
    _, text = await talker.get("/register")
    assert "Too few administrators are left." in text


async def test_the_lists_for_the_website_name_nobody_and_run_nothing(talker: Visitor) -> None:
    await _site(talker, "=HYPERLINK(1)")
    await _site(talker, "Choir <i>")
    response, text = await talker.get("/register.csv")
    rows = list(csv.reader(StringIO(text.lstrip("\ufeff"))))
    assert response.content_type == "text/csv"
    assert {row[0] for row in rows[1:]} == {"'=HYPERLINK(1)", "Choir <i>"}
    _, page = await talker.get("/register.html")
    assert "Choir &lt;i&gt;" in page
    for words in ("Ann", "Bea"):
        assert words not in text + page


# Reading up.


async def test_roles_policies_and_what_is_stored(talker: Visitor) -> None:
    _, text = await talker.get("/people")
    for words in ("The headteacher", "Ced Dee", "The chair of governors", "Fay Gee"):
        assert words in text
    assert "Old Hand" not in text
    for path, words in (("/policies", "Small Trust"), ("/stored", "Never on disk")):
        response, text = await talker.get(path)
        assert response.status == 200
        assert words in text


async def test_the_audit_is_for_those_who_answer_for_it(talker: Visitor) -> None:
    case = await ask_press(talker)
    secret = await report_pupil(talker)
    response, _ = await talker.get("/audit")
    assert response.status == 404
    head = await talker.another("ced")
    await act(head, case, "decline", words="Not today")
    await act(head, secret, "ask", words="Which pupil do you mean")
    _, text = await head.get("/audit")
    assert "Not today" in text
    assert "Which pupil do you mean" not in text
    reference = text.split('">AF-')[1].split("<")[0]
    _, text = await head.get(f"/audit?reference=af-{reference.lower()}")
    assert text.count(f">AF-{reference}<") >= 2
    _, text = await head.get("/audit?since=2026-11-21")
    assert "0 entries" in text
    _, text = await head.get("/audit?since=rubbish&reference=AF-NONE-NONE")
    assert "0 entries" in text
