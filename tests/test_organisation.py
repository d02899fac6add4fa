"""The organisation file: every fault with its line and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.organisation_file import load_organisation
from policy_kb.model import Role

from .organisation_text import GOOD


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    found = tmp_path / "schools.yaml"
    found.write_text(GOOD, encoding="utf-8")
    return found


def faults(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_organisation(path)
    return str(caught.value).splitlines()


def test_a_sound_file_is_read(path: Path) -> None:
    found = load_organisation(path)
    assert [school.id for school in found.schools] == ["hill", "dale"]
    assert found.person("ced") is not None
    assert found.person("ced").roles == (Role.HEADTEACHER,)  # type: ignore[union-attr]


ANN = 'manager: ced, email: "ann@hill.example"}'
DOT = 'job: "Deputy", email: "dot@hill.example"}'
EVE = "roles: [headteacher]}"
SCHOOL = "  policy: small\n  trust"
# What is changed in the sound file (old, new), then the line and the words of the one fault that follows.
BAD: dict[str, tuple[str, str, int, str]] = {
    "unknown key": (ANN, "maneger: ced}", 13, "unknown key 'maneger'; did you mean 'manager'?"),
    "unknown key of a school": ("  lado:", "  ladoo:", 9, "unknown key 'ladoo'; did you mean 'lado'?"),
    "unknown key at the top": ("title:", "sampel: true\ntitle:", 1, "unknown key 'sampel'; did you mean 'sample'?"),
    "key twice": (
        '    job: "Head"\n',
        '    job: "Head"\n    job: "Cook"\n',
        18,
        "the key 'job' stands twice; keep one of the two",
    ),
    "key missing": (', job: "Deputy"', "", 23, "the key 'job' is missing; add it"),
    "unknown role": (EVE, "roles: [head_teacher]}", 29, "unknown role 'head_teacher'; did you mean 'headteacher'?"),
    "role by another name": (EVE, "roles: [DSL]}", 29, "unknown role 'DSL'; did you mean 'safeguarding_lead'?"),
    "no such role": (EVE, "roles: [zzz]}", 29, "unknown role 'zzz'; use one of ceo, headteacher,"),
    "role not in a list": (
        "    roles:\n    - headteacher\n",
        "    roles: headteacher\n",
        18,
        "roles: 'headteacher' is not a list; write a list",
    ),
    "unknown nation": (
        SCHOOL,
        "  nation: englnd\n  policy: small\n  trust",
        7,
        "unknown nation 'englnd'; did you mean 'england'?",
    ),
    "unknown trust": ("  trust: hills", "  trust: hils", 8, "unknown trust 'hils'; did you mean 'hills'?"),
    "two people": ("{id: eve", "{id: ann", 29, "two people have the id 'ann' (line 13); give each its own id"),
    "two schools": ("- id: dale", "- id: hill", 25, "two schools have the id 'hill' (line 5); give each its own id"),
    "two trusts": (
        "schools:\n",
        '- {id: hills, name: "Again"}\nschools:\n',
        4,
        "two trusts have the id 'hills' (line 3); give each its own id",
    ),
    "school with a trust's id": (
        "- id: dale",
        "- id: hills",
        25,
        "the school 'hills' stands alone and has the id of a trust; give it another id, or add `trust`",
    ),
    "id with other characters": (
        "{id: eve",
        "{id: Eve Gée",
        29,
        "id: 'Eve Gée' has other characters than small letters, digits and single hyphens; did you mean 'eve-gee'?",
    ),
    "manager nobody": (
        "manager: ced",
        "manager: cedd",
        13,
        "the manager 'cedd' is nobody in this file; did you mean 'ced'?",
    ),
    "deputy nobody": ("[dot]", "[dott, dot]", 20, "the deputy 'dott' is nobody in this file; did you mean 'dot'?"),
    "own manager": (
        "manager: ced",
        "manager: ann",
        13,
        "'ann' is their own manager; name somebody else, or leave it out",
    ),
    "own deputy": ("[dot]", "[ced]", 20, "'ced' is their own deputy; name somebody else, or leave it out"),
    "manager is a second account of the same human": (
        ANN,
        "manager: ced, human: ced}",
        13,
        "'ann' is their own manager; name",
    ),
    "manager of another trust": (
        "manager: ced",
        "manager: eve",
        13,
        "the manager 'eve' works for another trust or school; name somebody of the same school or trust",
    ),
    "post at no school": (
        DOT,
        'job: "Deputy", also_at: [{school: dael}]}',
        23,
        "unknown school 'dael'; did you mean 'dale'?",
    ),
    "post at another trust": (
        DOT,
        'job: "Deputy", also_at: [{school: dale}]}',
        23,
        "the school 'dale' belongs to another trust; make a second entry there and give both the same `human`",
    ),
    "human of another name": (
        ANN,
        "manager: ced, human: x}\n  - {id: may, name: May, job: Cook, human: ann}",
        14,
        "the human 'ann' is the id of a person whose human is 'x'; write 'x' at both",
    ),
    "circle": (
        DOT,
        'job: "Deputy", deputies: [ced]}',
        20,
        "deputies in a circle: ced -> dot -> ced; let the chain end with one of them",
    ),
    "terms overlap": (
        "12-18}\n",
        "12-18}\n  - {starts: 2026-12-18, ends: 2027-02-01}\n",
        12,
        "the term from 2026-12-18 overlaps the one from 2026-09-01 to 2026-12-18; mend the days",
    ),
    "term backwards": (
        "ends: 2026-12-18",
        "ends: 2026-08-18",
        11,
        "terms: the term ends before it starts; mend one of the two",
    ),
    "no such day": (
        "ends: 2026-12-18",
        "ends: 2026-12-32",
        11,
        "ends: '2026-12-32' is not a day; write it as 2026-11-20",
    ),
    "one Slack account": (
        DOT,
        'job: "Deputy", slack: {team: T1, user: U1}}',
        23,
        "'dot' has the same Slack account as 'ced'; take it from one of them, or give both the same `human`",
    ),
    "one email": (
        DOT,
        'job: "Deputy", email: "ANN@hill.example"}',
        23,
        "'dot' has the same email address as 'ann'; take",
    ),
    "no email": (
        "ann@hill.example",
        "ann at hill",
        13,
        "'ann at hill' is not an email address; write one address, as name@school.example",
    ),
    "opening hours": (
        SCHOOL,
        "  closes: 07:30\n  policy: small\n  trust",
        5,
        "schools: the school closes before it opens; mend one of the two",
    ),
    "no time": (
        SCHOOL,
        "  closes: late\n  policy: small\n  trust",
        7,
        "closes: 'late' is not a time; write it in quotation marks, as \"08:30\"",
    ),
    "hours without minutes": (SCHOOL, "  closes: 17\n  policy: small\n  trust", 7, "closes: '17' is not a time; write"),
    "a channel by its name": (
        SCHOOL,
        "  slack_approvals: {team: T1, channel: '#heads'}\n  policy: small\n  trust",
        7,
        "'#heads' is not the id of a Slack channel; copy it from Slack; it looks like C",
    ),
    "unknown key of a channel": (
        SCHOOL,
        "  slack_approvals: {team: T1, channel: C1, chanel: C1}\n  policy: small\n  trust",
        7,
        "unknown key 'chanel'; did you mean 'channel'?",
    ),
    "number for a name": ('"Eve Gee"', "7", 29, "name: '7' is not text; put it in quotation marks"),
    "empty name": ('"Eve Gee"', '" "', 29, "name: ' ' is empty; fill it in"),
    "long name": ('"Eve Gee"', '"' + "e" * 121 + '"', 29, "is too long; use 120 characters or fewer"),
    "no people": ("\n  - {id: eve", " []\n# {id: eve", 28, "people: '[]' is empty; list at least one"),
    "a school that is none": (
        "- id: dale",
        "- nothing\n- id: dale",
        25,
        "schools: 'nothing' is not a group of keys; write `key: value` below it",
    ),
    "no YAML": ("title:", "title: [", 2, "not YAML: "),
    "nothing at all": (GOOD, "", 1, "the file is empty; write it or delete it"),
    "no mapping": (GOOD, "- 1", 1, "the file: '[1]' is not a group of keys; write"),
    "control characters": (GOOD, "title: \x01", 1, "not"),
    "endlessly deep": (GOOD, "[" * 50_000, 1, "n"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_told_with_its_line_and_cure(path: Path, fault: str) -> None:
    old, new, line, words = BAD[fault]
    assert GOOD.count(old) == 1
    found = faults(path, GOOD.replace(old, new))
    assert len(found) == 1, found
    assert found[0].startswith(f"schools.yaml:{line}: ")
    assert words in found[0]


def test_two_trusts_never_share_a_channel(path: Path) -> None:
    named = "  slack_approvals: {team: T1, channel: C1}\n"
    text = GOOD.replace(SCHOOL, named + SCHOOL).replace('  name: "Dale School"\n', named + '  name: "Dale School"\n')
    found = faults(path, text)
    assert len(found) == 1
    assert "'dale' has the same Slack channel as 'hill' of another trust or school" in found[0]
    path.write_text(text.replace(named + '  name: "Dale', '  slack_approvals: {team: T1, channel: C2}\n  name: "Dale'))
    assert load_organisation(path).schools[0].slack_approvals is not None


def test_a_circle_is_told_once_without_those_who_lead_to_it(path: Path) -> None:
    text = GOOD.replace("manager: ced", "deputies: [ced]").replace(DOT, 'job: "Deputy", deputies: [ced]}')
    assert faults(path, text) == [
        "schools.yaml:20: deputies in a circle: ced -> dot -> ced; let the chain end with one of them"
    ]


def test_deputies_who_only_meet_are_no_circle(path: Path) -> None:
    text = GOOD.replace(DOT, "job: Deputy, deputies: [ann]}\n  - {id: may, name: May, job: Cook, deputies: [dot, ann]}")
    path.write_text(text, encoding="utf-8")
    assert load_organisation(path).person("may").deputies == ("dot", "ann")  # type: ignore[union-attr]


def test_every_fault_is_told_at_once_in_the_order_of_the_lines(path: Path) -> None:
    text = GOOD.replace("trust: hills", "trust: hils").replace("manager: ced", "manager: nobody-here")
    text = text.replace(EVE, "roles: [zzz], hat: red}").replace("name: Dale", "nam: Dale")
    assert [line.split(": ")[0].rpartition(":")[2] for line in faults(path, text)] == ["8", "13", "29", "29"]


def test_one_account_on_two_entries_of_one_human_is_no_fault(path: Path) -> None:
    account = "human: ced-dee, teams: {tenant: t, user: u}"
    text = GOOD.replace("    slack: {team: T1, user: U1}", "    human: ced-dee\n    teams: {tenant: t, user: u}")
    path.write_text(text.replace("{id: eve", "{" + account + ", id: eve"), encoding="utf-8")
    assert load_organisation(path).person("eve").who == "ced-dee"  # type: ignore[union-attr]
    assert faults(path, text.replace("{id: eve", "{teams: {tenant: t, user: u}, id: eve")) == [
        "schools.yaml:30: 'eve' has the same Teams account as 'ced'; take it from one of them, "
        "or give both the same `human`"
    ]


@pytest.mark.parametrize("written", ["17:30", '"17:30"'])
def test_times_are_read_as_they_are_written(path: Path, written: str) -> None:
    # YAML 1.1 takes an unquoted 17:30 for the number 1050, which would be seventeen and a half minutes past midnight.
    path.write_text(GOOD.replace("  lado:", f"  opens: 08:30\n  closes: {written}\n  lado:"), encoding="utf-8")
    school = load_organisation(path).schools[0]
    assert (f"{school.opens:%H:%M}", f"{school.closes:%H:%M}") == ("08:30", "17:30")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(BadInput, match=r"cannot be read .*; check the path"):
            load_organisation(missing)
