"""An activity that the front door let in -> what its sender asked for; pure. Field names are those of the documents.

Where each stands: Teams "conversation basics", "dialogs", "universal actions", "action commands", "feedback buttons".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from adapters.teams import names
from adapters.teams.html import plain_text, quoted_message
from bot.chat.messages import Account, Inbound, Pointed, Pressed, Raw, Said, Spot, Submitted
from bot.chat.press import Press, unpack
from bot.errors import BadInput

Payload = Mapping[str, Any]

_TEAMS_ITSELF = ("https://teams.microsoft.com/", "https://teams.cloud.microsoft/")
LONGEST_TEXT = 20_000
"""Characters of a message that are read; Teams takes no longer ones."""


class Surface(StrEnum):
    """Where something was done, which says how it is answered."""

    CHAT = "chat"
    CARD = "card"
    DIALOG = "dialog"
    EXTENSION = "extension"
    THUMBS = "thumbs"
    REFRESH = "refresh"
    ADDED = "added"
    REMOVED = "removed"
    OTHER = "other"


@dataclass(frozen=True)
class Where:
    """Who did it and how they are reached: all that a proactive message needs, and no more.

    user: the id that Teams gives the person for this bot; aad: their Entra object id, "" where Teams names none.
    """

    tenant: str
    service_url: str
    conversation: str
    personal: bool
    user: str
    aad: str
    bot: str
    message: str = ""

    @property
    def account(self) -> Account:
        """The person as the token vouches for them; without an Entra id nobody is staff (SECURITY T03)."""
        return Account(names.PLATFORM, self.tenant, self.aad or self.user, staff_like=bool(self.aad))

    @property
    def place(self) -> str:
        """The conversation for the earlier turns that a question may lean on: a channel's thread is one of its own."""
        return self.conversation


@dataclass(frozen=True)
class Thumb:
    """A press of the thumbs under an answer. What was written beside them is not read (SECURITY T10)."""

    up: bool
    message: str


def where_of(payload: Payload) -> Where:
    """Where an activity came from. Raises BadInput for a payload that lacks what every activity has."""
    sender, conversation = _dict(payload.get("from")), _dict(payload.get("conversation"))
    data, recipient = _dict(payload.get("channelData")), _dict(payload.get("recipient"))
    tenant = _text(_dict(data.get("tenant")).get("id")).lower()
    found = Where(
        tenant=tenant,
        service_url=_text(payload.get("serviceUrl")),
        conversation=_text(conversation.get("id")),
        personal=conversation.get("conversationType") == "personal",
        user=_text(sender.get("id")),
        aad=_text(sender.get("aadObjectId")).lower(),
        bot=_text(recipient.get("id")),
        message=_text(payload.get("replyToId")),
    )
    if not (found.tenant and found.service_url and found.conversation and found.user):
        raise BadInput("an activity without tenant, address, conversation or sender")
    return found


def surface_of(payload: Payload) -> Surface:
    """Where an activity belongs."""
    kind, name = payload.get("type"), payload.get("name")
    if kind == "message":
        return Surface.CHAT
    if kind == "invoke":
        if name == "adaptiveCard/action":
            return Surface.REFRESH if _action(payload).get("verb") == names.REFRESH else Surface.CARD
        return _INVOKES.get(_text(name), Surface.OTHER)
    if kind == "installationUpdate":
        removed = _text(payload.get("action")).startswith("remove")
        return Surface.REMOVED if removed else Surface.ADDED
    if kind == "conversationUpdate" and _names_bot(payload, "membersAdded"):
        return Surface.ADDED
    return Surface.OTHER


_INVOKES = {
    "task/fetch": Surface.DIALOG,
    "task/submit": Surface.DIALOG,
    "composeExtension/fetchTask": Surface.EXTENSION,
    "composeExtension/submitAction": Surface.EXTENSION,
    "message/submitAction": Surface.THUMBS,
}


def key_of(payload: Payload) -> str:
    """The delivery's key, the same where Teams repeats it. Some invokes come without an id: then their content."""
    where, number = _dict(payload.get("conversation")).get("id"), payload.get("id")
    if not isinstance(number, str) or not number:
        content = [payload.get(name) for name in ("name", "value", "timestamp", "from")]
        number = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:40]
    # A conversation's id may be longer than a key may be.
    return f"teams:{hashlib.sha256(f'{where}|{number}'.encode()).hexdigest()[:48]}"


