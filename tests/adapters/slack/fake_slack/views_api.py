"""Views at the Web API: modals in stacks of three, Home tabs, trigger ids, hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from . import filling, limits
from .method import Method, Refused, need
from .world import Json, Shown, Workspace, World

TRIGGER_LIFE = timedelta(seconds=3)
STACK = 3


def checked(view: object) -> Json:
    """A view that Slack takes. Raises Refused."""
    faults = limits.in_view(view)
    if faults:
        raise Refused(
            "invalid_arguments", errors=faults, response_metadata={"messages": [f"[ERROR] {f}" for f in faults]}
        )
    if limits.view_too_large(view):
        raise Refused("view_too_large")
    assert isinstance(view, dict)
    return {"private_metadata": "", "callback_id": "", **view, "blocks": numbered(view["blocks"])}


def numbered(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack keeps them: each with an id."""
    return [{"block_id": f"b{index}", **block} for index, block in enumerate(blocks)]


def told(shown: Shown) -> Json:
    """A view as Slack tells of it."""
    return {"id": shown.id, "team_id": shown.team, "root_view_id": shown.root, "previous_view_id": shown.previous,
            "hash": shown.hash, "app_id": "A0FAKE", "state": {"values": filling.state_of(shown)},
            **shown.body}  # fmt: skip


def _spend(world: World, space: Workspace, arguments: Json) -> tuple[str, str | None]:
    id = need(arguments, "trigger_id")
    trigger = world.triggers.get(id)
    if trigger is None or trigger.team != space.id:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if world.clock() - trigger.at > TRIGGER_LIFE:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger.user, trigger.view


def _modal(arguments: Json) -> Json:
    body = checked(arguments.get("view"))
    if body["type"] != "modal":
        raise Refused("invalid_arguments")
    return body


def _views_open(world: World, space: Workspace, arguments: Json) -> Json:
    body = _modal(arguments)
    user, _ = _spend(world, space, arguments)
    shown = world.new_view(space.id, user, body)
    world.modals[user] = [shown]
    return {"view": told(shown)}


def _views_push(world: World, space: Workspace, arguments: Json) -> Json:
    body = _modal(arguments)
    user, inside = _spend(world, space, arguments)
    if inside is None or inside not in [shown.id for shown in world.modals.get(user, [])]:
        raise Refused("not_found")
    return {"view": told(push(world, user, body))}


def push(world: World, user: str, body: Json) -> Shown:
    """A view on top of what is open. Raises Refused where three are."""
    stack = world.modals[user]
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    shown = world.new_view(world.members[user].team, user, body, stack[-1])
    stack.append(shown)
    return shown


def _views_update(world: World, space: Workspace, arguments: Json) -> Json:
    body = checked(arguments.get("view"))
    shown = world.view(need(arguments, "view_id"))
    if shown is None or shown.team != space.id:
        raise Refused("not_found")
    if arguments.get("hash") and arguments["hash"] != shown.hash:
        raise Refused("hash_conflict")
    put(world, shown, body)
    return {"view": told(shown)}


def put(world: World, shown: Shown, body: Json) -> None:
    """A view in the place of one that is open. What was typed stays where block and action are the same."""
    kept = {block["block_id"]: block.get("element") for block in body["blocks"] if block["type"] == "input"}
    shown.state = {id: typed for id, typed in shown.state.items() if kept.get(id) and kept[id]["action_id"] in typed}
    shown.body, shown.hash, shown.errors, shown.trouble = body, world.new_hash(), {}, False


def _views_publish(world: World, space: Workspace, arguments: Json) -> Json:
    body, user = checked(arguments.get("view")), need(arguments, "user_id")
    if body["type"] != "home":
        raise Refused("invalid_arguments")
    if user not in world.members or world.members[user].team != space.id:
        raise Refused("invalid_arguments")
    old = world.homes.get(user)
    if old and arguments.get("hash") and arguments["hash"] != old.hash:
        raise Refused("hash_conflict")
    shown = world.new_view(space.id, user, body)
    world.homes[user] = replace(shown, id=old.id if old else shown.id, state={})
    return {"view": told(world.homes[user])}


METHODS = {
    "views.open": Method(_views_open),
    "views.push": Method(_views_push),
    "views.update": Method(_views_update),
    "views.publish": Method(_views_publish),
}
