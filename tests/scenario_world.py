"""The world of a scenario, the store, clock and organisation behind a front, and what every front can do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import sqlalchemy as sa

from bot import chain
from bot import events as ev
from bot.casework import CaseOffice
from bot.chat.messages import Post, Spot
from bot.core import Bot
from bot.organisation import Organisation, Person, School
from bot.sealing import Keyring
from bot.store.engine import Store, Tx
from bot.store.records import Entry
from bot.worker import Worker
from tests.scenario_format import Does

Typed = Mapping[str, tuple[str, ...]]
"""What was filled in, by field."""


@dataclass(frozen=True)
class Heard:
    """An answer in the chat. offers: the procedures it can start, the first one first."""

    text: str
    offers: tuple[str, ...]


@dataclass(frozen=True)
class Extra:
    """What goes with a form: files, or that one was held back at the gate; the school it is for."""

    files: tuple[str, ...] = ()
    held_back: bool = False
    school: str | None = None


@dataclass(frozen=True)
class Sent:
    """What came of a form: a case, or sentences beside fields, or one refusal for all of it."""

    case: str | None = None
    reference: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True)
class Seen:
    """A case page as text. thread: its lines, oldest first; may: its buttons; page: all that can be read on it."""

    state: str
    next: str
    thread: tuple[str, ...]
    may: frozenset[str]
    page: str


class Front(Protocol):
    """What a person can do on a platform. Ids of people and cases are the scenario's and the scene's."""

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """Ask the bot, then press these buttons. None where this front does not answer."""

    async def starts(self, who: str, slug: str, typed: Typed, extra: Extra) -> Sent:
        """Fill in a form and send it."""

    async def looks(self, who: str, slug: str) -> str:
        """Open a look-up; what can be read."""

    async def does(self, who: str, case: str, step: Does) -> str | None:
        """Press a button of the case page; the sentence of the refusal, if it was refused."""

    async def away(self, who: str, stand_in: str, since: datetime, until: datetime) -> str | None:
        """Say "I'm away"; the sentence of the refusal, if it was refused."""

    async def back(self, who: str) -> None:
        """Say "I'm back"."""

    async def sees(self, who: str, case: str) -> Seen | None:
        """Open the case page; None where there is no such case for them. Whoever handles a report has then read it."""

    async def told(self, who: str, case: str) -> list[str]:
        """The notices about the case that they can read, oldest first."""

    async def waiting(self, who: str) -> set[str]:
        """The cases under "Waiting for me"."""


class Posted:
    """A platform that keeps what it was asked to post."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str, str, str]] = []

    async def post(self, post: Post) -> Spot | None:
        """Keep it."""
        self.posts.append((post.key, post.person, post.text, post.case_id))
        return None


class Scene:
    """One organisation with its own clock and an empty store."""

    def __init__(self, store: Store, bot: Bot, organisation: Organisation, at: datetime) -> None:
        self.now = at.astimezone(UTC)
        self.bot = bot
        self.organisation = organisation
        store.run_now(_wipe)
        self.office = CaseOffice(store, Keyring(secrets.token_bytes(32)), bot.ready.knowledge)
        self.posted = Posted()
        self.worker = Worker(self.office, self.posted, lambda: self.now)

    async def adopt(self, organisation: Organisation) -> None:
        """Put an organisation file in force."""
        self.organisation = organisation
        await self.office.adopt(organisation, self.now)
        await self.worker.settle()

    async def until(self, moment: datetime) -> None:
        """Let time pass, stopping at every clock on the way as a service that never sleeps does."""
        while True:
            due = await self.office.at_desk(self.now, lambda desk: desk.records.next_timer())
            if due is None or due > moment:
                break
            self.now = max(self.now, due)
            await self.worker.settle()
        self.now = moment.astimezone(UTC)
        await self.worker.settle()

    async def events(self, case: str) -> list[ev.Event]:
        """The audit trail of a case."""
        return await self.office.at_desk(self.now, lambda desk: desk.records.events(case))

    async def entries(self, tenant: str) -> list[Entry]:
        """Every register entry of a trust."""
        return await self.office.at_desk(self.now, lambda desk: desk.records.entries(tenant))

    async def verify(self) -> None:
        """Every chain is whole, and the events add up to the cases (SECURITY T24)."""
        report = await chain.verify(self.office, self.now)
        assert not report.faults, report.faults

    def person(self, person_id: str) -> tuple[Person, School]:
        """A person of the organisation with their own school."""
        found, home = self.organisation.person(person_id), self.organisation.home(person_id)
        assert found is not None
        assert home is not None
        return found, home


def _wipe(tx: Tx) -> None:
    """Empty every table. A database of its own for each story would compile every statement anew.

    The triggers that let nobody do this are taken away and put back in the same transaction.
    """
    rows = tx.execute(sa.text("SELECT type, name, sql FROM sqlite_master")).all()
    triggers = [(row.name, row.sql) for row in rows if row.type == "trigger"]
    tx.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
    for name, _ in triggers:
        tx.execute(sa.text(f'DROP TRIGGER "{name}"'))
    for row in rows:
        if row.type == "table" and not row.name.startswith(("sqlite_", "alembic_")):
            tx.execute(sa.text(f'DELETE FROM "{row.name}"'))  # noqa: S608 - names of our own tables
    for _, statement in triggers:
        tx.execute(sa.text(statement.replace(":", "\\:")))
