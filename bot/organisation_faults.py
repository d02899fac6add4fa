"""What an organisation file may not say although its form is right: ids, people and accounts that do not fit together.

It works on the plain data, so that one wrong key elsewhere does not hide these faults until the next try.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from policy_kb.issues import Issue, did_you_mean
from policy_kb.yaml_lines import Place, YamlFile

_ADDRESS = re.compile(r"[^@\s<>(),;:\"]{1,64}@[^@\s.<>(),;:\"]+(\.[^@\s.<>(),;:\"]+)+")

_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}", re.ASCII)
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,20}", re.ASCII)


def is_address(text: str) -> bool:
    """True for what looks like one email address."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True)
class _Entry:
    """A person as written, with the place of the entry and the tenant of the school."""

    id: str
    data: dict[str, Any]
    place: Place
    tenant: str

    @property
    def who(self) -> str:
        return str(self.data.get("human") or self.id)


def find_faults(file: YamlFile) -> list[Issue]:
    """Every fault of sense in the file's data, whatever its form."""
    return [*_Faults(file).all()] if isinstance(file.data, dict) else []


def _mappings(data: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The numbered mappings in the list under a key; whatever has another form is left to the faults of form."""
    items = data.get(key) if isinstance(data, dict) else None
    for i, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield i, item


def _words(data: dict[str, Any], key: str) -> list[tuple[int, str]]:
    items = data.get(key)
    return [(i, x) for i, x in enumerate(items) if isinstance(x, str)] if isinstance(items, list) else []


def _id(data: dict[str, Any]) -> str:
    found = data.get("id")
    return found if isinstance(found, str) else ""


def _day(value: Any) -> date | None:
    """A day as YAML gives it, quoted or not."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


class _Faults:
    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self._trusts = {_id(trust): i for i, trust in _mappings(file.data, "trusts")}
        self._schools = dict(_mappings(file.data, "schools"))
        self._tenants = {_id(s): str(s.get("trust") or _id(s)) for s in self._schools.values()}
        self._entries = [
            _Entry(_id(person), person, ("schools", i, "people", j), self._tenants[_id(school)])
            for i, school in self._schools.items()
            for j, person in _mappings(school, "people")
        ]
        self._people = {entry.id: entry for entry in reversed(self._entries)}

    def all(self) -> Iterator[Issue]:
        """Every check in turn."""
        yield from self._twice()
        yield from self._trusts_unknown()
        for entry in self._entries:
            yield from self._named(entry)
            yield from self._posts(entry)
            yield from self._human(entry)
        yield from self._circles()
        yield from self._terms()
        yield from self._emails()
        yield from self._accounts()
        yield from self._channels()

    def _issue(self, place: Place, problem: str, cure: str) -> Issue:
        return Issue(self._file.where(place), problem, cure)

    def _twice(self) -> Iterator[Issue]:
        trusts = [(("trusts", i), trust) for i, trust in _mappings(self._file.data, "trusts")]
        schools = [(("schools", i), school) for i, school in self._schools.items()]
        people = [(entry.place, entry.data) for entry in self._entries]
        for kind, items in (("trusts", trusts), ("schools", schools), ("people", people)):
            first: dict[str, Place] = {}
            for place, item in items:
                if _id(item) and _id(item) in first:
                    at = self._file.where(first[_id(item)]).rpartition(":")[2]
                    yield self._issue(
                        (*place, "id"), f"two {kind} have the id {_id(item)!r} (line {at})", "give each its own id"
                    )
                first.setdefault(_id(item), place)

    def _trusts_unknown(self) -> Iterator[Issue]:
        for i, school in self._schools.items():
            trust = school.get("trust")
            if isinstance(trust, str) and trust not in self._trusts:
                cure = did_you_mean(trust, self._trusts, "add it under `trusts`, or leave the key out")
                yield self._issue(("schools", i, "trust"), f"unknown trust {trust!r}", cure)
            elif trust is None and _id(school) in self._trusts:
                # A school that stands alone is its own tenant: with a trust's id it would share that trust's cases.
                what = f"the school {_id(school)!r} stands alone and has the id of a trust"
                yield self._issue(("schools", i, "id"), what, "give it another id, or add `trust`")

    def _named(self, entry: _Entry) -> Iterator[Issue]:
        """Manager and deputies: they exist, in the same trust, and are somebody else."""
        manager = entry.data.get("manager")
        named = [("manager", (*entry.place, "manager"), manager)] if isinstance(manager, str) else []
        named += [("deputy", (*entry.place, "deputies", i), other) for i, other in _words(entry.data, "deputies")]
        for what, place, other in named:
            found = self._people.get(other)
            if found is None:
                cure = did_you_mean(other, self._people, "use the id of somebody in this file, or leave it out")
                yield self._issue(place, f"the {what} {other!r} is nobody in this file", cure)
            elif found.who == entry.who:
                yield self._issue(place, f"{entry.id!r} is their own {what}", "name somebody else, or leave it out")
            elif found.tenant != entry.tenant:
                cure = "name somebody of the same school or trust"
                yield self._issue(place, f"the {what} {other!r} works for another trust or school", cure)

    def _posts(self, entry: _Entry) -> Iterator[Issue]:
        for i, post in _mappings(entry.data, "also_at"):
            school, place = post.get("school"), (*entry.place, "also_at", i, "school")
            if not isinstance(school, str):
                continue
            if school not in self._tenants:
                cure = did_you_mean(school, self._tenants, "use the id of a school in this file")
                yield self._issue(place, f"unknown school {school!r}", cure)
            elif self._tenants[school] != entry.tenant:
                cure = "make a second entry there and give both the same `human`"
                yield self._issue(place, f"the school {school!r} belongs to another trust", cure)

    def _human(self, entry: _Entry) -> Iterator[Issue]:
        """A human named by another entry's id must be that entry's own human, or the two would count as strangers."""
        other = self._people.get(entry.who)
        if other is not None and other.who != entry.who:
            what = f"the human {entry.who!r} is the id of a person whose human is {other.who!r}"
            yield self._issue((*entry.place, "human"), what, f"write {other.who!r} at both")

    def _circles(self) -> Iterator[Issue]:
        ends: set[str] = set()
        for entry in self._entries:
            chain = self._circle(entry.id, (), ends)
            if chain:
                ends.update(chain)
                what = f"deputies in a circle: {' -> '.join((*chain, chain[0]))}"
                place = (*self._people[chain[0]].place, "deputies")
                yield self._issue(place, what, "let the chain end with one of them")

    def _circle(self, person: str, before: tuple[str, ...], ends: set[str]) -> tuple[str, ...]:
        """The first circle that is reached from a person; `ends` gathers those from whom there is none."""
        if person in before:
            return before[before.index(person) :]
        if person in ends or person not in self._people:
            return ()
        for _, deputy in _words(self._people[person].data, "deputies"):
            found = self._circle(deputy, (*before, person), ends) if deputy != person else ()
            if found:
                return found
        ends.add(person)
        return ()

    def _terms(self) -> Iterator[Issue]:
        for i, school in self._schools.items():
            dated = [(_day(t.get("starts")), _day(t.get("ends")), j) for j, t in _mappings(school, "terms")]
            latest: tuple[date, date] | None = None
            for starts, ends, j in sorted((s, e, j) for s, e, j in dated if s and e):
                if latest and starts <= latest[1]:
                    what = f"the term from {starts} overlaps the one from {latest[0]} to {latest[1]}"
                    yield self._issue(("schools", i, "terms", j), what, "mend the days")
                latest = max((latest, (starts, ends)), key=lambda term: term[1] if term else date.min)

    def _emails(self) -> Iterator[Issue]:
        for entry in self._entries:
            email = entry.data.get("email")
            if isinstance(email, str) and not is_address(email.strip()):
                what = f"{email[:60]!r} is not an email address"
                yield self._issue((*entry.place, "email"), what, "write one address, as name@school.example")
        yield from self._shared("email", "email address", lambda value: _folded(value))

    def _accounts(self) -> Iterator[Issue]:
        yield from self._shared("slack", "Slack account", lambda value: _pair(value, "team"))
        yield from self._shared("teams", "Teams account", lambda value: _pair(value, "tenant"))

    def _channels(self) -> Iterator[Issue]:
        """A channel by its id, and never one channel for two trusts (SECURITY T23)."""
        first: dict[tuple[str, str], tuple[str, str]] = {}
        for i, school in self._schools.items():
            named, tenant, place = school.get("slack_approvals"), self._tenants[_id(school)], ("schools", i)
            if not isinstance(named, dict):
                continue
            for key, form, shape in (("team", _TEAM, "T024BE7LD"), ("channel", _CHANNEL, "C0ABC12DE")):
                value = named.get(key)
                if isinstance(value, str) and not form.fullmatch(value):
                    what = f"{value[:40]!r} is not the id of a Slack {'workspace' if key == 'team' else key}"
                    yield self._issue(
                        (*place, "slack_approvals", key), what, f"copy it from Slack; it looks like {shape}"
                    )
            pair = str(named.get("team")), str(named.get("channel"))
            other, owner = first.setdefault(pair, (_id(school), tenant))
            if owner != tenant:
                what = f"{_id(school)!r} has the same Slack channel as {other!r} of another trust or school"
                yield self._issue((*place, "slack_approvals"), what, "give each a channel of its own")

    def _shared(self, key: str, what: str, name: Callable[[Any], Any]) -> Iterator[Issue]:
        """One address or account on two people: whoever uses it could decide as either."""
        first: dict[Any, _Entry] = {}
        for entry in self._entries:
            account = name(entry.data.get(key))
            if account is None:
                continue
            other = first.setdefault(account, entry)
            if other.who != entry.who:
                problem = f"{entry.id!r} has the same {what} as {other.id!r}"
                cure = "take it from one of them, or give both the same `human`"
                yield self._issue((*entry.place, key), problem, cure)


def _folded(value: Any) -> str | None:
    return value.strip().casefold() if isinstance(value, str) and value.strip() else None


def _pair(value: Any, where: str) -> tuple[str, str] | None:
    if isinstance(value, dict) and value.get(where) and value.get("user"):
        return str(value[where]), str(value["user"])
    return None
