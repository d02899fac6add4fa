"""What holds for every procedure of every policy, from its data alone: a new file is tested without a new line here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from bot import desk_texts, forms
from bot.core import Bot
from bot.deadlines import Calendar, due
from bot.organisation import Organisation, Person
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened
from policy_kb import loader
from policy_kb.model import KnowledgeBase, Role
from policy_kb.procedures import FieldType, Kind, Need
from tests import scenario_answers as answers
from tests.scenario_cast import Cast, Play, signers, with_sites
from tests.scenario_format import moment
from tests.scenario_fronts import CoreFront
from tests.scenario_play import Mute
from tests.scenario_world import Extra, Scene, Typed

DATA = Path(loader.__file__).parent / "data" / "policies"
EVERY = {
    (path.parent.parent.name, path.stem): re.findall(r"^kind: (\w+)$", path.read_text("utf-8"), re.MULTILINE)[0]
    for path in sorted(DATA.glob("*/procedures/*.yaml"))
}
CENTRAL = {
    (path.parent.parent.name, path.stem)
    for path in DATA.glob("*/procedures/*.yaml")
    if "at: {central" in path.read_text("utf-8")
}
"""Procedures that send the central team to somebody else."""
WORDS = "Yes, until Easter.\n  Then ask me again: <b>please</b> & thank you."
"""Words that any careless hand would change."""
A_LONG_TIME = timedelta(days=60)


def every(*kinds: str) -> pytest.MarkDecorator:
    """The test runs for every procedure of these kinds."""
    found = [key for key, kind in EVERY.items() if kind in kinds]
    return pytest.mark.parametrize("play", found, indirect=True, ids=["-".join(key) for key in found])


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return loader.load()


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation(SAMPLE_ORGANISATION)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("procedures") / "cases.db")) as each:
        yield each


@pytest.fixture(scope="module")
def play(request: pytest.FixtureRequest, store: Store, knowledge: KnowledgeBase, organisation: Organisation) -> Play:
    """One scene for each procedure: its tests make a case each, and time only goes on."""
    policy, slug = request.param
    procedures = knowledge.policies[policy].procedures
    scene = Scene(store, cast(Bot, Mute(knowledge)), organisation, moment("2026-11-20 10:00"))
    asyncio.run(scene.adopt(organisation))
    bare = Play(procedures[slug], scene, CoreFront(scene, twice=False), Cast.of_policy(organisation, policy))
    return asyncio.run(with_sites(bare, procedures))


# Forms.


@every("request", "report", "record")
def test_a_required_field_left_out_is_refused_by_its_name(play: Play) -> None:
    people, sites = {p.id for p in play.cast.trust}, set(play.sites)
    for chosen in answers.variants(play.procedure):
        typed = dict(play.typed(chosen))
        assert forms.read(play.procedure, typed, people, sites).errors == {}
        for field in play.procedure.fields:
            if not field.required or field.id not in typed:
                continue
            without = {key: value for key, value in typed.items() if key != field.id}
            errors = forms.read(play.procedure, without, people, sites).errors
            assert list(errors) == [field.id]
            assert field.label in errors[field.id]


@every("request", "report", "record")
async def test_a_form_with_a_gap_opens_no_case(play: Play) -> None:
    first = next(f for f in play.procedure.fields if f.required)
    typed = {key: value for key, value in play.typed().items() if key != first.id}
    sent = await play.front.starts(play.asker, play.procedure.slug, typed, Extra())
    assert sent.case is None
    assert first.id in sent.errors


@every("look_up")
async def test_a_look_up_opens_no_case(play: Play) -> None:
    sent = await play.front.starts(play.asker, play.procedure.slug, {}, Extra())
    assert sent.case is None
    assert sent.refused
    assert play.procedure.say in await play.front.looks(play.asker, play.procedure.slug)


# Requests.


@every("request")
async def test_every_holder_can_approve_through_all_stages(play: Play) -> None:
    for chosen in answers.variants(play.procedure):
        typed = play.typed(chosen)
        for turn in range(_turns(play, typed)):
            case = await play.start(typed)
            for stage in play.stages(typed):
                await _signed(play, case, signers(play.cast.deciding(stage), stage, turn))
            page = await play.page(play.asker, case)
            assert page.state == "Approved"
            assert WORDS in page.page
            assert await play.told(play.asker, case, "was approved") == 1
            assert "letter" in page.may


async def _signed(play: Play, case: str, people: list[str]) -> None:
    """Each of them signs; until the last one has, nothing is approved."""
    for who in people:
        assert case in await play.front.waiting(who)
        assert await play.told(who, case, "is waiting for you") >= 1
        assert (await play.page(play.asker, case)).state == "Waiting"
        assert await play.does(who, case, "approve", words=WORDS) is None
        # Of two stages one after the other, the same person may have both.
        if case not in await play.front.waiting(who):
            again = await play.does(who, case, "approve", words=WORDS)
            assert again in (desk_texts.REFUSALS["signed"], desk_texts.REFUSALS["ended"])


def _turns(play: Play, typed: Typed) -> int:
    """So many cases that each holder of a stage decides one of them; two at least, for the two orders of several."""
    groups = [{p for people in play.cast.deciding(stage).values() for p in people} for stage in play.stages(typed)]
    return max(2 if any(s.need is Need.ALL for s in play.stages(typed)) else 1, *map(len, groups))


@every("request")
async def test_a_decline_reaches_the_asker_letter_for_letter_and_can_be_revised(play: Play) -> None:
    typed = play.typed()
    case, stage = await play.start(typed), play.stages(typed)[0]
    who = signers(play.cast.deciding(stage), stage, 0)[0]
    assert "write a few words" in (await play.does(who, case, "decline", words=" ") or "")
    assert await play.does(who, case, "decline", words=WORDS) is None
    page = await play.page(play.asker, case)
    assert page.state == "Declined"
    assert WORDS in page.page
    assert await play.told(play.asker, case, "was declined") == 1
    assert await play.does(who, case, "approve", words=WORDS) == desk_texts.REFUSALS["ended"]
    assert await play.does(play.asker, case, "revise") is None
    assert (await play.page(play.asker, case)).state == "Waiting"
    assert case in await play.front.waiting(who)


@every("request", "report")
async def test_nobody_else_decides(play: Play) -> None:
    case = await play.start(play.typed())
    before = await play.scene.events(case)
    for do in ("approve", "decline") if play.procedure.kind is Kind.REQUEST else ("ask", "close"):
        assert await play.does(play.cast.colleagues[0], case, do, words="So") == desk_texts.REFUSALS["no_access"]
        assert await play.does(play.asker, case, do, words="So") == desk_texts.REFUSALS["own"]
    assert await play.scene.events(case) == before


# Reports and records.


@every("report")
async def test_a_report_is_read_walked_through_and_closed(play: Play) -> None:
    typed = play.typed()
    case, stage = await play.start(typed), play.procedure.stages[0]
    who = signers(play.cast.deciding(stage), stage, 0)[0]
    assert await play.told(play.asker, case, "was received and recorded") == 1
    assert await play.told(play.asker, case, "was read by") == 0
    await play.page(who, case)
    await play.page(who, case)
    assert await play.told(play.asker, case, "was read by") == 1
    assert await play.does(who, case, "approve", words=WORDS) == desk_texts.REFUSALS["no_decision"]
    for number, step in enumerate(play.steps(typed)):
        assert "One step is open" in (await play.does(who, case, "close", words=WORDS) or "")
        if number == 0:
            refused = await play.does(who, case, "mark_step", step=step, done=False)
            assert refused == desk_texts.REFUSALS["skip_reason"]
        assert await play.does(who, case, "mark_step", step=step, done=number > 0, words="Not needed") is None
    assert await play.does(play.asker, case, "withdraw") == desk_texts.REFUSALS["stays"]
    assert await play.does(who, case, "close", words=WORDS) is None
    page = await play.page(play.asker, case)
    assert (page.state, WORDS in page.page) == ("Closed", True)
    assert await play.told(play.asker, case, "was closed") == 1


@every("record")
async def test_a_record_is_noted_and_told(play: Play) -> None:
    for chosen in answers.variants(play.procedure):
        typed = play.typed(chosen)
        case = await play.start(typed)
        assert (await play.page(play.asker, case)).state == "Closed"
        assert await play.told(play.asker, case, "was received and recorded") == 1
        meant = {p for s in play.stages(typed) for people in play.cast.deciding(s).values() for p in people}
        for who in meant | play.cast.told(play.procedure):
            assert (
                await play.told(who, case, "For your information") + await play.told(who, case, "has an outcome") == 1
            )
            assert case not in await play.front.waiting(who)
        for who in {p.id for p in play.cast.trust} - meant - play.cast.told(play.procedure) - {play.asker}:
            assert await play.front.told(who, case) == []


# Who sees, who hears.


@every("request", "report")
async def test_nobody_outside_sees_or_hears_anything(play: Play) -> None:
    typed = play.typed()
    case, stage = await play.start(typed), play.stages(typed)[0]
    deciding = {p for people in play.cast.deciding(stage).values() for p in people}
    told = {p for role in play.procedure.tell for p in play.cast.holders(role)}
    for person in [*play.cast.trust, *_one_of_each_other_trust(play)]:
        inside = person.id in deciding | {play.asker}
        sees = await play.front.sees(person.id, case) is not None
        assert sees == inside or (person.id in told and not play.procedure.restricted)
        assert bool(await play.front.told(person.id, case)) == (inside or person.id in told)
        assert (case in await play.front.waiting(person.id)) == (person.id in deciding)


def _name(play: Play) -> Callable[[str], str]:
    people = {person.id: person.name for person, _ in play.cast.organisation.everyone()}
    return lambda who: people[who]


def _one_of_each_other_trust(play: Play) -> list[Person]:
    others = (s for s in play.cast.organisation.schools if s.tenant != play.cast.school.tenant)
    return [next(p for p in school.people if Role.HEADTEACHER in p.roles or school.central) for school in others]


@every("report")
async def test_a_report_about_whoever_would_handle_it_goes_past_them(play: Play) -> None:
    field = next((f for f in play.procedure.fields if f.type is FieldType.SUBJECT), None)
    if field is None:
        return
    handlers = [p for people in play.cast.deciding(play.procedure.stages[0]).values() for p in people]
    for about in dict.fromkeys([*handlers, *play.cast.holders(Role.HEADTEACHER)]):
        asked = {key: (value,) for key, value in field.when.items()}
        case = await play.start(play.typed({**asked, field.id: (about,)}))
        person = play.cast.organisation.person(about)
        kept_from = [about, *(person.deputies if person else ())]
        for who in kept_from:
            if who != play.asker:
                assert await play.front.sees(who, case) is None
                assert await play.front.told(who, case) == []
                assert case not in await play.front.waiting(who)
        waits = [p.id for p in play.cast.trust if case in await play.front.waiting(p.id)]
        following = (await play.page(play.asker, case)).next
        assert waits or "Local Authority Designated Officer" in following
        assert not any(name in following for name in map(_name(play), kept_from))


@pytest.mark.parametrize("play", [key for key in EVERY if key in CENTRAL], indirect=True, ids="-".join)
async def test_the_central_team_asks_whom_its_policy_names_for_it(play: Play) -> None:
    # An earlier story may have closed the site that the form asks for.
    play = await with_sites(play, play.scene.office.knowledge.policies[play.cast.school.policy].procedures)
    office = replace(play, cast=Cast.of_policy(play.cast.organisation, play.cast.school.policy, central=True))
    typed = office.typed()
    case, stage = await office.start(typed), office.stages(typed)[0]
    named = {p for people in office.cast.deciding(stage).values() for p in people}
    told = "is waiting for you"
    if play.procedure.kind is Kind.RECORD:
        told, named = "For your information", named | office.cast.told(play.procedure)
    assert {p.id for p in office.cast.trust if await play.told(p.id, case, told)} == named
    for who in {p for people in play.cast.deciding(stage).values() for p in people} - named:
        assert await play.front.sees(who, case) is None


# Clocks.


@every("request", "report")
async def test_a_late_case_is_brought_to_mind_once_a_step_and_never_early(play: Play) -> None:
    typed = play.typed()
    case, stage, opened = await play.start(typed), play.stages(typed)[0], play.scene.now
    deciding = {p for people in play.cast.deciding(stage).values() for p in people}
    clocks = due(play.procedure.pace, Calendar(play.cast.school), opened)
    for moment_, kind in ((clocks.remind, "reminded"), (clocks.deputies, "deputies"), (clocks.escalate, "escalated")):
        await play.scene.until(moment_ - timedelta(minutes=1))
        assert kind not in await _happened(play, case)
        await play.scene.until(moment_)
        assert (await _happened(play, case)).count(kind) == 1
    await play.scene.until(play.scene.now + A_LONG_TIME)
    happened = await _happened(play, case)
    assert [happened.count(kind) for kind in ("reminded", "deputies", "escalated")] == [1, 1, 1]
    assert happened.count("clock") == len(play.procedure.clocks)
    for who in deciding:
        assert await play.told(who, case, "still waits for you") == 1
        person = play.cast.organisation.person(who)
        for deputy in person.deputies if person else ():
            assert case in await play.front.waiting(deputy)
            assert await play.told(deputy, case, "is waiting for you") == 1


async def _happened(play: Play, case: str) -> list[str]:
    return [event.type for event in await play.scene.events(case)]


@pytest.mark.parametrize("kind", desk_texts.NOTICES)
def test_every_notice_fills_in(kind: str) -> None:
    filled = {"reference": "AF-2222-2222", "title": "A title", "kind": "request", "who": "Somebody", "lado": "Ring."}
    text = desk_texts.NOTICES[kind].format(**filled)
    assert "AF-2222-2222" in text
    assert re.fullmatch(r"[A-Z][^{}!]*[.]", text)


# Last, so that it reads what all the stories of the procedure sent.


@every("request", "report", "record")
async def test_notices_are_whole_sentences_and_name_no_restricted_matter(play: Play) -> None:
    if not play.scene.posted.posts:
        await play.start(play.typed())
    for _, _, text, _ in play.scene.posted.posts:
        assert re.search(r"AF-\w{4}-\w{4}", text)
        assert re.fullmatch(r"[A-Z][^{}!]*[.]", text), text
        assert "None" not in text
        assert "Zeugma" not in text
        if play.procedure.restricted:
            assert play.procedure.title not in text
