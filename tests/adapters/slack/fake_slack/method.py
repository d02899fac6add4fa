"""What every method of the Web API has: arguments that it needs, scopes, and errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .world import Json, Workspace, World


class Refused(Exception):
    """`{"ok": false, "error": ...}`. more: what else stands in the answer."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(frozen=True)
class Method:
    """scopes: any one of them is enough; none: every bot token may call it."""

    run: Callable[[World, Workspace, Json], Json]
    scopes: tuple[str, ...] = ()


def need(arguments: Json, name: str) -> Any:
    value = arguments.get(name)
    if value in (None, ""):
        raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
    return value
