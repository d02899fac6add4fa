"""Dialogs that are open: a view as Slack wants it, and what long lists in it have to offer while somebody types."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from adapters.slack.choosing import options_for
from adapters.slack.reading import input_of
from bot.chat.messages import Input, View

_KEPT = 500


class Dialogs:
    """The inputs of dialogs with lists too long to be sent whole; in memory alone, bounded."""

    def __init__(self) -> None:
        self._inputs: OrderedDict[str, dict[str, Input]] = OrderedDict()

    def keep(self, id: str, view: View) -> None:
        """This view stands in that dialog now."""
        self._inputs.pop(id, None)
        long = {field.id: field for field in view.inputs if field.choices}
        if id and long:
            self._inputs[id] = long
            while len(self._inputs) > _KEPT:
                self._inputs.popitem(last=False)

    def suggest(self, id: str, block: object, typed: str) -> dict[str, Any]:
        """The answer to what was typed into a list of that dialog; nothing where it is not known any more."""
        field = self._inputs.get(id, {}).get(input_of(block) or "")
        return options_for(field, typed) if field else {"options": []}
