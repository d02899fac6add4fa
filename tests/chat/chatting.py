"""The sample schools in a chat of their own, for the tests of what a chat shows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.casework import Done
from bot.chat.desk import ChatDesk
from bot.chat.messages import Account, Card, File, Inbound, Pressed, Raw, Reaction, Said, Spot, Submitted, View
from bot.chat.press import Press
from bot.core import Bot
from bot.organisation import Organisation
from bot.store.engine import Store, Tx
from bot.worker import Worker
from policy_kb.procedures import Procedure
from tests.scenario_answers import Circumstances, fewest
from tests.scenario_chat import Phones, account, with_accounts
from tests.scenario_world import Scene

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ASKERS = {"agora": "amara-obi", "tlt": "sian-rees", "gcc": "beth-young", "att": "jade-owen"}
"""Of each policy, somebody without a role."""


@dataclass
class Chat:
    """Everybody of the sample schools with an account on one platform, and the desk they speak to."""

    scene: Scene
    desk: ChatDesk
    phones: Phones
    _keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def handle(self, what: Inbound) -> Reaction:
        """What comes of it, with everything that follows delivered."""
        reaction = await self.desk.handle(what, self.scene.now)
        await self.scene.worker.settle()
        return reaction

    async def say(
        self, who: str | Account, text: str, place: str = "", under: Spot | None = None, public: bool = False
    ) -> Reaction:
        """Write a message."""
        whose = account(who) if isinstance(who, str) else who
        return await self.handle(Said(whose, text, place or f"D-{whose.user}", self.key(), under, public))

    async def press(self, who: str, press: Press, public: bool = False) -> Reaction:
        """Press a button."""
        return await self.handle(Pressed(account(who), press, f"D-U-{who}", self.key(), public))

    async def send(
        self, who: str, press: Press | None, raw: Raw, files: tuple[File, ...] = (), key: str = ""
    ) -> Reaction:
        """Send a form."""
        assert press is not None
        return await self.handle(Submitted(account(who), press, raw, key or self.key(), files))

    def key(self) -> str:
        """Of the next delivery."""
        return f"delivery-{next(self._keys)}"

    async def adopt(self, organisation: Organisation) -> None:
        """Put an organisation file in force."""
        await self.scene.adopt(organisation)

    def procedure(self, who: str, slug: str) -> Procedure:
        """Of the person's policy."""
        return self.scene.bot.policy(self.scene.person(who)[1].policy).procedures[slug]

    def fewest(self, who: str, slug: str) -> dict[str, tuple[str, ...]]:
        """The fewest valid answers to a form; what is written holds a mark that nobody else would write."""
        home = self.scene.person(who)[1]
        others = tuple(p.id for p in home.people if not p.roles and p.id != who and not p.left_on)
        return fewest(self.procedure(who, slug), Circumstances(self.scene.now.date(), others))

    async def opened(self, who: str, slug: str, typed: Mapping[str, str] | None = None) -> Done:
        """A case made from the fewest answers and these."""
        view = view_of(await self.press(who, Press("start", value=slug)))
        filled = self.fewest(who, slug) | {key: (value,) for key, value in (typed or {}).items()}
        while view.press and view.press.do in ("form", "gate"):
            gate = view.press.do == "gate"
            raw = {"gate": ("none",)} if gate else {i.id: filled.get(i.id, ()) for i in view.inputs}
            reaction = await self.send(who, view.press, raw)
            assert not reaction.errors
            view = view_of(reaction)
        view = view_of(await self.send(who, view.press, {}))
        listed = await self.scene.office.at_desk(self.scene.now, lambda desk: desk.records.cases_of(who))
        case = next(each for each in listed if each.reference == view.title)
        return Done(case.id, case.reference, case.version, case.state.value)

    def card(self, who: str, case_id: str) -> Card:
        """The case's card as it stands before the person."""
        return self.phones.cards[who, case_id][1]

    def spot(self, who: str, case_id: str) -> Spot:
        """Where it stands."""
        return self.phones.cards[who, case_id][0]

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        return self.scene.office.store.run_now(_rows)


def _rows(tx: Tx) -> dict[str, int]:
    names = tx.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    return {n: tx.execute(sa.text(f'SELECT count(*) FROM "{n}"')).scalar_one() for n in names}  # noqa: S608 - our tables


async def make(store: Store, bot: Bot, organisation: Organisation) -> Chat:
    """A chat with an empty store."""
    scene = Scene(store, bot, with_accounts(organisation), NOW)
    desk, phones = ChatDesk(bot, scene.office, "https://askfirst.example"), Phones(scene.posted)
    scene.worker = Worker(scene.office, phones, lambda: scene.now, on=("slack",))
    await scene.adopt(scene.organisation)
    return Chat(scene, desk, phones)


def view_of(reaction: Reaction) -> View:
    """The view that a reaction opens."""
    assert reaction.view is not None, reaction
    return reaction.view


def changed(organisation: Organisation, who: str, **change: object) -> Organisation:
    """The organisation with one person changed."""
    schools = tuple(
        s.model_copy(update={"people": tuple(p.model_copy(update=change) if p.id == who else p for p in s.people)})
        for s in organisation.schools
    )
    return organisation.model_copy(update={"schools": schools})
