"""Delivery and clocks: at least once, in order, whoever dies. On both engines where not said otherwise."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot import actions as act
from bot import events as ev
from bot.desk import Desk
from bot.store.engine import Store
from bot.store.records import Notice, Records
from bot.worker import GIVE_UP, RetryAfter
from policy_kb.model import KnowledgeBase
from tests.store.office import MONDAY, TEACHERS, open_office, shift, until


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


def _tell(records: Records, case_id: str, kind: str) -> None:
    case = records.case(case_id)
    assert case is not None
    records.tell(case, [Notice(TEACHERS[0], kind, case_id, case.version)], MONDAY)


async def test_a_clock_fires_when_it_is_due_and_not_before(store: Store, knowledge: KnowledgeBase) -> None:
    here = await open_office(store, knowledge)
    case_id = (await here.ask()).case_id
    due = here.now() + timedelta(seconds=1.0)

    def arm(desk: Desk) -> None:
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
