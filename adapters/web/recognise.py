"""From a visit to a person who may be served at this moment: asked anew at every request (SECURITY T03, T09)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from urllib.parse import quote

from aiohttp import web

from adapters.web import words
from adapters.web.signin import ByProxy
from adapters.web.site import STARTED, VISIT, Site, Turned, Visit, site_of, visit_of
from bot import views
from bot.desk import Desk, NoAccess
from bot.organisation import Person, School
from bot.passwords import find_person
from policy_kb.model import Role

AUDITORS = frozenset(
    {
        Role.HEADTEACHER,
        Role.CEO,
        Role.CHAIR_OF_GOVERNORS,
        Role.CHAIR_OF_TRUSTEES,
        Role.SAFEGUARDING_LEAD,
    }
)
"""Who may read the audit of the cases that they may see."""

SAME_SECONDS = 0.15
"""A refusal takes so long, whether the case is somebody else's or does not exist (SECURITY T16)."""


@dataclass(frozen=True)
class Known:
    """A person who works here now. mark: changes when what waits for them may have changed."""

    person: Person
    school: School
    auditor: bool
    mark: str
    waiting: int


async def recognise(request: web.Request) -> None:
    """Put the person of the visit into the request. Turns away who has left or is not on the staff list."""
    site = site_of(request)
    if isinstance(site.way, ByProxy):
        await _follow(request, site, site.way)
    visit = visit_of(request)
    if visit.conversation is None:
        return
    try:
        known = await site.office.at_desk(site.now(), _known, visit.conversation.person.id, site.waiting)
    except NoAccess as error:
        site.conversations.end(visit.id)
        request[VISIT] = Visit(visit.id, visit.fresh)
        raise Turned(403, words.NOT_SERVED) from error
    site.waiting[known.person.id] = (known.mark, known.waiting)
    visit.conversation.person, visit.conversation.school = known.person, known.school
    request[VISIT] = replace(visit, waiting=known.waiting, auditor=known.auditor)


async def _follow(request: web.Request, site: Site, way: ByProxy) -> None:
    """The proxy says who is there; a visit of somebody else ends, and a first one begins."""
    visit, named = visit_of(request), way.named(request.headers)
    if named is None:
        request[VISIT] = replace(visit, conversation=None)
        return
    found = await site.office.at_desk(site.now(), _named, named)
    if found is None:
        request[VISIT] = Visit(visit.id, visit.fresh)
        raise Turned(403, words.NOT_SERVED)
    if visit.conversation is None or visit.conversation.person.id != found[0].id:
        fresh = site.conversations.begin(found[1], found[0], instead_of=visit.id)
        request[VISIT] = Visit(fresh, True, site.conversations.find(fresh))


def sign_in_address(request: web.Request) -> str:
    """Where somebody who is not signed in is sent, and from where they come back."""
    return f"/sign-in?next={quote(request.path_qs, safe='')}" if request.path != "/" else "/sign-in"


async def even_out(request: web.Request) -> None:
    """Wait until the request has taken as long as every refusal takes."""
    await asyncio.sleep(max(0.0, SAME_SECONDS - (time.monotonic() - request[STARTED])))


def _known(desk: Desk, person_id: str, counted: dict[str, tuple[str, int]]) -> Known:
    person, school = desk.person(person_id)
    roles = {*person.roles, *(role for post in person.also_at for role in post.roles)}
    # Within ten minutes the count is believed, while nothing was told to the person: it opens every case of the trust.
    mark = f"{desk.now:%H}{desk.now.minute // 10}:{desk.records.mark_of(person.id, person.who)}"
    before = counted.get(person_id)
    count = before[1] if before and before[0] == mark else len(views.waiting(desk, person_id))
    return Known(person, school, bool(roles & AUDITORS), mark, count)


def _named(desk: Desk, name: str) -> tuple[Person, School] | None:
    found = find_person(desk.organisation, name)
    try:
        return desk.person(found) if found else None
    except NoAccess:
        return None
