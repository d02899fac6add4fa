"""What leaves for the platforms: to which account, with which words, and the card that follows its case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import actions as act
from bot import inbox
from bot.casework import Done
from bot.chat.delivery import reached
from bot.chat.everywhere import Everywhere
from bot.chat.messages import Post, Spot
from bot.store.disposal import destroy
from bot.store.records import Records
from bot.worker import RetryAfter, Worker
from tests.casework.people import trust
from tests.casework.scene import HOUR, Scene, sqlite_scene

CANARY = "zebra-crossing-7"
REQUEST, REPORT = "speak-for-school", "staff-friending-report"
MINUTE = timedelta(minutes=1)


@dataclass
class Wall:
    """A fake platform: keeps every message, rewrites cards where they stand, and fails where it is told to."""

    name: str
    posts: list[Post] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    tried: int = 0

    async def post(self, post: Post) -> Spot | None:
        """Take it."""
        self.tried += 1
        if self.faults:
            raise self.faults.pop(0)
        self.posts.append(post)
        if post.card is None:
            return None
        return post.stands or Spot(f"D-{post.person}", f"{self.name}.{len(self.posts)}")

    def to(self, person: str, kind: str | None = None) -> list[Post]:
        """What went to a person, in order."""
        return [post for post in self.posts if post.person == person and kind in (None, post.kind)]


Plain = dict[str, Any]


def slack(user: str) -> Plain:
    """An account in the organisation file."""
    return {"slack": {"team": "T1", "user": user}}


def teams(user: str) -> Plain:
    """As above, on Teams."""
    return {"teams": {"tenant": "m1", "user": user}}


PEOPLE: dict[str, Plain] = {
    "teacher": slack("U-teacher"),
    "head": slack("U-head"),
    "deputy": {**slack("U-deputy"), **teams("a-deputy")},
    "lead": slack("U-lead"),
    "other_leader": teams("a-other"),
    "ict": {"email": "Ict@north.example"},
}


@dataclass
class Here:
    """A scene whose notices go to two platforms."""

    scene: Scene
    slack: Wall
    teams: Wall

    @property
    def worker(self) -> Worker:
        """The one that delivers."""
        everywhere = Everywhere({"slack": self.slack, "teams": self.teams})
        return Worker(self.scene.office, everywhere, lambda: self.scene.now)

    async def settle(self) -> None:
        """Deliver everything."""
        await self.worker.settle()

    async def request(self) -> Done:
        """A request of the teacher's, delivered."""
        case = await self.scene.start("teacher", REQUEST)
        await self.settle()
        return case


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """Friday at ten; people with accounts, nobody adopted yet."""
    with sqlite_scene(tmp_path) as scene:
        yield Here(scene, Wall("slack"), Wall("teams"))


async def played(here: Here, **changes: Plain) -> Here:
    """With the trust in force."""
    people = {name: {**more, **changes.pop(name, {})} for name, more in PEOPLE.items()}
    await here.scene.adopt(trust("att", **people, **changes))
    return here


async def at(here: Here, case: Done, person: str, platform: str = "slack") -> Spot | None:
    """Where the person's card stands as we noted it."""
    return await here.scene.desk(lambda desk: desk.records.card_of(case.case_id, person, platform))


# A notice and its card.


async def test_a_notice_brings_the_case_s_card_and_its_place_is_kept(here: Here) -> None:
    await played(here)
    case = await here.request()
    (receipt,) = here.slack.to("teacher")
    assert (receipt.kind, receipt.case_id, receipt.stands) == ("receipt", case.case_id, None)
    assert case.reference in receipt.text
    assert receipt.card is not None
    assert receipt.account is not None
    assert (receipt.account.platform, receipt.account.tenant, receipt.account.user) == ("slack", "T1", "U-teacher")
    spot = await at(here, case, "teacher")
    assert spot == Spot("D-teacher", "slack.1")
    assert await here.scene.desk(lambda desk: desk.records.case_at("slack", spot)) == (case.case_id, "teacher")
    await here.scene.does("head", case, act.Ask(words=f"Which paper? {CANARY}"))
    await here.settle()
    asked = here.slack.to("teacher")[-1]
    assert (asked.kind, asked.stands, asked.words) == ("asked", spot, f"Which paper? {CANARY}")


