"""The `org` commands as people meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main

from .organisation_text import GOOD

HEADER = "School,ID,Name,Job,Email,Roles,Manager email,Left on"
ROWS = (
    "hill,ann,Ann Bee,Teacher,ann@hill.example,,ced@hill.example,",
    "hill,ced,Ced Dee,Head,ced@hill.example,headteacher,,",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    found = tmp_path / "schools.yaml"
    found.write_text(GOOD, encoding="utf-8")
    return found


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as `python app.py org ...` would, without starting Python anew each time."""

    def command(*arguments: str, organisation: Path | None = None) -> Done:
        monkeypatch.setenv("ASKFIRST_ORGANISATION", str(organisation or ""))
        try:
            status = main(["org", *arguments], lambda bot, settings: None)
        except SystemExit as stopped:  # how argparse refuses
            status = int(str(stopped.code))
        return Done(status, *capsys.readouterr())

    return command


def test_org_check_tells_faults_one_a_line(path: Path, run: Run) -> None:
    path.write_text(GOOD.replace("trust: hills", "trust: x").replace("manager: ced", "manager: y"), encoding="utf-8")
    done = run("check", str(path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "error: schools.yaml:8: unknown trust 'x'",
        "error: schools.yaml:13: the manager 'y' is nobody in this file",
    ]


def test_org_check_of_the_sample(run: Run) -> None:
    done = run("check", "--on", "2028-01-10")
    assert done.returncode == 0, done.stderr
    assert "warning: kingsway: the term dates ended on 2027-07-21" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("sound: 7 schools, ")


def test_org_import_writes_only_when_told_to(path: Path, tmp_path: Path, run: Run) -> None:
    path.chmod(0o640)
    staff = tmp_path / "staff.csv"
    staff.write_text("\n".join((HEADER, *ROWS)), encoding="utf-8-sig")
    arguments = ("import", str(staff), "--on", "2026-12-31")
    done = run(*arguments, organisation=path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "leaves on 2026-12-31: Dot Eff (dot, hill)",
        "nothing is written; add --write when this is right",
    ]
    assert path.read_text(encoding="utf-8") == GOOD
    done = run(*arguments, "--write", organisation=path)
    assert done.returncode == 0, done.stderr
    assert 'left_on: "2026-12-31"' in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["schools.yaml", "staff.csv"]
    assert "agrees with the list; nothing to write" in run(*arguments, "--write", organisation=path).stdout


def test_org_import_refuses_with_a_cure(path: Path, tmp_path: Path, run: Run) -> None:
    staff = tmp_path / "staff.csv"
    staff.write_bytes("\n".join((HEADER, "hill,ann,Zoë,Cook,,,,")).encode("cp1252"))
    for arguments, words in (
        (("import", str(staff), "--on", "2026-12-31"), "save it in the spreadsheet as CSV UTF-8"),
        (("import", str(tmp_path / "none.csv"), "--on", "2026-12-31"), "none.csv: cannot be read"),
    ):
        done = run(*arguments, organisation=path)
        assert done.returncode == 1
        assert words in done.stderr
    assert "the sample is not written to" in run("import", str(staff), "--on", "2026-12-31", "--write").stderr
    assert "'soon' is not a day" in run("import", str(staff), "--on", "soon", organisation=path).stderr
    assert run("import", str(staff), organisation=path).returncode != 0
