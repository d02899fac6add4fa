"""The parts that need no server."""

from __future__ import annotations

import pytest

from adapters.web import catalogue, inbound, render, words
from adapters.web.conversations import (
    IDLE_SECONDS,
    MOST_CONVERSATIONS,
    MOST_TURNS,
    Conversations,
    is_visit,
    new_visit,
)
from bot.errors import BadInput
from bot.texts import VERDICT_WORDS
from policy_kb.model import Verdict

from .conftest import Clock
from .fakes import ABOUT_HEAD, KNOWLEDGE, MUST_NOT, ORGANISATION, TEXT

SCHOOL = ORGANISATION.schools[0]
ANN, CED, *_ = SCHOOL.people
HOSTS = inbound.allowed_hosts(8080)


def test_a_quote_keeps_every_letter() -> None:
    lines = tuple(TEXT.split("\n"))
    grouped = render.blocks(lines)
    assert [line for block in grouped for line in block.lines] == list(lines)
    assert [block.listed for block in grouped] == [False, False, True]


def test_printed_bullets_stay_and_sentences_are_no_items() -> None:
    grouped = render.blocks(("They must:", "• stop", "• ask", "A sentence follows.", "small start"))
    assert [(b.listed, b.lines) for b in grouped] == [
        (False, ("They must:",)),
        (True, ("• stop", "• ask")),
        (False, ("A sentence follows.",)),
        (False, ("small start",)),
    ]


def test_a_reader_sees_which_contact_they_are() -> None:
    assert render.contacts(MUST_NOT.contacts, CED)[0].people == (("Ced Dee", True),)
    assert render.contacts(MUST_NOT.contacts, ANN)[0].people == (("Ced Dee", False),)


def test_a_request_has_one_button_on_a_card() -> None:
    twice = MUST_NOT.model_copy(update={"parts": MUST_NOT.parts * 2})
    card = render.card(twice, "small")
    assert [len(part.offers) for part in card.parts] == [1, 0]
    assert [part.tagged for part in card.parts] == [False, True]


def test_marked_pieces_join_to_the_text() -> None:
    pieces = catalogue.marked("A pupil and a Pupil.", "pupil")
    assert "".join(piece for piece, _ in pieces) == "A pupil and a Pupil."
    assert [piece for piece, found in pieces if found] == ["pupil", "Pupil"]
    assert catalogue.marked("(a", "(") == (("(", True), ("a", False))


def test_a_filter_looks_at_text_number_and_topics() -> None:
    policy = KNOWLEDGE.policies["small"]

    def kept(wanted: str) -> list[str]:
        found = catalogue.documents(policy, KNOWLEDGE.topics, wanted)
        return [c.anchor for d in found for s in d.sections for c in s.clauses]

    assert kept("") == ["small-1-1", "small-end"]
    assert kept("FOLLOWERS") == ["small-1-1"]
    assert kept("1.1") == ["small-1-1"]
    assert kept("add a pupil") == ["small-1-1", "small-end"]
    assert kept("nothing like it") == []


def test_the_matrix_has_every_topic_under_every_policy() -> None:
    groups = catalogue.matrix(KNOWLEDGE)
    assert [group.title for group in groups] == ["Friends, followers and messages", "New group"]
    cell, none = groups[0].rows[0].cells[0], groups[1].rows[0].cells[0]
    assert cell is not None
    assert (cell.verdict.words, cell.varies) == ("Must not", True)
    assert none is None


def test_each_verdict_has_its_own_style() -> None:
    assert len({render.style(verdict) for verdict in Verdict}) == len(VERDICT_WORDS) == 9
    assert all(render.style(verdict) for verdict in Verdict)


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://localhost:8080", "Host": "localhost:8080"}, True),
        ({"Origin": "http://127.0.0.1:8080", "Host": "localhost:8080"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "https://localhost:8080", "Host": "localhost:8080"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8080", "Host": "localhost:8080"}, False),
    ],
)
def test_where_a_form_came_from(headers: dict[str, str], own: bool) -> None:
    assert inbound.comes_from_own_page(headers, HOSTS) is own


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=1", "application/json"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"\xff=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(50)), "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(BadInput):
        inbound.read_form(body, kind)


def test_only_the_default_port_may_be_left_out() -> None:
    assert "localhost" in inbound.allowed_hosts(80)
    assert "localhost" not in HOSTS


def test_conversations_are_forgotten_when_idle() -> None:
    clock = Clock()
    kept = Conversations(clock)
    visit = kept.begin(SCHOOL, ANN, instead_of="")
    clock.now += IDLE_SECONDS - 1
    assert kept.find(visit)
    clock.now += IDLE_SECONDS - 1
    assert kept.find(visit)
    clock.now += IDLE_SECONDS
    assert kept.find(visit) is None
    assert len(kept) == 0


def test_too_many_conversations_drop_the_longest_idle() -> None:
    kept = Conversations(Clock())
    visits = [kept.begin(SCHOOL, ANN, instead_of="") for _ in range(MOST_CONVERSATIONS)]
    assert kept.find(visits[0])
    kept.begin(SCHOOL, ANN, instead_of="")
    assert len(kept) == MOST_CONVERSATIONS
    assert kept.find(visits[0])
    assert kept.find(visits[1]) is None


def test_too_many_turns_drop_the_oldest_and_numbers_go_on() -> None:
    kept = Conversations(Clock())
    talk = kept.find(kept.begin(SCHOOL, ANN, instead_of=""))
    assert talk
    for i in range(MOST_TURNS + 5):
        talk.add(f"question {i}", ABOUT_HEAD, None)
    assert len(talk.exchanges) == MOST_TURNS
    assert talk.exchange("5") is None
    assert talk.exchange("45") is talk.exchanges[-1]


def test_beginning_again_ends_the_former_conversation() -> None:
    kept = Conversations(Clock())
    first = kept.begin(SCHOOL, ANN, instead_of="")
    second = kept.begin(SCHOOL, CED, instead_of=first)
    assert kept.find(first) is None
    assert kept.find(second)
    assert kept.token(first) != kept.token(second)


def test_visit_ids_are_random_and_known_by_their_form() -> None:
    assert is_visit(new_visit())
    assert new_visit() != new_visit()
    assert not is_visit("../../etc/passwd")


def test_messages_become_sentences() -> None:
    assert inbound.sentence("the box is empty; type") == "The box is empty; type."
    assert words.group_title("some-new") == "Some new"
