"""The one-time code as people type it, in Chromium, with the keyboard alone; and what a page says that is not kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect

from adapters.web.conversations import CONFIRMED_SECONDS
from adapters.web.signin import ByPassword
from bot.pace_limits import PERSON, What, Who
from bot.passwords import Passwords
from tests.one_time_codes import code_at, secret_of

from .conftest import Visitor, visitor_of
from .steps import PUPIL

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="session")]
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
PASSWORD = "correct horse battery"
WORDS = 'Thank you.\n\nRing the <family> "today"'


async def sign_in(page: Page, person: str) -> None:
    """By password, with Enter."""
    await page.goto("/sign-in")
    await page.get_by_label("Email or user name").fill(person)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/")


async def shows(page: Page, heading: str) -> None:
    """The page is there, and as accessible as every other."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    await page.wait_for_load_state("load")
    assert await page.evaluate(CHECKS) == [], heading


async def report(page: Page, visitor: Visitor) -> None:
    """A report by somebody who types too much for a while, and has no second factor."""
    await page.goto("/start/friend-report")
    for _ in range(PERSON[What.DRAFT].at_once):
        visitor.site.pace.allow(Who("ann", "hill"), What.DRAFT, visitor.moment())
    await expect(page.locator("#keep-error")).to_be_hidden()
    await page.get_by_label("Which pupil").fill(PUPIL)
    await expect(page.locator("#keep-error")).to_be_visible(timeout=10_000)
    visitor.moment.now = visitor.moment.now.replace(minute=5)
    await page.locator('[name="f-subject"]').select_option("nobody")
    await page.locator('[name="f-family"][value="no"]').check()
    await expect(page.locator("#keep-error")).to_be_hidden(timeout=10_000)
    await page.get_by_role("button", name="Continue").click()
    await page.locator("form.send button").click()
    await shows(page, "You need a second factor for this")
    await expect(page.get_by_role("status").first).to_contain_text("Its number is AF-")


async def handle(page: Page, visitor: Visitor, phone: bytes) -> None:
    """The head opens it with a code, and is asked for another while writing."""
    await page.goto("/desk")
    await page.locator("#desk-waiting").get_by_role("link", name="Report a request").first.click()
    await shows(page, "Type your code")
    await page.keyboard.type("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    await shows(page, "Type your code")
    await page.keyboard.type(code_at(phone, visitor.moment()))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(PUPIL).first).to_be_visible()
    await page.locator("#say-words").fill(WORDS)
    visitor.clock.now += CONFIRMED_SECONDS - 1
    await page.request.get("/desk")
    visitor.clock.now += 1
    visitor.moment.now = visitor.moment.now.replace(minute=40)
    await page.locator("#do-say button").click()
    await shows(page, "Type your code")
    await expect(page.get_by_label("Your text")).to_have_value(WORDS)
    await page.keyboard.type(code_at(phone, visitor.moment()))
    await page.keyboard.press("Enter")
    await expect(page.locator("#summary")).to_contain_text("Your message was sent.")
    said = await page.locator(".event .letter").last.text_content()
    assert said is not None
    assert said.replace("\r\n", "\n") == WORDS


async def test_a_code_is_typed_and_the_words_go_on(browser: Browser, tmp_path: Path) -> None:
    passwords = Passwords(tmp_path / "passwords", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for person in ("ann", "ced"):
        passwords.set(person, PASSWORD)
    phone = secret_of(passwords.second_factors.enrol("ced", "ced").uri)
    async for visitor in visitor_of(tmp_path, way=ByPassword(passwords)):
        context = await browser.new_context(base_url=f"http://localhost:{visitor.port}")
        page = await context.new_page()
        await sign_in(page, "ann")
        await report(page, visitor)
        await page.get_by_role("button", name="Sign out").click()
        await sign_in(page, "ced")
        await handle(page, visitor, phone)
        await context.close()
