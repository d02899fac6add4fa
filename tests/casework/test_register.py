"""What an approval writes to the registers: with it or not at all, reminded of, and minded when people leave."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import actions as act
from bot import events as ev
from bot import register
from bot.casework import Done
from policy_kb.model import Role
from tests.casework.people import trust
from tests.casework.scene import DAY, FRIDAY, HOUR, Scene, played, sqlite_scene

TITLE = "Ask for a new group, site or account"


async def approved_site(scene: Scene, **values: ev.Value) -> Done:
    """A site that all three approved."""
    case = await scene.start("teacher", "new-site", **{"name": "Chess club", "closure": "2027-06-30", **values})
    for who in ("lead", "ict", "head"):
        case = await scene.approves(who, case)
    assert case.state == "approved"
    return case


async def test_the_last_signature_enters_the_site_and_none_before_it(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", "new-site", name="Chess club", closure="2027-06-30")
    for who in ("ict", "lead"):
        await scene.approves(who, case)
        assert await scene.register() == []
    await scene.approves("head", case)
    [entry] = await scene.register()
    assert (entry.title, entry.status, entry.until, entry.version) == ("Chess club", "open", "2027-06-30", 1)
    assert (entry.register, entry.school, entry.case_id) == ("sites", "north", case.case_id)
    assert entry.details["administrators"] == ["teacher", "ict"]


async def test_what_is_declined_withdrawn_or_skipped_enters_nothing(scene: Scene) -> None:
    await played(scene)
    declined, withdrawn = await scene.start("teacher", "new-site"), await scene.start("teacher", "new-site")
    await scene.does("lead", declined, act.Decline(words="No."))
    await scene.does("teacher", withdrawn, act.Withdraw())
    assert await scene.register() == []


class Breaks:
    """A store that fails at a named point, once it is told to."""

    def __init__(self) -> None:
        self.point = ""

    def __call__(self, point: str) -> None:
        """The hook of the fault tests."""
        if point == self.point:
            self.point = ""
            raise RuntimeError(point)


@pytest.mark.parametrize("point", ["outbox_written", "written"])
async def test_decision_entry_notices_and_clocks_are_written_together_or_not_at_all(tmp_path: Path, point: str) -> None:
    breaks = Breaks()
    with sqlite_scene(tmp_path, breaks) as scene:
        await played(scene)
        case = await scene.start("teacher", "new-site")
        await scene.approves("lead", case)
        await scene.approves("ict", case)
        before = (await scene.case(case), await scene.events(case), await scene.addressed(case))
        breaks.point = point
        with pytest.raises(RuntimeError):
            await scene.approves("head", case)
        assert (await scene.case(case), await scene.events(case), await scene.addressed(case)) == before
        assert await scene.register() == []
        assert (await scene.approves("head", case)).state == "approved"
        assert len(await scene.register()) == 1


async def test_a_closing_day_is_announced_a_month_ahead_and_on_the_day_to_who_is_there(scene: Scene) -> None:
    await played(scene)
    case = await approved_site(scene)
    await scene.adopt(trust(teacher={"left_on": FRIDAY.date()}, assistant={"roles": (Role.ESAFETY_OFFICER,)}))
    scene.platform.posts.clear()
    await scene.wait(250 * DAY, step=DAY)
    due = [event.at for event in await scene.events(case) if isinstance(event, ev.EntryDue) and event.what == "closing"]
    assert [(when.month, when.day) for when in due] == [(6, 2), (6, 30)]
    text = f"{case.reference} reaches its closing day: {TITLE}."
    assert len([each for each in scene.platform.to("head") if each.endswith(text)]) == 2
    assert scene.platform.to("teacher") == []


async def test_a_closed_site_is_not_announced_any_more(scene: Scene) -> None:
    await played(scene)
    case = await approved_site(scene)
    [entry] = await scene.register()
    closing = await scene.start("ict", "site-closure", site=entry.entry, closed_on="2026-11-23")
    assert closing.state == "closed"
    [now] = await scene.register()
    assert (now.entry, now.version, now.status, now.case_id) == (entry.entry, 2, "closed", case.case_id)
    await scene.wait(250 * DAY, step=DAY)
    assert "entry_due" not in await scene.kinds(case)


async def test_an_approval_ends_with_its_closing_day_whether_or_not_somebody_closes_the_site(scene: Scene) -> None:
    """ATT Appendix 1 approves a site until its closing date: afterwards nothing says that it may be used."""
    await played(scene)
    await approved_site(scene, closure="2026-12-01")

    async def said() -> tuple[list[bool], list[str], int]:
        sites = await scene.desk(lambda desk: register.sites(desk, "teacher"))
        found = await scene.desk(lambda desk: register.find_site(desk, "teacher", "May I use Chess club?"))
        rows = await scene.desk(lambda desk: register.website_rows(desk, "teacher", "north"))
        return [site.open for site in sites], [site.entry.title for site in found], len(rows)

    scene.now = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
    assert await said() == ([True], ["Chess club"], 1)
    scene.now = datetime(2026, 12, 2, 0, 1, tzinfo=UTC)
    assert await said() == ([False], [], 0)
    [site] = await scene.desk(lambda desk: register.sites(desk, "teacher"))
    assert site.past


async def test_an_entry_of_another_register_or_trust_is_not_closed_by_a_site_form(scene: Scene) -> None:
    await played(scene)
    await scene.start("teacher", "feed-check", account="@north")
    [entry] = await scene.register()
    assert entry.register == "reviews"
    for chosen in (entry.entry, "0" * 32):
        await scene.start("ict", "site-closure", site=chosen, closed_on="2026-11-23")
    [now] = await scene.register()
    assert (now.version, now.status) == (1, "open")


async def test_a_review_comes_again_and_again(scene: Scene) -> None:
    """S6: the official feed is looked at every month."""
    await played(scene)
    case = await scene.start("teacher", "feed-check", account="@north")
    await scene.wait(95 * DAY, step=DAY)
    due = [event.at for event in await scene.events(case) if isinstance(event, ev.EntryDue)]
    assert [when.date().isoformat() for when in due] == ["2026-12-20", "2027-01-20", "2027-02-20"]
    text = f"A register entry of {case.reference} is due for review: Note a check of the official Twitter account."
    assert scene.platform.to("teacher").count(text) == 3


async def test_a_record_is_told_to_those_it_is_for_and_waits_for_nobody(scene: Scene) -> None:
    await played(scene)
    tie = await scene.start("teacher", "connection-declaration", pupil=True, relation="Niece")
    friend = await scene.start("teacher", "connection-declaration", pupil=False)
    await scene.settle()
    assert tie.state == friend.state == "closed"
    assert scene.platform.to("lead") == [f"For your information: {tie.reference}, Note a family tie or friendship."]
    assert scene.platform.to("year-leader") == [
        f"For your information: {friend.reference}, Note a family tie or friendship."
    ]
    assert [await scene.sees("lead", each) for each in (tie, friend)] == [True, False]
    assert [await scene.sees("year-leader", each) for each in (tie, friend)] == [False, True]


@pytest.mark.parametrize("how", ["at once", "on the day"])
async def test_two_administrators_are_missed_once_when_one_leaves(scene: Scene, how: str) -> None:
    """G3: the alarm comes with the leaver, also where the file named the day weeks before."""
    await played(scene)
    case = await approved_site(scene)
    day = FRIDAY if how == "at once" else FRIDAY + 10 * DAY
    await scene.adopt(trust(ict={"left_on": day.date()}))
    scene.platform.posts.clear()
    text = f"A site of {case.reference} has too few administrators or moderators left: {TITLE}."
    await scene.settle()
    assert scene.platform.to("teacher").count(text) == (1 if how == "at once" else 0)
    await scene.wait(20 * DAY, step=6 * HOUR)
    for who in ("teacher", "head"):
        assert scene.platform.to(who).count(text) == 1
    assert text not in scene.platform.to("ict")
    alarms = [e for e in await scene.events(case) if isinstance(e, ev.EntryDue) and e.what == "administrators"]
    assert len(alarms) == 1
    [entry] = await scene.register()
    await scene.start(
        "teacher",
        "site-administrators",
        site=entry.entry,
        administrators=("teacher", "lead"),
        moderators=("teacher", "lead"),
        changed_on=scene.now.date().isoformat(),
    )
    [entry] = await scene.register()
    assert (entry.version, entry.details["administrators"]) == (2, ["teacher", "lead"])
    # Somebody of the new pair leaves as well: that is another alarm.
    await scene.adopt(trust(ict={"left_on": day.date()}, lead={"left_on": scene.now.date()}))
    await scene.settle()
    assert scene.platform.to("teacher").count(text) == 2


async def test_two_accounts_of_one_human_are_one_administrator(scene: Scene) -> None:
    await scene.adopt(trust(teacher_two={"human": "teacher"}))
    case = await approved_site(scene, administrators=("teacher", "teacher-two"))
    await scene.adopt(trust(teacher_two={"human": "teacher"}, assistant={}))
    assert "entry_due" in await scene.kinds(case)


async def test_a_site_whose_last_day_has_come_already_is_announced_at_once(scene: Scene) -> None:
    await played(scene)
    case = await approved_site(scene, closure=datetime(2026, 11, 21).date().isoformat())
    await scene.settle()
    assert (await scene.kinds(case)).count("entry_due") == 1
    await scene.wait(2 * DAY)
    assert (await scene.kinds(case)).count("entry_due") == 2
