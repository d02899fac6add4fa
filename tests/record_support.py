"""A small organisation whose cases are run to their ends, for the tests of audit and privacy."""

from __future__ import annotations

import argparse
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot import actions as act
from bot import audit_cli, cases, privacy_cli
from bot.cases import NOBODY, State
from bot.casework import CaseOffice, Done, Upload
from bot.desk import Desk
from bot.events import Attachment, Value
from bot.opening import knowledge
from bot.organisation import Organisation
from bot.sealing import Keyring
from bot.settings import Settings
from bot.store.engine import Store, open_sqlite
from bot.store.records import Records
from policy_kb.procedures import FieldType, Kind, Procedure

Result = TypeVar("Result")
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def _school(school_id: str, policy: str, people: dict[str, tuple[str, ...]], **more: Any) -> dict[str, Any]:
    """A school; people: id -> roles. Everyone's id is their name in small letters."""
    listed = [
        {"id": p, "name": p.replace("-", " ").title(), "job": "Staff", "roles": list(roles)}
        for p, roles in people.items()
    ]
    return {"id": school_id, "name": f"{school_id.title()} School", "policy": policy, "people": listed} | more


SCHOOLS = [
    _school(
        "north",
        "tlt",
        {
            "sian-rees": (),
            "omar-haddad": (),
            "ruth-cole": ("headteacher",),
            "neil-grant": ("slt", "deputy_headteacher", "anti_bullying_lead"),
            "anita-shah": ("trust_business_director",),
            "mark-duffy": ("line_manager",),
            "lena-koch": ("network_manager", "it_support", "esafety_officer"),
            "grace-bell": ("chair_of_governors", "governing_board"),
            "ian-wood": ("safeguarding_lead",),
        },
        trust="harbour",
    ),
    _school(
        "hub",
        "tlt",
        {"ceri-vaughan": ("ceo",), "tessa-lind": ("chair_of_trustees",), "viktor-hale": ()},
        trust="harbour",
        central=True,
    ),
    _school(
        "oak",
        "agora",
        {
            "amara-obi": (),
            "helen-marsh": ("headteacher",),
            "david-lunn": ("ceo",),
            "priya-nair": ("line_manager",),
            "joan-ellery": ("chair_of_governors", "governing_board"),
            "kofi-mensah": ("safeguarding_lead",),
        },
    ),
    _school(
        "kings",
        "att",
        {
            "jade-owen": (),
            "sam-akhtar": (),
            "fiona-drew": ("headteacher",),
            "leo-marsden": ("safeguarding_lead",),
            "chloe-wright": ("network_manager", "it_support"),
            "ben-stone": ("esafety_officer",),
            "tara-quinn": ("head_of_marketing",),
            "yusuf-ali": ("line_manager",),
            "nora-blake": ("chair_of_governors", "governing_board"),
        },
    ),
    _school(
        "anne",
        "gcc",
        {
            "beth-young": (),
            "carl-hughes": (),
            "diane-foster": ("headteacher",),
            "peter-lowe": ("chair_of_governors", "governing_board"),
            "maya-singh": ("line_manager", "safeguarding_lead"),
        },
    ),
]
TRUSTS = [{"id": "harbour", "name": "Harbour Trust"}]
ASKER = {"agora": ("oak", "amara-obi"), "tlt": ("north", "sian-rees"), "gcc": ("anne", "beth-young"),
         "att": ("kings", "jade-owen")}  # fmt: skip
"""Of each policy, a school with a person who holds no role there."""


def organisation(change: Callable[[dict[str, Any]], dict[str, Any]] = lambda person: person) -> Organisation:
    """The organisation; change: what else each person has, such as the day they left."""
    schools = [s | {"people": [change(dict(p)) for p in s["people"]]} for s in SCHOOLS]
    return Organisation.model_validate({"title": "Test", "trusts": TRUSTS, "schools": schools})


def left(*people: str, on: str) -> Organisation:
    """The organisation after these people left."""
    return organisation(lambda p: p | {"left_on": on} if p["id"] in people else p)


@dataclass
class Place:
    """An office over a database in a folder, with a clock of its own."""

    folder: Path
    store: Store
    office: CaseOffice
    now: datetime = START

    async def desk(self, fn: Callable[..., Result], *args: Any) -> Result:
        """fn(desk, *args) now."""
        return await self.office.at_desk(self.now, fn, *args)

    async def start(
        self, person: str, slug: str, words: str = "words", uploads: tuple[Upload, ...] = (), **fixed: Value
    ) -> Done:
        """Start a case with every field filled in."""
        school = home_of(person)
        values = fill(self.office.knowledge.policies[school["policy"]].procedures[slug], words, person) | fixed
        return await self.office.start(person, slug, values, self.now, uploads=uploads)

    async def act(self, person: str, case_id: str, action: act.Action) -> Done:
        """An action that must not be refused."""
        done = await self.office.act(person, case_id, action, self.now)
        assert done.refused is None, done
        return done

    async def finish(self, case_id: str, words: str = "words", decline: bool = False) -> None:
        """Let those who hold the case bring it to its end."""
        while (step := await self.desk(_next_step, case_id, words, decline)) is not None:
            await self.act(step[0], case_id, step[1])

    def close(self) -> None:
        """Close the database."""
        self.store.close()


