"""Cases as plain events, for tests of the store alone: no procedure, no directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from bot import events as ev
from bot.cases import Case, fold
from bot.organisation import Organisation, Person, School
from bot.sealing import Keyring
from bot.store.engine import Store
from bot.store.records import Notice, Records, new_id, new_reference

Result = TypeVar("Result")
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
REQUESTER, DECIDER = "amara", "helen"


def opening(reference: str | None = None) -> tuple[ev.Event, ...]:
    """A request that waits for its first stage."""
    opened = ev.CaseOpened(
        by=REQUESTER,
        at=NOW,
        case=new_id(),
        reference=reference or new_reference(),
        trust="elm",
        school="elm-primary",
        policy="agora",
        policy_version="1",
        procedure="media-enquiry",
        place="school",
        values={"question": "why?"},
    )
    return opened, ev.StageBegan(at=NOW, stage="decision", due=NOW + timedelta(hours=3))


def said(words: str) -> tuple[ev.Event, ...]:
    """A message in the thread."""
    return (ev.Said(by=REQUESTER, at=NOW, words=words),)


def to(person: str, case: Case, kind: str = "waiting") -> Notice:
    """A notice of the case's newest event."""
    return Notice(person, kind, case.id, case.version)


def add(records: Records, case_id: str, events: tuple[ev.Event, ...]) -> Case:
    """Append to a case as the case office does: read with a lock, folded, written."""
    before = records.case(case_id, lock=True)
    assert before is not None
    return append(records, before, events)


def append(records: Records, before: Case, events: tuple[ev.Event, ...]) -> Case:
    """Append to a case as it was read."""
    after = fold(events, before)
    assert after is not None
    records.append(before, events, after)
    return after


def organisation(title: str) -> Organisation:
    """The smallest organisation."""
    person = Person(id=REQUESTER, name="Amara Obi", job="Teacher")
    return Organisation(title=title, schools=(School(id="elm-primary", name="Elm", policy="agora", people=(person,)),))


@dataclass(frozen=True)
class Books:
    """A store with its keyring."""

    store: Store
    keyring: Keyring

    async def write(self, fn: Callable[[Records], Result]) -> Result:
        """fn(records) in one transaction."""
        return await self.store.run(lambda tx: fn(Records(tx, self.keyring, self.store.bell)))

    async def opened(self) -> Case:
        """A stored case."""
        return await self.write(lambda records: records.open_case(opening(), False, REQUESTER))

    async def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        """Everything in a table."""
        return await self.store.run(lambda tx: list(tx.execute(sa.select(table)).all()))
