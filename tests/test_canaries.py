"""What staff write through every procedure is readable in no file of the database, no backup, no log and no output."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import actions as act
from bot import views
from bot.cases import State
from bot.chat.messages import Post, Spot
from bot.desk import NoAccess
from bot.errors import BadInput
from bot.events import Value
from bot.store.engine import StoreBroken
from bot.store.sqlite import SqliteStore
from bot.worker import Worker
from policy_kb.procedures import FieldType, Kind, Procedure, RegisterName
from tests.record_support import ASKER, Place, command, fill, place, upload

SECRET = "canary-5e1f"
PUBLIC = "sparrow-77aa"
"""Stands in the few fields of a site that its public register shows: it must be found, or the search finds nothing."""
STRANGER = {"agora": "kofi-mensah", "tlt": "viktor-hale", "att": "tara-quinn", "gcc": "carl-hughes"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Place]:
    opened = await place(tmp_path)
    yield opened
    with contextlib.suppress(StoreBroken):
        opened.close()


def written(procedure: Procedure, person: str) -> dict[str, Value]:
    """A form in which every free word is a canary; the facts of a public register are the public one."""
    values = fill(procedure, SECRET, person)
    for effect in procedure.effects:
        if effect.register_ is RegisterName.SITES:
            shown = [key for key in values if key in (effect.title, *effect.keep) and _free(procedure, key)]
            values |= {key: str(values[key]).replace(SECRET, PUBLIC) for key in shown}
    return values


def _free(procedure: Procedure, key: str) -> bool:
    return procedure.by_id[key].type in (FieldType.LINE, FieldType.TEXT, FieldType.ADDRESS)


async def every_flow(here: Place) -> int:
    """Each procedure of each policy from its start to an end, with everything that people can write on the way."""
    started = 0
    for policy, (_, person) in ASKER.items():
        for slug, procedure in here.office.knowledge.policies[policy].procedures.items():
            if procedure.kind is Kind.LOOK_UP:
                continue
            tenant = await here.desk(lambda d, p=person: d.person(p)[1].tenant)
            await here.desk(lambda d, p=person, s=slug, t=tenant: d.records.keep_draft(p, t, s, SECRET.encode(), d.now))
            values = written(procedure, person)
            files = (upload(SECRET.encode() * 20),) if procedure.takes_evidence else ()
            done = await here.office.start(person, slug, values, here.now, uploads=files, key=f"{slug}-{started}")
            started += 1
            await talk(here, person, done.case_id, procedure, values)
            await here.finish(done.case_id, SECRET, decline=slug == "media-enquiry")
    return started


async def talk(here: Place, person: str, case_id: str, procedure: Procedure, values: dict[str, Value]) -> None:
    """Questions, answers, a change of the request; and somebody who has no business there."""
    case = await here.desk(lambda d: d.records.case(case_id))
    assert case is not None
    if case.state is not State.OPEN:
        return
    await here.act(person, case_id, act.Say(words=f"{SECRET} from the asker"))
    for decider in await here.desk(_deciding, case_id):
        await here.office.act(decider, case_id, act.Open(), here.now)
        await here.act(decider, case_id, act.Ask(words=f"{SECRET} asked"))
        break
    if procedure.kind is Kind.REQUEST:
        await here.act(person, case_id, act.Revise(values=values))
    with contextlib.suppress(NoAccess):
        await here.office.act(STRANGER[case.policy], case_id, act.Say(words=f"{SECRET} from a stranger"), here.now)


def _deciding(desk: Any, case_id: str) -> list[str]:
    from bot import cases

    case = desk.records.case(case_id)
    return [s.person.id for s in cases.deciders(case, desk.procedure(case), desk.directory)]


class Failing:
    """A platform that takes nothing and says in its error what it was given."""

    async def post(self, post: Post) -> Spot | None:
        raise RuntimeError(f"not taken: {post} {SECRET}")


@contextlib.contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Every log record of every library, as text with its traceback."""
    lines: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, handler = logging.getLogger(), Listening()
    before = {each: each.level for each in (root, logging.getLogger("sqlalchemy"), logging.getLogger("alembic"))}
    root.addHandler(handler)
    for each in before:
        each.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        for each, level in before.items():
            each.setLevel(level)


