"""The manifest: Slack's own schema, and no more rights than there are reasons for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.slack import manifest as made
from adapters.slack.scopes import ASK_ABOUT_MESSAGE, EVENTS, NEW_REQUEST, REPORT_MESSAGE, SCOPES

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "slack-app-manifest.schema.2.0.0.json").read_text("utf-8"))
URL = "https://askfirst.hill.example/slack/events"
BOTH = pytest.mark.parametrize("manifest", [made.manifest(), made.manifest(URL)], ids=["socket", "http"])


@BOTH
def test_slacks_schema_takes_it(manifest: dict[str, Any]) -> None:
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(manifest)) == []


def test_slacks_schema_would_refuse_what_it_does_not_know() -> None:
    manifest = made.manifest()
    manifest["features"]["agent_view"]["mood"] = "kind"
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(manifest))


@BOTH
def test_every_scope_and_every_event_has_a_reason_and_no_other_is_asked_for(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"] == {"bot": list(SCOPES)}
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert all(len(reason) > 15 for reason in (*SCOPES.values(), *EVENTS.values()))
    assert tuple(SCOPES) == made.BOT_SCOPES
    assert tuple(EVENTS) == made.BOT_EVENTS


def test_nothing_is_asked_for_that_reads_files_mail_or_conversations_of_several_people_or_acts_as_a_person() -> None:
    more = re.compile(r"mpim|files:write|admin|search|users\.profile|chat:write\.|team:|links:|reactions|usergroups")
    assert [each for each in (*SCOPES, *EVENTS) if more.search(each)] == []
    assert "user" not in made.manifest()["oauth_config"]["scopes"]


def test_the_bot_hears_only_what_its_scopes_let_it_hear() -> None:
    needs = {"message.channels": "channels:history", "message.groups": "groups:history", "message.im": "im:history",
             "app_mention": "app_mentions:read"}  # fmt: skip
    assert {needs[event] for event in EVENTS if event in needs} <= set(SCOPES)


def test_socket_mode_names_no_address() -> None:
    manifest = made.manifest()
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(manifest)


def test_over_http_everything_comes_to_the_one_address() -> None:
    manifest = made.manifest(URL, redirect="https://askfirst.hill.example/slack/back")
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == URL
    assert settings["interactivity"] == {"is_enabled": True, "request_url": URL, "message_menu_options_url": URL}
    assert [command["url"] for command in manifest["features"]["slash_commands"]] == [URL]
    assert manifest["oauth_config"]["redirect_urls"] == ["https://askfirst.hill.example/slack/back"]
    assert made.manifest()["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize("url", ["http://askfirst.hill.example/slack", "askfirst.hill.example", ""])
def test_only_https_is_taken(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        made.manifest(url)


def test_people_find_the_shortcuts_the_command_and_both_tabs() -> None:
    features = made.manifest()["features"]
    assert [(s["name"], s["type"], s["callback_id"]) for s in features["shortcuts"]] == [
        ("Report this message", "message", REPORT_MESSAGE),
        ("Ask about this", "message", ASK_ABOUT_MESSAGE),
        ("New request", "global", NEW_REQUEST),
    ]
    assert [c["command"] for c in features["slash_commands"]] == ["/policy"]
    assert features["slash_commands"][0]["usage_hint"]
    home = features["app_home"]
    assert (home["home_tab_enabled"], home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (
        True, True, False)  # fmt: skip
    assert 1 <= len(made.prompts()) <= 4
    assert "assistant_view" not in features


def test_nothing_in_it_shouts_or_calls_itself_watched() -> None:
    text = json.dumps(made.manifest())
    assert "!" not in text
    assert "not watched round the clock" in text
