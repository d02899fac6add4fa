"""Who works where: trusts, schools, the policy each has adopted, its calendar, and people with their roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from policy_kb.model import Frozen, Role, Slug, Text
from policy_kb.procedures import Place

SmallId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, to_lower=True)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Nation(StrEnum):
    """Whose bank holidays apply, and whose safeguarding guidance."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


class Post(Frozen):
    """What a person does at a further school: two schools are two grants (SECURITY T23)."""

    school: Slug
    roles: tuple[Role, ...] = ()


class SlackAccount(Frozen):
    """Where a person is on Slack: workspace and member ids."""

    team: Text
    user: Text


class TeamsAccount(Frozen):
    """Where a person is on Teams: tenant and Entra object ids, which Microsoft writes in small letters."""

    tenant: SmallId
    user: SmallId


class SlackChannel(Frozen):
    """A private channel of Slack's to which cases are brought: workspace and channel ids."""

    team: Text
    channel: Text


class Person(Frozen):
    """Somebody who works for a school or trust. roles: those that decide or are told, as the policies name them."""

    id: Slug
    name: Name
    job: Name
    roles: tuple[Role, ...] = ()
    manager: Slug | None = None
    deputies: tuple[Slug, ...] = ()
    """Who decides when this person is away or late, in this order."""
    human: Slug | None = None
    """The same for two entries of one person, so that a second account is no second opinion."""
    also_at: tuple[Post, ...] = ()
    email: Text | None = None
    slack: SlackAccount | None = None
    teams: TeamsAccount | None = None
    left_on: date | None = None
    """From this day on the person is not served and decides nothing."""

    @property
    def who(self) -> str:
        """The human behind the account."""
        return self.human or self.id

    def works_on(self, day: date) -> bool:
        """True until the day the person leaves."""
        return self.left_on is None or day < self.left_on


class Term(Frozen):
    """A stretch of school days; first and last day included."""

    starts: date
    ends: date

    @model_validator(mode="after")
    def _in_order(self) -> Term:
        if self.ends < self.starts:
            raise ValueError("the term ends before it starts")
        return self


class School(Frozen):
    """A school or a trust's central team, with the policy that binds its people and its calendar."""

    id: Slug
    name: Name
    policy: Slug
    trust: Slug | None = None
    central: bool = False
    nation: Nation = Nation.ENGLAND
    terms: tuple[Term, ...] = ()
    """Without terms every weekday that is no bank holiday or closure counts."""
    closures: tuple[date, ...] = ()
    opens: time = time(8)
    closes: time = time(17)
    lado: Text | None = None
    """How to reach the local authority's designated officer, shown where nobody independent is left."""
    slack_approvals: SlackChannel | None = None
    """Where cases are brought to those who decide, as long as everybody there may hear of them; a central team's: for
    every school of the trust without one of its own."""
    people: tuple[Person, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _open_for_a_while(self) -> School:
        if self.closes <= self.opens:
            raise ValueError("the school closes before it opens")
        return self

    @property
    def tenant(self) -> str:
        """The trust, or a school that stands alone: nothing crosses from one tenant to another."""
        return self.trust or self.id

    @property
    def place(self) -> Place:
        """Where its people work, for policies that tell the central team from school staff."""
        return Place.CENTRAL if self.central else Place.SCHOOL

    def holders(self, role: Role) -> list[Person]:
        """People who hold the role here."""
        return [person for person in self.people if role in person.roles]


class Trust(Frozen):
    """A trust that several schools belong to."""

    id: Slug
    name: Name


class Organisation(Frozen):
    """All schools served. sample: marked so on every page."""

    title: Text
    sample: bool = False
    trusts: tuple[Trust, ...] = ()
    schools: tuple[School, ...] = Field(min_length=1)

    def school(self, school_id: str) -> School | None:
        """The school by id."""
        return self._schools.get(school_id)

    def with_central(self, school: School) -> School:
        """The school with its trust's central team beside its own people: whom an answer can name."""
        central = [p for s in self.of_tenant(school.tenant) if s.central and s.id != school.id for p in s.people]
        return school.model_copy(update={"people": (*school.people, *central)}) if central else school

    def person(self, person_id: str) -> Person | None:
        """The person by id."""
        return self._people.get(person_id, (None, None))[0]

    def home(self, person_id: str) -> School | None:
        """The school in whose list the person stands."""
        return self._people.get(person_id, (None, None))[1]

    def everyone(self) -> Iterator[tuple[Person, School]]:
        """Every person with their own school."""
        for school in self.schools:
            for person in school.people:
                yield person, school

    def roles_at(self, person: Person, school: School) -> frozenset[Role]:
        """The roles a person holds at a school: their own there, or a further post."""
        own = self.home(person.id)
        roles = set(person.roles) if own and own.id == school.id else set()
        return frozenset(roles.union(*(post.roles for post in person.also_at if post.school == school.id)))

    def at_account(self, platform: str, tenant: str, user: str) -> tuple[Person, ...]:
        """Everyone whom the file gives this account of "slack" or "teams"; leavers too."""
        return self._platform_accounts.get((platform, tenant, user), ())

    def with_email(self, email: str) -> tuple[Person, ...]:
        """Everyone with that address, however it is capitalised; leavers too."""
        return self._emails.get(email.strip().casefold(), ())

    def accounts(self, human: str) -> tuple[Person, ...]:
        """Every entry of one human."""
        return self._accounts.get(human, ())

    def holding(self, role: Role, school: School) -> tuple[Person, ...]:
        """Everyone who holds the role at a school, those with a further post there included."""
        return self._holding.get((school.id, role), ())

    def of_tenant(self, tenant: str) -> list[School]:
        """The schools of a trust, or the one school that stands alone."""
        return [school for school in self.schools if school.tenant == tenant]

    @cached_property
    def _schools(self) -> dict[str, School]:
        return {school.id: school for school in self.schools}

    @cached_property
    def _people(self) -> dict[str, tuple[Person | None, School | None]]:
        return {person.id: (person, school) for person, school in self.everyone()}

    @cached_property
    def _accounts(self) -> dict[str, tuple[Person, ...]]:
        found: dict[str, tuple[Person, ...]] = {}
        for person, _ in self.everyone():
            found[person.who] = (*found.get(person.who, ()), person)
        return found

    @cached_property
    def _platform_accounts(self) -> dict[tuple[str, str, str], tuple[Person, ...]]:
        found: dict[tuple[str, str, str], tuple[Person, ...]] = {}
        for person, _ in self.everyone():
            named = [("slack", person.slack.team, person.slack.user)] if person.slack else []
            named += [("teams", person.teams.tenant, person.teams.user)] if person.teams else []
            for account in named:
                found[account] = (*found.get(account, ()), person)
        return found

    @cached_property
    def _emails(self) -> dict[str, tuple[Person, ...]]:
        found: dict[str, tuple[Person, ...]] = {}
        for person, _ in self.everyone():
            if person.email:
                email = person.email.strip().casefold()
                found[email] = (*found.get(email, ()), person)
        return found

    @cached_property
    def _holding(self) -> dict[tuple[str, Role], tuple[Person, ...]]:
        """Asked for every open case again and again, so gathered once: the organisation never changes."""
        found: dict[tuple[str, Role], tuple[Person, ...]] = {}
        for person, own in self.everyone():
            posts = [(own.id, role) for role in person.roles]
            posts += [(post.school, role) for post in person.also_at for role in post.roles]
            for post_ in dict.fromkeys(posts):
                found[post_] = (*found.get(post_, ()), person)
        return found
