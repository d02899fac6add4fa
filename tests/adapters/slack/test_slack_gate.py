"""SECURITY T01: only what Slack signed comes in, within its window; everything else is a 4xx and reaches nobody.

docs.slack.dev/authentication/verifying-requests-from-slack: HMAC-SHA256 over "v0:timestamp:body", five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import logging
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from adapters.slack import gate, listen
from adapters.slack.door import Acknowledged
from adapters.slack.gate import Delivery, Kind, Refused
from adapters.slack.quiet import hush

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CANARY = "heron-canary-4471"
EVENT: dict[str, Any] = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {"type": "message", "channel_type": "im", "channel": "D1", "user": "U1", "ts": "1.1", "text": CANARY},
}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def signed(body: bytes, at: datetime = NOW, by: str = SECRET, content: str = JSON) -> list[tuple[str, str]]:
    """Headers as Slack sends them: written here by hand, not by the code under test."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(by.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return [("Content-Type", content), ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", f"v0={mac}")]


def admit(body: bytes, headers: list[tuple[str, str]], *secrets: str) -> Delivery:
    return gate.admit(body, headers, secrets or (SECRET,), NOW)


def refused(body: bytes, headers: list[tuple[str, str]], *secrets: str) -> int:
    with pytest.raises(Refused) as refusal:
        admit(body, headers, *secrets)
    return refusal.value.status


def body_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


def test_the_example_of_slacks_own_page_is_let_in() -> None:
    # docs.slack.dev/authentication/verifying-requests-from-slack
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = [
        ("Content-Type", FORM),
        ("X-Slack-Request-Timestamp", "1531420618"),
        ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
    ]
    delivery = gate.admit(body, headers, [SECRET], datetime.fromtimestamp(1531420618, UTC))
    assert delivery.kind is Kind.COMMAND
    assert delivery.payload["user_id"] == "U2CERLKJA"


