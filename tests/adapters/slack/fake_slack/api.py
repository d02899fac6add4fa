"""The Web API methods that the bot calls, as docs.slack.dev/reference/methods describes them: arguments -> answer."""

from __future__ import annotations

from . import messages_api, views_api
from .messages_api import as_json, content, place
from .method import Method, Refused, need
from .views_api import checked, push, put, told
from .world import Channel, Json, Workspace, World

__all__ = ["METHODS", "Refused", "as_json", "call", "checked", "content", "push", "put", "told"]


def call(world: World, space: Workspace, name: str, arguments: Json) -> Json:
    """The answer of a method. Raises Refused."""
    method = METHODS.get(name)
    if method is None:
        raise Refused("unknown_method")
    if space.revoked:
        raise Refused("token_revoked")
    if method.scopes and not space.scopes & set(method.scopes):
        raise Refused("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(space.scopes)))
    return {"ok": True, **method.run(world, space, arguments)}


def _auth_test(world: World, space: Workspace, arguments: Json) -> Json:
    return {"url": "https://fake.slack.com/", "team": "Fake", "user": "askfirst", "team_id": space.id,
            "user_id": space.bot_user, "bot_id": space.bot_id, "is_enterprise_install": False}  # fmt: skip


# People and conversations.


def _told_of(world: World, space: Workspace, id: str) -> Json:
    member = world.members.get(id)
    if member is None or member.team != space.id:
        raise Refused("user_not_found")
    profile: Json = {"real_name": member.name, "display_name": member.name}
    if member.email and "users:read.email" in space.scopes:
        profile["email"] = member.email
    home = member.home or member.team
    return {"id": member.id, "team_id": home, "name": member.id.lower(), "real_name": member.name, "profile": profile,
            "tz": "Europe/London", "deleted": member.deactivated, "is_bot": member.bot, "is_app_user": False,
            "is_restricted": member.guest, "is_ultra_restricted": False, "is_email_confirmed": True,
            **({"is_stranger": True} if home != space.id else {})}  # fmt: skip


def _users_info(world: World, space: Workspace, arguments: Json) -> Json:
    return {"user": _told_of(world, space, need(arguments, "user"))}


def _by_email(world: World, space: Workspace, arguments: Json) -> Json:
    email = str(need(arguments, "email")).casefold()
    for member in world.members.values():
        if member.team == space.id and (member.email or "").casefold() == email and not member.deactivated:
            return {"user": _told_of(world, space, member.id)}
    raise Refused("users_not_found")


def _conversation(channel: Channel, space: Workspace) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_im": channel.kind == "im",
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_private": channel.kind != "channel",
        "is_mpim": False,
        "is_member": space.bot_user in channel.members,
        "num_members": len(channel.members),
    }


def _open(world: World, space: Workspace, arguments: Json) -> Json:
    users = str(need(arguments, "users")).split(",")
    if len(users) != 1 or users[0] not in world.members or world.members[users[0]].team != space.id:
        raise Refused("user_not_found")
    return {"channel": _conversation(world.dm(users[0]), space)}


def _readable(world: World, space: Workspace, arguments: Json, what: str) -> Channel:
    channel = world.channels.get(need(arguments, "channel"))
    hidden = channel is not None and channel.kind != "channel" and space.bot_user not in channel.members
    if channel is None or channel.team != space.id or hidden:
        raise Refused("channel_not_found")
    scope = {"im": "im", "channel": "channels", "group": "groups"}[channel.kind] + what
    if scope not in space.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(space.scopes)))
    return channel


def _info(world: World, space: Workspace, arguments: Json) -> Json:
    return {"channel": _conversation(_readable(world, space, arguments, ":read"), space)}


def _members(world: World, space: Workspace, arguments: Json) -> Json:
    """A page at a time; the cursor is the place of the next one."""
    members = sorted(_readable(world, space, arguments, ":read").members)
    most, start = min(int(arguments.get("limit", 100)), world.page), int(arguments.get("cursor") or 0)
    end = start + most
    further = {"next_cursor": str(end) if end < len(members) else ""}
    return {"members": members[start:end], "response_metadata": further}


def _replies(world: World, space: Workspace, arguments: Json) -> Json:
    channel, ts = _readable(world, space, arguments, ":history"), need(arguments, "ts")
    found = [m for m in world.messages if m.channel == channel.id and ts in (m.ts, m.thread)]
    if not found:
        raise Refused("thread_not_found")
    return {"messages": [as_json(m, space) for m in found], "has_more": False}


# What is left.


def _prompts(world: World, space: Workspace, arguments: Json) -> Json:
    channel = place(world, space, need(arguments, "channel_id"))
    prompts = arguments.get("prompts")
    if (
        not isinstance(prompts, list)
        or not 1 <= len(prompts) <= 4
        or any({"title", "message"} - set(p) for p in prompts)
    ):
        raise Refused("invalid_arguments")
    world.prompts[channel.id] = arguments
    return {}


def _status(world: World, space: Workspace, arguments: Json) -> Json:
    place(world, space, need(arguments, "channel_id"))
    need(arguments, "thread_ts")
    world.statuses.append(arguments)
    return {}


def _files_info(world: World, space: Workspace, arguments: Json) -> Json:
    file = world.files.get(need(arguments, "file"))
    if file is None or file.team != space.id:
        raise Refused("file_not_found")
    return {"file": {"id": file.id, "name": file.name, "mimetype": file.mimetype, "size": len(file.data)}}


METHODS: dict[str, Method] = {
    **messages_api.METHODS,
    **views_api.METHODS,
    "auth.test": Method(_auth_test),
    "users.info": Method(_users_info, ("users:read",)),
    "users.lookupByEmail": Method(_by_email, ("users:read.email",)),
    "conversations.open": Method(_open, ("im:write",)),
    "conversations.info": Method(_info),
    "conversations.members": Method(_members),
    "conversations.replies": Method(_replies),
    "assistant.threads.setSuggestedPrompts": Method(_prompts, ("assistant:write",)),
    "assistant.threads.setStatus": Method(_status, ("chat:write", "assistant:write")),
    "files.info": Method(_files_info, ("files:read",)),
}
