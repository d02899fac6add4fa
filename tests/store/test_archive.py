"""Chains, anchors, erasing and a new master key: the same on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import anchors, audit, privacy, views
from bot.sealing import Keyring, SealBroken
from bot.store import schema as t
from bot.store.archive import Archive
from bot.store.disposal import rotate
from bot.store.engine import Store
from tests.record_support import Place, over, some_cases

OLD, NEW = Keyring(b"o" * 32), Keyring(b"n" * 32)


async def filled(store: Store, folder: Path) -> tuple[Place, dict[str, str]]:
    here = await over(store, folder, OLD)
    return here, await some_cases(here)


async def test_a_record_with_an_erased_case_verifies_against_its_anchors(store: Store, tmp_path: Path) -> None:
    here, cases = await filled(store, tmp_path)
    lines = [anchors.external_line(each) for each in await here.desk(audit.anchor)]
    said = await here.desk(privacy.erase, cases["erased"], "peter-lowe", "Its time is over", True)
    assert said["destroyed"]["keys"] == 1
    here.now += timedelta(days=1)
    lines += [anchors.external_line(each) for each in await here.desk(audit.anchor_if_due)]
    report = await audit.verify(here.office, here.now, outside=anchors.read_lines("\n".join(lines)))
    assert (report.faults, report.cases, report.anchors) == ((), 9, 8)
    assert len(await here.desk(audit.lines, "grace-bell")) == 9


async def test_events_and_anchors_cannot_be_changed_through_the_database(store: Store, tmp_path: Path) -> None:
    here, _ = await filled(store, tmp_path)
    await here.desk(audit.anchor)
    for table in (t.case_events, t.anchors, t.anchored):
        for statement in (table.delete(), table.update().values(tenant="other")):
            with pytest.raises(sa.exc.DBAPIError):
                await store.run(lambda tx, s=statement: tx.execute(s))
    assert (await audit.verify(here.office, here.now)).faults == ()


async def test_what_was_cut_off_is_named(store: Store, tmp_path: Path) -> None:
    here, cases = await filled(store, tmp_path)
    await here.desk(audit.anchor)
    case_id = await here.desk(lambda d: Archive(d.records).id_of(cases["open"]))
    these = t.cases.update().where(t.cases.c.id == case_id)
    await store.run(lambda tx: tx.execute(these.values(version=1, state="approved")))
    found = {fault.where for fault in (await audit.verify(here.office, here.now)).faults}
    assert found == {cases["open"]}


async def test_two_instances_write_one_anchor_of_a_number(store: Store, tmp_path: Path) -> None:
    here, _ = await filled(store, tmp_path)
    (first, *_) = await here.desk(audit.anchor)
    assert not await here.desk(lambda d: Archive(d.records).add_anchor(first, []))


async def test_a_new_master_key_opens_what_the_old_one_did(store: Store, tmp_path: Path) -> None:
    here, cases = await filled(store, tmp_path)
    mine = [s.reference for s in await here.desk(views.mine, "sian-rees")]
    assert await here.desk(lambda d: rotate(d.records, NEW)) == 9
    with pytest.raises(SealBroken):
        await here.desk(lambda d: d.records.by_reference(cases["open"]))
    again = await over(store, tmp_path, NEW)
    again.now = here.now
    assert [s.reference for s in await again.desk(views.mine, "sian-rees")] == mine
    assert (await audit.verify(again.office, again.now)).faults == ()
