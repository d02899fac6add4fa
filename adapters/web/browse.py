"""The pages to read: a policy, a topic under it, and all verdicts side by side."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import catalogue, render, words
from adapters.web.answering import no_context
from adapters.web.site import Turned, page, policy_of, site_of, visit_of


async def policy(request: web.Request) -> web.Response:
    """A policy clause by clause, filtered by `?q=`; without a policy, the list of policies."""
    known = site_of(request).bot.ready.knowledge
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
    if found is None and slug in site.bot.ready.knowledge.topics:
        return web.Response(status=303, headers={"Location": f"/matrix#{slug}"})
    if found is None or slug not in found.rulings:
        raise Turned(404, words.TROUBLES[404])
    own = talk if talk and talk.school.policy == found.id else None
    turn = await asyncio.to_thread(site.bot.choose, found.id, "topic", slug, no_context(), own.school if own else None)
    return page(
        request,
        "topic.html",
        policy=found,
        topic=site.bot.ready.knowledge.topics[slug],
        card=render.card(turn.answer, found.id, own.person if own else None),
        changes=catalogue.changes(found.rulings[slug], site.bot.ready.knowledge.facts),
        own=own is not None,
    )


async def matrix(request: web.Request) -> web.Response:
    """Every topic under every policy."""
    known = site_of(request).bot.ready.knowledge
    return page(request, "matrix.html", policies=tuple(known.policies.values()), groups=catalogue.matrix(known))


async def health(request: web.Request) -> web.Response:
    """One line for people and probes."""
    return web.Response(text=f"{site_of(request).bot.ready.health}\n", content_type="text/plain")
