"""How the people of a scenario reach AskFirst. Each front does what `Front` asks for, so that one story runs over all.

`CoreFront` speaks to the case office and the bot as an adapter does, without pages; it delivers everything twice, as a
chat platform may.
"""

from __future__ import annotations

import io
import itertools
from datetime import datetime
from functools import lru_cache, partial

from PIL import Image

from bot import actions as act
from bot import desk_texts, evidence, forms, inbox, register, starting, views
from bot import events as ev
from bot.cases import GATE, NOBODY, subject_in
from bot.casework import Done, Upload
from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from bot.store.records import new_id
from policy_kb.procedures import FieldType, LookUp, Procedure
from tests.scenario_format import Does
from tests.scenario_world import Extra, Heard, Scene, Seen, Sent, Typed


class CoreFront:
    """Speaks to the case office and the bot themselves."""

    def __init__(self, scene: Scene, twice: bool = True) -> None:
        self._scene = scene
        self._twice = twice
        self._office = scene.office
        self._filled: dict[str, tuple[str, Typed, str | None]] = {}
        self._deliveries = itertools.count()

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """See Front."""
        bot, (_, home) = self._scene.bot, self._scene.person(who)
        turn = bot.ask(home.policy, text, None, home)
        for label in picks:
            choice = next((c for c in turn.answer.choices if c.label == label), None)
            assert choice is not None, f"{label!r} is not among {[c.label for c in turn.answer.choices]}"
            assert turn.context is not None
            turn = bot.choose(home.policy, choice.kind, choice.value, turn.context, home)
        add = partial(register.with_register, answer=turn.answer)
        answer = await self._office.at_desk(self._scene.now, add, who, text)
        offers = tuple(offer.slug for part in answer.shown for offer in part.offers)
        return Heard(str(answer.contract()["text"]), offers)

    async def starts(self, who: str, slug: str, typed: Typed, extra: Extra) -> Sent:
        """See Front."""
        read = await self._read(who, slug, typed, extra.school)
        if read.errors:
            return Sent(errors=read.errors)
        uploads, key = tuple(_upload(kind) for kind in extra.files), self._key()
        values = {**read.values, GATE: True} if extra.held_back else read.values
        opens = partial(self._office.start, who, slug, values, uploads=uploads, school_id=extra.school, key=key)
        try:
            done = await opens(self._scene.now)
            again = await opens(self._scene.now) if self._twice else done
        except NoAccess:
            return Sent(refused=desk_texts.REFUSALS["no_access"])
        except BadInput as error:
            return Sent(refused=str(error))
        assert again == done, "the same delivery twice opened a second case"
        self._filled[done.case_id] = (slug, dict(typed), extra.school)
        return Sent(done.case_id, done.reference)

    async def looks(self, who: str, slug: str) -> str:
        """See Front."""
        procedure = self._procedure(who, slug, None)
        assert procedure.look is not None, f"{slug} is no look-up"
        policy = self._scene.bot.policy(self._scene.person(who)[1].policy)
        quotes = [policy.clauses[clause].quote for clause in procedure.clauses]
        more = await self._office.at_desk(self._scene.now, _looked_up, who, procedure.look)
        return "\n".join([procedure.say, *quotes, *more])

    async def does(self, who: str, case: str, step: Does) -> str | None:
        """See Front."""
        try:
            action = await self._action(who, case, step)
            key = self._key()
            done = await self._office.act(who, case, action, self._scene.now, key=key)
            again = await self._office.act(who, case, action, self._scene.now, key=key) if self._twice else done
        except NoAccess:
            return desk_texts.REFUSALS["no_access"]
        except BadInput as error:
            return str(error)
        assert again == done, "the same click twice had two answers"
        return sentence(done)

    async def away(self, who: str, stand_in: str, since: datetime, until: datetime) -> str | None:
        """See Front."""
        try:
            await self._office.set_away(who, stand_in, since, until, self._scene.now)
        except NoAccess:
            return desk_texts.REFUSALS["no_access"]
        except BadInput as error:
            return str(error)
        return None

    async def back(self, who: str) -> None:
        """See Front."""
        await self._office.set_back(who, self._scene.now)

    async def sees(self, who: str, case: str) -> Seen | None:
        """See Front."""
        try:
            view = await self._office.at_desk(self._scene.now, views.case_page, who, case)
            if "close" in view.may and not view.case.seen:
                await self._office.act(who, case, act.Open(), self._scene.now)
                await self._scene.worker.settle()
                view = await self._office.at_desk(self._scene.now, views.case_page, who, case)
        except NoAccess:
            return None
        return _seen(view)

    async def told(self, who: str, case: str) -> list[str]:
        """See Front."""
        return await told_of(self._scene, who, case)

    async def waiting(self, who: str) -> set[str]:
        """See Front."""
        try:
            return {each.id for each in await self._office.at_desk(self._scene.now, views.waiting, who)}
        except NoAccess:
            return set()

    def _key(self) -> str:
        return f"delivery-{next(self._deliveries)}"

    def _procedure(self, who: str, slug: str, school: str | None) -> Procedure:
        place = self._scene.organisation.school(school) if school else self._scene.person(who)[1]
        assert place is not None
        return self._scene.bot.policy(place.policy).procedures[slug]

    async def _read(self, who: str, slug: str, typed: Typed, school: str | None) -> forms.Read:
        """The form, with the people and sites that it lets this person choose; sites are chosen by their name."""
        choices = await self._office.at_desk(self._scene.now, _choices, who, school)
        by_name = {name.rpartition(", ")[0]: key for key, name in choices.sites}
        procedure = self._procedure(who, slug, school)
        named = [f.id for f in procedure.fields if f.type is FieldType.SITE]
        sent = {k: tuple(by_name.get(v, v) for v in given) if k in named else given for k, given in typed.items()}
        return forms.read(procedure, sent, choices.person_ids, choices.site_ids)

    async def _action(self, who: str, case: str, step: Does) -> act.Action:
        if step.does == "revise":
            return await self._revised(who, case, step)
        if step.does == "name_subject":
            return act.NameSubject(subject=None if step.subject == NOBODY else step.subject)
        data: dict[str, object] = {"do": step.does}
        if step.does != "open":
            data["words"] = step.words
        if step.does == "approve":
            ticked = step.confirmed
            if ticked is None:
                ticked = (await procedure_of(self._scene, case)).checklist
            data |= {"conditions": step.conditions, "confirmed": ticked}
        if step.does == "hand_on":
            data["to"] = step.to
        if step.does == "mark_step":
            data |= {"step": step.step, "done": step.done}
        return act.read_action(data)

    async def _revised(self, who: str, case: str, step: Does) -> act.Revise:
        """The form again, filled in as it was but for what changed."""
        slug, before, school = self._filled[case]
        typed = {**before, **step.with_}
        read = await self._read(who, slug, typed, school)
        if read.errors:
            raise BadInput(" ".join(read.errors.values()))
        self._filled[case] = (slug, typed, school)
        return act.Revise(values=read.values, subject=subject_in(self._procedure(who, slug, school), read.values))


