"""A flood from one person: told that nothing was recorded and whom to telephone; nobody else notices (SECURITY T26)."""

from __future__ import annotations

from bot.chat.desk import ChatDesk
from bot.chat.press import Press
from bot.pace_limits import PERSON, PaceLimits, What

from .chatting import ASKERS, Chat, view_of


def limited(chat: Chat) -> Chat:
    """The same chat under limits."""
    chat.desk = ChatDesk(chat.scene.bot, chat.scene.office, None, PaceLimits())
    return chat


async def test_a_flood_of_questions_is_turned_away_and_others_are_answered(chat: Chat) -> None:
    flooding, other = ASKERS["att"], ASKERS["tlt"]
    limited(chat)
    for _ in range(PERSON[What.QUESTION].at_once):
        assert (await chat.say(flooding, "May I add a pupil on Facebook?")).replies
    refused = await chat.say(flooding, "May I add a pupil on Facebook?")
    assert not refused.replies
    assert "was not answered" in refused.hint
    assert "999" in refused.hint
    assert (await chat.say(other, "May I add a pupil on Facebook?")).replies


async def test_a_report_over_the_limit_is_said_not_to_be_recorded_and_its_draft_stays(chat: Chat) -> None:
    who, slug = ASKERS["att"], "misuse-report"
    limited(chat)
    for _ in range(PERSON[What.START].at_once):
        await chat.opened(who, slug)
    before = chat.rows()["cases"]
    view = view_of(await chat.press(who, Press("start", value=slug)))
    filled = chat.fewest(who, slug)
    while view.press and view.press.do in ("form", "gate"):
        raw = {"gate": ("none",)} if view.press.do == "gate" else {i.id: filled.get(i.id, ()) for i in view.inputs}
        view = view_of(await chat.send(who, view.press, raw))
    refused = view_of(await chat.send(who, view.press, {}))
    assert "NOT recorded" in repr(refused)
    assert "telephone" in repr(refused)
    assert refused.press is not None
    assert refused.press.do == "send"
    assert chat.rows()["cases"] == before
    assert chat.rows()["drafts"] == 1
