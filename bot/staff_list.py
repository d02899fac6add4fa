"""A staff list from a spreadsheet, brought into the organisation file: who joins, changes and leaves."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import BadInput
from bot.organisation import Organisation, Person, School
from bot.organisation_edit import Edits
from bot.organisation_file import load_organisation, slug_of
from bot.staff_rows import Row, read_rows
from policy_kb.issues import did_you_mean


@dataclass(frozen=True)
class StaffImport:
    """The organisation file as it would be (nothing is written), and what is different: a line for each person."""

    text: str
    report: tuple[str, ...]


def import_staff(csv_text: str, organisation_path: Path, on: date) -> StaffImport:
    """Bring a staff list into an organisation file. on: the day from which people who are missing have left.

    Raises BadInput with one line for each fault of the list, or those of the organisation file itself.
    """
    organisation = load_organisation(organisation_path)
    plan = _Plan(organisation, read_rows(csv_text), on)
    plan.make()
    if plan.faults:
        raise BadInput("\n".join(f"row {number}: {words}" for number, words in sorted(plan.faults)))
    text = organisation_path.read_text(encoding="utf-8")
    if not plan.report:
        return StaffImport(text, ())
    changed = Edits(text).apply(plan.changes, plan.joining)
    _verify(changed, organisation_path.name, plan.expected())
    return StaffImport(changed, tuple(plan.report))


def _verify(text: str, name: str, expected: Organisation) -> None:
    """The new text says what was planned: the last word against an edit that went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            written = load_organisation(path)
        except BadInput as error:
            raise BadInput(f"the file would not be sound with this list:\n{error}") from error
    if written != expected:
        raise BadInput(f"{name}: cannot be edited safely; write out what uses & or * and try again")


