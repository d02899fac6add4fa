"""Ten thousand random organisations against a plain oracle: the subject hears and the asker decides nothing (T05, T06).

The oracle knows the requirements and not the code: who must never decide, and that wherever somebody independent stands
on the way up, somebody is found. What it does not find ends, on the pages, at the designated officer's words.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.directory import Absence, Directory, Matter, Standing
from bot.organisation import Organisation, Person, Post, School, Trust
from policy_kb.model import Role

CHARTS = 10_000
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LEFT = date(2026, 11, 1)
STAFF = (Role.LINE_MANAGER, Role.SLT, Role.DEPUTY_HEADTEACHER, Role.SAFEGUARDING_LEAD, Role.NETWORK_MANAGER)
SENIOR = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.GOVERNING_BOARD)
SENIORS = (
    ("north", Role.HEADTEACHER),
    ("north", Role.CHAIR_OF_GOVERNORS),
    ("south", Role.HEADTEACHER),
    ("office", Role.CEO),
    ("office", Role.CHAIR_OF_TRUSTEES),
    ("alone", Role.HEADTEACHER),
    ("alone", Role.CHAIR_OF_GOVERNORS),
)
OFFICE = (Role.CEO, Role.CHAIR_OF_TRUSTEES, Role.TRUST_BUSINESS_DIRECTOR, Role.LINE_MANAGER)
UP: dict[Role, tuple[Role, ...]] = {
    Role.LINE_MANAGER: (Role.SLT, Role.HEADTEACHER),
    Role.SLT: (Role.HEADTEACHER,),
    Role.DEPUTY_HEADTEACHER: (Role.HEADTEACHER,),
    Role.SAFEGUARDING_LEAD: (Role.HEADTEACHER,),
    Role.NETWORK_MANAGER: (Role.HEADTEACHER,),
    Role.TRUST_BUSINESS_DIRECTOR: (Role.CEO,),
    Role.HEADTEACHER: (Role.CEO, Role.CHAIR_OF_GOVERNORS),
    Role.GOVERNING_BOARD: (Role.CHAIR_OF_GOVERNORS, Role.CHAIR_OF_TRUSTEES),
    Role.CHAIR_OF_GOVERNORS: (Role.CHAIR_OF_TRUSTEES, Role.CEO),
    Role.CEO: (Role.CHAIR_OF_TRUSTEES,),
    Role.CHAIR_OF_TRUSTEES: (),
}
"""The way up as the requirements tell it, written down a second time on purpose."""


def above(role: Role) -> set[Role]:
    """All the way up."""
    return set(UP[role]).union(*(above(up) for up in UP[role]))


@dataclass
class Chart:
    """A random organisation, who is away, and one case in it."""

    organisation: Organisation
    absences: list[Absence]
    matter: Matter
    roles: tuple[Role, ...]

    def accounts(self, person_id: str | None) -> list[Person]:
        """Every entry of the human behind an account."""
        who = {p.id: p.who for p, _ in self.organisation.everyone()}
        return [p for p, _ in self.organisation.everyone() if person_id and p.who == who[person_id]]

    def held(self, person_id: str) -> set[Role]:
        """Roles of the human within the trust of the case."""
        mine = [p for p in self.accounts(person_id) if self.tenant(p.id) == self.tenant_of_case()]
        return {r for p in mine for r in (*p.roles, *(r for post in p.also_at for r in post.roles))}

    def tenant(self, person_id: str) -> str:
        home = self.organisation.home(person_id)
        assert home
        return home.tenant

    def tenant_of_case(self) -> str:
        school = self.organisation.school(self.matter.school)
        assert school
        return school.tenant

    def appointed(self, by: str, person_id: str) -> bool:
        """Named as a deputy, or as a stand-in by somebody who is not below them."""
        whose = {p.id for p in self.accounts(by)}
        mine = {p.id for p in self.accounts(person_id)}
        if any(mine & set(p.deputies) for p in self.accounts(by)):
            return True
        theirs = self.held(by)
        mine_above = self.held(person_id) & set().union(*(above(r) for r in theirs)) if theirs else self.held(person_id)
        return not mine_above and any(a.person in whose and a.stand_in in mine for a in self.absences)


def chart(seed: int) -> Chart:
    """A trust of two schools and an office, beside a school that stands alone; a few people everywhere."""
    rnd = random.Random(seed)  # noqa: S311 - the same charts every time
    names = [f"p{n}" for n in range(rnd.randint(8, 16))]
    places = {name: rnd.choice(("north", "north", "south", "office", "alone")) for name in names}
    for n, (place, _) in enumerate(SENIORS):
        places[names[n]] = place
    people = {name: one(rnd, name, places) for name in names}
    for n, (_, role) in enumerate(SENIORS):
        if rnd.random() < 0.8:
            people[names[n]] = people[names[n]].model_copy(update={"roles": (role,)})
    schools = tuple(
        School(
            id=place,
            name=place,
            policy="att",
            trust=None if place == "alone" else "trust",
            central=place == "office",
            people=tuple(people[name] for name in names if places[name] == place),
        )
        for place in ("north", "south", "office", "alone")
    )
    org = Organisation(title="t", trusts=(Trust(id="trust", name="t"),), schools=schools)
    asker = rnd.choice([n for n in names if not people[n].left_on])
    here = [n for n in names if (places[n] == "alone") == (places[asker] == "alone")]
    subject = rnd.choice(here) if rnd.random() < 0.6 else None
    raised = tuple(rnd.sample((Role.HEADTEACHER, Role.CEO, Role.CHAIR_OF_TRUSTEES), rnd.choice((0, 0, 1, 2))))
    handed = ((Role.HEADTEACHER, rnd.choice(names)),) if rnd.random() < 0.2 else ()
    roles = tuple(rnd.sample((*STAFF, *SENIOR), rnd.choice((1, 1, 2))))
    matter = Matter(places[asker], asker, subject, handed, rnd.random() < 0.5, raised)
    return Chart(org, absences(rnd, names), matter, roles)


def one(rnd: random.Random, name: str, places: dict[str, str]) -> Person:
    """A person with what an organisation file may say of one, and a little that it may not."""
    others = [n for n in places if n != name]
    pool = OFFICE if places[name] == "office" else (*STAFF, *SENIOR)
    post = Post(school=rnd.choice(("north", "south")), roles=(rnd.choice((*STAFF, *SENIOR)),))
    return Person(
        id=name,
        name=name,
        job="x",
        roles=tuple(rnd.sample(pool, rnd.choice((0, 1, 1, 2)))),
        manager=rnd.choice(others) if rnd.random() < 0.4 else None,
        deputies=tuple(rnd.sample(others, rnd.choice((0, 0, 1, 2)))),
        human=rnd.choice(others) if rnd.random() < 0.1 else None,
        also_at=(post,) if places[name] in ("north", "south", "office") and rnd.random() < 0.1 else (),
        left_on=LEFT if rnd.random() < 0.1 else None,
    )


def absences(rnd: random.Random, names: list[str]) -> list[Absence]:
    day = timedelta(days=1)
    gone = rnd.sample(names, rnd.choice((0, 1, 2, 3)))
    return [
        Absence(person=n, stand_in=rnd.choice([o for o in names if o != n]), since=NOW - day, until=NOW + day)
        for n in gone
    ]


def test_ten_thousand_organisations() -> None:
    empty = 0
    for seed in range(CHARTS):
        this = chart(seed)
        directory = Directory(this.organisation, this.absences, NOW)
        roles = directory.roles_for(this.matter, this.roles)
        found = directory.standings(this.matter, roles)
        assert {s.role for s in found} <= set(roles), seed
        for standing in found:
            check_decider(this, standing, directory, seed)
        if not found:
            empty += 1
            check_nobody(this, roles, directory, seed)
        check_subject(this, directory, seed)
    # Both ends are met: some charts have nobody left, most have somebody.
    assert CHARTS * 0.01 < empty < CHARTS * 0.5


def check_decider(this: Chart, standing: Standing, directory: Directory, seed: int) -> None:
    """Nobody decides who left, asks, is the subject, works for the subject or was appointed by either."""
    who, asker, subject = standing.person, this.matter.requester, this.matter.subject
    assert who.left_on is None, seed
    assert this.tenant(who.id) == this.tenant_of_case(), seed
    assert asker, seed
    assert who.who not in {p.who for p in this.accounts(asker)}, seed
    assert not this.appointed(asker, who.id), seed
    if subject:
        assert directory.may_hear(this.matter, who.id), seed
        assert who.who not in {p.who for p in this.accounts(subject)}, seed
        bosses = {p.id for p in this.accounts(subject)}
        assert not bosses & {p.manager for p in this.accounts(who.id)}, seed
        assert not this.appointed(subject, who.id), seed


def check_subject(this: Chart, directory: Directory, seed: int) -> None:
    """The subject of a concern hears nothing under any account, whatever else they are."""
    for account in this.accounts(this.matter.subject):
        assert not directory.may_hear(this.matter, account.id), seed
        assert directory.refusal(this.matter, account.id) is not None, seed


def check_nobody(this: Chart, roles: tuple[Role, ...], directory: Directory, seed: int) -> None:
    """Nobody found means that nobody independent and present holds a role on the way up at this school."""
    asker = this.matter.requester
    assert asker
    mine = this.held(asker)
    way = {up for role in roles for up in (role, *above(role)) if role in roles} - {Role.LINE_MANAGER}
    # A role below the asker's own is no way up.
    way = {role for role in way if role in roles or not mine & above(role)}
    away = {a.person for a in this.absences}
    school = this.organisation.school(directory_school(this))
    assert school
    for person, _ in this.organisation.everyone():
        if person.id not in away and way & this.organisation.roles_at(person, school):
            assert directory.refusal(this.matter, person.id) is not None, (seed, person.id)


def directory_school(this: Chart) -> str:
    """The school whose people are asked: that of the case, or of the senior role that the subject holds."""
    accounts = this.accounts(this.matter.subject)
    homes = [home.id for p in accounts if (home := this.organisation.home(p.id))]
    # The school of the case, then where the subject has a desk, then their further posts.
    posts = [this.matter.school, *homes, *(post.school for p in accounts for post in p.also_at)]
    mine = [s for s in this.organisation.of_tenant(this.tenant_of_case()) if s.id in posts]
    schools = sorted(mine, key=lambda s: posts.index(s.id))
    for role in (
        Role.CHAIR_OF_TRUSTEES,
        Role.CHAIR_OF_GOVERNORS,
        Role.CEO,
        Role.HEADTEACHER,
        Role.SAFEGUARDING_LEAD,
    ):
        for school in schools:
            for account in this.accounts(this.matter.subject):
                if role in this.organisation.roles_at(account, school):
                    return school.id
    return this.matter.school
