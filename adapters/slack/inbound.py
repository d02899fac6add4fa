"""From a payload that Slack signed to what a person did. Pure: who they are was found out before (people.py).

Who acts comes from Slack's own fields alone, never from a value, a view or a message that a person could make up (T04).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.slack import reading
from adapters.slack import sentences as words
from adapters.slack.gate import Delivery, Kind, Payload
from adapters.slack.people import Sender
from bot.chat.messages import Account, Inbound, Pointed, Pressed, Said, Spot, Submitted
from bot.chat.press import Press

_HUMAN = (None, "file_share", "thread_broadcast")
"""Subtypes of messages that a person wrote."""
_ASKED = re.compile(r"<([@#!])([^<>|]*)(?:\|([^<>]*))?>|<([^<>|]+)(?:\|([^<>]*))?>")
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_STAMP = re.compile(r"\d{1,12}\.\d{1,8}", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where something was done, and where its answer goes. thread: the message in whose thread answers stand.

    channel: "" in a view. view: the modal in which it was done. trigger: the right to open one, for 3 seconds.
    public: others read what is posted there. quiet: only the person may see the answer, as after a command.
    answer: an address at which Slack takes a private answer.
    """

    team: str
    user: str
    channel: str = ""
    thread: str | None = None
    view: str | None = None
    trigger: str | None = None
    public: bool = False
    quiet: bool = False
    answer: str | None = None


def sender(delivery: Delivery) -> Sender | None:
    """Who did it; None for bots, for Slack itself and for what nobody did."""
    payload = delivery.payload
    if delivery.kind is Kind.COMMAND:
        return Sender(payload["team_id"], payload["user_id"])
    if delivery.kind is Kind.INTERACTION:
        user, home = payload["user"]["id"], payload["user"].get("team_id")
        installed = _mapping(payload.get("view")).get("app_installed_team_id")
        team = installed if isinstance(installed, str) else payload["team"]["id"]
        return Sender(team, user, home if isinstance(home, str) else None)
    event = payload["event"]
    user = event.get("user")
    if not isinstance(user, str) or event.get("bot_id") or event.get("subtype") not in _HUMAN:
        return None
    homes = (event.get(name) for name in ("user_team", "source_team", "team"))
    return Sender(workspace(payload), user, next((home for home in homes if isinstance(home, str)), None))


def workspace(payload: Payload) -> str:
    """The workspace whose installation an event is for; a channel may be shared with others."""
    authorised = payload.get("authorizations")
    first = authorised[0] if isinstance(authorised, list) and authorised else None
    team = _mapping(first).get("team_id")
    return team if isinstance(team, str) else str(payload["team_id"])


def bot_user(payload: Payload) -> str:
    """The bot's own id in an event's workspace."""
    authorised = payload.get("authorizations")
    first = authorised[0] if isinstance(authorised, list) and authorised else None
    user = _mapping(first).get("user_id")
    return user if isinstance(user, str) else ""


def place(delivery: Delivery) -> Place:
    """Where it was done."""
    who = sender(delivery)
    team, user = (who.team, who.user) if who else ("", "")
    if delivery.kind is Kind.EVENT:
        return _place_of_event(delivery.payload["event"], team, user)
    payload = delivery.payload
    trigger, answer = _text(payload, "trigger_id"), _text(payload, "response_url")
    if delivery.kind is Kind.COMMAND:
        channel = payload["channel_id"]
        return Place(team, user, channel, None, None, trigger, _public(channel), True, answer)
    view, channel = _mapping(payload.get("view")), _text(_mapping(payload.get("channel")), "id") or ""
    if view.get("type") == "modal":
        return Place(team, user, view=_text(view, "id"), trigger=trigger)
    container, message = _mapping(payload.get("container")), _mapping(payload.get("message"))
    thread = _text(container, "thread_ts") or _text(message, "thread_ts") or _text(container, "message_ts")
    pointed = payload.get("type") == "message_action"
    quiet = container.get("is_ephemeral") is True or pointed
    return Place(team, user, channel, thread, None, trigger, _public(channel), quiet, answer)


def _place_of_event(event: Mapping[str, Any], team: str, user: str) -> Place:
    channel = _text(event, "channel") or ""
    thread = _text(event, "thread_ts") or _text(event, "ts")
    return Place(team, user, channel, thread, public=_public(channel))


def _public(channel: str) -> bool:
    """Only a conversation with the bot alone is not; one of several people is."""
    return bool(channel) and not channel.startswith("D")


# What was done.


