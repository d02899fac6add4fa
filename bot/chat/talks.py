"""What was asked and answered lately: in memory only, forgotten after a while, bounded in number and length."""

from __future__ import annotations

import itertools
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.answers import Answer
from bot.chat.messages import Account
from policy_kb.reading import Context

IDLE = timedelta(minutes=30)
"""A conversation unused for so long is forgotten (SECURITY T10, T17)."""
MOST_TALKS = 5_000
"""Beyond this the conversation that was idle longest is forgotten."""
MOST_TURNS = 40
"""Beyond this a conversation's oldest turn is forgotten."""


@dataclass(frozen=True)
class Exchange:
    """A question and its answer. number: never that of another exchange, in whatever conversation.

    policy: under which it was answered; where that is another now, nothing may lean on it.
    """

    number: int
    policy: str
    question: str
    answer: Answer
    context: Context | None


@dataclass
class _Talk:
    used: datetime
    exchanges: list[Exchange] = field(default_factory=list)


class Talks:
    """The conversations of every account, one for each place where it writes."""

    def __init__(self) -> None:
        self._talks: OrderedDict[tuple[str, str, str, str], _Talk] = OrderedDict()
        # A button of the time before a restart must not find somebody's new answer.
        self._numbers = itertools.count(1 + secrets.randbelow(500_000_000))

    def __len__(self) -> int:
        return len(self._talks)

    def last(self, account: Account, place: str, policy: str, now: datetime) -> Context | None:
        """What the next question in this place may lean on."""
        self._forget(now)
        talk = self._talks.get((*_owner(account), place))
        exchange = talk.exchanges[-1] if talk and talk.exchanges else None
        return exchange.context if exchange and exchange.policy == policy else None

    def keep(
        self, account: Account, place: str, policy: str, question: str, answer: Answer, context: Context | None,
        now: datetime,
    ) -> Exchange:  # fmt: skip
        """Remember an exchange for a while."""
        self._forget(now)
        exchange = Exchange(next(self._numbers), policy, question, answer, context)
        talk = self._talks.setdefault((*_owner(account), place), _Talk(now))
        talk.used = now
        talk.exchanges.append(exchange)
        del talk.exchanges[:-MOST_TURNS]
        self._talks.move_to_end((*_owner(account), place))
        while len(self._talks) > MOST_TALKS:
            self._talks.popitem(last=False)
        return exchange

    def find(self, account: Account, number: int, now: datetime) -> tuple[str, Exchange] | None:
        """An exchange of this account with the place where it happened; None for anybody else's."""
        self._forget(now)
        owner = _owner(account)
        for (*whose, place), talk in self._talks.items():
            found = next((e for e in talk.exchanges if e.number == number), None) if tuple(whose) == owner else None
            if found:
                return place, found
        return None

    def _forget(self, now: datetime) -> None:
        """The mapping is ordered by last use, so that the idle ones stand first."""
        while self._talks and next(iter(self._talks.values())).used <= now - IDLE:
            self._talks.popitem(last=False)


def _owner(account: Account) -> tuple[str, str, str]:
    return account.platform, account.tenant, account.user
