"""A staff list brought into the organisation file: who joins, changes and leaves."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.staff_list import StaffImport, import_staff
from policy_kb.model import Role

from .organisation_text import GOOD


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    found = tmp_path / "schools.yaml"
    found.write_text(GOOD, encoding="utf-8")
    return found


HEADER = "School,ID,Name,Job,Email,Roles,Manager email,Left on"
EVERYONE = (
    "hill,ann,Ann Bee,Teacher,ann@hill.example,,ced@hill.example,",
    "hill,ced,Ced Dee,Head,ced@hill.example,headteacher,,",
    "hill,dot,Dot Eff,Deputy,dot@hill.example,,,",
)
LEAVES = date(2026, 12, 31)


def listed(path: Path, *rows: str, header: str = HEADER) -> StaffImport:
    return import_staff("\n".join((header, *rows)) + "\n", path, LEAVES)


def apply(path: Path, *rows: str, header: str = HEADER) -> Organisation:
    path.write_text(listed(path, *rows, header=header).text, encoding="utf-8")
    return load_organisation(path)


def test_a_list_that_agrees_changes_nothing(path: Path) -> None:
    assert listed(path, *EVERYONE) == StaffImport(GOOD, ())


def test_who_joins_changes_and_leaves_and_every_other_line_stays(path: Path) -> None:
    found = listed(
        path,
        "Hill School,,Zoë O'Neil,Teacher of art,zoe@hill.example,it_support; network_manager,ANN@hill.example,",
        "hill,ann,Ann Bee-Carr,Head of art,ann@hill.example,line_manager,ced@hill.example,",
        "hill,,Ced Dee,Head,CED@hill.example,,,",
        header=HEADER,
    )
    assert found.report == (
        "changes: Ann Bee-Carr (ann, hill): name Ann Bee -> Ann Bee-Carr, job Teacher -> Head of art, "
        "roles none -> line_manager",
        "changes: Ced Dee (ced, hill): roles headteacher -> none, email ced@hill.example -> CED@hill.example",
        "leaves on 2026-12-31: Dot Eff (dot, hill)",
        "joins: Zoë O'Neil (zoe-oneil, hill), Teacher of art; holds it_support, network_manager",
    )
    changed = {
        '  - {id: ann, name: "Ann Bee", job: "Teacher", manager: ced, email: "ann@hill.example"}  # joined in May': (
            '  - {id: ann, name: "Ann Bee-Carr", job: "Head of art", manager: ced, email: "ann@hill.example", '
            "roles: [line_manager]}  # joined in May"
        ),
        "    roles:\n    - headteacher": "    roles: []",
        '    email: "ced@hill.example"': '    email: "CED@hill.example"',
        '  - {id: dot, name: "Dot Eff", job: "Deputy", email: "dot@hill.example"}': (
            '  - {id: dot, name: "Dot Eff", job: "Deputy", email: "dot@hill.example", left_on: "2026-12-31"}\n'
            '  - {id: zoe-oneil, name: "Zoë O\'Neil", job: "Teacher of art", roles: [it_support, network_manager], '
            'manager: ann, email: "zoe@hill.example"}'
        ),
    }
    expected = GOOD
    for old, new in changed.items():
        expected = expected.replace(old, new)
    assert found.text == expected


def test_a_school_that_the_list_does_not_name_is_left_alone(path: Path) -> None:
    found = listed(path, "Dale School,eve,Eve Gee,Headteacher,,headteacher,,")
    assert found.report == ("changes: Eve Gee (eve, dale): job Head -> Headteacher",)


def test_a_column_that_is_absent_changes_nothing(path: Path) -> None:
    rows = (
        "hill,ann@hill.example,Ann Bee,Teacher",
        "hill,ced@hill.example,Ced Dee,Head",
        "hill,dot@hill.example,Dot Eff,Cook",
    )
    found = listed(path, *rows, header="school;EMAIL;name;job".replace(";", ","))
    assert found.report == ("changes: Dot Eff (dot, hill): job Deputy -> Cook",)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + "\r\n".join((HEADER, *EVERYONE)),
        "\n".join((HEADER, "", *EVERYONE, ",,,,,,,")),
        "\n".join((HEADER, *EVERYONE)).replace(",", ";"),
        "\n".join((HEADER.upper().replace(" ", "_"), *EVERYONE)),
        "\n".join((HEADER, *EVERYONE)).replace("Ann Bee", '" Ann\n Bee"').replace("hill,ann", '"hill","ann"'),
    ],
)
def test_lists_as_spreadsheets_save_them(path: Path, text: str) -> None:
    assert import_staff(text, path, LEAVES).report == ()


def test_roles_in_a_cell_of_a_list_with_semicolons(path: Path) -> None:
    row = 'dale;eve;Eve Gee;Head;;"headteacher; slt";;'
    found = import_staff(HEADER.replace(",", ";") + "\n" + row, path, LEAVES)
    assert found.report == ("changes: Eve Gee (eve, dale): roles headteacher -> headteacher, slt",)


def test_leaving_is_taken_from_the_list_and_coming_back_too(path: Path) -> None:
    rows = (*EVERYONE[:2], "hill,dot,Dot Eff,Deputy,dot@hill.example,,,19/12/2026")
    assert str(apply(path, *rows).person("dot").left_on) == "2026-12-19"  # type: ignore[union-attr]
    # Somebody who has left is not given another day when the list has them no more.
    assert listed(path, *EVERYONE[:2]).report == ()
    assert apply(path, *EVERYONE).person("dot").left_on is None  # type: ignore[union-attr]


def test_a_second_school_is_a_further_post(path: Path) -> None:
    path.write_text(
        GOOD.replace(
            "  policy: small\n  people:\n  - {id: eve", "  policy: small\n  trust: hills\n  people:\n  - {id: eve"
        ),
        encoding="utf-8",
    )
    rows = (
        *EVERYONE,
        "dale,eve,Eve Gee,Head,,headteacher,,",
        "dale,dot,Dot Eff,Deputy,dot@hill.example,slt,,",
        "dale,,May Fay,Cook,may@hill.example,,,",
        "hill,,May Fay,Cook,may@hill.example,it_support,,",
    )
    found = apply(path, *rows)
    assert [(post.school, post.roles) for post in found.person("dot").also_at] == [("dale", (Role.SLT,))]  # type: ignore[union-attr]
    assert [(post.school, post.roles) for post in found.person("may-fay").also_at] == [("hill", (Role.IT_SUPPORT,))]  # type: ignore[union-attr]
    assert found.home("may-fay").id == "dale"  # type: ignore[union-attr]
    assert listed(path, *rows).report == ()
    with pytest.raises(BadInput, match="row 5: 'dot' belongs to 'hill', whose list has them no more; list them there"):
        listed(path, *EVERYONE[:2], "dale,eve,Eve Gee,Head,,headteacher,,", "dale,dot,Dot Eff,Cook,dot@hill.example,,,")


def test_words_that_yaml_would_read_as_something_else(path: Path) -> None:
    found = apply(path, *EVERYONE, "hill,,Null,No,yes@hill.example,slt; slt,,")
    assert [(p.id, p.name, p.job, p.roles) for p in found.schools[0].people][3:] == [
        ("null", "Null", "No", (Role.SLT,))
    ]


def test_a_comment_stays_on_its_line(path: Path) -> None:
    path.write_text(GOOD.replace('dot@hill.example"}\n', 'dot@hill.example"}  # part-time\n'), encoding="utf-8")
    found = listed(path, *EVERYONE, "hill,,Bo,Cook,bo@hill.example,,,")
    assert (
        'dot@hill.example"}  # part-time\n  - {id: bo, name: Bo, job: Cook, email: "bo@hill.example"}\n' in found.text
    )


def test_a_manager_is_taken_away_by_an_empty_cell_only(path: Path) -> None:
    assert apply(path, EVERYONE[0].replace("ced@hill.example", ""), *EVERYONE[1:]).person("ann").manager is None  # type: ignore[union-attr]
    path.write_text(GOOD, encoding="utf-8")
    rows = (row.rsplit(",", 2)[0] for row in EVERYONE)
    assert listed(path, *rows, header=HEADER.rsplit(",", 2)[0]).report == ()


def test_two_accounts_of_one_human(path: Path) -> None:
    """Ced Dee works for both schools under one address: two entries, two grants, one human."""
    eve = '{id: eve, human: ced, email: "ced@hill.example"'
    path.write_text(GOOD.replace("{id: eve", eve), encoding="utf-8")
    assert listed(path, *EVERYONE).report == ()
    # The manager with that address is the one of the same trust.
    assert apply(path, *EVERYONE).person("ann").manager == "ced"  # type: ignore[union-attr]
    with pytest.raises(BadInput, match="row 2: the email belongs to 'ced' and 'eve'; say which in the column id"):
        listed(path, EVERYONE[1].replace("hill,ced,", "hill,,"))
    with pytest.raises(BadInput, match=r"row 2: the manager's email 'ann@hill.example' belongs to another trust; "):
        listed(path, "dale,eve,Eve Gee,Head,ced@hill.example,headteacher,ann@hill.example,")
    second = GOOD.replace('{id: dot, name: "Dot Eff"', '{id: dot, human: ced, name: "Dot Eff"')
    path.write_text(second.replace("    deputies: [dot]\n", ""), encoding="utf-8")
    with pytest.raises(BadInput, match="row 3: the manager's email is the person's own"):
        listed(path, EVERYONE[0], EVERYONE[1].replace("headteacher,,", "headteacher,dot@hill.example,"), EVERYONE[2])


def test_two_people_of_one_name_get_two_ids(path: Path) -> None:
    rows = (
        "hill,,Ann,Cook,a1@hill.example,,,",
        "hill,,Ann,Cook,a2@hill.example,,,",
        "hill,,李,Cook,li@hill.example,,,",
    )
    found = apply(path, *EVERYONE, *rows)
    assert {p.id for p in found.schools[0].people} == {"ann", "ced", "dot", "ann-2", "ann-3", "li"}


BAD_ROWS: dict[str, tuple[int, str]] = {
    "hil,,X,Y,x@y.example,,,": (2, "unknown school 'hil'; did you mean 'hill'?"),
    ",,X,Y,x@y.example,,,": (2, "school is empty; fill it in"),
    "hill,,=1+1,Y,x@y.example,,,": (2, "name begins with '=' like a formula; write it without"),
    "hill,,+44,Y,x@y.example,,,": (2, "name begins with '+' like a formula"),
    "hill,,-x,Y,x@y.example,,,": (2, "name begins with '-' like a formula"),
    "hill,,@x,Y,x@y.example,,,": (2, "name begins with '@' like a formula"),
    "hill,,\t＝1,Y,x@y.example,,,": (2, "name begins with '＝' like a formula"),
    "hill,,X,@SUM(1),x@y.example,,,": (2, "job begins with '@' like a formula"),
    "hill,,,Y,x@y.example,,,": (2, "name is empty; fill it in"),
    "hill,,X\u202eY,Y,x@y.example,,,": (2, "name has an invisible character; type it again"),
    f"hill,,{'x' * 121},Y,x@y.example,,,": (2, "name is longer than 120 characters; shorten it"),
    "hill,,X,Y,x at y,,,": (2, "email 'x at y' is not an email address; write one address"),
    "hill,,X,Y,=x@y.example,,,": (2, "email '=x@y.example' is not an email address"),
    "hill,X Y,X,Y,x@y.example,,,": (
        2,
        "id 'X Y' has more than small letters, digits and single hyphens; did you mean 'x-y'?",
    ),
    "hill,,X,Y,,,,": (2, "neither id nor email; fill in one, so that the person is known next time"),
    "hill,,X,Y,x@y.example,principal,,": (2, "unknown role 'principal'; did you mean 'headteacher'?"),
    "hill,,X,Y,x@y.example,,nobody@hill.example,": (2, "the manager's email 'nobody@hill.example' is nobody's here; "),
    "hill,,X,Y,x@y.example,,nobody,": (
        2,
        "manager_email 'nobody' is not an email address; write one, or leave it empty",
    ),
    "hill,,X,Y,x@y.example,,x@y.example,": (2, "the manager's email is the person's own; name somebody else"),
    "hill,,X,Y,x@y.example,,,soon": (2, "left_on 'soon' is not a day; write it as 2026-11-20 or 20/11/2026"),
    "hill,ann,X,Y,dot@hill.example,,,": (2, "the email belongs to 'dot'; mend the id or the email"),
    "hill,annie,X,Y,ann@hill.example,,,": (2, "the id 'annie' is new and the email belongs to 'ann'; leave the id out"),
    "hill,eve,X,Y,eve@y.example,,,": (
        2,
        "'eve' works for another trust; make a second entry with the same `human` by hand",
    ),
    "hill,ann,Ann Bee,Teacher,ann@hill.example,,,\nhill,,Ann,Cook,ann@hill.example,,,": (
        3,
        "the same person as row 2; keep one of the two",
    ),
    "hill,ann,Ann": (
        2,
        "3 cells where the first row has 8; put quotation marks around cells with a comma or semicolon",
    ),
    'hill,"ann"x,Ann,Y,,,,': (2, "not CSV (',' expected after '\"'); save it again as CSV UTF-8"),
    "": (2, "nobody is listed; an empty list changes nothing"),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_told_with_its_number_and_cure(path: Path, row: str) -> None:
    with pytest.raises(BadInput) as caught:
        listed(path, row)
    found = str(caught.value).splitlines()
    number, words = BAD_ROWS[row]
    assert len(found) == 1, found
    assert found[0].startswith(f"row {number}: ")
    assert words in found[0]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("school,name,job,emial", "row 1: unknown column 'emial'; did you mean 'email'?"),
        ("school,name,name,job,email", "row 1: the column 'name' stands twice; keep one"),
        ("name,job,email", "row 1: no column 'school'; add it"),
        ("", "row 1: the list is empty; its first row names the columns school, id, name"),
        ("x" * 5_000_001, "row 1: the list has more than 5,000,000 characters; give one school at a time"),
    ],
)
def test_a_bad_first_row_is_told(path: Path, header: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        import_staff(header, path, LEAVES)
    assert words in str(caught.value)


def test_all_bad_rows_are_told_at_once(path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        listed(path, "hill,,=,Y,x@y.example,zzz,,", EVERYONE[0], "hill,,X,Y,bad,,,x")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["row 2", "row 2", "row 4", "row 4"]


def test_a_file_with_anchors_is_not_spoilt(path: Path) -> None:
    shared = GOOD.replace('job: "Teacher"', 'job: &j "Teacher"').replace('job: "Deputy"', "job: *j")
    path.write_text(shared, encoding="utf-8")
    rows = ("hill,ann,Ann Bee,Cook,ann@hill.example,,ced@hill.example,", *EVERYONE[1:])
    with pytest.raises(BadInput, match=r"cannot be edited safely|would not be sound"):
        listed(path, *rows)


LAYOUTS = {
    "brackets": """schools: [{id: hill, name: Hill, policy: small, people: [
  {id: ann, name: Ann, job: Cook, email: a@b.example}]}]
