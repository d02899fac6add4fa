"""The tab in Chromium, with Microsoft's own library, framed by a page that answers as the Teams client does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Frame, Page, Route, async_playwright, expect

from adapters.teams import tab
from tests.adapters.teams.fake_teams.connector import APP
from tests.adapters.teams.fake_teams.ways import entra_id
from tests.adapters.teams.tab_served import AMARA, PAGES, PUBLIC, Tab, chat, shown, store

__all__ = ["chat", "shown", "store"]
pytestmark = pytest.mark.chromium
CHROMIUM = Path("/usr/bin/chromium")
HOST = (Path(__file__).parent / "fake_teams" / "host.html").read_text(encoding="utf-8")
CHECKS = (Path(__file__).parents[1] / "web" / "checks.js").read_text(encoding="utf-8")
TEAMS = "https://teams.microsoft.com/fake"
ELSEWHERE = "https://elsewhere.example/fake"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


async def framed(browser: Browser, shown: Tab, host: str = TEAMS, theme: str = "default", width: int = 1000) -> Page:
    """A page of the host with the tab in its frame; everything else on the net is out of reach."""
    page = await browser.new_page(viewport={"width": width, "height": 900})
    token = shown.entra.token(entra_id(AMARA))
    whole = HOST.replace("TAB", PUBLIC + tab.PATH).replace("TOKEN", token).replace("THEME", theme)

    async def answer(route: Route) -> None:
        url = route.request.url
        if url == host:
            await route.fulfill(body=whole, content_type="text/html")
        elif url.startswith(PUBLIC):
            path = url.removeprefix(PUBLIC)
            found = await shown.client.request(route.request.method, path, headers=await _headers(route))
            await route.fulfill(status=found.status, headers=dict(found.headers), body=await found.read())
        else:
            await route.abort()

    await page.context.route("**/*", answer)
    await page.goto(host)
    return page


async def _headers(route: Route) -> dict[str, str]:
    given = await route.request.all_headers()
    return {name: given[name] for name in ("authorization", "cookie") if name in given}


def inside(page: Page) -> Frame:
    """The frame of the tab."""
    return next(frame for frame in page.frames if frame.url.startswith(PUBLIC))


@pytest.mark.parametrize(("theme", "width"), [("default", 1000), ("dark", 1000), ("contrast", 1000), ("default", 320)])
async def test_the_tab_shows_my_requests_in_teams(browser: Browser, shown: Tab, theme: str, width: int) -> None:
    done = await shown.chat.opened(AMARA, "media-enquiry")
    page = await framed(browser, shown, theme=theme, width=width)
    frame = inside(page)
    await expect(frame.get_by_role("listitem").filter(has_text=done.reference)).to_be_visible()
    await expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/tab-{theme}-{width}.png")
    faults = set(await frame.evaluate(CHECKS)) - {"no footer", "no nav"}
    assert faults == set(), "Teams has the navigation; all else is as on the pages"
    await frame.get_by_role("button", name="Refresh").focus()
    await page.keyboard.press("Tab")
    assert await frame.evaluate("document.activeElement.tagName") == "A", "the first link comes after the button"
    opened = frame.get_by_role("link", name="Open", exact=True)
    await opened.focus()
    described = await opened.evaluate("e => document.getElementById(e.getAttribute('aria-describedby')).textContent")
    assert done.reference in described, "a reader hears which case it opens"
    assert (
        await opened.evaluate("e => e.matches(':focus-visible') && parseFloat(getComputedStyle(e).outlineWidth)") >= 2
    )
    assert await opened.get_attribute("href") == f"{PAGES}/case/{done.case_id}"
    await frame.get_by_role("link", name="Help").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_function("window.opened.length === 1")
    assert await page.evaluate("opened[0]") == f"https://teams.microsoft.com/l/chat/0/0?users=28:{APP}&message=Help"


async def test_another_page_cannot_frame_it(browser: Browser, shown: Tab) -> None:
    page = await framed(browser, shown, host=ELSEWHERE)
    await page.wait_for_timeout(300)
    assert await page.evaluate("asked") == []


async def test_outside_teams_it_says_where_it_works(browser: Browser, shown: Tab) -> None:
    page = await framed(browser, shown)
    await page.goto(PUBLIC + tab.PATH)
    await expect(page.get_by_role("status")).to_contain_text("works inside Microsoft Teams")


async def test_it_says_when_it_could_not_sign_in_and_can_be_tried_again(browser: Browser, shown: Tab) -> None:
    shown.entra.down = True
    frame = inside(await framed(browser, shown))
    await expect(frame.get_by_role("status")).to_contain_text("cannot check who you are")
    shown.entra.down = False
    shown.seconds += 11
    await frame.get_by_role("button", name="Refresh").click()
    await expect(frame.get_by_role("heading", name="My requests and reports")).to_be_visible()
