"""Tickets to look at a piece of evidence: one use, one minute, one person (SECURITY T21)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

LIFETIME_SECONDS = 60


@dataclass(frozen=True)
class Ticket:
    """What a ticket opens, and for which visit of whom. until: seconds of the clock."""

    visit: str
    person: str
    case_id: str
    evidence: str
    until: float


class Tickets:
    """Issued tickets, in memory. clock: seconds that only ever grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, Ticket] = {}

    def issue(self, visit: str, person: str, case_id: str, evidence: str) -> str:
        """A ticket that cannot be guessed: 192 random bits."""
        now = self._clock()
        self._issued = {name: ticket for name, ticket in self._issued.items() if ticket.until > now}
        name = secrets.token_urlsafe(24)
        self._issued[name] = Ticket(visit, person, case_id, evidence, now + LIFETIME_SECONDS)
        return name

    def use(self, name: str, visit: str) -> Ticket | None:
        """What the ticket opens, once; None where it is unknown, used, too old or another visit's."""
        found = self._issued.pop(name, None)
        return found if found and found.visit == visit and found.until > self._clock() else None
