"""What is looked up without a case: the register, who is who, the policy, what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot import register, starting
from bot import texts as bot_texts
from bot.chat import chat_texts as texts
from bot.chat.messages import Clause, Facts, Heading, Input, Link, Part, Reaction, Rule, Tone, View, Words
from bot.chat.parts import clauses, row
from bot.chat.press import Press
from bot.chat.room import Call
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.drafts import KEPT
from bot.organisation import School
from bot.register import Site
from bot.retention import RULES
from bot.role_directory import Holder, RoleDirectory, role_directory
from policy_kb.model import Policy
from policy_kb.procedures import FieldType, LookUp

_SITES = 25
_USE = "use"


@dataclass(frozen=True)
class _About:
    """The reader's policy, with what its own procedure says of a look-up, where it defines one."""

    policy: Policy
    school: School
    say: str
    quotes: tuple[Clause, ...]


def _about(desk: Desk, person_id: str, look: LookUp) -> _About:
    place = starting.place_of(desk, person_id)
    found = next((p for p in place.policy.procedures.values() if p.look is look), None)
    quotes = clauses(place.policy, found.clauses) if found else ()
    return _About(place.policy, place.school, found.say if found else "", quotes)


async def shown(call: Call, look: LookUp) -> Reaction:
    """What a look-up shows."""
    return await _LOOKS[look](call)


async def sites(call: Call) -> Reaction:
    """The register of sites, and whether one may be used with pupils (ATT 6.2)."""
    about = await call.at_desk(_about, LookUp.SITES)
    found: list[Site] = await call.at_desk(register.sites)
    asked = call.given(_USE).strip()[:200]
    named: list[Site] = await call.at_desk(register.find_site, asked) if asked else []
    link = Link(texts.REGISTER_PAGE, f"{call.room.pages}/register") if call.room.pages else None
    parts = (
        Words(about.say or texts.REGISTER_SAY),
        *_use(about, asked, named),
        *(part for each in found[:_SITES] for part in _site(each)),
        *(() if found else (Words(texts.REGISTER_EMPTY, Tone.QUIET),)),
        *row(link),
        *about.quotes,
    )
    box = Input(_USE, texts.REGISTER_ASK, FieldType.LINE, help=texts.REGISTER_HELP, values=(asked,) if asked else ())
    return Reaction(view=View(texts.REGISTER, parts, (box,), Press("register"), texts.REGISTER_SUBMIT))


def _use(about: _About, asked: str, named: list[Site]) -> Iterator[Part]:
    for each in named:
        audience = f", for {each.audience}" if each.audience else ""
        until = f", until {_day(each.entry.until)}" if each.entry.until else ""
        says = texts.REGISTER_YES.format(title=each.entry.title, audience=audience, until=until)
        yield Words(says, Tone.STRONG)
    if asked and not named:
        yield Words(texts.REGISTER_NO.format(school=about.school.name, asked=asked), Tone.STRONG)


def _site(site: Site) -> Iterator[Part]:
    details, entry = site.entry.details, site.entry
    state = texts.REGISTER_OPEN if site.open else texts.REGISTER_CLOSED
    yield Heading(f"{entry.title} ({state.lower()})")
    rows = (
        ("School", site.school),
        ("Service", str(details.get("platform_name") or details.get("platform") or "")),
        ("Address", str(details.get("address") or "")),
        ("Audience", site.audience),
        ("Administrators", ", ".join(site.administrators)),
        ("Moderators", ", ".join(site.moderators)),
        ("Approved", _day(site.approved)),
        ("Closing day", _day(entry.until) if entry.until else ""),
    )
    yield Facts(tuple((label, value) for label, value in rows if value))
    if site.short_of:
        yield Words(texts.SHORT_OF.format(duties=" and ".join(site.short_of)), Tone.STRONG)


def _day(text: str) -> str:
    """'1 July 2027' of a stored day; what is no day, as it stands."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{found.day} {found:%B %Y}"


async def people(call: Call) -> Reaction:
    """Who holds which role, who stands in, who is away."""
    about = await call.at_desk(_about, LookUp.PEOPLE)
    found: RoleDirectory = await call.at_desk(role_directory, _back_on)
    rows = [(texts.YOUR_MANAGER, _holder(found.manager))] if found.manager else []
    rows += [(line.words, "; ".join(map(_holder, line.holders))) for line in found.roles]
    say = about.say or texts.PEOPLE_SAY.format(school=found.place.school.name)
    return Reaction(view=View(texts.PEOPLE, (Words(say), Facts(tuple(rows)), *about.quotes)))


def _holder(each: Holder) -> str:
    deputies = texts.DEPUTIES.format(names=", ".join(each.deputies)) if each.deputies else ""
    named = ", ".join(filter(None, (each.name, each.job, each.school)))
    return ". ".join(filter(None, (f"{named} ({deputies})" if deputies else named, each.away)))


def _back_on(moment: datetime) -> str:
    local = moment.astimezone(LOCAL)
    return f"{local:%A} {local.day} {local:%B}"


async def policies(call: Call) -> Reaction:
    """The policy, and the other policies that it names, in its own words."""
    about = await call.at_desk(_about, LookUp.POLICIES)
    link = Link(texts.POLICIES_PAGE, f"{call.room.pages}/policy") if call.room.pages else None
    parts: tuple[Part, ...] = (
        Words(texts.POLICIES_SAY.format(title=about.policy.title, name=about.policy.name)),
        *row(link),
        *_related(about),
        Words(texts.RELATED_SAY, Tone.QUIET),
    )
    return Reaction(view=View(texts.POLICIES, parts))


def _related(about: _About) -> Iterator[Part]:
    if about.say:
        yield Heading(texts.RELATED)
        yield Words(about.say)
        yield from about.quotes


async def stored(call: Call) -> Reaction:
    """What the policy monitors, and what is stored here and for how long."""
    about = await call.at_desk(_about, LookUp.STORED)
    kept = {each.value: rule.runs for each, rule in RULES.items()}
    rows = tuple((label, says.format(days=KEPT.days, **kept)) for label, says in texts.STORED_LINES)
    parts: tuple[Part, ...] = (
        Words(bot_texts.WHO_SEES),
        Facts(rows),
        Words(texts.STORED_NOTE),
        *((Rule(), Words(about.say)) if about.say else ()),
        *about.quotes,
    )
    return Reaction(view=View(texts.STORED, parts))


_LOOKS: dict[LookUp, Callable[[Call], Awaitable[Reaction]]] = {
    LookUp.SITES: sites,
    LookUp.PEOPLE: people,
    LookUp.POLICIES: policies,
    LookUp.STORED: stored,
}
