"""Delivery and clocks: at least once, in order, whoever dies. On both engines where not said otherwise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import actions as act
from bot import events as ev
from bot.store.engine import Store, StoreBroken, open_postgresql
from bot.store.records import Notice
from bot.worker import GIVE_UP, RetryAfter
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from tests.store.cluster import Server
from tests.store.office import MONDAY, TEACHERS, open_office, shift, until


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    return loader.load()


async def test_settling_delivers_everything_in_the_order_of_events(store: Store, knowledge: KnowledgeBase) -> None:
    here = await open_office(store, knowledge, lambda: MONDAY)
    case = await here.ask()
    await here.office.act("head", case.case_id, act.Ask(words="Which paper?"), MONDAY)
    await here.office.act(TEACHERS[0], case.case_id, act.Say(words="The Gazette"), MONDAY)
    await here.office.act("head", case.case_id, act.Decline(words="Not now"), MONDAY)
    await here.worker.settle()
    await here.worker.settle()
    told = here.board.to(TEACHERS[0])
    assert [next(word for word in ("received", "asks", "declined") if word in text) for text in told] == [
        "received",
        "asks",
        "declined",
    ]
    assert len(here.board.to("head")) == 2


async def test_a_commit_wakes_the_worker(store: Store, knowledge: KnowledgeBase) -> None:
    here = await open_office(store, knowledge)
    async with here.running(every=30.0):
        await asyncio.sleep(0.5)
        await here.ask()
        await until(lambda: len(here.board.taken) == 2, 3)


async def test_what_was_committed_while_nobody_worked_is_taken_up_at_the_start(
    store: Store, knowledge: KnowledgeBase
) -> None:
    here = await open_office(store, knowledge)
    for person in TEACHERS[:6]:
        await here.ask(person)
    async with here.running():
        await until(lambda: len(here.board.taken) == 12, 5)


async def test_a_slow_lane_holds_up_no_other(store: Store, knowledge: KnowledgeBase) -> None:
    here = await open_office(store, knowledge)
    here.board.pause = lambda person: 60.0 if person == "head" else 0.0
    async with here.running():
        await here.ask(TEACHERS[1])
        await until(lambda: here.board.begun == 2, 3)
        await here.ask(TEACHERS[2])
        await until(lambda: [to for _, to, _ in here.board.taken] == [TEACHERS[1], TEACHERS[2]], 3)


async def test_a_notice_in_a_lane_that_is_being_delivered_is_not_overlooked(
    store: Store, knowledge: KnowledgeBase
) -> None:
    here = await open_office(store, knowledge)
    async with here.running(every=30.0):
        await asyncio.sleep(0.3)
        for _ in range(20):
            await here.ask(TEACHERS[0])
        await until(lambda: len(here.board.to(TEACHERS[0])) == len(here.board.to("head")) == 20, 5)


async def test_a_platform_that_fails_is_tried_again_and_the_order_kept(store: Store, knowledge: KnowledgeBase) -> None:
    now, move = shift(MONDAY)
    here = await open_office(store, knowledge, now)
    here.board.faults = {TEACHERS[0]: [RetryAfter(90), OSError()]}
    first, second = await here.ask(), await here.ask()
    await here.worker.settle()
    assert here.board.to(TEACHERS[0]) == []
    move(timedelta(seconds=89))
    await here.worker.settle()
    assert len(here.board.faults[TEACHERS[0]]) == 1, "asked again before the platform wished"
    move(timedelta(seconds=2))
    await here.worker.settle()
    move(timedelta(seconds=5))
    await here.worker.settle()
    assert [ref for text in here.board.to(TEACHERS[0]) for ref in (first, second) if ref.reference in text] == [
        first,
        second,
    ]


async def test_a_platform_that_never_takes_a_notice_does_not_keep_the_next_one_for_ever(
    store: Store, knowledge: KnowledgeBase
) -> None:
    now, move = shift(MONDAY)
    here = await open_office(store, knowledge, now)
    first = await here.ask()
    here.board.faults = {TEACHERS[0]: [OSError()] * 2}
    await here.worker.settle()
    move(GIVE_UP + timedelta(minutes=1))
    await here.worker.settle()
    second = await here.ask()
    await here.worker.settle()
    told = here.board.to(TEACHERS[0])
    assert any(f"recorded as {second.reference}" in text for text in told)
    assert not any(f"recorded as {first.reference}" in text for text in told)


async def test_a_notice_without_words_does_not_keep_the_next_one_for_ever(
    store: Store, knowledge: KnowledgeBase
) -> None:
    now, move = shift(MONDAY)
    here = await open_office(store, knowledge, now)
    case = await here.ask(TEACHERS[0])
    lane = await here.read(lambda desk: desk.records.tag(TEACHERS[0]))
    await here.read(lambda desk: _tell(desk.records, case.case_id, "no-such-kind"))
    await here.read(lambda desk: _tell(desk.records, case.case_id, "said"))
    for _ in range(5):
        await here.worker.deliver(lane)
        move(timedelta(minutes=25))
    assert len(here.board.taken) == 2, "the receipt once and the notice behind the faulty one"


def _tell(records: object, case_id: str, kind: str) -> None:
    from bot.store.records import Records

    assert isinstance(records, Records)
    case = records.case(case_id)
    assert case is not None
    records.tell(case, [Notice(TEACHERS[0], kind, case_id, case.version)], MONDAY)


async def test_a_clock_fires_when_it_is_due_and_not_before(store: Store, knowledge: KnowledgeBase) -> None:
    here = await open_office(store, knowledge)
    case_id = (await here.ask()).case_id
    due = here.now() + timedelta(seconds=1.0)

    def arm(desk: object) -> None:
        from bot.casework import Desk

        assert isinstance(desk, Desk)
        case = desk.records.case(case_id)
        assert case is not None
        desk.records.arm(case, "remind", case.stage_seq, due)

    await here.read(arm)
    reminded: list[ev.Event] = []
    async with here.running():
        while not reminded:
            assert here.now() < due + timedelta(seconds=4)
            await asyncio.sleep(0.05)
            events = await here.read(lambda desk: desk.records.events(case_id))
            reminded = [event for event in events if isinstance(event, ev.Reminded)]
        await asyncio.sleep(0.5)
    events = await here.read(lambda desk: desk.records.events(case_id))
    (event,) = [event for event in events if isinstance(event, ev.Reminded)]
    assert due <= event.at < due + timedelta(seconds=2)


# PostgreSQL alone.


@pytest.fixture
def pair(postgresql_url: str) -> Iterator[tuple[Store, Store]]:
    """Two instances' stores over one database."""
    stores = open_postgresql(postgresql_url, threads=2), open_postgresql(postgresql_url, threads=2)
    yield stores
    for store in stores:
        store.close()


