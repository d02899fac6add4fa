"""What Slack refuses in blocks and views: docs.slack.dev/reference/block-kit, with the limits that slack_sdk misses.

Every function gives sentences, none where all is well. Stricter than Slack where its documentation is silent: unknown
properties are faults, and a message's blocks may have 13,200 characters as JSON (slackapi/bolt-js, issue 2509).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from .elements import INPUTS, Checker, Json, element_faults, kind_of, known, string, text

MESSAGE_BLOCKS = 50
MESSAGE_SIZE = 13_200
MESSAGE_TEXT = 4_000
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000


def in_message(blocks: object) -> list[str]:
    """What Slack would refuse as `invalid_blocks` in a message."""
    return list(_blocks(blocks, "message", MESSAGE_BLOCKS))


def too_long(blocks: object) -> bool:
    """Whether Slack would refuse with `msg_blocks_too_long`."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_SIZE


def in_view(view: object) -> list[str]:
    """What Slack would refuse as `invalid_arguments` in a view."""
    if not isinstance(view, dict):
        return ["view: not an object"]
    return list(_view(view))


def view_too_large(view: object) -> bool:
    """Whether Slack would refuse with `view_too_large`."""
    return len(json.dumps(view)) > VIEW_BYTES


def _view(view: Json) -> Iterator[str]:
    kind = view.get("type")
    names = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        names |= {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
        yield from text(view.get("title"), 24, "title")
        for name in ("submit", "close"):
            if name in view:
                yield from text(view[name], 24, name)
        blocks = view.get("blocks")
        if "submit" not in view and isinstance(blocks, list) and any(kind_of(b) == "input" for b in blocks):
            yield "submit: required where there is an input"
    elif kind != "home":
        yield "type: modal or home"
    yield from known(view, names, "view")
    yield from string(view.get("private_metadata", ""), 3_000, "private_metadata", least=0)
    yield from string(view.get("callback_id", ""), 255, "callback_id", least=0)
    yield from _blocks(view.get("blocks"), str(kind), VIEW_BLOCKS)


def _blocks(blocks: object, surface: str, most: int) -> Iterator[str]:
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= most:
        yield f"blocks: 1 to {most}"
        return
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(ids)) != len(ids):
        yield "block_id: twice"
    for index, block in enumerate(blocks):
        checker = _BLOCKS.get(str(kind_of(block)))
        if checker is None:
            yield f"blocks/{index}: unsupported type {kind_of(block)}"
            continue
        faults = [*string(block.get("block_id", "b"), 255, "block_id"), *checker(block, surface)]
        yield from (f"blocks/{index}/{fault}" for fault in faults)


# Blocks.


def _section(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "text", "fields", "accessory", "expand"}, "section")
    if "text" in block:
        yield from text(block["text"], 3_000, "text", plain=False)
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield "section: text or fields"
    if len(fields) > 10:
        yield "fields: more than 10"
    for each in fields:
        yield from text(each, 2_000, "fields", plain=False)
    if "accessory" in block:
        yield from element_faults(block["accessory"], surface)


def _header(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "text"}, "header")
    yield from text(block.get("text"), 150, "text")


def _divider(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type"}, "divider")


def _context(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "elements"}, "context")
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield "elements: 1 to 10"
        return
    for each in elements:
        yield from text(each, 2_000, "elements", plain=False)


def _actions(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "elements"}, "actions")
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield "elements: 1 to 25"
        return
    ids = [each.get("action_id") for each in elements]
    if len(set(ids)) != len(ids):
        yield "action_id: twice"
    for each in elements:
        yield from element_faults(each, surface)


def _context_actions(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "elements"}, "context_actions")
    if surface != "message":
        yield "context_actions: only in messages"
    for each in block.get("elements", []):
        if kind_of(each) != "feedback_buttons":
            yield "elements: feedback_buttons only"
            continue
        for name in ("positive_button", "negative_button"):
            button = each.get(name, {})
            yield from known(button, {"text", "value", "accessibility_label"}, name)
            yield from text(button.get("text"), 75, name)
            yield from string(button.get("value"), 2_000, f"{name} value")
            yield from string(button.get("accessibility_label", "x"), 75, f"{name} accessibility_label")


def _input(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "label", "element", "hint", "optional", "dispatch_action"}, "input")
    yield from text(block.get("label"), 2_000, "label")
    if "hint" in block:
        yield from text(block["hint"], 2_000, "hint")
    element = block.get("element")
    if kind_of(element) not in INPUTS:
        yield "element: not an input"
    elif kind_of(element) == "file_input" and surface != "modal":
        yield "element: file_input stands in modals only"
    else:
        yield from element_faults(element, surface)


def _rich_text(block: Json, surface: str) -> Iterator[str]:
    yield from known(block, {"type", "elements"}, "rich_text")
    if not block.get("elements"):
        yield "elements: at least one"
    for part in block.get("elements", []):
        yield from _rich_part(part)
    leaves = [leaf for part in block.get("elements", []) for leaf in part.get("elements", [])]
    if not any(str(leaf.get("text", "x")).strip() for leaf in leaves):
        yield "elements: nothing to see"


def _rich_part(part: Json) -> Iterator[str]:
    if kind_of(part) == "rich_text_list":
        yield from known(part, {"type", "elements", "style", "indent", "border", "offset"}, "rich_text_list")
        for each in part.get("elements", []):
            yield from _rich_part(each)
        return
    if kind_of(part) not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        yield f"elements: unsupported {kind_of(part)}"
        return
    yield from known(part, {"type", "elements", "border"}, str(part["type"]))
    if not part.get("elements"):
        yield "elements: at least one"
    for each in part.get("elements", []):
        if kind_of(each) != "text":
            continue
        yield from known(each, {"type", "text", "style"}, "text")
        yield from string(each.get("text"), 12_000, "text")
        style = each.get("style", {})
        if set(style) - {"bold", "italic", "strike", "code"} or not all(isinstance(v, bool) for v in style.values()):
            yield "style: bold, italic, strike, code"


_BLOCKS: dict[str, Checker] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "rich_text": _rich_text,
}
