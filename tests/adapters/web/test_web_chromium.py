"""The site as people use it: Chromium, the real policies, nothing faked."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.core import Bot

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="session")]

PHOTO = "May I post a photo of my class on my own Instagram?"
PARENT = "Can I accept a friend request from a parent?"
VAGUE = "Can I post this?"
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    "/who",
    "/who?school=kingsway",
    "/policy",
    "/policy?q=pupil",
    "/matrix",
    "/topic/photo-pupil",
    "/nowhere",
)
"""What a person in a conversation can look at."""
DESKS = (
    "/start",
    "/start/pupil-friend-request",
    "/start/new-site",
    "/desk",
    "/away",
    "/register",
    "/register?use=PE+Instagram",
    "/people",
    "/policies",
    "/stored",
)


class Watched:
    """A page whose every request and complaint is noted."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self._complain(message.type, message.text))

    def _note(self, url: str) -> None:
        if not url.startswith(self.address):
            self.faults.append(f"foreign request: {url}")

    def _complain(self, kind: str, text: str) -> None:
        # A page with what is wrong with a form, or that does not exist, is an answer and no fault.
        if kind == "error" and not re.search("status of 4(00|04|09)", text):
            self.faults.append(text)

    async def open(self, path: str) -> None:
        """Go to a page of the site."""
        await self.page.goto(self.address + path)

    async def begin(self) -> None:
        """Choose Jade Owen of Kingsway Academy, as a person would."""
        await self.open("/")
        await self.page.get_by_role("link", name="Kingsway Academy").click()
        await self.page.get_by_role("button", name="Jade Owen").click()
        await expect(self.page.get_by_label("Your question")).to_be_visible()
        # Until the page's script is there Enter makes a new line, as without scripts.
        await self.page.wait_for_load_state("load")

    async def ask(self, question: str) -> None:
        """Type a question and press the button."""
        asked = await self.page.locator(".turn").count()
        await self.page.locator("#question").fill(question)
        await self.page.get_by_role("button", name="Ask", exact=True).click()
        await expect(self.page.locator(".turn")).to_have_count(asked + 1)
        await self.page.wait_for_load_state("load")


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(context: BrowserContext, address: str) -> AsyncIterator[Watched]:
    """A desktop page; in the end nothing may have gone to another host or against the page's own rules."""
    watched = Watched(await context.new_page(), address)
    yield watched
    assert watched.faults == []


async def test_ask_and_see_verdict_quote_and_next_step(site: Watched, real_bot: Bot) -> None:
    await site.begin()
    await site.ask(PHOTO)
    card = site.page.locator(".answer").last
    await expect(card.locator(".verdict")).to_have_text("Must not")
    await expect(card.get_by_text("You asked about:").first).to_be_visible()
    await expect(card.get_by_role("heading", name="What to do next").first).to_be_visible()
    quote = card.locator(".quote").first
    quoted = " ".join((await quote.locator("blockquote").inner_text()).split())
    clauses = real_bot.policy("att").clauses.values()
    assert quoted in [clause.quote for clause in clauses]
    await quote.get_by_role("link").click()
    await expect(site.page.locator(".clause:target")).to_contain_text(quoted)


async def test_a_deciding_fact_changes_the_answer(site: Watched) -> None:
    await site.begin()
    await site.ask(PARENT)
    choice = site.page.locator(".choices .choice").first
    label = await choice.inner_text()
    await choice.click()
    await expect(site.page.locator(".question").last).to_contain_text(label)
    await expect(site.page.locator(".answer").last.locator(".verdict")).to_be_visible()
    await expect(site.page.locator(".turn")).to_have_count(2)


async def test_a_clarifying_choice_is_answered(site: Watched) -> None:
    await site.begin()
    await site.ask(VAGUE)
    await expect(site.page.locator(".verdict")).to_have_text("One question first")
    await site.page.locator(".choices .choice").first.click()
    await expect(site.page.locator(".turn")).to_have_count(2)
    await expect(site.page.locator(".answer").last.locator(".quote").first).to_be_visible()


