"""The personal tab (Teams, tab single sign-on; access token claims v2.0; SECURITY T02, T03, T07, T09, T14)."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams import tab
from adapters.teams.app import add_teams, make_app
from adapters.teams.names import COMMANDS
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab_shown import IN_CHAT
from adapters.teams.tab_token import TabTokens
from bot.chat import chat_texts as texts
from bot.core import Bot
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.entra import BROWSER, Entra
from tests.adapters.teams.fake_teams.signing import new_key
from tests.adapters.teams.fake_teams.ways import entra_id, on_teams
from tests.chat.chatting import NOW, Chat, changed, make

FOREIGN = "1b2c3d4e-0000-4000-8000-0000000000ee"
SECOND = "1b2c3d4e-0000-4000-8000-0000000000aa"
PUBLIC = "https://askfirst.school.example"
PAGES = "https://pages.school.example"
AMARA, HELEN, TOM = "amara-obi", "helen-marsh", "tom-price"
STATIC = Path(tab.__file__).parent / "static"
OTHER = new_key()


@dataclass
class Tab:
    """The tab's server on loopback, with Entra and the sample schools."""

    client: TestClient  # type: ignore[type-arg]
    entra: Entra
    chat: Chat
    seconds: float = 0.0

    async def post(self, token: str | None, **more: Any) -> ClientResponse:
        """Ask for Home with this token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.client.post(tab.HOME, headers=headers, **more)

    async def status(self, token: str | None, **more: Any) -> int:
        """The status; a refusal has not a word in it."""
        answer = await self.post(token, **more)
        assert answer.status == 200 or await answer.read() == b""
        return answer.status

    async def home(self, who: str, **claims: Any) -> list[dict[str, Any]]:
        """What the person is shown."""
        answer = await self.post(self.entra.token(entra_id(who), **claims))
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["parts"]
        return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("tab") / "cases.db")) as each:
        yield each


@pytest.fixture
async def chat(store: Store, bot: Bot) -> Chat:
    return await make(store, bot, on_teams(load_organisation(SAMPLE_ORGANISATION)))


@pytest.fixture
async def shown(chat: Chat, request: pytest.FixtureRequest) -> AsyncIterator[Tab]:
    """The tab. Its parameter: the address of the web pages."""
    pages = getattr(request, "param", PAGES)
    entra = Entra(NOW)
    async with TestServer(entra.app()) as keys:
        settings = TeamsSettings(APP, TENANT, managed_identity=True, tenants=frozenset({SECOND}), public_url=PUBLIC)
        app = make_app()
        tokens = TabTokens(settings, str(keys.make_url("")).rstrip("/"), lambda: made.seconds)
        add_teams(app, chat.desk, chat.scene.office, settings, lambda: chat.scene.now, pages=pages, tokens=tokens)
        async with TestClient(TestServer(app)) as client:
            made = Tab(client, entra, chat)
            yield made


# What is shown.


def read(parts: list[dict[str, Any]]) -> str:
    """All that can be read."""
    return "\n".join([str(p.get("text", "")) for p in parts] + [each["label"] for each in links(parts)])


def links(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that can be pressed."""
    return [each for part in parts for each in part.get("links", [])]


async def test_it_shows_the_persons_own_cases_and_nobody_elses(shown: Tab) -> None:
    done = await shown.chat.opened(AMARA, "media-enquiry")
    mine, hers = await shown.home(AMARA), await shown.home(HELEN)
    assert done.reference in read(mine)
    assert done.reference in read(hers), "it waits for the headteacher"
    assert done.reference not in read(await shown.home("kofi-mensah"))
    case = next(p for p in mine if p["kind"] == "case")
    assert [(each["label"], each["url"]) for each in case["links"]] == [("Open", f"{PAGES}/case/{done.case_id}")]
    headings = [p["text"] for p in mine if p["kind"] == "heading"]
    assert headings[:2] == [texts.HOME_WAITING, texts.HOME_MINE]


@pytest.mark.parametrize("shown", [None], indirect=True)
async def test_without_pages_a_case_is_opened_in_the_chat(shown: Tab) -> None:
    await shown.chat.opened(AMARA, "media-enquiry")
    found = await shown.home(AMARA)
    case = next(p for p in found if p["kind"] == "case")
    chat = f"https://teams.microsoft.com/l/chat/0/0?users=28:{APP}"
    assert [(each["label"], each["url"]) for each in case["links"]] == [(IN_CHAT, chat)]
    assert all(each["url"].startswith(chat) for each in links(found))


