"""What a person should know about an organisation that can be served all the same: empty roles, old term dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time

from bot.directory import ABOUT, Directory, Matter, Standing
from bot.errors import BadInput
from bot.organisation import Organisation, Person, School
from policy_kb.issues import did_you_mean
from policy_kb.model import Policy, Role
from policy_kb.procedures import FieldType, Kind, Need, Procedure, Stage

OUTSIDE = frozenset({Role.POLICE, Role.GCC_DATA_MANAGEMENT})
"""Bodies that a policy names and no school employs: nobody is missing where no person holds these."""


def check(organisation: Organisation, policies: Mapping[str, Policy], on: date) -> list[str]:
    """Warnings, school by school, as things stand on a day. Raises BadInput where a school's policy is not known."""
    unknown = [
        f"school {school.id}: unknown policy {school.policy!r}; "
        + did_you_mean(school.policy, policies, f"use one of {', '.join(sorted(policies))}")
        for school in organisation.schools
        if school.policy not in policies
    ]
    if unknown:
        raise BadInput("\n".join(unknown))
    warnings = []
    for school in organisation.schools:
        # Who holds what is asked of the directory that routes the cases, so that a warning is what will happen.
        directory = Directory(_around(organisation, school), (), datetime.combine(on, time(12), UTC))
        found = (
            *_School(directory, school, policies[school.policy]).warnings(),
            *_terms(school, on),
            *_channel(organisation, school),
        )
        warnings += [f"{school.id}: {warning}" for warning in found]
    return warnings


def _around(organisation: Organisation, school: School) -> Organisation:
    """Only those who can play a part at a school: every question to the directory goes through all its people."""
    tenant = organisation.of_tenant(school.tenant)
    near = {school.id, *(s.id for s in tenant if s.central)}
    kept = [p for s in tenant for p in s.people if s.id in near or any(post.school in near for post in p.also_at)]
    humans = {p.who for p in kept}
    named = {i for p in kept for i in (p.manager, *p.deputies)}
    schools = [
        s.model_copy(update={"people": tuple(p for p in s.people if p.who in humans or p.id in named)}) for s in tenant
    ]
    return Organisation(title=organisation.title, trusts=organisation.trusts, schools=tuple(schools))


def _terms(school: School, on: date) -> Iterator[str]:
    if not school.terms:
        if not school.central:
            yield "no term dates; every weekday that is no bank holiday or closure counts as a school day"
        return
    last = max(term.ends for term in school.terms)
    if last < on:
        yield f"the term dates ended on {last}; until there are new ones every weekday counts as a school day"


def _channel(organisation: Organisation, school: School) -> Iterator[str]:
    """People whom a channel in another workspace cannot reach."""
    named = school.slack_approvals
    served = organisation.of_tenant(school.tenant) if school.central else [school]
    people = [p for s in served for p in s.people if named and p.slack and p.slack.team != named.team]
    if named and people:
        yield (
            f"{_names(people)}: in another Slack workspace than the channel of `slack_approvals`; their cases go to "
            "direct messages"
        )