async def test_stolen_files_logs_and_output_hold_no_word_of_what_staff_wrote(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with everything_logged() as lines:
        here = await place(tmp_path / "data")
        assert await every_flow(here) > 60
        await Worker(here.office, Failing(), lambda: here.now).settle()
        here.now += timedelta(days=3)
        await Worker(here.office, Failing(), lambda: here.now).settle()
        assert isinstance(here.store, SqliteStore)
        here.store.backup(tmp_path / "backup.db")
        stolen = {path.name: path.read_bytes() for path in [*(tmp_path / "data").iterdir(), tmp_path / "backup.db"]}
        here.close()
    assert {"askfirst.db", "askfirst.db-wal", "backup.db"} <= stolen.keys()
    for name, data in stolen.items():
        assert SECRET.encode() not in data, name
        assert SECRET.encode("utf-16-le") not in data, name
    assert PUBLIC.encode() in stolen["backup.db"]
    assert any("INSERT INTO case_events" in line for line in lines), "the libraries' logs were not heard"
    assert not [line for line in lines if SECRET in line]
    out, err = capfd.readouterr()
    assert SECRET not in out + err


async def test_errors_say_nothing_of_what_was_written(here: Place, capfd: pytest.CaptureFixture[str]) -> None:
    made = await here.start("sian-rees", "staff-friending-report", SECRET, subject="omar-haddad")
    attempts: list[Any] = [
        lambda: here.office.start("sian-rees", SECRET, {"facts": SECRET}, here.now),
        lambda: here.office.start(SECRET, "media-enquiry", {"question": SECRET}, here.now),
        lambda: here.office.act("omar-haddad", made.case_id, act.Say(words=SECRET), here.now),
        lambda: here.office.act("ruth-cole", SECRET, act.Say(words=SECRET), here.now),
        lambda: here.desk(views.case_page, "omar-haddad", made.case_id),
        lambda: here.desk(lambda _: act.read_action({"do": "approve", "words": SECRET * 2_000})),
        lambda: here.desk(lambda _: act.read_action({"do": SECRET, "words": SECRET})),
    ]
    with everything_logged() as lines:
        for attempt in attempts:
            with pytest.raises((BadInput, NoAccess)) as caught:
                await attempt()
            assert SECRET not in str(caught.value)
        await here.store.run(lambda tx: tx.execute(sa.text("DROP TABLE outbox")))
        with pytest.raises(StoreBroken) as broken:
            await here.act("ruth-cole", made.case_id, act.Ask(words=SECRET))
        told = "".join(traceback.format_exception(broken.value))
    assert SECRET not in told
    assert not [line for line in lines if SECRET in line]
    out, err = capfd.readouterr()
    assert SECRET not in out + err


def test_commands_print_no_word_of_a_case(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import asyncio

    async def made() -> str:
        here = await place(tmp_path)
        done = await here.start("amara-obi", "media-enquiry", SECRET)
        await here.finish(done.case_id, SECRET)
        here.close()
        return done.reference

    reference = asyncio.run(made())
    now = Place.now
    for words in (
        ("audit", "verify"),
        ("audit", "anchor"),
        ("audit", "export", "--out", str(tmp_path / "a.csv")),
        ("audit", "export", "--format", "pdf", "--case", reference, "--out", str(tmp_path / "a.pdf")),
        ("privacy", "due"),
        ("privacy", "export", "amara-obi", "--out", str(tmp_path / "access")),
        ("privacy", "hold", reference, "on", "--by", "joan-ellery", "--reason", SECRET),
    ):
        assert command(tmp_path, now, *words) == 0
    out, err = capfd.readouterr()
    assert reference not in err
    assert SECRET not in out + err