async def test_what_a_tab_cannot_press_is_written_in_the_chat_in_words_that_are_understood(shown: Tab) -> None:
    found = links(await shown.home(AMARA))
    menu = next(each for each in found if each["label"] == texts.MENU)
    assert menu["url"].endswith("&message=Start%20something")
    assert "start something" in COMMANDS
    common = next(each for each in found if each["label"] == texts.COMMON[0])
    assert common["url"].endswith("&message=Can%20I%20accept%20a%20friend%20request%20from%20a%20parent%3F")
    assert next(each["url"] for each in found if each["label"] == texts.REGISTER) == f"{PAGES}/register"


async def test_a_restricted_case_has_its_number_alone(shown: Tab) -> None:
    canary = "heron-canary-2290"
    filled = shown.chat.fewest(AMARA, "misuse-report")
    written = {key: canary for key, values in filled.items() if "Zeugma" in "".join(values)}
    assert written
    done = await shown.chat.opened(AMARA, "misuse-report", written)
    saw = 0
    for person in [p.id for school in shown.chat.scene.organisation.schools for p in school.people if not p.left_on]:
        found = read(await shown.home(person))
        saw += done.reference in found
        assert canary not in found
        assert shown.chat.procedure(AMARA, "misuse-report").title not in found
    assert saw > 1


async def test_what_is_shown_travels_as_data_and_is_put_in_as_text(shown: Tab) -> None:
    """SECURITY T12."""
    answer = await shown.post(shown.entra.token(entra_id(AMARA)))
    assert answer.content_type == "application/json"
    ours = (STATIC / "tab.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", ours)


# Who.


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


# Which tokens.


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


# The page.


async def test_the_page_may_be_framed_by_microsoft_alone_and_loads_our_own_files_alone(shown: Tab) -> None:
    answer = await shown.client.get(tab.PATH)
    rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    allowed = rules["frame-ancestors"].split()
    assert {"https://teams.microsoft.com", "https://*.teams.microsoft.com", "https://*.cloud.microsoft"} <= set(allowed)
    assert all(
        re.fullmatch(r"https://(\*\.|\w+\.)[\w.]*(microsoft|microsoft365|office|office365)(\.com)?", a) for a in allowed
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    page = await answer.text()
    assert re.findall(r"<script(?![^>]* src=\"/teams/static/)", page) == []
    assert re.findall(r"<script[^>]*>[^<]", page) == []
    assert "style=" not in page
    assert "http" not in page
    assert not re.search(r"\son\w+=", page)


async def test_no_answer_sets_a_cookie_or_may_be_kept(shown: Tab) -> None:
    good = shown.entra.token(entra_id(AMARA))
    for answer in (await shown.client.get(tab.PATH), await shown.post(good), await shown.post(None)):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_everything_that_the_page_names_is_served_and_the_library_is_the_one_that_was_checked(shown: Tab) -> None:
    page = await (await shown.client.get(tab.PATH)).text()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(named) == 3
    for each in named:
        answer = await shown.client.get(each)
        assert answer.status == 200
        assert answer.content_type in ("text/javascript", "text/css")
    digest = hashlib.sha256((STATIC / tab.TEAMS_JS).read_bytes())
    assert f'integrity="sha256-{base64.b64encode(digest.digest()).decode()}"' in page
    assert (STATIC / "SHA256SUMS").read_text().split() == [digest.hexdigest(), tab.TEAMS_JS]
    assert (await shown.client.get("/teams/static/README.md")).status == 404
    assert (await shown.client.get("/teams/static/..%2ftab.py")).status == 404


async def test_in_development_nobody_can_be_signed_in(chat: Chat) -> None:
    app = make_app()
    settings = TeamsSettings("", "", development=True, connector="http://127.0.0.1:1/")
    add_teams(app, chat.desk, chat.scene.office, settings, lambda: chat.scene.now)
    async with TestClient(TestServer(app)) as client:
        page = await (await client.get(tab.PATH)).text()
        assert "real Microsoft 365 tenant" in page
        assert "<script" not in page
        assert (await client.post(tab.HOME)).status == 404
