"""What a person is told, read from the policies: strength, quotes, conflicts, facts, people, silence."""

from __future__ import annotations

import pytest

from bot.answers import as_text
from bot.core import Bot
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from policy_kb.model import Verdict
from policy_kb.reading import Context
from tests.asking import ask, cited

# The same question under each policy, read from the clauses (tlt-policy 6.5, gcc 7.6.2, att 5.1; Agora is silent).
SAME_QUESTION = {"agora": "not_covered", "tlt": "not_allowed", "gcc": "advised_against", "att": "not_allowed"}


@pytest.mark.parametrize(("policy", "verdict"), SAME_QUESTION.items())
def test_each_policy_gives_its_own_verdict_on_adding_a_pupil(bot: Bot, policy: str, verdict: str) -> None:
    assert ask(bot, policy, "Can I add one of my Year 9s on Facebook?").verdict == verdict


@pytest.mark.parametrize("policy", SAME_QUESTION)
def test_only_the_asker_s_own_policy_is_quoted_and_letter_for_letter(bot: Bot, policy: str) -> None:
    clauses = bot.policy(policy).clauses
    for question in (
        "Can I add a pupil on Facebook?",
        "A reporter rang me",
        "Can I put the logo on my page?",
        "my head is a bully",
    ):
        for part in ask(bot, policy, question).shown:
            for quote in part.quotes:
                assert quote.quote == clauses[quote.clause].quote


@pytest.mark.parametrize(
    ("policy", "question", "clauses"),
    [
        ("att", "A pupil has sent me a friend request. What do I do?", {"att:5.1", "att:5.4"}),
        ("att", "Can I put the academy logo on my own Facebook page?", {"att:4.7", "att:5.10"}),
        (
            "tlt",
            "Can I post pictures of my colleagues on my Instagram?",
            {"tlt-guidelines:B.3.5", "tlt-guidelines:C.3.2"},
        ),
        ("tlt", "Can I say on my profile that I work here?", {"tlt-policy:6.7", "tlt-guidelines:B.3.7"}),
    ],
)
def test_a_policy_that_contradicts_itself_is_shown_doing_so(
    bot: Bot, policy: str, question: str, clauses: set[str]
) -> None:
    answer = ask(bot, policy, question)
    assert clauses <= cited(answer)
    assert any(part.conflict for part in answer.parts)


def test_a_relaxing_claim_gives_conditions_not_permission(bot: Bot) -> None:
    answer = ask(bot, "att", "Can I be friends with a Year 8 pupil on Facebook? She is my niece.")
    assert answer.verdict is Verdict.ALLOWED_IF
    assert "Only if" in answer.parts[0].say


def test_a_denied_family_tie_relaxes_nothing(bot: Bot) -> None:
    answer = ask(bot, "att", "He's not my nephew but a neighbour, a Year 9 here. Can I add him on Facebook?")
    assert not answer.verdict.permits


def test_one_s_own_child_s_friends_are_not_one_s_family(bot: Bot) -> None:
    """att 5.1 spares family alone."""
    answer = ask(bot, "att", "can my own daughter stay on my facebook, and her mates")
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert {part.topic for part in answer.shown} >= {"friend-pupil", "friend-family-pupil"}


@pytest.mark.parametrize("question", ["can i go on insta", "can i go on facebook", "ok to go on tiktok?"])
def test_nobody_is_let_onto_social_media_without_saying_when(bot: Bot, question: str) -> None:
    """tlt-policy 6.1 and 6.3, tlt-guidelines A.10: in breaks, not in lessons nor in work time."""
    assert not ask(bot, "tlt", question).verdict.permits


def test_what_one_made_oneself_is_nobody_else_s(bot: Bot) -> None:
    """tlt-guidelines B.2.2 forbids "someone else's images or written content" without permission."""
    answer = ask(bot, "tlt", "May I put a cartoon on my blog?", "I drew it myself")
    assert answer.verdict in (Verdict.ALLOWED_IF, Verdict.ALLOWED)
    answer = ask(bot, "tlt", "May I put a cartoon that I found on Google on my blog?")
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert "tlt-guidelines:B.2.2" in cited(answer)


# None of the policies says so: which bullying evidence to keep, but not for how long; not how often one may post.
SILENT_ON_HOW_MUCH = [
    ("tlt", "How long are screenshots of bullying kept?"),
    ("att", "How many times can I post before it counts as spam?"),
    ("agora", "How often must I change my password?"),
]


@pytest.mark.parametrize(("policy", "question"), SILENT_ON_HOW_MUCH)
def test_how_long_and_how_often_are_answered_only_where_the_policy_does(bot: Bot, policy: str, question: str) -> None:
    assert ask(bot, policy, question).verdict is Verdict.NOT_COVERED


