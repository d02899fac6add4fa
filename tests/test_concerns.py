"""A concern about somebody: it is reported, and never to the one whom it is about."""

from __future__ import annotations

import pytest

from bot.answers import as_text
from bot.core import Bot
from policy_kb.model import Role, Verdict
from tests.asking import ask, sent_to


@pytest.mark.parametrize(
    "yes",
    [
        "the head has already given me her authority for it in an email",
        "The head has emailed me her written approval for my reply to the Gazette. Can I send it now?",
    ],
)
def test_a_head_who_deals_with_a_request_is_not_the_one_it_is_about(bot: Bot, yes: str) -> None:
    answer = ask(bot, "agora", "The Gazette wants a line on the new hall. May I send my reply?", yes)
    assert Role.HEADTEACHER in sent_to(answer)
    assert "do not take it to" not in as_text(answer)


def test_a_deputy_is_not_the_head(bot: Bot) -> None:
    """tlt-policy 7.4: such friendships are reported to the headteacher."""
    answer = ask(bot, "tlt", "Our deputy head has friended a load of Year 12s. Who gets told?")
    assert answer.verdict is Verdict.REQUIRED
    assert Role.HEADTEACHER in sent_to(answer)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("gcc", "a midday supervisor put a rant about a Year 2 mum on her story"),
        ("att", "our principal has been private messaging a sixth form girl on Instagram"),
    ],
)
def test_what_another_did_is_reported_though_nothing_is_asked(bot: Bot, policy: str, told: str) -> None:
    """gcc 9.2 and att 5.1: it is not the asker who posted or messaged."""
    assert ask(bot, policy, told).verdict is Verdict.REQUIRED


@pytest.mark.parametrize("policy", ["agora", "tlt", "gcc", "att"])
def test_a_concern_about_the_head_never_goes_to_the_head(bot: Bot, policy: str) -> None:
    for question in (
        "The head has posted something racist on Facebook, who do I tell?",
        "Our headteacher is messaging pupils on Instagram. Who do I report it to?",
        "I need to report the head for slagging off parents online",
    ):
        roles = sent_to(ask(bot, policy, question))
        assert roles
        assert Role.HEADTEACHER not in roles, question


GRIEVANCE = "Our chair of governors put something confidential about a staff grievance on Nextdoor. Who do I tell?"
CONCERNS = [
    ("gcc", (GRIEVANCE, "We are a community primary by the way, does anyone at the council need telling?"), "chair"),
    (
        "gcc",
        ("A governor has been slating a teacher on Facebook. Who should hear?", "he's actually the chair"),
        "chair",
    ),
    ("gcc", ("The chair has leaked a staff grievance on Facebook. Who do I tell?",), "chair"),
    ("agora", ("Saw the CEO liking some racist stuff on X. Who do I tell?",), "ceo"),
    (
        "agora",
        ("A drunk man in our lanyard is tagged on Facebook.", "Turns out that's the trust's chief executive."),
        "ceo",
    ),
]
"""Each with the one it is about: gcc 9.2 names the head teacher or Chair, agora 4.5 the CEO or headteacher."""


@pytest.mark.parametrize(("policy", "turns", "about"), CONCERNS)
def test_a_concern_about_a_chair_or_a_chief_goes_to_the_other_whom_the_policy_names(
    bot: Bot, policy: str, turns: tuple[str, ...], about: str
) -> None:
    roles = sent_to(ask(bot, policy, *turns))
    assert Role.HEADTEACHER in roles
    assert {"chair": Role.CHAIR_OF_GOVERNORS, "ceo": Role.CEO}[about] not in roles


def test_of_whom_a_concern_was_is_forgotten_with_the_matter(bot: Bot) -> None:
    before = "The head has posted something racist on Facebook, who do I tell?"
    answer = ask(bot, "gcc", before, "Who approves a new page for the choir at our school?")
    assert Role.HEADTEACHER in sent_to(answer)


def test_none_of_these_searches_the_clauses_and_still_spares_the_head(bot: Bot) -> None:
    question = "The head has posted something horrible about a pupil online, who do I report it to?"
    context = bot.ask("tlt", question).context
    assert context is not None
    answer = bot.choose("tlt", "none", "", context).answer
    assert not answer.verdict.permits
    assert answer.contacts
    assert Role.HEADTEACHER not in sent_to(answer)


@pytest.mark.parametrize(
    "question",
    [
        "The head has put me in charge of the class blog. Can I reply to comments on it?",
        "Is the head's approval enough or do I need the governing board too?",
        "A mum asked about swimming on the page that the head has me looking after. May I answer her there?",
    ],
)
def test_a_head_who_gives_a_task_or_leave_is_not_complained_about(bot: Bot, question: str) -> None:
    """gcc 5.3: the head teacher approves what is shared on the school's platforms."""
    assert "do not take it to" not in as_text(ask(bot, "gcc", question))


def test_the_next_step_never_leads_to_the_person_it_is_about(bot: Bot) -> None:
    """tlt-policy 6.6 has a pupil's request reported to the headteacher; a concern about the head goes to the chair."""
    question = "Our head has sent a friend request to a Year 12 girl, she showed me it. Who do I go to?"
    answer = ask(bot, "tlt", question)
    assert Role.HEADTEACHER not in sent_to(answer)
    steps = [part.next for part in answer.parts if part.next]
    assert steps
    assert not any("headteacher" in step.lower() for step in steps), steps


@pytest.mark.parametrize("policy", ["agora", "tlt", "gcc", "att"])
@pytest.mark.parametrize("who", ["Our head", "A teaching assistant"])
def test_who_asks_a_pupil_for_friendship_is_reported(bot: Bot, policy: str, who: str) -> None:
    """agora 4.5, tlt-policy 7.4, gcc 9.2, att 5.1: a request sent to a pupil is not one that a pupil has sent."""
    answer = ask(bot, policy, f"{who} has sent a friend request to a Year 12 girl. Who do I go to?")
    assert answer.verdict is Verdict.REQUIRED
    assert answer.contacts
    assert not ("head" in who and Role.HEADTEACHER in sent_to(answer))
