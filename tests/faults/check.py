"""What must hold after any number of kills."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bot import events as ev
from bot.cases import fold
from bot.desk import Desk
from bot.inbox import notice_text
from bot.store import schema as t
from bot.store.records import START, event_hash
from tests.faults.journal import read
from tests.faults.life import BETWEEN_LIVES, Life, Place

Line = dict[str, Any]
LONGEST_RESTART = 5.0
"""Seconds from the start of a process until everything that the last one left was begun, on a machine of its own."""


def faults(place: Place, life: Life, slowness: float) -> list[str]:
    """Everything that is wrong, in words; nothing where all is well. life: the last one.

    slowness: how many times longer everything takes because others use this machine.
    """
    lines = read(place.journal)
    store = place.store()
    try:
        office = place.office(store, life.knowledge)
        now = life.began + (life.number + 1) * BETWEEN_LIVES
        found = store.run_now(lambda tx: [*_all(Desk(office, tx, now), tx, lines)])
        return found + _slow(lines, LONGEST_RESTART * slowness)
    finally:
        store.close()


def _all(desk: Desk, tx: sa.Connection, lines: list[Line]) -> Iterator[str]:
    yield from (line["text"] for line in lines if line["what"] == "fault")
    acks = {line["key"]: line["answer"] for line in lines if line["what"] == "ack"}
    cases = {row.id: row for row in tx.execute(sa.select(t.cases))}
    events = {case_id: desk.records.events(case_id) for case_id in cases}
    yield from _chains(desk, tx, cases, events)
    yield from _acknowledged(acks, cases, events)
    for case_id, happened in events.items():
        yield from _decided_once(case_id, happened)
        yield from _clocks_once(case_id, happened)
    yield from _clocks(tx)
    yield from _notices(desk, tx, lines)


def _slow(lines: list[Line], limit: float) -> list[str]:
    slow = [line for line in lines if line["what"] == "took_up" and line["seconds"] > limit]
    return [f"life {line['life']} took {line['seconds']:.1f} s to take up what was left" for line in slow]


def _chains(desk: Desk, tx: sa.Connection, cases: dict[str, Any], events: dict[str, list[ev.Event]]) -> Iterator[str]:
    chains: dict[str, list[Any]] = defaultdict(list)
    for row in tx.execute(sa.select(t.case_events).order_by(t.case_events.c.case_id, t.case_events.c.seq)):
        chains[row.case_id].append(row)
    for case_id, case in cases.items():
        prev = START
        for seq, row in enumerate(chains[case_id], 1):
            link = event_hash(prev, case_id, seq, row.at, row.type, row.sealed)
            if (row.seq, row.prev, row.hash) != (seq, prev, link):
                yield f"{case.reference}: the chain is broken at {seq}"
            prev = row.hash
        if (case.head, case.version) != (prev, len(chains[case_id])):
            yield f"{case.reference}: the head is not the chain's"
        if desk.records.case(case_id) != fold(events[case_id]):
            yield f"{case.reference}: the case is not the sum of its events"
    if set(chains) - set(cases):
        yield "events without a case"


def _acknowledged(acks: dict[str, Line], cases: dict[str, Any], events: dict[str, list[ev.Event]]) -> Iterator[str]:
    """What people were told is recorded is there, once; what they were told was refused is not."""
    words = Counter(getattr(event, "words", "") for happened in events.values() for event in happened)
    for key, answer in acks.items():
        if answer["case_id"] not in cases:
            yield f"{key}: the acknowledged case is lost"
        elif not key.endswith(":start"):
            wanted = 0 if answer["refused"] else 1
            if words[key] != wanted:
                yield f"{key}: recorded {words[key]} times, acknowledged {wanted} times"
    for case_id in cases:
        if not any(answer["case_id"] == case_id for answer in acks.values()):
            yield f"{case_id}: a case that nobody was told of in the end"


def _decided_once(case_id: str, happened: list[ev.Event]) -> Iterator[str]:
    decided = Counter(event.stage for event in happened if isinstance(event, ev.Signed | ev.Declined))
    yield from (f"{case_id}: {stage} decided {times} times" for stage, times in decided.items() if times != 1)
    ends = [event for event in happened if isinstance(event, ev.Approved | ev.Declined)]
    if len(ends) != 1:
        yield f"{case_id}: ended {len(ends)} times"


def _clocks_once(case_id: str, happened: list[ev.Event]) -> Iterator[str]:
    of_stage: Counter[str] = Counter()
    for event in happened:
        if isinstance(event, ev.StageBegan):
            of_stage.clear()
        of_stage[event.type] += 1
        if event.type in ("reminded", "deputies", "escalated") and of_stage[event.type] > 1:
            yield f"{case_id}: {event.type} twice in one stage"


def _clocks(tx: sa.Connection) -> Iterator[str]:
    for row in tx.execute(sa.select(t.timers).where(t.timers.c.done_at.is_not(None))):
        ended = tx.execute(sa.select(t.cases.c.ended_at).where(t.cases.c.id == row.case_id)).scalar()
        if row.done_at < row.due_at and ended is None:
            yield f"{row.case_id}: the clock {row.kind} fired early"


def _notices(desk: Desk, tx: sa.Connection, lines: list[Line]) -> Iterator[str]:
    posts = [line for line in lines if line["what"] == "post"]
    times = Counter(line["key"] for line in posts)
    rows = {row.key: row for row in tx.execute(sa.select(t.outbox).order_by(t.outbox.c.id))}
    for key, row in rows.items():
        if row.sent_at is None or row.dead_at is not None:
            yield f"{key}: never delivered"
            continue
        delivery = next(d for d in desk.records.told(_person(desk, row), limit=100_000) if d.key == key)
        if not times[key] and notice_text(desk, delivery, delivery.notice.to) is not None:
            yield f"{key}: noted as delivered, but no platform took it"
    yield from (f"{key}: posted but not in the outbox" for key in times if key not in rows)
    yield from _in_order(posts, {key: row.id for key, row in rows.items()})
    extra, bound = sum(times.values()) - len(times), allowed(lines)
    if extra > bound:
        yield f"{extra} extra posts, {bound} allowed"


def _person(desk: Desk, row: Any) -> str:
    return next(p.id for p, _ in desk.organisation.everyone() if desk.records.tag(p.id) == row.lane)


def _in_order(posts: list[Line], ids: dict[str, int]) -> Iterator[str]:
    """Each lane's notices went out in the order in which they were put in, repeats aside."""
    newest: dict[str, int] = {}
    seen: set[str] = set()
    for line in posts:
        if line["key"] in seen or line["key"] not in ids:
            continue
        seen.add(line["key"])
        if ids[line["key"]] < newest.get(line["person"], 0):
            yield f"{line['key']}: out of order"
        newest[line["person"]] = ids[line["key"]]


def allowed(lines: list[Line]) -> int:
    """As many posts may be doubled as were under way when a life ended, and as got no clear answer."""
    ambiguous = [line for line in lines if line["what"] == "ambiguous"]
    return len(ambiguous) + sum(int(line["under_way"]) for line in lines if line["what"] == "ended")
