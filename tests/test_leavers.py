"""Somebody who has left sees and decides nothing (SECURITY T09)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import actions as act
from bot import cases, inbox, views
from bot.desk import Desk, NoAccess
from tests.record_support import Place, left, place

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Place]:
    opened = await place(tmp_path)
    yield opened
    opened.close()


# Leavers (T09).


async def test_somebody_who_left_sees_and_decides_nothing(here: Place) -> None:
    made = await here.start("amara-obi", "media-enquiry")
    handed = await here.start("omar-haddad", "media-enquiry")
    await here.act("mark-duffy", handed.case_id, act.Ask(words="Which paper?"))
    await here.office.adopt(left("helen-marsh", "mark-duffy", "amara-obi", on="2026-11-20"), here.now)
    for person, case in (("helen-marsh", made), ("mark-duffy", handed), ("amara-obi", made)):
        for action in (act.Approve(words="Yes"), act.Say(words="Hello"), act.Withdraw(), act.Open()):
            with pytest.raises(NoAccess):
                await here.office.act(person, case.case_id, action, here.now)
        for view in (views.mine, views.waiting, inbox.told):
            with pytest.raises(NoAccess):
                await here.desk(view, person)
        with pytest.raises(NoAccess):
            await here.desk(views.case_page, person, case.case_id)
        with pytest.raises(NoAccess):
            await here.office.start(person, "media-enquiry", {}, here.now)
    # No case is left alone: what waited for them waits for somebody who works here.
    for case in (made, handed):
        deciding = await here.desk(_deciders, case.case_id)
        assert deciding
        assert not deciding & {"helen-marsh", "mark-duffy", "amara-obi"}


def _deciders(desk: Desk, case_id: str) -> set[str]:
    case = desk.records.case(case_id)
    assert case is not None
    return {s.person.id for s in cases.deciders(case, desk.procedure(case), desk.directory)}


async def test_they_are_served_until_the_day_they_leave(here: Place) -> None:
    made = await here.start("amara-obi", "media-enquiry")
    await here.office.adopt(left("helen-marsh", on="2026-11-21"), here.now)
    assert [s.reference for s in await here.desk(views.waiting, "helen-marsh")] == [made.reference]
    here.now += DAY
    with pytest.raises(NoAccess):
        await here.office.act("helen-marsh", made.case_id, act.Approve(words="Yes"), here.now)
