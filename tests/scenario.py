"""Plays a scenario on a front and compares what people see and what is on record with what the file says.

Beside the file's own expectations every story holds, whatever it tells: a refused click changes nothing; whoever a case
is about, and those who lead another trust's schools, see and hear nothing of it; a restricted case leaves the case page
by its reference alone; every notice is delivered once; the audit chain is whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from bot import desk_texts
from bot.deadlines import Calendar
from bot.organisation import Organisation
from bot.store.records import Entry
from tests import scenario_format as form
from tests.scenario_format import Scenario
from tests.scenario_record import Difference, case_of, of_any_story, of_record
from tests.scenario_world import Extra, Front, Scene, Seen

READ = "was read by"
"""Opening a page counts as reading, a button in a chat does not: compared only where the story speaks of reading."""


class Mismatch(AssertionError):
    """What the file says and what happened differ: file, line, step, both."""


class Player:
    """Plays one scenario. Cases are known by the name a start gave them; the latest one needs no name."""

    def __init__(self, scenario: Scenario, scene: Scene, front: Front) -> None:
        self._scenario = scenario
        self._scene = scene
        self._front = front
        self._cases: dict[str, str] = {}
        self._latest: str | None = None
        self._heard: dict[tuple[str, str], list[str]] = {}
        self._step = 0

    async def play(self) -> None:
        """From the first step to what is on record at the end. Raises Mismatch."""
        for number, step in enumerate(self._scenario.steps):
            self._step = number
            await self._do(step)
            await self._scene.worker.settle()
        for record in self._scenario.after:
            whole = record if record.register_ is not None else record.model_copy(update={"register_": {}})
            await self._record(whole)
        for case in self._cases.values():
            await self._none(of_any_story(self._scene, self._front, case))
        await self._scene.verify()

    async def _do(self, step: object) -> None:
        match step:
            case form.Says():
                await self._says(step)
            case form.Starts():
                await self._starts(step)
            case form.Looks():
                self._within(step.finds, await self._front.looks(step.who, step.looks), f"{step.who} finds")
            case form.Does():
                await self._does(step)
            case form.Away():
                since = step.since or self._scene.now
                self._refusal(step.refused, await self._front.away(step.away, step.stand_in, since, step.until))
            case form.Back():
                await self._front.back(step.back)
            case form.People():
                await self._scene.adopt(_changed(self._scene.organisation, step))
            case form.Wait() | form.Until():
                await self._scene.until(self._later(step))
            case form.Sees():
                for who, look in step.sees.items():
                    await self._look(who, look, self._case(step.case))
            case form.Recorded():
                await self._record(step.record)

    # What people do.

    async def _says(self, step: form.Says) -> None:
        heard = await self._front.says(step.who, step.says, step.picks)
        if heard is None:
            return
        self._within(step.hears, heard.text, "the answer says")
        self._without(step.not_hears, heard.text, "the answer says")
        if step.offered and step.offered not in heard.offers:
            raise self._differs("the answer offers", step.offered, heard.offers)

    async def _starts(self, step: form.Starts) -> None:
        extra = Extra(step.files, step.held_back, step.school)
        sent = await self._front.starts(step.who, step.starts, step.with_, extra)
        if step.errors is not None:
            if set(sent.errors) != set(step.errors):
                raise self._differs("the form refuses", dict(step.errors), dict(sent.errors))
            for field, words in step.errors.items():
                self._within((words,), sent.errors[field], f"beside {field}")
            return
        if self._scene.bot.policy(self._scenario.policy).procedures[step.starts].look:
            # What each front shows instead is its own; that there is no case, everybody's.
            if sent.case is not None:
                raise self._differs("a look-up opens", "no case", sent.case)
            return
        self._refusal(step.refused, sent.refused or " ".join(sent.errors.values()) or None)
        if sent.case is not None:
            self._latest = sent.case
            self._cases[step.as_ or f"case {len(self._cases) + 1}"] = sent.case

    async def _does(self, step: form.Does) -> None:
        case = self._case(step.case)
        before = await self._state_of(case)
        if step.does == "open":
            refused = desk_texts.REFUSALS["no_access"] if await self._front.sees(step.who, case) is None else None
        else:
            refused = await self._front.does(step.who, case, step)
        self._refusal(step.refused, refused)
        if refused and await self._state_of(case) != before:
            raise self._differs("after a refusal", "nothing changed", "something did")

    async def _state_of(self, case: str) -> tuple[int, list[Entry]]:
        trust = (await case_of(self._scene, case)).trust
        return len(await self._scene.events(case)), await self._scene.entries(trust)

    def _refusal(self, expected: str | None, found: str | None) -> None:
        """Names of refusals stand for the sentences that people see."""
        if expected is None and found is None:
            return
        sentence = desk_texts.REFUSALS.get(expected or "", expected or "")
        shown = sentence.partition("{")[0]
        if expected is None or found is None or shown.casefold() not in found.casefold():
            raise self._differs("refused", expected, found)

    def _later(self, step: form.Wait | form.Until) -> datetime:
        if isinstance(step, form.Until):
            if step.until <= self._scene.now:
                raise self._differs("time passes", step.until, f"it is {self._scene.now} already")
            return step.until
        number, of_school, unit = form.span(step.wait)
        if not of_school:
            return self._scene.now + number * timedelta(**{f"{unit}s": 1})
        school = next(
            s for s in self._scene.organisation.schools if s.policy == self._scenario.policy and not s.central
        )
        calendar = Calendar(school)
        if unit == "day":
            return calendar.add_days(self._scene.now, int(number))
        return calendar.add_hours(self._scene.now, number / 60 if unit == "minute" else number)

    # What people see.

    async def _look(self, who: str, look: form.Look, case: str) -> None:
        if look.waiting is not None and (case in await self._front.waiting(who)) != look.waiting:
            raise self._differs(f"{who} has it waiting", look.waiting, not look.waiting)
        told = await self._front.told(who, case) if look.told is not None or look.not_ else []
        if look.told is not None:
            fresh = _new(told, self._heard.get((who, case), []))
            self._heard[who, case] = told
            if not any("read" in words for words in look.told):
                fresh = [text for text in fresh if READ not in text]
            if len(fresh) != len(look.told) or any(w not in t for w, t in zip(look.told, fresh, strict=True)):
                raise self._differs(f"{who} is told", look.told, fresh)
        self._without(look.not_, "\n".join(told), f"{who} is told")
        if look.case == "nothing":
            if await self._front.sees(who, case) is not None or case in await self._front.waiting(who):
                raise self._differs(f"{who} sees", "nothing", "the case")
        elif look.opens:
            seen = await self._front.sees(who, case)
            if seen is None:
                raise self._differs(f"{who} sees", "the case", "nothing")
            self._page(who, look, seen)

    def _page(self, who: str, look: form.Look, seen: Seen) -> None:
        if look.state is not None and look.state != seen.state:
            raise self._differs(f"{who} sees the state", look.state, seen.state)
        self._within(look.next, seen.next, f"{who} sees next")
        self._within(look.shows, seen.page, f"{who} sees on the page")
        self._without(look.not_, seen.page, f"{who} sees on the page")
        if look.may is not None and look.may != seen.may:
            raise self._differs(f"{who} may", sorted(look.may), sorted(seen.may))
        lines = iter(seen.thread)
        for words in look.thread:
            if not any(words in line for line in lines):
                raise self._differs(f"{who} sees in the thread, in this order", look.thread, seen.thread)

    # What is on record.

    async def _record(self, wanted: form.Record) -> None:
        schools = self._scene.organisation.schools
        tenant = next(s.tenant for s in schools if s.policy == self._scenario.policy)
        await self._none(of_record(self._scene, tenant, self._case(wanted.case), wanted))

    async def _none(self, differences: AsyncIterator[Difference]) -> None:
        async for each in differences:
            raise self._differs(each.what, each.wanted, each.found)

    # Saying what differs.

    def _case(self, name: str | None) -> str:
        found = self._cases.get(name) if name else self._latest
        if found is None:
            raise self._differs("which case", name, sorted(self._cases))
        return found

    def _within(self, wanted: Sequence[str], text: str, what: str) -> None:
        missing = [words for words in wanted if words not in text]
        if missing:
            raise self._differs(what, missing, text)

    def _without(self, banned: Sequence[str], text: str, what: str) -> None:
        found = [words for words in banned if words in text]
        if found:
            raise self._differs(what, f"never {found}", text)

    def _differs(self, what: str, wanted: object, found: object) -> Mismatch:
        return Mismatch(f"{self._scenario.where(self._step)}: {what}\n  wanted: {wanted}\n  found:  {found}")


def _new(told: Sequence[str], heard: Sequence[str]) -> list[str]:
    """The notices that were not there before. Counting is not enough: some go when a case ends, as others come."""
    known = Counter(heard)
    fresh = []
    for text in told:
        if known[text]:
            known[text] -= 1
        else:
            fresh.append(text)
    return fresh


def _changed(organisation: Organisation, step: form.People) -> Organisation:
    """The organisation with what the step says of people."""
    schools = []
    for school in organisation.schools:
        people = tuple(
            p.model_copy(update=step.people[p.id].model_dump(exclude_unset=True)) if p.id in step.people else p
            for p in school.people
        )
        schools.append(school.model_copy(update={"people": people}))
    return Organisation.model_validate(organisation.model_copy(update={"schools": tuple(schools)}).model_dump())
