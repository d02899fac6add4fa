"""The record of all cases: whatever is done to the file is found and named."""

# ruff: noqa: S311 - the same trials are wanted each time

from __future__ import annotations

import asyncio
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import actions as act
from bot import anchors, audit, privacy
from bot.chain import check_cases
from bot.sealing import Keyring
from bot.store.archive import Archive
from bot.store.engine import Silent
from bot.store.records import Records
from tests.record_support import place, some_cases, upload
from tests.vandal import Sealed, Vandal

DAY = timedelta(days=1)
TRIALS = 1_000


async def _record(folder: Path) -> Sealed:
    here = await place(folder)
    cases = await some_cases(here)
    lines = [anchors.external_line(each) for each in await here.desk(audit.anchor)]
    here.now += DAY
    await here.desk(privacy.erase, cases["erased"], "peter-lowe", "Made by mistake", True)
    proof = await here.start("omar-haddad", "pupil-friend-request", uploads=(upload(b"a picture" * 50),))
    cases["with-file"] = proof.reference
    ids = {name: str(await here.desk(lambda d, r=ref: Archive(d.records).id_of(r))) for name, ref in cases.items()}
    await here.act("omar-haddad", ids["open"], act.Say(words="Still waiting"))
    lines += [anchors.external_line(each) for each in await here.desk(audit.anchor)]
    here.close()
    return Sealed(folder, cases, ids, anchors.read_lines("\n".join(lines)))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return asyncio.run(_record(tmp_path_factory.mktemp("sealed")))


def file_of(folder: Path) -> sa.Engine:
    """The database file of a folder, opened anew for each check."""
    return sa.create_engine(f"sqlite:///{folder / 'askfirst.db'}", poolclass=sa.pool.NullPool)


def faults_of(file: sa.Engine, keyring: Keyring, outside: list[dict[str, object]]) -> list[anchors.Fault]:
    """What a check of the file finds, without going through a running office."""
    with file.connect() as tx:
        records = Records(tx, keyring, Silent())
        archive = Archive(records)
        found = check_cases(records, archive.case_ids(), archive.known())[1]
        for tenant in archive.tenants():
            mine = [line for line in outside if line["tenant"] == tenant]
            found += anchors.check_anchors(records, tenant, mine)[1]
    return found


def test_a_whole_record_has_no_fault(sealed: Sealed) -> None:
    assert faults_of(file_of(sealed.folder), Keyring.open(sealed.folder / "master.key"), sealed.outside) == []


def test_every_one_of_a_thousand_tamperings_is_found_and_named(sealed: Sealed, tmp_path: Path) -> None:
    chance = random.Random(20261120)
    whole = (sealed.folder / "askfirst.db").read_bytes()
    keyring, file, missed = Keyring.open(sealed.folder / "master.key"), file_of(tmp_path), []
    for trial in range(TRIALS):
        (tmp_path / "askfirst.db").write_bytes(whole)
        spoilt = Vandal(tmp_path / "askfirst.db", sealed, chance).spoil()
        found = faults_of(file, keyring, sealed.outside)
        if not any(f.where == spoilt.where and spoilt.seq in (None, f.seq) for f in found):
            missed.append((trial, spoilt, found))
    assert missed == [], f"{len(missed)} of {TRIALS}"


async def test_an_erased_case_still_verifies_through_a_running_office(sealed: Sealed, tmp_path: Path) -> None:
    for name in ("askfirst.db", "master.key"):
        shutil.copy(sealed.folder / name, tmp_path / name)
    here = await place(tmp_path)
    report = await audit.verify(here.office, here.now, outside=sealed.outside)
    assert (report.faults, report.cases, report.anchors) == ((), 10, 8)
    only = await audit.verify(here.office, here.now, tenant="oak")
    assert (only.faults, only.cases, only.anchors) == ((), 2, 2)
    here.close()
