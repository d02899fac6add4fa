"""The clocks of cases, for one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.cases import Case
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import Timer, new_id

_STOP = (
    t.timers.update()
    .where(t.timers.c.case_id == sa.bindparam("case"), t.timers.c.done_at.is_(None))
    .where(t.timers.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .values(done_at=sa.bindparam("now"))
)


class ClockRecords(Pages):
    """Clocks: armed, stopped, claimed once."""

    def arm(self, case: Case, kind: str, token: int, due: datetime) -> None:
        """Set a clock."""
        timer = new_id()
        row = {"id": timer, "tenant": case.trust, "case_id": case.id, "kind": kind, "token": token, "due_at": due}
        self._tx.execute(t.timers.insert(), row)
        self._bell.timer(self._tx, timer, due)
        self._passed("timer_armed")

    def disarm(self, case_id: str, now: datetime, kinds: Sequence[str]) -> None:
        """Stop the case's open clocks of these kinds."""
        self._tx.execute(_STOP, {"case": case_id, "kinds": list(kinds), "now": now})

    def take_timer(self, timer: str, now: datetime) -> Timer | None:
        """Claim a due clock: once, by one instance. None where it is done, unknown or not yet due."""
        of = sa.select(t.timers.c.case_id).where(t.timers.c.id == timer).scalar_subquery()
        # The case first, as everyone else does, so that a click and a clock never wait for each other.
        self._tx.execute(sa.select(t.cases.c.id).where(t.cases.c.id == of).with_for_update())
        row = self._tx.execute(
            t.timers.update()
            .where(t.timers.c.id == timer, t.timers.c.done_at.is_(None), t.timers.c.due_at <= now)
            .values(done_at=now)
            .returning(t.timers)
        ).first()
        self._passed("timer_claimed")
        return Timer(row.id, row.case_id, row.kind, row.token, row.due_at) if row else None

    def put_off_timer(self, timer: str, due: datetime) -> None:
        """Arm a clock again that was taken just now and could not have its effect."""
        self._tx.execute(t.timers.update().where(t.timers.c.id == timer).values(done_at=None, due_at=due))
        self._bell.timer(self._tx, timer, due)

    def timer_due(self, timer: str) -> datetime | None:
        """When an open clock is due; None where it is done or unknown."""
        where = (t.timers.c.id == timer, t.timers.c.done_at.is_(None))
        found: datetime | None = self._tx.execute(sa.select(t.timers.c.due_at).where(*where)).scalar()
        return found

    def timers_due(self, now: datetime) -> list[str]:
        """Open clocks that are due, the oldest first."""
        due = (t.timers.c.done_at.is_(None), t.timers.c.due_at <= now)
        return list(self._tx.execute(sa.select(t.timers.c.id).where(*due).order_by(t.timers.c.due_at)).scalars())

    def next_timer(self) -> datetime | None:
        """When the next clock is due."""
        found: datetime | None = self._tx.execute(
            sa.select(t.timers.c.due_at).where(t.timers.c.done_at.is_(None)).order_by(t.timers.c.due_at).limit(1)
        ).scalar()
        return found
