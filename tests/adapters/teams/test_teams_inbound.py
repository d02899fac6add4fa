"""Recorded activities -> what somebody asked for (Teams documentation; SECURITY T04)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.inbound import (
    Surface,
    Thumb,
    inbound_of,
    key_of,
    surface_of,
    thumb_of,
    where_of,
)
from bot.chat.messages import Account, Pointed, Pressed, Said, Spot, Submitted
from bot.chat.press import Press
from bot.errors import BadInput
from tests.adapters.teams import recorded as r

AMARA = Account("teams", r.TENANT, r.AMARA)


def _read(payload: dict[str, Any]) -> Any:
    return inbound_of(payload, where_of(payload))


def test_a_message_in_the_chat_with_the_bot() -> None:
    said = _read(r.PERSONAL)
    assert said == Said(AMARA, "Can I accept a friend request from a parent?", r.CHAT, key_of(r.PERSONAL))


def test_a_mention_in_a_channel_is_public_and_without_the_mention() -> None:
    said = _read(r.MENTION)
    assert isinstance(said, Said)
    assert (said.text, said.public) == ("May I post photos of a trip?", True)
    assert said.place == r.THREAD
    assert said.under == Spot("19:general-channel@thread.tacv2", "1700000000001")


def test_other_names_stay_in_the_question() -> None:
    said = _read(r.SOMEBODY_ELSE_MENTIONED)
    assert isinstance(said, Said)
    assert " ".join(said.text.split()) == "what would Helen Marsh say?"


def test_a_quoting_answer_is_written_under_the_quoted_message() -> None:
    said = _read(r.QUOTED)
    assert isinstance(said, Said)
    assert said.under == Spot(r.CHAT, "1699999999999")


def test_a_command_of_the_package_is_a_button() -> None:
    pressed = _read(r.COMMAND)
    assert isinstance(pressed, Pressed)
    assert pressed.press == Press("mine")


def test_an_older_client_presses_by_a_message() -> None:
    pressed, form = _read(r.FALLBACK_PRESS), _read(r.FALLBACK_FORM)
    assert isinstance(pressed, Pressed)
    assert pressed.press == Press("topic")
    assert isinstance(form, Submitted)
    assert form.press == Press("do", r.CASE, "decline", 3)
    assert form.raw == {"words": ("Not this term.",)}


def test_a_card_and_its_refresh() -> None:
    pressed = _read(r.CARD_ACTION)
    assert isinstance(pressed, Pressed)
    assert pressed.press == Press("act", r.CASE, "approve", 3)
    assert surface_of(r.CARD_ACTION) is Surface.CARD
    assert surface_of(r.REFRESH) is Surface.REFRESH


def test_a_dialog_is_opened_and_sent() -> None:
    opened, sent = _read({**r.FETCH, "value": {"data": {"press": "start||media-enquiry|0"}}}), _read(r.SUBMIT)
    assert isinstance(opened, Pressed)
    assert opened.press == Press("start", value="media-enquiry")
    assert isinstance(sent, Submitted)
    assert sent.raw == {
        "title": ("A trip, to *see*",),
        "kinds": ("a, b", "c"),
        "school": ("oak field",),
        "count": ("12",),
        "day": ("2026-12-01",),
        "moment": ("2026-12-02T09:30",),
        "left": (),
        "none": (),
    }


def test_pointing_at_a_message_to_ask_about_it() -> None:
    pointed = _read(r.POINTED)
    assert isinstance(pointed, Pointed)
    assert not pointed.to_report
    assert pointed.text == "Can I post this?\nA & B"
    assert pointed.link.startswith("https://teams.microsoft.com/l/message/")


def test_a_report_keeps_the_place_and_never_the_words() -> None:
    payload = copy.deepcopy(r.POINTED)
    payload["value"]["commandId"] = "report"
    pointed = _read(payload)
    assert isinstance(pointed, Pointed)
    assert pointed.to_report
    assert pointed.text == ""


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://evil.example/", "https://teams.microsoft.com.evil.example/x"]
)
def test_a_made_up_link_is_left_out(link: str) -> None:
    payload = copy.deepcopy(r.POINTED)
    payload["value"]["messagePayload"]["linkToMessage"] = link
    pointed = _read(payload)
    assert isinstance(pointed, Pointed)
    assert pointed.link == ""


def test_thumbs_in_both_forms_and_without_what_was_written() -> None:
    assert thumb_of(r.THUMBS) == Thumb(False, "m7")
    assert thumb_of(r.THUMBS_OF_THE_PLAYGROUND) == Thumb(True, "")
    assert surface_of(r.THUMBS) is Surface.THUMBS


def test_coming_and_going() -> None:
    surfaces = [surface_of(each) for each in (r.ADDED, r.MEMBERS_ADDED, r.REMOVED)]
    assert surfaces == [Surface.ADDED, Surface.ADDED, Surface.REMOVED]


@pytest.mark.parametrize("payload", [r.OTHERS_ADDED, r.REACTION, r.EDITED, r.SIGN_IN])
def test_what_is_not_for_us_is_left(payload: dict[str, Any]) -> None:
    assert surface_of(payload) is Surface.OTHER


def test_the_same_delivery_has_the_same_key() -> None:
    assert key_of(r.PERSONAL) == key_of(copy.deepcopy(r.PERSONAL))
    assert key_of(r.PERSONAL) != key_of({**r.PERSONAL, "id": "1700000000124"})
    assert key_of(r.PERSONAL) != key_of({**r.PERSONAL, "conversation": {"id": "a:another"}})
    without = {name: value for name, value in r.CARD_ACTION.items() if name != "id"}
    assert key_of(without) == key_of(copy.deepcopy(without))
    assert key_of(without) != key_of({**without, "timestamp": "2026-11-20T10:00:01.000Z"})


def test_somebody_without_an_entra_id_is_not_staff() -> None:
    payload = {**r.PERSONAL, "from": {"id": "29:1AbC", "name": "Amara Obi"}}
    assert not where_of(payload).account.staff_like


def test_who_pressed_is_never_in_the_data() -> None:
    payload = copy.deepcopy(r.CARD_ACTION)
    payload["value"]["action"]["data"] |= {"user": "helen-marsh", "from": {"aadObjectId": "x"}, "person": "helen-marsh"}
    assert _read(payload).account == AMARA


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_NAMES = ["PERSONAL", "MENTION", "QUOTED", "FALLBACK_FORM", "CARD_ACTION", "SUBMIT", "POINTED", "THUMBS", "ADDED"]
_PATHS = ["value", "value.data", "value.action", "value.messagePayload", "text", "entities", "attachments"]
_OTHERS = ["channelData", "conversation", "from", "recipient", "replyToId", "name"]
_PLACES = [(name, path.split(".")) for name in _NAMES for path in (*_PATHS, *_OTHERS)]


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(_PLACES), junk=_JSON)
def test_whatever_is_put_in_a_payload_is_read_or_refused(place: tuple[str, list[str]], junk: object) -> None:
    name, path = place
    payload = copy.deepcopy(getattr(r, name))
    inner = payload
    for step in path[:-1]:
        inner = inner.get(step) if isinstance(inner.get(step), dict) else {}
    inner[path[-1]] = junk
    json.dumps(payload)
    surface_of(payload)
    key_of(payload)
    thumb_of(payload)
    try:
        found = _read(payload)
    except BadInput:
        return
    assert found is None or found.account.user in (r.AMARA, where_of(payload).account.user)
