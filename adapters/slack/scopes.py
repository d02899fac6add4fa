"""What the app may do and hear at Slack, each with its reason: the least that works. manifest.json must agree."""

from __future__ import annotations

REPORT_MESSAGE = "report_message"
ASK_ABOUT_MESSAGE = "ask_about_message"
NEW_REQUEST = "new_request"
"""Callback ids of the shortcuts."""

SCOPES: dict[str, str] = {
    "app_mentions:read": "to answer where somebody mentions the bot in a channel",
    "assistant:write": "to stand where Slack lists its agents, and to suggest what can be asked",
    "channels:history": "to read on in a thread of a public channel where the bot was asked, without a new mention",
    "channels:read": "to see who reads the channel that cases are brought to",
    "chat:write": "to answer, to bring cases to people, and to keep what stands there true",
    "commands": "for /policy and the shortcuts",
    "files:read": "to fetch what somebody adds to a case in its form; files in chats are never read",
    "groups:history": "the same in a private channel that the bot was invited to",
    "groups:read": "to see who reads a private channel that cases are brought to",
    "im:history": "to read what is written to the bot itself",
    "im:write": "to begin a conversation with a person who has a case waiting",
    "users:read": "to tell staff from guests, bots, people of other workspaces and those who have left",
    "users:read.email": "to find a person on the staff list by the email that the workspace vouches for",
}
"""What is said in channels outside those threads reaches the bot too, and is dropped before anything is kept of it."""

EVENTS: dict[str, str] = {
    "app_home_opened": "to fill the Home tab, and to suggest what can be asked",
    "app_mention": "a question in a channel",
    "app_uninstalled": "to forget the workspace's token",
    "message.channels": "a further question in a thread of a public channel that the bot takes part in",
    "message.groups": "the same in a private channel",
    "message.im": "a question or an answer to the bot itself",
    "tokens_revoked": "to forget a token that is dead",
}
"""What the bot hears, each with its reason."""
