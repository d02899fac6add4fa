"""The way in and out: choose who you are in a demonstration, or sign in; sign out."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import words
from adapters.web.inbound import own_path, sentence
from adapters.web.recognise import even_out
from adapters.web.signin import ByPassword, ByProxy
from adapters.web.site import (
    Site,
    Turned,
    forget,
    form_of,
    keep,
    page,
    see,
    site_of,
    visit_of,
)
from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from bot.guesses import Throttled
from bot.organisation import Organisation, Person, School
from bot.passwords import find_person


async def way_in(request: web.Request) -> web.Response:
    """What a stranger sees first: the choice of school, the sign-in form, or that the proxy did not name them."""
    way = site_of(request).way
    if isinstance(way, ByProxy):
        raise Turned(403, words.BY_PROXY)
    return _form(request) if isinstance(way, ByPassword) else await choose_school(request)


async def sign_in_page(request: web.Request) -> web.Response:
    """The way in, from which one goes on to `?next=`; somebody who is signed in goes there at once."""
    if visit_of(request).conversation:
        return see(own_path(request.query.get("next", "/")))
    return await way_in(request)


async def choose_school(request: web.Request) -> web.Response:
    """Choose a school, then (`?school=`) a person of it."""
    site = site_of(request)
    _demonstration_only(site)
    organisation = await site.office.at_desk(site.now(), _organisation)
    school = organisation.school(request.query.get("school", ""))
    today = site.now().date()
    return page(
        request,
        "who.html",
        organisation=organisation,
        school=school,
        people=[p for p in school.people if p.works_on(today)] if school else [],
        policies={s.id: site.bot.policy(s.policy) for s in organisation.schools},
        next=own_path(request.query.get("next", "/")),
    )


async def begin(request: web.Request) -> web.Response:
    """Be a person of a school, in a demonstration."""
    site, form = site_of(request), form_of(request)
    _demonstration_only(site)
    found = await site.office.at_desk(site.now(), _person, form.get("person"))
    if found is None or found[1].id != form.get("school"):
        raise BadInput(words.UNKNOWN_SCHOOL)
    return _signed_in(request, *found)


async def sign_in(request: web.Request) -> web.Response:
    """Sign in by password; who has none and who has another are told the same."""
    site, form = site_of(request), form_of(request)
    if not isinstance(site.way, ByPassword):
        raise Turned(404, words.TROUBLES[404])
    name, password = form.get("name"), form.get("password")
    found = await site.office.at_desk(site.now(), _named, name)
    person_id = found[0].id if found else None
    try:
        right = await asyncio.to_thread(site.way.passwords.check, person_id, name, password, site.now())
    except Throttled:
        return _form(request, 429, words.THROTTLED)
    if found is None or not right:
        await even_out(request)
        return _form(request, 403, words.NOT_SIGNED_IN)
    return _signed_in(request, *found)


async def sign_out(request: web.Request) -> web.Response:
    """Forget who was here, on this side and in the browser."""
    site, visit = site_of(request), visit_of(request)
    site.conversations.end(visit.id)
    response = see("/signed-out" if isinstance(site.way, ByProxy) else "/")
    # In a demonstration other programs on this machine share the name `localhost`, and would lose their cookies too.
    response.headers["Clear-Site-Data"] = '"storage"' if site.demonstration else '"cookies", "storage"'
    forget(response, site)
    return response


async def signed_out(request: web.Request) -> web.Response:
    """Where the proxy still knows the person, they sign out there."""
    return page(request, "signed-out.html")


def _signed_in(request: web.Request, person: Person, school: School) -> web.Response:
    site = site_of(request)
    response = see(own_path(form_of(request).get("next", "/")))
    keep(response, site, site.conversations.begin(school, person, instead_of=visit_of(request).id))
    return response


def _form(request: web.Request, status: int = 200, error: str | None = None) -> web.Response:
    typed = form_of(request) if request.method == "POST" else None
    onward = typed.get("next") if typed else request.query.get("next", "/")
    return page(
        request,
        "sign-in.html",
        status,
        error=sentence(error) if error else None,
        name=typed.get("name") if typed else "",
        next=own_path(onward),
    )


def _demonstration_only(site: Site) -> None:
    if not site.demonstration:
        raise Turned(404, words.TROUBLES[404])


def _organisation(desk: Desk) -> Organisation:
    return desk.organisation


def _person(desk: Desk, person_id: str) -> tuple[Person, School] | None:
    try:
        return desk.person(person_id)
    except NoAccess:
        return None


def _named(desk: Desk, name: str) -> tuple[Person, School] | None:
    found = find_person(desk.organisation, name)
    return _person(desk, found) if found else None
