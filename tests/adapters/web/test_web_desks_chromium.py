"""Requests and reports from start to end as people make them: Chromium, two windows, the real policies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from .test_web_chromium import Watched

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="session")]
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
Open = Callable[..., Awaitable[Watched]]
TELL_US = "You may say: the playground is closed for safety works.\nNothing about pupils."
STRANGE = "Quillfeather of 9B asked to follow me"


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser, address: str) -> AsyncIterator[Open]:
    """A window of its own for a person of a school; in the end none may have complained."""
    opened: list[Watched] = []

    async def make(school: str, person: str, **settings: object) -> Watched:
        context = await browser.new_context(**settings)  # type: ignore[arg-type]
        watched = Watched(await context.new_page(), address)
        opened.append(watched)
        await watched.open(f"/who?school={school}")
        await watched.page.get_by_role("button", name=person).click()
        return watched

    yield make
    for each in opened:
        await each.page.context.close()
        assert each.faults == []


async def _start(site: Watched, slug: str, answers: dict[str, str]) -> None:
    """Fill in a form: text, a chosen option, a person's id, or yes and no; then Continue."""
    await site.open(f"/start/{slug}")
    for field, answer in answers.items():
        box = site.page.locator(f'[name="f-{field}"]')
        kind = await box.first.evaluate("e => e.type")
        if kind in ("radio", "checkbox"):
            for each in answer.split("|"):
                await site.page.locator(f'[name="f-{field}"][value="{each}"]').check()
        elif kind == "select-one":
            await box.select_option(answer)
        else:
            await box.fill(answer)
    await site.page.get_by_role("button", name="Continue").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Check before you send")


async def _send(site: Watched) -> str:
    """Send what was checked; the address of the case."""
    await site.page.locator("form.send button").click()
    await site.page.wait_for_url("**/case/*")
    return re.sub(r"\?.*", "", site.page.url.removeprefix(site.address))


async def _open_waiting(site: Watched, title: str) -> None:
    await site.open("/desk")
    await site.page.locator("#desk-waiting").get_by_role("link", name=title).first.click()
    await site.page.wait_for_url("**/case/*")


async def _approve(site: Watched, words: str, conditions: str = "") -> None:
    form = site.page.locator("#do-approve")
    await form.locator("summary").click()
    await form.locator("[name=words]").fill(words)
    if conditions:
        await form.locator("[name=conditions]").fill(conditions)
    for point in await form.get_by_role("checkbox").all():
        await point.check()
    await form.get_by_role("button", name="Approve").click()
    await expect(site.page.locator("#summary")).to_contain_text("Your approval is recorded")


async def _sound(page: Page) -> None:
    """Nothing is wrong with the page as shown, once its style has come."""
    await page.wait_for_load_state("load")
    assert await page.evaluate(CHECKS) == [], page.url


async def test_a_media_comment_is_approved_with_conditions(window: Open) -> None:
    teacher, head = await window("oakfield", "Amara Obi"), await window("oakfield", "Helen Marsh")
    answers = {"outlet": "Oakshire Gazette", "journalist": "Jo", "question": "Why?", "channel": "Telephone"}
    await _start(teacher, "media-enquiry", answers)
    await expect(teacher.page.locator(".goes-to")).to_contain_text("Helen Marsh (Headteacher)")
    await _send(teacher)
    await expect(teacher.page.locator("#summary")).to_contain_text("Its number is AF-")
    # Half a message is being written while the decision arrives.
    await teacher.page.locator("#say-words").fill("May I also say")
    await _open_waiting(head, "Media enquiry")
    await head.page.evaluate("window.sameDocument = true")
    await teacher.page.evaluate("window.sameDocument = true")
    await _approve(head, TELL_US, "By telephone only.")
    status = teacher.page.locator("#case-status")
    await expect(status).to_contain_text("Approved with conditions")
    await expect(teacher.page.locator("#case-decision")).to_contain_text("By telephone only.")
    assert await teacher.page.locator("#case-decision blockquote").first.inner_text() == TELL_US
    assert await teacher.page.evaluate("window.sameDocument") is True
    assert await teacher.page.locator("#say-words").input_value() == "May I also say"
    await expect(teacher.page.locator("#live-status")).to_contain_text("This page was updated.")
    async with teacher.page.expect_download() as started:
        await teacher.page.get_by_role("link", name="Decision letter (PDF)").click()
    letter = await started.value
    assert re.fullmatch(r"AF-\w{4}-\w{4}\.pdf", letter.suggested_filename)
    assert Path(await letter.path()).read_bytes().startswith(b"%PDF-")


