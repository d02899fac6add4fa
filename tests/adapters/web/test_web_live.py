"""Streams that say "changed": to whom, when, and no word more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientResponse

from .conftest import Visitor
from .fakes import without
from .steps import act, ask_press, report_pupil, version_of

STREAM = {"Accept": "text/event-stream"}
SOON = 10.0


@asynccontextmanager
async def listening(visitor: Visitor, path: str) -> AsyncIterator[ClientResponse]:
    """An open stream, past its greeting."""
    async with visitor.client.get(path, headers=STREAM) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert (await response.content.readline()).startswith(b"retry:")
        await response.content.readline()
        yield response


async def heard(response: ClientResponse) -> str:
    """The next mark."""
    while True:
        line = await asyncio.wait_for(response.content.readline(), SOON)
        if not line or line.startswith(b"data: "):
            return line.decode().removeprefix("data: ").strip()


async def test_a_case_says_when_it_changed(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, text = await talker.get(f"/case/{case}")
    async with listening(talker, f"/live/{case}?mark={version_of(text)}") as stream:
        await act(head, case, "ask", words="Quillfeather?")
        mark = await heard(stream)
        assert mark.isdecimal()
        assert int(mark) > int(version_of(text))


async def test_what_changed_before_the_stream_began_is_told_at_once(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    _, text = await talker.get(f"/case/{case}")
    await act(head, case, "ask", words="Which?")
    async with listening(talker, f"/live/{case}?mark={version_of(text)}") as stream:
        assert await heard(stream) != version_of(text)


async def test_the_desk_says_when_something_new_waits(talker: Visitor) -> None:
    head = await talker.another("ced")
    _, text = await head.get("/desk")
    mark = text.split('data-mark="')[1].split('"')[0]
    async with listening(head, f"/live?mark={mark}") as stream:
        await ask_press(talker)
        assert await heard(stream) not in ("", mark)


async def test_nobody_listens_to_what_they_may_not_see(talker: Visitor) -> None:
    case, head = await report_pupil(talker, subject="ced"), await talker.another("ced")
    for mark in ("", "2", "gone"):
        response, _ = await head.get(f"/live/{case}?mark={mark}", headers=STREAM)
        assert response.status == 404


async def test_a_stream_ends_when_the_case_is_no_longer_theirs(talker: Visitor) -> None:
    case, head = await ask_press(talker), await talker.another("ced")
    async with listening(head, f"/live/{case}") as stream:
        await heard(stream)
        await talker.office.adopt(without("ced"), talker.moment())
        await act(talker, case, "withdraw")
        assert await heard(stream) == "gone"
        assert await heard(stream) == ""


async def test_a_stream_ends_with_the_visit_and_keeps_nobody_signed_in(talker: Visitor) -> None:
    async with listening(talker, "/live") as stream:
        await heard(stream)
        await talker.get("/desk")
        await talker.post("/sign-out")
        assert await heard(stream) == ""
    response, _ = await talker.get("/live", headers=STREAM)
    # The one answer after which a browser does not try again.
    assert response.status == 204


async def test_the_server_stops_although_somebody_listens(talker: Visitor) -> None:
    async with listening(talker, "/live") as stream:
        await heard(stream)
        talker.site.pulse.close()
        assert await heard(stream) == ""
        assert talker.site.pulse.streams == 0
