"""Payloads as docs.slack.dev shows them -> what a person did, and who and where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.slack import gate, inbound
from adapters.slack.gate import Delivery, Refused
from adapters.slack.people import Sender, read_member
from bot.chat.messages import Account, Pointed, Pressed, Said, Spot, Submitted
from bot.chat.press import Press
from bot.errors import BadInput

ANN = Account("slack", "T1", "UANN")
AUTHORISED = [{"enterprise_id": None, "team_id": "T1", "user_id": "UBOT", "is_bot": True}]


def event(**inner: Any) -> Delivery:
    return gate.read(
        {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": inner, "authorizations": AUTHORISED}
    )


def message(**more: Any) -> Delivery:
    plain = {"type": "message", "channel_type": "im", "channel": "D1", "user": "UANN", "ts": "10.1", "text": "Hello"}
    return event(**{**plain, **more})


def interaction(kind: str, **more: Any) -> Delivery:
    base = {"type": kind, "team": {"id": "T1", "domain": "hill"}, "user": {"id": "UANN", "team_id": "T1"}}
    return gate.read({**base, "trigger_id": "1.2.x", **more})


def test_a_direct_message_leans_on_its_own_thread() -> None:
    said = inbound.read(message(), ANN)
    assert said == Said(ANN, "Hello", "D1:10.1", "slack:T1:Ev1", None, False)
    below = inbound.read(message(ts="11.1", thread_ts="10.1"), ANN)
    assert isinstance(below, Said)
    assert (below.place, below.under) == ("D1:10.1", Spot("D1", "10.1"))


def test_a_mention_is_public_and_loses_the_bots_name() -> None:
    said = inbound.read(event(type="app_mention", channel="C1", user="UANN", ts="1.1", text="<@UBOT> may I?"), ANN)
    assert isinstance(said, Said)
    assert (said.text, said.public) == ("may I?", True)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("ask <@U2> or <@U2|bo>", "ask a colleague or @bo"),
        ("in <#C1|staff>", "in #staff"),
        ("<https://x.example/a?b=1|here>", "https://x.example/a?b=1"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<!channel> <!subteam^S1|@heads>", "@channel @heads"),
        ("&nbsp;&#60;", "&nbsp;&#60;"),
    ],
)
def test_a_message_is_read_as_its_writer_sees_it(typed: str, read: str) -> None:
    assert inbound.plain(typed, "UBOT") == read


@given(some.text())
def test_any_text_can_be_read(typed: str) -> None:
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert inbound.plain(escaped, "UBOT") == typed.strip()


@pytest.mark.parametrize(
    "odd",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message", "user": None},
        {"user": None},
        {"user": {"id": "UANN"}},
        {"subtype": "channel_join"},
    ],
)
def test_what_no_person_wrote_has_no_sender(odd: dict[str, Any]) -> None:
    assert inbound.sender(message(**odd)) is None


@pytest.mark.parametrize("name", ["user_team", "source_team", "team"])
def test_somebody_of_another_workspace_is_foreign(name: str) -> None:
    who = inbound.sender(message(**{name: "T9"}))
    assert who is not None
    assert who.foreign
    assert who.team == "T1"


def test_a_press_comes_from_slacks_own_fields_and_never_from_the_value() -> None:
    action = {
        "action_id": "press:0:0",
        "value": Press("open", case="a" * 32).pack(),
        "action_ts": "1.1",
        "type": "button",
    }
    where = {"container": {"type": "message", "message_ts": "9.9", "channel_id": "D1"}, "channel": {"id": "D1"}}
    pressed = inbound.read(interaction("block_actions", actions=[action], **where), ANN)
    assert isinstance(pressed, Pressed)
    assert pressed.account is ANN
    assert pressed.press == Press("open", case="a" * 32)


@pytest.mark.parametrize("value", [None, 7, "", "open", "open|x|y|z", "open|../../etc||0", "a" * 3_000, {"do": "open"}])
def test_a_made_up_value_is_no_press(value: object) -> None:
    action = {"action_id": "press:0:0", "value": value, "action_ts": "1.1"}
    with pytest.raises(BadInput):
        inbound.read(interaction("block_actions", actions=[action]), ANN)


def test_a_links_press_asks_for_nothing() -> None:
    action = {"action_id": "link:0:0", "url": "https://askfirst.example", "action_ts": "1.1"}
    assert inbound.read(interaction("block_actions", actions=[action]), ANN) is None


def test_a_form_holds_every_input_that_was_shown() -> None:
    blocks = [
        {
            "type": "input",
            "block_id": "in|what|0|00000000",
            "element": {"type": "plain_text_input", "action_id": "answer"},
        },
        {"type": "input", "block_id": "in|who|0|00000000", "element": {"type": "static_select", "action_id": "answer"}},
    ]
    state = {
        "in|what|0|00000000": {"answer": {"type": "plain_text_input", "value": None}},
        "in|who|0|00000000": {"answer": {"type": "static_select", "selected_option": {"value": "ann"}}},
    }
    view = {"id": "V1", "private_metadata": "form||x@y|3", "blocks": blocks, "state": {"values": state}}
    sent = inbound.read(interaction("view_submission", view=view), ANN)
    assert isinstance(sent, Submitted)
    assert sent.press == Press("form", value="x@y", number=3)
    assert sent.raw == {"what": (), "who": ("ann",)}


def test_pointing_at_a_message_to_report_it_takes_the_link_and_never_the_words() -> None:
    more = {
        "message": {"text": "abuse", "user": "U2", "ts": "1.5"},
        "message_ts": "1700000000.000500",
        "channel": {"id": "C1"},
    }
    report = inbound.read(interaction("message_action", callback_id="report_message", **more), ANN)
    assert isinstance(report, Pointed)
    assert report.link == "https://hill.slack.com/archives/C1/p1700000000000500"
    assert report.text == ""
    ask = inbound.read(interaction("message_action", callback_id="ask_about_message", **more), ANN)
    assert isinstance(ask, Pointed)
    assert (ask.to_report, ask.text) == (False, "abuse")


@pytest.mark.parametrize("domain", ["", "x.evil.example/", "hill.slack.com@evil.example", "a b", "-"])
def test_a_link_is_slacks_own_or_there_is_none(domain: str) -> None:
    payload = {"team": {"domain": domain}, "channel": {"id": "C1"}, "message_ts": "1.5", "message": {}}
    assert inbound.permalink(payload) is None


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(),
        lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    )
)
def test_no_shape_of_a_payload_breaks_the_reading(value: Any) -> None:
    for kind in ("block_actions", "view_submission", "message_action", "shortcut"):
        for name in ("actions", "view", "message", "channel", "container"):
            payload = {"type": kind, "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1", name: value}
            try:
                delivery = gate.read(payload)
                inbound.place(delivery)
                inbound.read(delivery, ANN)
            except (Refused, BadInput):
                continue


MEMBER: dict[str, Any] = {
    "id": "UANN",
    "team_id": "T1",
    "profile": {"email": "ann@hill.example"},
    "is_email_confirmed": True,
}


def test_a_member_is_recognised_by_the_email_that_slack_vouches_for() -> None:
    assert read_member(Sender("T1", "UANN"), MEMBER).email == "ann@hill.example"
    assert read_member(Sender("T1", "UANN"), {**MEMBER, "is_email_confirmed": False}).email is None


@pytest.mark.parametrize(
    "odd",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_bot": True},
        {"is_stranger": True},
        {"deleted": True},
        {"team_id": "T9"},
        {"id": "UBO"},
        {"is_workflow_bot": True},
    ],
)
def test_whoever_is_not_plainly_staff_is_nobody(odd: dict[str, Any]) -> None:
    found = read_member(Sender("T1", "UANN"), {**MEMBER, **odd})
    assert (found.staff_like, found.email) == (False, None)
