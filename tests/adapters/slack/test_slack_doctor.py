"""`doctor slack`: each thing that can be wrong is found and named with its cure; no token is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from adapters.slack.doctor import Finding, examine
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import Secret, SlackSettings

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@dataclass
class Patient:
    """Slack's two answers that the doctor asks for, as docs.slack.dev shows them."""

    scopes: str = ",".join(SCOPES)
    error: str = ""
    socket_error: str = ""
    at: datetime = NOW
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """auth.test and apps.connections.open."""
        method = request.match_info["method"]
        self.asked.append(method)
        error = self.error if method == "auth.test" else self.socket_error
        headers = {"Date": format_datetime(self.at, usegmt=True), "X-OAuth-Scopes": self.scopes}
        good = {"ok": True, "team_id": "T024BE7LD", "url": "wss://slack.example/link"}
        return web.json_response({"ok": False, "error": error} if error else good, headers=headers)


@pytest_asyncio.fixture
async def patient() -> AsyncIterator[Patient]:
    found = Patient()
    app = web.Application()
    app.router.add_post("/api/{method}", found.answer)
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("/api/"))
    yield found
    await server.close()


async def look(url: str, settings: SlackSettings | None = None) -> list[Finding]:
    one = SlackSettings(Secret("BOT_TOKEN", "xoxb-secret-1"), None, Secret("APP_TOKEN", "xapp-secret-2"))
    found = await examine(SlackSettings(**{**vars(settings or one), "api": url}), lambda: NOW)
    assert "secret-" not in "\n".join(map(str, found))
    return found


def faults(found: list[Finding]) -> list[str]:
    return [str(finding) for finding in found if not finding.well]


async def test_a_healthy_connection_has_no_fault(patient: Patient) -> None:
    found = await look(patient.url)
    assert faults(found) == []
    said = "\n".join(map(str, found))
    for each in ("T024BE7LD", "scopes", "clock agrees", "Socket Mode: Slack opens", "message.im"):
        assert each in said


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_dead_token_is_named_with_its_cure(patient: Patient, error: str) -> None:
    patient.error = error
    (fault,) = faults(await look(patient.url))
    assert "ASKFIRST_SLACK_BOT_TOKEN" in fault
    assert "install the app again" in fault


async def test_missing_scopes_are_named(patient: Patient) -> None:
    patient.scopes = ",".join(scope for scope in SCOPES if scope not in ("users:read.email", "im:write"))
    (fault,) = faults(await look(patient.url))
    assert "users:read.email" in fault
    assert "im:write" in fault
    assert "chat:write" not in fault
    assert "install the app again" in fault


@pytest.mark.parametrize(("minutes", "off"), [(-10, True), (10, True), (0.5, False)])
async def test_a_clock_that_is_off_is_named(patient: Patient, minutes: float, off: bool) -> None:
    patient.at = NOW + timedelta(minutes=minutes)
    assert any("set-ntp" in fault for fault in faults(await look(patient.url))) is off


async def test_a_refused_connection_is_named(patient: Patient) -> None:
    patient.socket_error = "invalid_auth"
    (fault,) = faults(await look(patient.url))
    assert "connections:write" in fault


async def test_a_machine_without_a_way_to_slack_is_told_what_to_open() -> None:
    found = faults(await look(f"http://127.0.0.1:{unused_port()}/api/"))
    assert any("port 443" in fault for fault in found)


async def test_a_secret_file_that_is_gone_is_named(patient: Patient, tmp_path: Path) -> None:
    gone = SlackSettings(Secret("BOT_TOKEN", file=tmp_path / "gone"), Secret("SIGNING_SECRET", "abc"))
    found = faults(await look(patient.url, gone))
    assert any("ASKFIRST_SLACK_BOT_TOKEN_FILE" in fault for fault in found)
    assert patient.asked == []
