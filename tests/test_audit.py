"""Who reads what in the audit, and how a restricted case is opened from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot import actions as act
from bot import audit, inbox, views
from bot.anchors import keep_anchored
from bot.desk import NoAccess
from bot.errors import BadInput
from bot.store.archive import Archive
from bot.worker import Nowhere, Worker
from tests.record_support import Place, left, place, some_cases

WORDS = "words"
DAY = timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Place]:
    opened = await place(tmp_path)
    yield opened
    opened.close()


# The audit view.


async def test_each_person_reads_the_events_of_the_cases_they_may_see_and_no_others(here: Place) -> None:
    cases = await some_cases(here)
    for person, seen in {
        "helen-marsh": {"approved", "declined"},
        "amara-obi": {"approved", "declined"},
        "ruth-cole": {"about-omar", "pupil"},
        "grace-bell": {"about-ruth"},
        "sian-rees": {"withdrawn", "about-omar", "about-ruth"},
        "omar-haddad": {"open", "pupil"},
        "kofi-mensah": set[str](),
        "viktor-hale": set[str](),
    }.items():
        found = {line.reference for line in await here.desk(audit.lines, person)}
        assert found == {cases[name] for name in seen}, person


async def test_a_report_about_the_headteacher_is_not_in_their_audit_by_number_either(here: Place) -> None:
    cases = await some_cases(here)
    assert await here.desk(audit.lines, "ruth-cole", cases["about-ruth"]) == []
    assert await here.desk(audit.lines, "ruth-cole", "AF-2222-2222") == []
    assert await here.desk(audit.lines, "grace-bell", cases["about-ruth"].lower())


async def test_a_line_says_who_when_in_uk_time_what_and_under_which_clause(here: Place) -> None:
    here.now = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    done = await here.start("amara-obi", "media-enquiry", question="Why is the gate shut?")
    await here.act("helen-marsh", done.case_id, act.Approve(words="Say nothing", conditions="By phone"))
    ending, given, began, opened = await here.desk(audit.lines, "amara-obi")
    assert given.who == "Helen Marsh"
    assert (given.words, given.conditions) == ("Say nothing", "By phone")
    assert given.when == "2026-07-01 10:00:00 BST"
    assert (given.reference, given.clauses) == (done.reference, ("agora:5.2",))
    policy = here.office.knowledge.policies["agora"]
    assert (given.policy, given.policy_version) == (policy.title, policy.version)
    assert "Their question, word for word: Why is the gate shut?" in opened.words.splitlines()
    assert (began.who, ending.what) == ("", "was approved")


async def test_restricted_cases_show_their_events_without_a_word(here: Place) -> None:
    cases = await some_cases(here)
    lines = await here.desk(audit.lines, "ruth-cole", cases["about-omar"])
    assert len(lines) == 9
    assert {line.who for line in lines} == {"Ruth Cole", "Sian Rees", ""}
    assert not any(line.words or line.conditions for line in lines)


async def test_the_person_who_reported_does_not_read_how_it_is_handled(here: Place) -> None:
    cases = await some_cases(here)
    seen = [line.what for line in await here.desk(audit.lines, "sian-rees", cases["about-omar"])]
    assert len(seen) == 3
    assert not any(what.startswith(("did:", "skipped:", "handed")) for what in seen)


async def test_days_are_uk_days_and_both_are_included(here: Place) -> None:
    here.now = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight on 1 July in the UK
    await here.start("amara-obi", "media-enquiry")
    for since, until, count in [
        (date(2026, 7, 1), date(2026, 7, 1), 2),
        (date(2026, 7, 2), None, 0),
        (None, date(2026, 6, 30), 0),
        (None, None, 2),
    ]:
        assert len(await here.desk(audit.lines, "amara-obi", "", since, until)) == count


async def test_somebody_who_left_reads_nothing(here: Place) -> None:
    await some_cases(here)
    await here.office.adopt(left("helen-marsh", on="2026-11-01"), here.now)
    with pytest.raises(NoAccess):
        await here.desk(audit.lines, "helen-marsh")


async def test_an_anchor_is_due_once_a_day(here: Place) -> None:
    await some_cases(here)
    assert len(await here.desk(audit.anchor_if_due)) == 4
    assert await here.desk(audit.anchor_if_due) == []
    here.now += DAY
    assert len(await here.desk(audit.anchor_if_due)) == 4


async def test_a_running_program_writes_them_by_itself(here: Place) -> None:
    await some_cases(here)
    task = asyncio.create_task(keep_anchored(here.office, lambda: here.now, every=0.01))
    for day in (1, 2, 3):
        while len(await here.desk(lambda d: Archive(d.records).anchors("oak"))) < day:
            await asyncio.sleep(0.01)
        here.now += DAY
    task.cancel()
    assert (await audit.verify(here.office, here.now)).faults == ()


# Breaking glass.


async def told(here: Place, person: str) -> list[str]:
    """What a person was told, delivered."""
    await Worker(here.office, Nowhere(), lambda: here.now).settle()
    return [each.text for each in await here.desk(inbox.told, person)]


GLASS = audit.Glass("anita-shah", "mark-duffy", "The police asked for the record")


async def test_two_people_with_a_reason_read_the_words_and_those_who_watch_are_told(here: Place) -> None:
    cases = await some_cases(here)
    case_id = str(await here.desk(lambda d: Archive(d.records).id_of(cases["about-omar"])))
    lines = await here.desk(audit.export_lines, [case_id], GLASS)
    assert any("words facts" in line.words for line in lines)
    assert lines[-1].words == GLASS.reason
    assert (lines[-1].who, lines[-1].what) == ("Anita Shah", "opened the words of this case together with Mark Duffy")
    for person in ("ian-wood", "grace-bell", "tessa-lind", "anita-shah", "mark-duffy"):
        texts = [text for text in await told(here, person) if "Two people opened the words" in text]
        assert len(texts) == 1, person
        assert cases["about-omar"] in texts[0]
        assert WORDS not in texts[0].replace("opened the words", "")
    for person in ("omar-haddad", "sian-rees", "ruth-cole"):
        assert not any("Two people" in text for text in await told(here, person)), person


async def test_who_opened_a_case_from_outside_cannot_see_it_afterwards(here: Place) -> None:
    cases = await some_cases(here)
    case_id = str(await here.desk(lambda d: Archive(d.records).id_of(cases["about-omar"])))
    await here.desk(audit.export_lines, [case_id], GLASS)
    for person in ("anita-shah", "mark-duffy", "ian-wood"):
        with pytest.raises(NoAccess):
            await here.desk(views.case_page, person, case_id)


REFUSED = {
    "about-omar": [
        ("mark-duffy", "mark-duffy"),  # one person
        ("omar-haddad", "mark-duffy"),  # the subject
        ("mark-duffy", "omar-haddad"),
        ("sian-rees", "mark-duffy"),  # who made it
        ("helen-marsh", "mark-duffy"),  # another trust
        ("nobody-known", "mark-duffy"),
    ],
    "about-ruth": [("ruth-cole", "mark-duffy")],
    "approved": [("joan-ellery", "kofi-mensah")],  # not restricted
}


async def test_glass_holds_against_one_person_the_subject_the_reporter_and_strangers(here: Place) -> None:
    cases = await some_cases(here)
    for name, pairs in REFUSED.items():
        case_id = str(await here.desk(lambda d, n=name: Archive(d.records).id_of(cases[n])))
        before = await here.desk(lambda d, c=case_id: d.records.version_of(c))
        for by, witness in pairs:
            with pytest.raises(BadInput):
                await here.desk(audit.export_lines, [case_id], audit.Glass(by, witness, "Reason"))
        assert await here.desk(lambda d, c=case_id: d.records.version_of(c)) == before
    case_id = str(await here.desk(lambda d: Archive(d.records).id_of(cases["about-omar"])))
    with pytest.raises(BadInput, match="--reason"):
        await here.desk(audit.export_lines, [case_id], replace(GLASS, reason="  "))
    await here.office.adopt(left("mark-duffy", on="2026-11-20"), here.now)
    with pytest.raises(BadInput):
        await here.desk(audit.export_lines, [case_id], GLASS)
