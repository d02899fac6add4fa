"""What people do on the pages, in the words of the tests."""

from __future__ import annotations

import re

from aiohttp import ClientResponse

from .conftest import Visitor

PUPIL = "Young Quillfeather, year 9"


async def ask_press(visitor: Visitor, question: str = "Why is the gate shut?") -> str:
    """Send the request about the press; the id of the case."""
    return await _send(visitor, "press", {"question": question})


async def report_pupil(visitor: Visitor, subject: str = "nobody", gate: str = "") -> str:
    """Report a pupil's request; the id of the case."""
    return await _send(visitor, "friend-report", {"pupil": PUPIL, "subject": subject, "family": "no"}, gate)


async def fill(visitor: Visitor, slug: str, answers: dict[str, str], shown: bool = True) -> tuple[ClientResponse, str]:
    """Fill in a form and press Continue. shown: as by a browser with scripts, which shows what applies at once."""
    _, text = await visitor.get(f"/start/{slug}")
    fields = [(f"f-{name}", value) for name, value in answers.items()]
    named = re.findall(r'name="shown" value="(\w+)"( disabled)?', text)
    fields += [("shown", name) for name, hidden in named if shown or not hidden]
    return await visitor.post(f"/start/{slug}", data=fields, key=key_of(text))


def key_of(text: str) -> str:
    """The key of the first form on the page that has one."""
    found = re.search(r'name="key" value="([0-9a-z_-]+)"', text)
    return found[1] if found else ""


def version_of(text: str) -> str:
    """The version of the case that a page shows."""
    found = re.search(r'data-mark="(\d+)"', text)
    return found[1] if found else ""


async def act(visitor: Visitor, case: str, do: str, **fields: str) -> tuple[ClientResponse, str]:
    """Open the case and press a button on it."""
    _, text = await visitor.get(f"/case/{case}")
    sent = {"do": do, "key": key_of(text), "version": version_of(text), **fields}
    return await visitor.post(f"/case/{case}", data=list(sent.items()))


async def _send(visitor: Visitor, slug: str, answers: dict[str, str], gate: str = "") -> str:
    await fill(visitor, slug, answers)
    if gate:
        await visitor.post(f"/start/{slug}/gate", gate=gate)
    _, text = await visitor.get(f"/start/{slug}/check")
    response, _ = await visitor.post(f"/start/{slug}/send", key=key_of(text))
    found = re.fullmatch(r"/case/([0-9a-f]{32})", response.url.path)
    assert found, response.url
    return found[1]
