"""What is PostgreSQL's alone: several instances on one database, jobs in its transactions, connections that break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from bot.desk import Desk
from bot.errors import BadInput
from bot.store.engine import Store, StoreBroken, open_postgresql
from policy_kb.model import KnowledgeBase
from tests.store.cluster import Server
from tests.store.office import MONDAY, TEACHERS, open_office, until


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

    def breaks(desk: Desk) -> None:
        desk.records.arm(desk.records.open_cases("elm")[0], "remind", 2, MONDAY)
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


async def test_an_instance_that_hangs_between_two_steps_holds_no_job(
    postgresql_url: str, knowledge: KnowledgeBase
) -> None:
    """Each look stands in for a hang: it holds up everything but the server, and the other instances' work with it."""
    store = open_postgresql(postgresql_url, threads=2)
    here = await open_office(store, knowledge)
    held = (
        b"SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' "
        b"AND query ~ 'procrastinate_(fetch|finish|retry)_job'"
    )
    with psycopg.connect(postgresql_url, autocommit=True) as beside:
        async with here.running():
            await asyncio.gather(*(here.ask(person) for person in TEACHERS))
            while len(here.board.taken) < 2 * len(TEACHERS):
                assert beside.execute(held).fetchall() == []
                await asyncio.sleep(0)
    store.close()


@pytest.mark.parametrize("url", ["postgresql://nobody@/nothing?host=/nowhere", "mysql://root@localhost/x", "nonsense"])
def test_an_address_that_leads_nowhere_is_refused_with_a_cure(url: str) -> None:
    with pytest.raises(BadInput, match="ASKFIRST_DATABASE"):
        open_postgresql(url)


def test_a_backup_of_postgresql_is_left_to_its_own_tool(postgresql_url: str, tmp_path: Path) -> None:
    store = open_postgresql(postgresql_url, threads=1)
    with pytest.raises(BadInput, match="pg_dump"):
        store.backup(tmp_path / "x")
    store.close()