@pytest.mark.parametrize(
    "question",
    [
        "May I have a pupil's mother on my Facebook? And the pupil?",
        "Can I follow a dad on Instagram? And his daughter?",
    ],
)
def test_half_a_sentence_asks_about_the_other_person_as_well(bot: Bot, question: str) -> None:
    """att 5.2 lets staff know families where no conflict is likely; 5.1 bars contact with pupils."""
    answer = ask(bot, "att", question)
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert "att:5.1" in cited(answer)


def test_both_halves_of_a_compound_are_cited_and_the_stricter_leads(bot: Bot) -> None:
    answer = ask(
        bot,
        "agora",
        "Can I scroll through Instagram during my PPA time, and would IT be able to see it on the school laptop?",
    )
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert {"agora:3", "agora:7.1"} <= cited(answer)


def test_silence_is_said_and_sends_the_asker_to_a_person(bot: Bot) -> None:
    answer = ask(bot, "gcc", "Can I go on Twitter in my lunch break?")
    assert answer.verdict is Verdict.NOT_COVERED
    assert any("Silence is not permission" in note for note in answer.notes)
    assert answer.contacts


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Peru?",
        "Can I bring my dog into school?",
        "asdf jkl qwe",
        "hello",
        "The boiler has lost pressure again and the contractor isn't picking up.",
        "am I allowed to bring my dog to the staff bbq",
        "Who's supposed to lock up after the concert?",
    ],
)
def test_other_subjects_are_declined(bot: Bot, question: str) -> None:
    assert ask(bot, "tlt", question).verdict is Verdict.NOT_COVERED


AS_ASKED = [
    ("tlt", "My Facebook is signed up with my own gmail, the school address is only for school stuff."),
    ("att", "I've locked my Facebook down and opted out of the public search. My manager says it looks shifty."),
    ("tlt", "I always log out when I leave the classroom computer, is that what you want?"),
    ("tlt", "My bio says I've got three kids and like sea fishing. Am I right that's up to me?"),
]
"""tlt-policy 6.18, att 5.12, tlt-policy 6.17, tlt-guidelines C.3.1: what each asks for, or leaves to the asker."""


@pytest.mark.parametrize(("policy", "told"), AS_ASKED)
def test_who_does_as_the_policy_asks_is_not_told_off(bot: Bot, policy: str, told: str) -> None:
    assert ask(bot, policy, told).verdict in (Verdict.ALLOWED, Verdict.ALLOWED_IF, Verdict.INFORMATION)


def test_an_approved_page_is_no_approved_group(bot: Bot) -> None:
    """tlt-guidelines D.11: pages should not be used, whoever approved one."""
    answer = ask(
        bot, "tlt", "Head's happy and SLT's signed it off: a Facebook page, not a group, for GCSE textiles. OK?"
    )
    assert not answer.verdict.permits
    assert "tlt-guidelines:D.11" in cited(answer)


def test_the_person_is_named_where_the_organisation_has_one(bot: Bot) -> None:
    sample = load_organisation(SAMPLE_ORGANISATION)
    school = sample.school("oakfield")
    assert school is not None
    question = "A journalist has asked me about the school"
    answer = bot.ask("agora", question, None, sample.with_central(school)).answer
    assert {name for contact in answer.contacts for name in contact.people} >= {"Helen Marsh", "David Lunn"}


NAMING_A_MANAGER = [
    ("agora", "I am not sure whether my post is alright. What do I do?", "your manager"),
    ("gcc", "May I follow the local MP?", "your line manager"),
]


@pytest.mark.parametrize(("policy", "question", "manager"), NAMING_A_MANAGER)
def test_a_governor_is_told_who_stands_where_a_line_manager_is_named(
    bot: Bot, policy: str, question: str, manager: str
) -> None:
    """None of the policies says whom a governor asks; the chair is whom a governor answers to."""
    plain, governor = ask(bot, policy, question), ask(bot, policy, f"I'm a governor. {question}")
    assert not any("chair of your board" in note for note in plain.notes)
    assert any(f"where {manager} is named, ask the chair of your board" in note for note in governor.notes)
    assert governor.contract()["route"] == plain.contract()["route"]


@pytest.mark.parametrize(("about", "sent"), [("headteacher", True), ("chair_of_governors", False)])
def test_a_governor_is_not_sent_to_the_chair_whom_it_is_about(bot: Bot, about: str, sent: bool) -> None:
    before = Context("", {"asker": "governor", "about": about}, (), {})
    answer = bot.choose("agora", "topic", "unsure-post", before).answer
    assert any("chair of your board" in note for note in answer.notes) is sent


def test_a_flat_ban_offers_no_request_and_a_permission_does(bot: Bot) -> None:
    question = "Can we use the school logo on our department's blog?"
    assert "logo-use" not in ask(bot, "agora", question).contract()["offers"]  # type: ignore[operator]
    assert "logo-use" in ask(bot, "att", question).contract()["offers"]  # type: ignore[operator]


