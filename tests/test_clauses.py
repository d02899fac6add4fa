"""Every clause file says what its source document says, letter for letter, in the same order, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_kb.model import fold
from policy_kb.yaml_lines import YamlFile

ROOT = Path(__file__).parent.parent / "policy_kb" / "data"
SOURCES = Path(__file__).parent / "sources"

DOCUMENTS = {
    "agora/agora": "001_079f0f1504ea7125.txt",
    "tlt/tlt-policy": "002_59563686969d0297.txt",
    "tlt/tlt-guidelines": "000_c9eed7a23d63246b.txt",
    "gcc/gcc": "003_bdce7e010b09a882.txt",
    "att/att": "004_c6e6269e9735a4be.txt",
}

# What the extraction left of the printed pages: running headers, page numbers, a link back.
FURNITURE = re.compile(r"^(?:AGORA LEARNING PARTNERSHIP \| Social media policy\s+\d+|Back to contents|\d{1,2})$")
# ATT's two footnotes stand at page ends, once within clause 6.5; the clause file holds them as clauses of their own.
FOOTNOTES = (
    "1 Appendix 1 can be amended to the academy need",
    "Appendix 2 should be updated by individual academies according to their use",
)
FOOTNOTE_MARK = re.compile(r"^[12]$")


def source_text(name: str) -> str:
    """The source without page furniture, white space folded."""
    lines = [line.strip() for line in (SOURCES / name).read_text(encoding="utf-8").splitlines()]
    kept = [line for line in lines if line and not FURNITURE.match(line)]
    text = fold(" ".join(kept))
    for footnote in FOOTNOTES:
        text = text.replace(f" {footnote}", "")
    return text


def items(name: str) -> list[dict[str, str]]:
    file = YamlFile(ROOT / "policies" / f"{name}.yaml", ROOT)
    assert not file.issues
    found: list[dict[str, str]] = file.data["items"]
    return found


def clause_text(name: str) -> str:
    """The clause file read from top to bottom: headings, printed numbers and texts."""
    pieces: list[str] = []
    for item in items(name):
        if item.get("id", "").startswith("footnote"):
            continue
        pieces += [item[key] for key in ("heading", "printed", "text") if key in item]
    return fold(" ".join(pieces))


@pytest.mark.parametrize(("name", "source"), DOCUMENTS.items())
def test_the_clauses_are_the_document_letter_for_letter(name: str, source: str) -> None:
    expected, actual = source_text(source), clause_text(name)
    if actual != expected:
        at = next(i for i, (a, b) in enumerate(zip(actual + "\0", expected + "\0", strict=False)) if a != b)
        pytest.fail(
            f"differs at {at}: file ...{actual[at - 60 : at + 60]!r}, source ...{expected[at - 60 : at + 60]!r}"
        )


def test_the_footnotes_stand_in_the_source() -> None:
    source = fold((SOURCES / DOCUMENTS["att/att"]).read_text(encoding="utf-8"))
    notes = [fold(item["text"]) for item in items("att/att") if item.get("id", "").startswith("footnote")]
    assert len(notes) == 2
    for note in notes:
        assert note.removeprefix("2 ") in source


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_printed_number_is_the_clause_id(name: str) -> None:
    for item in items(name):
        if "printed" in item:
            assert item["printed"].rstrip(".") == item["id"]


def test_clause_ids_follow_the_numbering_of_the_sources() -> None:
    expected = {
        "agora/agora": ["3", "5.2", "8.2"],
        "tlt/tlt-policy": ["intent", "6.5", "10.1"],
        "tlt/tlt-guidelines": ["intro", "A.11", "B.5.2", "C.1.9", "C.3.10", "D.13"],
        "gcc/gcc": ["7.4.6", "7.6.2", "11.2.3"],
        "att/att": ["purpose", "scope", "5.12", "App1.21", "App2.2"],
    }
    for name, ids in expected.items():
        assert set(ids) <= {item.get("id") for item in items(name)}
