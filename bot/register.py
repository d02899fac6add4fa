"""The registers as people read them: approved sites, the list for the website, and what concerns one person."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from bot import desk_texts, effects
from bot.answers import Answer
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.store.records import Entry
from policy_kb.procedures import LookUp, RegisterName

_STARTS_A_FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r\x00＝＋－＠]")
_TOO_COMMON = frozenset(
    {"the", "a", "our", "my", "use", "may", "can", "with", "pupils", "class", "school", "for", "year"}
)


@dataclass(frozen=True)
class Site:
    """An approved site as the register shows it.

    short_of: the duties that too few people still have. past: its closing day has gone by and nobody closed it.
    """

    entry: Entry
    school: str
    approved: str
    administrators: tuple[str, ...]
    moderators: tuple[str, ...]
    audience: str
    short_of: tuple[str, ...]
    past: bool

    @property
    def open(self) -> bool:
        """False once it was closed or its closing day went by: an approval lasts no longer (ATT Appendix 1)."""
        return self.entry.status == effects.OPEN and not self.past


def sites(desk: Desk, person_id: str) -> list[Site]:
    """Every approved site of the person's trust, open ones first (ATT 6.1 and Appendix 2, TLT guidelines D)."""
    _, home = desk.person(person_id)
    found = [_site(desk, entry) for entry in desk.records.entries(home.tenant, RegisterName.SITES.value)]
    return sorted(found, key=lambda site: (not site.open, site.school, site.entry.title.lower()))


def find_site(desk: Desk, person_id: str, text: str) -> list[Site]:
    """Open sites of the person's own school that the words name: "may I use X with my pupils?" (ATT 6.2).

    Nothing found is no permission: the caller says so.
    """
    _, home = desk.person(person_id)
    words = _words(text)
    return [
        site
        for site in sites(desk, person_id)
        if site.open and site.entry.school == home.id and words & _names(site.entry)
    ]


def instructions_for(desk: Desk, person_id: str) -> list[str]:
    """Special instructions in force for the person, to be shown with every answer (TLT guidelines C.2, Agora 5.1)."""
    person, home = desk.person(person_id)
    found = []
    for entry in desk.records.entries(home.tenant, RegisterName.INSTRUCTIONS.value):
        current = entry.status == effects.OPEN and not _past(desk, entry)
        who = entry.details.get("who")
        bound = who if isinstance(who, list | tuple) else [who]
        if current and any(desk.directory.same_human(str(each), person.id) for each in bound):
            found.append(str(entry.details.get("rule", entry.title)))
    return found


def with_register(desk: Desk, person_id: str, question: str, answer: Answer) -> Answer:
    """The answer with what the registers add to it: instructions in force for the asker, and sites the words name.

    A site on the register is said as a fact beside the policy's verdict, never instead of it (ATT 6.2).
    """
    notes = [desk_texts.INSTRUCTION.format(rule=rule) for rule in instructions_for(desk, person_id)]
    policy = desk.knowledge.policies[desk.person(person_id)[1].policy]
    offered = {offer.slug for part in answer.parts for offer in part.offers}
    looks = {slug for slug, procedure in policy.procedures.items() if procedure.look is LookUp.SITES}
    if offered & looks:
        found = find_site(desk, person_id, question)
        notes += [desk_texts.ON_REGISTER.format(site=_described(site)) for site in found[:3]]
        notes += [] if found else [desk_texts.NOT_ON_REGISTER]
    return answer.model_copy(update={"notes": (*answer.notes, *notes)}) if notes else answer


def _described(site: Site) -> str:
    until = f", until {site.entry.until}" if site.entry.until else ""
    audience = f", for {site.audience}" if site.audience else ""
    return f"{site.entry.title}{audience}, approved {site.approved}{until}"


def of_person(desk: Desk, person_id: str) -> list[Entry]:
    """What the person themself entered in the registers: permissions with their last day, declarations, training."""
    person, home = desk.person(person_id)
    return [
        entry
        for entry in desk.records.entries(home.tenant)
        if entry.register not in (RegisterName.SITES.value, RegisterName.BANS.value)
        and desk.directory.same_human(str(entry.details.get("author", "")), person.id)
    ]


def website_rows(desk: Desk, person_id: str, school_id: str) -> list[dict[str, str]]:
    """The list for the school's website: public facts of open sites only, no names of staff."""
    return [
        {
            "Name": site.entry.title,
            "Platform": str(site.entry.details.get("platform", "")),
            "Address": str(site.entry.details.get("address", "")),
            "For": site.audience,
            "Approved": site.approved,
            "Status": "Open",
        }
        for site in sites(desk, person_id)
        if site.open and site.entry.school == school_id
    ]


def as_csv(rows: list[dict[str, str]]) -> str:
    """Rows as CSV for Excel: every cell that a spreadsheet could run is shown as text (ASVS 1.2.10, SECURITY T13)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows[0] if rows else ["Name", "Platform", "Address", "For", "Approved", "Status"])
    writer.writerows([[safe_cell(value) for value in row.values()] for row in rows])
    return "\ufeff" + out.getvalue()


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before anything that a spreadsheet would take for a formula."""
    text = text.replace("\x00", "")
    return f"'{text}" if _STARTS_A_FORMULA.match(text) else text


def _site(desk: Desk, entry: Entry) -> Site:
    school = desk.organisation.school(entry.school)
    case = desk.records.case(entry.case_id)
    approved = case.ended_at if case and case.ended_at else entry.at
    return Site(
        entry=entry,
        school=school.name if school else entry.school,
        approved=approved.astimezone(LOCAL).date().isoformat(),
        administrators=_people(desk, entry, "administrators"),
        moderators=_people(desk, entry, "moderators"),
        audience=_listed(entry.details.get("audience") or entry.details.get("key_stages")),
        short_of=tuple(
            effects.short_of_people(entry, desk.procedure(case), desk.organisation, desk.now.date()) if case else ()
        ),
        past=entry.status == effects.OPEN and _past(desk, entry),
    )


def _past(desk: Desk, entry: Entry) -> bool:
    """True from the day after the last one on which the entry holds."""
    return entry.until is not None and entry.until < desk.now.astimezone(LOCAL).date().isoformat()


def _people(desk: Desk, entry: Entry, key: str) -> tuple[str, ...]:
    listed = entry.details.get(key)
    people = [desk.organisation.person(str(p)) for p in listed] if isinstance(listed, list) else []
    return tuple(p.name for p in people if p)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - _TOO_COMMON


def _names(entry: Entry) -> set[str]:
    named = f"{entry.title} {entry.details.get('platform', '')} {entry.details.get('platform_name', '')}"
    return _words(named)
