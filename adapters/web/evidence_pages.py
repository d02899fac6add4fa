"""Looking at evidence: asked for by a button, noted in the record, then served once (SECURITY T19, T21)."""

from __future__ import annotations

import re

from aiohttp import web

from adapters.web.case_pages import case_id, refusal
from adapters.web.site import Turned, person_of, see, site_of, visit_of
from adapters.web.words import NO_COPY, TICKET_GONE
from bot import actions as act
from bot.desk import Desk, NoAccess

_KINDS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}
_SANDBOX = "default-src 'none'; sandbox"


async def view(request: web.Request) -> web.Response:
    """Note who looks at what, then hand out a ticket for it."""
    site, person, number = site_of(request), person_of(request), case_id(request)
    wanted = request.match_info["evidence"]
    known = await site.office.at_desk(site.now(), _attached, person.id, number)
    if not re.fullmatch(r"[0-9a-f]{32}", wanted) or wanted not in known:
        raise NoAccess
    done = await site.office.act(person.id, number, act.ViewEvidence(attachment=wanted), site.now())
    if done.refused:
        raise Turned(409, TICKET_GONE._replace(wrong=refusal(done)))
    site.pulse.ring()
    return see(f"/evidence/{site.tickets.issue(visit_of(request).id, person.id, number, wanted)}")


async def serve(request: web.Request) -> web.Response:
    """The re-encoded copy, to be saved and never run: checked once more, whoever holds the ticket."""
    site = site_of(request)
    ticket = site.tickets.use(request.match_info["ticket"], visit_of(request).id)
    if ticket is None or ticket.person != person_of(request).id:
        raise Turned(404, TICKET_GONE)
    found = await site.office.at_desk(site.now(), _copy, ticket.person, ticket.case_id, ticket.evidence)
    if found is None:
        raise Turned(404, NO_COPY)
    data, kind = found
    # The name is ours: the sender's own may name people.
    name = f"evidence-{ticket.evidence[:8]}.{kind}"
    return web.Response(
        body=data,
        content_type=_KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": _SANDBOX},
    )


def _attached(desk: Desk, person_id: str, number: str) -> set[str]:
    case = desk.records.case(number)
    if case is None or not desk.may_see(case, person_id):
        raise NoAccess
    return {each.id for each in case.attachments if not each.quarantined}


def _copy(desk: Desk, person_id: str, number: str, evidence: str) -> tuple[bytes, str] | None:
    if evidence not in _attached(desk, person_id, number):
        raise NoAccess
    case = desk.records.case(number)
    return desk.records.viewer_copy(case, evidence) if case else None
