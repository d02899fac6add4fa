"""A case in Slack: the approver's card, the decision in a dialog, the thread both ways, forms and their files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack import sentences
from bot import desk_texts
from bot.chat import chat_texts
from bot.chat.press import Press
from bot.deadlines import LOCAL
from bot.store import schema
from bot.store.engine import Tx
from tests.adapters.slack.conftest import School
from tests.adapters.slack.fake_slack import Message, Shown, payloads
from tests.adapters.slack.seen import alive, shown
from tests.scenario_fronts import picture

ENQUIRY = {
    "outlet": "The Gazette",
    "journalist": "Jo Lane",
    "question": "Was the fire drill real?",
    "channel": "Social media",
}


def card(school: School, user: str, case: str) -> Message:
    """The one card of a case in somebody's conversation with the bot."""
    standing = [m for m in school.fake.from_bot(user) if Press("open", case=case).pack() in str(m.blocks)]
    assert len(standing) == 1, [shown(m.blocks) for m in standing]
    return standing[0]


def text(message: Message | Shown | None) -> str:
    assert message is not None
    return shown(message.blocks if isinstance(message, Message) else message.body)


async def begin(school: School, user: str, slug: str) -> Shown:
    """The first step of a form, from the menu."""
    await school.fake.shortcut(user, "new_request")
    await school.settle()
    menu = school.fake.modal(user)
    assert menu is not None
    title = school.scene.bot.policy("agora").procedures[slug].title
    label = next(label for label in payloads.labels(menu.body["blocks"]) if label.startswith(title))
    await school.press(user, menu, label)
    form = school.fake.modal(user)
    assert form is not None
    return form


async def fill(school: School, user: str, slug: str, values: dict[str, Any]) -> Shown:
    """From the menu to the check, by the buttons and forms that are there."""
    await begin(school, user, slug)
    while (form := school.fake.modal(user)) and form.body["private_metadata"].startswith(("form|", "gate|")):
        ids = [block.get("block_id", "") for block in form.body["blocks"]]
        there = {k: v for k, v in {"gate": "no", **values}.items() if any(f"in|{k}|" in id for id in ids)}
        answer = await school.fake.submit(user, there)
        assert answer.status == 200, answer
        assert form.errors == {}
    assert form is not None
    return form


async def open_enquiry(school: School) -> str:
    """Amara asks; the case's id."""
    await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    assert (await school.fake.submit("UAMARA")).status == 200
    await school.deliver()
    return await newest(school)


async def newest(school: School) -> str:
    def read(tx: Tx) -> str:
        return str(tx.execute(sa.select(schema.cases.c.id).order_by(schema.cases.c.opened_at.desc())).scalar())

    return await school.office.store.run(read)


async def test_the_approver_gets_a_card_and_the_requester_a_receipt(school: School) -> None:
    case = await open_enquiry(school)
    helen, amara = card(school, "UHELEN", case), card(school, "UAMARA", case)
    assert "is waiting for you" in text(helen)
    assert "Was the fire drill real?" in text(helen)
    assert "was received and recorded" in text(amara)
    assert school.fake.from_bot("UTOM") == []


async def test_an_approval_rewrites_the_card_with_who_and_when_and_tells_the_requester(school: School) -> None:
    case = await open_enquiry(school)
    await school.press("UHELEN", card(school, "UHELEN", case), chat_texts.ACTS["approve"])
    dialog = school.fake.modal("UHELEN")
    assert dialog is not None
    words, condition = "Yes, in two sentences <!channel>", "Only to the Gazette & nobody else"
    ticked = [b for b in dialog.body["blocks"] if b.get("element", {}).get("type") == "checkboxes"]
    points = {b["block_id"]: [o["value"] for o in b["element"]["options"]] for b in ticked}
    await school.fake.submit("UHELEN", {"words": words, "conditions": condition, **points})
    await school.deliver()
    at = school.scene.now.astimezone(LOCAL)
    for user in ("UHELEN", "UAMARA"):
        standing = card(school, user, case)
        said = text(standing)
        assert standing.edited
        assert words in said
        assert condition in said
        assert f"{at.day} {at:%B %Y}" in said
        assert Press("act", case=case, value="approve").pack().rpartition("|")[0] not in str(standing.blocks)
        assert alive([b for b in standing.blocks if b["type"] != "actions"]) == []
    assert "Helen Marsh" in text(card(school, "UAMARA", case))
    under = school.fake.from_bot("UAMARA", card(school, "UAMARA", case).ts)
    assert any("was approved" in text(m) for m in under)


