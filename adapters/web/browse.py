"""The pages to read: a policy, a topic under it, all verdicts side by side, and how to prepare a request."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import catalogue, preparation, render, words
from adapters.web.conversations import Conversation
from adapters.web.desk import no_context
from adapters.web.preparation import Preparation
from adapters.web.site import Turned, page, policy_of, site_of, visit_of
from policy_kb.model import ProcedureName


async def policy(request: web.Request) -> web.Response:
    """A policy clause by clause, filtered by `?q=`; without a policy, the list of policies."""
    known = site_of(request).desk.ready.knowledge
    found = policy_of(request, request.match_info.get("policy"))
    if found is None:
        return page(request, "policies.html", policies=tuple(known.policies.values()))
    wanted = catalogue.fold_filter(request.query.get("q", ""))
    documents = catalogue.documents(found, known.topics, wanted)
    shown = sum(document.count for document in documents)
    return page(
        request,
        "policy.html",
        policy=found,
        documents=documents,
        wanted=wanted,
        shown=shown,
        total=len(found.clauses),
    )


async def topic(request: web.Request) -> web.Response:
    """What one policy (`?policy=`, else the chosen school's) says on a topic, as an answer."""
    site, talk = site_of(request), visit_of(request).conversation
    slug = request.match_info["topic"]
    found = policy_of(request, request.query.get("policy"))
    if found is None and slug in site.desk.ready.knowledge.topics:
        return web.Response(status=303, headers={"Location": f"/matrix#{slug}"})
    if found is None or slug not in found.rulings:
        raise Turned(404, words.TROUBLES[404])
    own = talk if talk and talk.school.policy == found.id else None
    turn = await asyncio.to_thread(site.desk.choose, found.id, "topic", slug, no_context(), own.school if own else None)
    return page(
        request,
        "topic.html",
        policy=found,
        topic=site.desk.ready.knowledge.topics[slug],
        card=render.card(turn.answer, found.id, f"topic={slug}", own.person if own else None),
        changes=catalogue.changes(found.rulings[slug], site.desk.ready.knowledge.facts),
        own=own is not None,
    )


async def matrix(request: web.Request) -> web.Response:
    """Every topic under every policy."""
    known = site_of(request).desk.ready.knowledge
    return page(request, "matrix.html", policies=tuple(known.policies.values()), groups=catalogue.matrix(known))


async def start(request: web.Request) -> web.Response:
    """How to prepare a request, report or record that the chosen school's policy offers."""
    site, talk = site_of(request), visit_of(request).conversation
    if talk is None:
        raise Turned(404, words.NO_SCHOOL)
    procedure = site.desk.ready.knowledge.procedures.get(request.match_info["slug"])
    prepared = await asyncio.to_thread(_prepare, request, talk, procedure) if procedure else None
    if prepared is None:
        raise Turned(404, words.NOT_OFFERED)
    return page(
        request,
        "start.html",
        prepared=prepared,
        contacts=render.contacts(prepared.contacts, talk.person),
        quotes=[render.quote(q, talk.school.policy) for q in prepared.quotes],
        outline=preparation.outline(prepared, talk.school, talk.person),
    )


def _prepare(request: web.Request, talk: Conversation, procedure: ProcedureName) -> Preparation | None:
    """From the answer that led here, which knows whom a concern is about; else from the rulings."""
    shown = talk.exchange(request.query.get("turn", ""))
    if shown:
        answer = shown.answer
        # The headline's parts go first: a weaker match may name other people for the same request.
        for parts in (answer.parts, answer.see_also):
            if procedure.slug in {o.slug for part in parts for o in part.offers}:
                return preparation.from_parts(procedure, parts, answer.contacts, answer.notes, exact=True)
    site = site_of(request)
    found = site.desk.policy(talk.school.policy)
    return preparation.from_rulings(site.desk, found, procedure, talk.school, request.query.get("topic"))


async def health(request: web.Request) -> web.Response:
    """One line for people and probes."""
    return web.Response(text=f"{site_of(request).desk.ready.health}\n", content_type="text/plain")
