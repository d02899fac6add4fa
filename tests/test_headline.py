"""What a message calls for chooses among the verdicts of the rulings, and permits nothing by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot import texts
from bot.core import Bot
from policy_kb import worked
from policy_kb.compiled import Ready
from policy_kb.embedding import EMBEDDER_FOLDER, HEADLINE_FILE, Embedder, EmbedderUnusable
from policy_kb.headline import EVIDENCE, OWN, VECTOR, VERDICTS, Floats, Headline
from policy_kb.model import Role, Verdict
from tests import scoring

# Read from the clauses: the same matter asked as a fact, as leave, or as a duty.
ASKED_THREE_WAYS = [
    ("tlt", "Who gives permission for a new online group?", "information"),
    ("tlt", "Can I start an online group for my Year 10 class?", "ask_first"),
    ("att", "How many administrators does an academy site need?", "information"),
    ("att", "Can I open a Twitter account for the department?", "ask_first"),
    ("agora", "I have seen a colleague misuse social media. What do I do?", "required"),
    ("agora", "Can I use my phone for Facebook in working hours?", "not_allowed"),
    ("gcc", "May the school act on something a pupil posted at the weekend?", "information"),
    ("gcc", "Can I be Facebook friends with a pupil?", "advised_against"),
]


@pytest.mark.parametrize(("policy", "question", "verdict"), ASKED_THREE_WAYS)
def test_a_fact_leave_and_a_duty_are_told_apart(bot: Bot, policy: str, question: str, verdict: str) -> None:
    assert bot.ask(policy, question).answer.verdict == verdict


@pytest.mark.parametrize("name", scoring.SETS)
def test_the_headline_is_the_verdict_of_the_first_ruling_shown(bot: Bot, name: str) -> None:
    """Facts, silence and a question back may lead over other rulings; nothing that binds or permits may."""
    for line in scoring.load(name):
        before = None
        for text in line["turns"]:
            turn = bot.ask(line["policy"], text, before)
            before, answer = turn.context, turn.answer
            if answer.verdict not in (Verdict.INFORMATION, Verdict.NOT_COVERED, Verdict.CLARIFY):
                assert answer.parts[0].verdict is answer.verdict


def shouting(ready: Ready, verdict: Verdict) -> Bot:
    """A bot whose head calls for one verdict whatever is asked."""
    weights = np.zeros((1, VECTOR + 1, len(VERDICTS)), np.float32)
    weights[0, -1, VERDICTS.index(verdict)] = 100
    head = Headline((), weights, np.array([0.0, 0.0, 1.0, 0.0], np.float32))
    return scoring.led_by(ready, head)


def saying(likely: dict[Verdict, float]) -> Headline:
    """A head that finds the verdicts as likely as the dictionary says at the moment."""

    class Sure(Headline):
        def probabilities(self, calls: Floats, evidence: Floats) -> dict[Verdict, float]:
            return likely

    weights = np.zeros((1, VECTOR + 1, len(VERDICTS)), np.float32)
    return Sure((), weights, np.zeros(EVIDENCE + OWN, np.float32))


BANS = [
    ("agora", "Can I put a photo of a pupil's injury on Instagram and name him?"),
    ("agora", "Can I call the headteacher an idiot on Facebook?"),
    ("tlt", "Can I add one of my Year 9s on Snapchat?"),
    ("tlt", "Can I post pictures of pupils on my own Instagram?"),
    ("gcc", "Can I post a pupil's medical details on Facebook?"),
    ("att", "Can I be friends with my pupils on Facebook?"),
    ("att", "Can I attack a colleague on my blog?"),
]


@pytest.mark.parametrize(("policy", "question"), BANS)
@pytest.mark.parametrize("verdict", [Verdict.ALLOWED, Verdict.ALLOWED_IF])
def test_a_head_that_shouts_permission_lifts_no_ban(ready: Ready, policy: str, question: str, verdict: Verdict) -> None:
    assert not shouting(ready, verdict).ask(policy, question).answer.verdict.permits


@pytest.mark.parametrize("verdict", [Verdict.NOT_COVERED, Verdict.INFORMATION])
def test_whatever_the_head_says_the_ban_is_still_quoted(ready: Ready, verdict: Verdict) -> None:
    answer = shouting(ready, verdict).ask("tlt", "Can I add one of my Year 9s on Snapchat?").answer
    assert "tlt-policy:6.5" in {quote.clause for part in answer.shown for quote in part.quotes}
    assert answer.verdict is not Verdict.NOT_COVERED or "Silence is not permission" in " ".join(answer.notes)


# Read from the clauses: how to keep a password and that it should not be shared; whether to answer and whom to tell.
SIDES = [
    ("tlt", "A pupil has messaged me privately on Instagram. May I answer?", Verdict.REQUIRED, "tlt-policy:6.6"),
    ("att", "How must I look after my passwords?", Verdict.ADVISED_AGAINST, "att:5.12"),
    ("agora", "What profile photo and profile content is suitable?", Verdict.REQUIRED, "agora:6.3"),
]


@pytest.mark.parametrize(("policy", "question", "verdict", "clause"), SIDES)
def test_another_side_of_the_matter_leads_where_it_is_called_for(
    ready: Ready, policy: str, question: str, verdict: Verdict, clause: str
) -> None:
    by_topics = scoring.led_by(ready, None).ask(policy, question)
    called = shouting(ready, verdict).ask(policy, question).answer
    assert by_topics.answer.verdict is not verdict
    assert (called.verdict, called.parts[0].quotes[0].clause) == (verdict, clause)
    assert [part.topic for part in called.parts].count(called.parts[0].topic) == 1


def in_doubt(ready: Ready, doubt: float) -> Bot:
    """A bot whose head finds a ban so likely, and else a permission on conditions."""
    likely = dict.fromkeys(Verdict, 0.0) | {Verdict.ALLOWED_IF: 1 - doubt, Verdict.NOT_ALLOWED: doubt}
    return scoring.led_by(ready, saying(likely))


# gcc 7.4: some private pictures are forbidden, and the policy does not list which; but no topic that binds is near. att
# 5.1: one's own family may be in contact; who says so has stated the condition. gcc 7.4 again, beside a second question
# that holds it back (7.6.3, pictures from work): there the least doubt is enough. att 5.1 again, beside the pictures of
# 5.7: the stated tie counts for as much as alone.
GIVES_WAY = [
    ("gcc", "May I post party and holiday photos of my private life?", 0.08, 0.15),
    ("att", "My niece in Year 8 has sent me a friend request. May I accept it?", 0.08, 0.15),
    ("gcc", "Can I post my holiday photos and a picture of a colleague?", 0.02, 0.08),
    ("att", "My niece is in Year 8 here. May I add her, and like the picture of her class?", 0.08, 0.15),
]


@pytest.mark.parametrize(("policy", "question", "little", "much"), GIVES_WAY)
def test_a_permission_gives_way_to_a_ban_beside_it_in_doubt(
    ready: Ready, policy: str, question: str, little: float, much: float
) -> None:
    for doubt, permits in ((little, True), (much, False)):
        answer = in_doubt(ready, doubt).ask(policy, question).answer
        assert answer.verdict.permits is permits


# gcc 7.4, the last of those above: its list is what permits again. agora 1.2 and 4.1 leave staff a private life online;
# 6.3, on pictures that do not fit the professional image, is near, and no more.
GIVEN_BACK = [
    (*GIVES_WAY[2][:2], Verdict.ADVISED_AGAINST),
    ("agora", "May my Facebook cover photo be my garden?", Verdict.ADVISED_AGAINST),
]


@pytest.mark.parametrize(("policy", "question", "held"), GIVEN_BACK)
def test_a_permission_held_back_is_given_where_nothing_binds_by_itself(
    ready: Ready, policy: str, question: str, held: Verdict
) -> None:
    assert scoring.led_by(ready, None).ask(policy, question).answer.verdict is held
    given = in_doubt(ready, 0.02).ask(policy, question).answer
    assert (given.verdict, given.parts[0].verdict) == (Verdict.ALLOWED_IF, Verdict.ALLOWED_IF)


@pytest.mark.parametrize(
    ("policy", "question"),
    [
        ("att", "Can I add a pupil on Facebook and post my holiday photos?"),  # att 5.1 binds
        # gcc 8.1: leave for the pictures is none for the comment
        ("gcc", "The head authorised my open day pictures. May I also say what I think of a colleague's stall?"),
        ("att", "I'm single and on Hinge. Anything to worry about?"),  # the policy is silent on whom staff date
        ("agora", "Is it all right that I told a colleague off for vaping?"),  # another subject
    ],
)
def test_no_permission_is_given_behind_a_ban_that_counts_nor_behind_silence(
    ready: Ready, policy: str, question: str
) -> None:
    assert not in_doubt(ready, 0.0).ask(policy, question).answer.verdict.permits


# gcc 5.3: what the head teacher has approved may be posted; gcc 8.3: only who names the school on LinkedIn bears the
# risk. In words which no pattern of the facts knows.
UNHEARD = [
    ("gcc", "Can I put the fixtures on the school's Twitter? It came back with her initials and a smiley.", "5.3"),
    ("gcc", "Would it be wise to have a LinkedIn page as a cook somewhere in the county?", "8.3"),
]


@pytest.mark.parametrize(("policy", "question", "clause"), UNHEARD)
def test_leave_stated_in_unknown_words_is_heard_and_its_condition_said(
    ready: Ready, policy: str, question: str, clause: str
) -> None:
    assert not scoring.led_by(ready, None).ask(policy, question).answer.verdict.permits
    answer = in_doubt(ready, 0.02).ask(policy, question).answer
    assert answer.verdict is Verdict.ALLOWED_IF
    assert answer.parts[0].say.startswith("Only ")
    assert answer.parts[0].stated == ()
    assert f"{policy}:{clause}" in {quote.clause for quote in answer.parts[0].quotes}


def test_a_condition_that_the_asker_denies_gives_no_leave(ready: Ready) -> None:
    question = "Can I put the fixtures on the school's Twitter? I haven't asked the head."
    assert not in_doubt(ready, 0.0).ask("gcc", question).answer.verdict.permits


def test_a_concern_about_the_head_keeps_its_words_whatever_leads(ready: Ready) -> None:
    """SECURITY section 3: never to the headteacher; the independent way out is shown."""
    question = "Our headteacher has posted insulting comments about a parent on Facebook. Who do I report it to?"
    for verdict in (Verdict.NOT_COVERED, Verdict.INFORMATION, Verdict.REQUIRED):
        answer = shouting(ready, verdict).ask("agora", question).answer
        assert texts.LADO in answer.notes
        assert Role.HEADTEACHER not in {contact.role for contact in answer.contacts}


def test_a_missing_head_is_noticed_like_an_altered_model(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EMBEDDER_FOLDER, tmp_path / "embedder"))
    (folder / HEADLINE_FILE).unlink()
    with pytest.raises(EmbedderUnusable, match="restore"):
        Embedder(folder)


ELSEWHERE = {"turns": ["Can I?"], "expect": [{"verdicts": ["allowed"]}]}
WRONG_LINES = [
    ("not json", "invalid json"),
    (json.dumps({"turns": ["Can I?"], "expect": []}), "differ in number"),
    (json.dumps({"turns": ["Can I?"], "expect": [{"verdicts": ["maybe"]}]}), "expect.0.verdicts.0"),
    (json.dumps({"turns": ["Can I?"], "expect": [{"verdicts": ["allowed"], "topics": ["pres"]}]}), "unknown topic"),
    (json.dumps({"turns": ["Can I?"], "expect": [{"verdicts": ["allowed"], "unsafe": ["allowed"]}]}), "at once"),
    (json.dumps(ELSEWHERE | {"elsewhere": {"at": [["required"]]}}), "'at' is no other policy"),
    (json.dumps(ELSEWHERE | {"elsewhere": {"agora": [["required"]]}}), "'agora' is no other policy"),
    (json.dumps(ELSEWHERE | {"elsewhere": {"att": [["required"], ["allowed"]]}}), "differ in number"),
]


@pytest.mark.parametrize(("line", "said"), WRONG_LINES)
def test_a_wrong_worked_question_is_named_with_its_line(ready: Ready, tmp_path: Path, line: str, said: str) -> None:
    folder = tmp_path / "policies" / "agora"
    folder.mkdir(parents=True)
    good = json.dumps({"turns": ["May I?"], "expect": [{"verdicts": ["not_covered"]}]})
    (folder / worked.FILE).write_text(f"{good}\n{line}\n", encoding="utf-8")
    found = list(worked.faults(ready.knowledge, tmp_path))
    assert [issue.where for issue in found] == ["policies/agora/worked.jsonl:2"]
    assert said in found[0].problem.lower()
    assert found[0].cure


def test_a_wrong_line_does_not_shift_the_numbers_of_those_below(ready: Ready, tmp_path: Path) -> None:
    folder = tmp_path / "policies" / "agora"
    folder.mkdir(parents=True)
    (folder / worked.FILE).write_text(f"not json\n{WRONG_LINES[3][0]}\n", encoding="utf-8")
    found = [issue.where for issue in worked.faults(ready.knowledge, tmp_path)]
    assert found == ["policies/agora/worked.jsonl:1", "policies/agora/worked.jsonl:2"]


def test_a_worked_question_that_stands_twice_is_named(ready: Ready, tmp_path: Path) -> None:
    folder = tmp_path / "policies" / "tlt"
    folder.mkdir(parents=True)
    line = json.dumps({"turns": ["May I?"], "expect": [{"verdicts": ["not_covered"]}]})
    (folder / worked.FILE).write_text(f"{line}\n{line}\n", encoding="utf-8")
    assert [issue.problem for issue in worked.faults(ready.knowledge, tmp_path)] == [
        "the conversation of line 1 stands twice"
    ]


def test_no_labelled_question_is_among_the_worked_ones(ready: Ready) -> None:
    """What measures must not have been learnt."""
    learnt = {t.casefold() for p in ready.knowledge.policies for q in worked.read(p)[0] for t in q.turns}
    for name in scoring.SETS:
        asked = {turn.strip().casefold() for line in scoring.load(name) for turn in line["turns"]}
        assert not asked & learnt


def test_silence_gives_way_to_a_duty_that_may_be_meant(ready: Ready) -> None:
    """A lost report is the second worst error: agora 6.5 and 7.4, tlt-policy 6.5, att 5.8."""
    likely = dict.fromkeys(Verdict, 0.0) | {Verdict.NOT_COVERED: 0.9, Verdict.REQUIRED: 0.1}
    question = "I have seen a colleague misuse social media. What do I do?"

    silent = scoring.led_by(ready, saying(likely))
    assert silent.ask("agora", question).answer.verdict is Verdict.REQUIRED
    likely[Verdict.REQUIRED] = 0.01
    assert silent.ask("agora", question).answer.verdict is Verdict.NOT_COVERED


@pytest.mark.parametrize(
    ("other", "share", "verdict"),
    [
        (Verdict.INFORMATION, 0.45, Verdict.NOT_ALLOWED),
        (Verdict.INFORMATION, 0.55, Verdict.INFORMATION),
        (Verdict.NOT_COVERED, 0.7, Verdict.NOT_ALLOWED),  # silence is read as leave
        (Verdict.NOT_COVERED, 0.9, Verdict.NOT_COVERED),
    ],
)
def test_what_binds_leads_where_it_is_likely_enough(
    ready: Ready, other: Verdict, share: float, verdict: Verdict
) -> None:
    """However the verdicts that bind share it; tlt-policy 6.5."""
    bans = {Verdict.NOT_ALLOWED: 0.6 * (1 - share), Verdict.ADVISED_AGAINST: 0.4 * (1 - share)}
    likely = dict.fromkeys(Verdict, 0.0) | bans | {other: share}
    bot = scoring.led_by(ready, saying(likely))
    assert bot.ask("tlt", "Can I add one of my Year 9s on Snapchat?").answer.verdict is verdict


@pytest.mark.parametrize("policy", ["agora", "tlt", "gcc", "att"])
def test_a_single_word_is_asked_back_about_rather_than_ruled_on(bot: Bot, policy: str) -> None:
    answer = bot.ask(policy, "photos").answer
    assert answer.verdict is Verdict.CLARIFY
    assert len(answer.choices) > 1