def read(delivery: Delivery, account: Account) -> Inbound | None:
    """What the person did; None where there is nothing to answer. Raises BadInput for a press that nobody made."""
    if delivery.kind is Kind.EVENT:
        return said(delivery, account)
    if delivery.kind is Kind.COMMAND:
        return _command(delivery, account)
    match delivery.payload["type"]:
        case "block_actions":
            return _pressed(delivery, account)
        case "view_submission":
            return _submitted(delivery, account)
        case "message_action":
            return _pointed(delivery, account)
        case "shortcut":
            return Pressed(account, Press("menu"), "", delivery.key)
    return None


def said(delivery: Delivery, account: Account) -> Said | None:
    """A message to the bot; None where it holds no words."""
    event, where = delivery.payload["event"], place(delivery)
    text = plain(_text(event, "text") or "", bot_user(delivery.payload))
    if not text or not where.channel or where.thread is None:
        return None
    under = Spot(where.channel, where.thread) if _text(event, "thread_ts") else None
    return Said(account, text, talk(where), delivery.key, under, where.public)


def talk(where: Place) -> str:
    """The conversation whose earlier turns a question may lean on: a thread."""
    return f"{where.channel}:{where.thread or ''}"


def plain(text: str, bot: str) -> str:
    """A message as its writer sees it: names for mentions, addresses for links, and no mention of the bot."""

    def shown(found: re.Match[str]) -> str:
        mark, id, name, address, label = found.groups()
        if mark == "@" and id == bot:
            return ""
        if mark == "@":
            return f"@{name}" if name else "a colleague"
        if mark == "#":
            return f"#{name}" if name else "a channel"
        if mark == "!":
            return f"@{(name or id.partition('^')[0]).removeprefix('@')}"
        return str(label if address.startswith(("mailto:", "tel:")) and label else address)

    # & < > are all that Slack escapes, so that nothing else may be read as more than it is.
    return html.unescape(re.sub(r"&(?!(?:amp|lt|gt);)", "&amp;", _ASKED.sub(shown, text))).strip()


def _command(delivery: Delivery, account: Account) -> Inbound:
    payload = delivery.payload
    text = plain(str(payload.get("text") or ""), "").strip()
    where = place(delivery)
    do = words.COMMANDS.get(text.casefold())
    if do is not None:
        return Pressed(account, Press(do), talk(where), delivery.key)
    return Said(account, text, talk(where), delivery.key)


def asks_for_usage(delivery: Delivery) -> bool:
    """True for a command with nothing after it, or with "help"."""
    text = str(delivery.payload.get("text") or "").strip().casefold()
    return delivery.kind is Kind.COMMAND and text in ("", "help", "?")


def _pressed(delivery: Delivery, account: Account) -> Pressed | None:
    actions = delivery.payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    press = reading.pressed(first) if first is not None else None
    where = place(delivery)
    return Pressed(account, press, talk(where), delivery.key, where.public and not where.quiet) if press else None


def _submitted(delivery: Delivery, account: Account) -> Submitted:
    """A form, without its files: they are fetched after this."""
    view = delivery.payload["view"]
    return Submitted(account, reading.form_press(view), reading.filled(view), delivery.key)


def _pointed(delivery: Delivery, account: Account) -> Pointed | None:
    payload = delivery.payload
    message, where = _mapping(payload.get("message")), place(delivery)
    link = permalink(payload)
    if link is None:
        return None
    text = plain(_text(message, "text") or "", "")
    to_report = payload.get("callback_id") == reading.REPORT_MESSAGE
    return Pointed(account, to_report, link, "" if to_report else text, talk(where), delivery.key)


def permalink(payload: Payload) -> str | None:
    """Where the message stands that somebody pointed at, as Slack itself writes it."""
    team, channel = _mapping(payload.get("team")), _mapping(payload.get("channel"))
    stamp, thread = _text(payload, "message_ts"), _text(_mapping(payload.get("message")), "thread_ts")
    domain, id = _text(team, "domain") or "", _text(channel, "id") or ""
    if not _DOMAIN.fullmatch(domain) or not re.fullmatch(r"[A-Z0-9]{2,24}", id) or not _STAMP.fullmatch(stamp or ""):
        return None
    link = f"https://{domain}.slack.com/archives/{id}/p{(stamp or '').replace('.', '')}"
    return f"{link}?thread_ts={thread}&cid={id}" if thread and thread != stamp and _STAMP.fullmatch(thread) else link


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(values: Mapping[str, Any], name: str) -> str | None:
    found = values.get(name)
    return found if isinstance(found, str) and found else None
