"""Who is let into the personal tab (tab single sign-on; access token claims v2.0; SECURITY T02, T03, T09, T14)."""

from __future__ import annotations

import base64
import logging
from datetime import date
from typing import Any

import jwt
import pytest

from adapters.teams import tab
from bot.chat import chat_texts as texts
from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.entra import BROWSER, Entra
from tests.adapters.teams.fake_teams.signing import new_key
from tests.adapters.teams.fake_teams.ways import entra_id
from tests.adapters.teams.tab_served import AMARA, HELEN, SECOND, Tab, chat, shown, store
from tests.chat.chatting import NOW, changed

__all__ = ["chat", "shown", "store"]
FOREIGN = "1b2c3d4e-0000-4000-8000-0000000000ee"
TOM = "tom-price"
OTHER = new_key()


async def strange(shown: Tab, oid: str, **claims: Any) -> bool:
    """True where the one fixed reply came."""
    answer = await shown.post(shown.entra.token(oid, **claims))
    assert answer.status == 200
    wanted = [{"kind": "words", "text": texts.STRANGER, "tone": "strong"}]
    return bool(await answer.json() == {"title": texts.STRANGER_TITLE, "parts": wanted})


async def unlisted(shown: Tab, **change: object) -> None:
    """Amara without an account in the file, with an address."""
    organisation = shown.chat.scene.organisation
    whole = {"teams": None, "email": "amara.obi@agora.example", **change}
    await shown.chat.adopt(changed(organisation, AMARA, **whole))


async def test_strangers_leavers_and_other_tenants_get_the_fixed_reply(shown: Tab) -> None:
    rows = shown.chat.rows()
    assert await strange(shown, FOREIGN)
    assert await strange(shown, entra_id(AMARA), tid=SECOND), "the same id in another tenant is somebody else"
    assert shown.chat.rows() == rows, "nothing of a stranger is kept"
    await shown.chat.adopt(changed(shown.chat.scene.organisation, TOM, left_on=date(2026, 11, 1)))
    assert await strange(shown, entra_id(TOM))


async def test_a_member_of_staff_is_known_by_the_sign_in_name(shown: Tab) -> None:
    await unlisted(shown)
    assert not await strange(shown, SECOND, preferred_username="Amara.Obi@agora.example")


@pytest.mark.parametrize(
    "claims",
    [
        {"acct": 1},
        {"acct": "1"},
        {"acct": True},
        {"idp": "https://sts.windows.net/9122040d-6c67-4c5b-b112-36a304b66dad/"},
        {"idp": "live.com"},
        {"preferred_username": "amara.obi_agora.example#EXT#@school.onmicrosoft.com"},
        {"preferred_username": None, "email": "amara.obi@agora.example"},
        {"preferred_username": None, "upn": "amara.obi@agora.example", "unique_name": "amara.obi@agora.example"},
        {"preferred_username": ["amara.obi@agora.example"]},
    ],
    ids=str,
)
async def test_guests_and_addresses_that_people_choose_are_not_matched(shown: Tab, claims: dict[str, Any]) -> None:
    await unlisted(shown)
    assert await strange(shown, SECOND, **{"preferred_username": "amara.obi@agora.example", **claims})


async def test_a_guests_own_name_in_the_tenant_is_not_matched_either(shown: Tab) -> None:
    """Even where somebody wrote it into the staff list as an address: a guest is named by account or not at all."""
    guest = "amara.obi_agora.example#EXT#@school.onmicrosoft.com"
    await unlisted(shown, email=guest)
    assert await strange(shown, SECOND, preferred_username=guest)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": f"api://askfirst.school.example/{APP}"},
        {"azp": BROWSER},
        {"scp": "openid access_as_user"},
        {"acct": 0},
        {"idp": f"https://sts.windows.net/{TENANT}/"},
        {"nbf": int(NOW.timestamp()) + 30},
    ],
    ids=str,
)
async def test_a_good_token_is_let_in(shown: Tab, claims: dict[str, Any]) -> None:
    assert await shown.status(shown.entra.token(entra_id(AMARA), **claims)) == 200


