"""Requests: who decides, what is relayed, and that a decision is given once, by the right person, in words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot import actions as act
from bot import events as ev
from bot.desk import NoAccess
from bot.errors import BadInput
from policy_kb.model import Role
from tests.casework.people import ALONE, HEAD, LEAD, central, north, organisation, person, school, trust
from tests.casework.scene import DAY, HOUR, Scene, played

MEDIA = "media-enquiry"
SITE = "new-site"


async def test_an_approval_with_conditions_reaches_the_asker_letter_for_letter(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    assert await scene.holders(case) == {"head"}
    done = await scene.approves("head", case, words="Say:  “no comment”.\nThen ring me.", conditions="By phone only")
    assert (done.state, done.refused) == ("approved", None)
    page = await scene.page("teacher", case)
    [line] = [line for line in page.thread if line.kind == "signed"]
    assert (line.who, line.words, line.conditions) == ("Head", "Say:  “no comment”.\nThen ring me.", "By phone only")
    assert page.summary.state == "Approved with conditions"
    assert page.summary.reference == case.reference
    await scene.settle()
    assert f"{case.reference} was approved: Media enquiry." in scene.platform.to("teacher")


async def test_the_central_team_asks_the_ceo_and_the_ceo_the_chair_of_trustees(scene: Scene) -> None:
    await played(scene, "agora")
    assert await scene.holders(await scene.start("finance", MEDIA)) == {"ceo"}
    assert await scene.holders(await scene.start("ceo", MEDIA)) == {"trustee"}
    assert await scene.holders(await scene.start("head", MEDIA)) == {"ceo"}


async def test_no_decision_without_words(scene: Scene) -> None:
    for words in ("", "   "):
        with pytest.raises(BadInput, match="write a few words"):
            act.read_action({"do": "approve", "words": words})
        with pytest.raises(ValidationError):
            act.Decline(words=words)


async def test_questions_and_answers_are_relayed_both_ways_and_the_clock_runs_on(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    before = await scene.case(case)
    await scene.does("head", case, act.Ask(words="Which paper?"))
    await scene.settle()
    assert scene.platform.to("teacher")[-1] == f"Head asks you something about {case.reference}: Media enquiry."
    assert "Head asked a question" in (await scene.page("teacher", case)).summary.next
    await scene.does("teacher", case, act.Say(words="The Gazette."))
    await scene.settle()
    assert scene.platform.to("head")[-1] == f"Teacher wrote in {case.reference}: Media enquiry."
    after = await scene.case(case)
    assert (after.question, after.due, after.stage_seq) == (None, before.due, before.stage_seq)
    words = [(line.who, line.words) for line in (await scene.page("head", case)).thread if line.words]
    assert words == [("Head", "Which paper?"), ("Teacher", "The Gazette.")]


async def test_an_answer_from_the_askers_other_account_is_an_answer(scene: Scene) -> None:
    await scene.adopt(trust("agora", teacher_two={"human": "teacher"}))
    case = await scene.start("teacher", MEDIA)
    await scene.does("head", case, act.Ask(words="Which paper?"))
    await scene.does("teacher-two", case, act.Say(words="The Gazette."))
    await scene.settle()
    assert (await scene.case(case)).question is None
    assert scene.platform.to("head")[-1].startswith("Teacher-Two wrote in")


async def test_the_asker_decides_nothing_and_is_told_why(scene: Scene) -> None:
    await scene.adopt(trust("agora", teacher_two={"human": "teacher", "roles": (HEAD,)}, head={"roles": ()}))
    case = await scene.start("teacher", MEDIA)
    for who in ("teacher", "teacher-two"):
        for action in (act.Decline(words="x"), act.Ask(words="x"), act.HandOn(to="lead", words="x")):
            assert (await scene.does(who, case, action)).refused == "own"
        assert (await scene.approves(who, case)).refused == "own"
    assert await scene.holders(case) == {"ceo"}
    assert (await scene.case(case)).version == case.version


async def test_a_promotion_in_the_middle_of_a_case_gives_nobody_their_own_request(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.adopt(trust("agora", teacher={"roles": (HEAD,)}, head={"roles": ()}))
    assert (await scene.approves("teacher", case)).refused == "own"
    assert await scene.holders(case) == {"ceo"}
    with pytest.raises(NoAccess):
        await scene.page("trustee", case)
    # The head who was told of it is no holder any more, and learns that and nothing else.
    assert (await scene.approves("head", case)).refused in ("not_holder", "no_access")
    await scene.settle()
    assert scene.platform.to("ceo") == [f"{case.reference} is waiting for you: Media enquiry."]


async def test_whom_the_asker_appointed_decides_nothing(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("head", MEDIA)
    await scene.away("head", "deputy")
    assert await scene.holders(case) == {"ceo"}
    with pytest.raises(NoAccess):
        await scene.approves("deputy", case)


async def test_two_roles_are_two_humans_in_any_order_then_the_principal(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", SITE)
    assert await scene.holders(case) == {"lead", "ict"}
    assert (await scene.approves("ict", case)).state == "open"
    assert await scene.holders(case) == {"lead"}
    assert (await scene.approves("ict", case)).refused == "signed"
    assert (await scene.approves("lead", case)).state == "open"
    assert await scene.holders(case) == {"head"}
    assert (await scene.approves("lead", case)).refused == "signed"
    assert (await scene.approves("head", case)).state == "approved"
    signed = [(e.role, e.by) for e in await scene.events(case) if isinstance(e, ev.Signed)]
    assert signed == [(Role.NETWORK_MANAGER, "ict"), (LEAD, "lead"), (HEAD, "head")]


async def test_one_human_with_both_roles_gives_one_of_the_two_signatures(scene: Scene) -> None:
    both = person("lead", LEAD, manager="head", also_at=({"school": "north", "roles": (Role.NETWORK_MANAGER,)},))
    await scene.adopt(
        organisation(school("north", person("teacher"), both, person("head", HEAD), trust="trust"), central())
    )
    case = await scene.start("teacher", SITE, administrators=("teacher", "lead"), moderators=("teacher", "lead"))
    assert await scene.holders(case) == {"lead"}
    await scene.approves("lead", case)
    assert await scene.holders(case) == {"head"}
    await scene.settle()
    assert f"{case.reference} is waiting for you: Ask for a new group, site or account." in scene.platform.to("head")
    await scene.approves("head", case)
    # The head gave a signature of the first stage; the final approval is a stage of its own.
    assert await scene.holders(case) == {"head"}


async def test_two_roles_that_climb_to_one_human_need_a_second_one(scene: Scene) -> None:
    await scene.adopt(organisation(school("north", person("teacher"), person("head", HEAD), trust="trust"), central()))
    case = await scene.start("teacher", SITE, administrators=("teacher", "head"), moderators=("teacher", "head"))
    assert await scene.holders(case) == {"head"}
    await scene.approves("head", case)
    assert await scene.holders(case) == {"ceo"}
    await scene.approves("ceo", case)
    await scene.approves("head", case)
    assert (await scene.case(case)).state == "approved"


async def test_a_late_signature_given_higher_up_counts_for_the_role(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", SITE)
    await scene.approves("lead", case)
    await scene.wait(14 * DAY, step=DAY)
    assert await scene.holders(case) == {"ict", "head"}
    await scene.approves("head", case, words="In place of the ICT manager.")
    assert (await scene.case(case)).stage == "final"


async def test_handing_on_one_of_two_signatures_leaves_the_other(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", SITE)
    await scene.does("lead", case, act.HandOn(to="deputy", words="You know the site."))
    assert await scene.holders(case) == {"deputy", "ict"}
    assert (await scene.approves("lead", case)).refused == "not_holder"
    await scene.approves("deputy", case)
    await scene.approves("ict", case)
    assert (await scene.case(case)).stage == "final"


async def test_a_case_is_handed_on_to_nobody_who_may_not_decide_it(scene: Scene) -> None:
    await scene.adopt(
        trust("agora", teacher={"manager": "year-leader", "deputies": ("ict",)}, head_two={"human": "head"})
    )
    case = await scene.start("teacher", MEDIA)
    for to in ("teacher", "ict", "head", "head-two"):
        assert (await scene.does("head", case, act.HandOn(to=to, words="x"))).refused == "cannot_take"
    for to in ("alone-head", "made-up"):
        assert (await scene.does("head", case, act.HandOn(to=to, words="x"))).refused == "unknown_person"
    assert (await scene.case(case)).version == case.version


async def test_a_case_handed_on_to_somebody_who_goes_away_or_leaves_finds_another(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.does("head", case, act.HandOn(to="lead", words="Please."))
    assert await scene.holders(case) == {"lead"}
    await scene.away("lead", "ict")
    assert await scene.holders(case) == {"ict"}
    await scene.settle()
    assert scene.platform.to("ict") == [f"{case.reference} is waiting for you: Media enquiry."]
    await scene.adopt(trust("agora", lead={"left_on": scene.now.date()}))
    assert await scene.holders(case) == {"head"}


async def test_a_revision_starts_the_signatures_again(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", SITE)
    await scene.approves("lead", case)
    await scene.approves("ict", case)
    values = {**(await scene.case(case)).values, "name": "Another name"}
    seen = (await scene.case(case)).version
    assert (await scene.does("lead", case, act.Revise(values=values))).refused == "not_yours"
    await scene.does("teacher", case, act.Revise(values=values))
    now = await scene.case(case)
    assert (now.stage, now.signatures, now.values["name"]) == ("aims_and_content", (), "Another name")
    assert await scene.holders(case) == {"lead", "ict"}
    # The principal had the old words in front of them: nothing is approved that was not read.
    stale = await scene.office.act("head", case.case_id, act.Approve(words="Yes"), scene.now, seen=seen)
    assert stale.refused
    assert (await scene.case(case)).version == now.version


async def test_a_stale_click_approves_nothing_that_was_not_read(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    values = {**(await scene.case(case)).values, "answer": "Something else"}
    await scene.does("teacher", case, act.Revise(values=values))
    stale = await scene.office.act("head", case.case_id, act.Approve(words="Yes"), scene.now, seen=case.version)
    assert stale.refused == "changed"
    assert (await scene.case(case)).state == "open"


async def test_a_declined_request_is_changed_in_the_same_thread(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    await scene.does("head", case, act.Decline(words="Not like this."))
    page = await scene.page("teacher", case)
    assert page.summary.state == "Declined"
    assert page.may == {"revise", "letter"}
    again = await scene.does("teacher", case, act.Revise(values=(await scene.case(case)).values))
    assert (again.state, again.reference) == ("open", case.reference)
    assert (await scene.approves("head", case)).state == "approved"
    assert (await scene.does("teacher", case, act.Revise(values={}))).refused == "ended"


async def test_withdrawing(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    assert (await scene.does("head", case, act.Withdraw())).refused == "not_yours"
    assert (await scene.does("teacher", case, act.Withdraw(words="No need."))).state == "withdrawn"
    assert (await scene.does("teacher", case, act.Withdraw())).refused == "ended"
    assert (await scene.does("teacher", case, act.Revise(values={}))).refused == "ended"
    await scene.settle()
    assert scene.platform.to("head")[-1] == f"{case.reference} was withdrawn: Media enquiry."
    assert len(scene.platform.to("head")) == 2
    assert await scene.desk(lambda desk: desk.records.timers_due(scene.now + 400 * DAY)) == []


async def test_whoever_comes_second_is_told_that_it_is_settled(scene: Scene) -> None:
    await played(scene, "tlt")
    case = await scene.start("teacher", "new-site", administrators=("teacher",))
    await scene.approves("deputy", case)
    assert await scene.holders(case) == {"head", "deputy", "business"}
    await scene.settle()
    await scene.approves("business", case)
    for who in ("head", "deputy"):
        late = await scene.approves(who, case)
        assert (late.refused, late.state) == ("ended", "approved")
    await scene.settle()
    assert f"{case.reference} was settled by Business: {(await scene.page('head', case)).procedure.title}." in (
        scene.platform.to("head")
    )
    signed = [e for e in await scene.events(case) if isinstance(e, ev.Signed) and e.stage == "approval"]
    assert len(signed) == 1


async def test_one_of_several_deciders_is_none_of_those_below_the_asker(scene: Scene) -> None:
    """ "Headteacher, deputy or Trust Business Director": the headteacher's own request is none of the deputy's."""
    await played(scene, "tlt")
    case = await scene.start("head", "new-site", administrators=("teacher",))
    await scene.adopt(trust("tlt", ict={"roles": (Role.DEPUTY_HEADTEACHER,)}, lead={"roles": (Role.SLT,)}))
    assert await scene.holders(case) == {"lead"}
    await scene.approves("lead", case)
    assert await scene.holders(case) == {"ceo", "business"}


async def test_the_checklist_is_confirmed_first(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", SITE)
    refused = await scene.does("lead", case, act.Approve(words="Yes"))
    assert (refused.refused, refused.detail) == ("checklist", "I have read the whole form.")


async def test_the_same_delivery_twice_is_one_case_and_one_decision(scene: Scene) -> None:
    await played(scene, "agora")
    values = await scene.answers("teacher", MEDIA)
    twice = [await scene.office.start("teacher", MEDIA, values, scene.now, key="event-1") for _ in range(2)]
    assert twice[0] == twice[1]
    case = twice[0]
    asked = [await scene.does("head", case, act.Ask(words="Who?"), key="click-1") for _ in range(2)]
    assert asked[0] == asked[1]
    assert (await scene.kinds(case)).count("asked") == 1
    # Somebody else's delivery is another one, whatever key it claims.
    other = await scene.office.start("ict", MEDIA, values, scene.now, key="event-1")
    assert other.case_id != case.case_id


async def test_no_access_and_no_such_case_are_the_same(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    for who in ("ict", "alone-head", "south-head", "made-up"):
        for case_id in (case.case_id, "0" * 32):
            with pytest.raises(NoAccess) as raised:
                await scene.office.act(who, case_id, act.Say(words="x"), scene.now)
            assert raised.value.args == ()
        assert not await scene.sees(who, case)


async def test_a_request_whose_form_fits_no_stage_is_not_approved_by_itself(scene: Scene) -> None:
    await scene.adopt(organisation({**ALONE, "policy": "gcc"}))
    values = {**await scene.answers("alone-teacher", "unsure-post")}
    values.pop("business", None)
    case = await scene.office.start("alone-teacher", "unsure-post", values, scene.now)
    assert case.state == "open"
    assert "alone-teacher" not in await scene.holders(case)


async def test_nobody_of_another_trust_is_named(scene: Scene) -> None:
    await played(scene)
    with pytest.raises(BadInput, match="list of your trust"):
        await scene.start("teacher", SITE, administrators=("teacher", "alone-head"))
    case = await scene.start("teacher", SITE)
    values = {**(await scene.case(case)).values, "author": "alone-head"}
    with pytest.raises(BadInput, match="list of your trust"):
        await scene.does("teacher", case, act.Revise(values=values))


async def test_a_person_cannot_be_a_clock(scene: Scene) -> None:
    await played(scene, "agora")
    case = await scene.start("teacher", MEDIA)
    tick = act.Tick(kind="escalate", stage_seq=(await scene.case(case)).stage_seq)
    assert (await scene.does("teacher", case, tick)).refused == "unknown_action"


async def test_nobody_left_is_said_to_the_asker_with_whom_to_ring(scene: Scene) -> None:
    await scene.adopt(organisation(north("agora")))
    case = await scene.start("head", MEDIA)
    assert await scene.holders(case) == {"chair"}
    await scene.adopt(organisation(north("agora", chair={"left_on": scene.now.date()})))
    assert await scene.holders(case) == set()
    assert "Ring the county's designated officer." in (await scene.page("head", case)).summary.next
    await scene.settle()
    assert scene.platform.to("head")[-1].startswith(f"Nobody independent is left to take {case.reference}.")
    # Once somebody is there again they are told.
    scene.now += HOUR
    await scene.adopt(organisation(north("agora", governor={"roles": (Role.CHAIR_OF_GOVERNORS,)}, chair={"roles": ()})))
    await scene.settle()
    assert scene.platform.to("governor") == [f"{case.reference} is waiting for you: Media enquiry."]
