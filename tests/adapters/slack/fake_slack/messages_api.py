"""Messages at the Web API, with what Slack refuses."""

from __future__ import annotations

from . import limits
from .method import Method, Refused, need
from .views_api import numbered
from .world import Channel, Json, Message, Workspace, World


def as_json(message: Message, space: Workspace) -> Json:
    """A message as Slack tells of it."""
    told: Json = {"type": "message", "ts": message.ts, "text": message.text, "user": message.author, "team": space.id}
    if message.author == space.bot_user:
        told |= {"bot_id": space.bot_id, "app_id": "A0FAKE"}
    if message.blocks:
        told["blocks"] = message.blocks
    if message.thread:
        told["thread_ts"] = message.thread
    if message.files:
        told["files"] = message.files
    return told


def place(world: World, space: Workspace, id: str) -> Channel:
    """A channel of the workspace that the bot may write in; a person's id stands for the conversation with them."""
    person = world.members.get(id)
    if person and person.team == space.id:
        return world.dm(id)
    channel = world.channels.get(id)
    if channel is None or channel.team != space.id:
        raise Refused("channel_not_found")
    if space.bot_user not in channel.members:
        raise Refused("not_in_channel")
    return channel


def content(arguments: Json) -> tuple[str, list[Json]]:
    """(text, blocks) of a message that Slack takes. Raises Refused."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > limits.MESSAGE_TEXT:
        raise Refused("msg_too_long")
    if blocks:
        faults = limits.in_message(blocks)
        if faults:
            raise Refused(
                "invalid_blocks", errors=faults, response_metadata={"messages": [f"[ERROR] {f}" for f in faults]}
            )
        if limits.too_long(blocks):
            raise Refused("msg_blocks_too_long")
    return text, numbered(blocks)


def _post_message(world: World, space: Workspace, arguments: Json) -> Json:
    channel = place(world, space, need(arguments, "channel"))
    text, blocks = content(arguments)
    thread = arguments.get("thread_ts")
    if thread and world.message(channel.id, thread) is None:
        thread = None
    message = Message(channel.id, world.stamp(), space.bot_user, text, blocks, thread, arguments=arguments)
    world.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": as_json(message, space)}


def _own(world: World, space: Workspace, arguments: Json, refusal: str) -> Message:
    channel = place(world, space, need(arguments, "channel"))
    message = world.message(channel.id, need(arguments, "ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.author != space.bot_user:
        raise Refused(refusal)
    return message


def _update(world: World, space: Workspace, arguments: Json) -> Json:
    message = _own(world, space, arguments, "cant_update_message")
    message.text, message.blocks = content(arguments)
    message.arguments, message.edited = arguments, message.edited + 1
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": as_json(message, space)}


def _delete(world: World, space: Workspace, arguments: Json) -> Json:
    message = _own(world, space, arguments, "cant_delete_message")
    world.messages.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _post_ephemeral(world: World, space: Workspace, arguments: Json) -> Json:
    channel, user = place(world, space, need(arguments, "channel")), need(arguments, "user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = content(arguments)
    message = Message(
        channel.id, world.stamp(), space.bot_user, text, blocks, arguments.get("thread_ts"), arguments=arguments
    )
    world.ephemerals.append((user, message))
    return {"message_ts": message.ts}


def _permalink(world: World, space: Workspace, arguments: Json) -> Json:
    channel = place(world, space, need(arguments, "channel"))
    ts = need(arguments, "message_ts")
    if world.message(channel.id, ts) is None:
        raise Refused("message_not_found")
    return {"channel": channel.id, "permalink": permalink(channel.id, ts)}


def permalink(channel: str, ts: str) -> str:
    """The address of a message."""
    return f"https://fake.slack.com/archives/{channel}/p{ts.replace('.', '')}"


def _react(world: World, space: Workspace, arguments: Json) -> Json:
    channel = place(world, space, need(arguments, "channel"))
    message = world.message(channel.id, need(arguments, "timestamp"))
    if message is None:
        raise Refused("message_not_found")
    name = need(arguments, "name")
    if name in message.reactions:
        raise Refused("already_reacted")
    message.reactions.append(name)
    return {}


METHODS = {
    "chat.postMessage": Method(_post_message, ("chat:write",)),
    "chat.update": Method(_update, ("chat:write",)),
    "chat.delete": Method(_delete, ("chat:write",)),
    "chat.postEphemeral": Method(_post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(_permalink),
    "reactions.add": Method(_react, ("reactions:write",)),
}
