"""Every route x method x who asks x token: nothing answers 2xx to somebody for whom it is not (SECURITY T17)."""

from __future__ import annotations

import pytest
from aiohttp import ClientResponse

from adapters.web.access import PAGES, Access, Page
from adapters.web.app import ROUTES

from .conftest import Visitor
from .fakes import without
from .steps import ask_press

MADE_UP = "0" * 32
PEOPLE = {"staff": ("ann", "hill"), "auditor": ("ced", "hill"), "leaver": ("bea", "hill"), "elsewhere": ("zoe", "vale")}
STATES = ("stranger", *PEOPLE)
OTHERS = ("PUT", "DELETE", "OPTIONS")


async def test_every_route_declares_who_may_use_it(visitor: Visitor) -> None:
    app = visitor.client.app
    assert app is not None
    for route in app.router.routes():
        assert route.resource is not None
        method = "GET" if route.method == "HEAD" else route.method
        assert (method, route.resource.canonical) in app[PAGES], f"{route.method} {route.resource.canonical}"


async def test_a_route_that_declares_nobody_is_refused(visitor: Visitor) -> None:
    app = visitor.client.app
    assert app is not None
    del app[PAGES]["GET", "/matrix"]
    response, _ = await visitor.get("/matrix")
    assert response.status == 404


async def _as(visitor: Visitor, state: str) -> Visitor:
    """A browser of somebody in that state."""
    if state == "stranger":
        other = await visitor.another("ann")
        visitor.site.conversations.end(visit_of(other))
        await other.get("/matrix")
        return other
    return await visitor.another(*PEOPLE[state])


def visit_of(visitor: Visitor) -> str:
    """The visit's id in the browser's cookie."""
    return next(cookie.value for cookie in visitor.client.session.cookie_jar)


def _allowed(page: Page, state: str) -> bool:
    if page.access is Access.OPEN:
        return True
    if page.access is Access.AUDITOR:
        return state in ("auditor", "elsewhere")
    return state in ("staff", "auditor", "elsewhere")


def _path(page: Page, case: str) -> str:
    parts = {
        "policy": "small", "topic": "friend-pupil", "slug": "press", "case": case, "evidence": MADE_UP, "ticket": "x",
    }  # fmt: skip
    return page.path.format(**parts)


async def _status(visitor: Visitor, method: str, path: str, token: str | None = None) -> ClientResponse:
    data = None if token is None else {"token": token, "do": "say", "words": "x", "question": "x", "key": MADE_UP}
    response = await visitor.client.request(method, path, data=data, allow_redirects=False)
    response.close()
    return response


@pytest.mark.parametrize("state", STATES)
async def test_nobody_gets_in_where_they_should_not(talker: Visitor, state: str) -> None:
    case = await ask_press(talker)
    visitor = await _as(talker, state)
    others_token = talker.token
    if state == "leaver":
        await talker.office.adopt(without("bea"), talker.moment())
    for page in ROUTES:
        if page.path in ("/sign-out", "/who"):
            continue
        path, allowed = _path(page, case), _allowed(page, state)
        for method in (page.method, *OTHERS):
            if method == "POST":
                continue
            response = await _status(visitor, method, path)
            what = f"{state} {method} {path}: {response.status}"
            assert response.status < 500, what
            if method != page.method:
                assert response.status == 405, what
            elif not allowed:
                _assert_refused(response, what)
        if page.method == "POST":
            for token in ("", others_token):
                response = await _status(visitor, "POST", path, token)
                assert response.status == 403, f"{state} {token[:4]} POST {path}: {response.status}"
            response = await _status(visitor, "POST", path, visitor.token)
            assert response.status < 500, f"{state} POST {path}: {response.status}"
            if not allowed:
                assert response.status == 403, f"{state} POST {path}: {response.status}"


def _assert_refused(response: ClientResponse, what: str) -> None:
    assert response.status in (303, 403, 404), what
    if response.status == 303:
        assert response.headers["Location"].startswith("/sign-in"), what
