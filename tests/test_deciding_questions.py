"""The question that an answer asks: when it comes, and what a button or a typed reply makes of it."""

from __future__ import annotations

import pytest

from bot.core import Bot
from bot.errors import BadInput
from policy_kb.facts import Reply, replied
from policy_kb.model import Verdict
from tests.asking import ask, last_turn


def test_a_deciding_question_is_answered_by_its_button(bot: Bot) -> None:
    first = bot.ask("agora", "Can I look at Instagram in my lunch break?")
    assert first.answer.verdict is Verdict.CLARIFY
    assert first.context is not None
    verdicts = {
        choice.value: bot.choose("agora", choice.kind, choice.value, first.context).answer.verdict
        for choice in first.answer.choices
    }
    assert verdicts == {"paid_break=no": Verdict.INFORMATION, "paid_break=yes": Verdict.NOT_ALLOWED}


HEARD_IN_NO_KNOWN_WORDS = [
    ("tlt", ("May I put a tune on my blog?", "the composer is cool beans with it as long as I name her"), "consent"),
    ("tlt", ("May I quote a colleague on my blog?", "she is cool beans with it"), "consent"),
    ("agora", ("May I have Twitter open at my desk?", "it's how I keep up with the exam boards"), "purpose"),
    ("att", ("Can a Year 8 kid be on my Facebook?", "we share a grandmother"), "family"),
]
"""Each tells, in words that no list will ever hold, a fact that turns a ban, a request or an advice into a condition:
tlt-guidelines B.2.2 and B.3.3 (the owner or the person quoted agreed), agora 3 (job-related use), att 5.1 (family)."""


@pytest.mark.parametrize(("policy", "turns", "fact"), HEARD_IN_NO_KNOWN_WORDS)
def test_what_would_lift_a_ban_is_asked_for_where_it_seems_told(
    bot: Bot, policy: str, turns: tuple[str, ...], fact: str
) -> None:
    turn = last_turn(bot, policy, *turns)
    assert turn.answer.verdict is Verdict.CLARIFY
    assert turn.answer.asks == fact
    assert turn.answer.parts, "what holds otherwise is said below the question"
    assert not turn.answer.parts[0].verdict.permits
    assert turn.context is not None
    verdicts = [bot.choose(policy, c.kind, c.value, turn.context).answer.verdict for c in turn.answer.choices]
    assert sorted(v.permits for v in verdicts) == [False, True]
    assert Verdict.ALLOWED not in verdicts, "a claim gives conditions, not permission"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("Yes.", Verdict.ALLOWED_IF),
        ("yes she is", Verdict.ALLOWED_IF),
        ("Yes, family", Verdict.ALLOWED_IF),
        ("no", Verdict.NOT_ALLOWED),
        ("No, not family", Verdict.NOT_ALLOWED),
        ("not sure", Verdict.NOT_ALLOWED),
        ("Dunno", Verdict.NOT_ALLOWED),
        ("no, but her dad is my best friend", Verdict.NOT_ALLOWED),
    ],
)
def test_a_deciding_question_is_answered_by_typing_as_well(bot: Bot, reply: str, verdict: Verdict) -> None:
    assert ask(bot, "att", "Can I add a Year 8 pupil on Facebook?", reply).verdict is verdict


@pytest.mark.parametrize(
    "reply",
    [
        "yes but is that not unfair?",
        "no idea why anybody would, may I block her?",
        "it is my own page",
        "no one told me",
    ],
)
def test_a_reply_that_asks_something_is_read_whole(bot: Bot, reply: str) -> None:
    context = bot.ask("att", "Can I add a Year 8 pupil on Facebook?").context
    assert context is not None
    assert context.asked == "family"
    after = bot.ask("att", reply, context).context
    assert after is not None
    assert "family" not in after.facts


def test_who_is_not_sure_has_not_said_that_nothing_shows(bot: Bot) -> None:
    """tlt-policy 6.7: staff should avoid identifying themselves as employees of the school; "no" would lift it."""
    fact = bot.ready.knowledge.facts["identifies_school"]
    assert replied(fact, "not sure") == Reply("yes", bare=True)
    assert replied(fact, "no") == Reply("no", bare=True)
    assert replied(fact, "no idea what shows") is None


def test_one_half_that_is_permitted_does_not_put_the_other_in_doubt(bot: Bot) -> None:
    """att 5.2 may permit the mother, 5.1 forbids the pupil: the ban is said at once."""
    assert (
        ask(bot, "att", "Can I add a Year 8 pupil on Facebook, and what about her mum?").verdict is Verdict.NOT_ALLOWED
    )


def test_other_matters_of_a_message_stay_with_the_answer_of_a_button(bot: Bot) -> None:
    first = bot.ask("att", "Can a Year 8 kid be on my Facebook?")
    assert first.context is not None
    turn = bot.ask("att", "we share a grandmother", first.context)
    assert turn.context is not None
    pressed = bot.choose("att", "fact", "family=yes", turn.context)
    assert "friend-parent" in {part.topic for part in pressed.answer.see_also}


@pytest.mark.parametrize(
    ("kind", "value"), [("fact", "family=maybe"), ("fact", "nonsense"), ("topic", "nope"), ("rule", "x")]
)
def test_a_forged_button_is_refused(bot: Bot, kind: str, value: str) -> None:
    context = bot.ask("att", "Can I add a pupil on Facebook?").context
    assert context is not None
    with pytest.raises(BadInput, match="not known any more"):
        bot.choose("att", kind, value, context)