async def procedure_of(scene: Scene, case: str) -> Procedure:
    """The procedure of a case."""
    opened = (await scene.events(case))[0]
    assert isinstance(opened, ev.CaseOpened)
    return scene.bot.policy(opened.policy).procedures[opened.procedure]


async def told_of(scene: Scene, who: str, case: str) -> list[str]:
    """The notices about a case that somebody can read now, oldest first."""
    try:
        return await scene.office.at_desk(scene.now, _told, who, case)
    except NoAccess:
        return []


def _choices(desk: Desk, who: str, school: str | None) -> starting.Choices:
    return starting.choices(desk, starting.place_of(desk, who, school))


def _told(desk: Desk, who: str, case: str) -> list[str]:
    """What inbox.told has of one case: a long story would read every other case each time."""
    desk.person(who)
    of_case = [d for d in desk.records.told(who, 1_000) if d.notice.case_id == case]
    return [text for d in reversed(of_case) if (text := inbox.notice_text(desk, d, who)) is not None]


def sentence(done: Done) -> str | None:
    """Why nothing was changed, as the clicker reads it."""
    return desk_texts.REFUSALS[done.refused].format(detail=done.detail) if done.refused else None


def _seen(view: views.CaseView) -> Seen:
    thread = tuple(" ".join(filter(None, (line.who, line.what, line.words, line.conditions))) for line in view.thread)
    marks = {None: "to do", True: "done", False: "skipped"}
    steps = [f"{s.step.title}: {marks[s.done]} {s.words} {s.who}" for s in view.steps]
    answers = [f"{label}: {answer}" for label, answer in view.answers]
    quotes = [f"{q.label} {q.quote}" for q in view.quotes]
    top = [view.summary.reference, view.summary.title, view.requester, view.summary.state, view.summary.next]
    page = "\n".join([*top, *answers, *thread, *steps, *quotes, *view.holders])
    return Seen(view.summary.state, view.summary.next, thread, view.may, page)


def _looked_up(desk: Desk, who: str, look: LookUp) -> list[str]:
    """What a look-up shows beside its clauses, where the case office knows it."""
    _, home = desk.person(who)
    if look is LookUp.SITES:
        return [site.entry.title for site in register.sites(desk, who) if site.open]
    if look is LookUp.PEOPLE:
        people = (p for s in desk.organisation.of_tenant(home.tenant) for p in s.people if p.roles)
        return [f"{person.name}, {person.job}" for person in people]
    return []


@lru_cache
def picture(kind: str) -> bytes:
    """A small picture or document."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(out, kind)
    return out.getvalue()


def _upload(kind: str) -> Upload:
    data = picture(kind)
    checked = evidence.check_here(f"copy.{kind}", data)
    kept = ev.Attachment(id=new_id(), kind=checked.kind, size=checked.size, sha256=checked.sha256)
    return Upload(kept, data, checked.viewer, checked.viewer_kind)
