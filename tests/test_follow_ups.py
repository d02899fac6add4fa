"""A follow-up is read in the light of the turn before, and takes over no more of it than holds."""

from __future__ import annotations

import pytest

from bot.core import Bot
from policy_kb.compiled import Ready
from policy_kb.model import Role, Verdict
from tests import scoring
from tests.asking import ask, cited, last_turn, sent_to


def test_a_fact_added_in_a_second_turn_is_taken_up(bot: Bot) -> None:
    assert ask(bot, "att", "Can I add a pupil on Facebook?", "she's my niece by the way").verdict is Verdict.ALLOWED_IF


@pytest.mark.parametrize(
    "other",
    ["and his best friend who keeps trying to add me?", "what about another pupil in his class who sent me a request"],
)
def test_a_family_tie_is_not_carried_over_to_somebody_else(bot: Bot, other: str) -> None:
    """att 5.1 spares family alone; 5.4: a pupil's request is discussed with the designated safeguarding lead."""
    before = "My nephew in Year 8 wants to follow me, may I let him?"
    assert ask(bot, "att", before).verdict is Verdict.ALLOWED_IF
    answer = ask(bot, "att", before, other)
    assert answer.verdict is Verdict.REQUIRED
    assert Role.SAFEGUARDING_LEAD in sent_to(answer)
    assert not any("family" in stated for part in answer.shown for stated in part.stated)


@pytest.mark.parametrize(
    "then",
    [
        "and the nativity next month?",
        "but she has now said to hold off till after Ofsted",
        "sorry, she only said it was ok for the newsletter",
    ],
)
def test_leave_for_one_thing_is_not_leave_for_another_nor_for_ever(bot: Bot, then: str) -> None:
    """gcc 7.6.3: photographs of pupils only with the headteacher's authorisation."""
    before = "The head has agreed I can tweet the fun run pictures from my own account. Fine?"
    assert ask(bot, "gcc", before).verdict is Verdict.ALLOWED_IF
    assert not ask(bot, "gcc", before, then).verdict.permits


def test_leave_told_of_in_a_third_turn_is_about_the_matter_of_the_first(bot: Bot) -> None:
    """agora 5.2: media comments need written approval, which a telephone call is not."""
    turns = ("A reporter's given me till four to say something about the roof leak.", "the deputy says go on then")
    answer = ask(bot, "agora", *turns, "ok the head just rang me and said yes")
    assert not answer.verdict.permits
    assert "agora:5.2" in cited(answer)


def test_a_swap_in_a_follow_up_asks_about_the_other_person(bot: Bot) -> None:
    answer = ask(bot, "tlt", "Can I add a pupil on Facebook?", "and what about parents?")
    assert answer.parts[0].topic == "friend-parent"


def test_the_turn_before_does_not_drown_a_follow_up_that_speaks_for_itself(ready: Ready) -> None:
    """tlt-guidelines D.1 tells who approves a group; the parents before are done with. By the topics alone, for which
    the head might make up."""
    answer = ask(
        scoring.led_by(ready, None),
        "tlt",
        "Can I add a parent on Facebook?",
        "Who approves a new online group?",
    )
    assert answer.verdict is Verdict.INFORMATION
    assert answer.parts[0].topic == "who-approves-group"


WHAT_WAS_BANNED = [
    ("att", ("Can I mend a mistake on Wikipedia from my classroom PC?", "what if I wait till I'm home?"), "att:5.9"),
    ("att", ("Could I endorse my old TA on LinkedIn?", "and if I send the reference on paper instead"), "att:5.11"),
    ("att", ("May I post my daughter's first day in her blazer?", "And one in our garden in her jeans?"), "att:5.7"),
]


@pytest.mark.parametrize(("policy", "turns", "clause"), WHAT_WAS_BANNED)
def test_a_follow_up_that_takes_away_what_was_banned_is_answered_anew(
    bot: Bot, policy: str, turns: tuple[str, str], clause: str
) -> None:
    first, then = ask(bot, policy, turns[0]), ask(bot, policy, *turns)
    assert first.verdict in (Verdict.NOT_ALLOWED, Verdict.ADVISED_AGAINST)
    assert then.verdict in (Verdict.NOT_COVERED, Verdict.ALLOWED_IF)
    assert clause in cited(then)


def test_a_school_day_s_hour_is_not_the_saturday_that_was_asked_about_before(bot: Bot) -> None:
    answer = ask(bot, "agora", "Is Facebook off limits for me?", "I mean on a Saturday", "and Monday at 10?")
    assert not answer.verdict.permits


@pytest.mark.parametrize(
    ("policy", "turns"),
    [
        ("att", ("I want to tweet how bad our new marking policy is", "it says 'views my own' in my bio")),
        (
            "agora",
            ("Can I comment on Facebook that the head was right to sack the cook?", "I'll say it's only my view"),
        ),
    ],
)
def test_a_disclaimer_added_afterwards_lifts_no_ban(bot: Bot, policy: str, turns: tuple[str, str]) -> None:
    """att 4.3 and agora 6.1 want the line where one may write at all; the bans on what is written stay."""
    assert ask(bot, policy, turns[0]).verdict is Verdict.NOT_ALLOWED
    assert not ask(bot, policy, *turns).verdict.permits


@pytest.mark.parametrize("then", ["it is a hypoallergenic one if that helps", "she'd be asleep in her basket all day"])
def test_what_is_added_to_another_subject_is_still_another_subject(bot: Bot, then: str) -> None:
    """No policy here speaks of dogs."""
    assert (
        ask(bot, "agora", "Can I take my dog to school if it stays in the office?", then).verdict is Verdict.NOT_COVERED
    )


def test_hours_told_afterwards_are_held_against_the_time_asked_about(bot: Bot) -> None:
    """agora 3: personal use is never permitted during working hours."""
    turn = last_turn(bot, "agora", "Am I OK on Snapchat at quarter past three?", "I'm paid until half past one")
    assert turn.context
    assert turn.context.facts["time"] == "off"
    turn = last_turn(bot, "agora", "I finish at three. Can I go on Facebook at four?", "and at two?")
    assert turn.context
    assert turn.context.facts["time"] == "work"