async def test_a_decision_comes_with_its_words_and_conditions_letter_for_letter(here: Here) -> None:
    await played(here)
    case = await here.request()
    await here.scene.approves("head", case, words="Go *ahead* <b>", conditions="Only on Monday & no names")
    await here.settle()
    approved = here.slack.to("teacher", "approved")[-1]
    assert approved.words == "Go *ahead* <b>\nOn the condition: Only on Monday & no names"
    assert "Only on Monday & no names" in repr(approved.card)


async def test_a_case_that_changed_three_times_leaves_one_card_refresh(here: Here) -> None:
    await played(here)
    case = await here.request()
    spot = await at(here, case, "head")
    assert spot is not None
    for words in ("One?", "Two?", "Three?"):
        await here.scene.does("head", case, act.Ask(words=words))
    waiting = len(here.slack.to("head"))
    await here.settle()
    (renewed,) = here.slack.to("head")[waiting:]
    assert (renewed.kind, renewed.text, renewed.words, renewed.stands) == ("card", "", "", spot)
    assert "Three?" in repr(renewed.card)
    assert await at(here, case, "head") == spot
    assert len(here.slack.to("teacher", "asked")) == 3
    assert here.slack.to("teacher", "card") == []


async def test_a_refresh_is_told_nobody(here: Here) -> None:
    await played(here)
    case = await here.request()
    before = [each.text for each in await here.scene.desk(inbox.told, "head")]
    mark = await here.scene.desk(lambda desk: desk.records.mark_of("head", "head"))
    await here.scene.does("head", case, act.Ask(words="Why?"))
    await here.settle()
    assert len(here.slack.to("head", "card")) == 1
    assert [each.text for each in await here.scene.desk(inbox.told, "head")] == before
    assert await here.scene.desk(lambda desk: desk.records.mark_of("head", "head")) == mark


async def test_whoever_has_no_card_gets_no_refresh(here: Here) -> None:
    await played(here)
    case = await here.scene.start("teacher", REQUEST)
    await here.scene.does("head", case, act.Ask(words="Why?"))
    await here.settle()
    assert [post.kind for post in here.slack.to("head")] == ["waiting"]


# Who may not see the case any more.


async def test_a_person_who_lost_sight_of_a_case_has_the_card_taken_back(here: Here) -> None:
    await played(here)
    case = await here.scene.start("other-leader", REPORT, subject="year-leader", what=CANARY)
    await here.settle()
    spot = await at(here, case, "lead")
    assert spot is not None
    await here.scene.does("lead", case, act.NameSubject(subject="lead"))
    before = len(here.slack.to("lead"))
    await here.settle()
    (taken,) = here.slack.to("lead")[before:]
    assert (taken.kind, taken.card, taken.text, taken.words, taken.stands) == ("card", None, "", "", spot)
    assert await at(here, case, "lead") is None
    await here.scene.does("head", case, act.Say(words=CANARY))
    await here.settle()
    assert here.slack.to("lead")[before:] == [taken]


async def test_a_card_is_taken_back_when_people_change_and_the_case_does_not(here: Here) -> None:
    await played(here)
    case = await here.scene.start("other-leader", REPORT, subject="nobody", what=CANARY)
    await here.settle()
    assert await at(here, case, "lead") is not None
    await played(here, lead={"roles": ()})
    await here.settle()
    assert here.slack.to("lead")[-1].card is None
    assert await at(here, case, "lead") is None


async def test_a_notice_for_somebody_who_may_only_hear_of_the_case_shows_no_card(here: Here) -> None:
    await played(here, deputy={"roles": ("safeguarding_lead",)})
    case = await here.scene.start("other-leader", REPORT, subject="year-leader", what=CANARY)
    await here.settle()
    for step in (await here.scene.page("lead", case)).steps:
        await here.scene.does("lead", case, act.MarkStep(step=step.step.id, done=True))
    await here.settle()
    await here.scene.does("lead", case, act.Close(words=CANARY))
    await here.settle()
    settled = here.slack.to("deputy")[-1]
    assert (settled.kind, settled.card, settled.words) == ("settled", None, "")
    assert settled.stands is not None
    assert await at(here, case, "deputy") is None