def test_why_is_answered_as_information(bot: Bot) -> None:
    assert ask(bot, "agora", "Why can't I give a LinkedIn reference without permission?").verdict is Verdict.INFORMATION


def test_the_same_question_gets_the_same_answer(bot: Bot) -> None:
    answers = {ask(bot, "tlt", "can i hav insta open infront of the kids").model_dump_json() for _ in range(3)}
    assert len(answers) == 1


def test_a_pasted_address_leaves_room_for_the_question(bot: Bot) -> None:
    address = "https://example.org/" + "a1/" * 300
    assert bot.ask("att", f"{address} can I be friends with a pupil on Facebook?").answer.verdict is Verdict.NOT_ALLOWED


@pytest.mark.parametrize(
    ("question", "permitted"),
    [
        ("I finish at three. Can I go on Facebook at half past three?", True),
        ("I finish at three. Can I go on Facebook at two?", False),
        ("I only work mornings. Can I go on Instagram in the afternoon?", True),
    ],
)
def test_a_time_is_held_against_the_hours_that_were_told(bot: Bot, question: str, permitted: bool) -> None:
    """agora 3: personal use is never permitted during working hours; outside them only the rest of the policy holds."""
    answer = ask(bot, "agora", question)
    assert answer.verdict.permits is permitted
    assert "agora:3" in cited(answer)


@pytest.mark.parametrize("policy", ["agora", "tlt", "gcc", "att"])
def test_who_locks_a_profile_does_what_the_policies_ask(bot: Bot, policy: str) -> None:
    """agora 6.2, tlt-guidelines D.12, gcc 7.2 and 7.3, att 5.12 ask for privacy settings, or encourage their use."""
    assert ask(bot, policy, "Can I keep my Facebook locked to friends only?").verdict.permits


def test_a_locked_profile_permits_nothing_else(bot: Bot) -> None:
    """gcc 7.4: the policy also holds on private accounts."""
    said = "My account is locked to friends only, so can I have a rant about the head?"
    assert ask(bot, "gcc", said).verdict is Verdict.NOT_ALLOWED


def test_a_fact_asked_about_a_duty_is_headed_as_a_fact(bot: Bot) -> None:
    """agora 6.2 says that staff should use privacy settings, and nowhere that an account must be private."""
    answer = ask(bot, "agora", "Is it written anywhere that my own account has to be set to private?")
    assert answer.verdict is Verdict.INFORMATION
    assert as_text(answer).startswith(f"{answer.words}:")


def test_what_the_school_posted_shared_on_ones_own_page_is_ones_own_post(bot: Bot) -> None:
    """gcc 5.1 and 8.1.6: not of one's own accord, even if cleared to be shared with parents."""
    answer = ask(bot, "gcc", "the school page has posted the summer fair poster. can i share that to my own wall")
    assert {"gcc:5.1", "gcc:8.1.6"} <= cited(answer)
    assert not answer.verdict.permits


def test_a_pupil_who_tries_to_add_me_is_reported_also_when_sent_to_the_schools_page(bot: Bot) -> None:
    """att 5.4: decline, and discuss it with the designated safeguarding lead."""
    answer = ask(bot, "att", "When a pupil tries to add me can I tell them to follow the academy's Twitter instead?")
    told = {part.topic: part for part in answer.shown}["request-from-pupil"]
    assert told.verdict is Verdict.REQUIRED
    assert "safeguarding" in as_text(answer).lower()


def test_a_photograph_beside_a_text_is_ruled_on_as_well(bot: Bot) -> None:
    """tlt-guidelines B.3.5: do not post pictures of other people."""
    asked = "can i use a poem by a living poet on my blog if she's said yes and i credit her, and her photo as well?"
    assert "tlt-guidelines:B.3.5" in cited(ask(bot, "tlt", asked))


def test_what_holds_for_the_friend_of_a_nephew_leads_not_a_stray_topic(bot: Bot) -> None:
    """att 5.1: pupils who are no family must not be added."""
    answer = ask(bot, "att", "can I add my nephew in Y7 on snap, and his best mate who keeps asking")
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert answer.parts[0].topic == "friend-pupil"


@pytest.mark.parametrize(
    "question",
    [
        "A parent wrote at 11pm. Can I go on Facebook in my planning time to answer?",
        "We have meetings on Monday and Wednesday. Can I be on Facebook on Tuesday at ten?",
        "My lesson ends at three. Can I be on Facebook in the staff meeting at half three?",
    ],
)
def test_hours_that_are_not_the_askers_own_free_nobody(bot: Bot, question: str) -> None:
    """agora 3: personal use is never permitted during working hours."""
    assert not ask(bot, "agora", question).verdict.permits
