"""What a person is told, read from the policies: strength, quotes, conflicts, facts, people, danger, silence."""

from __future__ import annotations

import pytest

from bot.answers import Answer
from bot.core import Bot
from bot.errors import BadInput
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from policy_kb.compiled import Ready
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


STATED = [
    ("My blog says that the views are my own. May I write about my job?", "disclaimer", "yes"),
    ("Do I have to say that the views are my own on my blog?", "disclaimer", None),
    ("Must my profile carry a line saying that views are mine?", "disclaimer", None),
    ("The governing body has agreed, so may I start a page for the school?", "permission", "yes"),
    ("My line manager said yes. May I start a page for the school?", "permission", "yes"),
    ("It was signed off by the trust. May I start a page for the school?", "permission", "yes"),
    ("Who signs off a page for the school?", "permission", None),
    ("I haven't asked the head yet. May I start a page for the school?", "permission", "no"),
    ("I have agreed every word with the head. May I start a page for the school?", "permission", "yes"),
    ("The head looked at it this morning and says crack on. May I start a page?", "permission", "yes"),
    ("Head's read my post on the harvest festival and says crack on. May I post it?", "permission", "yes"),
    ("I asked the head at lunch and got a thumbs up. May I start a page?", "permission", "yes"),
    ("Does it need to be agreed with the head before I start a page?", "permission", None),
    ("The head would have said yes. May I start a page for the school?", "permission", None),
    ("The head hasn't given permission. May I start a page for the school?", "permission", "no"),
    ("The head never said it was fine. May I start a page for the school?", "permission", "no"),
    ("The head won't give her okay. May I start a page for the school?", "permission", None),
    ("I'd go ahead and start a page for the school. May I?", "permission", None),
    ("The deputy head says go for it. May I start a page for the school?", "permission", None),
    ("The head of art said yes. May I start a page for the school?", "permission", None),
    ("The chair of the PTA told me to post it. May I?", "permission", None),
    ('My bio says "own views only". May I write about my job?', "disclaimer", "yes"),
    ("I say at the top that I speak for nobody else. May I write about my job?", "disclaimer", "yes"),
    ("Nothing in my bio says I speak for myself. May I write about my job?", "disclaimer", None),
    ("I'd rather not put in a line about my own views. May I write about my job?", "disclaimer", None),
    ("My bio doesn't say own views. May I write about my job?", "disclaimer", None),
    ("Our page is on the list of approved sites. May I post there?", "site_approved", "yes"),
    ("The form came back with all three signatures. May I post there?", "site_approved", "yes"),
    ("Is our page on the approved list?", "site_approved", None),
    ("Has our page been approved? I want to post there.", "site_approved", None),
    ("The page hasn't been approved yet. May I post there?", "site_approved", None),
    ("Our old page is on the record sheet as closed. May I post there?", "site_approved", None),
    ("My shift is over. May I go on Facebook?", "time", "off"),
    ("You could tell it's our school from the sign. May I post the picture?", "identifies_school", None),
    ("The head has agreed. May I start a page for the school?", "about", None),
    ("The head has kindly okayed it. May I start a page for the school?", "about", None),
    ("The head has agreed with him online and has posted worse. Whom do I tell?", "about", "headteacher"),
    ("The head has posted insults about a parent. Whom do I tell?", "about", "headteacher"),
    ("The school's name is cropped out, nobody could tell where it is. May I post it?", "identifies_school", "no"),
    ("The head has ticked off all twelve pictures. May I post them?", "permission", "yes"),
    ("Has the head ticked them off? I want to post them.", "permission", None),
    ("The head hasn't ticked the list yet. May I post them?", "permission", None),
    ("The head ticks every post before it goes. May I post the fixtures?", "permission", "yes"),
    ("Does the head have to check every post before it goes out?", "permission", None),
    ("The head should check everything first. May I post it?", "permission", None),
    ("The head told us at briefing to please share it on our own pages. May I?", "permission", "yes"),
    ("The head texted me: 'please put it on the village page now'. May I?", "permission", "yes"),
    ("The head said please don't share it. May I?", "permission", None),
    ("The head says staff may not share it. May I?", "permission", None),
    ("The head told us we can't post it. May I?", "permission", None),
    ("The head rang and said share away, all staff. May I?", "permission", "yes"),
    ("The head's memo says staff are free to share the link. May I?", "permission", "yes"),
    ("The head's memo says staff are not free to share the link. May I?", "permission", None),
    ("The head wrote the reply herself, I'd only paste it in. May I?", "permission", "yes"),
    ("The head wrote it on her own blog. May I share it?", "permission", None),
    ("The vice principal gave it the thumbs up. May I start a page?", "permission", None),
    ("The head gave it the thumbs down. May I start a page?", "permission", None),
    ("The head hasn't given it a thumbs up. May I start a page?", "permission", None),
    ("I have it in writing from the head that I may start a page. May I?", "permission", "yes"),
    ("Do I need it in writing from the head before I start a page?", "permission", None),
    ("I haven't got it in writing from the head. May I start a page?", "permission", None),
    ("I got a yes from my line manager. May I start a page?", "permission", "yes"),
    ("Is a yes from the head enough to start a page?", "permission", None),
    ("I'd need a yes from the head, I think. May I start a page?", "permission", None),
    ("Waiting on a yes from the head. May I start a page?", "permission", None),
    ("My line manager read it and has no worries. May I post it?", "permission", "yes"),
    ("The head would have no objections, I am sure. May I post it?", "permission", None),
    ("I doubt the head has any objections. May I post it?", "permission", None),
    ("The head told her she can post it. May she?", "permission", "yes"),
    ("The head told her she cannot post it. May she?", "permission", None),
    ("The governing board minuted a yes. May I start a page?", "permission", "yes"),
    ("The head replied to me 'please send it'. May I post it?", "permission", "yes"),
    ("The names and the badge are cut off. May I post the picture?", "identifies_school", "no"),
    ("I'd take the school's name out of it. May I post it?", "identifies_school", "no"),
    ("Should I take the school's name off my page?", "identifies_school", None),
    ("No school mentioned and no names. May I post it?", "identifies_school", "no"),
    ("I forgot to crop the logo. May I post it?", "identifies_school", None),
    ("I didn't take the school's name out. May I post it?", "identifies_school", None),
    ("I can't take the school name out of it. May I post it?", "identifies_school", None),
    ("Safeguarding, ICT and the Principal have all signed. May I post there?", "site_approved", "yes"),
    ("Safeguarding and ICT have signed and the Principal hasn't signed. May I post there?", "site_approved", None),
    ("Must safeguarding, ICT and the Principal have signed?", "site_approved", None),
    ("I am on unpaid leave today. May I go on Facebook?", "time", "off"),
    ("The disclaimer's on my blog. May I write about my job?", "disclaimer", "yes"),
    ("I have not got a disclaimer on. May I write about my job?", "disclaimer", "no"),
    ("Is the disclaimer on my blog needed?", "disclaimer", None),
    ("A note on it says that it isn't the trust's view. May I write about my job?", "disclaimer", "yes"),
    ("She emailed to say that I could quote her. May I?", "consent", "yes"),
    ("She hasn't said that I could quote her. May I?", "consent", None),
    ("She never told me I could quote her. May I?", "consent", None),
    ("A photographer lets me use his picture. May I?", "consent", "yes"),
    ("Would he let me use his picture?", "consent", None),
    ("She won't let me use her picture. May I?", "consent", None),
    ("With her okay I'd print it. May I?", "consent", "yes"),
    ("The author has okayed it. May I quote her?", "consent", "yes"),
    ("We look at how museums tweet, it's in the scheme of work. May I open Twitter?", "curriculum", "yes"),
    ("It isn't in the scheme of work. May I open Twitter in class?", "curriculum", None),
    ("My class is comparing two papers' tweets. May I have Twitter on the board?", "curriculum", "yes"),
    ("May I show my Year 9s a YouTube clip?", "curriculum", "yes"),
    ("The lesson is on volcanoes. May we watch a clip on YouTube?", "curriculum", "yes"),
    ("May I be in my lesson on Facebook?", "curriculum", None),
    ("It's not part of the unit, just a treat. May they watch YouTube?", "curriculum", None),
    ("May I check my own feed while they study the tweets?", "curriculum", None),
    ("They analyse the posts of the exam board's brief for their coursework. May they?", "curriculum", "yes"),
    ("May pupils go on YouTube as a reward for finishing the coursework?", "curriculum", None),
    ("The head looked through all forty and said go. May I post them?", "permission", "yes"),
    ("The head said no go. May I post them?", "permission", None),
    ("Mrs Oduya (head) has signed off Friday's post. May I post it?", "permission", "yes"),
    ("Has Mrs Oduya (head) signed off Friday's post?", "permission", None),
    ("I had the green light from the head for it. May I post it?", "permission", "yes"),
    ("Would a nod from the head do for a page?", "permission", None),
    ("The head wrote to me 'you have my authority'. May I write it?", "permission", "yes"),
    ("I went through my post with my manager and she was happy. May I post it?", "permission", "yes"),
    ("I showed my post to my manager and she was not happy. May I post it?", "permission", None),
    ("I know my manager is happy to talk about it. May I post it?", "permission", None),
    ("The CEO and I have now agreed the wording. May I post it?", "permission", "yes"),
    ("Our page is on the permitted list already. May I post there?", "site_approved", "yes"),
    ("Do we have to be on the permitted list?", "site_approved", None),
    ("Is that a permitted site? I want to post there.", "site_approved", None),
    ("Safeguarding and ICT have signed, the Principal is on a course. May I open it?", "site_approved", None),
    ("All three have signed. May I open it?", "site_approved", "yes"),
    ("I don't work Thursdays. May I go on Facebook then?", "time", "off"),
    ("I had a day in lieu. May I go on Facebook?", "time", "off"),
    ("The author emailed back yes. May I quote her?", "consent", "yes"),
    ("The author hasn't replied yes or no. May I quote her?", "consent", None),
    ("May I quote her if she says yes?", "consent", None),
    ("I drew the cartoon myself. May I post it?", "own_work", "yes"),
    ("I took the picture myself, it's my own photo. May I post it?", "own_work", "yes"),
    ("It isn't my own work, I found it. May I post it?", "own_work", None),
    ("I have bought a licence for the tune. May I use it?", "own_work", "yes"),
    ("I haven't got a licence for the tune. May I use it?", "own_work", None),
    ("I wrote about my own work. May I post it?", "own_work", None),
]


@pytest.mark.parametrize(("question", "fact", "value"), STATED)
def test_what_somebody_states_is_heard_and_what_somebody_asks_is_not(
    bot: Bot, question: str, fact: str, value: str | None
) -> None:
    context = bot.ask("tlt", question).context
    assert context is not None
    assert context.facts.get(fact) == value


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
    "question", ["What is the capital of Peru?", "Can I bring my dog into school?", "asdf jkl qwe", "hello"]
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
