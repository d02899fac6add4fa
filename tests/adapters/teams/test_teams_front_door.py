"""Who may speak to /api/messages (SECURITY T02; Bot Framework REST, authentication), with real RSA signatures."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any, cast

import jwt
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.teams.app import add_teams, make_app
from adapters.teams.settings import TeamsSettings
from bot.chat.desk import ChatDesk
from bot.chat.messages import Said
from tests.adapters.teams.conftest import AMARA, NOW, Bench
from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.signing import new_key

OTHER = new_key()


async def _sent(bench: Bench, token: str | None, body: Any = None, **headers: str) -> int:
    """The status of an activity with this token; nothing may have reached the desk unless it is 200."""
    client = bench.running.client(AMARA)
    data = json.dumps(client.activity("message", text="May I?") if body is None else body).encode()
    sent = {"Content-Type": "application/json", **headers}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    async with bench.running.session.post(bench.running.address, data=data, headers=sent) as response:
        await bench.running.settle()
        assert bool(bench.desk.handled) == (response.status == 200)
        return response.status


LOADED = int(time.time())
"""Not part of a test's name: the processes that share the tests load this a second apart."""


async def test_a_token_of_the_connector_is_let_in(bench: Bench) -> None:
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url)) == 200
    assert isinstance(bench.desk.handled[0], Said)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": LOADED - 600},
        {"exp": None},
        {"nbf": LOADED + 3600},
        {"aud": "1b2c3d4e-0000-4000-8000-00000000000b"},
        {"aud": None},
        {"iss": "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"},
        {"iss": None},
        {"serviceurl": "https://elsewhere.example/"},
        {"serviceurl": None},
        {
            "iss": "https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0",
            "ver": "2.0",
            "azp": APP,
        },
    ],
    ids=lambda claims: "-".join(k if isinstance(v, int) else f"{k}={v}" for k, v in claims.items())[:40],
)
async def test_a_token_with_a_wrong_claim_is_turned_away(bench: Bench, claims: dict[str, Any]) -> None:
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url, **claims)) == 401


def _forged(bench: Bench, how: str) -> str | None:
    signing = bench.teams.signing
    good = signing.token(bench.teams.url)
    claims = jwt.decode(good, options={"verify_signature": False})
    match how:
        case "foreign key":
            return jwt.encode(claims, OTHER, algorithm="RS256", headers={"kid": "key-1"})
        case "no algorithm":
            return jwt.encode(claims, "", algorithm="none", headers={"kid": "key-1"})
        case "shared secret":
            return jwt.encode(claims, "s" * 40, algorithm="HS256", headers={"kid": "key-1"})
        case "another digest":
            return jwt.encode(claims, signing.keys["key-1"], algorithm="RS512", headers={"kid": "key-1"})
        case "no key":
            return jwt.encode(claims, signing.keys["key-1"], algorithm="RS256")
        case "garbage":
            return "garbage"
        case "cut":
            return good[:-8]
    return None


@pytest.mark.parametrize(
    "how", ["foreign key", "no algorithm", "shared secret", "another digest", "no key", "garbage", "cut", "none at all"]
)
async def test_a_forged_token_is_turned_away(bench: Bench, how: str) -> None:
    assert await _sent(bench, _forged(bench, how)) == 401


async def test_another_scheme_or_two_headers_are_turned_away(bench: Bench) -> None:
    good = bench.teams.signing.token(bench.teams.url)
    for value in ("Basic YTpi", f"bearer {good}", good, "Bearer", "Bearer "):
        assert await _sent(bench, None, Authorization=value) == 401


@pytest.mark.parametrize("endorsements", [["webchat"], [], None])
async def test_a_key_that_is_not_endorsed_for_teams_is_turned_away(
    bench: Bench, endorsements: list[str] | None
) -> None:
    bench.teams.signing.endorsements = endorsements
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url)) == 401


@pytest.mark.parametrize("channel", ["emulator", "webchat", "directline"])
async def test_another_channel_is_turned_away(bench: Bench, channel: str) -> None:
    body = {**bench.running.client(AMARA).activity("message", text="May I?"), "channelId": channel}
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url), body) == 401


async def test_a_tenant_that_is_not_on_the_list_is_turned_away(bench: Bench) -> None:
    foreign = "1b2c3d4e-0000-4000-8000-0000000000ee"
    body = bench.running.client(AMARA, tenant=foreign).activity("message", text="May I?")
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url), body) == 403
    del body["channelData"]["tenant"]
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url), body) == 403


