"""Invokes that Teams sends again, because its client lost patience, get the first one's answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from adapters.teams.front import InvokeAnswer

MOST = 2_000
"""Answers that are remembered; what was decided is kept by its key in the store, whatever is forgotten here."""
LONGEST = 120.0
"""Seconds for which an answer is remembered: a client repeats within seconds."""


class Repeats:
    """Answers by the delivery's key. clock: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, asyncio.Task[InvokeAnswer]]] = OrderedDict()

    async def once(self, key: str, make: Callable[[], Awaitable[InvokeAnswer]]) -> InvokeAnswer:
        """The answer for the key, made once; one that failed is made again."""
        self._forget()
        found = self._known.get(key)
        if found is None or (found[1].done() and _failed(found[1])):
            found = self._known[key] = (self._clock(), asyncio.ensure_future(_made(make)))
        # A client that hangs up must not undo what is half done.
        return await asyncio.shield(found[1])

    def _forget(self) -> None:
        while self._known:
            key, (since, task) = next(iter(self._known.items()))
            if not task.done() or (len(self._known) <= MOST and self._clock() - since < LONGEST):
                return
            del self._known[key]


async def _made(make: Callable[[], Awaitable[InvokeAnswer]]) -> InvokeAnswer:
    return await make()


def _failed(task: asyncio.Task[InvokeAnswer]) -> bool:
    return task.cancelled() or task.exception() is not None