async def test_an_offer_leads_to_its_form(site: Watched) -> None:
    await site.begin()
    await site.ask("A pupil has sent me a friend request, what do I do?")
    offer = site.page.locator(".offers a.first:visible").first
    await expect(offer).to_contain_text("Report this now")
    title = await offer.locator(".offer-title").inner_text()
    await offer.click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text(title)
    await expect(site.page.get_by_text("If a child is in immediate danger call 999")).to_be_visible()


async def test_the_keyboard_alone_is_enough(site: Watched) -> None:
    await site.open("/")
    await _tab_to(site.page, "Kingsway Academy")
    await site.page.keyboard.press("Enter")
    await site.page.wait_for_url("**/who?school=kingsway")
    await _tab_to(site.page, "Jade Owen")
    await site.page.keyboard.press("Enter")
    await site.page.wait_for_url(f"{site.address}/")
    await _tab_to(site.page, "", "question")
    await site.page.keyboard.type(PHOTO)
    await site.page.keyboard.press("Enter")
    await expect(site.page.locator(".verdict")).to_have_text("Must not")
    await expect(site.page.locator(".answer").last).to_be_focused()
    await _tab_to(site.page, "Clause")
    outline = await site.page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "3px" in outline
    await _tab_to(site.page, "Skip to the question box")
    await site.page.keyboard.press("Enter")
    await _tab_to(site.page, "Ask")


async def test_shift_enter_makes_a_line_and_the_answer_is_announced(site: Watched) -> None:
    await site.begin()
    await site.page.locator("#question").press_sequentially("May I post")
    await site.page.keyboard.press("Shift+Enter")
    await site.page.keyboard.type("a photo of my class on my own Instagram?")
    await site.page.keyboard.press("Enter")
    await expect(site.page.locator("#status")).to_have_text("Answer: Must not")


async def test_it_works_without_javascript(browser: Browser, address: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    site = Watched(await context.new_page(), address)
    await site.begin()
    await site.page.get_by_role("button", name=PARENT).click()
    await expect(site.page.locator(".turn")).to_have_count(1)
    await site.page.locator(".choices .choice").first.click()
    await expect(site.page.locator(".turn")).to_have_count(2)
    await site.ask(PHOTO)
    await site.page.get_by_role("button", name="New conversation").click()
    await expect(site.page.locator(".turn")).to_have_count(0)
    await site.open("/policy?q=pupil")
    await expect(site.page.locator("mark").first).to_be_visible()
    assert site.faults == []
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_readable_at_320_pixels(browser: Browser, address: str, scheme: str) -> None:
    dark = scheme == "dark"
    context = await browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme="dark" if dark else "light"
    )
    site = Watched(await context.new_page(), address)
    await site.begin()
    for question in (PHOTO, PARENT, VAGUE, "He says he is going to kill himself. " + "longword" * 40):
        await site.ask(question)
    background = await site.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(16, 24, 30)") is dark
    for path in (*PAGES, *DESKS):
        await site.open(path)
        found = await site.page.evaluate(CHECKS)
        assert found == [], f"{path} ({scheme})"
    await context.close()


async def test_the_matrix_keeps_its_header_in_sight(site: Watched) -> None:
    await site.open("/matrix")
    region = site.page.get_by_role("region", name="Verdict of each policy by subject")
    await region.focus()
    header = site.page.locator("thead th").first
    before = await header.bounding_box()
    await region.evaluate("region => region.scrollTo(0, 2000)")
    after = await header.bounding_box()
    assert before
    assert after
    assert after["y"] <= before["y"]
    await expect(header).to_be_in_viewport()
    await site.page.locator(".cell").first.click()
    await expect(site.page.locator(".verdict")).to_be_visible()


async def test_a_clause_leads_to_its_questions_and_back(site: Watched) -> None:
    await site.begin()
    await site.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Policy").click()
    clause = site.page.locator("#att-5-1")
    await clause.locator("summary").click()
    await clause.locator(".rests a").first.click()
    await site.page.locator(".quote a").first.click()
    await expect(site.page.locator(".clause:target")).to_be_in_viewport()


async def _tab_to(page: Page, words: str, name: str = "") -> None:
    """Press Tab until the focus is on what begins with the words, or has the id."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        text, focused = await page.evaluate("[document.activeElement.innerText || '', document.activeElement.id || '']")
        if (name and focused == name) or (words and text.strip().startswith(words)):
            return
    pytest.fail(f"Tab never reached {words or name!r}")