@dataclass
class _Plan:
    """What the rows change. Everybody is kept as plain data by id: `people` as they will be, `homes` where."""

    organisation: Organisation
    rows: list[Row]
    on: date
    faults: list[tuple[int, str]] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    joining: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _listed: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._people = {p.id: p.model_dump(mode="json") for p, _ in self.organisation.everyone()}
        self._homes = {p.id: school.id for p, school in self.organisation.everyone()}
        self._before = {i: dict(p) for i, p in self._people.items()}
        self._by_email: dict[str, list[str]] = {}
        for i, person in self._people.items():
            self._by_email.setdefault(_email(person), []).append(i)
        self._covered: dict[str, School] = {}
        self._at_home: list[tuple[Row, str]] = []
        self._posts: list[tuple[Row, School, str]] = []

    def make(self) -> None:
        """The rows at home, then further posts and managers (who may be new themselves), then those who are missing."""
        for row in self.rows:
            school = self._school(row)
            if school:
                self._place(row, school)
        for row, school, person_id in self._posts:
            self._post(row, school, person_id)
        for row, person_id in self._at_home:
            if "manager_email" in row.cells:
                self._manage(row, person_id)
        if not self.faults:
            self._missing()
            self._compare()

    def expected(self) -> Organisation:
        """The organisation as it will be."""
        data = self.organisation.model_dump(mode="json")
        for school in data["schools"]:
            ids = [p["id"] for p in school["people"]] + [p["id"] for p in self.joining.get(school["id"], ())]
            school["people"] = [self._people[i] for i in ids]
        return Organisation.model_validate(data)

    def _fault(self, row: Row, words: str) -> None:
        self.faults.append((row.number, words))

    def _school(self, row: Row) -> School | None:
        wanted = row.cells["school"]
        for school in self.organisation.schools:
            if wanted.casefold() in (school.id, school.name.casefold()):
                self._covered[school.id] = school
                return school
        known = [word for school in self.organisation.schools for word in (school.id, school.name)]
        self._fault(row, f"unknown school {wanted!r}; " + did_you_mean(wanted, known, "use a name or id of the file"))
        return None

    def _place(self, row: Row, school: School) -> None:
        """Find or make the row's person, and take what the row says."""
        person_id, fault = self._known(row)
        if fault:
            self._fault(row, fault)
            return
        if person_id is None:
            person_id = self._join(row, school)
        earlier = self._listed.setdefault((person_id, school.id), row.number)
        if earlier != row.number:
            self._fault(row, f"the same person as row {earlier}; keep one of the two")
        elif self._homes[person_id] == school.id:
            self._take(row, person_id)
            self._at_home.append((row, person_id))
        else:
            self._posts.append((row, school, person_id))

    def _known(self, row: Row) -> tuple[str | None, str]:
        """Whom the row means, by id or email; or None with what is wrong, if anything."""
        wanted, email = row.cells.get("id", ""), _email(row.values)
        by_email = self._by_email.get(email, []) if email else []
        if wanted in self._people:
            others = [i for i in by_email if self._who(i) != self._who(wanted)]
            return wanted, f"the email belongs to {others[0]!r}; mend the id or the email" if others else ""
        if wanted and by_email:
            return None, f"the id {wanted!r} is new and the email belongs to {by_email[0]!r}; leave the id out"
        if not wanted and not email:
            return None, "neither id nor email; fill in one, so that the person is known next time"
        if len(by_email) > 1:
            return None, f"the email belongs to {' and '.join(map(repr, by_email))}; say which in the column id"
        return (by_email[0] if by_email else None), ""

    def _who(self, person_id: str) -> str:
        return self._people[person_id]["human"] or person_id

    def _join(self, row: Row, school: School) -> str:
        base = (
            row.cells.get("id") or slug_of(row.cells["name"]) or slug_of(row.cells["email"].split("@")[0]) or "person"
        )
        person_id, number = base, 2
        while person_id in self._people:
            person_id, number = f"{base}-{number}", number + 1
        person = Person(id=person_id, name="-", job="-").model_dump(mode="json")
        self._people[person_id], self._homes[person_id] = person, school.id
        self._by_email.setdefault("", []).append(person_id)
        self.joining.setdefault(school.id, []).append(person)
        self._take(row, person_id)
        return person_id

    def _take(self, row: Row, person_id: str) -> None:
        """Let the person's keys say what the row says."""
        person = self._people[person_id]
        self._by_email[_email(person)].remove(person_id)
        person.update(row.values)
        self._by_email.setdefault(_email(person), []).append(person_id)

    def _post(self, row: Row, school: School, person_id: str) -> None:
        """A row at another school than the person's own sets a further post there: only its roles count."""
        person, home = self._people[person_id], self.organisation.school(self._homes[person_id])
        if home is None or home.tenant != school.tenant:
            self._fault(
                row, f"{person_id!r} works for another trust; make a second entry with the same `human` by hand"
            )
        elif home.id in self._covered and (person_id, home.id) not in self._listed:
            cure = "list them there as well, or move the entry in the file by hand"
            self._fault(row, f"{person_id!r} belongs to {home.id!r}, whose list has them no more; {cure}")
        else:
            others = [post for post in person["also_at"] if post["school"] != school.id]
            had = [post["roles"] for post in person["also_at"] if post["school"] == school.id]
            roles = row.values.get("roles", had[0] if had else [])
            person["also_at"] = [*others, {"school": school.id, "roles": roles}]

    def _manage(self, row: Row, person_id: str) -> None:
        email = row.cells["manager_email"].casefold()
        if not email:
            self._people[person_id]["manager"] = None
            return
        found = self._by_email.get(email, [])
        near = [i for i in found if self._tenant(i) == self._tenant(person_id)]
        if not near:
            emails = [str(p["email"]) for p in self._people.values() if p["email"]]
            words = "belongs to another trust" if found else "is nobody's here"
            self._fault(row, f"the manager's email {email!r} {words}; " + did_you_mean(email, emails, "mend it"))
        elif self._who(near[0]) == self._who(person_id):
            self._fault(row, "the manager's email is the person's own; name somebody else, or leave it empty")
        else:
            self._people[person_id]["manager"] = near[0]

    def _tenant(self, person_id: str) -> str:
        school = self.organisation.school(self._homes[person_id])
        return school.tenant if school else ""

    def _missing(self) -> None:
        """People of a school that the list covers, and who are not in it, have left. Nobody is ever deleted."""
        listed = {person_id for person_id, _ in self._listed}
        for person_id, home in self._homes.items():
            if home in self._covered and person_id not in listed and self._people[person_id]["left_on"] is None:
                self._people[person_id]["left_on"] = self.on.isoformat()

    def _compare(self) -> None:
        """Gather the keys that changed, and say so."""
        for person_id, now in self._people.items():
            before = self._before.get(person_id)
            label = f"{now['name']} ({person_id}, {self._homes[person_id]})"
            if before is None:
                self.report.append(f"joins: {label}, {now['job']}{_roles(now)}")
                continue
            changed = {key: value for key, value in now.items() if value != before[key]}
            if not changed:
                continue
            self.changes[person_id] = changed
            if set(changed) == {"left_on"} and changed["left_on"]:
                self.report.append(f"leaves on {changed['left_on']}: {label}{_roles(now)}")
            else:
                words = ", ".join(f"{key} {_said(before[key])} -> {_said(value)}" for key, value in changed.items())
                self.report.append(f"changes: {label}: {words}")


def _email(person: dict[str, Any]) -> str:
    return str(person.get("email") or "").casefold()


def _roles(person: dict[str, Any]) -> str:
    return f"; holds {', '.join(person['roles'])}" if person["roles"] else ""


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(v["school"] if isinstance(v, dict) else str(v) for v in value) or "none"
    return str(value) if value not in (None, "") else "none"
