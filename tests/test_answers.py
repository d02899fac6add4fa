"""What a person is told, read from the policies: strength, quotes, conflicts, facts, people, danger, silence."""

from __future__ import annotations

import pytest

from bot.answers import Answer, as_text
from bot.core import Bot
from bot.errors import BadInput
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from policy_kb.compiled import Ready
from policy_kb.facts import Reply, replied
from policy_kb.model import Role, Verdict
from tests import scoring


def ask(bot: Bot, policy: str, *turns: str) -> Answer:
    context = None
    for text in turns:
        turn = bot.ask(policy, text, context)
        context = turn.context
    return turn.answer


def cited(answer: Answer) -> set[str]:
    return {quote.clause for part in answer.shown for quote in part.quotes}


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


def test_a_fact_added_in_a_second_turn_is_taken_up(bot: Bot) -> None:
    assert ask(bot, "att", "Can I add a pupil on Facebook?", "she's my niece by the way").verdict is Verdict.ALLOWED_IF


def test_a_denied_family_tie_relaxes_nothing(bot: Bot) -> None:
    answer = ask(bot, "att", "He's not my nephew but a neighbour, a Year 9 here. Can I add him on Facebook?")
    assert not answer.verdict.permits


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
    assert Role.SAFEGUARDING_LEAD in {contact.role for contact in answer.contacts}
    assert not any("family" in stated for part in answer.shown for stated in part.stated)


def test_one_s_own_child_s_friends_are_not_one_s_family(bot: Bot) -> None:
    """att 5.1 spares family alone."""
    answer = ask(bot, "att", "can my own daughter stay on my facebook, and her mates")
    assert answer.verdict is Verdict.NOT_ALLOWED
    assert {part.topic for part in answer.shown} >= {"friend-pupil", "friend-family-pupil"}


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


@pytest.mark.parametrize(
    "yes",
    [
        "the head has already given me her authority for it in an email",
        "The head has emailed me her written approval for my reply to the Gazette. Can I send it now?",
    ],
)
def test_a_head_who_deals_with_a_request_is_not_the_one_it_is_about(bot: Bot, yes: str) -> None:
    answer = ask(bot, "agora", "The Gazette wants a line on the new hall. May I send my reply?", yes)
    assert Role.HEADTEACHER in {contact.role for contact in answer.contacts}
    assert "do not take it to" not in as_text(answer)


def test_a_deputy_is_not_the_head(bot: Bot) -> None:
    """tlt-policy 7.4: such friendships are reported to the headteacher."""
    answer = ask(bot, "tlt", "Our deputy head has friended a load of Year 12s. Who gets told?")
    assert answer.verdict is Verdict.REQUIRED
    assert Role.HEADTEACHER in {contact.role for contact in answer.contacts}


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


@pytest.mark.parametrize("policy", SAME_QUESTION)
def test_a_concern_about_the_head_never_goes_to_the_head(bot: Bot, policy: str) -> None:
    for question in (
        "The head has posted something racist on Facebook, who do I tell?",
        "Our headteacher is messaging pupils on Instagram. Who do I report it to?",
        "I need to report the head for slagging off parents online",
    ):
        roles = {contact.role for contact in ask(bot, policy, question).contacts}
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
    roles = {contact.role for contact in ask(bot, policy, *turns).contacts}
    assert Role.HEADTEACHER in roles
    assert {"chair": Role.CHAIR_OF_GOVERNORS, "ceo": Role.CEO}[about] not in roles


def test_of_whom_a_concern_was_is_forgotten_with_the_matter(bot: Bot) -> None:
    before = "The head has posted something racist on Facebook, who do I tell?"
    answer = ask(bot, "gcc", before, "Who approves a new page for the choir at our school?")
    assert Role.HEADTEACHER in {contact.role for contact in answer.contacts}


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


def test_an_approved_page_is_no_approved_group(bot: Bot) -> None:
    """tlt-guidelines D.11: pages should not be used, whoever approved one."""
    answer = ask(
        bot, "tlt", "Head's happy and SLT's signed it off: a Facebook page, not a group, for GCSE textiles. OK?"
    )
    assert not answer.verdict.permits
    assert "tlt-guidelines:D.11" in cited(answer)


def test_a_school_day_s_hour_is_not_the_saturday_that_was_asked_about_before(bot: Bot) -> None:
    answer = ask(bot, "agora", "Is Facebook off limits for me?", "I mean on a Saturday", "and Monday at 10?")
    assert not answer.verdict.permits


def test_danger_comes_first_and_the_words_can_be_replaced(bot: Bot) -> None:
    question = "A pupil messaged me on Instagram saying he wants to kill himself. Can I reply?"
    answer = ask(bot, "att", question)
    assert answer.signpost
    assert "999" in answer.signpost
    assert answer.contract()["text"].startswith(answer.signpost)  # type: ignore[attr-defined]
    own = Bot(bot.ready, signpost="Ring Mrs Bell on 3333 now.")
    assert ask(own, "att", question).signpost == "Ring Mrs Bell on 3333 now."


def test_the_person_is_named_where_the_organisation_has_one(bot: Bot) -> None:
    sample = load_organisation(SAMPLE_ORGANISATION)
    school = sample.school("oakfield")
    assert school is not None
    question = "A journalist has asked me about the school"
    answer = bot.ask("agora", question, None, sample.with_central(school)).answer
    assert {name for contact in answer.contacts for name in contact.people} >= {"Helen Marsh", "David Lunn"}


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
    context = None
    for text in turns:
        turn = bot.ask(policy, text, context)
        context = turn.context
    assert turn.answer.verdict is Verdict.CLARIFY
    assert turn.answer.asks == fact
    assert turn.answer.parts, "what holds otherwise is said below the question"
    assert not turn.answer.parts[0].verdict.permits
    assert context is not None
    verdicts = [bot.choose(policy, c.kind, c.value, context).answer.verdict for c in turn.answer.choices]
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


def test_a_flat_ban_offers_no_request_and_a_permission_does(bot: Bot) -> None:
    question = "Can we use the school logo on our department's blog?"
    assert "logo-use" not in ask(bot, "agora", question).contract()["offers"]  # type: ignore[operator]
    assert "logo-use" in ask(bot, "att", question).contract()["offers"]  # type: ignore[operator]


def test_why_is_answered_as_information(bot: Bot) -> None:
    assert ask(bot, "agora", "Why can't I give a LinkedIn reference without permission?").verdict is Verdict.INFORMATION


def test_the_same_question_gets_the_same_answer(bot: Bot) -> None:
    answers = {ask(bot, "tlt", "can i hav insta open infront of the kids").model_dump_json() for _ in range(3)}
    assert len(answers) == 1


def test_none_of_these_searches_the_clauses_and_still_spares_the_head(bot: Bot) -> None:
    question = "The head has posted something horrible about a pupil online, who do I report it to?"
    context = bot.ask("tlt", question).context
    assert context is not None
    answer = bot.choose("tlt", "none", "", context).answer
    assert not answer.verdict.permits
    assert answer.contacts
    assert Role.HEADTEACHER not in {contact.role for contact in answer.contacts}


def test_a_pasted_address_leaves_room_for_the_question(bot: Bot) -> None:
    address = "https://example.org/" + "a1/" * 300
    assert bot.ask("att", f"{address} can I be friends with a pupil on Facebook?").answer.verdict is Verdict.NOT_ALLOWED