async def place(folder: Path, keyring: Keyring | None = None) -> Place:
    """An office in the folder, the organisation adopted."""
    return await over(open_sqlite(folder / "askfirst.db"), folder, keyring or Keyring.open(folder / "master.key"))


async def over(store: Store, folder: Path, keyring: Keyring) -> Place:
    """An office over a store, the organisation adopted where there is none yet."""
    opened = Place(folder, store, CaseOffice(store, keyring, knowledge()))
    if not await store.run(_organised, opened.office):
        await opened.office.adopt(organisation(), START)
    return opened


def _organised(tx: Any, office: CaseOffice) -> bool:
    return Records(tx, office.keyring, office.store.bell).organisation_version() > 0


def home_of(person: str) -> dict[str, Any]:
    """The school of a person, as data."""
    return next(s for s in SCHOOLS if any(p["id"] == person for p in s["people"]))


def fill(procedure: Procedure, words: str, person: str) -> dict[str, Value]:
    """Every field that applies, free text with these words."""
    values: dict[str, Value] = {}
    for field in procedure.fields:
        if field.type is FieldType.EVIDENCE or not cases.holds(field.when, values):
            continue
        match field.type:
            case FieldType.CHOICE:
                values[field.id] = field.options[0]
            case FieldType.CHOICES:
                values[field.id] = field.options[: max(1, field.least or 1)]
            case FieldType.YES_NO:
                values[field.id] = True
            case FieldType.NUMBER:
                values[field.id] = field.least or 1
            case FieldType.DATE:
                values[field.id] = "2027-06-30" if field.id == "closure" else "2027-01-08"
            case FieldType.MOMENT:
                values[field.id] = "2026-12-01T15:00:00+00:00"
            case FieldType.ADDRESS:
                values[field.id] = f"https://example.org/{words}"
            case FieldType.PEOPLE:
                values[field.id] = tuple(p["id"] for p in home_of(person)["people"][:3])
            case FieldType.PERSON:
                values[field.id] = person
            case FieldType.SUBJECT:
                values[field.id] = NOBODY
            case FieldType.SITE:
                values[field.id] = "0" * 32
            case _:
                values[field.id] = f"{words} {field.id}"
    return values


def _next_step(desk: Desk, case_id: str, words: str, decline: bool) -> tuple[str, act.Action] | None:
    case = desk.records.case(case_id)
    assert case is not None
    procedure = desk.procedure(case)
    if case.state is not State.OPEN:
        return None
    who = cases.deciders(case, procedure, desk.directory)[0].person.id
    if procedure.kind is Kind.REQUEST:
        if decline:
            return who, act.Decline(words=f"{words} declined")
        return who, act.Approve(words=f"{words} approved", conditions=words, confirmed=procedure.checklist)
    left_ = [s for s in cases.steps(procedure, case.values) if s.id not in case.marks]
    if left_:
        return who, act.MarkStep(step=left_[0].id, done=True, words=f"{words} done")
    return who, act.Close(words=f"{words} closed")


def upload(data: bytes, viewer: bytes | None = None) -> Upload:
    """A file as if it had been checked."""
    digest = hashlib.sha256(data).hexdigest()
    kept = Attachment(id=secrets.token_hex(16), kind="png", size=len(data), sha256=digest)
    return Upload(kept, data, viewer or data, "png")


async def some_cases(here: Place) -> dict[str, str]:
    """Cases of every sort, by what they are -> reference; one of them is erased."""
    made: dict[str, Done] = {}
    made["approved"] = await here.start("amara-obi", "media-enquiry", deadline="2026-11-24T15:00:00+00:00")
    made["declined"] = await here.start("amara-obi", "media-enquiry")
    made["withdrawn"] = await here.start("sian-rees", "media-enquiry")
    made["open"] = await here.start("omar-haddad", "media-enquiry")
    made["about-omar"] = await here.start("sian-rees", "staff-friending-report", subject="omar-haddad")
    made["about-ruth"] = await here.start("sian-rees", "staff-friending-report", subject="ruth-cole")
    made["pupil"] = await here.start("omar-haddad", "pupil-friend-request")
    made["site"] = await here.start("jade-owen", "new-site")
    made["erased"] = await here.start("beth-young", "media-enquiry")
    here.now += timedelta(hours=1)
    await here.act("amara-obi", made["approved"].case_id, act.Say(words="One more thing"))
    await here.act("sian-rees", made["withdrawn"].case_id, act.Withdraw(words="Settled"))
    for name in ("approved", "about-omar", "about-ruth", "pupil", "site", "erased"):
        await here.finish(made[name].case_id)
    await here.finish(made["declined"].case_id, decline=True)
    return {name: done.reference for name, done in made.items()}


def people(names: Sequence[str]) -> list[str]:
    """Names as the organisation shows them."""
    return [name.replace("-", " ").title() for name in names]


def command(folder: Path, now: datetime, *words: str) -> int:
    """An `audit` or `privacy` command over the data of a folder, as the composition root would run it."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    audit_cli.add_commands(commands, lambda: now)
    privacy_cli.add_commands(commands, lambda: now)
    options = parser.parse_args(words)
    return int(options.run(options, Settings(cache=folder, data=folder), None))