def inbound_of(payload: Payload, where: Where) -> Inbound | None:
    """What the person asked for; None where there is nothing to do. Raises BadInput for a button that is not ours."""
    key, name = key_of(payload), payload.get("name")
    match surface_of(payload):
        case Surface.CHAT:
            if isinstance(payload.get("value"), dict):
                return _of_data(payload["value"], where, key)
            return _said(payload, where, key)
        case Surface.CARD | Surface.REFRESH:
            return _of_data(_dict(_action(payload).get("data")), where, key)
        case Surface.DIALOG:
            return _of_data(_dict(_dict(payload.get("value")).get("data")), where, key)
        case Surface.EXTENSION if name == "composeExtension/fetchTask":
            return _pointed(_dict(payload.get("value")), where, key)
        case Surface.EXTENSION:
            return _of_data(_dict(_dict(payload.get("value")).get("data")), where, key)
    return None


def thumb_of(payload: Payload) -> Thumb | None:
    """The thumbs under a message of ours."""
    action = _dict(_dict(payload.get("value")).get("actionValue"))
    reaction = action.get("reaction")
    if reaction not in ("like", "dislike"):
        return None
    return Thumb(reaction == "like", _text(payload.get("replyToId")))


def _action(payload: Payload) -> Payload:
    return _dict(_dict(payload.get("value")).get("action"))


def _said(payload: Payload, where: Where, key: str) -> Inbound | None:
    text = _without_mention(payload, _text(payload.get("text"))[:LONGEST_TEXT]).strip()
    if not text:
        return None
    command = names.COMMANDS.get(re.sub(r"[\s/.?]+", " ", text).strip().casefold())
    if command:
        return Pressed(where.account, Press(command), where.place, key, not where.personal)
    return Said(where.account, text, where.place, key, _under(payload, where), not where.personal)


def _under(payload: Payload, where: Where) -> Spot | None:
    """The message that this one answers: the root of a channel's thread, or the one quoted in a chat."""
    base, _, root = where.conversation.partition(";messageid=")
    if root:
        return Spot(base, root)
    attachments = payload.get("attachments")
    for each in attachments if isinstance(attachments, list) else ():
        if _dict(each).get("contentType") == "text/html":
            quoted = quoted_message(_text(_dict(each).get("content")))
            if quoted:
                return Spot(where.conversation, quoted)
    return Spot(where.conversation, where.message) if where.message else None


def _without_mention(payload: Payload, text: str) -> str:
    """The text without the bot's own mention: the entities say which characters it is."""
    entities = payload.get("entities")
    for each in entities if isinstance(entities, list) else ():
        mentioned = _text(_dict(_dict(each).get("mentioned")).get("id"))
        if _dict(each).get("type") == "mention" and mentioned == _dict(payload.get("recipient")).get("id"):
            text = text.replace(_text(_dict(each).get("text")), " ")
    return re.sub(r"</?at>", " ", text).replace("\xa0", " ")


def _pointed(value: Payload, where: Where, key: str) -> Inbound | None:
    message = _dict(value.get("messagePayload"))
    command = value.get("commandId")
    if command not in (names.REPORT, names.ASK):
        return None
    body = _dict(message.get("body"))
    content = _text(body.get("content"))[:LONGEST_TEXT]
    text = plain_text(content) if body.get("contentType") == "html" else content
    link = _text(message.get("linkToMessage"))
    link = link if link.startswith(_TEAMS_ITSELF) else ""
    # A report keeps the place of the message, never a copy of it (SECURITY T20).
    report = command == names.REPORT
    return Pointed(where.account, report, link, "" if report else text, where.place, key)


def _of_data(data: Payload, where: Where, key: str) -> Inbound | None:
    """A button's or form's data, all of which anybody may have made up."""
    packed = data.get(names.FORM)
    if packed is not None:
        return Submitted(where.account, unpack(packed), raw_of(data), key)
    return Pressed(where.account, unpack(data.get(names.PRESS)), where.place, key, not where.personal)


def raw_of(data: Payload) -> Raw:
    """What was filled in. Clients leave out what was left empty, so the form says itself which inputs it had."""
    raw: dict[str, tuple[str, ...]] = {}
    for shown in _text(data.get(names.SHOWN)).split()[: names.MOST_INPUTS]:
        kind, _, name = shown.partition("-")
        given = _scalar(data.get(shown))
        if kind == names.CHOICES:
            raw[name] = tuple(unquote(each) for each in given.split(",") if each)
        elif kind == names.DAY:
            hour = _scalar(data.get(f"{names.HOUR}-{name}"))
            raw[name] = ("T".join(filter(None, (given, hour))),) if given or hour else ()
        elif kind == names.TYPED:
            raw[name] = (given,) if given else ()
    return raw


def _scalar(value: object) -> str:
    """A value as text; numbers come as numbers."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""


def _names_bot(payload: Payload, name: str) -> bool:
    members, bot = payload.get(name), _dict(payload.get("recipient")).get("id")
    return isinstance(members, list) and any(_dict(each).get("id") == bot for each in members)


def _dict(value: object) -> Payload:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
