"""Delivers what was committed, at least once, and lets clocks have their effect. Holds nothing that matters.

The tables are the truth: a worker that dies loses nothing, and another one, or the next start, takes up the rest.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.casework import CaseOffice
from bot.chat.delivery import PLATFORMS, note_card, post_of
from bot.chat.messages import Post, Spot
from bot.desk import Desk
from bot.sealing import SealBroken
from bot.store.engine import At, StoreBroken, Tx, nowhere
from bot.store.records import Delivery, Records

log = logging.getLogger("askfirst.work")
LONGEST_WAIT = timedelta(seconds=300)
GIVE_UP = timedelta(days=7)
"""A notice that no platform takes for a week is given up; the case page shows what it said."""
SPOILT = timedelta(hours=1)
"""A notice that cannot be put into words, which is a fault of ours, must not hold up its lane for longer."""
LONGEST_POST = 30.0
"""Seconds after which a platform that does not answer has failed."""
LAST_MOMENT = 2.0
"""Seconds that an ending program gives a platform to take what is just going out."""
REPEATED = timedelta(days=14)
"""For how long a platform may repeat a delivery, and its answer is kept."""
FEEDBACK_KEPT = timedelta(days=365)
"""For how long a question that somebody gave to the curator waits to be dealt with."""
TIDY_AGAIN = timedelta(hours=1)
AFTER_A_FAULT = 60.0
"""Seconds until something is tried again that failed by a fault of ours."""


_FAULTS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, SealBroken)
"""What choosing the words of a notice may raise; none of them touches the transaction."""


class RetryAfter(Exception):
    """The platform asks to wait so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("retry after")
        self.seconds = float(seconds)


class Platform(Protocol):
    """Where a person is told."""

    async def post(self, post: Post) -> Spot | None:
        """Tell the person, and show the case's card: rewrite the one that stands, or post a first one.

        Where the card stands now; None leaves what is noted. post.key is the same for every attempt, so that a platform
        that can may drop the repeat. Raises RetryAfter or any other exception: it is tried again. A card that somebody
        deleted is no reason to raise: it is posted anew, or, where the post is about the card alone, left.
        """


class Nowhere:
    """No platform beside the pages, which read the notices themselves."""

    names: tuple[str, ...] = ()

    async def post(self, post: Post) -> Spot | None:
        """Nothing to do."""
        return None


