"""Who sends too much is told so, loses nothing, and slows nobody else (SECURITY T26)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.pace_limits import PERSON, What, Who

from .conftest import Visitor
from .steps import PUPIL, ask_press, fill, key_of
from .test_web_forms import png

ANN = Who("ann", "hill")


def use_up(visitor: Visitor, what: What, who: Who = ANN) -> None:
    """Everything that the person may do of this now."""
    for _ in range(PERSON[what].at_once):
        visitor.site.pace.allow(who, what, visitor.moment())


async def test_a_flood_of_questions_is_told_to_wait_and_slows_nobody_else(talker: Visitor) -> None:
    bea = await talker.another("bea")
    for _ in range(PERSON[What.QUESTION].at_once):
        response, _ = await talker.post("/ask", question="may I?", follow=False)
        assert response.status == 303
    asked = len(talker.bot.contexts)
    response, text = await talker.post("/ask", question="may I once more?")
    assert response.status == 429
    assert int(response.headers["Retry-After"]) == 2
    for words in ("Your question was not answered", "may I once more?", "call 999", "designated safeguarding lead"):
        assert words in text
    response, _ = await talker.post("/choose", choice="topic:friend-pupil")
    assert response.status == 429
    assert len(talker.bot.contexts) == asked
    response, _ = await bea.post("/ask", question="and I?")
    assert response.status == 200
    talker.moment.now += timedelta(seconds=2)
    response, _ = await talker.post("/ask", question="may I once more?")
    assert response.status == 200


async def test_a_report_that_is_refused_is_not_recorded_says_so_and_keeps_its_draft(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    _, text = await talker.get("/start/friend-report/check")
    use_up(talker, What.START)
    response, told = await talker.post("/start/friend-report/send", key=key_of(text))
    assert response.status == 429
    assert int(response.headers["Retry-After"]) == 60
    for words in ("Your report is NOT recorded", "nobody was told of it", "Gil Ho (Safeguarding lead)", "call 999"):
        assert words in told
    assert "Your draft is kept. Send it again in 60 seconds." in told
    assert 'href="/start/friend-report/check"' in told
    head = await talker.another("ced")
    _, desk = await head.get("/desk")
    assert "Report a request" not in desk
    _, text = await talker.get("/start/friend-report/check")
    assert PUPIL in text
    talker.moment.now += timedelta(seconds=60)
    response, text = await talker.post("/start/friend-report/send", key=key_of(text))
    assert response.url.path.startswith("/case/")
    assert PUPIL in text


async def test_a_report_about_the_lead_does_not_say_to_ring_the_lead(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "gil", "family": "no"})
    _, text = await talker.get("/start/friend-report/check")
    use_up(talker, What.START)
    _, told = await talker.post("/start/friend-report/send", key=key_of(text))
    assert "Gil Ho" not in told
    assert "telephone Ced Dee (Head) now" in told


async def test_a_sending_with_files_is_refused_before_any_is_opened(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    await talker.post("/start/friend-report/gate", gate="no")
    _, text = await talker.get("/start/friend-report/check")
    use_up(talker, What.UPLOAD)
    # A file that is no picture is not even looked at.
    for name, data in (("a.png", png()), ("b.png", b"no picture")):
        response, told = await talker.upload("/start/friend-report/send", [(name, data)], key=key_of(text))
        assert response.status == 429
        assert "Your report is NOT recorded" in told
        assert "choose the files again: they were not kept" in told
    # Without files it goes at once: whoever is in haste need not wait.
    response, _ = await talker.post("/start/friend-report/send", key=key_of(text))
    assert response.url.path.startswith("/case/")


async def test_a_draft_that_cannot_be_kept_gives_the_words_back(talker: Visitor) -> None:
    await fill(talker, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    use_up(talker, What.DRAFT)
    response, told = await fill(talker, "friend-report", {"pupil": "Another Pupil", "subject": "nobody"})
    assert response.status == 429
    for words in ("NOT recorded", "Another Pupil", "Gil Ho (Safeguarding lead)", 'href="/start/friend-report"'):
        assert words in told
    response, _ = await talker.post("/start/friend-report", do="keep", data=[("f-pupil", "Another Pupil")])
    assert response.status == 429
    _, text = await talker.get("/start/friend-report")
    assert PUPIL in text
    assert "Another Pupil" not in text


@pytest.mark.parametrize("what", [What.START, What.DRAFT, What.UPLOAD])
async def test_one_persons_flood_leaves_the_others_their_forms(talker: Visitor, what: What) -> None:
    bea = await talker.another("bea")
    use_up(talker, what)
    assert await ask_press(bea)
