"""The app's manifest, to be pasted where Slack asks "from a manifest" (docs.slack.dev/reference/app-manifest)."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from adapters.slack.scopes import EVENTS, SCOPES

BOT_SCOPES: tuple[str, ...] = tuple(SCOPES)
BOT_EVENTS: tuple[str, ...] = tuple(EVENTS)


def manifest(url: str | None = None, redirect: str | None = None) -> dict[str, Any]:
    """For Socket Mode; with `url` for HTTP: the https address at which the app hears events, buttons and commands.

    redirect: where Slack sends an administrator back who lets the app into a workspace; for several workspaces only.
    Raises ValueError for an address that is not https.
    """
    made: dict[str, Any] = json.loads((files("adapters.slack") / "manifest.json").read_text(encoding="utf-8"))
    if url is None and redirect is None:
        return made
    if any(each is not None and not each.startswith("https://") for each in (url, redirect)):
        raise ValueError("Slack sends to https addresses only")
    if redirect is not None:
        made["oauth_config"]["redirect_urls"] = [redirect]
    if url is not None:
        settings = made["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = url
        settings["interactivity"] |= {"request_url": url, "message_menu_options_url": url}
        for command in made["features"]["slash_commands"]:
            command["url"] = url
    return made


def prompts() -> list[dict[str, str]]:
    """What the Messages tab suggests to ask, as assistant.threads.setSuggestedPrompts takes it."""
    found: list[dict[str, str]] = manifest()["features"]["agent_view"]["suggested_prompts"]
    return found
