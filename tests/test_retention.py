"""How long cases are kept, and what a hold does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot import privacy, views
from bot.desk import NoAccess
from bot.errors import BadInput
from bot.retention import RULES, due
from bot.store.archive import Archive
from policy_kb.procedures import Retention
from tests.record_support import START, Place, command, left, place, some_cases

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Place]:
    opened = await place(tmp_path)
    yield opened
    opened.close()


async def id_of(here: Place, reference: str) -> str:
    """The id behind a number, erased cases included."""
    return str(await here.desk(lambda d: Archive(d.records).id_of(reference)))


async def due_now(here: Place) -> set[str]:
    """The numbers of the cases to be looked at."""
    return {each.reference for each in await here.desk(due)}


async def later(here: Place, on: date) -> None:
    """Move the clock to noon of a day."""
    here.now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


# Retention.


def test_each_rule_names_its_source() -> None:
    assert set(RULES) == set(Retention)
    assert {rule: RULES[rule].years for rule in Retention} == {
        Retention.ROUTINE: 6,
        Retention.REGISTER: 6,
        Retention.CONCERN: None,
        Retention.ALLEGATION: 10,
    }
    assert all(len(rule.source) > 20 for rule in RULES.values())


async def test_a_routine_request_is_due_six_years_after_it_ended_and_never_while_it_is_open(here: Place) -> None:
    found = await some_cases(here)
    routine = {found[name] for name in ("approved", "declined", "withdrawn", "erased")}
    await later(here, date(2032, 11, 19))
    assert await due_now(here) == set()
    await later(here, date(2032, 11, 20))
    assert await due_now(here) == routine
    assert found["open"] not in await due_now(here)


async def test_a_register_case_is_due_six_years_after_its_entry_was_closed(here: Place) -> None:
    found = await some_cases(here)
    site = (await here.desk(lambda d: d.records.entries("kings", "sites")))[0]
    await later(here, date(2040, 1, 10))
    assert found["site"] not in await due_now(here)
    closing = await here.start("jade-owen", "site-closure", site=site.entry)
    await here.finish(closing.case_id)
    assert (await here.desk(lambda d: d.records.entries("kings", "sites")))[0].status == "closed"
    assert found["site"] not in await due_now(here)
    await later(here, date(2046, 1, 9))
    assert found["site"] not in await due_now(here)
    await later(here, date(2046, 1, 10))
    assert found["site"] in await due_now(here)


async def test_a_concern_is_kept_until_the_person_leaves_and_then_looked_at(here: Place) -> None:
    about_omar = await here.start("sian-rees", "misuse-report", subject="omar-haddad")
    about_nobody = await here.start("omar-haddad", "pupil-friend-request")
    for case in (about_omar, about_nobody):
        await here.finish(case.case_id)
    await later(here, date(2050, 1, 1))
    assert await due_now(here) == set()
    await here.office.adopt(left("sian-rees", on="2050-01-01"), here.now)
    assert await due_now(here) == set()
    await here.office.adopt(left("omar-haddad", on="2050-02-01"), here.now)
    assert await due_now(here) == set()
    await later(here, date(2050, 2, 1))
    assert await due_now(here) == {about_omar.reference, about_nobody.reference}


async def test_the_day_of_a_concern_is_not_told_for_it_says_of_whom(here: Place) -> None:
    done = await here.start("sian-rees", "misuse-report", subject="omar-haddad")
    await here.finish(done.case_id)
    await here.office.adopt(left("omar-haddad", on="2026-11-20"), here.now)
    assert [(each.reference, each.on) for each in await here.desk(due)] == [(done.reference, None)]


async def test_an_allegation_is_looked_at_after_ten_years_and_cannot_be_erased_before(here: Place) -> None:
    found = await some_cases(here)
    await here.office.adopt(left("omar-haddad", on="2026-11-21"), here.now)
    await later(here, date(2036, 11, 19))
    assert found["about-omar"] not in await due_now(here)
    with pytest.raises(BadInput, match="cannot be erased earlier"):
        await here.desk(privacy.erase, found["about-omar"], "ian-wood", "Tidying", True)
    await later(here, date(2036, 11, 20))
    assert found["about-omar"] in await due_now(here)


async def test_a_hold_beats_every_rule(here: Place) -> None:
    found = await some_cases(here)
    await here.desk(privacy.hold, found["approved"], True, "joan-ellery", "A freedom of information request")
    await later(here, date(2060, 1, 1))
    assert found["declined"] in await due_now(here)
    assert found["approved"] not in await due_now(here)
    with pytest.raises(BadInput, match="is held"):
        await here.desk(privacy.erase, found["approved"], "joan-ellery", "Over", True)
    with pytest.raises(BadInput, match="held already"):
        await here.desk(privacy.hold, found["approved"], True, "joan-ellery", "Again")
    await here.desk(privacy.hold, found["approved"], False, "joan-ellery", "Answered")
    assert found["approved"] in await due_now(here)


async def test_who_holds_a_case_does_not_come_to_see_it(here: Place) -> None:
    found = await some_cases(here)
    await here.desk(privacy.hold, found["about-omar"], True, "ian-wood", "A claim")
    with pytest.raises(NoAccess):
        await here.desk(views.case_page, "ian-wood", await id_of(here, found["about-omar"]))
    lines = (await here.desk(views.case_page, "sian-rees", await id_of(here, found["about-omar"]))).thread
    assert not any("A claim" in line.words for line in lines)


NOT_REVIEWERS = {
    "approved": ["amara-obi", "priya-nair", "ruth-cole", "nobody-known"],  # requester, no such role, other tenant
    "about-ruth": ["ruth-cole", "sian-rees"],  # the subject, who made it
}


@pytest.mark.parametrize("name", NOT_REVIEWERS)
async def test_only_an_uninvolved_head_chair_or_lead_of_the_place_holds_and_erases(here: Place, name: str) -> None:
    found = await some_cases(here)
    for person in NOT_REVIEWERS[name]:
        with pytest.raises(BadInput, match="cannot decide this"):
            await here.desk(privacy.hold, found[name], True, person, "Reason")
        with pytest.raises(BadInput, match="cannot decide this"):
            await here.desk(privacy.erase, found[name], person, "Reason", True)
    with pytest.raises(BadInput, match="--reason"):
        await here.desk(privacy.hold, found[name], True, "grace-bell" if name == "about-ruth" else "joan-ellery", " ")


def test_due_and_hold_as_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fill() -> dict[str, str]:
        here = await place(tmp_path)
        found = await some_cases(here)
        here.close()
        return found

    found = asyncio.run(fill())
    then = START + 7 * YEAR
    hold = ["privacy", "hold", found["approved"], "on", "--by", "joan-ellery", "--reason", "A claim"]
    assert command(tmp_path, then, *hold) == 0
    capsys.readouterr()
    assert command(tmp_path, then, "privacy", "due") == 0
    out = capsys.readouterr().out
    assert found["declined"] in out
    assert found["approved"] not in out
    assert "3 to look at" in out
