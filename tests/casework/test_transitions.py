"""Transitions that no procedure of today leads to, but one of tomorrow may: a request with a subject, signed by two."""

from __future__ import annotations

from datetime import timedelta

from bot import actions as act
from bot import cases
from bot import events as ev
from bot.cases import Case, Refused, Setting
from bot.directory import Directory
from policy_kb.procedures import Procedure
from tests.casework.people import trust
from tests.casework.scene import FRIDAY

PROCEDURE = Procedure.model_validate(
    {
        "slug": "about-a-colleague",
        "ids": ("R1",),
        "title": "Ask about a colleague",
        "kind": "request",
        "say": "For this test.",
        "clauses": (),
        "fields": ({"id": "whom", "label": "Whom", "type": "subject"},),
        "stages": ({"id": "both", "title": "Both", "roles": ("headteacher", "network_manager"), "need": "all"},),
    }
)
DIRECTORY = Directory(trust(), (), FRIDAY)


def setting(actor: str | None) -> Setting:
    return Setting(PROCEDURE, DIRECTORY, FRIDAY, lambda *_: FRIDAY + timedelta(days=5), actor)


def about(subject: str) -> Case:
    """A request of the teacher's about somebody."""
    opened = ev.CaseOpened(
        by="teacher",
        at=FRIDAY,
        case="c",
        reference="AF-0000-0000",
        trust="trust",
        school="north",
        policy="att",
        policy_version="1",
        procedure=PROCEDURE.slug,
        place="school",
        subject=subject,
        values={"whom": subject},
    )
    case = cases.fold(cases.begin(opened, setting("teacher")))
    assert case
    return case


def after(case: Case, who: str, action: act.Action) -> Case:
    """The case once the action was taken, which must be allowed."""
    outcome = cases.decide(case, action, setting(who))
    assert not isinstance(outcome, Refused), outcome
    folded = cases.fold(outcome, case)
    assert folded
    return folded


def deciding(case: Case) -> set[str]:
    return {s.person.id for s in cases.deciders(case, PROCEDURE, DIRECTORY)}


def test_of_a_concern_taken_elsewhere_one_word_is_enough() -> None:
    case = about("head")
    assert deciding(case) == {"chair", "ceo"}
    assert after(case, "ceo", act.Approve(words="Yes.")).state == "approved"


def test_a_subject_stays_shut_out_whatever_a_revision_says() -> None:
    case = about("head")
    for values in ({"whom": "nobody"}, {"whom": "head"}, {}):
        again = after(case, "teacher", act.Revise(values=dict(values), subject=None))
        assert (again.subject, deciding(again)) == ("head", {"chair", "ceo"})
    other = after(case, "teacher", act.Revise(values={"whom": "ict"}, subject="teacher"))
    assert (other.subject, deciding(other)) == ("ict", {"head"})


def test_a_clock_of_an_earlier_stage_does_nothing_even_if_it_was_claimed_in_time() -> None:
    case = about("ict")
    now = after(case, "teacher", act.Revise(values=case.values))
    tick = act.Tick(kind="remind", stage_seq=case.stage_seq)
    assert len(cases.decide(case, tick, setting(None))) == 1  # type: ignore[arg-type]  # not refused
    assert cases.decide(now, tick, setting(None)) == ()


def test_what_was_handed_on_or_raised_is_the_stage_own_and_ends_with_it() -> None:
    case = after(about("teacher"), "head", act.HandOn(to="lead", words="Yours."))
    assert "lead" in deciding(case)
    again = after(case, "teacher", act.Revise(values=case.values))
    assert "lead" not in deciding(again)


def test_the_same_case_action_and_setting_give_the_same_outcome() -> None:
    case, action = about("ict"), act.Approve(words="Yes.")
    assert cases.decide(case, action, setting("head")) == cases.decide(case, action, setting("head"))
