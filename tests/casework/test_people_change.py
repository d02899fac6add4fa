"""Absences, leavers and new organisations: the case finds who decides now, and tells them (T05, T09)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import actions as act
from bot import inbox, views
from bot.desk import NoAccess
from bot.errors import BadInput
from policy_kb.model import Role
from tests.casework.people import HEAD, LEAD, trust
from tests.casework.scene import DAY, FRIDAY, HOUR, Scene, played

MEDIA = "media-enquiry"
WAITS = "is waiting for you: Media enquiry."


async def test_an_absence_hands_what_waits_to_the_stand_in_and_says_so(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.settle()
    await scene.away("head", "lead", until=4 * DAY)
    await scene.settle()
    assert await scene.holders(case) == {"lead"}
    assert scene.platform.to("lead") == [f"{case.reference} {WAITS}"]
    assert "Lead (lead), while Head is away" in (await scene.page("teacher", case)).summary.next
    assert (await scene.approves("head", case)).refused == "not_holder"
    done = await scene.approves("lead", case)
    assert done.state == "approved"
    [signature] = (await scene.case(case)).signatures
    assert (signature.by, signature.role, signature.instead_of) == ("lead", HEAD, "head")


async def test_whoever_is_back_early_decides_again(scene: Scene) -> None:
    await played(scene, "agora")
    await scene.away("head", "lead")
    case = await scene.start("teacher", MEDIA)
    await scene.office.set_back("head", scene.now)
    await scene.settle()
    assert await scene.holders(case) == {"head"}
    assert scene.platform.to("head") == [f"{case.reference} {WAITS}"]
    # The notice to the stand-in was not delivered yet: it would lead nowhere now, and asks nobody for anything.
    assert not any(WAITS in text for text in scene.platform.to("lead")) or await scene.sees("lead", case)


async def test_an_absence_noted_ahead_is_told_of_when_it_begins_and_when_it_ends(scene: Scene) -> None:
    """No click happens then: the worker looks."""
    await played(scene, "agora")
    await scene.office.set_away("head", "lead", FRIDAY + HOUR, FRIDAY + 3 * HOUR, FRIDAY)
    early = await scene.start("teacher", MEDIA)
    await scene.settle()
    assert scene.platform.to("lead") == []
    await scene.wait(1.5 * HOUR)
    assert scene.platform.to("lead") == [f"{early.reference} {WAITS}"]
    late = await scene.start("teacher", MEDIA)
    await scene.wait(2 * HOUR)
    assert f"{late.reference} {WAITS}" in scene.platform.to("head")
    # Nobody is told twice that the same stage waits for them.
    assert scene.platform.to("head").count(f"{early.reference} {WAITS}") == 1
    assert scene.platform.to("lead").count(f"{early.reference} {WAITS}") == 1


async def test_going_away_and_coming_back_within_a_second_breaks_nothing(scene: Scene) -> None:
    await scene.adopt(trust("agora", deputy={"left_on": FRIDAY.date()}))
    case = await scene.start("head", MEDIA)
    for _ in range(3):
        await scene.away("ceo", "trustee")
        await scene.office.set_back("ceo", scene.now)
    await scene.settle()
    assert await scene.holders(case) == {"ceo"}
    assert scene.platform.to("trustee").count(f"{case.reference} {WAITS}") <= 1


@pytest.mark.parametrize("stand_in", ["head", "head-two", "alone-head", "made-up", "gone"])
async def test_who_cannot_stand_in(scene: Scene, stand_in: str) -> None:
    await scene.adopt(trust(head_two={"human": "head"}, gone={"left_on": FRIDAY.date()}))
    with pytest.raises(BadInput, match="choose another person"):
        await scene.away("head", stand_in)


async def test_an_absence_that_is_over_is_none(scene: Scene) -> None:
    await played(scene)
    with pytest.raises(BadInput, match="has passed"):
        await scene.away("head", "lead", since=-2 * DAY, until=-DAY)
    with pytest.raises(NoAccess):
        await scene.away("made-up", "lead")


async def test_a_leaver_sees_and_decides_nothing_from_the_day_on_and_nobody_is_orphaned(scene: Scene) -> None:
    """The day comes by itself: the file said weeks ago that the head leaves."""
    day = (FRIDAY + 3 * DAY).date()
    await scene.adopt(trust("agora", head={"left_on": day}))
    case = await scene.start("teacher", MEDIA)
    assert await scene.holders(case) == {"head"}
    await scene.settle()
    scene.now = FRIDAY + 3 * DAY
    scene.platform.posts.clear()
    await scene.settle()
    assert not await scene.sees("head", case)
    for call in (
        scene.approves("head", case),
        scene.desk(views.waiting, "head"),
        scene.desk(inbox.told, "head"),
        scene.start("head", MEDIA),
    ):
        with pytest.raises(NoAccess):
            await call
    assert await scene.holders(case) >= {"ceo"}
    assert f"{case.reference} {WAITS}" in scene.platform.to("ceo")
    assert scene.platform.to("head") == []


async def test_notices_that_were_committed_for_somebody_who_left_are_not_told(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.adopt(trust("agora", head={"left_on": FRIDAY.date()}, teacher={"left_on": FRIDAY.date()}))
    await scene.settle()
    assert scene.platform.to("head") == scene.platform.to("teacher") == []
    assert await scene.holders(case) == {"ceo"}


async def test_a_new_holder_is_told_of_what_waits_and_the_old_one_decides_no_more(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.does("head", case, act.Ask(words="Who?"))
    await scene.adopt(trust("agora", head={"roles": ()}, deputy={"roles": (HEAD, Role.SLT)}))
    await scene.settle()
    assert scene.platform.to("deputy") == [f"{case.reference} {WAITS}"]
    assert (await scene.approves("head", case)).refused == "not_holder"
    # A report to the safeguarding lead, in another pair of hands, is nothing for the former lead.
    assert (await scene.approves("deputy", case)).state == "approved"


async def test_a_deputy_named_by_the_asker_after_a_promotion_decides_nothing(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.adopt(trust("agora", teacher={"deputies": ("head",)}))
    assert await scene.holders(case) == {"ceo"}


async def test_two_schools_of_a_trust_and_another_trust_keep_to_themselves(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("south-teacher", MEDIA)
    assert await scene.holders(case) == {"south-head"}
    for who in ("head", "teacher", "south-chair", "alone-head", "alone-chair"):
        assert not await scene.sees(who, case)


async def test_an_organisation_that_could_not_be_adopted_leaves_no_trace(scene: Scene) -> None:
    """The number of an organisation that was never committed goes to the next one."""
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    broken = trust("agora", head={"roles": ()}, lead={"roles": (HEAD, LEAD)})
    keyring, scene.office.keyring = scene.office.keyring, type(scene.office.keyring)(bytes(32))
    with pytest.raises(Exception, match="seal"):
        await scene.adopt(broken)
    scene.office.keyring = keyring
    await scene.adopt(trust("agora", deputy={"roles": ()}))
    assert await scene.holders(case) == {"head"}


async def test_looking_round_does_nothing_where_nobody_changed(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.settle()
    before = await scene.addressed(case)
    for minutes in range(5):
        changed = await scene.office.look_round(FRIDAY + timedelta(minutes=minutes + 1))
        assert not changed
    assert await scene.addressed(case) == before
