"""The pages to read, over HTTP with a bot that answers by rote."""

from __future__ import annotations

import pytest

from bot.texts import VERDICT_WORDS
from policy_kb.model import Verdict

from .conftest import Visitor


@pytest.mark.parametrize("path", ["/start/logo-use", "/start/nothing", "/topic/blog", "/topic/no", "/policy/no"])
async def test_what_the_policy_does_not_have_is_not_found(talker: Visitor, path: str) -> None:
    response, text = await talker.get(path)
    assert response.status == 404
    assert "Go to the chat" in text


async def test_the_policy_can_be_read_and_filtered(talker: Visitor) -> None:
    _, text = await talker.get("/policy")
    for words in ('id="small-1-1"', 'id="small-end"', "no number", 'href="/topic/friend-pupil?policy=small"'):
        assert words in text
    _, text = await talker.get("/policy/small?q=followers")
    assert "1 of 2 clauses" in text
    assert "<mark>followers</mark>" in text
    assert 'id="small-end"' not in text
    _, text = await talker.get("/policy?q=zzz")
    assert "No clause or question contains" in text


async def test_a_topic_links_back_and_can_be_asked(talker: Visitor) -> None:
    _, text = await talker.get("/topic/friend-pupil")
    for words in (
        "May I add a pupil?",
        'href="/policy/small#small-1-1"',
        "What changes the answer",
        "Yes, family",
    ):
        assert words in text
    _, text = await talker.post("/choose", choice="topic:friend-pupil")
    assert "You asked: </span>May I add a pupil?" in text


async def test_pages_without_a_school(visitor: Visitor) -> None:
    _, text = await visitor.get("/policy")
    assert 'href="/policy/small"' in text
    response, _ = await visitor.get("/topic/friend-pupil")
    assert response.headers["Location"] == "/matrix#friend-pupil"
    response, text = await visitor.get("/topic/friend-pupil?policy=small")
    assert response.status == 200
    assert "Ask about this in the chat" not in text


async def test_the_matrix_speaks_in_words(visitor: Visitor) -> None:
    _, text = await visitor.get("/matrix")
    assert VERDICT_WORDS[Verdict.NOT_ALLOWED] in text
    assert 'href="/topic/friend-pupil?policy=small"' in text
    assert "No ruling" in text