# Restricted cases.


async def test_of_a_restricted_case_the_reference_alone_leaves(here: Here) -> None:
    await played(here)
    case = await here.scene.start("other-leader", REPORT, subject="year-leader", what=CANARY, facts=CANARY)
    await here.scene.does("lead", case, act.Open())
    await here.scene.does("lead", case, act.Ask(words=CANARY))
    await here.scene.does("other-leader", case, act.Say(words=CANARY))
    for step in (await here.scene.page("lead", case)).steps:
        await here.scene.does("lead", case, act.MarkStep(step=step.step.id, done=True, words=CANARY))
    await here.scene.does("lead", case, act.Close(words=CANARY))
    await here.settle()
    posts = here.slack.posts + here.teams.posts
    assert {post.kind for post in posts} >= {"receipt", "waiting", "asked", "said", "closed"}
    for post in posts:
        said = repr((post.text, post.words, post.card))
        assert case.reference in post.text
        for secret in (CANARY, "Year-Leader", "year-leader", "Other-Leader", "friend", "Friend"):
            assert secret not in said, (post.kind, secret)


async def test_the_reporter_of_a_restricted_case_that_is_handed_on_reads_that_it_is_in_hand(here: Here) -> None:
    await played(here)
    case = await here.scene.start("other-leader", REPORT, subject="year-leader")
    await here.scene.does("lead", case, act.HandOn(to="head", words=CANARY))
    await here.settle()
    (told,) = here.teams.to("other-leader", "handed_on")
    assert f"{case.reference} is still in hand" in told.text
    assert "Head" not in told.text
    assert told.words == ""


# Where it goes.


async def test_everywhere_posts_on_the_one_platform_where_the_person_is(here: Here) -> None:
    await played(here)
    await here.scene.start("other-leader", REPORT, subject="year-leader")
    await here.settle()
    assert [post.person for post in here.teams.posts] == ["other-leader"]
    assert [post.person for post in here.slack.posts] == ["lead"]


async def test_it_goes_where_the_person_wrote_last(here: Here) -> None:
    await played(here)
    scene, deputy = here.scene, "deputy"
    await scene.desk(lambda desk: desk.records.met(deputy, "slack", "T1", "U-deputy", desk.now))
    scene.now += MINUTE
    await scene.desk(lambda desk: desk.records.met(deputy, "teams", "m1", "a-deputy", desk.now, "reference"))
    first = await scene.start(deputy, REQUEST)
    await here.settle()
    (receipt,) = here.teams.to(deputy)
    assert receipt.address == "reference"
    scene.now += HOUR
    await scene.desk(lambda desk: desk.records.met(deputy, "slack", "T1", "U-deputy", desk.now))
    await scene.does("head", first, act.Ask(words="Why?"))
    await here.settle()
    (asked,) = here.slack.to(deputy)
    assert (asked.kind, asked.stands) == ("asked", None)
    # Both cards follow the case from now on.
    await scene.approves("head", first)
    await here.settle()
    assert "Approved" in repr(here.teams.to(deputy)[-1].card)
    assert "Approved" in repr(here.slack.to(deputy)[-1].card)


async def test_a_link_holds_while_the_staff_list_has_the_same_address(here: Here) -> None:
    await played(here)
    scene = here.scene
    await scene.desk(lambda desk: desk.records.link("ict", "slack", "T1", "U-ict", "ict@north.example", desk.now))
    await scene.start("ict", REQUEST)
    await here.settle()
    assert [post.kind for post in here.slack.to("ict")] == ["receipt"]
    await played(here, ict={"email": "other@north.example"})
    await scene.start("ict", REQUEST)
    await here.settle()
    assert len(here.slack.to("ict")) == 1