async def test_an_address_where_our_token_has_no_business_is_turned_away(bench: Bench) -> None:
    evil = "https://smba.trafficmanager.net.evil.example/teams/"
    body = {**bench.running.client(AMARA).activity("message", text="May I?"), "serviceUrl": evil}
    assert await _sent(bench, bench.teams.signing.token(evil), body) == 403


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"", b"\xff\xfe", b"null", b'"text"', b"{}", b"[" * 100_000, b'{"type":1}']
)
async def test_a_malformed_body_is_400(bench: Bench, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {bench.teams.signing.token(bench.teams.url)}"}
    headers["Content-Type"] = "application/json"
    async with bench.running.session.post(bench.running.address, data=raw, headers=headers) as response:
        assert response.status == 400
        assert await response.text() == ""


async def test_other_methods_types_and_sizes(bench: Bench) -> None:
    token = bench.teams.signing.token(bench.teams.url)
    assert await _sent(bench, token, **{"Content-Type": "text/plain"}) == 415
    huge = {**bench.running.client(AMARA).activity("message"), "text": "a" * 300_000}
    assert await _sent(bench, token, huge) == 413
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        async with bench.running.session.request(method, bench.running.address) as response:
            assert response.status == 405


async def test_a_new_key_is_refused_until_the_keys_are_read_anew(bench: Bench) -> None:
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url)) == 200
    bench.desk.handled.clear()
    bench.teams.signing.keys["key-2"] = OTHER
    token = bench.teams.signing.token(bench.teams.url, key="key-2")
    for _ in range(5):
        assert await _sent(bench, token) == 401
    assert bench.teams.signing.reads == 1, "anybody could make us ask for keys again and again"
    bench.running.seconds += 301
    assert await _sent(bench, token) == 200
    assert bench.teams.signing.reads == 2


async def test_keys_are_read_anew_every_day(bench: Bench) -> None:
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url)) == 200
    bench.desk.handled.clear()
    old = bench.teams.signing.token(bench.teams.url)
    bench.teams.signing.keys = {"key-2": OTHER}
    bench.running.seconds += 24 * 3600 + 1
    assert await _sent(bench, old) == 401, "a key that was withdrawn still counts"


async def test_a_key_server_that_is_down_is_503_and_asked_again(bench: Bench) -> None:
    token = bench.teams.signing.token(bench.teams.url)
    bench.teams.signing.down = True
    for _ in range(5):
        assert await _sent(bench, token) == 503
    assert bench.teams.signing.reads == 1
    bench.teams.signing.down = False
    bench.running.seconds += 11
    assert await _sent(bench, token) == 200


async def test_a_key_server_that_hangs_holds_up_nobody(bench: Bench) -> None:
    bench.teams.signing.slow = 1.5
    waiting = asyncio.create_task(_sent(bench, bench.teams.signing.token(bench.teams.url)))
    longest = 0.0
    while not waiting.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    assert await waiting == 200
    assert longest < 0.5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 900), mark=st.sampled_from("AZaz09-_.=/ é"))
async def test_no_changed_token_is_accepted(bench: Bench, place: int, mark: str) -> None:
    good = bench.teams.signing.token(bench.teams.url)
    place %= len(good)
    changed = good[:place] + mark + good[place + 1 :]
    if _same(good, changed):
        return
    assert await _sent(bench, changed) == 401


def _same(good: str, changed: str) -> bool:
    """True where no bit of header, claims or signature differs: the last mark of base64 has bits to spare."""

    def bits(token: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.encode().decode().split(".")]

    try:
        return bits(good) == bits(changed)
    except (ValueError, UnicodeError):
        return False


async def test_the_tenant_of_our_own_people_is_written_in_any_case(bench: Bench) -> None:
    body = bench.running.client(AMARA, tenant=TENANT.upper()).activity("message", text="May I?")
    assert await _sent(bench, bench.teams.signing.token(bench.teams.url), body) == 200


async def test_in_development_nobody_is_checked_and_everything_stays_on_this_machine(bench: Bench) -> None:
    """For the Microsoft 365 Agents Playground, which sends no tokens."""
    app, teams = make_app(), bench.teams
    ours = TeamsSettings("", "", development=True, connector=teams.url)
    running = add_teams(app, cast(ChatDesk, bench.desk), bench.office, ours, lambda: NOW)
    async with TestServer(app) as server, ClientSession() as session:
        for url, status in ((teams.url, 200), ("https://smba.trafficmanager.net/uk/", 403)):
            activity = {**bench.running.client(AMARA).activity("message", text="May I?"), "serviceUrl": url}
            async with session.post(server.make_url("/api/messages"), json=activity) as response:
                assert response.status == status
        invoke = bench.running.client(AMARA).activity(
            "invoke", name="task/fetch", value={"data": {"press": "menu|||0"}}
        )
        async with session.post(server.make_url("/api/messages"), json=invoke) as response:
            assert (await response.json())["task"]["type"] == "message"
        assert await running.bot.arrivals.take("again", b"{}", NOW)
