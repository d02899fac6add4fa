"""What every store promises, the same on both engines."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot import events as ev
from bot.cases import Case, fold
from bot.store import schema as t
from bot.store.engine import Store, StoreBroken
from bot.store.records import START, Entry, Records, Stale, event_hash
from tests.store.sample import DECIDER, NOW, REQUESTER, Books, add, append, opening, organisation, said, to

Refused = (sa.exc.IntegrityError, sa.exc.InternalError)


async def test_events_are_chained_and_sum_up_to_the_case(books: Books) -> None:
    case = await books.opened()
    for number in range(3):
        await books.write(lambda records, n=number: add(records, case.id, said(f"word {n}") * 2))  # type: ignore[misc]
    rows = sorted((row._mapping for row in await books.rows(t.case_events)), key=lambda row: row["seq"])
    assert [row["seq"] for row in rows] == list(range(1, 9))
    prev = START
    for row in rows:
        assert row["prev"] == prev
        prev = event_hash(prev, case.id, row["seq"], row["at"], row["type"], row["sealed"])
        assert row["hash"] == prev
    (stored,) = await books.rows(t.cases)
    assert (stored._mapping["head"], stored._mapping["version"]) == (prev, 8)
    read, events = await books.write(lambda records: (records.case(case.id), records.events(case.id)))
    assert read == fold(events)
    assert [event.words for event in events if isinstance(event, ev.Said)] == [f"word {n // 2}" for n in range(6)]


async def test_what_was_read_too_long_ago_cannot_be_written(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda records: append(records, case, said("first")))
    with pytest.raises(Stale):
        await books.write(lambda records: append(records, case, said("second")))
    assert (await books.write(lambda records: records.events(case.id)))[-1].model_dump()["words"] == "first"


async def test_of_many_writers_each_adds_to_what_the_others_wrote(books: Books) -> None:
    case = await books.opened()
    writes = [books.write(lambda records, n=n: add(records, case.id, said(str(n)))) for n in range(30)]  # type: ignore[misc]
    after = await asyncio.gather(*writes)
    assert sorted(each.version for each in after) == list(range(3, 33))
    events = await books.write(lambda records: records.events(case.id))
    assert {event.words for event in events if isinstance(event, ev.Said)} == {str(n) for n in range(30)}


async def test_a_writer_without_a_lock_is_run_again_on_what_is_there_then(books: Books) -> None:
    case = await books.opened()

    def slowly(records: Records) -> Case:
        before = records.case(case.id)
        assert before is not None
        time.sleep(0.01)
        return append(records, before, said("x"))

    after = await asyncio.gather(*(books.write(slowly) for _ in range(4)))
    assert sorted(each.version for each in after) == [3, 4, 5, 6]


async def test_the_same_delivery_gets_the_same_answer_and_no_second_effect(books: Books) -> None:
    done: list[int] = []

    def effect(records: Records) -> str:
        def work() -> str:
            time.sleep(0.02)
            case = records.open_case(opening(), False, REQUESTER)
            done.append(1)
            return case.id

        return records.once("slack:event:1", NOW, work)

    answers = await asyncio.gather(*(books.write(effect) for _ in range(6)))
    assert len(set(answers)) == 1
    assert answers[0] == await books.write(effect)
    assert len(done) == len(await books.rows(t.cases)) == 1


async def test_a_delivery_that_failed_may_come_again(books: Books) -> None:
    def fails() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        await books.write(lambda records: records.once("k", NOW, fails))
    assert await books.write(lambda records: records.once("k", NOW, lambda: "done")) == "done"


async def test_a_number_that_is_taken_is_drawn_again(books: Books) -> None:
    taken = (await books.opened()).reference
    draws = iter([taken, taken, "AF-2222-3333"])
    case = await books.write(lambda records: records.open_case(opening(next(draws)), False, REQUESTER))
    assert case.reference == "AF-2222-3333"
    with pytest.raises(sa.exc.IntegrityError):
        await books.write(lambda records: records.open_case(opening(taken), False, REQUESTER))
    assert len(await books.rows(t.cases)) == 2


@pytest.mark.parametrize("table", ["case_events", "chain_anchors", "anchored_heads"])
@pytest.mark.parametrize("change", ["UPDATE {} SET tenant = 'x'", "DELETE FROM {}"])
async def test_events_and_anchors_are_never_changed(books: Books, table: str, change: str) -> None:
    case = await books.opened()
    anchor = {"tenant": "elm", "number": 1, "at": NOW, "cases": 1, "digest": "d", "prev": START, "hash": "h"}
    head = {"tenant": "elm", "number": 1, "case_id": case.id, "reference": case.reference, "version": 2, "head": "h"}
    await books.store.run(lambda tx: tx.execute(t.anchors.insert().values(**anchor)) and None)
    await books.store.run(lambda tx: tx.execute(t.anchored.insert().values(**head)) and None)
    before = await books.rows(t.metadata.tables[table])
    with pytest.raises(Refused, match="insert-only"):
        await books.store.run(lambda tx: tx.exec_driver_sql(change.format(table)) and None)
    assert before == await books.rows(t.metadata.tables[table]) != []


async def test_the_database_refuses_a_decision_by_the_person_who_asked(books: Books) -> None:
    case = await books.opened()
    with pytest.raises(sa.exc.IntegrityError):
        await books.write(lambda records: records.sign(case, 3, REQUESTER, REQUESTER))
    await books.write(lambda records: records.sign(case, 3, DECIDER, REQUESTER))
    assert len(await books.rows(t.signatures)) == 1


async def test_what_fails_leaves_nothing_behind(books: Books) -> None:
    def all_of_it(records: Records) -> None:
        case = records.open_case(opening(), False, REQUESTER)
        records.once("k", NOW, lambda: "answer")
        records.sign(case, 1, DECIDER, REQUESTER)
        records.tell(case, [to(DECIDER, case)], NOW)
        records.arm(case, "remind", 2, NOW)
        records.keep_evidence(case, "e", b"original", b"copy", "png", NOW)
        records.adopt(organisation("One"), NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await books.write(all_of_it)
    for table in t.metadata.tables.values():
        assert await books.rows(table) == [], table.name


async def test_a_clock_is_claimed_once_and_never_early(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda records: records.arm(case, "remind", 2, NOW))
    (row,) = await books.rows(t.timers)
    timer = row._mapping["id"]
    early = await books.write(lambda records: records.take_timer(timer, NOW.replace(hour=9)))
    claims = await asyncio.gather(*(books.write(lambda records: records.take_timer(timer, NOW)) for _ in range(8)))
    assert early is None
    assert [claim.kind for claim in claims if claim] == ["remind"]


async def test_a_clock_and_a_click_on_one_case_do_not_block_each_other(books: Books) -> None:
    case = await books.opened()
    for _ in range(8):
        await books.write(lambda records: records.arm(case, "remind", 2, NOW))
    timers = [row._mapping["id"] for row in await books.rows(t.timers)]

    def clock(timer: str) -> Callable[[Records], None]:
        def claim(records: Records) -> None:
            if records.take_timer(timer, NOW):
                time.sleep(0.005)
                add(records, case.id, said("clock"))

        return claim

    def click(records: Records) -> None:
        add(records, case.id, said("click"))
        time.sleep(0.005)
        records.disarm(case.id, NOW, ["remind"])

    started = time.monotonic()
    await asyncio.gather(*(books.write(fn) for timer in timers for fn in (clock(timer), click)))
    # A deadlock would be found by the database only after a second.
    assert time.monotonic() - started < 0.9


async def test_a_lane_is_read_in_the_order_in_which_it_was_written(books: Books) -> None:
    cases = [await books.opened() for _ in range(12)]

    def put(case: Case, pause: float) -> Callable[[Records], None]:
        def fn(records: Records) -> None:
            records.tell(case, [to(DECIDER, case)], NOW)
            time.sleep(pause)

        return fn

    def take(records: Records) -> int | None:
        head = records.head_of(records.tag(DECIDER))
        if head:
            records.sent(head.id, NOW)
        return head.id if head else None

    # The first takes long to commit.
    writing = [asyncio.ensure_future(books.write(put(c, 0.0 if n else 0.3))) for n, c in enumerate(cases)]
    taken: list[int] = []
    while len(taken) < len(cases):
        head = await books.write(take)
        taken += [head] if head else []
    await asyncio.gather(*writing)
    assert taken == sorted(taken)


async def test_a_notice_is_put_once_for_each_person_and_event(books: Books) -> None:
    case = await books.opened()
    for _ in range(2):
        await books.write(lambda records: records.tell(case, [to(DECIDER, case), to(REQUESTER, case, "said")], NOW))
    assert len(await books.rows(t.outbox)) == 2


async def test_the_people_stay_the_same_while_somebody_decides_by_them(books: Books) -> None:
    await books.write(lambda records: records.adopt(organisation("One"), NOW))
    reading = threading.Event()

    def decide(records: Records) -> tuple[int, int]:
        before = records.organisation_version()
        reading.set()
        time.sleep(0.15)
        return before, records.organisation_version()

    deciding = asyncio.ensure_future(books.write(decide))
    await asyncio.to_thread(reading.wait)
    adopted = await books.write(lambda records: records.adopt(organisation("Two"), NOW))
    assert adopted
    assert await deciding == (1, 1)
    assert not await books.write(lambda records: records.adopt(organisation("Two"), NOW))


async def test_two_changes_of_one_register_entry_follow_each_other(books: Books) -> None:
    case = await books.opened()
    first = Entry("e1", 1, "elm", "elm-primary", "sites", "Blog", "open", case.id, NOW, None, {"author": REQUESTER})
    await books.write(lambda records: records.enter(first))

    def change(records: Records) -> None:
        old = records.entry("elm", "e1")
        assert old is not None
        time.sleep(0.01)
        records.enter(replace(old, version=old.version + 1))

    await asyncio.gather(*(books.write(change) for _ in range(4)))
    assert sorted(row._mapping["version"] for row in await books.rows(t.register)) == [1, 2, 3, 4, 5]


async def test_one_that_fails_spares_those_committed_with_it(books: Books) -> None:
    blocked = threading.Event()
    first = books.store.submit(lambda _tx: blocked.wait(5))
    good = [books.write(lambda records: records.open_case(opening(), False, REQUESTER)) for _ in range(10)]
    bad = [
        books.write(lambda _: 1 // 0),
        books.store.run(lambda tx: tx.exec_driver_sql("SELECT no_such_column") and None),
        books.write(lambda records: records.sign(_some_case(), 1, REQUESTER, REQUESTER)),
    ]
    waiting = asyncio.gather(*good[:5], *bad, *good[5:], return_exceptions=True)
    await asyncio.sleep(0.05)
    blocked.set()
    answers = await waiting
    first.result(5)
    assert [isinstance(answer, Exception) for answer in answers] == [False] * 5 + [True] * 3 + [False] * 5
    assert len(await books.rows(t.cases)) == 10


def _some_case() -> Case:
    case = fold(opening())
    assert case is not None
    return case


async def test_a_caller_who_leaves_takes_nobody_with_them(books: Books) -> None:
    started = threading.Event()
    running = asyncio.ensure_future(books.store.run(lambda _tx: started.set() or time.sleep(0.1)))  # type: ignore[func-returns-value]
    waiting = [asyncio.ensure_future(books.opened()) for _ in range(8)]
    await asyncio.to_thread(started.wait)
    for task in (running, *waiting[::2]):
        task.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(answer, Case) for answer in answers[1::2]] == [True] * 4
    assert (await books.opened()).version == 2


async def test_what_comes_after_the_end_is_refused(books: Books) -> None:
    await books.opened()
    await asyncio.to_thread(books.store.close)
    with pytest.raises(StoreBroken):
        await books.opened()


async def test_a_refusal_of_the_database_shows_nothing_that_was_written(store: Store) -> None:
    row = {"key": "k", "at": NOW, "result": "canary-words"}
    await store.run(lambda tx: tx.execute(t.inbox.insert().values(**row)) and None)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        await store.run(lambda tx: tx.execute(t.inbox.insert().values(**row)) and None)
    assert "canary" not in repr(caught.value)
    assert "canary" not in str(caught.value)
