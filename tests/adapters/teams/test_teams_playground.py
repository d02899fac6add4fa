"""AskFirst in Microsoft's own client: asked, requested, approved with conditions, told, and nothing decided twice.

Pictures of it stand in artefacts/ afterwards.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from bot import desk_texts
from bot.chat import chat_texts as texts
from tests.adapters.teams.playground import Playgrounds, Window, needed, press

pytestmark = pytest.mark.chromium

QUESTION = "A reporter from the Gazette has rung me about the school. Can I answer?"
ASKED = "Is it true that the school will have no head teacher next year?"
ANSWER = "The governors will tell families first, as they always do."
WORDS = "You may answer, with these words: the governors will tell families first."
CONDITIONS = "By email alone, and with a copy to me."


@pytest_asyncio.fixture
async def playgrounds(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Playgrounds]:
    needed()
    # Compiled once beforehand, which takes longer than a start may.
    request.getfixturevalue("ready")
    async with Playgrounds(tmp_path) as made:
        yield made


async def test_a_media_enquiry_between_two_people(playgrounds: Playgrounds) -> None:
    amara, helen = playgrounds.windows["amara-obi"], playgrounds.windows["helen-marsh"]
    telephone = await playgrounds.window("helen-marsh")
    await _asks(amara)
    reference = await _requests(amara)
    # The telephone is in a tunnel from here on, and keeps the form that it shows.
    stale = await _fills_in_the_approval(telephone, reference)
    telephone.connected = False
    await helen.kept("4-waits-for-approver", await helen.shows(reference, ASKED))
    form = await _fills_in_the_approval(helen, reference)
    await helen.kept("5-approval", form)
    await press(form, "Approve")
    await _is_settled(helen, reference)
    await _is_told(amara, reference)
    await press(stale, "Approve")
    refused = await telephone.shows(desk_texts.REFUSALS["ended"])
    await expect(refused.get_by_role("button", name="Approve")).to_have_count(0)
    await telephone.kept("8-second-click-refused", refused)
    await press(refused, texts.OPEN)
    case = await telephone.shows(reference, texts.THREAD)
    assert (await case.inner_text()).count("You approved") == 1
    await telephone.kept("9-case", case)


async def _asks(amara: Window) -> None:
    """The question is answered with the clause, and leads to the form."""
    await amara.says(QUESTION)
    answer = await amara.shows("You asked about:")
    await expect(answer).to_contain_text("Clause 5.2")
    await expect(answer).to_contain_text("the employee should not respond without written approval")
    await amara.kept("1-answer", answer)
    await press(answer, "Media enquiry")


async def _requests(amara: Window) -> str:
    """The form in the card, the check, and the receipt. Returns the number of the case."""
    form = await amara.shows("Their question, word for word")
    await amara.kept("2-form", form)
    await press(form, texts.CONTINUE)
    await expect(form).to_contain_text("Error:")
    await amara.kept("2-form-with-errors", form)
    await form.get_by_label("Which outlet").fill("The Gazette")
    await form.get_by_label("Who asked").fill("J. Hartley")
    await form.get_by_label("Their question, word for word").fill(ASKED)
    await form.get_by_label("Telephone", exact=True).check()
    await form.get_by_label("The answer you would suggest").fill(ANSWER)
    await press(form, texts.CONTINUE)
    check = await amara.shows(texts.CHECK_TITLE)
    await expect(check).to_contain_text(ASKED)
    await amara.kept("3-check", check)
    await press(check, "Send the request")
    receipt = await amara.shows("was received and recorded as")
    await amara.kept("3-receipt", receipt)
    found = re.search(r"AF-\w{4}-\w{4}", await receipt.inner_text())
    assert found is not None
    return found[0]


async def _fills_in_the_approval(helen: Window, reference: str) -> Locator:
    """The words and the conditions stand in the form that took the card's place."""
    await press(await helen.shows(reference, "Approve"), "Approve")
    form = await helen.shows("Your words to Amara Obi", reference)
    await form.get_by_label("Your words to Amara Obi").fill(WORDS)
    await form.get_by_label(texts.CONDITIONS).fill(CONDITIONS)
    return form


async def _is_settled(helen: Window, reference: str) -> None:
    """The approver's card has the decision in place of the buttons."""
    card = await helen.shows(reference, "Approved with conditions", WORDS, CONDITIONS)
    await expect(card.get_by_role("button")).to_have_text([texts.OPEN])
    await helen.kept("6-approved", card)


async def _is_told(amara: Window, reference: str) -> None:
    """The decision in a new message, letter for letter; the card before it has no button any more."""
    told = await amara.shows(f"{reference} was approved", WORDS, CONDITIONS)
    await expect(amara.card("was received and recorded as")).to_have_count(0)
    await amara.kept("7-requester-told", told)
