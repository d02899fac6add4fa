"""Reports about people: whom they never reach, what is told of them, and how they are handled (T06, T07, T11, T16)."""

from __future__ import annotations

import pytest

from bot import actions as act
from bot import events as ev
from bot import inbox, views
from bot.casework import Done
from bot.desk import NoAccess
from bot.errors import BadInput
from bot.events import Attachment
from tests.casework.people import HEAD, LADO, LEAD, trust
from tests.casework.scene import DAY, Scene, played

FRIENDING = "staff-friending-report"
CANARY = "zebra-crossing-7"


async def closes(scene: Scene, who: str, case: Done) -> Done:
    """Mark every step, then close."""
    for step in (await scene.page(who, case)).steps:
        await scene.does(who, case, act.MarkStep(step=step.step.id, done=True))
    return await scene.does(who, case, act.Close(words="Settled."))


async def sees_nothing(scene: Scene, who: str, case: Done) -> None:
    """No page, no list, no count, no notice: the case does not exist for them."""
    await scene.settle()
    assert not await scene.sees(who, case)
    assert case.reference not in await scene.waiting(who)
    assert case.reference not in [s.reference for s in await scene.desk(views.mine, who)]
    assert all(case.reference not in told.text for told in await scene.desk(inbox.told, who))
    with pytest.raises(NoAccess):
        await scene.does(who, case, act.Say(words="x"))


ROUTES = [
    ("year-leader", {"lead"}, ("year-leader", "teacher")),
    ("lead", {"head"}, ("lead",)),
    ("head", {"chair", "ceo"}, ("head", "deputy", "lead", "ict")),
    ("chair", {"trustee"}, ("chair",)),
    ("ceo", {"trustee"}, ("ceo", "finance", "head")),
    ("trustee", set(), ("trustee",)),
]


@pytest.mark.parametrize(("subject", "holders", "never"), ROUTES)
async def test_a_report_never_reaches_whom_it_is_about(
    scene: Scene, subject: str, holders: set[str], never: tuple[str, ...]
) -> None:
    await played(scene)
    case = await scene.start("other-leader", FRIENDING, subject=subject, what=CANARY)
    assert await scene.holders(case) == holders
    await scene.wait(7 * DAY, step=DAY / 4)
    for who in never:
        await sees_nothing(scene, who, case)
        assert scene.platform.to(who) == []
    if not holders:
        assert LADO in (await scene.page("other-leader", case)).summary.next


async def test_the_reporter_of_their_own_manager_hears_how_it_goes(scene: Scene) -> None:
    """Whoever works for the subject is kept out, but not whoever made the report."""
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="year-leader")
    await scene.does("lead", case, act.Open())
    await scene.does("lead", case, act.Ask(words="When was it?"))
    await scene.does("teacher", case, act.Say(words="On Monday."))
    await closes(scene, "lead", case)
    await scene.settle()
    assert [text.partition(case.reference)[0] for text in scene.platform.to("teacher")] == [
        "Your report was received and recorded as ",
        "Your report ",
        "Somebody asks you something about ",
        "",
    ]
    assert await scene.sees("teacher", case)


async def test_a_subject_named_later_is_shut_out_at_once(scene: Scene) -> None:
    """Pages, lists, clicks, and notices that were committed before but not delivered yet."""
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="nobody", what=CANARY)
    await scene.settle()
    await scene.does("teacher", case, act.Say(words="It was the lead."))
    assert [n.to for n in await scene.addressed(case)][-1] == "lead"
    before = list(scene.platform.posts)
    await scene.does("lead", case, act.NameSubject(subject="lead"))
    await sees_nothing(scene, "lead", case)
    assert [post for post in scene.platform.posts if post[0] == "lead"] == [p for p in before if p[0] == "lead"]
    assert await scene.holders(case) == {"head"}
    assert scene.platform.to("head") == [f"{case.reference} is waiting for you: a restricted case, open it to read."]


