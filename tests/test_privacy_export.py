"""What a person is given of their own data: everything of theirs, nobody else's name, and never who reported them."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest

from bot import actions as act
from bot.errors import BadInput
from bot.privacy_export import about, export_person
from bot.redaction import SHARED, Redactor
from tests.record_support import START, Place, command, left, place

# Names out of a text.

NAMES = {
    "ruth-cole": ["Ruth Cole"],
    "mark-duffy": ["Mark Duffy"],
    "grace-bell": ["Grace Bell", "Grace Bell-Hughes"],
    "sian-rees": ["Siân Rees"],
    "ann-o-neil": ["Ann O'Neil"],
    "carl-rees": ["Carl Rees"],
}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("I told Ruth Cole.", "I told [person 1]."),
        ("RUTH COLE and ruth  cole", "[person 1] and [person 1]"),
        ("Mrs Cole said so", "[person 1] said so"),
        ("mrs. cole and cole", "[person 1] and [person 1]"),
        ("ruth-cole was there", "[person 1] was there"),
        ("Mark my words, Mark Duffy", "[person 1] my words, [person 1]"),
        ("please mark it, mr duffy", "please mark it, [person 1]"),
        ("by the grace of the bell", "by the grace of the bell"),
        ("Grace Bell-Hughes, Ms Hughes, grace bell", "[person 1], [person 1], [person 1]"),
        ("Ann O'Neil wrote", "[person 1] wrote"),
        ("Siân Rees wrote; I am Siân", "Siân Rees wrote; I am Siân"),
        ("Carl Rees and Carl", "[person 1] and [person 1]"),
        ("Truthful coleslaw and remarkable annual", "Truthful coleslaw and remarkable annual"),
        ("", ""),
    ],
)
def test_names_of_others_are_taken_out_and_words_are_left(text: str, clean: str) -> None:
    redactor = Redactor({"sian-rees"}, NAMES)
    assert redactor.clean(text, "here") == clean
    assert sum(each.times for each in redactor.log) == clean.count("[person")


def test_a_name_that_two_bear_is_labelled_as_shared_and_labels_stay_the_same() -> None:
    redactor = Redactor({"x"}, {"x": ["Al Ray"], "a": ["Jo Moss"], "b": ["Kim Moss"], "c": ["Lu Park"]})
    assert redactor.clean("Lu Park met Moss, then Jo Moss", "p") == f"[person 1] met {SHARED}, then [person 2]"
    assert redactor.clean("Jo Moss", "q") == "[person 2]"
    assert [(each.place, each.label) for each in redactor.log] == [
        ("p", SHARED), ("p", "[person 1]"), ("p", "[person 2]"), ("q", "[person 2]")
    ]  # fmt: skip
    assert not any(name in repr(redactor.log) for name in ("Jo", "Kim", "Moss", "Lu"))


# The export.


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Place]:
    opened = await place(tmp_path)
    yield opened
    opened.close()


@dataclass(frozen=True)
class Told:
    """The numbers of the cases in the story below."""

    own: str
    worked_on: str
    handled: str
    about_her: str


async def story(here: Place) -> Told:
    """Ruth asks for herself, decides for others, handles a report, and is reported by Sian."""
    own = await here.start("ruth-cole", "unsure-post", "I spoke to Omar Haddad and Grace Bell of it")
    await here.finish(own.case_id, "Say it as Ruth Cole would, not as Neil Grant")
    worked_on = await here.start("omar-haddad", "media-enquiry", "omar's own words")
    await here.finish(worked_on.case_id, "for Omar Haddad, from Ruth")
    handled = await here.start("omar-haddad", "pupil-friend-request", "what omar saw")
    await here.act("ruth-cole", handled.case_id, act.Ask(words="handling words about Omar Haddad"))
    about_her = await here.start("sian-rees", "staff-friending-report", "she did it", subject="ruth-cole")
    await here.finish(about_her.case_id, "the chair's words on Ruth Cole")
    return Told(own.reference, worked_on.reference, handled.reference, about_her.reference)


async def test_a_person_is_given_what_they_made_and_wrote_without_other_names(here: Place) -> None:
    told = await story(here)
    given = await here.desk(export_person, "ruth-cole")
    text = json.dumps(given.data)
    (own,) = given.data["cases"]
    assert own["reference"] == told.own
    assert any("I spoke to [person" in each["answer"] for each in own["answers"])
    assert {each["who"] for each in own["history"]} >= {"Ruth Cole", ""}
    words = [each["words"] for each in own["history"]]
    assert any("Say it as Ruth Cole would, not as [person" in each for each in words)
    for name in ("Omar", "Haddad", "Grace Bell", "Neil", "Grant", "omar-haddad", "neil-grant"):
        assert name not in text, name
    assert given.data["name"] == "Ruth Cole"
    assert given.data["directory"]["roles"] == ["headteacher"]


async def test_words_in_other_peoples_cases_are_given_but_not_those_of_restricted_ones(here: Place) -> None:
    told = await story(here)
    given = await here.desk(export_person, "ruth-cole")
    elsewhere = {each["reference"]: each for each in given.data["wrote_elsewhere"]}
    assert set(elsewhere) == {told.worked_on, told.handled}
    assert {e["who"] for e in elsewhere[told.worked_on]["history"]} == {"Ruth Cole"}
    assert "omar's own words" not in json.dumps(given.data)
    assert set(elsewhere[told.handled]) == {"reference", "kept_back"}
    assert "handling words" not in json.dumps(given.data)


async def test_a_report_about_the_person_and_who_made_it_are_nowhere_in_what_they_get(here: Place) -> None:
    told = await story(here)
    given = await here.desk(export_person, "ruth-cole")
    everything = json.dumps([given.data, given.redactions]) + repr(given.pages)
    for word in (told.about_her, "Sian", "Rees", "sian-rees", "she did it", "the chair's words"):
        assert word not in everything, word


async def test_the_lead_has_the_cases_about_the_person_listed_without_words_or_who_made_them(here: Place) -> None:
    told = await story(here)
    listed = await here.desk(about, "ruth-cole", "ian-wood")
    assert [each["reference"] for each in listed["cases"]] == []  # Ian works for Ruth: nothing of it reaches him
    for lead in ("tessa-lind", "viktor-hale"):
        listed = await here.desk(about, "ruth-cole", lead)
        assert [each["reference"] for each in listed["cases"]] == [told.about_her]
        for word in ("sian", "Sian", "she did it", "the chair's words", "grace"):
            assert word not in json.dumps(listed["cases"])
    assert (await here.desk(about, "ruth-cole", "sian-rees"))["cases"] == []  # the one who made it
    for lead in ("ruth-cole", "helen-marsh", "nobody-known"):
        with pytest.raises(BadInput, match="--lead"):
            await here.desk(about, "ruth-cole", lead)


async def test_the_reporter_has_their_report_but_not_how_it_was_handled(here: Place) -> None:
    told = await story(here)
    given = await here.desk(export_person, "sian-rees")
    (report,) = given.data["cases"]
    assert report["reference"] == told.about_her
    assert any("she did it" in each["answer"] for each in report["answers"])
    assert not any(each["what"].startswith("did:") for each in report["history"])
    assert "Ruth" not in json.dumps(given.data)
    assert "Grace" not in json.dumps(given.data)


async def test_somebody_who_left_still_gets_theirs_and_a_stranger_is_refused(here: Place) -> None:
    told = await story(here)
    await here.office.adopt(left("sian-rees", on="2026-11-01"), here.now)
    given = await here.desk(export_person, "sian-rees")
    assert [each["reference"] for each in given.data["cases"]] == [told.about_her]
    with pytest.raises(BadInput, match="no organisation file"):
        await here.desk(export_person, "nobody-known")


async def test_register_entries_that_name_the_person_are_listed(here: Place) -> None:
    made = await here.start("jade-owen", "new-site", name="Choir of Fiona Drew")
    await here.finish(made.case_id)
    given = await here.desk(export_person, "sam-akhtar")
    (entry,) = given.data["registers"]
    assert (entry["register"], entry["title"]) == ("sites", "Choir of [person 1]")
    assert {"administrators", "moderators"} <= set(entry["named_as"])


def test_the_command_writes_a_folder_that_only_its_owner_reads(tmp_path: Path) -> None:
    async def fill() -> Told:
        here = await place(tmp_path)
        told = await story(here)
        here.close()
        return told

    told = asyncio.run(fill())
    out = tmp_path / "access"
    assert command(tmp_path, START, "privacy", "export", "ruth-cole", "--out", str(out), "--lead", "tessa-lind") == 0
    names = {file.name for file in out.iterdir()}
    assert names == {"export.json", "export.pdf", "redactions.json", "for-the-data-protection-lead.json"}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in out.iterdir())
    pages = pypdfium2.PdfDocument((out / "export.pdf").read_bytes())
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert told.own in text
    assert "Haddad" not in text
    log: list[dict[str, Any]] = json.loads((out / "redactions.json").read_text(encoding="utf-8"))
    assert log
    assert all(set(each) == {"place", "label", "times"} for each in log)
    with pytest.raises(BadInput, match="name a new folder"):
        command(tmp_path, START, "privacy", "export", "ruth-cole", "--out", str(out))


async def test_two_accounts_of_one_human_are_one_person(here: Place) -> None:
    from tests.record_support import organisation

    joined = organisation(lambda p: p | ({"human": "omar-haddad"} if p["id"] == "viktor-hale" else {}))
    await here.office.adopt(joined, here.now)
    made = await here.start("viktor-hale", "unsure-post", "by the second account")
    given = await here.desk(export_person, "omar-haddad")
    assert [each["reference"] for each in given.data["cases"]] == [made.reference]
