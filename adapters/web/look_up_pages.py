"""What is to be looked up: the register, roles, related policies, what is stored, the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web

from adapters.web import render, words
from adapters.web.catalogue import fold_filter
from adapters.web.site import Turned, page, person_of, policy_of, school_of, site_of
from bot import audit, register, starting
from bot.audit_lines import AuditLine
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.drafts import KEPT
from bot.organisation import School
from bot.retention import RULES
from bot.role_directory import role_directory
from bot.store.records import Entry
from policy_kb.procedures import LookUp, Procedure


@dataclass(frozen=True)
class About:
    """What the policy's own procedure says on the page, with its clauses; nothing where it defines none."""

    procedure: Procedure | None
    quotes: tuple[render.QuoteView, ...]


@dataclass(frozen=True)
class RegisterView:
    """The register as one person sees it. named: open sites of their school that the question names."""

    sites: list[register.Site]
    named: list[register.Site]
    own: list[Entry]
    schools: tuple[School, ...]


async def sites(request: web.Request) -> web.Response:
    """The register of sites: filtered, searched, and asked "may I use it with my pupils?"."""
    site, query = site_of(request), request.query
    asked, find = fold_filter(query.get("use", "")), fold_filter(query.get("q", ""))
    found = await site.office.at_desk(site.now(), _register, person_of(request).id, asked)
    state, school = query.get("state", ""), query.get("school", "")
    shown = [
        each
        for each in found.sites
        if (not state or (each.open == (state == "open")))
        and (not school or each.entry.school == school)
        and (not find or find.casefold() in _text(each).casefold())
    ]
    return page(
        request,
        "register.html",
        register=found,
        shown=shown,
        asked=asked,
        find=find,
        state=state,
        school=school,
        starts=_starts(request),
        today=site.now().astimezone(LOCAL).date().isoformat(),
        about=_about(request, LookUp.SITES),
    )


async def sites_csv(request: web.Request) -> web.Response:
    """The list for the website as CSV, safe for spreadsheets (SECURITY T13)."""
    school, rows = await _website(request)
    return web.Response(
        text=register.as_csv(rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="sites-{school.id}.csv"'},
    )


async def sites_html(request: web.Request) -> web.Response:
    """The list for the website as a page of its own: open sites, no names of staff."""
    school, rows = await _website(request)
    updated = site_of(request).now().astimezone(LOCAL).date()
    return page(request, "website.html", school=school, rows=rows, updated=updated)


async def people(request: web.Request) -> web.Response:
    """Who holds which role, who stands in, who is away."""
    site = site_of(request)
    found = await site.office.at_desk(site.now(), role_directory, person_of(request).id, _back_on)
    return page(request, "people.html", directory=found, about=_about(request, LookUp.PEOPLE))


async def policies(request: web.Request) -> web.Response:
    """The other policies that this one names, in its own words."""
    return page(request, "related.html", policy=policy_of(request, None), about=_about(request, LookUp.POLICIES))


async def stored(request: web.Request) -> web.Response:
    """What the policy monitors, and what AskFirst stores and for how long."""
    return page(request, "stored.html", draft_days=KEPT.days, rules=RULES, about=_about(request, LookUp.STORED))


async def audit_page(request: web.Request) -> web.Response:
    """What happened to the cases that the person may see."""
    site, query = site_of(request), request.query
    reference = query.get("reference", "")[:40]
    since, until = _day(query.get("since", "")), _day(query.get("until", ""))
    lines: list[AuditLine] = await site.office.at_desk(
        site.now(), audit.lines, person_of(request).id, reference, since, until
    )
    return page(request, "audit.html", lines=lines, reference=reference, since=since or "", until=until or "", most=500)


def _register(desk: Desk, person_id: str, asked: str) -> RegisterView:
    place = starting.place_of(desk, person_id)
    return RegisterView(
        sites=register.sites(desk, person_id),
        named=register.find_site(desk, person_id, asked) if asked else [],
        own=register.of_person(desk, person_id),
        schools=tuple(desk.organisation.of_tenant(place.school.tenant)),
    )


def _text(site: register.Site) -> str:
    details = site.entry.details
    named = (details.get("platform", ""), details.get("platform_name", ""), details.get("address", ""))
    return " ".join([site.entry.title, site.school, site.audience, *map(str, named), *site.administrators])


async def _website(request: web.Request) -> tuple[School, list[dict[str, str]]]:
    site, own = site_of(request), school_of(request)
    wanted = request.query.get("school") or own.id
    found = await site.office.at_desk(site.now(), _rows, person_of(request).id, wanted)
    if found is None:
        raise Turned(404, words.TROUBLES[404])
    return found


def _rows(desk: Desk, person_id: str, school_id: str) -> tuple[School, list[dict[str, str]]] | None:
    _, home = desk.person(person_id)
    school = desk.organisation.school(school_id)
    if school is None or school.tenant != home.tenant:
        return None
    return school, register.website_rows(desk, person_id, school_id)


def _about(request: web.Request, look: LookUp) -> About:
    policy = policy_of(request, None)
    procedures = policy.procedures.values() if policy else ()
    procedure = next((p for p in procedures if p.look is look), None)
    quotes = [render.clause_quote(policy, c) for c in procedure.clauses] if policy and procedure else []
    return About(procedure, tuple(quote for quote in quotes if quote))


def _starts(request: web.Request) -> list[Procedure]:
    """What can be started about a site under the reader's policy."""
    policy = policy_of(request, None)
    slugs = ("new-site", "site-administrators", "site-closure")
    return [policy.procedures[slug] for slug in slugs if slug in policy.procedures] if policy else []


def _back_on(moment: datetime) -> str:
    local = moment.astimezone(LOCAL)
    return f"{local:%A} {local.day} {local:%B}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