async def test_those_who_took_part_and_are_tied_to_the_new_subject_are_shut_out_too(scene: Scene) -> None:
    await scene.adopt(trust(lead={"manager": "year-leader"}))
    case = await scene.start("other-leader", FRIENDING, subject="nobody")
    await scene.does("lead", case, act.Open())
    await scene.does("lead", case, act.HandOn(to="head", words="Yours."))
    await scene.does("head", case, act.NameSubject(subject="year-leader"))
    await sees_nothing(scene, "lead", case)
    assert await scene.holders(case) == {"head"}


async def test_a_reporter_who_turns_out_to_be_the_subject_is_shut_out(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="nobody")
    await scene.settle()
    await scene.does("lead", case, act.NameSubject(subject="teacher"))
    await scene.does("lead", case, act.Ask(words="x"))
    await scene.settle()
    assert scene.platform.to("teacher") == [f"Your report was received and recorded as {case.reference}."]
    assert not await scene.sees("teacher", case)
    assert await scene.desk(views.mine, "teacher") == []


async def test_whoever_reports_themselves_follows_their_report_and_does_not_handle_it(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("lead", "data-breach", subject="lead")
    assert await scene.holders(case) == {"head"}
    await scene.does("head", case, act.Ask(words="How many?"))
    await scene.settle()
    assert len(scene.platform.to("lead")) == 2
    assert "close" not in (await scene.page("lead", case)).may


async def test_a_subject_is_of_the_same_trust_and_only_reports_have_one(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="nobody")
    assert (await scene.does("lead", case, act.NameSubject(subject="alone-head"))).refused == "unknown_person"
    assert (await scene.does("lead", case, act.NameSubject(subject="made-up"))).refused == "unknown_person"
    assert (await scene.does("teacher", case, act.NameSubject(subject="ict"))).refused == "own"
    request = await scene.start("teacher", "new-site")
    assert (await scene.does("lead", request, act.NameSubject(subject="ict"))).refused == "unknown_action"
    with pytest.raises(BadInput):
        await scene.start("teacher", FRIENDING, subject="alone-head")


async def test_naming_the_same_subject_again_does_not_start_the_clock_again(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="ict")
    scene.now += DAY / 48
    assert (await scene.does("lead", case, act.NameSubject(subject="ict"))).version == case.version


async def test_notices_of_a_restricted_case_say_its_number_and_nothing_else(scene: Scene) -> None:
    """T07, T11: neither the title, nor the words, nor who wrote or handles it."""
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="ict", what=CANARY)
    await scene.does("lead", case, act.Ask(words=CANARY))
    await scene.does("teacher", case, act.Say(words=CANARY))
    await scene.wait(DAY)
    await closes(scene, "lead", case)
    await scene.settle()
    texts = " ".join(text for _, text in scene.platform.posts)
    assert case.reference in texts
    for word in (CANARY, "Lead", "Teacher", "Ict", "friend", "staff"):
        assert word not in texts


async def test_the_reporter_sees_the_outcome_and_not_the_inquiry(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="ict")
    await scene.does("lead", case, act.Open())
    await scene.does("lead", case, act.HandOn(to="head", words=CANARY))
    step = (await scene.page("head", case)).steps[0].step.id
    await scene.does("head", case, act.MarkStep(step=step, done=False, words=CANARY))
    await scene.does("head", case, act.Ask(words="When?"))
    page = await scene.page("teacher", case)
    assert CANARY not in "".join(line.words for line in page.thread)
    assert [line.kind for line in page.thread] == ["opened", "stage_began", "seen", "asked"]