SOON = int(NOW.timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": SOON - 600},
        {"exp": None},
        {"nbf": SOON + 600},
        {"nbf": None},
        {"aud": "1b2c3d4e-0000-4000-8000-00000000000b"},
        {"aud": f"api://elsewhere.example/{APP}"},
        {"aud": "https://graph.microsoft.com"},
        {"aud": [APP]},
        {"aud": None},
        {"iss": f"https://login.microsoftonline.com/{FOREIGN}/v2.0"},
        {"iss": f"https://sts.windows.net/{TENANT}/"},
        {"iss": f"https://login.microsoftonline.com/{SECOND}/v2.0"},
        {"iss": "https://api.botframework.com"},
        {"iss": None},
        {"tid": FOREIGN},
        {"tid": None},
        {"tid": "../common"},
        {"ver": "1.0"},
        {"scp": None},
        {"scp": None, "roles": ["access_as_user"]},
        {"scp": "access_as_user_not"},
        {"azp": "1b2c3d4e-0000-4000-8000-00000000000c"},
        {"azp": None},
        {"oid": None},
        {"oid": "amara"},
    ],
    ids=lambda claims: "-".join(f"{k}={v}" for k, v in claims.items())[:60],
)
async def test_a_wrong_claim_is_401(shown: Tab, claims: dict[str, Any]) -> None:
    assert await shown.status(shown.entra.token(**{"oid": entra_id(AMARA), **claims})) == 401
    assert set(shown.entra.asked) <= {TENANT}, "only our own tenants' keys are ever asked for"


def forged(entra: Entra, how: str) -> str | None:
    good, claims = entra.token(entra_id(AMARA)), entra.claims(entra_id(AMARA))
    own = entra.keys["entra-1"]
    named = {"kid": "entra-1"}
    match how:
        case "foreign key":
            return jwt.encode(claims, OTHER, algorithm="RS256", headers=named)
        case "foreign key of its own name":
            return jwt.encode(claims, OTHER, algorithm="RS256", headers={"kid": "mine"})
        case "no algorithm":
            return jwt.encode(claims, "", algorithm="none", headers=named)
        case "shared secret":
            return jwt.encode(claims, "s" * 40, algorithm="HS256", headers=named)
        case "another digest":
            return jwt.encode(claims, own, algorithm="RS512", headers=named)
        case "no key":
            return jwt.encode(claims, own, algorithm="RS256")
        case "garbage":
            return "garbage"
        case "cut":
            return good[:-8]
        case "changed":
            head, _, sign = good.split(".")
            body = jwt.encode({**claims, "oid": entra_id(HELEN)}, OTHER, algorithm="RS256").split(".")[1]
            return f"{head}.{body}.{sign}"
        case "deep":
            deep = base64.urlsafe_b64encode(b"[" * 4000).decode().rstrip("=")
            return f"{good.split('.')[0]}.{deep}.{good.split('.')[2]}"
    return None


@pytest.mark.parametrize(
    "how",
    [
        *("foreign key", "foreign key of its own name", "no algorithm", "shared secret", "another digest"),
        *("no key", "garbage", "cut", "changed", "deep", "none at all"),
    ],
)
async def test_a_forged_token_is_401(shown: Tab, how: str) -> None:
    assert await shown.status(forged(shown.entra, how)) == 401


async def test_other_schemes_two_headers_and_the_connectors_token_are_401(shown: Tab) -> None:
    good = shown.entra.token(entra_id(AMARA))
    for value in ("Basic YTpi", f"bearer {good}", good, "Bearer", "Bearer ", f"Bearer {good} x"):
        async with shown.client.post(tab.HOME, headers={"Authorization": value}) as answer:
            assert answer.status == 401
    two = [("Authorization", f"Bearer {good}"), ("Authorization", f"Bearer {good}")]
    async with shown.client.post(tab.HOME, headers=two) as answer:
        assert answer.status in (400, 401)


async def test_whatever_is_sent_beside_the_token_is_400(shown: Tab) -> None:
    good = shown.entra.token(entra_id(AMARA))
    assert await shown.status(good, data=b"{") == 400
    assert await shown.status(good, json={"person": HELEN}) == 400
    assert await shown.status(good, params={"person": HELEN}) == 400
    async with shown.client.get(tab.HOME) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_a_key_server_that_is_down_is_503_and_asked_again(shown: Tab) -> None:
    good = shown.entra.token(entra_id(AMARA))
    shown.entra.down = True
    for _ in range(3):
        assert await shown.status(good) == 503
    assert len(shown.entra.asked) == 1
    shown.entra.down = False
    shown.seconds += 11
    assert await shown.status(good) == 200


async def test_nothing_of_anybody_is_logged(shown: Tab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good = shown.entra.token(entra_id(AMARA), preferred_username="canary@agora.example")
    assert await shown.status(good) == 200
    assert await shown.status(shown.entra.token(entra_id(AMARA), preferred_username="canary@x", exp=1)) == 401
    whole = "\n".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")
    assert "tab: 401" in whole
    for secret in ("canary", entra_id(AMARA), good[:40], TENANT):
        assert secret not in whole