@pytest.mark.parametrize(("seconds", "let_in"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int, let_in: bool) -> None:
    body = body_of(EVENT)
    headers = signed(body, NOW + timedelta(seconds=seconds))
    if let_in:
        assert admit(body, headers).kind is Kind.EVENT
    else:
        assert refused(body, headers) == 401


def test_another_apps_secret_opens_nothing() -> None:
    body = body_of(EVENT)
    assert refused(body, signed(body, by="another")) == 401
    assert refused(body, signed(body, by=""), "") == 401


def test_both_secrets_are_good_while_one_is_being_changed() -> None:
    body = body_of(EVENT)
    assert admit(body, signed(body, by="old"), "new", "old").kind is Kind.EVENT


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
def test_a_header_that_is_missing_or_comes_twice_is_refused(name: str) -> None:
    body, headers = body_of(EVENT), signed(body_of(EVENT))
    assert refused(body, [(n, v) for n, v in headers if n != name]) == 401
    assert refused(body, [*headers, next((n.lower(), v) for n, v in headers if n == name)]) == 401


@pytest.mark.parametrize("stamp", ["abc", "", "-1", "1e9", "٣", " 1", "9" * 40, "1531420618.0", "0x10", "\x00"])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    body = body_of(EVENT)
    mac = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = [("Content-Type", JSON), ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", f"v0={mac}")]
    assert refused(body, headers) == 401


@pytest.mark.parametrize("signature", ["", "v0=", "v1=00", "ü" * 67, "\udcff" * 67, "V0=AB"])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    body = body_of(EVENT)
    headers = [(n, signature if n == "X-Slack-Signature" else v) for n, v in signed(body)]
    assert refused(body, headers) == 401


def test_ten_thousand_changed_requests_are_all_refused() -> None:
    body, chance = body_of(EVENT), random.Random(4711)  # noqa: S311 - the same trial each time
    good = signed(body)
    for _ in range(10_000):
        changed, headers = bytearray(body), [[n, v] for n, v in good]
        match chance.randrange(3):
            case 0:
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            case 1:
                del changed[chance.randrange(len(changed)) :]
            case _:
                header = headers[1 + chance.randrange(2)]
                at = chance.randrange(len(header[1]))
                replaced = chr(chance.choice([c for c in range(33, 126) if chr(c) != header[1][at]]))
                header[1] = f"{header[1][:at]}{replaced}{header[1][at + 1 :]}"
        assert refused(bytes(changed), [(n, v) for n, v in headers]) == 401


SHAPELESS: list[tuple[bytes, str, int]] = [
    (b"{", JSON, 400),
    (b"[]", JSON, 400),
    (b"null", JSON, 400),
    (b"", JSON, 400),
    (b"\xff\xfe\x00", JSON, 400),
    (b"[" * 100_000, JSON, 400),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, JSON, 400),
    (b'{"type": 7' + b"0" * 6_000 + b"}", JSON, 400),
    (b"{}", JSON, 400),
    (body_of({"type": "event_callback"}), JSON, 400),
    (body_of({**EVENT, "event": []}), JSON, 400),
    (body_of({**EVENT, "event_id": {"a": 1}}), JSON, 400),
    (body_of({**EVENT, "team_id": "T1|T2"}), JSON, 400),
    (b"payload=%7B", FORM, 400),
    (b'payload={"type":"a"}&payload={"type":"b"}', FORM, 400),
    (b"payload=" + urlencode({"": '{"type":"block_actions"}'})[1:].encode(), FORM, 400),
    (b"command=/policy", FORM, 400),
    (b"text=%FF%FE", FORM, 400),
    (b"&".join(b"a%d=1" % n for n in range(500)), FORM, 400),
    (body_of(EVENT), "text/plain", 415),
    (body_of(EVENT), "", 415),
    (body_of(EVENT), "application/json; charset=utf-8", 200),
    (b" " * (gate.LARGEST + 1), JSON, 413),
]


@pytest.mark.parametrize(("body", "content", "status"), SHAPELESS)
def test_what_is_signed_but_has_no_shape_is_refused(body: bytes, content: str, status: int) -> None:
    headers = signed(body, content=content)
    if status == 200:
        assert admit(body, headers).kind is Kind.EVENT
    else:
        assert refused(body, headers) == status


def test_half_characters_do_not_come_in() -> None:
    body = b'{"type":"event_callback","team_id":"T1","event_id":"E1","event":{"type":"message","text":"a\\ud800b"}}'
    text = admit(body, signed(body)).payload["event"]["text"]
    assert text == "a\ufffdb"
    text.encode()


def view(**more: Any) -> dict[str, Any]:
    stands = {"id": "V1", "private_metadata": "form||x|0", "callback_id": "c", "state": {"values": {"b": {"a": {}}}}}
    return {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": stands | more}


def test_the_same_form_has_the_same_key_and_another_answer_another() -> None:
    first = gate.read(view()).key
    assert gate.read({**view(), "trigger_id": "other", "token": "other"}).key == first
    assert gate.read(view(state={"values": {"b": {"a": {"value": "x"}}}})).key != first
    assert gate.read(view(id="V2")).key != first
    assert gate.read({**view(), "user": {"id": "U2"}}).key != first


class Nobody:
    """A door that keeps what came through the gate."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []

    async def receive(self, delivery: Delivery) -> Acknowledged:
        self.got.append(delivery)
        return Acknowledged()


@pytest_asyncio.fixture
async def door() -> AsyncIterator[tuple[Nobody, ClientSession, str]]:
    nobody = Nobody()
    server = TestServer(listen.site(nobody, lambda: [SECRET], lambda: NOW, None))  # type: ignore[arg-type]
    await server.start_server()
    async with ClientSession() as client:
        yield nobody, client, str(server.make_url(listen.EVENTS))
    await server.close()


async def test_over_http_nothing_unsigned_reaches_the_app_or_the_log(
    door: tuple[Nobody, ClientSession, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    nobody, client, url = door
    body = body_of(EVENT)
    with caplog.at_level(logging.DEBUG):
        for headers in ([], signed(body, by="wrong"), signed(body, NOW - timedelta(hours=1))):
            async with client.post(url, data=body, headers=dict(headers)) as response:
                assert response.status == 401
                assert await response.text() == ""
        for shapeless, content, status in SHAPELESS:
            async with client.post(url, data=shapeless, headers=dict(signed(shapeless, content=content))) as response:
                # Without a content type aiohttp's client fills one in, which is none of ours either.
                assert response.status == status or not content
    assert [d.payload["event_id"] for d in nobody.got] == ["Ev1"]
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "name", ["slack_bolt.AsyncApp", "slack_sdk.web.async_client", "aiohttp.server", "slack_bolt.askfirst"]
)
def test_what_the_libraries_say_is_noted_by_its_kind_alone(name: str) -> None:
    hush()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger(name).exception("body: %s", CANARY)
    finally:
        logging.getLogger().removeHandler(handler)
    assert CANARY not in written.getvalue()
    assert "ValueError" in written.getvalue()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_posts_are_heard(door: tuple[Nobody, ClientSession, str], method: str) -> None:
    nobody, client, url = door
    async with client.request(method, url) as response:
        assert response.status == 405
    assert nobody.got == []


async def test_what_is_too_large_is_refused_before_it_is_held(door: tuple[Nobody, ClientSession, str]) -> None:
    _, client, url = door
    body = b" " * (gate.LARGEST + 1)
    async with client.post(url, data=body, headers=dict(signed(body))) as response:
        assert response.status == 413