async def test_a_report_is_read_walked_through_and_closed(scene: Scene) -> None:
    await played(scene, "tlt")
    case = await scene.start("teacher", "cyberbullying-report", subject="nobody", perpetrator="A current student")
    assert await scene.holders(case) == {"year-leader", "deputy"}
    for action, code in (
        (act.Approve(words="x"), "no_decision"),
        (act.Decline(words="x"), "no_decision"),
        (act.Close(words="x"), "steps_left"),
        (act.MarkStep(step="safe", done=False), "skip_reason"),
        (act.MarkStep(step="meeting", done=True), "unknown_step"),
    ):
        assert (await scene.does("deputy", case, action)).refused == code
    await scene.does("deputy", case, act.Open())
    assert (await scene.does("year-leader", case, act.Open())).version == (await scene.case(case)).version
    assert (await closes(scene, "deputy", case)).state == "closed"
    await scene.settle()
    told = scene.platform.to("teacher")
    assert told[1] == f"Your report {case.reference} was read by Somebody."
    assert told[-1] == f"{case.reference} was closed: a restricted case, open it to read."
    assert (await scene.does("deputy", case, act.Close(words="x"))).refused == "ended"


async def test_a_report_is_not_taken_back_or_changed(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="ict")
    assert (await scene.does("teacher", case, act.Withdraw())).refused == "stays"
    assert (await scene.does("teacher", case, act.Revise(values={}))).refused == "stays"
    assert (await scene.does("teacher", case, act.Say(words="More."))).refused is None


async def test_evidence_is_added_by_the_reporter_and_opened_by_the_handlers(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="ict")
    file = Attachment(id="a" * 32, kind="png", size=3, sha256="b" * 64)
    assert (await scene.does("teacher", case, act.AddEvidence(attachment=file))).refused is None
    assert (await scene.does("lead", case, act.ViewEvidence(attachment=file.id))).refused is None
    assert (await scene.does("lead", case, act.ViewEvidence(attachment="c" * 32))).refused == "unknown_action"
    assert (await scene.does("teacher", case, act.ViewEvidence(attachment=file.id))).refused == "no_access"
    await closes(scene, "lead", case)
    assert (await scene.does("lead", case, act.ViewEvidence(attachment=file.id))).refused is None
    viewed = [e.by for e in await scene.events(case) if isinstance(e, ev.EvidenceViewed)]
    assert viewed == ["lead", "lead"]


async def test_a_stale_click_on_a_restricted_report_learns_only_that_it_moved_on(scene: Scene) -> None:
    await scene.adopt(trust("tlt", assistant={"roles": ("slt",), "manager": "head"}))
    case = await scene.start("teacher", "cyberbullying-report", subject="nobody", perpetrator="A current student")
    await closes(scene, "deputy", case)
    assert not await scene.sees("assistant", case)
    assert (await scene.does("assistant", case, act.Close(words="x"))).refused == "not_holder"


async def test_a_person_with_a_post_elsewhere_reports_where_they_choose(scene: Scene) -> None:
    south = ({"school": "south", "roles": ()},)
    await scene.adopt(trust(teacher={"manager": None, "also_at": south}))
    values = await scene.answers("teacher", FRIENDING)
    case = await scene.office.start("teacher", FRIENDING, values, scene.now, school_id="south")
    assert await scene.holders(case) == {"south-head"}
    with pytest.raises(NoAccess):
        await scene.office.start("teacher", FRIENDING, values, scene.now, school_id="alone")


async def test_the_head_of_the_other_school_is_heard_of_by_that_schools_chair(scene: Scene) -> None:
    await played(scene)
    case = await scene.start("teacher", FRIENDING, subject="south-head")
    assert await scene.holders(case) == {"south-chair", "ceo"}


async def test_a_second_account_of_the_subject_sees_nothing(scene: Scene) -> None:
    await scene.adopt(trust(ict_two={"human": "ict", "roles": (LEAD, HEAD)}))
    case = await scene.start("teacher", FRIENDING, subject="ict")
    await sees_nothing(scene, "ict-two", case)
    await sees_nothing(scene, "ict", case)
    assert await scene.holders(case) == {"chair", "ceo"}
