"""Many workspaces by OAuth: tokens sealed at rest, never mixed; who may install; settings and their cures."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar

from adapters.slack.listen import INSTALL, REDIRECT
from adapters.slack.settings import Secret, SlackSettings, read_slack_settings
from bot.chat import chat_texts
from bot.errors import BadInput
from bot.store.side import open_side
from tests.adapters.slack.conftest import School
from tests.adapters.slack.hall import Made
from tests.adapters.slack.seen import shown
from tests.scenario_world import Scene

QUESTION = "Can I accept a friend request from a parent on Facebook?"
TEAMS = {"TAGORA": "agora-trust", "TLEARN": "learning-trust"}


@pytest_asyncio.fixture
async def many(scene: Scene, tmp_path: Path) -> AsyncIterator[School]:
    engine = open_side(tmp_path)
    client_secret = Secret("CLIENT_SECRET", "fake-client-secret")
    signing = Secret("SIGNING_SECRET", "fake-signing-secret")
    settings = SlackSettings(None, signing, None, "1.2", client_secret, TEAMS)
    async with School(scene, Made(settings, engine)) as school:
        for team in (*TEAMS, "TELSE"):
            school.fake.workspace(team).token = f"xoxb-{team}-{secrets.token_hex(8)}"
        await scene.adopt(scene.organisation)
        school.fake.person("UAMARA", "TAGORA", email="a.obi@oakfield.example")
        school.fake.person("USIAN", "TLEARN", email="s.rees@riverside.example")
        yield school
    await engine.dispose()


async def install(school: School, team: str, client: ClientSession | None = None, state: str | None = None) -> int:
    """An administrator lets the app into a workspace; the status of the last page."""
    base = school.url.removesuffix("/slack/events")
    async with client or ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{base}{INSTALL}", allow_redirects=False) as first:
            assert first.status == 302
            asked = parse_qs(urlsplit(first.headers["Location"]).query)
            cookie = first.headers["Set-Cookie"].partition(";")[0]
        given = {"code": school.fake.grant(team), "state": state or asked["state"][0]}
        async with browser.get(f"{base}{REDIRECT}", params=given, headers={"Cookie": cookie}) as last:
            return last.status


async def test_a_workspace_installs_the_app_and_its_people_are_served(many: School) -> None:
    assert await install(many, "TAGORA") == 200
    await many.say("UAMARA", QUESTION)
    assert "Clause" in shown(many.fake.from_bot("UAMARA")[-1].blocks)


async def test_no_token_stands_in_the_database_as_it_is(many: School, tmp_path: Path) -> None:
    await install(many, "TAGORA")
    token = many.fake.world.workspaces["TAGORA"].token
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"TAGORA" in files
    assert token.encode() not in files
    with sqlite3.connect(tmp_path / "installations.db") as database:
        assert database.execute("select count(*) from slack_bots").fetchone() == (1,)
    assert (tmp_path / "installations.db").stat().st_mode & 0o077 == 0


async def test_a_workspace_that_is_not_named_cannot_install_it(many: School) -> None:
    assert await install(many, "TELSE") == 403
    many.fake.person("UEVIL", "TELSE", email="h.marsh@oakfield.example")
    await many.say("UEVIL", QUESTION)
    assert many.fake.from_bot("UEVIL") == []


async def test_a_state_that_was_made_up_or_used_installs_nothing(many: School) -> None:
    assert await install(many, "TAGORA", state="made-up") in (400, 401)
    assert await many.slack.app.bolt.installation_store.async_find_bot(enterprise_id=None, team_id="TAGORA") is None  # type: ignore[union-attr]


async def test_a_workspace_speaks_for_its_own_trust_alone(many: School) -> None:
    await install(many, "TLEARN")
    many.fake.person("UEVIL", "TLEARN", email="h.marsh@oakfield.example")
    await many.say("UEVIL", QUESTION)
    assert [shown(m.blocks) for m in many.fake.from_bot("UEVIL")] == [chat_texts.STRANGER]


async def test_questions_of_two_workspaces_never_go_out_with_the_others_token(many: School) -> None:
    for team in TEAMS:
        await install(many, team)
    many.fake.world.calls.clear()
    for _ in range(25):
        await asyncio.gather(*(many.fake.say(user, QUESTION) for user in ("UAMARA", "USIAN") for _ in range(4)))
    for _ in range(20):
        await many.settle()
    posted = [(space, call["channel"]) for name, space, call in many.fake.world.calls if name == "chat.postMessage"]
    assert len(posted) == 200
    assert set(posted) == {("TAGORA", "DAMARA"), ("TLEARN", "DSIAN")}


async def test_an_uninstalled_app_forgets_the_token(many: School) -> None:
    await install(many, "TAGORA")
    await many.fake.uninstall("TAGORA")
    await many.settle()
    store = many.slack.app.bolt.installation_store
    assert store is not None
    assert await store.async_find_bot(enterprise_id=None, team_id="TAGORA") is None


# Settings.

ONE = {"ASKFIRST_SLACK_BOT_TOKEN": "xoxb-1", "ASKFIRST_SLACK_APP_TOKEN": "xapp-1"}
OAUTH = {
    "ASKFIRST_SLACK_CLIENT_ID": "1.2",
    "ASKFIRST_SLACK_CLIENT_SECRET": "abc",
    "ASKFIRST_SLACK_SIGNING_SECRET": "def",
    "ASKFIRST_SLACK_TEAMS": "T024BE7LD=agora-trust",
}


def test_without_any_variable_there_is_no_slack() -> None:
    assert read_slack_settings({"ASKFIRST_PORT": "8080"}) is None


def test_the_two_ways_are_read() -> None:
    one, many = read_slack_settings(ONE), read_slack_settings(OAUTH)
    assert one is not None
    assert many is not None
    assert (one.many, one.by_socket) == (False, True)
    assert (many.many, many.by_socket, dict(many.teams)) == (True, False, {"T024BE7LD": "agora-trust"})
    assert "xoxb-1" not in repr(one)
    assert "abc" not in repr(many)


WRONG = [
    ({"ASKFIRST_SLACK_BOT_TOKEN": "xoxb-1"}, "ASKFIRST_SLACK_APP_TOKEN"),
    ({"ASKFIRST_SLACK_APP_TOKEN": "xapp-1"}, "ASKFIRST_SLACK_BOT_TOKEN"),
    ({**ONE, "ASKFIRST_SLACK_BOT_TOKEN": "xapp-1"}, "starts with xoxb-"),
    ({**ONE, "ASKFIRST_SLACK_APP_TOKEN": "xoxb-1"}, "starts with xapp-"),
    ({**ONE, "ASKFIRST_SLACK_BOT_TOKEN": "xoxb-1 x"}, "starts with xoxb-"),
    ({**ONE, "ASKFIRST_SLACK_CLIENT_ID": "1.2"}, "leave one of the two ways out"),
    ({**ONE, "ASKFIRST_SLACK_BOT_TOKEN_FILE": "/x"}, "set one of them"),
    ({k: v for k, v in OAUTH.items() if not k.endswith("TEAMS")}, "ASKFIRST_SLACK_TEAMS"),
    ({k: v for k, v in OAUTH.items() if not k.endswith("SIGNING_SECRET")}, "ASKFIRST_SLACK_APP_TOKEN"),
    ({k: v for k, v in OAUTH.items() if not k.endswith("CLIENT_SECRET")}, "ASKFIRST_SLACK_CLIENT_SECRET"),
    ({**OAUTH, "ASKFIRST_SLACK_TEAMS": "agora-trust"}, "T024BE7LD=north-trust"),
    ({**ONE, "ASKFIRST_SLACK_PORT": "99999"}, "0 to 65535"),
]


@pytest.mark.parametrize(("environment", "cure"), WRONG)
def test_a_wrong_combination_is_refused_with_the_cure(environment: dict[str, str], cure: str) -> None:
    with pytest.raises(BadInput, match=cure):
        read_slack_settings(environment)


def test_a_secret_in_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("xoxb-1\n")
    path.chmod(0o644)
    environment = {"ASKFIRST_SLACK_BOT_TOKEN_FILE": str(path), "ASKFIRST_SLACK_APP_TOKEN": "xapp-1"}
    with pytest.raises(BadInput, match="chmod 600"):
        read_slack_settings(environment)
    path.chmod(0o600)
    settings = read_slack_settings(environment)
    assert settings is not None
    assert settings.bot_token is not None
    assert settings.bot_token.read() == "xoxb-1"
