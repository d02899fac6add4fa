"""What the personal tab shows, and its page (Teams, tabs; SECURITY T07, T12)."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams import tab
from adapters.teams.app import add_teams, make_app
from adapters.teams.names import COMMANDS
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab_shown import IN_CHAT
from bot.chat import chat_texts as texts
from tests.adapters.teams.fake_teams.connector import APP
from tests.adapters.teams.fake_teams.ways import entra_id
from tests.adapters.teams.tab_served import AMARA, HELEN, PAGES, Tab, chat, shown, store
from tests.chat.chatting import Chat

__all__ = ["chat", "shown", "store"]
STATIC = Path(tab.__file__).parent / "static"


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
