"""Deliveries of a platform that were acknowledged and are still to be worked off, for one transaction."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.sealing import SealBroken
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import Arrival


class ArrivalRecords(Pages):
    """Arrivals: kept before they are acknowledged, handed out, and gone once they are done (SECURITY T10)."""

    def arrive(self, key: str, platform: str, body: bytes, now: datetime) -> bool:
        """Keep a delivery, sealed. False where it was seen before, also when it is done.

        key: the platform's own, the same where it delivers again; known for as long as `forget_deliveries` leaves it.
        """
        tag = self._arrival(platform, key)
        fresh = self._tx.execute(self._insert_new(t.inbox).returning(t.inbox.c.key), {"key": tag, "at": now}).first()
        if fresh is None:
            return False
        wrapped = self._keys.new_key()
        # The key names the delivery in the platform's own logs, so it is sealed with the body.
        sealed = self._keys.seal(wrapped, key.encode() + b"\0" + body, f"arrival:{platform}")
        row = {"key": tag, "platform": platform, "wrapped": wrapped, "sealed": sealed}
        self._tx.execute(t.arrivals.insert(), {**row, "at": now, "next_at": now, "attempts": 0})
        self._passed("arrived")
        return True

    def unfinished(self, platform: str, now: datetime, until: datetime, most: int = 16) -> list[Arrival]:
        """Arrivals that nobody is at work on, the oldest first: they are the caller's until that moment."""
        of = t.arrivals.c
        free = (of.platform == platform, of.next_at <= now)
        keys = list(self._tx.execute(sa.select(of.key).where(*free).order_by(of.at, of.key).limit(most)).scalars())
        if not keys:
            return []
        # Where another instance took one meanwhile, the row says so by the time that we hold it.
        mine = t.arrivals.update().where(of.key.in_(sorted(keys)), *free).returning(t.arrivals)
        rows = self._tx.execute(mine.values(next_at=until, attempts=of.attempts + 1)).all()
        self._passed("arrivals_claimed")
        found = []
        for row in rows:
            # One whose bytes were changed stays where it is and holds up none of the others.
            with contextlib.suppress(SealBroken):
                found.append(self._read_arrival(row))
        return sorted(found, key=lambda each: (each.at, each.key))

    def finished(self, key: str, platform: str) -> None:
        """It was worked off: what it said is deleted, that it came is remembered."""
        self._tx.execute(t.arrivals.delete().where(t.arrivals.c.key == self._arrival(platform, key)))

    def put_off(self, key: str, platform: str, until: datetime) -> None:
        """It failed: nobody takes it up before that moment."""
        this = t.arrivals.c.key == self._arrival(platform, key)
        self._tx.execute(t.arrivals.update().where(this).values(next_at=until))

    def free_arrivals(self, platform: str, now: datetime) -> None:
        """Whoever was at work on them is gone. Nothing where other instances may be: their time runs out by itself."""
        if not self._shared:
            self._tx.execute(t.arrivals.update().where(t.arrivals.c.platform == platform).values(next_at=now))

    def _read_arrival(self, row: Any) -> Arrival:
        packed = self._keys.unseal(row.wrapped, row.sealed, f"arrival:{row.platform}")
        key, _, body = packed.partition(b"\0")
        return Arrival(key.decode(), body, row.at, row.attempts)

    def _arrival(self, platform: str, key: str) -> str:
        return self._keys.tag(f"arrival {platform} {key}")