class Worker:
    """Does what the store's bell rings for, one lane and one clock at a time. clock: gives the time now (UTC).

    at: the fault tests' hook. on: the platforms on which people are looked for; None: what the platform says of itself.
    """

    def __init__(
        self,
        office: CaseOffice,
        platform: Platform,
        clock: Callable[[], datetime],
        at: At = nowhere,
        on: Collection[str] | None = None,
    ) -> None:
        self._office = office
        self._platform = platform
        self._clock = clock
        self._at = at
        self._on = tuple(getattr(platform, "names", PLATFORMS) if on is None else on)
        self._tidied: datetime | None = None
        self._going_out: set[asyncio.Task[Any]] = set()
        self._seed = random.Random()  # noqa: S311 - jitter, not a secret

    async def run(self, every: float = 1.0) -> None:
        """Until cancelled. every: seconds between looks where nobody rings."""
        try:
            await self._office.store.bell.serve(self, every)
        finally:
            if self._going_out:
                await asyncio.wait(self._going_out, timeout=LAST_MOMENT)

    async def settle(self) -> None:
        """Do all that can be done now, then return: for tests with a clock of their own. Faults of ours are raised."""
        await self._office.look_round(self._clock())
        while (await self.left())[0]:
            for timer in (await self.left())[0]:
                await self._fire(timer)
        for lane in (await self.left())[1]:
            await self._deliver(lane)

    # What the bell calls; bot/store/transactions.py says what each returns.

    async def left(self) -> tuple[list[str], list[str]]:
        """Timers that are due, the oldest first, and lanes with something to deliver."""
        await self._look_round()
        office, now = self._office, self._clock()

        def look(tx: Tx) -> tuple[list[str], list[str]]:
            records = Records(tx, office.keyring, office.store.bell)
            return records.timers_due(now), records.waiting_lanes()

        return await office.store.run(look)

    async def ring_again(self, overdue: timedelta) -> None:
        """Ring for everything that nobody took up for so long."""
        await self._look_round()
        await self._office.at_desk(self._clock(), _ring_again, overdue)

    async def fire(self, timer: str) -> float | None:
        """Let a clock have its effect. Seconds to wait where it is not due yet, or failed."""
        try:
            return await self._fire(timer)
        except StoreBroken:
            raise
        except Exception as error:
            # Its name alone: a message may hold what staff wrote.
            log.error("clock %s: %s", timer, type(error).__name__)
            return AFTER_A_FAULT

    async def deliver(self, lane: str) -> float | None:
        """Deliver a lane in order. Seconds to wait where the next notice cannot go yet."""
        try:
            return await self._deliver(lane)
        except StoreBroken:
            raise
        except Exception as error:
            log.error("lane %s: %s", lane[:8], type(error).__name__)
            await self._office.at_desk(self._clock(), _spoilt, lane)
            return AFTER_A_FAULT

    async def _look_round(self) -> None:
        """Tell whoever decides because a day or an absence began. A fault of ours there must not stop the rest."""
        now = self._clock()
        try:
            await self._office.look_round(now)
            if self._tidied is None or abs(now - self._tidied) >= TIDY_AGAIN:
                self._tidied = now
                await self._office.at_desk(now, _tidy)
        except StoreBroken:
            raise
        except Exception as error:
            log.error("people: %s", type(error).__name__)

    async def _fire(self, timer: str) -> float | None:
        now = self._clock()
        self._at("before_fire")
        await self._office.fire(timer, now)
        self._at("after_fire")
        due = await self._office.at_desk(now, lambda desk: desk.records.timer_due(timer))
        return (due - now).total_seconds() if due is not None and due > now else None

    async def _deliver(self, lane: str) -> float | None:
        head, post = await self._office.at_desk(self._clock(), _next, lane, self._on)
        while head is not None:
            now = self._clock()
            if head.next_at > now:
                return (head.next_at - now).total_seconds()
            going = asyncio.create_task(self._send(head, post))
            self._going_out.add(going)
            going.add_done_callback(self._going_out.discard)
            # What a platform has taken is noted even when the program is just ending.
            wait = await asyncio.shield(going)
            if isinstance(wait, float):
                return wait
            if wait is None:
                wait = await self._office.at_desk(self._clock(), _next, lane, self._on)
            head, post = wait
        return None

    async def _send(self, head: Delivery, post: Post | None) -> float | _Next | None:
        """Send a notice and note it. The lane's next one, where it is known; seconds to wait where this one failed."""
        spot = None
        if post is not None:
            self._at("before_post")
            try:
                async with asyncio.timeout(LONGEST_POST):
                    spot = await self._platform.post(post)
            except Exception as error:  # any fault of a platform is a reason to try again
                return await self._failed(head, error)
            self._at("after_post")
        self._at("before_mark")
        found = await self._office.at_desk(self._clock(), _sent, head, post, spot, self._on)
        self._at("after_mark")
        return found

    async def _failed(self, head: Delivery, error: Exception) -> float:
        now = self._clock()
        seconds = error.seconds if isinstance(error, RetryAfter) else self._backoff(head.attempts)
        again = None if now - head.created_at > GIVE_UP else now + timedelta(seconds=seconds)
        name = type(error).__name__
        await self._office.at_desk(now, lambda desk: desk.records.failed(head.id, desk.now, again, name))
        return seconds if again else 0.0

    def _backoff(self, attempts: int) -> float:
        capped = min(LONGEST_WAIT.total_seconds(), 2.0 ** min(attempts, 9))
        return capped * self._seed.uniform(0.5, 1.0)


_Next = tuple[Delivery | None, Post | None]


def _next(desk: Desk, lane: str, on: Collection[str]) -> _Next:
    """The lane's next notice as it is delivered now; no post where the person may not hear of the case any more."""
    head = desk.records.head_of(lane)
    return (head, post_of(desk, head, on)) if head is not None else (None, None)


def _sent(desk: Desk, head: Delivery, post: Post | None, spot: Spot | None, on: Collection[str]) -> _Next | None:
    """Note that a notice is delivered and where the card stands, and read the lane's next one in the same transaction.

    None where the next one cannot be put into words: that must not undo the note that this one went out.
    """
    if post is not None:
        note_card(desk, post, spot)
    desk.records.sent(head.id, desk.now)
    try:
        return _next(desk, head.lane, on)
    except _FAULTS:
        return None


def _tidy(desk: Desk) -> None:
    """Forget what nobody needs any more."""
    desk.records.forget_deliveries(desk.now - REPEATED)
    desk.records.drop_feedback_before(desk.now - FEEDBACK_KEPT)


def _spoilt(desk: Desk, lane: str) -> None:
    head = desk.records.head_of(lane)
    if head is not None:
        again = None if desk.now - head.created_at > SPOILT else desk.now + timedelta(seconds=AFTER_A_FAULT)
        desk.records.failed(head.id, desk.now, again, "words")


def _ring_again(desk: Desk, overdue: timedelta) -> None:
    since = desk.now - overdue
    desk.records.ring_again(desk.records.overdue_lanes(since), desk.records.timers_due(since))
