"""The player notices what is wrong: in a file before it plays, in a story as it plays, and in any case at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bot.core import Bot
from bot.organisation import Organisation
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store import schema as t
from bot.store.engine import Store, open_sqlite, opened
from policy_kb import loader
from policy_kb.model import KnowledgeBase
from tests import scenario_files
from tests.scenario import Mismatch, Player
from tests.scenario_files import HERE, Faulty
from tests.scenario_play import Mute, Unheard
from tests.scenario_world import Scene, Seen

STORY = (HERE / "agora" / "media-enquiry.yaml").read_text("utf-8")
REPORT = (HERE / "agora" / "misuse-report.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return loader.load()


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation(SAMPLE_ORGANISATION)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("player") / "cases.db")) as each:
        yield each


class Stage:
    """Plays the text of a file."""

    def __init__(self, folder: Path, store: Store, knowledge: KnowledgeBase, organisation: Organisation) -> None:
        self._folder, self._store, self._knowledge, self._organisation = folder, store, knowledge, organisation

    async def play(self, text: str, front: type[Unheard] = Unheard) -> Scene:
        """From its first line to its last. Raises Faulty, Mismatch."""
        path = self._folder / "story.yaml"
        path.write_text(text, "utf-8")
        scenario = scenario_files.read(path, self._knowledge, self._organisation, self._folder)
        scene = Scene(self._store, cast(Bot, Mute(self._knowledge)), self._organisation, scenario.at)
        await scene.adopt(self._organisation)
        await Player(scenario, scene, front(scene)).play()
        return scene


@pytest.fixture
def stage(tmp_path: Path, store: Store, knowledge: KnowledgeBase, organisation: Organisation) -> Stage:
    return Stage(tmp_path, store, knowledge, organisation)


async def test_the_example_of_the_readme_plays(stage: Stage) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (HERE / "README.md").read_text("utf-8"), re.DOTALL)
    await stage.play(example)


FAULTS = [
    ("story: ", "tale: ", "story.yaml: tale: extra inputs are not permitted"),
    ("who: helen-marsh, does: ask", "who: helen-march, does: ask", "step 8: helen-march: did you mean 'helen-marsh'?"),
    ("does: ask", "does: wonder", "step 8: does: input should be 'approve'"),
    ("offered: media-enquiry", "offered: media-enquiries", "step 1: media-enquiries: did you mean 'media-enquiry'?"),
    ('channel: "Social media"}', 'chanel: "Social media"}', "step 2: chanel: did you mean 'channel'?"),
    ("covers: [R1]", "covers: [R1, X9]", "covers: media-enquiry covers R1"),
    ("policy: agora", "policy: agra", "policy: did you mean 'agora'?"),
    ("waiting: true, told", "waits: true, told", "step 4: sees.helen-marsh.waits: extra inputs are not permitted"),
    ("- sees:\n", "- looks_at:\n", "step 4: what happens? use one of says, starts"),
    ("state: approved\n", "state: approved\n  state: open\n", "the key 'state' stands twice"),
    ("after:\n", "after:\n  register: {websites: []}\n", "register.websites"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
async def test_a_fault_of_the_file_is_told_with_its_place(stage: Stage, old: str, new: str, fault: str) -> None:
    assert old in STORY
    with pytest.raises(Faulty) as raised:
        await stage.play(STORY.replace(old, new, 1))
    assert fault in str(raised.value)
    assert re.search(r"^story\.yaml:", str(raised.value))


WRONG = [
    ('told: ["was received and recorded"]', 'told: ["was received and recorded", "again"]', "amara-obi is told"),
    ('told: ["was received and recorded"]', "told: []", "amara-obi is told"),
    ('state: "Waiting"', 'state: "Declined"', "amara-obi sees the state"),
    ("2026, 14:00", "2026, 14:01", "amara-obi sees next"),
    ("may: [say, withdraw, revise]", "may: [say, withdraw]", "amara-obi may"),
    ("may: [letter]", "may: [letter, revise]", "amara-obi may"),
    ("waiting: false, case: nothing", "waiting: true", "david-lunn has it waiting"),
    ("tom-price: {case: nothing}", 'tom-price: {state: "Waiting"}', "tom-price sees"),
    ("helen-marsh: {waiting: true,", "helen-marsh: {case: nothing,", "helen-marsh sees"),
    ("refused: own", "refused: ended", "refused"),
    ("{who: amara-obi, does: say,", "{who: amara-obi, refused: own, does: say,", "refused"),
    ("refused: no_access", "conditions: none", "refused"),
    ('errors: {question: "Their question', 'errors: {outlet: "Their question', "the form refuses"),
    ('["Helen Marsh asked Which', '["Amara Obi wrote Last", "Helen Marsh asked Which', "in this order"),
    ('"By telephone only"]', '"By letter only"]', "amara-obi sees on the page"),
    ('shows: ["Was the fire drill real?"', 'not: ["Was the fire drill real?"', "helen-marsh sees on the page"),
    ("  state: approved", "  state: declined", "the case is"),
    ('more."\n  audit', 'else."\n  audit', "the words are"),
    ("said by amara-obi, signed", "signed", "the audit trail is"),
    ("asked by helen-marsh", "asked by tom-price", "the audit trail is"),
    ("after:\n", "after:\n  register: {permissions: [{title: A}]}\n", "the register permissions has"),
]


@pytest.mark.parametrize(("old", "new", "what"), WRONG)
async def test_a_wrong_expectation_fails_at_its_step(stage: Stage, old: str, new: str, what: str) -> None:
    assert old in STORY
    with pytest.raises(Mismatch) as raised:
        await stage.play(STORY.replace(old, new, 1))
    assert what in str(raised.value)
    assert re.match(r"story\.yaml:\d+: step \d+: ", str(raised.value))


async def test_an_entry_that_the_story_does_not_name_fails_it(stage: Stage) -> None:
    story = (HERE / "agora" / "training-record.yaml").read_text("utf-8")
    with pytest.raises(Mismatch, match="the register training has"):
        await stage.play(re.sub(r"\n  register: .*", "", story))


class Open(Unheard):
    """A front that shows every case to everybody once the story is over."""

    async def sees(self, who: str, case: str) -> Seen | None:
        """The page of the headteacher, for a stranger."""
        seen = await super().sees(who, case)
        over = (await self._scene.events(case))[-1].type == "closed"
        return Seen("", "", (), frozenset(), "") if seen is None and over and who != "tom-price" else seen


class Loud(Unheard):
    """A front that names a restricted case in a notice."""

    async def waiting(self, who: str) -> set[str]:
        """As it is; and the last notice says too much from now on."""
        posts = self._scene.posted.posts
        key, person, text, case = posts[-1]
        posts[-1] = (key, person, f"{text} Bullying or harassment", case)
        return await super().waiting(who)


class Twice(Unheard):
    """A front that delivers a notice twice."""

    async def waiting(self, who: str) -> set[str]:
        """As it is; and the last notice comes once more."""
        self._scene.posted.posts.append(self._scene.posted.posts[-1])
        return await super().waiting(who)


@pytest.mark.parametrize(
    ("front", "what"),
    [(Open, "wanted: nothing at all"), (Loud, "its reference alone"), (Twice, "notices are delivered")],
)
async def test_what_holds_of_every_case_is_looked_at_without_being_asked(
    stage: Stage, front: type[Unheard], what: str
) -> None:
    await stage.play(REPORT)
    with pytest.raises(Mismatch, match=what):
        await stage.play(REPORT, front)


async def test_a_chain_that_was_tampered_with_fails_the_story(stage: Stage, store: Store) -> None:
    scene = await stage.play(STORY)
    await scene.verify()
    store.run_now(lambda tx: tx.execute(t.cases.update().values(head="0" * 64)))
    with pytest.raises(AssertionError, match="chain"):
        await scene.verify()
