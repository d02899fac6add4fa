"""Deliveries seen before, and notices to people, for one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.cases import Case
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import Delivery, Notice, new_id
from bot.store.transactions import Stale

CARD = "card"
"""The kind of a notice that nobody reads: it has a case's card follow the case. With the platform: "card:slack"."""
TOLD = t.outbox.c.key.not_like(f"%:{CARD}:%")
"""What people are told: every notice but those."""

_UNSENT = sa.and_(t.outbox.c.sent_at.is_(None), t.outbox.c.dead_at.is_(None))
_DELIVERIES = sa.select(t.outbox, t.case_keys.c.wrapped).join(t.case_keys, t.case_keys.c.case_id == t.outbox.c.case_id)
_HEAD = _DELIVERIES.where(t.outbox.c.lane == sa.bindparam("lane"), _UNSENT).order_by(t.outbox.c.id).limit(1)
_ANSWER = t.inbox.update().where(t.inbox.c.key == sa.bindparam("delivery")).values(result=sa.bindparam("answer"))
_SENT = t.outbox.update().where(t.outbox.c.id == sa.bindparam("delivery")).values(sent_at=sa.bindparam("now"))


class NoticeRecords(Pages):
    """The inbox and the outbox."""

    def once(self, key: str | None, now: datetime, fn: Callable[[], str]) -> str:
        """fn's answer, computed once for each key: the same delivery again gets the same answer and no effect."""
        if key is None:
            return fn()
        # The same key in another transaction waits here until that one has its answer, or failed.
        insert = self._insert_new(t.inbox).returning(t.inbox.c.key)
        fresh = self._tx.execute(insert, {"key": key, "at": now}).first()
        self._passed("inbox_claimed")
        if fresh is None:
            answer: str | None = self._tx.execute(sa.select(t.inbox.c.result).where(t.inbox.c.key == key)).scalar_one()
            if answer is None:
                raise Stale
            return answer
        result = fn()
        self._tx.execute(_ANSWER, {"delivery": key, "answer": result})
        return result

    # Notices to people.

    def tell(self, case: Case, notices: Iterable[Notice], now: datetime) -> None:
        """Put notices into the outbox; one that is there already is not put twice."""
        self._put(case, {notice: self.tag(notice.to) for notice in notices}, now)

    def tell_cards(self, case: Case, notices: Iterable[Notice], now: datetime) -> None:
        """Have cards follow the case. One that waits gives way to the new one, so that there is one of each.

        One that is just going out gives way as well: what it shows may be older than this change.
        """
        lanes = {notice: self.tag(notice.to) for notice in notices}
        for notice, lane in lanes.items():
            mine = (t.outbox.c.case_id == case.id, t.outbox.c.key.like(f"%:{notice.kind}:%"))
            # Not deleted: SQLite would give its number to the next row, which is another notice.
            waiting = t.outbox.update().where(t.outbox.c.lane == lane, *mine, _UNSENT)
            self._tx.execute(waiting.values(dead_at=now))
        # A case's card may change without the case, when people do: the key is drawn.
        self._put(case, lanes, now, new_id()[:12])

    def _put(self, case: Case, lanes: Mapping[Notice, str], now: datetime, drawn: str = "") -> None:
        if not lanes:
            return
        wrapped = self._wrapped(case.id)
        self._hold(lanes.values())
        rows = []
        for notice, lane in lanes.items():
            key = ":".join(filter(None, (case.id, str(notice.seq), notice.kind, lane[:24], drawn)))
            body = self._keys.seal(wrapped, json.dumps([notice.to, notice.kind]).encode(), key)
            row = {"key": key, "tenant": case.trust, "lane": lane, "case_id": case.id, "seq": notice.seq}
            rows.append({**row, "sealed": body, "created_at": now, "next_at": now, "attempts": 0})
        self._tx.execute(self._insert_new(t.outbox), rows)
        self._bell.lanes(self._tx, list(dict.fromkeys(lanes.values())))
        self._passed("outbox_written")

    def was_told(self, person: str, case_id: str, kinds: Collection[str] = ()) -> bool:
        """True for people to whom a notice of the case was addressed: any, or one of these kinds."""
        theirs = (t.outbox.c.lane == self.tag(person), t.outbox.c.case_id == case_id, TOLD)
        keys = self._tx.execute(sa.select(t.outbox.c.key).where(*theirs)).scalars()
        return any(not kinds or key.split(":")[2] in kinds for key in keys)

    def lanes_told(self, case: Case, kinds: Collection[str]) -> frozenset[str]:
        """The lanes to which a notice of these kinds went since the case's present stage began."""
        since = (t.outbox.c.case_id == case.id, t.outbox.c.seq >= case.stage_seq)
        rows = self._tx.execute(sa.select(t.outbox.c.key, t.outbox.c.lane).where(*since))
        return frozenset(row.lane for row in rows if row.key.split(":")[2] in kinds)

    def _hold(self, lanes: Iterable[str]) -> None:
        """Until the commit nobody else writes to these lanes, so that the order of ids is the order of commits.

        Held in one order by everyone, so that two transactions never wait for each other here.
        """
        if self._shared:
            keys = sorted({int(lane[:15], 16) for lane in lanes})
            listed = sa.select(sa.func.unnest(sa.cast(keys, postgresql.ARRAY(sa.BigInteger))).label("key")).subquery()
            self._tx.execute(sa.select(sa.func.pg_advisory_xact_lock(listed.c.key)))

    def head_of(self, lane: str) -> Delivery | None:
        """The oldest notice of a lane that is neither delivered nor given up.

        None only once everybody who was writing to the lane has committed: whoever rings may rely on a job that has
        not begun yet.
        """
        found = self._tx.execute(_HEAD, {"lane": lane}).first()
        if found is None and self._shared:
            self._hold([lane])
            found = self._tx.execute(_HEAD, {"lane": lane}).first()
        return self._delivery(found) if found else None

    def waiting_lanes(self) -> list[str]:
        """Lanes with something to deliver."""
        return list(self._tx.execute(sa.select(t.outbox.c.lane).where(_UNSENT).distinct()).scalars())

    def overdue_lanes(self, since: datetime) -> list[str]:
        """Lanes with something that could have been delivered since then."""
        where = (_UNSENT, t.outbox.c.next_at <= since)
        return list(self._tx.execute(sa.select(t.outbox.c.lane).where(*where).distinct()).scalars())

    def ring_again(self, lanes: Iterable[str], timers: Iterable[str]) -> None:
        """Ring for overdue work that no engine knows of."""
        self._bell.again(self._tx, list(lanes), list(timers))

    def forget_deliveries(self, before: datetime) -> None:
        """Drop answers to deliveries that no platform repeats any more."""
        self._tx.execute(t.inbox.delete().where(t.inbox.c.at < before))

    def sent(self, delivery: int, now: datetime) -> None:
        """The platform took it."""
        self._tx.execute(_SENT, {"delivery": delivery, "now": now})

    def failed(self, delivery: int, now: datetime, next_at: datetime | None, error: str) -> None:
        """The platform did not take it: try again then, or give up where next_at is None."""
        changes: dict[str, Any] = {"attempts": t.outbox.c.attempts + 1, "last_error": error[:200]}
        changes |= {"next_at": next_at} if next_at else {"dead_at": now}
        self._tx.execute(t.outbox.update().where(t.outbox.c.id == delivery).values(**changes))

    def told(self, person: str, limit: int = 50) -> list[Delivery]:
        """The newest delivered notices of a person."""
        delivered = (t.outbox.c.lane == self.tag(person), t.outbox.c.sent_at.is_not(None), TOLD)
        return self._deliveries(*delivered, limit=-limit)

    def mark_read(self, person: str, case_id: str, now: datetime) -> None:
        """The person opened the case: its notices are read."""
        lane = self.tag(person)
        unread = (t.outbox.c.lane == lane, t.outbox.c.case_id == case_id, t.outbox.c.read_at.is_(None))
        self._tx.execute(t.outbox.update().where(*unread).values(read_at=now))

    def _deliveries(self, *where: sa.ColumnElement[bool], limit: int) -> list[Delivery]:
        order = t.outbox.c.id.desc() if limit < 0 else t.outbox.c.id
        rows = self._tx.execute(_DELIVERIES.where(*where).order_by(order).limit(abs(limit)))
        return [self._delivery(row) for row in rows]

    def _delivery(self, row: Any) -> Delivery:
        to, kind = json.loads(self._keys.unseal(row.wrapped, row.sealed, row.key))
        notice = Notice(to, kind, row.case_id, row.seq)
        return Delivery(row.id, row.key, row.lane, notice, row.attempts, row.next_at, row.created_at, row.read_at)