title: T
""",
    "no newline at the end": """title: T
schools:
- people:
  - name: Ann
    email: a@b.example
    job: Cook
    id: ann
  id: hill
  policy: small
  name: Hill
  # the last""",
    "an empty value, a comment after and inside": """title: T
schools:
  - id: hill
    policy: small
    name: Hill
    people:
      # first
      - id: ann
        name: Ann   # short for Anna
        job: "Cook"
        manager:
        roles:
        # none yet
        email: "a@b.example" # private


# the end
""",
    "deep lists": """title: T
schools:
- id: hill
  policy: small
  name: Hill
  people:
  - id: ann
    name: >-
      Ann
    job: 'Cook'
    email: a@b.example
    also_at:
    - school: hill
      roles:
      - slt
      - headteacher
    # all
""",
    "from Windows": "\ufefftitle: T\r\nschools:\r\n- id: hill\r\n  policy: small\r\n  name: Hill\r\n  people:\r\n"
    "  - {id: ann, name: Ann, job: Cook, email: a@b.example}\r\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_edited_in_its_own_way(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "schools.yaml"
    text = LAYOUTS[layout].replace("        roles:\n", "        roles: []\n")
    path.write_bytes(text.encode())
    rows = (
        "hill,,Annie,Head cook,a@b.example,slt,,",
        "hill,,Bo,Cook,b@b.example,,a@b.example,",
        "hill,,Cy,Cook,c@b.example,,,",
    )
    found = apply(path, *rows)
    assert [(p.id, p.name, p.job, p.manager) for p in found.schools[0].people] == [
        ("ann", "Annie", "Head cook", None),
        ("bo", "Bo", "Cook", "ann"),
        ("cy", "Cy", "Cook", None),
    ]
    assert found.schools[0].people[0].roles == (Role.SLT,)
    for comment in [line[line.index("#") :] for line in text.splitlines() if "#" in line and "none yet" not in line]:
        assert comment in path.read_text(encoding="utf-8")


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(NAMES, NAMES, st.sampled_from([",", ";"]))
def test_any_name_either_arrives_as_written_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, job: str, delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "schools.yaml"
    path.write_text(GOOD, encoding="utf-8")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([("school", "name", "job", "email"), ("dale", name, job, "new@dale.example")])
    found, refused = None, ""
    try:
        found = import_staff(out.getvalue(), path, LEAVES)
    except BadInput as error:
        refused = str(error)
    if found is None:
        assert refused.startswith("row 2: ")
        return
    path.write_text(found.text, encoding="utf-8")
    new = load_organisation(path).schools[1].people[-1]
    assert (new.name, new.job) == (" ".join(name.split()), " ".join(job.split()))
    assert not name.strip().startswith(("=", "+", "-", "@"))
