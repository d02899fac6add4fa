"""What a person should know about an organisation: empty roles, conflicts, old term dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.organisation import Organisation
from bot.organisation_check import check
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from policy_kb import loader
from policy_kb.model import Policy, Role
from policy_kb.procedures import Field, FieldType, Kind, Need, Place, Procedure, Stage

from .organisation_text import GOOD

TODAY = date(2026, 11, 20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    found = tmp_path / "schools.yaml"
    found.write_text(GOOD, encoding="utf-8")
    return found


def procedure(slug: str, *stages: Stage, kind: Kind = Kind.REQUEST, tell: tuple[Role, ...] = ()) -> Procedure:
    about = Field(id="about", label="About", type=FieldType.SUBJECT)
    return Procedure(
        slug=slug,
        ids=("R1",),
        title=slug.capitalize(),
        kind=kind,
        say="-",
        clauses=(),
        fields=(about if kind is Kind.REPORT else Field(id="what", label="What", type=FieldType.LINE),),
        stages=stages,
        tell=tell,
    )


def stage(*roles: Role, need: Need = Need.ANY, central: tuple[Role, ...] = ()) -> Stage:
    return Stage(id="a", title="A", roles=roles, need=need, at={Place.CENTRAL: central} if central else {})


def policies(*procedures: Procedure) -> Mapping[str, Policy]:
    small = Policy(
        id="small",
        name="Small",
        title="Small policy",
        version="1",
        documents=(),
        default_contact=(),
        role_names={},
        conflicted={},
        unused={},
        rulings={},
        procedures={p.slug: p for p in procedures},
    )
    return {"small": small}


def organisation(path: Path, *changes: tuple[str, str]) -> Organisation:
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return load_organisation(path)


DALE_TERMS = "dale: no term dates; every weekday that is no bank holiday or closure counts as a school day"
CENTRAL = (
    "- id: dale",
    '- {id: top, name: "Central", policy: small, trust: hills, central: true, people: '
    '[{id: max, name: "Max Ray", job: CEO, roles: [ceo, it_support]}]}\n- id: dale',
)


def test_nothing_is_said_where_all_is_well(path: Path) -> None:
    found = check(organisation(path), policies(), TODAY)
    assert found == [DALE_TERMS]


def test_an_unknown_policy_is_a_fault(path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        check(organisation(path, ("small\n  trust", "smal\n  trust")), policies(), TODAY)
    assert str(caught.value) == "school hill: unknown policy 'smal'; did you mean 'small'?"


def test_terms_that_ended_are_told(path: Path) -> None:
    known = organisation(path)
    assert check(known, policies(), date(2026, 12, 18)) == [DALE_TERMS]
    assert check(known, policies(), date(2026, 12, 19))[0] == (
        "hill: the term dates ended on 2026-12-18; until there are new ones every weekday counts as a school day"
    )


def test_people_whom_the_channel_cannot_reach_are_named(path: Path) -> None:
    def with_channel(team: str) -> list[str]:
        named = f"slack_approvals: {{team: {team}, channel: C1}}\n  policy: small\n  trust"
        return check(organisation(path, ("policy: small\n  trust", named)), policies(), TODAY)

    assert with_channel("T1") == [DALE_TERMS]
    assert with_channel("T2")[0].startswith("hill: Ced Dee: in another Slack workspace than the channel")


def test_an_empty_role_is_told_with_who_decides_instead(path: Path) -> None:
    asked = policies(
        procedure("logo", stage(Role.HEAD_OF_MARKETING)),
        procedure("site", stage(Role.NETWORK_MANAGER), stage(Role.IT_SUPPORT)),
    )
    assert check(organisation(path), asked, TODAY)[:2] == [
        "hill: nobody holds head_of_marketing, network_manager, it_support; cases go up to Ced Dee (Logo and 1 more)",
        "dale: nobody holds head_of_marketing, network_manager, it_support; cases go up to Eve Gee (Logo and 1 more)",
    ]
    # With a central team, its people hold the role for the trust's schools, and the CEO is the next authority.
    assert check(organisation(path, CENTRAL), asked, TODAY)[0] == (
        "hill: nobody holds head_of_marketing; cases go up to Max Ray (Logo)"
    )


def test_a_role_whose_only_holder_has_left_is_empty(path: Path) -> None:
    left = organisation(path, ("    slack:", "    left_on: 2026-11-20\n    slack:"))
    found = check(left, policies(procedure("logo", stage(Role.HEADTEACHER))), TODAY)
    assert found[:2] == [
        "hill: no headteacher; give the role to the headteacher or principal",
        "hill: nobody holds headteacher; nobody above holds a role either, so cases wait and show the words of "
        "`lado` (Logo)",
    ]


def test_people_without_a_manager_are_named_where_nobody_holds_the_role(path: Path) -> None:
    found = check(organisation(path), policies(procedure("post", stage(Role.LINE_MANAGER))), TODAY)
    assert (
        found[0] == "hill: Ced Dee, Dot Eff: no manager, and nobody holds line_manager; cases go up to Ced Dee (Post)"
    )
    left = organisation(path, ('name: "Dot Eff"', 'name: "Dot Eff", left_on: 2026-11-20'))
    assert check(left, policies(procedure("post", stage(Role.LINE_MANAGER))), TODAY)[0].startswith("hill: Ced Dee: no")


def test_roles_that_are_only_told_and_outside_bodies(path: Path) -> None:
    decided = stage(Role.HEADTEACHER, Role.GCC_DATA_MANAGEMENT)
    asked = policies(procedure("site", decided, tell=(Role.ESAFETY_OFFICER, Role.POLICE)))
    found = check(organisation(path), asked, TODAY)
    assert "hill: nobody holds esafety_officer; nobody is told in that role (Site)" in found
    assert "police" not in "".join(found)
    assert "gcc" not in "".join(found)


def test_central_people_are_asked_for_their_own_roles(path: Path) -> None:
    asked = policies(procedure("media", stage(Role.HEADTEACHER, central=(Role.CHAIR_OF_TRUSTEES,))))
    found = check(organisation(path, CENTRAL), asked, TODAY)
    assert [line for line in found if line.startswith("top")] == [
        "top: nobody holds chair_of_trustees; nobody above holds a role either and `lado` is not filled in, "
        "so cases wait for nobody (Media)"
    ]


def test_a_decider_s_own_case_needs_somebody_else(path: Path) -> None:
    asked = policies(procedure("media", stage(Role.HEADTEACHER)))
    assert check(organisation(path), asked, TODAY)[0] == (
        "hill: nobody but Ced Dee could decide what Ced Dee asks for (Media)"
    )
    assert "hill" not in check(organisation(path, CENTRAL), asked, TODAY)[0]


def test_a_concern_about_the_head_needs_somebody_independent(path: Path) -> None:
    asked = policies(procedure("misuse", stage(Role.HEADTEACHER), kind=Kind.REPORT))
    found = check(organisation(path), asked, TODAY)
    assert (
        "hill: a concern about Ced Dee (headteacher) finds nobody independent and the words of `lado` are shown; "
        "give somebody independent chair_of_governors or ceo"
    ) in found
    assert (
        "dale: a concern about Eve Gee (headteacher) finds nobody independent and `lado` is not filled in; "
        "give somebody independent chair_of_governors"
    ) in found
    # A chair whom the head manages is not independent of the head; the head's own deputy is not either.
    chair = ('job: "Teacher", manager: ced', 'job: "Chair", roles: [chair_of_governors]')
    assert "Ced Dee" not in "".join(check(organisation(path, chair), asked, TODAY))
    for old, new in (
        (chair[0], f"{chair[1]}, manager: ced"),
        ('job: "Deputy"', 'job: "Chair", roles: [chair_of_governors]'),
    ):
        assert "concern about Ced Dee" in "".join(check(organisation(path, (old, new)), asked, TODAY))


FAR = (
    "- id: dale",
    '- {id: far, name: "Far School", policy: small, trust: hills, terms: [{starts: 2026-09-01, ends: 2027-07-20}], '
    "people: [%s]}\n- id: dale",
)
BOSS = "{id: max, name: Max Ray, job: Head%s}"


def far(person: str) -> tuple[str, str]:
    """A further school of the trust, with one person."""
    return FAR[0], FAR[1] % person


def of_hill(found: list[str]) -> list[str]:
    return [line for line in found if line.startswith("hill")]


def test_people_of_other_schools_count_where_they_have_a_part(path: Path) -> None:
    post = far(BOSS % ", also_at: [{school: hill, roles: [it_support]}]")
    asked = policies(procedure("unblock", stage(Role.IT_SUPPORT)))
    assert of_hill(check(organisation(path, post), asked, TODAY)) == []
    assert "nobody holds it_support" in of_hill(check(organisation(path, far(BOSS % "")), asked, TODAY))[0]
    # A manager at another school is a manager.
    managed = (('name: "Dot Eff"', 'name: "Dot Eff", manager: max'), ("    slack:", "    manager: max\n    slack:"))
    asked = policies(procedure("post", stage(Role.LINE_MANAGER)))
    assert of_hill(check(organisation(path, far(BOSS % ""), *managed), asked, TODAY)) == []


def test_a_second_account_at_another_school_ties_people_too(path: Path) -> None:
    chair = (
        'name: "Ann Bee", job: "Teacher", manager: ced',
        'name: "Ann Bee", job: "Chair", roles: [chair_of_governors]',
    )
    asked = policies(procedure("misuse", stage(Role.HEADTEACHER), kind=Kind.REPORT))
    for more, stuck in (", human: ced", False), (", human: ced, deputies: [ann]", True):
        found = check(organisation(path, chair, far(BOSS % more)), asked, TODAY)
        assert any("hill: a concern about Ced Dee (headteacher)" in line for line in found) is stuck


def test_each_of_several_signatures_needs_somebody(path: Path) -> None:
    support = ('job: "Teacher"', 'job: "Technician", roles: [it_support]')
    together = stage(Role.HEADTEACHER, Role.IT_SUPPORT, need=Need.ALL)
    found = check(organisation(path, support), policies(procedure("site", together)), TODAY)
    assert of_hill(found) == ["hill: nobody but Ced Dee could decide what Ced Dee asks for (Site)"]
    either = stage(Role.HEADTEACHER, Role.IT_SUPPORT)
    assert of_hill(check(organisation(path, support), policies(procedure("site", either)), TODAY)) == []


def test_the_stages_of_a_record_only_tell(path: Path) -> None:
    asked = policies(procedure("lesson", stage(Role.SLT), kind=Kind.RECORD))
    assert of_hill(check(organisation(path), asked, TODAY)) == [
        "hill: nobody holds slt; nobody is told in that role (Lesson)"
    ]


def test_the_sample_is_sound_and_every_school_has_its_roles() -> None:
    found = check(load_organisation(SAMPLE_ORGANISATION), loader.load().policies, TODAY)
    # Central teams have no pupils and no headteacher: what school procedures name goes up to the CEO there.
    assert [line for line in found if not line.split(":")[0].endswith(("-central", "-head-office"))] == []
