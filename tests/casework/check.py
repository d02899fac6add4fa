"""What must be true of a case in the tables, whatever happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from bot import cases, inbox, views
from bot import events as ev
from bot.case import Case, fold
from bot.desk import Desk, NoAccess
from bot.store import schema as t
from bot.store.records import START, event_hash


@dataclass(frozen=True)
class Stands:
    """A case as it is, and who decides."""

    case: Case
    deciding: frozenset[str]


def stands(desk: Desk, case_id: str) -> Stands:
    """The stored case, with those for whom it waits."""
    case = _case(desk, case_id)
    deciding = frozenset(s.person.id for s in cases.deciders(case, desk.procedure(case), desk.directory))
    return Stands(case, deciding)


def audit(desk: Desk, case_id: str) -> None:
    """The case is the sum of its events, the chain holds, nobody signed their own, every round had one decision."""
    _chain(desk, case_id)
    events = desk.records.events(case_id)
    assert fold(events) == _case(desk, case_id)
    requester = events[0].by
    rounds: list[list[ev.Event]] = [[]]
    for event in events:
        if isinstance(event, ev.Revised):
            rounds.append([])
        rounds[-1].append(event)
        if isinstance(event, ev.Signed | ev.Declined):
            # Whose account it is may come to light later; the model judges by what was known at the click.
            assert event.by is not None
            assert event.by != requester
            assert event.words
    for each in rounds:
        ends = [e for e in each if isinstance(e, ev.Approved | ev.Declined | ev.Withdrawn | ev.Closed)]
        assert len(ends) <= 1
        signed = [(e.stage, e.role) for e in each if isinstance(e, ev.Signed)]
        assert len(set(signed)) == len(signed)
    approved = any(isinstance(e, ev.Approved) for e in events)
    entries = [e for e in desk.records.entries("trust") if e.case_id == case_id]
    registered = any(effect.do == "enter" for effect in desk.procedure(_case(desk, case_id)).effects)
    assert len(entries) == int(approved and registered)


def _case(desk: Desk, case_id: str) -> Case:
    case = desk.records.case(case_id)
    assert case is not None
    return case


def _chain(desk: Desk, case_id: str) -> None:
    tx = desk.records._tx
    prev = START
    mine = sa.select(t.case_events).where(t.case_events.c.case_id == case_id).order_by(t.case_events.c.seq)
    rows = tx.execute(mine).all()
    for seq, row in enumerate(rows, 1):
        assert (row.seq, row.prev) == (seq, prev)
        assert row.hash == event_hash(prev, case_id, seq, row.at, row.type, row.sealed)
        prev = row.hash
    stored = tx.execute(sa.select(t.cases.c.head, t.cases.c.version).where(t.cases.c.id == case_id)).one()
    assert (stored.head, stored.version) == (prev, len(rows))
    signed = tx.execute(sa.select(t.signatures).where(t.signatures.c.case_id == case_id)).all()
    assert [s.seq for s in signed] == [r.seq for r in rows if r.type in ("signed", "declined")]
    assert all(s.decider != s.requester for s in signed)


def deliver(desk: Desk) -> set[str]:
    """Put every waiting notice into words and count it as delivered; who got any."""
    told = set()
    for lane in desk.records.waiting_lanes():
        while head := desk.records.head_of(lane):
            try:
                if inbox.notice_text(desk, head, head.notice.to) is not None:
                    told.add(head.notice.to)
            except NoAccess:
                pass
            desk.records.sent(head.id, desk.now)
    return told


def see_nothing(desk: Desk, people: Iterable[str], case_id: str, reference: str) -> None:
    """None of them has a page, a line in a list or a notice of the case."""
    for who in people:
        for view, arguments in ((views.case_page, (case_id,)), (views.mine, ()), (views.waiting, ()), (inbox.told, ())):
            with suppress(NoAccess):
                found = view(desk, who, *arguments)
                assert reference not in repr(found), (who, view)


def forget(desk: Desk, case_id: str) -> None:
    """Put the case out of the way of the next one; the rows stay."""
    tx = desk.records._tx
    tx.execute(t.cases.update().where(t.cases.c.id == case_id).values(state="closed"))
    tx.execute(t.timers.update().where(t.timers.c.done_at.is_(None)).values(done_at=desk.now))
    tx.execute(t.register.delete())


def end_absences(desk: Desk) -> None:
    """Everybody is back for the next life."""
    desk.records._tx.execute(t.absences.delete())
