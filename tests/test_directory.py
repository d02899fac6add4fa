"""Who may decide: the table of SECURITY section 3, own requests, absences, posts and several signatures (T05, T06)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.directory import Absence, Because, Directory, Matter
from bot.organisation import Organisation
from policy_kb.model import Role
from tests.casework.people import (
    ALONE,
    BOARD,
    CEO,
    GOVERNORS,
    HEAD,
    LEAD,
    MANAGER,
    SOUTH,
    TRUSTEES,
    central,
    north,
    organisation,
    person,
    school,
    trust,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TRUST = trust()


def away(name: str, stand_in: str, hours: int = 24) -> Absence:
    return Absence(person=name, stand_in=stand_in, since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=hours))


def decide(matter: Matter, *roles: Role, absent: tuple[Absence, ...] = (), at: Organisation = TRUST) -> set[str]:
    """The ids of those who may decide now."""
    directory = Directory(at, absent, NOW)
    return {s.person.id for s in directory.standings(matter, directory.roles_for(matter, roles))}


def concern(subject: str | None, *roles: Role, by: str = "teacher", where: str = "north", **more: Any) -> set[str]:
    return decide(Matter(where, by, subject), *roles, **more)


# SECURITY section 3: where a concern goes, and where never.

ROUTES = [
    ("teacher", {"head"}),
    ("year-leader", {"head"}),
    ("lead", {"head"}),
    ("head", {"chair", "ceo"}),
    ("chair", {"trustee"}),
    ("ceo", {"trustee"}),
    ("finance", {"trustee"}),
    ("trustee", set()),
    (None, {"head"}),
]


@pytest.mark.parametrize(("subject", "hears"), ROUTES)
def test_a_concern_for_the_head_goes_where_the_table_says(subject: str | None, hears: set[str]) -> None:
    assert concern(subject, HEAD, by="other-leader") == hears


@pytest.mark.parametrize(
    ("subject", "hears"),
    [("teacher", {"lead"}), ("lead", {"head"}), ("head", {"chair", "ceo"}), ("deputy", {"lead"}), (None, {"lead"})],
)
def test_a_concern_for_the_safeguarding_lead_goes_where_the_table_says(subject: str | None, hears: set[str]) -> None:
    assert concern(subject, LEAD) == hears


def test_a_school_that_stands_alone_ends_at_the_designated_officer() -> None:
    assert concern("alone-head", HEAD, by="alone-teacher", where="alone") == {"alone-chair"}
    assert concern("alone-chair", HEAD, by="alone-teacher", where="alone") == set()


def test_the_head_of_another_school_of_the_trust_is_heard_of_by_their_own_chair() -> None:
    assert concern("south-head", HEAD) == {"south-chair", "ceo"}


def test_a_post_in_another_trust_changes_nothing_here() -> None:
    """A teacher who chairs the governors elsewhere is a teacher here, and so is their other account."""
    alone = school("alone", person("a-chair", GOVERNORS, human="teacher"), person("a-head", HEAD))
    assert concern("teacher", HEAD, by="lead", at=organisation(north(), SOUTH, central(), alone)) == {"head"}


def test_nobody_who_works_for_the_subject_hears_of_it() -> None:
    directory = Directory(TRUST, (), NOW)
    about_head, about_ceo = Matter("north", "teacher", "head"), Matter("north", "teacher", "ceo")
    below = ("head", "deputy", "lead", "ict", "year-leader", "teacher", "other-leader")
    assert not any(directory.may_hear(about_head, each) for each in below)
    assert all(directory.may_hear(about_head, each) for each in ("chair", "governor", "ceo", "trustee", "south-head"))
    assert not any(directory.may_hear(about_ceo, each) for each in ("ceo", "finance", "head", "teacher"))
    assert directory.may_hear(about_ceo, "trustee")


def test_a_head_and_a_ceo_lead_their_people_also_where_the_file_names_no_managers() -> None:
    plain = trust(lead={"manager": None}, deputy={"manager": None}, ict={"manager": None})
    directory = Directory(plain, (), NOW)
    about_head = Matter("north", "teacher", "head")
    assert [directory.may_hear(about_head, each) for each in ("lead", "deputy", "ict")] == [False, False, False]
    assert all(directory.may_hear(about_head, each) for each in ("chair", "governor", "ceo", "south-teacher"))
    office = organisation(north(), central(finance={"manager": None}, business={"manager": None}))
    directory, about_ceo = Directory(office, (), NOW), Matter("north", "teacher", "ceo")
    assert [directory.may_hear(about_ceo, each) for each in ("finance", "business", "trustee")] == [False, False, True]


def test_deputies_and_stand_ins_of_the_subject_hear_nothing() -> None:
    named = organisation(north(year_leader={"deputies": ("lead",)}), SOUTH, central())
    assert concern("year-leader", LEAD, at=named) == {"head"}
    assert concern("deputy", LEAD, absent=(away("deputy", "lead"),)) == {"head"}


def test_a_second_account_of_the_subject_hears_nothing() -> None:
    twice = organisation(north(lead={"human": "teacher"}), SOUTH, central())
    # The lead and the teacher are one human, so it is a concern about the safeguarding lead.
    assert concern("teacher", LEAD, by="ict", at=twice) == {"head"}


def test_naming_a_senior_person_as_stand_in_keeps_no_concern_from_them() -> None:
    assert concern("head", HEAD, absent=(away("head", "chair"),)) == {"chair", "ceo"}
    assert concern("lead", HEAD, absent=(away("lead", "head"),)) == {"head"}


# Nobody decides their own request (T05).


@pytest.mark.parametrize(
    ("asker", "roles", "decides"),
    [
        ("teacher", (HEAD,), {"head"}),
        ("head", (HEAD,), {"ceo"}),
        ("ceo", (CEO,), {"trustee"}),
        ("lead", (LEAD,), {"head"}),
        ("chair", (BOARD,), {"governor"}),
        ("south-head", (HEAD,), {"ceo"}),
    ],
)
def test_own_requests_go_to_somebody_else(asker: str, roles: tuple[Role, ...], decides: set[str]) -> None:
    where = "south" if asker.startswith("south") else "office" if asker == "ceo" else "north"
    assert decide(Matter(where, asker), *roles) == decides


def test_a_second_account_and_a_deputy_of_the_asker_decide_nothing() -> None:
    twice = organisation(north(head={"human": "teacher"}), SOUTH, central())
    assert decide(Matter("north", "teacher"), HEAD, at=twice) == {"ceo"}
    assert decide(Matter("north", "head"), Role.DEPUTY_HEADTEACHER) == {"ceo"}
    assert decide(Matter("north", "lead"), Role.NETWORK_MANAGER, absent=(away("lead", "ict"),)) == {"head"}


def test_an_asker_cannot_choose_who_decides_by_naming_a_stand_in() -> None:
    assert decide(Matter("north", "teacher"), HEAD, absent=(away("teacher", "head"),)) == {"head"}


@pytest.mark.parametrize(
    ("asker", "where", "manager"),
    [
        ("teacher", "north", {"year-leader"}),
        ("year-leader", "north", {"head"}),
        ("head", "north", {"ceo"}),
        ("chair", "north", {"ceo"}),
        ("alone-head", "alone", {"alone-chair"}),
        ("alone-teacher", "alone", {"alone-head"}),
        ("ceo", "office", {"trustee"}),
    ],
)
def test_a_line_manager_is_never_somebody_below(asker: str, where: str, manager: set[str]) -> None:
    assert decide(Matter(where, asker), MANAGER) == manager


def test_a_head_without_a_manager_is_not_managed_by_a_year_leader() -> None:
    alone = organisation(north(head={"manager": None}), SOUTH, central())
    assert decide(Matter("north", "head"), MANAGER, at=alone) == {"ceo"}
    assert decide(Matter("north", "head", raised=(Role.SLT,)), MANAGER, at=alone) == {"ceo"}


def test_one_of_several_roles_is_not_given_to_those_below_the_asker() -> None:
    directory, own = Directory(TRUST, (), NOW), Matter("north", "head")
    either = (HEAD, Role.DEPUTY_HEADTEACHER, Role.ASSISTANT_HEADTEACHER, Role.TRUST_BUSINESS_DIRECTOR)
    assert directory.not_below(own, either) == (HEAD, Role.TRUST_BUSINESS_DIRECTOR)
    assert directory.not_below(Matter("north", "teacher"), either) == either


# Absences.


def test_an_absent_holder_is_replaced_by_the_stand_in_and_says_so() -> None:
    found = Directory(TRUST, (away("head", "lead"),), NOW).standings(Matter("north", "teacher"), (HEAD,))
    assert [(s.person.id, s.role, s.because, s.instead_of) for s in found] == [("lead", HEAD, Because.STAND_IN, "head")]


def test_a_chain_of_absences_is_followed_and_a_circle_climbs() -> None:
    matter = Matter("north", "teacher")
    chain = (away("head", "lead"), away("lead", "ict"))
    assert decide(matter, HEAD, absent=chain) == {"ict"}
    assert decide(matter, LEAD, absent=chain) == {"ict"}
    # Each waits for the other: the head's deputy is left, then the next authority.
    assert decide(matter, HEAD, absent=(away("head", "lead"), away("lead", "head"))) == {"deputy"}
    assert decide(matter, GOVERNORS, absent=(away("chair", "governor"), away("governor", "chair"))) == {"trustee"}


@pytest.mark.parametrize(
    ("absent", "asker", "subject", "decides"),
    [
        # The stand-in is the asker, the subject, or somebody the subject manages: the deputy, else the next authority.
        (("head", "teacher"), "teacher", None, {"deputy"}),
        (("lead", "teacher"), "teacher", None, {"head"}),
        (("lead", "ict"), "teacher", "ict", {"head"}),
        (("lead", "teacher"), "ict", "year-leader", {"head"}),
        # Somebody who left, and somebody of another trust.
        (("lead", "gone"), "teacher", None, {"head"}),
        (("lead", "alone-head"), "teacher", None, {"head"}),
    ],
)
def test_a_stand_in_who_is_not_independent_decides_nothing(
    absent: tuple[str, str], asker: str, subject: str | None, decides: set[str]
) -> None:
    role = HEAD if absent[0] == "head" else LEAD
    at = organisation(north(gone={"left_on": date(2026, 11, 20)}), SOUTH, central(), ALONE)
    assert decide(Matter("north", asker, subject), role, absent=(away(*absent),), at=at) == decides


def test_an_absence_counts_only_while_it_lasts() -> None:
    later = Absence(person="head", stand_in="lead", since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=2))
    assert decide(Matter("north", "teacher"), HEAD, absent=(later,)) == {"head"}
    for moment, decides in ((NOW + timedelta(hours=1), "lead"), (NOW + timedelta(hours=2), "head")):
        found = Directory(TRUST, (later,), moment).standings(Matter("north", "teacher"), (HEAD,))
        assert [s.person.id for s in found] == [decides]


def test_deputies_join_when_late_but_not_those_who_are_away() -> None:
    late = Matter("north", "teacher", deputies=True)
    assert decide(late, HEAD) == {"head", "deputy"}
    assert decide(late, HEAD, absent=(away("deputy", "lead"),)) == {"head"}
    # The deputies of an absent holder, not those of the stand-in alone.
    assert decide(late, HEAD, absent=(away("head", "ict"),)) == {"ict", "deputy"}


def test_a_leaver_decides_nothing_from_that_day_on() -> None:
    at = organisation(north(head={"left_on": date(2026, 11, 21)}), SOUTH, central())
    for moment, decides in ((NOW, "head"), (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), "ceo")):
        found = Directory(at, (), moment).standings(Matter("north", "teacher"), (HEAD,))
        assert [s.person.id for s in found] == [decides]
    # In summer the day begins an hour before midnight UTC.
    gone = organisation(north(head={"left_on": date(2026, 7, 1)}), SOUTH, central())
    assert Directory(gone, (), datetime(2026, 6, 30, 23, 0, tzinfo=UTC)).active("head") is None


# Posts, trusts, handing on, several signatures.


def test_a_further_post_counts_at_that_school_and_a_trust_officer_everywhere() -> None:
    shared = person("shared", also_at=({"school": "north", "roles": (Role.ESAFETY_OFFICER,)},))
    south = school("south", shared, person("brand", Role.HEAD_OF_MARKETING), person("south-head", HEAD), trust="trust")
    at = organisation(north(), south, central())
    assert decide(Matter("north", "teacher"), Role.ESAFETY_OFFICER, at=at) == {"shared"}
    assert decide(Matter("north", "teacher"), Role.HEAD_OF_MARKETING, at=at) == {"brand"}
    # A headteacher is one of a school, not of the trust.
    assert decide(Matter("office", "finance"), HEAD, at=at) == {"ceo"}


def test_a_role_that_was_handed_on_is_one_persons_until_it_is_overdue() -> None:
    handed = Matter("north", "teacher", handed=((HEAD, "ict"),))
    assert decide(handed, HEAD) == {"ict"}
    assert decide(handed, HEAD, absent=(away("ict", "deputy"),)) == {"deputy"}
    assert decide(Matter("north", "ict", handed=((HEAD, "ict"),)), HEAD) == {"head"}
    assert decide(Matter("north", "teacher", handed=((HEAD, "ict"),), raised=(CEO,)), HEAD) == {"ict", "head", "ceo"}
    # Only that role: the other of two signatures stays where it was.
    assert decide(handed, HEAD, LEAD) == {"ict", "lead"}


def test_each_of_several_signatures_is_another_humans() -> None:
    bare = organisation(school("north", person("teacher"), person("head", HEAD), trust="trust"), central())
    first = Directory(bare, (), NOW).standings(Matter("north", "teacher"), (LEAD, Role.NETWORK_MANAGER))
    assert {(s.person.id, s.role) for s in first} == {("head", LEAD), ("head", Role.NETWORK_MANAGER)}
    assert decide(Matter("north", "teacher", signed=("head",)), Role.NETWORK_MANAGER, at=bare) == {"ceo"}


def test_what_went_higher_is_decided_in_the_role_that_was_asked() -> None:
    found = Directory(TRUST, (), NOW).standings(Matter("north", "teacher", raised=(HEAD,)), (LEAD,))
    assert [(s.person.id, s.role, s.because) for s in found] == [
        ("lead", LEAD, Because.HOLDER),
        ("head", LEAD, Because.HIGHER),
    ]


def test_the_next_authorities_are_those_above_and_never_those_asked() -> None:
    directory = Directory(TRUST, (), NOW)
    assert directory.next_above(Matter("north", "teacher"), (LEAD,)) == (HEAD,)
    assert directory.next_above(Matter("north", "teacher", raised=(HEAD,)), (LEAD,)) == (CEO, GOVERNORS)
    assert directory.next_above(Matter("office", "finance"), (TRUSTEES,)) == ()
    # Not the SLT for the headteacher's own request.
    assert directory.next_above(Matter("north", "head"), (MANAGER,)) == (HEAD,)
