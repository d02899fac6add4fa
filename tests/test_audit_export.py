"""The record written out, checked and anchored by commands."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import audit, audit_files
from bot.audit_lines import AuditLine
from bot.errors import BadInput
from tests.record_support import START, command, place, some_cases

WORDS = "words"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Closed:
    """A folder with cases in it and no office open."""

    folder: Path
    cases: dict[str, str]

    def run(self, *words: str, now: datetime = START + DAY) -> int:
        return command(self.folder, now, *words)


@pytest.fixture
def closed(tmp_path: Path) -> Closed:
    async def fill() -> dict[str, str]:
        here = await place(tmp_path)
        cases = await some_cases(here)
        here.close()
        return cases

    return Closed(tmp_path, asyncio.run(fill()))


# The export.


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file as a spreadsheet would read it."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_the_export_has_every_event_and_keeps_restricted_words_back(closed: Closed) -> None:
    assert closed.run("audit", "export", "--out", str(closed.folder / "all.csv")) == 0
    found = rows(closed.folder / "all.csv")
    assert {row["Reference"] for row in found} == set(closed.cases.values())
    restricted = {closed.cases[name] for name in ("about-omar", "about-ruth", "pupil")}
    for row in found:
        assert (row["Restricted"] == "yes") == (row["Reference"] in restricted)
        if row["Restricted"] == "yes":
            # Neither words nor people nor clauses: each of them tells whom it is about.
            assert not any(row[key] for key in ("Words", "Conditions", "Who", "Clauses", "School", "Policy version"))
            assert row["Title"] == audit.KEPT_BACK
    approved = [row for row in found if row["Reference"] == closed.cases["approved"]]
    assert [row["What"] for row in approved] == ["made this", "Written approval: by " + approved[1]["What"][21:],
                                                 "wrote", "approved", "was approved"]  # fmt: skip
    assert stat.S_IMODE((closed.folder / "all.csv").stat().st_mode) == 0o600


def test_json_carries_the_links_of_the_chain(closed: Closed) -> None:
    closed.run("audit", "export", "--format", "json", "--out", str(closed.folder / "all.json"))
    events = json.loads((closed.folder / "all.json").read_text(encoding="utf-8"))["events"]
    assert len({event["hash"] for event in events}) == len(events)
    assert {event["seq"] for event in events if event["reference"] == closed.cases["approved"]} == {1, 2, 3, 4, 5}


def test_pdf_prints_one_case(closed: Closed) -> None:
    out = closed.folder / "case.pdf"
    closed.run("audit", "export", "--format", "pdf", "--case", closed.cases["approved"], "--out", str(out))
    pdf = pypdfium2.PdfDocument(out.read_bytes())
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert closed.cases["approved"] in text
    assert "words approved" in text
    with pytest.raises(BadInput, match="name it with --case"):
        closed.run("audit", "export", "--format", "pdf", "--out", str(closed.folder / "x.pdf"))


def test_a_file_that_is_there_is_not_written_over(closed: Closed) -> None:
    (closed.folder / "all.csv").write_text("mine")
    with pytest.raises(BadInput, match="choose another"):
        closed.run("audit", "export", "--out", str(closed.folder / "all.csv"))
    assert (closed.folder / "all.csv").read_text() == "mine"


LINE = AuditLine(START, "", "AF-2222-2222", "0" * 32, 1, "", "", "", False, "")
STARTS = ["=", "+", "-", "@", "\t", "\r", "\x00=", "＝", "＋", "－", "＠", " =", "\n="]


@given(st.sampled_from(STARTS), st.text(max_size=40))
def test_no_cell_is_a_formula(start: str, rest: str) -> None:
    line = replace(LINE, words=start + rest, conditions=start + rest, who=start + rest, title=start + rest)
    data = audit_files.as_csv([line]).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(data, newline="")))
    assert len(read) == 2
    for cell in read[1]:
        assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))
        assert not cell.startswith(("\t", "\r"))
        assert "\x00" not in cell


def test_the_command_wants_a_case_a_reason_and_two_people(closed: Closed) -> None:
    out, case = str(closed.folder / "one.csv"), closed.cases["about-omar"]
    who = ["--by", "anita-shah", "--and", "mark-duffy", "--reason", "Police"]
    for words in (["--break-glass"], ["--break-glass", *who], ["--break-glass", "--case", case, *who[:4]], who):
        with pytest.raises(BadInput):
            closed.run("audit", "export", "--out", out, *words)
    assert not Path(out).exists()
    assert closed.run("audit", "export", "--out", out, "--break-glass", "--case", case, *who) == 0
    assert any("words facts" in row["Words"] for row in rows(Path(out)))


# Verify and anchor as commands.


def test_verify_says_sound_and_names_faults(closed: Closed, capsys: pytest.CaptureFixture[str]) -> None:
    kept = closed.folder / "anchors.jsonl"
    assert closed.run("audit", "anchor", "--out", str(kept)) == 0
    assert closed.run("audit", "anchor", "--out", str(kept), now=START + 2 * DAY) == 0
    assert len(kept.read_text().splitlines()) == 8
    assert closed.run("audit", "verify", "--against", str(kept)) == 0
    assert "sound: 9 cases" in capsys.readouterr().out
    first = json.loads(kept.read_text().splitlines()[0])
    kept.write_text(json.dumps(first | {"hash": "0" * 64}))
    assert closed.run("audit", "verify", "--against", str(kept)) == 1
    assert f"error: anchor 1 of {first['tenant']}: was changed" in capsys.readouterr().err


def test_a_command_makes_no_database_and_no_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no case was ever stored"):
        command(tmp_path, START, "audit", "verify")
    assert list(tmp_path.iterdir()) == []


def test_another_key_is_told_in_words(closed: Closed) -> None:
    key = closed.folder / "master.key"
    key.write_text("0" * 64 + "\n")
    with pytest.raises(BadInput, match="does not open this data"):
        closed.run("audit", "export", "--out", str(closed.folder / "x.csv"))


def test_the_program_knows_the_commands(closed: Closed) -> None:
    done = subprocess.run(
        [sys.executable, "app.py", "audit", "verify"],
        cwd=Path(__file__).parent.parent,
        env={"ASKFIRST_DATA": str(closed.folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sound: 9 cases")
