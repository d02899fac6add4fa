"""A new master key: the old one opens nothing, and everything goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import actions as act
from bot import audit, privacy, views
from bot.desk import Desk
from bot.errors import BadInput
from bot.sealing import Keyring, SealBroken
from bot.store import schema as t
from bot.store.archive import Archive
from bot.store.disposal import rotate
from tests.record_support import START, Place, command, organisation, place, some_cases

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


async def id_of(here: Place, reference: str) -> str:
    """The id behind a number, erased cases included."""
    return str(await here.desk(lambda d: Archive(d.records).id_of(reference)))


# A new master key.


async def test_after_a_new_master_key_the_old_one_opens_nothing_and_everything_goes_on(tmp_path: Path) -> None:
    here = await place(tmp_path)
    found = await some_cases(here)
    await here.desk(privacy.erase, found["erased"], "peter-lowe", "Reason", True)
    await here.desk(lambda d: d.records.keep_draft("amara-obi", "oak", "unsure-post", b"half a form", d.now))
    await here.desk(audit.anchor)
    before = await everything(here)
    old, new = here.office.keyring, Keyring.open(tmp_path / "second.key")
    assert await here.desk(lambda d: rotate(d.records, new)) == 9
    keys = await here.desk(lambda d: all_keys(d))
    assert len(keys) == 9
    for wrapped in keys:
        with pytest.raises(SealBroken):
            old.unseal(wrapped, b"\x01" + bytes(40), "x")
        new.rewrap(wrapped, old)
    here.close()

    file = (tmp_path / "askfirst.db").read_bytes()
    for person in ("amara-obi", "helen-marsh", "sian-rees", "ruth-cole"):
        assert old.tag(f"person:{person}")[:24].encode() not in file
        assert new.tag(f"person:{person}").encode() in file
    stale = await place(tmp_path, old)
    assert await stale.desk(views.mine, "amara-obi") == []
    stale.close()

    again = await place(tmp_path, new)
    again.now = here.now
    assert await everything(again) == before
    assert (await audit.verify(again.office, again.now)).faults == ()
    draft = await again.desk(lambda d: d.records.draft("amara-obi", "oak", "unsure-post"))
    assert draft is not None
    assert draft[0] == b"half a form"
    done = await again.start("amara-obi", "media-enquiry")
    await again.finish(done.case_id)
    assert (await again.act("omar-haddad", await id_of(again, found["open"]), act.Say(words="More"))).refused is None
    again.close()


def all_keys(desk: Desk) -> list[bytes]:
    """Every wrapped key: of cases and of drafts."""
    tx = desk.records._tx
    return [
        *tx.execute(sa.select(t.case_keys.c.wrapped)).scalars(),
        *tx.execute(sa.select(t.drafts.c.wrapped)).scalars(),
    ]


async def everything(here: Place) -> dict[str, Any]:
    """What each person sees: their own cases, what waits for them, the notices not yet delivered."""
    seen: dict[str, Any] = {}
    for person, _ in organisation().everyone():
        mine = [(s.reference, s.state) for s in await here.desk(views.mine, person.id)]
        waiting = [s.reference for s in await here.desk(views.waiting, person.id)]
        tag = await here.desk(lambda d, p=person.id: d.records.tag(p))
        heads = await here.desk(lambda d, lane=tag: d.records.head_of(lane))
        seen[person.id] = (mine, waiting, heads.notice if heads else None)
    return seen


def test_the_command_refuses_the_key_in_use(tmp_path: Path) -> None:
    async def fill() -> None:
        here = await place(tmp_path)
        await some_cases(here)
        here.close()

    asyncio.run(fill())
    with pytest.raises(BadInput, match="key in use"):
        command(tmp_path, START, "privacy", "rotate-key", str(tmp_path / "master.key"))
    assert command(tmp_path, START, "privacy", "rotate-key", str(tmp_path / "second.key")) == 0
    with pytest.raises(BadInput, match="does not open this data"):
        command(tmp_path, START, "audit", "verify")
    (tmp_path / "second.key").replace(tmp_path / "master.key")
    assert command(tmp_path, START, "audit", "verify") == 0
