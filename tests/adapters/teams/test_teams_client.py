"""Notices on their way to Teams (Teams, proactive messages and rate limits; SECURITY F4, F10, T06, T15)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.teams.address import Address
from adapters.teams.app import Teams
from adapters.teams.connector import Connector, Gone, Refused
from adapters.teams.front import SafeAdapter
from bot.chat.messages import Account, Button, Buttons, Card, Heading, Post, Spot, Words
from bot.chat.press import Press
from bot.desk import Desk
from bot.store.rows import Contact
from bot.worker import RetryAfter
from tests.adapters.teams.conftest import HELEN, Bench
from tests.adapters.teams.fake_teams.connector import NONE, TENANT, TOKEN, Trouble
from tests.adapters.teams.fake_teams.people import actions, lines
from tests.adapters.teams.fake_teams.running import Given

CASE = "0123456789abcdef0123456789abcdef"
CARD = Card((Heading("Media enquiry"), Buttons((Button("Open", Press("open", CASE)),))), "AF-ABCD-2345: Waiting.")
CHAT = f"a:{HELEN}"


@pytest.fixture
async def teams(bench: Bench) -> Teams:
    return bench.running.teams


def _post(bench: Bench, address: bool = True, **more: object) -> Post:
    where = Address(bench.teams.url, CHAT, TENANT, HELEN, f"29:{HELEN}").pack() if address else ""
    account = Account("teams", TENANT, HELEN)
    post = Post("key", "helen-marsh", "waiting", CASE, "AF-ABCD-2345 waits.", "", CARD, None, account, where)
    return replace(post, **more)  # type: ignore[arg-type]


async def test_a_notice_is_a_message_with_the_case_s_card(bench: Bench, teams: Teams) -> None:
    spot = await teams.platform.post(_post(bench, words="Please look."))
    message = next(bench.teams.in_chat(CHAT))
    assert spot == Spot(CHAT, message.id)
    said = lines(message.now["attachments"][0]["content"])
    assert said == ["AF-ABCD-2345 waits.", "Please look.", "Media enquiry"]


async def test_nobody_on_teams_is_not_posted_to(bench: Bench, teams: Teams) -> None:
    assert await teams.platform.post(_post(bench, account=None)) is None
    assert bench.teams.calls == []


async def test_a_chat_is_opened_once_with_somebody_who_never_wrote(bench: Bench, teams: Teams) -> None:
    await teams.platform.post(_post(bench, address=False))
    contact = await bench.office.at_desk(bench.running_now, _contact)
    assert contact is not None
    await teams.platform.post(replace(_post(bench), address=contact.address))
    opened = [path for method, path in bench.teams.calls if path.endswith("/v3/conversations")]
    assert len(opened) == 1
    assert CHAT in contact.address


def _contact(desk: Desk) -> Contact | None:
    return desk.records.contact("teams", TENANT, HELEN)


async def test_a_decision_rewrites_the_card_that_stands(bench: Bench, teams: Teams) -> None:
    spot = await teams.platform.post(_post(bench))
    decided = Card((Heading("Media enquiry"), Words("Approved by David Lunn.")), "AF-ABCD-2345: Approved.")
    quiet = _post(bench, kind="card", text="", card=decided, stands=spot)
    assert await teams.platform.post(quiet) == spot
    message = next(bench.teams.in_chat(CHAT))
    card = message.now["attachments"][0]["content"]
    assert "Approved by David Lunn." in lines(card)
    assert list(actions(card)) == []
    assert len(list(bench.teams.in_chat(CHAT))) == 1, "a renewal notifies nobody"


async def test_a_card_is_taken_back(bench: Bench, teams: Teams) -> None:
    spot = await teams.platform.post(_post(bench))
    assert await teams.platform.post(_post(bench, kind="card", text="", card=None, stands=spot)) is None
    assert "AF-" not in str(next(bench.teams.in_chat(CHAT)).now)


async def test_a_newer_notice_leaves_one_card_with_buttons(bench: Bench, teams: Teams) -> None:
    first = await teams.platform.post(_post(bench))
    second = await teams.platform.post(_post(bench, key="key-2", kind="reminder", stands=first))
    assert second is not None
    assert second != first
    old, new = bench.teams.in_chat(CHAT)
    assert list(actions(old.now["attachments"][0]["content"])) == []
    assert len(list(actions(new.now["attachments"][0]["content"]))) == 1


async def test_a_card_that_somebody_deleted_is_posted_anew(bench: Bench, teams: Teams) -> None:
    spot = await teams.platform.post(_post(bench, stands=Spot(CHAT, "gone")))
    assert spot is not None
    assert spot.number in bench.teams.messages
    assert await teams.platform.post(_post(bench, kind="card", text="", stands=Spot(CHAT, "gone"))) is None


@pytest.mark.parametrize(("wait", "seconds"), [("1", 1.0), ("30", 30.0), ("3600", 3600.0), ("90000", 3600.0)])
async def test_429_says_how_long_to_wait(bench: Bench, teams: Teams, wait: str, seconds: float) -> None:
    bench.teams.troubles = [Trouble(429, headers={"Retry-After": wait})]
    with pytest.raises(RetryAfter) as caught:
        await teams.platform.post(_post(bench))
    assert caught.value.seconds == seconds


@pytest.mark.parametrize("status", [412, 500, 502, 503, 504])
async def test_a_passing_fault_is_left_to_the_outbox(bench: Bench, teams: Teams, status: int) -> None:
    """The outbox waits ever longer, with jitter, for whatever is not told how long."""
    bench.teams.troubles = [Trouble(status, body="<html>trouble</html>")]
    with pytest.raises(Refused):
        await teams.platform.post(_post(bench))
    assert await teams.platform.post(_post(bench)) is not None


@pytest.mark.parametrize("before", [0, 1])
async def test_a_repeat_after_a_fault_leaves_one_message(bench: Bench, teams: Teams, before: int) -> None:
    first = await teams.platform.post(_post(bench))
    bench.teams.troubles = [*[NONE] * before, Trouble(502)]
    again = _post(bench, key="key-2", stands=first)
    with pytest.raises(Refused):
        await teams.platform.post(again)
    await teams.platform.post(again)
    assert len(list(bench.teams.in_chat(CHAT))) == 2


@pytest.mark.parametrize("code", ["MessageWritesBlocked", "ConversationNotFound", "BotNotInConversationRoster"])
async def test_a_chat_that_is_closed_to_us_is_marked_dead(bench: Bench, teams: Teams, code: str) -> None:
    await teams.platform.post(_post(bench, address=False))
    bench.teams.troubles = [Trouble(403, code)]
    assert await teams.platform.post(_post(bench)) is None
    contact = await bench.office.at_desk(bench.running_now, _contact)
    assert contact is not None
    assert not contact.alive


async def test_another_403_is_tried_again(bench: Bench, teams: Teams) -> None:
    bench.teams.troubles = [Trouble(403, "Forbidden")]
    with pytest.raises(Refused):
        await teams.platform.post(_post(bench))


async def test_a_message_that_is_too_long_is_said_in_a_line(bench: Bench, teams: Teams) -> None:
    bench.teams.troubles = [Trouble(413, "MessageSizeTooBig")]
    await teams.platform.post(_post(bench))
    assert [each.now.get("text") for each in bench.teams.in_chat(CHAT)] == ["AF-ABCD-2345 waits."]


async def test_a_secret_that_ran_out_loses_nothing(bench: Bench, teams: Teams) -> None:
    bench.running.credentials.ours.refused = True
    with pytest.raises(PermissionError):
        await teams.platform.post(_post(bench))
    bench.running.credentials.ours.refused = False
    assert await teams.platform.post(_post(bench)) is not None


async def test_a_new_secret_in_the_file_is_taken_without_a_restart(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    given = Given()
    given.ours.refused = True
    adapter = SafeAdapter(replace(bench.running.settings, secret_file=path), credentials=given)
    path.write_text("new")
    with pytest.raises(PermissionError):
        await adapter.token()
    assert given.password == "new"
    given.ours.refused = False
    assert await adapter.token() == TOKEN


SSRF = [
    "http://127.0.0.1:1/",
    "http://169.254.169.254/latest/",
    "https://smba.trafficmanager.net.evil.example/teams/",
    "https://smba.trafficmanager.net@evil.example/teams/",
    "https://evil.example/smba.trafficmanager.net/",
    "https://evil.example#smba.trafficmanager.net",
    "http://smba.trafficmanager.net/teams/",
    "https://smba.trafficmanager.net:8443/teams/",
    "https://xsmba.trafficmanager.net/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "file:///etc/passwd",
    "//smba.trafficmanager.net/",
    "",
    "https://smba.trafficmanager.net:x/",
]


@pytest.mark.parametrize("url", SSRF)
async def test_our_token_goes_to_teams_alone(bench: Bench, url: str) -> None:
    asked: list[str] = []

    async def token() -> str:
        asked.append("token")
        return TOKEN

    connector = Connector(bench.running.settings, token)
    with pytest.raises(Gone):
        await connector.send(url, CHAT, {"type": "message"})
    assert asked == []


async def test_a_redirect_is_not_followed(bench: Bench, teams: Teams) -> None:
    bench.teams.troubles = [Trouble(307, headers={"Location": f"{bench.teams.origin}/elsewhere"}, body="")]
    with pytest.raises(Refused):
        await teams.platform.post(_post(bench))
    assert not any("elsewhere" in path for _, path in bench.teams.calls)


async def test_an_id_cannot_lead_elsewhere(bench: Bench, teams: Teams) -> None:
    where = Address(bench.teams.url, "../../../openid?x=", TENANT, HELEN).pack()
    await teams.platform.post(replace(_post(bench), address=where))
    assert list(bench.teams.in_chat("../../../openid?x="))
