"""What Slack sends to an app, as docs.slack.dev shows it; pure."""

from __future__ import annotations

from . import api
from .filling import plain
from .world import Channel, Json, Member, Message, Shown, Workspace, World

APP = "A0FAKE"


def event(world: World, space: Workspace, inner: Json) -> Json:
    """The envelope around an event."""
    authorised = {"enterprise_id": None, "team_id": space.id, "user_id": space.bot_user, "is_bot": True,
                  "is_enterprise_install": False}  # fmt: skip
    return {"token": "unused", "team_id": space.id, "api_app_id": APP, "event": inner, "type": "event_callback",
            "event_id": f"Ev{world.number():08d}", "event_time": int(world.clock().timestamp()),
            "authorizations": [authorised], "is_ext_shared_channel": False}  # fmt: skip


def said(message: Message, channel: Channel, space: Workspace, kind: str = "message") -> Json:
    """A `message` or `app_mention` event."""
    type_ = {"im": "im", "channel": "channel", "group": "group"}[channel.kind]
    inner = api.as_json(message, space) | {"type": kind, "channel": channel.id, "event_ts": message.ts}
    return inner | ({"channel_type": type_} if kind == "message" else {})


def who(member: Member) -> Json:
    """The person of an interaction."""
    return {"id": member.id, "username": member.id.lower(), "name": member.id.lower(),
            "team_id": member.home or member.team}  # fmt: skip


def interaction(world: World, space: Workspace, user: str, kind: str, view: str | None = None) -> Json:
    """What every interaction has."""
    return {"type": kind, "team": {"id": space.id, "domain": "fake"}, "user": who(world.members[user]),
            "api_app_id": APP, "token": "unused", "enterprise": None, "is_enterprise_install": False,
            "trigger_id": world.trigger(user, view)}  # fmt: skip


def pressed(block: Json, element: Json, ts: str, answer: str | None = None) -> Json:
    """One of `actions`. answer: positive or negative, of feedback buttons."""
    told: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    source = element[f"{answer}_button"] if answer else element
    told["text"] = source["text"]
    for name in ("value", "style", "url"):
        if name in source:
            told[name] = source[name]
    return told


def from_message(message: Message, channel: Channel, space: Workspace, ephemeral: bool) -> Json:
    """Where a button stood, for a message."""
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    if message.thread:
        container["thread_ts"] = message.thread
    return {"container": container, "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "message": api.as_json(message, space), "state": {"values": {}}}  # fmt: skip


def from_view(shown: Shown) -> Json:
    """Where a button stood, for a view."""
    return {"container": {"type": "view", "view_id": shown.id}, "view": api.told(shown)}


def command(world: World, space: Workspace, user: str, channel: Channel, line: str) -> dict[str, str]:
    """A slash command, as a form."""
    name, _, text = line.partition(" ")
    return {"token": "unused", "team_id": space.id, "team_domain": "fake", "channel_id": channel.id,
            "channel_name": channel.name or "directmessage", "user_id": user, "user_name": user.lower(),
            "command": name, "text": text, "api_app_id": APP, "is_enterprise_install": "false",
            "trigger_id": world.trigger(user)}  # fmt: skip


def file(world: World, id: str, base: str) -> Json:
    """A file as it comes in a message or a form."""
    stored = world.files[id]
    address = stored.external or f"{base}/files-pri/{stored.team}-{id}/{stored.name}"
    return {"id": id, "created": int(world.clock().timestamp()), "name": stored.name, "title": stored.name,
            "mimetype": stored.mimetype, "filetype": stored.name.rpartition(".")[2], "user": stored.user,
            "size": len(stored.data), "mode": "external" if stored.external else "hosted",
            "is_external": stored.external is not None, "url_private": address,
            "url_private_download": address}  # fmt: skip


def find(blocks: list[Json], what: str) -> tuple[Json, Json, str | None]:
    """(block, element, positive or negative) of a button by its label, action id or value. Raises LookupError."""
    for block in blocks:
        elements = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        for element in elements if block["type"] in ("actions", "section", "context_actions") else []:
            if element["type"] == "feedback_buttons":
                for answer in ("positive", "negative"):
                    if what in (answer, plain(element[f"{answer}_button"]["text"])):
                        return block, element, answer
            elif what in (plain(element.get("text")), element.get("action_id"), element.get("value")):
                return block, element, None
    raise LookupError(f"no button {what!r}; there are {labels(blocks)}")


def labels(blocks: list[Json]) -> list[str]:
    """The labels of all buttons."""
    return [
        plain(element.get("text")) for block in blocks if block["type"] == "actions" for element in block["elements"]
    ]
