"""What erasing a case destroys, and what it leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import audit, privacy, views
from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from bot.store import schema as t
from bot.store.archive import Archive
from tests.record_support import START, Place, command, place, some_cases

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


async def later(here: Place, on: date) -> None:
    """Move the clock to noon of a day."""
    here.now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


# Erasing.


async def test_erasing_destroys_the_words_and_keeps_a_chain_that_verifies(here: Place) -> None:
    found = await some_cases(here)
    case_id = await id_of(here, found["approved"])
    await here.desk(audit.anchor)
    said = await here.desk(privacy.erase, found["approved"], "joan-ellery", "Its time is over", True)
    assert (said["reference"], said["by"], said["reason"]) == (found["approved"], "joan-ellery", "Its time is over")
    assert said["before_its_time"] is True
    assert said["destroyed"]["keys"] == 1
    assert said["destroyed"]["notices"] > 0
    assert said["kept"]["events"] == 6
    assert await here.desk(lambda d: d.records.case(case_id)) is None
    assert await here.desk(lambda d: d.records.events(case_id)) == []
    assert (await audit.verify(here.office, here.now)).faults == ()
    assert await rows_of(here, case_id) == {"case_events": 6, "cases": 1}
    with pytest.raises(NoAccess):
        await here.desk(views.case_page, "amara-obi", case_id)
    assert found["approved"] not in {s.reference for s in await here.desk(views.mine, "amara-obi")}
    with pytest.raises(BadInput, match="erased already"):
        await here.desk(privacy.erase, found["approved"], "joan-ellery", "Twice", True)
    lines = await here.desk(audit.export_lines, [case_id])
    assert [(line.title, line.words, line.who) for line in lines] == [(audit.ERASED, "", "")] * 6


async def rows_of(here: Place, case_id: str) -> dict[str, int]:
    """In which tables something of the case stands."""

    def count(desk: Desk) -> dict[str, int]:
        found = {}
        for table in t.metadata.sorted_tables:
            column = table.c.get("case_id", table.c.id if table.name == "cases" else None)
            if column is not None and table.name not in ("anchored_heads",):
                query = sa.select(sa.func.count()).select_from(table).where(column == case_id)
                found[table.name] = int(desk.records._tx.execute(query).scalar_one())
        return {name: number for name, number in found.items() if number}

    return await here.desk(count)


async def test_open_cases_and_sites_in_use_are_not_erased(here: Place) -> None:
    found = await some_cases(here)
    with pytest.raises(BadInput, match="is open"):
        await here.desk(privacy.erase, found["open"], "grace-bell", "Reason", True)
    with pytest.raises(BadInput, match="have the site closed first"):
        await here.desk(privacy.erase, found["site"], "nora-blake", "Reason", True)
    with pytest.raises(BadInput, match="add --early"):
        await here.desk(privacy.erase, found["approved"], "joan-ellery", "Reason")
    with pytest.raises(BadInput, match="unknown or erased"):
        await here.desk(privacy.erase, "AF-2222-2222", "joan-ellery", "Reason")
    await later(here, date(2033, 1, 1))
    assert (await here.desk(privacy.erase, found["approved"], "joan-ellery", "Reason"))["before_its_time"] is False


async def test_the_register_keeps_the_public_facts_of_an_erased_site_and_nothing_of_people(here: Place) -> None:
    made = await here.start("jade-owen", "new-site", "canary", name="Year 9 choir", platform="YouTube")
    await here.finish(made.case_id)
    site = (await here.desk(lambda d: d.records.entries("kings", "sites")))[0]
    closing = await here.start("jade-owen", "site-closure", site=site.entry)
    await here.finish(closing.case_id)
    await here.desk(privacy.erase, made.reference, "nora-blake", "Closed long ago", True)
    (kept,) = await here.desk(lambda d: d.records.entries("kings", "sites"))
    assert (kept.title, kept.status, kept.details["platform"]) == ("Year 9 choir", "closed", "YouTube")
    assert set(kept.details) <= {"platform", "platform_name", "address", "audience", "key_stages"}
    versions = await here.desk(lambda d: d.records._tx.execute(sa.select(t.register.c.details)).scalars().all())
    assert not any(word in text for text in versions for word in ("jade-owen", "administrators", "reason"))


async def test_other_register_entries_go_with_the_case(here: Place) -> None:
    made = await here.start("amara-obi", "speak-for-school", "canary")
    await here.finish(made.case_id)
    assert len(await here.desk(lambda d: d.records.entries("oak"))) == 1
    await here.desk(privacy.erase, made.reference, "joan-ellery", "Wrong person", True)
    assert await here.desk(lambda d: d.records.entries("oak")) == []


async def test_drafts_left_from_the_case_go_and_a_new_one_stays(here: Place) -> None:
    made = await here.start("amara-obi", "media-enquiry")
    await here.desk(lambda d: d.records.keep_draft("amara-obi", "oak", "media-enquiry", b"old", d.now))
    await here.desk(lambda d: d.records.keep_draft("amara-obi", "oak", "unsure-post", b"other form", d.now))
    await here.finish(made.case_id)
    await here.desk(privacy.erase, made.reference, "joan-ellery", "Reason", True)
    names = await here.desk(lambda d: d.records.draft_names("amara-obi", "oak"))
    assert set(names) == {"unsure-post"}
    second = await here.start("amara-obi", "media-enquiry")
    await here.finish(second.case_id)
    here.now += DAY
    await here.desk(lambda d: d.records.keep_draft("amara-obi", "oak", "media-enquiry", b"new", d.now))
    await here.desk(privacy.erase, second.reference, "joan-ellery", "Reason", True)
    assert await here.desk(lambda d: d.records.draft("amara-obi", "oak", "media-enquiry")) is not None


def test_the_command_writes_a_certificate_and_leaves_no_key_behind(tmp_path: Path) -> None:
    async def fill() -> tuple[dict[str, str], bytes]:
        here = await place(tmp_path)
        found = await some_cases(here)
        case = await id_of(here, found["approved"])
        key = await here.desk(wrapped, case)
        here.close()
        return found, key

    def wrapped(desk: Desk, case: str) -> bytes:
        one = sa.select(t.case_keys.c.wrapped).where(t.case_keys.c.case_id == case)
        return bytes(desk.records._tx.execute(one).scalar_one())

    found, key = asyncio.run(fill())
    words = ["--by", "joan-ellery", "--reason", "Its time is over"]
    with pytest.raises(BadInput, match="add --early"):
        command(tmp_path, START, "privacy", "erase", found["approved"], *words)
    assert list((tmp_path / "certificates").iterdir()) == []
    assert any(key in file.read_bytes() for file in tmp_path.glob("askfirst.db*"))
    assert command(tmp_path, START, "privacy", "erase", found["approved"], "--early", *words) == 0
    said = json.loads((tmp_path / "certificates" / f"{found['approved']}.json").read_text(encoding="utf-8"))
    assert said["by_name"] == "Joan Ellery"
    assert not any(key in file.read_bytes() for file in tmp_path.glob("askfirst.db*"))
    assert command(tmp_path, START, "audit", "verify") == 0
    with pytest.raises(BadInput, match="no case number"):
        command(tmp_path, START, "privacy", "erase", "../../x", *words)
