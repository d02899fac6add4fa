"""The chat over HTTP, with a bot that answers by rote."""

from __future__ import annotations

from html import unescape

import pytest

from adapters.web.conversations import IDLE_SECONDS
from bot import desk_texts
from bot.texts import WHO_SEES

from .conftest import Visitor
from .fakes import TEXT

NAMED = "may I add young Quillfeather"


async def test_an_answer_shows_everything(talker: Visitor) -> None:
    response, text = await talker.post("/ask", question="may I?")
    assert response.status == 200
    for words in (
        "Must not", "You must not add pupils.", "You asked about:", "May I add a pupil?", "Clause 1.1",
        'href="/policy/small#small-1-1"', "1.1 and 1.2 differ.", "What to do next", "Decline it.", "Ced Dee",
        "The headteacher", "Is it family?", "Yes, family", 'href="/start/friend-report"', "Report this now",
        "Call 999 first.", "A note.", WHO_SEES, "Sample schools",
    ):  # fmt: skip
        assert words in text
    assert text.index("Call 999 first.") < text.index("You must not add pupils.")
    for line in TEXT.split("\n"):
        assert f">{line}<" in text


async def test_an_empty_question_is_explained_beside_the_box(talker: Visitor) -> None:
    response, text = await talker.post("/ask", question="   \n ")
    assert response.status == 400
    assert "The question is empty; type what you would like to know." in text
    assert 'aria-invalid="true"' in text
    assert "   \n </textarea>" in text


async def test_a_button_answers_in_the_context_of_its_own_answer(talker: Visitor) -> None:
    await talker.post("/ask", question="first")
    await talker.post("/ask", question="second")
    _, text = await talker.post("/choose", turn="1", choice="fact:family=yes")
    assert "You said that this is family." in text
    asked = talker.bot.contexts[-1]
    assert asked
    assert asked.text == "first"


@pytest.mark.parametrize(
    ("turn", "choice"),
    [
        ("1", "fact:family=perhaps"),
        ("9", "fact:family=yes"),
        ("1", "topic:friend-pupil"),
        ("", ""),
        ("1", "none:"),
    ],
)
async def test_a_button_that_was_never_shown_is_refused(talker: Visitor, turn: str, choice: str) -> None:
    await talker.post("/ask", question="first")
    response, text = await talker.post("/choose", turn=turn, choice=choice)
    assert response.status == 400
    assert "not known any more" in text


async def test_a_clarifying_question_has_buttons(talker: Visitor) -> None:
    _, text = await talker.post("/ask", question="vague")
    assert "One question first" in text
    assert "Did you mean this?" in text
    _, text = await talker.post("/choose", turn="1", choice="topic:friend-pupil")
    assert "Must not" in text


async def test_what_holds_otherwise_stands_below_a_deciding_question(talker: Visitor) -> None:
    _, text = await talker.post("/ask", question="deciding")
    order = ["One question first", "Yes, family", "Otherwise this holds", "You must not add pupils.", "Who to speak to"]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    _, text = await talker.post("/choose", turn="1", choice="fact:family=yes")
    assert "You said that this is family." in text


async def test_a_new_conversation_forgets_the_old(talker: Visitor) -> None:
    await talker.post("/ask", question=NAMED)
    _, text = await talker.post("/new")
    assert NAMED not in text
    assert "Ann Bee" in text
    await talker.post("/ask", question="again")
    assert talker.bot.contexts[-1] is None


async def test_an_idle_conversation_ends_and_gives_the_text_back(talker: Visitor) -> None:
    await talker.post("/ask", question=NAMED)
    talker.clock.now += IDLE_SECONDS
    response, text = await talker.post("/ask", question="and what of a blog?")
    assert response.status == 403
    assert "This conversation has ended" in text
    assert "and what of a blog?" in text
    _, text = await talker.get("/")
    assert NAMED not in text
    assert "Choose your school" in text


async def test_a_person_of_no_school_is_refused(visitor: Visitor) -> None:
    await visitor.get("/who?school=hill")
    response, text = await visitor.post("/who", school="hill", person="nobody")
    assert response.status == 400
    assert "not known here" in text


async def test_what_the_register_says_stands_with_the_answer(talker: Visitor) -> None:
    _, text = await talker.post("/ask", question="site: may I use the choir page?")
    assert desk_texts.NOT_ON_REGISTER in unescape(text)
