"""Clocks over a week with its weekend: each step once, never early, and nothing after the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot import actions as act
from bot import events as ev
from bot.casework import Done
from bot.deadlines import CLOCKS
from policy_kb.procedures import Pace
from tests.casework.people import trust
from tests.casework.scene import DAY, FRIDAY, HOUR, Scene, played

QUARTER = timedelta(minutes=15)
# 20 November 2026 is a Friday; the school has no terms, so Monday is the next school day.
WHEN = {
    # ATT "Ask for a new site": school days, at the time of day of the request.
    ("att", "new-site"): ("2026-11-24 10:00", "2026-11-25 10:00", "2026-11-27 10:00"),
    # Agora "Media enquiry": two, three and four hours of the school's opening (8 to 17).
    ("agora", "media-enquiry"): ("2026-11-20 12:00", "2026-11-20 13:00", "2026-11-20 14:00"),
    # A concern: half an hour, one and two on the wall clock, at night and on Saturday too.
    ("att", "staff-friending-report"): ("2026-11-20 10:30", "2026-11-20 11:00", "2026-11-20 12:00"),
}


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


async def ticks(scene: Scene, case: Done) -> list[tuple[str, datetime]]:
    """What the clocks did, and when."""
    kinds = (ev.Reminded, ev.DeputiesAdded, ev.Escalated)
    return [(event.type, event.at) for event in await scene.events(case) if isinstance(event, kinds)]


@pytest.mark.parametrize(("policy", "slug"), WHEN)
async def test_each_step_comes_once_and_never_early(scene: Scene, policy: str, slug: str) -> None:
    await played(scene, policy)
    case = await scene.start("teacher", slug)
    await scene.wait(9 * DAY, step=QUARTER)
    expected = zip(("reminded", "deputies", "escalated"), map(at, WHEN[policy, slug]), strict=True)
    assert await ticks(scene, case) == list(expected)


async def test_a_friday_afternoon_waits_for_monday_but_a_concern_does_not(scene: Scene) -> None:
    await played(scene, "agora")
    scene.now = at("2026-11-20 16:30")
    enquiry = await scene.start("teacher", "media-enquiry")
    concern = await scene.start("teacher", "misuse-report")
    await scene.wait(3 * DAY, step=QUARTER)
    # Half an hour is left on Friday; the other hour and a half are Monday's.
    assert (await ticks(scene, enquiry))[0] == ("reminded", at("2026-11-23 09:30"))
    assert (await ticks(scene, concern))[-1] == ("escalated", at("2026-11-20 18:30"))


async def test_an_enquirers_deadline_pulls_the_clocks_forward(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", "media-enquiry", deadline="2026-11-20T12:00:00+00:00")
    await scene.wait(4 * HOUR, step=QUARTER)
    assert [when for _, when in await ticks(scene, case)] == [
        at(f"2026-11-20 {t}") for t in ("10:30", "10:45", "11:00")
    ]


async def test_a_week_of_downtime_lets_overdue_clocks_fire_once_and_in_order(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", "media-enquiry")
    await scene.wait(7 * DAY)
    assert [kind for kind, _ in await ticks(scene, case)] == ["reminded", "deputies", "escalated"]
    await scene.wait(7 * DAY)
    assert len(await ticks(scene, case)) == 3


async def test_the_next_authority_can_decide_beside_the_first(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", "media-enquiry")
    holders = []
    for _ in range(5):
        await scene.wait(HOUR)
        holders.append(await scene.holders(case))
    head, late, over = {"head"}, {"head", "deputy"}, {"head", "deputy", "ceo", "chair"}
    assert holders == [head, head, late, over, over]
    assert f"{case.reference} was overdue, so the next authority can decide it too: Media enquiry." in (
        scene.platform.to("teacher")
    )
    assert (await scene.approves("chair", case)).state == "approved"
    assert len(await ticks(scene, case)) == 3


async def test_an_escalation_looks_for_somebody_new(scene: Scene) -> None:
    """The lead is the subject, so the head decides already: the next authority is the one above the head."""
    await played(scene)
    case = await scene.start("teacher", "staff-friending-report", subject="year-leader")
    assert await scene.holders(case) == {"lead"}
    await scene.adopt(trust(lead={"left_on": FRIDAY.date()}))
    assert await scene.holders(case) == {"head"}
    await scene.wait(3 * HOUR)
    assert await scene.holders(case) == {"head", "deputy", "ceo", "chair"}


async def test_an_escalation_never_reaches_the_subject_or_the_asker(scene: Scene) -> None:
    await played(scene)
    about_ceo = await scene.start("other-leader", "staff-friending-report", subject="ceo")
    by_chair = await scene.start("chair", "staff-friending-report", subject="teacher")
    await scene.wait(3 * HOUR)
    assert await scene.holders(about_ceo) == {"trustee"}
    assert await scene.holders(by_chair) == {"lead", "head"}
    last = [event for event in await scene.events(about_ceo) if isinstance(event, ev.Escalated)]
    assert [event.to for event in last] == [()]


async def test_a_clock_of_a_stage_that_ended_does_nothing(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", "new-site")
    scene.now = at("2026-11-23 10:00")
    await scene.approves("lead", case)
    await scene.approves("ict", case)
    await scene.wait(2 * DAY, step=HOUR)
    # The second stage began on Monday, so Tuesday's reminder of the first one is nobody's any more.
    assert await ticks(scene, case) == [("reminded", at("2026-11-25 10:00"))]
    await scene.approves("head", case)
    await scene.wait(20 * DAY, step=DAY)
    assert len(await ticks(scene, case)) == 1


async def test_a_revision_starts_the_clocks_again(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", "media-enquiry")
    await scene.wait(1.5 * HOUR)
    await scene.does("teacher", case, act.Revise(values=(await scene.case(case)).values))
    await scene.wait(HOUR)
    assert await ticks(scene, case) == []
    await scene.wait(HOUR)
    assert await ticks(scene, case) == [("reminded", at("2026-11-20 13:30"))]


async def test_the_seventy_two_hours_of_a_data_breach(scene: Scene) -> None:
    """They run from the discovery: told once, twelve hours before they end, at a weekend too."""
    await played(scene, "agora")
    case = await scene.start("teacher", "data-breach", noticed="2026-11-20T06:00:00+00:00")
    await scene.wait(5 * DAY, step=HOUR)
    told = [event.at for event in await scene.events(case) if isinstance(event, ev.ClockTold)]
    assert told == [at("2026-11-22 18:00")]
    near = f"A deadline in law is near for {case.reference}: a restricted case, open it to read."
    assert scene.platform.to("head").count(near) == 1
    assert scene.platform.to("ceo").count(near) == 1


async def test_a_breach_reported_late_is_told_of_at_once_and_a_closed_one_never(scene: Scene) -> None:
    await played(scene, "agora")
    late = await scene.start("teacher", "data-breach", noticed="2026-11-17T09:00:00+00:00")
    closed = await scene.start("teacher", "data-breach", noticed="2026-11-20T09:00:00+00:00")
    await scene.settle()
    assert "clock" in await scene.kinds(late)
    for step in (await scene.page("head", closed)).steps:
        await scene.does("head", closed, act.MarkStep(step=step.step.id, done=True))
    await scene.does("head", closed, act.Close(words="Done."))
    await scene.wait(4 * DAY, step=DAY)
    assert "clock" not in await scene.kinds(closed)


async def test_the_subject_of_a_breach_hears_no_clock(scene: Scene) -> None:
    await played(scene, "agora")
    await scene.start("teacher", "data-breach", subject="head")
    await scene.wait(4 * DAY, step=6 * HOUR)
    assert scene.platform.to("head") == []


def test_the_paces_are_those_that_these_tests_were_written_for() -> None:
    assert (CLOCKS[Pace.ORDINARY].remind, CLOCKS[Pace.ORDINARY].deputies, CLOCKS[Pace.ORDINARY].escalate) == (2, 3, 5)
    assert (CLOCKS[Pace.MEDIA].remind, CLOCKS[Pace.MEDIA].deputies, CLOCKS[Pace.MEDIA].escalate) == (2, 3, 4)