class _School:
    def __init__(self, directory: Directory, school: School, policy: Policy) -> None:
        self._directory = directory
        self._school = school
        self._procedures = list(policy.procedures.values())

    def warnings(self) -> Iterator[str]:
        """All about who decides, handles and is told."""
        if not self._school.central and not self._holders(Role.HEADTEACHER):
            yield f"no {Role.HEADTEACHER}; give the role to the headteacher or principal"
        yield from self._nobody_decides()
        yield from self._nobody_is_told()
        yield from self._own()
        yield from self._concerns()

    def _stages(self) -> Iterator[tuple[Procedure, Stage, tuple[Role, ...]]]:
        """Every stage with its roles here; those of records only tell."""
        for procedure in self._procedures:
            for stage in procedure.stages if procedure.kind is not Kind.RECORD else ():
                yield procedure, stage, stage.roles_at(self._school.place)

    def _holders(self, role: Role) -> list[Person]:
        return self._directory.holders(self._school, role)

    def _standings(
        self, roles: tuple[Role, ...], requester: str | None = None, subject: str | None = None
    ) -> tuple[Standing, ...]:
        matter = Matter(self._school.id, requester, subject)
        return self._directory.standings(matter, self._directory.roles_for(matter, roles))

    def _nobody_decides(self) -> Iterator[str]:
        """Empty roles, those with the same consequence together."""
        alike: dict[tuple[str, str], _Empty] = {}
        for procedure, _, roles in self._stages():
            for role in roles:
                who = self._without(role)
                if who:
                    then = self._then(self._standings((role,)))
                    alike.setdefault((who, then), _Empty()).add(role, procedure.title)
        for (who, then), empty in alike.items():
            yield f"{who}{empty.roles}; {then} ({empty.examples})"

    def _without(self, role: Role) -> str:
        """Who has nobody in the role, as the beginning of a sentence; empty where all is well."""
        if role in OUTSIDE or self._holders(role):
            return ""
        if role is not Role.LINE_MANAGER:
            return "nobody holds "
        # A manager belongs to a person: only those without one depend on who holds the role.
        active = self._directory.active
        alone = [p for p in self._school.people if active(p.id) and not active(p.manager)]
        return f"{_names(alone)}: no manager, and nobody holds " if alone else ""

    def _then(self, found: tuple[Standing, ...]) -> str:
        """What happens to a case that found nobody in its role."""
        if found:
            return f"cases go up to {_names(s.person for s in found)}"
        if self._school.lado:
            return "nobody above holds a role either, so cases wait and show the words of `lado`"
        return "nobody above holds a role either and `lado` is not filled in, so cases wait for nobody"

    def _nobody_is_told(self) -> Iterator[str]:
        empty = _Empty()
        for p in self._procedures:
            told = [*p.tell, *p.tell_after, *(role for clock in p.clocks for role in clock.tell)]
            if p.kind is Kind.RECORD:
                told += [role for stage in p.stages for role in stage.roles_at(self._school.place)]
            for role in told:
                if role not in OUTSIDE and role is not Role.LINE_MANAGER and not self._holders(role):
                    empty.add(role, p.title)
        if empty.roles:
            yield f"nobody holds {empty.roles}; nobody is told in that role ({empty.examples})"

    def _own(self) -> Iterator[str]:
        """A case of somebody who would decide it must find somebody else."""
        stuck: dict[str, list[str]] = {}
        for procedure, stage, roles in self._stages():
            together = [(role,) for role in roles] if stage.need is Need.ALL else [roles]
            for group in together:
                holders = {p.id: p for role in group for p in self._holders(role)}
                for person in holders.values() if self._standings(group) else ():
                    if not self._standings(group, requester=person.id):
                        stuck.setdefault(person.name, []).append(procedure.title)
        for name, titles in stuck.items():
            yield f"nobody but {name} could decide what {name} asks for ({_some(titles)})"

    def _concerns(self) -> Iterator[str]:
        """A concern about a senior person must find somebody independent of them, or the officer's words."""
        if not any(f.type is FieldType.SUBJECT for p in self._procedures for f in p.fields):
            return
        for role, instead in ABOUT:
            possible = [r for r in instead if self._school.trust or r not in (Role.CEO, Role.CHAIR_OF_TRUSTEES)]
            for holder in self._holders(role) if possible or not self._school.lado else ():
                if not self._standings((role,), subject=holder.id):
                    shown = "the words of `lado` are shown" if self._school.lado else "`lado` is not filled in"
                    cure = f"give somebody independent {' or '.join(possible)}" if possible else "fill it in"
                    yield f"a concern about {holder.name} ({role}) finds nobody independent and {shown}; {cure}"


class _Empty:
    """Empty roles with the procedures that name them."""

    def __init__(self) -> None:
        self._roles: dict[Role, None] = {}
        self._titles: dict[str, None] = {}

    def add(self, role: Role, title: str) -> None:
        """Note a role that a procedure names."""
        self._roles[role] = None
        self._titles[title] = None

    @property
    def roles(self) -> str:
        """The roles in words."""
        return ", ".join(self._roles)

    @property
    def examples(self) -> str:
        """The procedures in words."""
        return _some(list(self._titles))


def _names(people: Iterable[Person]) -> str:
    """Up to three names."""
    names = list(dict.fromkeys(person.name for person in people))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def _some(titles: list[str]) -> str:
    """Which procedures name a role."""
    titles = list(dict.fromkeys(titles))
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"
