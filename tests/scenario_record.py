"""What is on record after a story, compared with what the file says, and what holds of every case whatever it says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.cases import Case, fold
from bot.store.records import Entry
from policy_kb.model import Role
from policy_kb.procedures import RegisterName
from tests.scenario_format import Details, Record
from tests.scenario_world import Front, Scene


@dataclass(frozen=True)
class Difference:
    """Something is not as it ought to be."""

    what: str
    wanted: object
    found: object


async def of_record(scene: Scene, tenant: str, case: str, wanted: Record) -> AsyncIterator[Difference]:
    """Where the record and the file differ. tenant: whose registers."""
    now = await case_of(scene, case)
    if wanted.state is not None and now.state.value != wanted.state:
        yield Difference("the case is", wanted.state, now.state.value)
    if wanted.words is not None and now.words != wanted.words:
        yield Difference("the words are", wanted.words, now.words)
    if wanted.audit is not None:
        # Opening a page counts as reading, a button in a chat does not: compared where the story speaks of it.
        reading = any(each.startswith("seen") for each in wanted.audit)
        events = [e for e in await scene.events(case) if reading or e.type != "seen"]
        found = [f"{e.type} by {e.by}" if e.by else e.type for e in events]
        if not _same_events(wanted.audit, found):
            yield Difference("the audit trail is", wanted.audit, found)
    if wanted.register_ is not None:
        entries = await scene.entries(tenant)
        for name in RegisterName:
            shown = [_shown(entry) for entry in entries if entry.register == name.value]
            if not _same_entries(wanted.register_.get(name, ()), shown):
                yield Difference(f"the register {name.value} has", wanted.register_.get(name, ()), shown)


async def of_any_story(scene: Scene, front: Front, case: str) -> AsyncIterator[Difference]:
    """Where the case breaks what holds always: T06, T07, T23, and each notice once."""
    now = await case_of(scene, case)
    strangers = [s for s in scene.organisation.schools if s.tenant != now.trust and not s.central]
    outside = [school.holders(Role.HEADTEACHER)[0].id for school in strangers]
    about = [now.subject] if now.subject and now.subject != now.requester else []
    for who in [*outside, *about]:
        if await front.sees(who, case) or await front.told(who, case):
            yield Difference(f"{who} sees", "nothing at all", "something of the case")
    posts = [post for post in scene.posted.posts if post[3] == case]
    if len(posts) != len({key for key, *_ in posts}):
        yield Difference("notices are delivered", "once", "twice")
    secret = _secrets(scene, now)
    for _, who, text, _ in posts:
        if leak := next((words for words in secret if words in text), None):
            yield Difference(f"{who} is told of a restricted case", "its reference alone", leak)


async def case_of(scene: Scene, case: str) -> Case:
    """The sum of the case's events."""
    folded = fold(await scene.events(case))
    assert folded is not None
    return folded


def _secrets(scene: Scene, case: Case) -> set[str]:
    """What must not leave the page of a restricted case: what it is called, what was filled in, its steps."""
    procedure = scene.bot.policy(case.policy).procedures[case.procedure]
    if not procedure.restricted:
        return set()
    typed = {value for value in case.values.values() if isinstance(value, str) and len(value) > 3} - {"nobody"}
    return {procedure.title, *typed, *(step.title for step in procedure.walk)}


def _same_events(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """An event without a name may be anybody's."""
    pairs = zip(wanted, found, strict=False)
    return len(wanted) == len(found) and all(w in (f, f.partition(" by ")[0]) for w, f in pairs)


def _same_entries(wanted: Sequence[Details], found: Sequence[dict[str, Any]]) -> bool:
    """Each entry once, in any order; what the file does not name may be anything."""
    left = list(found)
    for each in wanted:
        fitting = next((entry for entry in left if _fits(each, entry)), None)
        if fitting is None:
            return False
        left.remove(fitting)
    return not left


def _shown(entry: Entry) -> dict[str, Any]:
    return {**entry.details, "title": entry.title, "status": entry.status, "until": entry.until}


def _fits(wanted: Details, shown: dict[str, Any]) -> bool:
    """Dates and numbers of the file are compared as they are written."""
    return all(_plain(shown.get(key)) == _plain(value) for key, value in wanted.items())


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool) or value is None else str(value)
