"""Cases in a school's channel: one card for all who decide, its thread both ways, and only among those who may hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import pytest_asyncio

from adapters.slack import sentences
from bot import actions as act
from bot import desk_texts
from bot.chat import chat_texts
from bot.chat.press import Press
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.events import Value
from bot.organisation import Organisation, School, SlackAccount, SlackChannel
from policy_kb.model import Role
from tests.adapters.slack.conftest import School as Slack
from tests.adapters.slack.fake_slack import Message
from tests.adapters.slack.test_slack_cases import ENQUIRY, card, fill, newest, open_enquiry, text

ROOM = "CROOM"
CANARY = "Was the fire drill real?"


@pytest_asyncio.fixture
async def room(school: Slack) -> Slack:
    """Oakfield has its cases brought to a private channel of Helen, her deputy Lucy and Kofi."""
    school.fake.channel(ROOM, "UHELEN", "ULUCY", "UKOFI", private=True)
    await adopt(school, lambda s: {"slack_approvals": SlackChannel(team="T1", channel=ROOM)})
    return school


async def adopt(school: Slack, change: Callable[[School], dict[str, object]], of: str = "oakfield") -> None:
    """The organisation with one school changed."""
    old = school.scene.organisation
    schools = tuple(s.model_copy(update=change(s)) if s.id == of else s for s in old.schools)
    school.scene.organisation = Organisation.model_validate(
        old.model_copy(update={"schools": schools}).model_dump(exclude_none=True)
    )
    await school.scene.adopt(school.scene.organisation)


def in_room(school: Slack, case: str) -> Message:
    """The one card of the case in the channel."""
    standing = cards(school, ROOM, case)
    assert len(standing) == 1, [text(m) for m in standing]
    return standing[0]


def cards(school: Slack, place: str, case: str) -> list[Message]:
    return [m for m in school.fake.from_bot(place) if Press("open", case=case).pack() in str(m.blocks)]


def mentioned(message: Message) -> list[str]:
    parts = [e for b in message.blocks if b["type"] == "rich_text" for p in b["elements"] for e in p["elements"]]
    return [e["user_id"] for e in parts if e["type"] == "user"]


async def deputies(school: Slack) -> None:
    """Three school hours pass: the deputy may decide too (docs/organisation.md, pace media)."""
    await school.later(hours=3, minutes=5)
    await school.deliver()


def link(desk: Desk, person: str) -> None:
    email = desk.person(person)[0].email
    desk.records.link(person, "slack", "T1", "UX", email or "", desk.now)


async def approve(school: Slack, user: str, case: str) -> None:
    await school.press(user, in_room(school, case), chat_texts.ACTS["approve"])
    dialog = school.fake.modal(user)
    assert dialog is not None
    ticked = [b for b in dialog.body["blocks"] if b.get("element", {}).get("type") == "checkboxes"]
    points = {b["block_id"]: [o["value"] for o in b["element"]["options"]] for b in ticked}
    await school.fake.submit(user, {"words": "Yes, two sentences", "conditions": "Only to them", **points})
    await school.deliver()


async def test_two_deciders_share_one_card_in_the_channel(room: Slack) -> None:
    case = await open_enquiry(room)
    first = in_room(room, case)
    under = room.fake.from_bot(ROOM, first.ts)[1:]
    assert [mentioned(m) for m in under] == [["UHELEN"]]
    assert "is waiting for you" in text(under[0])
    assert room.fake.from_bot("UHELEN") == []
    await deputies(room)
    under = [m for m in room.fake.from_bot(ROOM, in_room(room, case).ts) if m.thread]
    assert [m for m in under if mentioned(m) == ["ULUCY"] and "is waiting for you" in text(m)]
    assert first.edited
    assert room.fake.from_bot("ULUCY") == []
    assert CANARY not in str([m.blocks for m in room.fake.from_bot(ROOM)])


async def test_an_approval_there_rewrites_the_card_and_the_next_click_decides_nothing(room: Slack) -> None:
    case = await open_enquiry(room)
    await deputies(room)
    late = room.fake.pressing("UHELEN", in_room(room, case), chat_texts.ACTS["approve"])
    await approve(room, "ULUCY", case)
    said, at = text(in_room(room, case)), room.scene.now.astimezone(LOCAL)
    assert f"Lucy Brennan approved, {at.day} {at:%B %Y, %H:%M}." in said
    assert "Yes, two sentences" not in said
    assert "act|" not in str(in_room(room, case).blocks)
    assert "Yes, two sentences" in text(card(room, "UAMARA", case))
    await room.act(late, 1)
    assert desk_texts.REFUSALS["ended"] in text(room.fake.modal("UHELEN"))
    shown = room.fake.modal("UHELEN")
    assert shown is not None
    await room.press("UHELEN", shown, chat_texts.OPEN)
    assert "Lucy Brennan" in text(room.fake.modal("UHELEN"))
    assert room.fake.from_bot("UHELEN") == []


async def test_who_may_not_decide_decides_nothing_in_the_channel(room: Slack) -> None:
    case = await open_enquiry(room)
    await room.press("UKOFI", in_room(room, case), chat_texts.ACTS["approve"])
    assert desk_texts.REFUSALS["no_access"] in text(room.fake.modal("UKOFI"))
    await room.fake.say("UKOFI", "Let me see", thread=in_room(room, case).ts, channel=ROOM)
    await room.deliver()
    assert desk_texts.REFUSALS["no_access"] in text(room.fake.ephemerals("UKOFI")[-1])
    assert not [m for m in room.fake.from_bot("UAMARA") if "Let me see" in text(m)]


async def test_words_in_the_cards_thread_go_to_the_requester_and_theirs_come_back_once(room: Slack) -> None:
    case = await open_enquiry(room)
    await deputies(room)
    # Lucy, under the card that Helen's notice made.
    await room.fake.say("ULUCY", "What is the deadline?", thread=in_room(room, case).ts, channel=ROOM)
    await room.deliver()
    mine = card(room, "UAMARA", case)
    assert [m for m in room.fake.from_bot("UAMARA", mine.ts) if "What is the deadline?" in text(m)]
    assert [m for m in room.fake.ephemerals("ULUCY") if "Passed on" in text(m)]
    await room.say("UAMARA", "Four o'clock", thread=mine.ts)
    await room.deliver()
    under = [m for m in room.fake.from_bot(ROOM) if m.thread == in_room(room, case).ts]
    assert sum("Four o'clock" in text(m) for m in under) == 1
    assert room.fake.from_bot("UHELEN") == []


async def test_every_page_of_the_members_is_looked_at(room: Slack) -> None:
    room.fake.world.page = 2
    assert in_room(room, await open_enquiry(room))
    room.fake.person("UZED", name="Zed", email="zed@elsewhere.example")
    room.fake.world.join(ROOM, "UZED")
    await room.later(minutes=1)
    case = await open_enquiry(room)
    assert cards(room, ROOM, case) == []
    assert CANARY in text(card(room, "UHELEN", case))


@pytest.mark.parametrize("who", ["stranger", "guest", "bot", "foreign", "unlinked", "leaver", "other trust"])
async def test_somebody_who_may_not_hear_sends_the_case_to_direct_messages(room: Slack, who: str) -> None:
    email = {"other trust": room.scene.person("jade-owen")[0].email, "unlinked": "g.pugh@oakfield.example"}.get(who)
    home = "T9" if who == "foreign" else ""
    room.fake.person("UX", name="X", email=email, home=home, guest=who == "guest", bot=who == "bot")
    if who in ("guest", "other trust", "bot"):
        # Even one who was linked.
        await room.office.at_desk(room.scene.now, link, "tom-price")
    if who == "leaver":
        day = room.scene.now.date()
        await adopt(
            room,
            lambda s: {
                "people": tuple(
                    p.model_copy(update={"left_on": day, "slack": SlackAccount(team="T1", user="UX")})
                    if p.id == "tom-price" else p for p in s.people
                )
            },
        )  # fmt: skip
    if who == "other trust":
        await adopt(
            room,
            lambda s: {
                "people": tuple(
                    p.model_copy(update={"slack": SlackAccount(team="T1", user="UX")}) if p.id == "jade-owen" else p
                    for p in s.people
                )
            },
            room.scene.person("jade-owen")[1].id,
        )
    room.fake.world.join(ROOM, "UX")
    case = await open_enquiry(room)
    assert room.fake.from_bot(ROOM) == []
    assert "is waiting for you" in text(card(room, "UHELEN", case))


async def test_an_open_channel_and_one_without_the_bot_get_nothing(room: Slack) -> None:
    for private, bot in ((False, True), (True, False)):
        room.fake.channel(ROOM, "UHELEN", "ULUCY", private=private, bot=bot)
        await room.later(minutes=1)
        case = await open_enquiry(room)
        assert room.fake.from_bot(ROOM) == []
        assert CANARY in text(card(room, "UHELEN", case))


async def submitted(room: Slack) -> str:
    """An enquiry that nobody has been told of yet; the lane in which Helen is told."""
    await fill(room, "UAMARA", "media-enquiry", ENQUIRY)
    await room.fake.submit("UAMARA")
    await room.settle()
    return await room.office.at_desk(room.scene.now, lambda desk: desk.records.tag("helen-marsh"))


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("conversations.info", "channel_not_found"),
        ("conversations.members", "missing_scope"),
        ("users.info", "fatal_error"),
        ("chat.postMessage", "is_archived"),
        ("chat.postMessage", "channel_not_found"),
    ],
)
async def test_what_slack_refuses_goes_to_direct_messages(room: Slack, method: str, error: str) -> None:
    lane = await submitted(room)
    room.seconds += 1_000
    room.fake.fail(method, error=error)
    await room.scene.worker.deliver(lane)
    assert room.fake.from_bot(ROOM) == []
    assert "is waiting for you" in text(card(room, "UHELEN", await newest(room)))


async def test_what_slack_asks_to_wait_for_waits(room: Slack) -> None:
    lane = await submitted(room)
    room.fake.fail("conversations.members", status=429, error="ratelimited", seconds=7)
    assert (await room.scene.worker.deliver(lane)) == pytest.approx(7, abs=1)
    assert room.fake.from_bot("UHELEN") == room.fake.from_bot(ROOM) == []
    await room.later(seconds=8)
    await room.deliver()
    assert in_room(room, await newest(room))
    assert room.fake.from_bot("UHELEN") == []


async def test_two_who_are_told_at_the_same_moment_share_one_card(room: Slack) -> None:
    await adopt(
        room,
        lambda s: {
            "people": tuple(
                p.model_copy(update={"roles": (*p.roles, Role.HEADTEACHER)}) if p.id == "lucy-brennan" else p
                for p in s.people
            )
        },
    )
    lane = await submitted(room)
    other = await room.office.at_desk(room.scene.now, lambda desk: desk.records.tag("lucy-brennan"))
    room.fake.fail("chat.postMessage", hang=0.3, late=True)
    await asyncio.gather(room.scene.worker.deliver(lane), room.scene.worker.deliver(other))
    standing = in_room(room, await newest(room))
    both = [m for m in room.fake.from_bot(ROOM) if mentioned(m)]
    assert sorted(user for m in both for user in mentioned(m)) == ["UHELEN", "ULUCY"]
    assert all(m.thread == standing.ts for m in both)


async def test_whoever_is_named_as_the_subject_sends_what_follows_to_direct_messages(school: Slack) -> None:
    """A complaint at another school; its chair of governors handles it, and then names a reader of the channel."""
    for user, person in {"USIAN": "sian-rees", "UGRACE": "grace-bell", "UNEIL": "neil-grant"}.items():
        found, _ = school.scene.person(person)
        school.fake.person(user, name=found.name, email=found.email)
    await school.slack.roll.look()
    school.fake.channel(ROOM, "UGRACE", "UNEIL", private=True)
    await adopt(school, lambda s: {"slack_approvals": SlackChannel(team="T1", channel=ROOM)}, "riverside")
    values: dict[str, Value] = {"part": "1", "complaint": CANARY, "discriminates": "no", "grounds": ()}
    done = await school.office.start("sian-rees", "policy-complaint", values, school.scene.now)
    await school.deliver()
    standing = in_room(school, done.case_id)
    await school.office.act("grace-bell", done.case_id, act.NameSubject(subject="neil-grant"), school.scene.now)
    await school.deliver()
    assert text(standing) == sentences.TAKEN_BACK
    assert cards(school, ROOM, done.case_id) == []
    assert card(school, "UGRACE", done.case_id)


async def test_a_newcomer_sends_later_notices_to_direct_messages_and_takes_the_card_back(room: Slack) -> None:
    case = await open_enquiry(room)
    await deputies(room)
    standing = in_room(room, case)
    room.fake.person("UPUPIL", name="Pupil", email="pupil@oakfield.example")
    room.fake.world.join(ROOM, "UPUPIL")
    await room.say("UAMARA", "It is urgent", thread=card(room, "UAMARA", case).ts)
    await room.deliver()
    assert cards(room, ROOM, case) == []
    assert text(standing) == sentences.TAKEN_BACK
    assert not [m for m in room.fake.from_bot(ROOM) if "It is urgent" in text(m)]
    for user in ("UHELEN", "ULUCY"):
        assert CANARY in text(card(room, user, case))
        assert [m for m in room.fake.from_bot(user) if "It is urgent" in text(m)]
    # Nothing written under what was taken back is taken for words in the case.
    await room.fake.say("UHELEN", "Hello all", thread=standing.ts, channel=ROOM)
    await room.deliver()
    assert not [m for m in room.fake.from_bot("UAMARA") if "Hello all" in text(m)]


async def test_when_one_of_them_leaves_the_others_get_cards_of_their_own(room: Slack) -> None:
    case = await open_enquiry(room)
    await deputies(room)
    gone = {"left_on": room.scene.now.date()}
    await adopt(
        room, lambda s: {"people": tuple(p.model_copy(update=gone) if p.id == "lucy-brennan" else p for p in s.people)}
    )
    await room.deliver()
    assert cards(room, ROOM, case) == []
    assert CANARY in text(card(room, "UHELEN", case))
    assert cards(room, "ULUCY", case) == []


async def test_a_restricted_case_never_goes_there(room: Slack) -> None:
    values = {
        "relation": "A colleague", "sort": "False or disparaging statements", "what": CANARY, "where": "There",
        "child": "no", "subject": "tom-price", "seen": int(room.scene.now.timestamp()) - 3_600, "gate": "none",
    }  # fmt: skip
    await fill(room, "UAMARA", "misuse-report", values)
    await room.fake.submit("UAMARA")
    await room.deliver()
    assert room.fake.from_bot(ROOM) == []
    assert room.fake.from_bot("UHELEN")


async def test_a_deleted_card_comes_again_with_the_next_notice(room: Slack) -> None:
    case = await open_enquiry(room)
    room.fake.world.messages.remove(in_room(room, case))
    await deputies(room)
    assert in_room(room, case)
    await approve(room, "UHELEN", case)
    assert "Helen Marsh approved" in text(in_room(room, case))


async def test_the_central_teams_channel_serves_its_schools(school: Slack) -> None:
    school.fake.channel(ROOM, "UHELEN", "UDAVID", private=True)
    await adopt(school, lambda s: {"slack_approvals": SlackChannel(team="T1", channel=ROOM)}, "agora-central")
    assert in_room(school, await open_enquiry(school))
