"""Names that Teams hands back to us: commands, verbs and keys of a button's data, ids of inputs."""

from __future__ import annotations

PLATFORM = "teams"

PRESS, FORM, SHOWN = "press", "form", "shown"
"""Keys of a button's data: the press of a button or of a form, and which inputs the form had."""
ACT, SEND, REFRESH = "press", "send", "refresh"
"""Verbs of Action.Execute."""
TYPED, CHOICES, DAY, HOUR = "t", "c", "d", "h"
"""What the id of an input begins with: how its value is read."""
MOST_INPUTS = 40

REPORT, ASK = "report", "ask"
"""Ids of the message actions in the app package."""

COMMANDS = {
    "help": "help",
    "hello": "help",
    "hi": "help",
    "menu": "menu",
    "start something": "menu",
    "my requests": "mine",
    "waiting for me": "waiting",
    "approved sites": "register",
    "policies": "policies",
    "policy": "policies",
    "i'm away": "away",
    "i am away": "away",
}
"""Typed words that are a button's press; the first of each is a command of the app package."""
