"""Who is signed in, with their conversation: in memory only, forgotten when idle, bounded in number and length."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.answers import Answer
from bot.organisation import Person, School
from policy_kb.reading import Context

IDLE_SECONDS = 30 * 60
"""A conversation unused for so long is forgotten, and its person signed out (SECURITY T17)."""

LONGEST_SECONDS = 8 * 60 * 60
"""However busy, it ends after so long."""

CONFIRMED_SECONDS = 30 * 60
"""After so long away from the pages that want a one-time code, the next of them wants a new one (SECURITY T18)."""

MOST_CONVERSATIONS = 5_000
"""Beyond this the conversation that was idle longest is forgotten."""

MOST_TURNS = 40
"""Beyond this a conversation's oldest turn is forgotten."""

_VISIT_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Exchange:
    """A question as asked, or a button as labelled, and its answer.

    number: counts within the conversation and is never reused, so that a button of an older answer finds its
    own context even after newer questions.
    """

    number: int
    question: str
    answer: Answer
    context: Context | None


@dataclass
class Conversation:
    """One person's talk under one school's policy; school and person are put in anew at every request.

    confirmed: when a page that wants a one-time code was last used with one.
    """

    school: School
    person: Person
    used: float
    began: float
    exchanges: list[Exchange] = field(default_factory=list)
    context: Context | None = None
    confirmed: float | None = None
    _next: int = 1

    def add(self, question: str, answer: Answer, context: Context | None) -> Exchange:
        """Keep an exchange; the oldest goes when there are too many."""
        exchange = Exchange(self._next, question, answer, context)
        self._next += 1
        self.exchanges.append(exchange)
        del self.exchanges[:-MOST_TURNS]
        self.context = context
        return exchange

    def exchange(self, number: str) -> Exchange | None:
        """The exchange with this number, where it is still remembered."""
        return next((e for e in self.exchanges if str(e.number) == number), None)

    def clear(self) -> None:
        """Forget every exchange; school and person stay."""
        self.exchanges.clear()
        self.context = None


class Conversations:
    """All conversations by visit id. clock: seconds that only ever grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._open: OrderedDict[str, Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, school: School, person: Person, instead_of: str) -> str:
        """Start a conversation under a fresh id, ending the former one; returns the id."""
        self._open.pop(instead_of, None)
        self._drop_idle()
        while len(self._open) >= MOST_CONVERSATIONS:
            self._open.popitem(last=False)
        visit = new_visit()
        self._open[visit] = Conversation(school, person, self._clock(), self._clock())
        return visit

    def find(self, visit: str, touch: bool = True) -> Conversation | None:
        """The conversation; None when unknown or ended. touch: a person is there, so that it counts as used now."""
        self._drop_idle()
        found = self._open.get(visit)
        if found and self._clock() - found.began >= LONGEST_SECONDS:
            found = None
            del self._open[visit]
        if found and touch:
            found.used = self._clock()
            self._open.move_to_end(visit)
        return found

    def end(self, visit: str) -> None:
        """Sign out: forget the person and what was asked."""
        self._open.pop(visit, None)

    def confirm(self, visit: str) -> None:
        """The person gave a right one-time code."""
        found = self._open.get(visit)
        if found:
            found.confirmed = self._clock()

    def is_confirmed(self, visit: str, touch: bool = True) -> bool:
        """True where the person gave a code and went on using what it opens. touch: they use it now."""
        found = self._open.get(visit)
        if found is None or found.confirmed is None or self._clock() - found.confirmed >= CONFIRMED_SECONDS:
            return False
        if touch:
            found.confirmed = self._clock()
        return True

    def token(self, visit: str) -> str:
        """The token that this visit's forms must carry. Derived, so that looking at a page stores nothing."""
        return hmac.new(self._key, visit.encode(), hashlib.sha256).hexdigest()

    def _drop_idle(self) -> None:
        """The mapping is ordered by last use, so that the idle ones stand first."""
        oldest = self._clock() - IDLE_SECONDS
        while self._open and next(iter(self._open.values())).used <= oldest:
            self._open.popitem(last=False)


def new_visit() -> str:
    """A random id of 128 bits."""
    return secrets.token_urlsafe(16)


def is_visit(value: str) -> bool:
    """True for what `new_visit` could have made."""
    return bool(_VISIT_ID.fullmatch(value))