async def jobs(store: Store) -> list[tuple[str, str]]:
    """The engine's jobs: status and task."""
    query = "SELECT status::text, task_name FROM procrastinate_jobs ORDER BY id"
    return [(row[0], row[1]) for row in await store.run(lambda tx: tx.exec_driver_sql(query).all())]


async def test_a_job_is_in_the_transaction_of_what_it_points_to(
    pair: tuple[Store, Store], knowledge: KnowledgeBase
) -> None:
    here = await open_office(pair[0], knowledge, lambda: MONDAY)

    def breaks(desk: object) -> None:
        case = desk.records.open_cases("elm")[0]  # type: ignore[attr-defined]
        desk.records.arm(case, "remind", 2, MONDAY)  # type: ignore[attr-defined]
        raise LookupError

    await here.ask()
    before = await jobs(pair[0])
    assert {task for _, task in before} == {"deliver", "fire"}
    with pytest.raises(LookupError):
        await here.read(breaks)
    assert await jobs(pair[0]) == before


async def test_work_that_the_engine_lost_is_rung_for_once(pair: tuple[Store, Store], knowledge: KnowledgeBase) -> None:
    here = await open_office(pair[0], knowledge)
    await here.ask()
    await pair[0].run(lambda tx: tx.exec_driver_sql("DELETE FROM procrastinate_jobs") and None)
    for _ in range(2):
        await here.worker.ring_again(timedelta(0))
    assert await jobs(pair[0]) == [("todo", "deliver")] * 2
    async with here.running():
        await until(lambda: len(here.board.taken) == 2, 5)


