"""The curator's queue on the command line: what askers gave, without a word on who they are, until it is dropped."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.casework import CaseOffice
from bot.opening import knowledge
from bot.organisation_file import load_organisation
from bot.sealing import Keyring
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import open_sqlite, opened

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "ASKFIRST_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def given(data: Path, question: str) -> None:
    """A question that somebody gave to the curator."""
    keyring = Keyring.open(data / "master.key")
    with opened(open_sqlite(data / "askfirst.db")) as store:
        office = CaseOffice(store, keyring, knowledge())
        organisation = load_organisation(SAMPLE_ORGANISATION)
        await office.adopt(organisation, NOW)
        body = json.dumps({"question": question, "verdict": "not_covered", "topics": []}).encode()
        tenant = next(school.tenant for school in organisation.schools if school.policy == "att")
        await office.at_desk(NOW, lambda desk: desk.records.keep_feedback(tenant, "att", body, NOW))


def test_a_question_is_listed_until_it_is_dropped(tmp_path: Path) -> None:
    asyncio.run(given(tmp_path, "May the choir\nuse Bluesky?"))
    listed = run(tmp_path, "feedback", "list")
    assert listed.returncode == 0, listed.stderr
    [line] = listed.stdout.splitlines()
    number, day, policy, verdict, *_ = line.split()
    assert (day, policy, verdict) == ("2026-11-20", "att", "not_covered")
    assert '"May the choir\\nuse Bluesky?"' in line
    assert run(tmp_path, "feedback", "drop", number).returncode == 0
    assert run(tmp_path, "feedback", "list").stdout == "nothing is waiting\n"
    again = run(tmp_path, "feedback", "drop", number)
    assert again.returncode == 2
    assert "`feedback list` shows them" in again.stderr


def test_platforms_that_are_not_set_up_are_said_to_be_so_with_the_guide(tmp_path: Path) -> None:
    for platform in ("slack", "teams"):
        told = run(tmp_path, "doctor", platform)
        assert told.returncode == 2
        assert f"docs/set-up-{platform}.md" in told.stderr
        assert (ROOT / "docs" / f"set-up-{platform}.md").exists()


def test_the_slack_manifest_is_printed_as_json(tmp_path: Path) -> None:
    printed = run(tmp_path, "slack", "manifest")
    assert json.loads(printed.stdout)["settings"]["socket_mode_enabled"] is True
    address = "https://askfirst.example.org"
    by_http = json.loads(run(tmp_path, "slack", "manifest", "--url", address).stdout)
    assert by_http["settings"]["socket_mode_enabled"] is False
    assert address in by_http["settings"]["event_subscriptions"]["request_url"]