NEW_SITE = {
    "name": "Kingsway PE", "platform": "Instagram", "department": "PE", "author": "jade-owen",
    "author_manager": "yusuf-ali", "reason": "To teach", "aims": "Aims", "content": "Content",
    "audience": "Pupils of your academy", "contributors": "Your academy staff", "terms": "yes",
    "administrators": "jade-owen|sam-akhtar", "moderators": "jade-owen|yusuf-ali", "external": "no",
    "host": "Third party", "host_name": "Meta", "go_live": "2026-12-01", "closure": "2027-07-01",
    "need_consent": "no", "security": "Private account", "brand": "no",
}  # fmt: skip


async def test_a_new_group_gets_three_signatures_and_stands_in_the_register(window: Open) -> None:
    teacher = await window("kingsway", "Jade Owen")
    await _start(teacher, "new-site", NEW_SITE)
    await _sound(teacher.page)
    await _send(teacher)
    title = "Ask for a new group, site or account"
    for name in ("Chloe Wright", "Leo Marsden", "Fiona Drew"):
        # Not before the others have signed.
        if name == "Fiona Drew":
            await expect(teacher.page.locator("#case-status")).to_contain_text("Final approval by the Principal")
        signer = await window("kingsway", name)
        await _open_waiting(signer, title)
        await _approve(signer, f"Approved by {name}")
    await expect(teacher.page.locator("#case-status")).to_contain_text("Approved")
    await expect(teacher.page.locator("#case-thread")).to_contain_text("Approved by Leo Marsden")
    colleague = await window("kingsway", "Sam Akhtar")
    await colleague.open("/register?use=PE+Instagram")
    await expect(colleague.page.get_by_text("Yes, as approved:")).to_be_visible()
    await expect(colleague.page.locator(".site")).to_contain_text("1 July 2027")
    await _sound(colleague.page)


async def test_the_principal_cannot_sign_before_the_others(window: Open) -> None:
    teacher, head = await window("kingsway", "Sam Akhtar"), await window("kingsway", "Fiona Drew")
    await _start(teacher, "new-site", {**NEW_SITE, "name": "Kingsway News"})
    case = await _send(teacher)
    await head.open("/desk")
    await expect(head.page.locator("#desk-waiting")).not_to_contain_text("Kingsway News")
    await head.open(case)
    await expect(head.page.locator("#do-approve")).to_have_count(0)


async def test_a_pupil_s_friend_request_is_reported_to_the_head(window: Open) -> None:
    teacher, head = await window("riverside", "Sian Rees"), await window("riverside", "Ruth Cole")
    await teacher.open("/")
    await teacher.ask("a pupil has sent me a friend request")
    await teacher.page.locator("a.first:visible").first.click()
    await expect(teacher.page.get_by_text("If a child is in immediate danger call 999")).to_be_visible()
    # A question that depends on another comes and goes with it.
    await expect(teacher.page.locator("#f-message")).to_be_hidden()
    await teacher.page.locator('[name="f-what"][value="Message"]').check()
    await expect(teacher.page.locator("#f-message")).to_be_visible()
    answers = {
        "pupil": STRANGE, "what": "Friend request", "platform": "Snapchat", "came_on": "2026-11-19",
        "answered": "Declined or left it", "family": "no", "risk": "no",
    }  # fmt: skip
    await _start(teacher, "pupil-friend-request", answers)
    await expect(teacher.page.locator("input[type=file]")).to_have_count(0)
    await teacher.page.get_by_label("No", exact=True).check()
    await teacher.page.get_by_role("button", name="Answer, then add files").click()
    picture = BytesIO()
    Image.new("RGB", (30, 20), "red").save(picture, "PNG")
    file = FilePayload(name="print.png", mimeType="image/png", buffer=picture.getvalue())
    await teacher.page.set_input_files("#evidence", [file])
    await _sound(teacher.page)
    await _send(teacher)
    await head.open("/desk")
    notices = head.page.locator("#desk-notices")
    await expect(notices).to_contain_text("a restricted case")
    await expect(notices).not_to_contain_text("Quillfeather")
    await _open_waiting(head, "Report a student's friend request")
    await expect(head.page.locator("#case-answers")).to_contain_text(STRANGE)
    await expect(teacher.page.locator("#case-thread")).to_contain_text("read the report")
    async with head.page.expect_download() as started:
        await head.page.get_by_role("button", name="Download a copy").click()
    copy = Path(await (await started.value).path())
    assert copy.read_bytes().startswith(b"\x89PNG")
    await _sound(head.page)
    for step in await head.page.locator(".step").all():
        name = await step.get_attribute("id")
        await head.page.locator(f"#{name} summary").click()
        await head.page.locator(f"#{name} button[value=yes]").click()
        await expect(head.page.locator(f"#{name} .step-mark")).to_contain_text("Done by Ruth Cole")
    await head.page.locator("#do-close summary").click()
    await head.page.locator("#close-words").fill("Thank you. It is dealt with.")
    await head.page.locator("#do-close button").click()
    await expect(teacher.page.locator("#case-status")).to_contain_text("Closed")
    await expect(teacher.page.locator("#case-decision")).to_contain_text("It is dealt with.")