async def test_declining_asks_for_written_words(school: School) -> None:
    case = await open_enquiry(school)
    await school.press("UHELEN", card(school, "UHELEN", case), chat_texts.ACTS["decline"])
    dialog = school.fake.modal("UHELEN")
    assert dialog is not None
    answer = await school.act(school.fake.submitting("UHELEN", dialog))
    assert answer[0].json["response_action"] == "errors"
    await school.fake.submit("UHELEN", {"words": "Not this time, please refer them to me."})
    await school.deliver()
    assert "Not this time, please refer them to me." in text(card(school, "UAMARA", case))


async def test_words_in_a_cards_thread_reach_the_other_side(school: School) -> None:
    case = await open_enquiry(school)
    asked = card(school, "UHELEN", case)
    await school.say("UHELEN", "What was the <!here> deadline?", thread=asked.ts)
    await school.deliver()
    under = school.fake.from_bot("UAMARA", card(school, "UAMARA", case).ts)
    assert any("What was the <!here> deadline?" in text(m) for m in under)
    assert all(alive([b for b in m.blocks if b["type"] != "actions"]) == [] for m in under)
    await school.say("UAMARA", "Four o'clock", thread=card(school, "UAMARA", case).ts)
    await school.again()
    await school.deliver()
    back = [text(m) for m in school.fake.from_bot("UHELEN", asked.ts)]
    assert sum("Four o'clock" in each for each in back) == 1


async def test_a_reminder_comes_under_the_card(school: School) -> None:
    case = await open_enquiry(school)
    await school.later(hours=4)
    await school.deliver()
    under = [text(m) for m in school.fake.from_bot("UHELEN", card(school, "UHELEN", case).ts)]
    assert any("still waits for you" in each for each in under)


async def test_nobody_approves_their_own_request_by_a_forged_button(school: School) -> None:
    case = await open_enquiry(school)
    mine = card(school, "UAMARA", case)
    forged = Press("act", case=case, value="approve").pack()
    await school.act(school.fake.pressing("UAMARA", mine, chat_texts.OPEN) | {}, 1)
    payload = school.fake.pressing("UAMARA", mine, chat_texts.OPEN, value=forged)
    await school.act(payload)
    assert desk_texts.REFUSALS["own"] in text(school.fake.modal("UAMARA"))
    await school.deliver()
    assert "Waiting" in text(card(school, "UAMARA", case))


async def test_a_restricted_case_shows_its_number_alone(school: School) -> None:
    canary = "heron-canary-2290"
    values = {
        "relation": "A colleague",
        "sort": "False or disparaging statements",
        "what": canary,
        "where": canary,
        "child": "no",
        "subject": "tom-price",
        "seen": int(school.scene.now.timestamp()) - 3_600,
        "gate": "none",
    }
    await fill(school, "UAMARA", "misuse-report", values)
    await school.fake.submit("UAMARA")
    await school.deliver()
    posted = [m for place in ("UHELEN", "UAMARA", "UKOFI", "UTOM") for m in school.fake.from_bot(place)]
    assert len(posted) >= 2
    for message in posted:
        assert canary not in str(message.blocks) + message.text
        assert "Tom Price" not in str(message.blocks) + message.text
    assert school.fake.from_bot("UTOM") == []


async def count(school: School, table: sa.Table) -> int:
    def read(tx: Tx) -> int:
        return int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    return await school.office.store.run(read)


# Forms.


