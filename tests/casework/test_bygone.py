"""Cases whose procedure, or whole policy, is there no longer: readable for those who could read them, no trouble."""

from __future__ import annotations

import pytest

from bot import actions as act
from bot import desk_texts, inbox, register, turnover, views
from bot.casework import PUT_OFF, Done
from bot.desk import NoAccess
from policy_kb.model import KnowledgeBase
from tests.casework.people import trust
from tests.casework.scene import DAY, HOUR, Scene, knowledge, played
from tests.casework.test_register import approved_site

REQUEST, REPORT, SITE = "speak-for-school", "staff-friending-report", "new-site"
CANARY = "zebra-crossing-7"


def without(*slugs: str, policy: str = "att") -> KnowledgeBase:
    """The knowledge base after these procedures were taken out of the policy."""
    known = knowledge()
    old = known.policies[policy]
    left = {slug: each for slug, each in old.procedures.items() if slug not in slugs}
    return known.model_copy(
        update={"policies": {**known.policies, policy: old.model_copy(update={"procedures": left})}}
    )


async def cases(scene: Scene) -> tuple[Done, Done, Done]:
    """A request that will stay, one that will be bygone, and a report that will be bygone; all open and told."""
    await played(scene)
    stays = await scene.start("teacher", "logo-use")
    request = await scene.start("teacher", REQUEST, words=CANARY)
    report = await scene.start("teacher", REPORT, subject="year-leader", what=CANARY)
    await scene.does("head", request, act.Ask(words="Which forum?"))
    await scene.settle()
    scene.office.knowledge = without(REQUEST, REPORT)
    return stays, request, report


async def test_such_a_case_stays_readable(scene: Scene) -> None:
    _, request, report = await cases(scene)
    for case in (request, report):
        page = await scene.page("teacher", case)
        assert page.summary.state == "Waiting"
        assert page.summary.next == desk_texts.NEXT_GONE
        assert page.summary.title.endswith("(no longer in the policy)")
        assert page.may == frozenset()
        assert page.holders == ()
        assert page.answers
    page = await scene.page("teacher", request)
    assert "Which forum?" in [line.words for line in page.thread]
    told = [answer for _, answer in (await scene.page("teacher", report)).answers]
    assert "Year-Leader" in told
    assert await scene.sees("head", request), "who took part"


async def test_nobody_s_desk_breaks(scene: Scene) -> None:
    stays, request, report = await cases(scene)
    mine = {each.reference: each for each in await scene.desk(views.mine, "teacher")}
    assert mine.keys() == {stays.reference, request.reference, report.reference}
    assert mine[request.reference].next == desk_texts.NEXT_GONE
    assert mine[stays.reference].next != desk_texts.NEXT_GONE
    told = [each.text for each in await scene.desk(inbox.told, "teacher")]
    assert any(request.reference in text for text in told)
    for who in ("head", "lead", "chair"):
        waiting = await scene.waiting(who)
        assert request.reference not in waiting
        assert report.reference not in waiting
        await scene.desk(inbox.told, who)
    await scene.desk(turnover.look_round)


async def test_nothing_is_decided_and_the_reason_is_said(scene: Scene) -> None:
    _, request, report = await cases(scene)
    for who, case, action in (
        ("head", request, act.Approve(words="Yes")),
        ("teacher", request, act.Withdraw(words="")),
        ("teacher", report, act.Say(words=CANARY)),
    ):
        before = await scene.kinds(case)
        assert (await scene.does(who, case, action)).refused == "gone"
        assert await scene.kinds(case) == before


async def test_it_stays_closed_to_whom_it_was_closed(scene: Scene) -> None:
    _, request, report = await cases(scene)
    for who in ("year-leader", "other-leader", "alone-head"):
        assert not await scene.sees(who, report)
        with pytest.raises(NoAccess):
            await scene.does(who, report, act.Say(words="x"))
    assert not await scene.sees("other-leader", request)
    notices = [each.text for each in await scene.desk(inbox.told, "lead")]
    assert all("friending" not in text.lower() for text in notices)


async def test_its_clocks_wait_for_it_and_stop_no_other(scene: Scene) -> None:
    stays, request, _ = await cases(scene)
    await scene.wait(10 * DAY, step=DAY)
    assert "escalated" in await scene.kinds(stays)
    assert "escalated" not in await scene.kinds(request)
    scene.office.knowledge = knowledge()
    await scene.wait(PUT_OFF + HOUR)
    assert "escalated" in await scene.kinds(request)
    assert request.reference in await scene.waiting("head")


async def test_an_approved_site_stays_on_the_register_and_people_may_still_change(scene: Scene) -> None:
    await played(scene)
    await approved_site(scene)
    before = await scene.desk(register.sites, "teacher")
    scene.office.knowledge = without(SITE)
    assert [site.entry for site in await scene.desk(register.sites, "teacher")] == [site.entry for site in before]
    assert await scene.adopt(trust("att", teacher={"left_on": "2026-11-01"}))
    await scene.wait(400 * DAY, step=40 * DAY)


async def test_a_whole_policy_that_is_gone_breaks_nothing(scene: Scene) -> None:
    _, request, _ = await cases(scene)
    known = knowledge()
    left = {name: policy for name, policy in known.policies.items() if name != "att"}
    scene.office.knowledge = known.model_copy(update={"policies": left})
    page = await scene.page("teacher", request)
    assert (page.policy.title, page.case.policy_version) == ("att", known.policies["att"].version)
    assert len(await scene.desk(views.mine, "teacher")) == 3
    await scene.wait(DAY)