async def test_a_report_about_the_head_never_reaches_the_head(window: Open) -> None:
    teacher, head, chair = (
        await window("oakfield", "Tom Price"), await window("oakfield", "Helen Marsh"),
        await window("oakfield", "Joan Ellery"),
    )  # fmt: skip
    await head.open("/desk")
    before = await head.page.locator("main").inner_text()
    await teacher.open("/start/misuse-report")
    await teacher.page.locator("#f-subject").select_option("helen-marsh")
    await _fill_the_rest(teacher.page)
    await teacher.page.get_by_role("button", name="Continue").click()
    goes_to = teacher.page.locator(".goes-to")
    await expect(goes_to).not_to_contain_text("Helen Marsh")
    case = await _send(teacher)
    await expect(teacher.page.locator("#case-status")).not_to_contain_text("Helen Marsh")
    await _open_waiting(chair, "Report misuse of social media")
    await expect(chair.page.locator("#case-answers")).to_contain_text("Helen Marsh")
    await head.open("/desk")
    assert await head.page.locator("main").inner_text() == before
    told = []
    for number in (case, f"/case/{'0' * 32}"):
        answer = await head.page.request.get(head.address + number)
        told.append((answer.status, await answer.text()))
    assert told[0] == told[1]
    assert told[0][0] == 404
    await head.open("/audit")
    await expect(head.page.locator("main")).not_to_contain_text(case.rsplit("/", 1)[1])
    reference = await chair.page.locator(".reference").inner_text()
    await expect(head.page.locator("main")).not_to_contain_text(reference.split()[0])


async def _fill_the_rest(page: Page) -> None:
    """Answer every question that shows, whatever it is."""
    for field in await page.locator(".field:visible").all():
        name = await field.get_attribute("data-field")
        box = page.locator(f'[name="f-{name}"]')
        kind = await box.first.evaluate("e => e.type")
        if kind in ("radio", "checkbox"):
            await box.last.check()
        elif kind == "datetime-local":
            await box.fill("2026-11-19T10:00")
        elif kind == "date":
            await box.fill("2026-11-19")
        elif kind in ("text", "textarea") and name != "address":
            await box.fill("As it was")


async def test_the_case_works_without_javascript(browser: Browser, address: str, window: Open) -> None:
    teacher = await window("st-anne", "Beth Young", java_script_enabled=False)
    await teacher.open("/start/media-enquiry")
    await teacher.page.get_by_role("button", name="Continue").click()
    await expect(teacher.page.locator("#summary")).to_contain_text("There is a problem")
    await teacher.page.locator("#f-outlet").fill("Gazette")
    for field in await teacher.page.locator(".field.wrong").all():
        box = field.locator("input:not([type=hidden]), textarea").first
        if await box.get_attribute("type") == "radio":
            await box.check()
        else:
            await box.fill("Something")
    await teacher.page.get_by_role("button", name="Continue").click()
    await _send(teacher)
    head = await window("st-anne", "Diane Foster", java_script_enabled=False)
    await _open_waiting(head, "edia")
    await _approve(head, "Yes")
    await teacher.page.reload()
    await expect(teacher.page.locator("#case-status")).to_contain_text("Approved")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_cases_are_readable_at_320_pixels(window: Open, scheme: str) -> None:
    small = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    teacher, head = await window("oakfield", "Amara Obi", **small), await window("oakfield", "Helen Marsh", **small)
    answers = {"outlet": "Gazette" * 20, "journalist": "Jo", "question": "longword" * 60, "channel": "Email"}
    await teacher.open("/start/media-enquiry")
    await teacher.page.get_by_role("button", name="Continue").click()
    await expect(teacher.page.locator("#summary")).to_be_focused()
    await _sound(teacher.page)
    await _start(teacher, "media-enquiry", answers)
    await _sound(teacher.page)
    case = await _send(teacher)
    await _sound(teacher.page)
    await head.open(case)
    await _sound(head.page)
    await head.page.locator("#do-ask summary").first.click()
    await head.page.locator("#ask-words").fill("Which one?")
    await head.page.locator("#do-ask button").click()
    for site, path in ((teacher, case), (teacher, f"{case}/revise"), (head, "/desk"), (head, "/audit")):
        await site.open(path)
        await _sound(site.page)
