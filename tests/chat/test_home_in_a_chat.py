"""The Home tab, the lists, what can be started, look-ups, and "I'm away"."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chat import chat_texts as texts
from bot.chat.messages import Clause, Facts
from bot.chat.press import Press
from tests.scenario_chat import account, buttons, readable

from .chatting import ASKERS, Chat, view_of


async def home(chat: Chat, who: str) -> str:
    """What stands on the Home tab."""
    return readable((await chat.desk.home(account(who), chat.scene.now)).parts)


async def test_home_shows_what_waits_and_what_was_asked_for(chat: Chat) -> None:
    assert texts.NOTHING_WAITS in await home(chat, "helen-marsh")
    done = await chat.opened("amara-obi", "media-enquiry")
    for who in ("helen-marsh", "amara-obi"):
        assert done.reference in await home(chat, who)
    assert "waiting for Helen Marsh" in await home(chat, "amara-obi")
    assert done.reference not in await home(chat, "tom-price")
    view = await chat.desk.home(account("helen-marsh"), chat.scene.now)
    assert Press("open", case=done.case_id) in {b.press for b in buttons(view.parts)}
    assert view == view_of(await chat.press("helen-marsh", Press("home")))


async def test_common_questions_are_answered_by_a_button(chat: Chat) -> None:
    for policy, who in ASKERS.items():
        shown = [
            b for b in buttons((await chat.desk.home(account(who), chat.scene.now)).parts) if b.press.do == "common"
        ]
        assert len(shown) >= 4
        for button in shown:
            answer = view_of(await chat.press(who, button.press))
            quoted = [" ".join(" ".join(part.lines).split()) for part in answer.parts if isinstance(part, Clause)]
            clauses = {" ".join(clause.quote.split()) for clause in chat.scene.bot.policy(policy).clauses.values()}
            assert button.label in readable(answer.parts)
            assert set(quoted) <= clauses
            # Agora and the Council are silent on some of them; ATT speaks of each.
            assert quoted or policy != "att"
    for number in (0, 99):
        assert "not known" in repr(await chat.press(ASKERS["att"], Press("common", number=number)))


async def test_many_cases_are_counted_and_listed(chat: Chat) -> None:
    cases = {(await chat.opened("amara-obi", "media-enquiry")).case_id for _ in range(10)}
    view = await chat.desk.home(account("amara-obi"), chat.scene.now)
    everything = next(b for b in buttons(view.parts) if b.label == "Show all 10")
    listed = view_of(await chat.press("amara-obi", everything.press))
    assert {b.press.case for b in buttons(listed.parts)} == cases
    waits = view_of(await chat.press("helen-marsh", Press("waiting")))
    assert {b.press.case for b in buttons(waits.parts)} == cases


async def test_the_menu_has_everything_that_the_policy_defines(chat: Chat) -> None:
    for policy, who in ASKERS.items():
        view = view_of(await chat.press(who, Press("menu")))
        started = {b.press.value for b in buttons(view.parts) if b.press.do == "start"}
        assert started == set(chat.scene.bot.policy(policy).procedures)


async def test_a_form_can_be_for_another_school(chat: Chat) -> None:
    people = [p for p, _ in chat.scene.organisation.everyone() if p.also_at]
    assert people
    who, other = people[0].id, people[0].also_at[0].school
    menu = view_of(await chat.press(who, Press("menu")))
    away = next(b for b in buttons(menu.parts) if b.press == Press("menu", value=other))
    view = view_of(await chat.press(who, away.press))
    start = next(b for b in buttons(view.parts) if b.press.do == "start")
    assert start.press.value.endswith(f"@{other}")
    school = chat.scene.organisation.school(other)
    assert school is not None
    step = view_of(await chat.press(who, start.press))
    assert step.press is None or texts.FOR_SCHOOL.format(school=school.name) in readable(step.parts)


async def test_help_and_what_is_stored_say_so_plainly(chat: Chat) -> None:
    assert "Can I accept a friend request" in readable(view_of(await chat.press("amara-obi", Press("help"))).parts)
    stored = readable(view_of(await chat.press("amara-obi", Press("stored"))).parts)
    assert "nobody can see who asked what" in stored
    assert "6 years" in stored
    assert "Social media policy" in readable(view_of(await chat.press("amara-obi", Press("policies"))).parts)


async def test_the_register_answers_whether_a_site_may_be_used(chat: Chat) -> None:
    view = view_of(await chat.press("rhys-morgan", Press("register")))
    assert texts.REGISTER_EMPTY in readable(view.parts)
    answer = view_of(await chat.send("rhys-morgan", view.press, {"use": ("PE <b>Instagram</b>",)}))
    assert "“PE <b>Instagram</b>”" in readable(answer.parts)
    assert "Do not use it with pupils" in readable(answer.parts)


# "I'm away."


async def test_whoever_is_away_says_who_decides_and_comes_back(chat: Chat) -> None:
    done = await chat.opened("amara-obi", "media-enquiry")
    view = view_of(await chat.press("helen-marsh", Press("away")))
    assert "helen-marsh" not in {choice.value for choice in view.inputs[2].choices}
    raw = {"since": ("2026-11-20",), "until": ("24/11/2026",), "stand_in": ("lucy-brennan",)}
    for _ in range(2):
        set_ = await chat.send("helen-marsh", view.press, raw, key="same")
        assert not set_.errors
        assert "You are away until Tuesday 24 November 2026, 00:00. Lucy Brennan decides." in readable(
            view_of(set_).parts
        )
    assert done.reference in await home(chat, "lucy-brennan")
    standing = readable(view_of(await chat.press("lucy-brennan", Press("away"))).parts)
    assert texts.AWAY_FOR.format(people="Helen Marsh") in standing
    back = next(b for b in buttons(view_of(set_).parts) if b.label == texts.AM_BACK)
    assert texts.WELCOME_BACK in readable(view_of(await chat.press("helen-marsh", back.press)).parts)
    chat.scene.now += timedelta(hours=1)
    assert texts.NOTHING_WAITS in await home(chat, "lucy-brennan")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, {"since", "until", "stand_in"}),
        ({"since": "2026-11-20", "until": "soon", "stand_in": "lucy-brennan"}, {"until"}),
        ({"since": "2026-11-20", "until": "2026-11-24"}, {"stand_in"}),
        ({"since": "2026-11-20", "until": "2026-11-01", "stand_in": "lucy-brennan"}, {"stand_in"}),
        ({"since": "2026-11-20", "until": "2026-11-24", "stand_in": "helen-marsh"}, {"stand_in"}),
        ({"since": "2026-11-20", "until": "2026-11-24", "stand_in": "fiona-drew"}, {"stand_in"}),
    ],
)
async def test_what_is_wrong_with_an_absence_is_said_in_place(
    chat: Chat, given: dict[str, str], wrong: set[str]
) -> None:
    view = view_of(await chat.press("helen-marsh", Press("away")))
    reaction = await chat.send("helen-marsh", view.press, {key: (value,) for key, value in given.items()})
    assert set(reaction.errors) == wrong
    assert {each.id for each in view_of(reaction).inputs if each.error} == wrong
    assert chat.rows()["absences"] == 0


async def test_who_is_who_names_the_roles(chat: Chat) -> None:
    view = view_of(await chat.press("amara-obi", Press("people")))
    facts = dict(row for part in view.parts if isinstance(part, Facts) for row in part.rows)
    assert any("Helen Marsh, Headteacher" in value for value in facts.values())