async def test_errors_stand_beside_their_fields_and_the_form_stays(school: School) -> None:
    form = await begin(school, "UAMARA", "media-enquiry")
    answer = (await school.act(school.fake.submitting("UAMARA", form), 1))[0]
    assert answer.json["response_action"] == "errors"
    assert set(answer.json["errors"]) <= {b["block_id"] for b in form.body["blocks"] if b["type"] == "input"}
    assert any("The outlet" in each or "outlet" in each.lower() for each in answer.json["errors"].values())


async def test_a_draft_is_kept_and_shown_again(school: School) -> None:
    await fill(school, "UAMARA", "media-enquiry", ENQUIRY)
    school.fake.close("UAMARA")
    form = await begin(school, "UAMARA", "media-enquiry")
    assert chat_texts.START_AFRESH in text(form)
    assert "The Gazette" in text(form)


# Files (T15, T20).


@pytest_asyncio.fixture
async def trap() -> AsyncIterator[tuple[str, list[str]]]:
    """Somebody else's server, which must never hear of us."""
    heard: list[str] = []

    async def listen(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization", ""))
        return web.Response(body=picture("png"), content_type="image/png")

    app = web.Application()
    app.router.add_get("/{any:.*}", listen)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/x.png")), heard
    await server.close()


async def at_the_files(school: School) -> Shown:
    """Amara before the check of a report, the gate answered with no."""
    seen = int(school.scene.now.timestamp()) - 600
    values = {"where": "Snapchat", "words": "Look", "relation": "Not known", "subject": "nobody", "seen": seen}
    await fill(school, "UAMARA", "disparaging-content", values)
    form = school.fake.modal("UAMARA")
    assert form is not None
    assert any(b.get("element", {}).get("type") == "file_input" for b in form.body["blocks"]), text(form)
    return form


async def test_a_file_comes_from_slack_with_the_workspaces_token_and_into_the_case(school: School) -> None:
    await at_the_files(school)
    file = school.fake.upload("UAMARA", "screen.png", picture("png"))
    await school.fake.submit("UAMARA", {"evidence": [file]})
    await school.deliver()
    assert await count(school, schema.evidence) == 1


async def test_a_file_kept_elsewhere_is_never_fetched(school: School, trap: tuple[str, list[str]]) -> None:
    url, heard = trap
    form = await at_the_files(school)
    file = school.fake.upload("UAMARA", "screen.png", picture("png"), external=url)
    answer = await school.fake.submit("UAMARA", {"evidence": [file]})
    assert answer.json["response_action"] == "errors"
    assert sentences.FILE_ELSEWHERE in form.errors.values()
    assert heard == []
    assert await count(school, schema.cases) == 0


@pytest.mark.parametrize("prefix", ["", "user@", "files.slack.com@", "files.slack.com:80@"])
async def test_a_made_up_address_of_a_file_gets_neither_a_visit_nor_the_token(
    school: School, trap: tuple[str, list[str]], prefix: str
) -> None:
    url, heard = trap
    form = await at_the_files(school)
    file = school.fake.upload("UAMARA", "screen.png", picture("png"))
    school.fake.fill("UAMARA", {"evidence": [file]})
    payload = school.fake.submitting("UAMARA", form)
    for state in payload["view"]["state"]["values"].values():
        for value in state.values():
            for each in value.get("files") or []:
                each["url_private"] = each["url_private_download"] = url.replace("//", f"//{prefix}")
    answer = (await school.act(payload, 1))[0]
    assert answer.json["response_action"] == "errors"
    assert heard == []


async def test_a_card_that_somebody_deleted_is_posted_anew_with_the_next_notice(school: School) -> None:
    case = await open_enquiry(school)
    school.fake.world.messages.remove(card(school, "UHELEN", case))
    await school.say("UAMARA", "It is urgent", thread=card(school, "UAMARA", case).ts)
    await school.deliver()
    said = text(card(school, "UHELEN", case))
    assert "Was the fire drill real?" in said
    under = [text(m) for m in school.fake.from_bot("UHELEN", card(school, "UHELEN", case).ts)]
    assert any("It is urgent" in each for each in under)