async def test_of_two_instances_each_notice_goes_out_from_one(
    pair: tuple[Store, Store], knowledge: KnowledgeBase
) -> None:
    one, two = [await open_office(store, knowledge) for store in pair]
    for instance in (one, two):
        instance.board.pause = lambda _person: 0.02
    async with one.running(), two.running():
        await asyncio.gather(*((one, two)[n % 2].ask(person) for n, person in enumerate(TEACHERS)))
        await until(lambda: len(one.board.taken) + len(two.board.taken) >= 2 * len(TEACHERS), 15)
        while ("todo", "deliver") in await jobs(pair[0]) or ("doing", "deliver") in await jobs(pair[0]):
            await asyncio.sleep(0.1)
    keys = [key for board in (one.board, two.board) for key, _, _ in board.taken]
    assert len(keys) == len(set(keys)) == 2 * len(TEACHERS)
    assert one.board.taken
    assert two.board.taken


async def test_an_instance_that_stops_hands_its_work_over(pair: tuple[Store, Store], knowledge: KnowledgeBase) -> None:
    one, two = [await open_office(store, knowledge) for store in pair]
    one.board.pause = lambda _person: 600.0
    async with one.running() as task:
        await one.ask()
        await until(lambda: one.board.begun == 2, 5)
        async with two.running():
            task.cancel()
            await until(lambda: len(two.board.taken) == 2, 12)
            await until(task.done, 1)


async def test_both_go_on_after_the_database_restarts(own_postgresql: Server, knowledge: KnowledgeBase) -> None:
    with own_postgresql.database() as url:
        store = open_postgresql(url, threads=2)
        here = await open_office(store, knowledge)
        here.board.pause = lambda _person: 0.3
        async with here.running():
            await asyncio.gather(*(here.ask(person) for person in TEACHERS[:4]))
            await asyncio.to_thread(own_postgresql.restart)
            for attempt in range(20):
                try:
                    await here.ask(TEACHERS[5], key="again")
                    break
                except StoreBroken:
                    assert attempt < 19
                    await asyncio.sleep(0.2)
            await until(lambda: {to for _, to, _ in here.board.taken} >= {*TEACHERS[:4], TEACHERS[5], "head"}, 20)
            waiting = sa.text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
            while await store.run(lambda tx: tx.execute(waiting).scalar_one()):
                await asyncio.sleep(0.1)
        store.close()


async def test_a_broken_connection_is_said_to_be_so(pair: tuple[Store, Store]) -> None:
    def breaks(tx: sa.Connection) -> None:
        tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreBroken):
        await pair[0].run(breaks)
    assert await pair[0].run(lambda tx: tx.exec_driver_sql("SELECT 1").scalar_one()) == 1


async def test_a_transaction_that_stood_still_for_a_heartbeat_holds_up_nobody_and_is_run_again(
    postgresql_url: str,
) -> None:
    store = open_postgresql(postgresql_url, threads=1, heartbeat=0.3)
    pauses = [0.8, 0.0]

    def stand_still(tx: sa.Connection) -> int:
        tx.exec_driver_sql("SELECT 1")
        time.sleep(pauses.pop(0))
        return int(tx.exec_driver_sql("SELECT 1").scalar_one())

    try:
        assert await store.run(stand_still) == 1
        assert pauses == []
    finally:
        store.close()
