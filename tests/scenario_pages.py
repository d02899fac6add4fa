"""A person's browser without scripts, and what is read from the pages it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from aiohttp import ClientSession, CookieJar, FormData

from bot import desk_texts
from tests.scenario_html import Element, read_page
from tests.scenario_world import Typed

NOTHING = desk_texts.REFUSALS["no_access"]


@dataclass
class Page:
    """What came back: the status, where redirects led, and the page."""

    status: int
    path: str
    html: str

    @cached_property
    def tree(self) -> Element:
        """The page's elements; many a page is never looked at."""
        return read_page(self.html)


class Browser:
    """One person's browser. It keeps the cookie, and sends the token of the page last seen."""

    def __init__(self, address: str) -> None:
        self._client = ClientSession(address, cookie_jar=CookieJar(unsafe=True))
        self._token = ""

    async def get(self, path: str) -> Page:
        """Look at a page."""
        async with self._client.get(path) as response:
            return self._page(response.status, str(response.url.path), await response.text())

    async def post(self, path: str, *fields: tuple[str, str], follow: bool = True) -> Page:
        """Send a form and follow where it leads; without following, the path is where it would lead."""
        data = [("token", self._token), *fields]
        async with self._client.post(path, data=data, allow_redirects=follow) as response:
            led = response.headers.get("Location", str(response.url.path))
            return self._page(response.status, led, await response.text())

    async def send_files(self, path: str, key: str, files: list[tuple[str, bytes]]) -> Page:
        """Send the last form of a case with files."""
        form = FormData(quote_fields=False)
        form.add_field("token", self._token)
        form.add_field("key", key)
        for name, data in files:
            form.add_field("evidence", data, filename=name, content_type="application/octet-stream")
        async with self._client.post(path, data=form) as response:
            return self._page(response.status, str(response.url.path), await response.text())

    async def close(self) -> None:
        """Close the browser."""
        await self._client.close()

    def _page(self, status: int, path: str, html: str) -> Page:
        token = re.search(r'name="token" value="([0-9a-f]+)"', html)
        self._token = token[1] if token else self._token
        return Page(status, path, html)


def questions(page: Page) -> list[str]:
    """The questions that are shown."""
    return [i.attributes["value"] for i in page.tree.all("input", name="shown") if "disabled" not in i.attributes]


def filled(page: Page, typed: Typed) -> list[tuple[str, str]]:
    """What a browser sends: what is filled in already, and what is typed over it; sites are chosen by their name."""
    form = page.tree.one("form", id="form")
    assert form is not None
    fields = [("shown", question) for question in questions(page)]
    fields += [(f"f-{key}", _chosen(form, f"f-{key}", value)) for key, given in typed.items() for value in given]
    new = {f"f-{key}" for key in typed}
    for box in form.all("input"):
        name, kind = box.attributes.get("name", ""), box.attributes.get("type")
        if (
            name.startswith("f-")
            and name not in new
            and (kind not in ("radio", "checkbox") or "checked" in box.attributes)
        ):
            fields.append((name, box.attributes.get("value", "")))
    for area in form.all("textarea"):
        if area.attributes["name"] not in new:
            fields.append((area.attributes["name"], area.text().removeprefix("\n")))
    for select in form.all("select"):
        chosen = next((o for o in select.all("option") if "selected" in o.attributes), None)
        if select.attributes["name"] not in new and chosen:
            fields.append((select.attributes["name"], chosen.attributes["value"]))
    key = form.one("input", name="key")
    return [*fields, ("key", key.attributes["value"])] if key else fields


def _chosen(form: Element, name: str, value: str) -> str:
    select = form.one("select", name=name)
    options = list(select.all("option")) if select else []
    named = (o.attributes["value"] for o in options if o.said() == value or o.said().rpartition(", ")[0] == value)
    return next(named, value)


def errors(page: Page) -> dict[str, str]:
    """What is said beside the fields of a form."""
    wrong = (div for div in page.tree.all("div", class_="wrong") if "data-field" in div.attributes)
    found = {div.attributes["data-field"]: div.one("p", class_="error") for div in wrong}
    return {key: error.said().removeprefix("Error: ") for key, error in found.items() if error}


def refusal(page: Page) -> str | None:
    """Why nothing was changed, as the page says it."""
    if page.status in (403, 404):
        return NOTHING
    summary = page.tree.one("div", id="summary") if page.status >= 400 else None
    return (summary.said() if summary else trouble(page)) if page.status >= 400 else None


def trouble(page: Page) -> str:
    """What a page without a form says."""
    main = page.tree.one("main")
    return main.said() if main else f"status {page.status}"


def line(li: Element, name: str) -> str:
    """One line of the thread as text; the person's own lines with their name, as others read them."""
    head = li.one("p", class_="event-head")
    line = head.said(frozenset({"time"})) if head else ""
    words = [quote.text() for quote in li.all("blockquote")]
    return " ".join([re.sub(r"^You\b", name, line), *words])


def readable(tree: Element) -> str:
    """What can be read in the page's main part: letter for letter, and once more with white space folded."""
    main = tree.one("main")
    return f"{main.text()}\n{main.said()}" if main else ""