async def test_the_organisation_file_comes_before_a_link(here: Here) -> None:
    await played(here, ict=slack("U-file"))
    scene = here.scene
    await scene.desk(lambda desk: desk.records.link("ict", "slack", "T1", "U-link", "ict@north.example", desk.now))
    found = await scene.desk(lambda desk: reached(desk, "ict"))
    assert [each.account.user for each in found] == ["U-file"]


async def test_an_account_that_is_gone_and_people_without_one_are_told_by_the_pages_alone(here: Here) -> None:
    await played(here)
    scene = here.scene
    await scene.desk(lambda desk: desk.records.met("teacher", "slack", "T1", "U-teacher", desk.now))
    await scene.desk(lambda desk: desk.records.lost_account("slack", "T1", "U-teacher", desk.now))
    for who in ("teacher", "year-leader"):
        case = await scene.start(who, REQUEST)
        await here.settle()
        assert here.slack.to(who) + here.teams.to(who) == []
        assert case.reference in (await scene.desk(inbox.told, who))[0].text


async def test_a_platform_that_is_not_served_keeps_no_notice_from_the_other_one(here: Here) -> None:
    await played(here)
    await here.scene.start("deputy", REQUEST)
    alone = Everywhere({"teams": here.teams})
    await Worker(here.scene.office, alone, lambda: here.scene.now).settle()
    assert [post.kind for post in here.teams.to("deputy")] == ["receipt"]


# When a platform fails.


@pytest.mark.parametrize("fault", [RetryAfter(90), OSError(), ValueError("x"), TimeoutError()])
async def test_what_failed_is_tried_again_and_the_place_is_kept_once(here: Here, fault: Exception) -> None:
    await played(here)
    case = await here.scene.start("teacher", REQUEST)
    here.slack.faults = [fault, fault]
    await here.settle()
    assert here.slack.to("teacher") == []
    for _ in range(3):
        here.scene.now += timedelta(seconds=91)
        await here.settle()
    (receipt,) = here.slack.to("teacher")
    assert receipt.stands is None
    holders = await here.scene.desk(lambda desk: desk.records.card_holders(case.case_id))
    assert holders["teacher"] == ("slack",)


async def test_retry_after_is_honoured(here: Here) -> None:
    await played(here)
    await here.scene.start("teacher", REQUEST)
    here.slack.faults = [RetryAfter(90), RetryAfter(90)]
    await here.settle()
    tried = here.slack.tried
    here.scene.now += timedelta(seconds=89)
    await here.settle()
    assert here.slack.tried == tried


async def test_a_change_while_a_card_is_on_its_way_is_shown_as_well(here: Here) -> None:
    """The platform is slow: what it was given is out of date by the time that it took it."""
    await played(here)
    case = await here.request()
    scene = here.scene

    class Slow(Wall):
        async def post(self, post: Post) -> Spot | None:
            if post.kind == "card" and not self.to("head", "card"):
                await scene.does("head", case, act.Ask(words="Second?"))
            return await super().post(post)

    here.slack = Slow("slack")
    await scene.does("head", case, act.Ask(words="First?"))
    await here.settle()
    await here.settle()
    first, *_, last = here.slack.to("head", "card")
    assert "Second?" not in repr(first.card)
    assert "Second?" in repr(last.card)


async def test_an_erased_case_in_flight_leaves_no_card_behind(here: Here) -> None:
    await played(here)
    case = await here.request()
    scene = here.scene

    class Erasing(Wall):
        async def post(self, post: Post) -> Spot | None:
            await scene.desk(lambda desk: _erase(desk.records, post.case_id))
            return await super().post(post)

    here.slack = Erasing("slack")
    await scene.does("head", case, act.Ask(words="Why?"))
    await here.settle()
    assert await scene.desk(lambda desk: desk.records.card_holders(case.case_id)) == {}


def _erase(records: Records, case_id: str) -> None:
    case = records.case(case_id)
    if case is not None:
        destroy(records, case.model_copy(update={"ended_at": case.opened_at}), case.opened_at)
