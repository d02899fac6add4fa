"""The people of a scenario in a chat, in neutral values alone, as every platform's adapter hands them over.

They press buttons that a card or a view before them really has, and fill in the inputs that it shows. Only where a
story expects a refusal, and no button is there, is a press made up, as an old card or an attacker would.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime

from bot import views
from bot.chat import chat_texts as texts
from bot.chat.case_view import case_view
from bot.chat.desk import ChatDesk
from bot.chat.messages import (
    Account,
    Button,
    Card,
    Facts,
    File,
    Post,
    Pressed,
    Reaction,
    Said,
    Spot,
    Submitted,
    View,
)
from bot.chat.press import Press, unpack
from bot.deadlines import LOCAL
from bot.organisation import Organisation, SlackAccount
from bot.worker import Worker
from policy_kb.procedures import FieldType, Procedure
from tests.scenario_answers import Circumstances, fewest
from tests.scenario_format import Does
from tests.scenario_fronts import picture, procedure_of, told_of
from tests.scenario_shown import (
    button_labelled,
    chosen_in,
    filled,
    gate_answer,
    has_letter,
    lines_of,
    refusal_in,
    shown_by,
    thread_of,
)
from tests.scenario_shown import buttons as buttons
from tests.scenario_shown import readable as readable
from tests.scenario_world import Extra, Heard, Posted, Scene, Seen, Sent, Typed

TEAM = "T1"
_ACTS = ("approve", "decline", "ask", "say", "hand_on", "withdraw", "revise", "close")


def with_accounts(organisation: Organisation) -> Organisation:
    """The organisation with an account on the chat platform for everybody."""
    schools = []
    for school in organisation.schools:
        people = (p.model_copy(update={"slack": SlackAccount(team=TEAM, user=f"U-{p.id}")}) for p in school.people)
        schools.append(school.model_copy(update={"people": tuple(people)}))
    return organisation.model_copy(update={"schools": tuple(schools)})


def account(who: str) -> Account:
    """The person's account."""
    return Account("slack", TEAM, f"U-{who}")


class Phones:
    """A chat platform that keeps each person's messages: what was told, and one card for each case."""

    def __init__(self, posted: Posted) -> None:
        self._posted = posted
        self._numbers = itertools.count(1)
        self.cards: dict[tuple[str, str], tuple[Spot, Card]] = {}

    async def post(self, post: Post) -> Spot | None:
        """Show it; a card that stands is rewritten or taken back."""
        shown = readable(post.card.parts) if post.card else ""
        if post.text:
            self._posted.posts.append((post.key, post.person, f"{post.text}\n{post.words}\n{shown}", post.case_id))
        if post.card is None:
            self.cards.pop((post.person, post.case_id), None)
            return None
        assert post.account == account(post.person)
        spot = post.stands or Spot(f"D-{post.person}", str(next(self._numbers)))
        self.cards[post.person, post.case_id] = (spot, post.card)
        return spot


class ChatFront:
    """Everything through the chat's desk; forms come twice, as a platform may repeat them.

    The front of a platform is this one with a `_press` and a `_send` of its own.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._desk = ChatDesk(scene.bot, scene.office, "https://askfirst.example")
        self._keys = itertools.count(1)
        self.phones = Phones(scene.posted)
        scene.worker = Worker(scene.office, self.phones, lambda: scene.now, on=("slack",))

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """See Front."""
        key = self._key()
        reaction = await self._desk.handle(Said(account(who), text, f"D-{who}-{key}", key), self._scene.now)
        for label in picks:
            card = reaction.replies[-1]
            found = next((b for b in buttons(card.parts) if b.label == label), None)
            assert found is not None, f"no button {label!r} among {[b.label for b in buttons(card.parts)]}"
            reaction = await self._press(who, found.press)
        card = reaction.replies[-1]
        offers = tuple(b.press.value for b in buttons(card.parts) if b.press.do == "start")
        return Heard(readable(card.parts), offers)

    async def starts(self, who: str, slug: str, typed: Typed, extra: Extra) -> Sent:
        """See Front."""
        view = await self._begun(who, slug, extra.school)
        afresh = button_labelled(view, texts.START_AFRESH)
        if afresh:
            view = shown_by(await self._press(who, afresh.press))
        wrong: dict[str, str] = {}
        while view.press and view.press.do in ("form", "gate"):
            raw = gate_answer(extra) if view.press.do == "gate" else filled(view, typed)
            reaction = await self._send(who, view.press, raw)
            view = shown_by(reaction)
            if reaction.errors and not self._own(who, slug, reaction.errors, wrong).keys() - wrong.keys():
                break
            # A story knows every fault of a form at once: each is put right here, so that the later steps are seen too.
            wrong |= self._own(who, slug, reaction.errors, wrong)
            typed = {**typed, **self._put_right(who, slug, typed, wrong)}
        return Sent(errors=wrong) if wrong else await self._sent(who, view, extra)

    def _procedure(self, who: str, slug: str) -> Procedure:
        return self._scene.bot.policy(self._scene.person(who)[1].policy).procedures[slug]

    def _own(self, who: str, slug: str, errors: Mapping[str, str], earlier: Mapping[str, str]) -> dict[str, str]:
        """The story's own faults: not those of questions that came to apply by what was put right."""
        fields = self._procedure(who, slug).by_id
        return {
            key: text
            for key, text in errors.items()
            if key not in fields or not fields[key].when.keys() & earlier.keys()
        }

    def _put_right(self, who: str, slug: str, typed: Typed, wrong: Mapping[str, str]) -> Typed:
        """Valid answers in place of the wrong ones."""
        home, procedure = self._scene.person(who)[1], self._procedure(who, slug)
        colleagues = tuple(p.id for p in home.people if p.id != who)
        around = Circumstances(self._scene.now.date(), colleagues)
        right = fewest(procedure, around, {key: value for key, value in typed.items() if key not in wrong})
        return {key: right.get(key, ()) for key in wrong}

    async def _begun(self, who: str, slug: str, school: str | None) -> View:
        """From the menu; what is not in it is asked for as an old button would."""
        menu = shown_by(await self._press(who, Press("menu")))
        if school and school != self._scene.person(who)[1].id:
            other = next((b for b in buttons(menu.parts) if b.press == Press("menu", value=school)), None)
            menu = shown_by(await self._press(who, other.press)) if other else menu
        found = next((b for b in buttons(menu.parts) if b.press.value.partition("@")[0] == slug), None)
        return shown_by(await self._press(who, found.press if found else Press("start", value=slug)))

    async def _sent(self, who: str, view: View, extra: Extra) -> Sent:
        """The check and the sending, with files only where the check asks for them."""
        if view.press is None or view.press.do != "send":
            return Sent(refused=readable(view.parts))
        asks = any(each.kind is FieldType.EVIDENCE for each in view.inputs)
        files = tuple(File(f"copy.{kind}", picture(kind)) for kind in extra.files)
        assert asks or not files, "files are asked for nowhere"
        reaction = await self._send(who, view.press, {}, files)
        if reaction.errors:
            return Sent(refused=" ".join(reaction.errors.values()))
        view = shown_by(reaction)
        case = next((b.press.case for b in buttons(view.parts) if b.press.do == "open"), None)
        return Sent(case, view.title) if case else Sent(refused=readable(view.parts))

    async def looks(self, who: str, slug: str) -> str:
        """See Front."""
        view = await self._begun(who, slug, None)
        assert view.press is None or view.press.do == "register", f"{slug} is no look-up"
        return readable(view.parts)

    async def does(self, who: str, case: str, step: Does) -> str | None:
        """See Front. The button is that of the person's card where it has one, else that of the case."""
        found = await self._act_button(who, case, step)
        if found is None:
            assert step.refused is not None, f"{who} has no button to {step.does}"
            return await self._forged(who, case, step)
        view = shown_by(await self._press(who, found.press))
        if step.does == "revise":
            return await self._revised(who, view, step)
        if refused := refusal_in(view):
            return refused
        assert view.press is not None
        assert view.press.do == "do"
        raw = {each.id: chosen_in(each, await self._typed(case, step)) for each in view.inputs}
        return await self._done(who, view.press, raw)

    async def _act_button(self, who: str, case: str, step: Does) -> Button | None:
        wanted = f"{step.does}:{step.step}" if step.does == "mark_step" else step.does
        _, card = self.phones.cards.get((who, case), (None, None))
        on_card = buttons(card.parts) if card else []
        found = next((b for b in on_card if b.press.do == "act" and b.press.value == wanted), None)
        if found or step.refused is not None:
            return found
        # Opening a case counts as reading it, which is for the story to say: this is what the opened case would show.
        seen = await self._scene.office.at_desk(self._scene.now, views.case_page, who, case)
        view = case_view(seen, "https://askfirst.example")
        return next((b for b in buttons(view.parts) if b.press.do == "act" and b.press.value == wanted), None)

    async def _forged(self, who: str, case: str, step: Does) -> str | None:
        """A press that nobody was shown: the reason for the refusal, if there was one."""
        value = f"{step.does}:{step.step}" if step.does == "mark_step" else step.does
        first = refusal_in(shown_by(await self._press(who, Press("act", case=case, value=value))))
        if step.does == "revise":
            return first
        typed = await self._typed(case, step)
        return await self._done(who, Press("do", case=case, value=value), typed) or first

    async def _done(self, who: str, press: Press, raw: dict[str, tuple[str, ...]]) -> str | None:
        reaction = await self._send(who, press, raw)
        if reaction.errors:
            return " ".join(reaction.errors.values())
        return refusal_in(shown_by(reaction))

    async def _typed(self, case: str, step: Does) -> dict[str, tuple[str, ...]]:
        """What is filled in for an action, by input."""
        points = (await procedure_of(self._scene, case)).checklist
        ticked = points if step.confirmed is None else step.confirmed
        typed = {"words": step.words, "conditions": step.conditions, "to": step.to or "", "subject": step.subject or ""}
        given = {key: (value,) for key, value in typed.items() if value}
        confirmed = tuple(str(i) for i, point in enumerate(points, 1) if point in ticked)
        return {**given, "confirmed": confirmed, "done": ("yes" if step.done else "no",)}

    async def _revised(self, who: str, view: View, step: Does) -> str | None:
        """The form as it was filled in, but for what changed."""
        while view.press and view.press.do == "form":
            reaction = await self._send(who, view.press, filled(view, step.with_))
            if reaction.errors:
                return " ".join(reaction.errors.values())
            view = shown_by(reaction)
        if view.press is None or view.press.do != "send":
            return refusal_in(view)
        return refusal_in(shown_by(await self._send(who, view.press, {})))

    async def away(self, who: str, stand_in: str, since: datetime, until: datetime) -> str | None:
        """See Front. The dialog asks for days: a story that counts in hours is told to the office itself."""
        first, back = since.astimezone(LOCAL), until.astimezone(LOCAL)
        if first.date() == back.date():
            await self._scene.office.set_away(who, stand_in, since, until, self._scene.now)
            return None
        view = shown_by(await self._press(who, Press("away")))
        assert view.press is not None
        typed = {"since": (first.date().isoformat(),), "until": (back.date().isoformat(),), "stand_in": (stand_in,)}
        reaction = await self._send(who, view.press, {each.id: typed[each.id] for each in view.inputs})
        return " ".join(reaction.errors.values()) or None

    async def back(self, who: str) -> None:
        """See Front."""
        view = shown_by(await self._press(who, Press("away")))
        found = button_labelled(view, texts.AM_BACK)
        assert found is not None
        await self._press(who, found.press)

    async def sees(self, who: str, case: str) -> Seen | None:
        """See Front."""
        view = shown_by(await self._press(who, Press("open", case=case)))
        if view.title in (texts.NOTHING_CHANGED, texts.STRANGER_TITLE):
            return None
        await self._scene.worker.settle()
        thread, earlier = thread_of(view), view
        while older := button_labelled(earlier, texts.EARLIER):
            earlier = shown_by(await self._press(who, older.press))
            thread = [*lines_of(earlier.parts), *thread]
        name = self._scene.person(who)[0].name
        lines = tuple(f"{name}{line.removeprefix(texts.YOU)}" if line.startswith("You ") else line for line in thread)
        facts = {label: value for part in view.parts if isinstance(part, Facts) for label, value in part.rows}
        pressed = {b.press.value.partition(":")[0] for b in buttons(view.parts) if b.press.do == "act"}
        may = (pressed & {*_ACTS, "mark_step"}) | ({"letter"} if has_letter(view) else set())
        return Seen(facts[texts.STATE], facts[texts.NEXT], lines, frozenset(may), readable(view.parts))

    async def told(self, who: str, case: str) -> list[str]:
        """See Front. What the person may read now; each was posted to them."""
        return await told_of(self._scene, who, case)

    async def waiting(self, who: str) -> set[str]:
        """See Front."""
        view = shown_by(await self._press(who, Press("waiting")))
        return {b.press.case for b in buttons(view.parts) if b.press.do == "open"}

    async def _press(self, who: str, press: Press) -> Reaction:
        """With the payload packed and read as on its way through a platform; twice where it has an effect."""
        pressed = Pressed(account(who), unpack(press.pack()), f"D-{who}", self._key())
        first = await self._desk.handle(pressed, self._scene.now)
        if press.do in ("open", "drop", "back"):
            await self._desk.handle(pressed, self._scene.now)
        return first

    async def _send(
        self, who: str, press: Press, raw: dict[str, tuple[str, ...]], files: tuple[File, ...] = ()
    ) -> Reaction:
        sent = Submitted(account(who), unpack(press.pack()), raw, self._key(), files)
        first = await self._desk.handle(sent, self._scene.now)
        again = await self._desk.handle(sent, self._scene.now)
        assert again.errors == first.errors
        assert refusal_in(shown_by(again)) == refusal_in(shown_by(first)), "the same form twice had two answers"
        return first

    def _key(self) -> str:
        return f"delivery-{next(self._keys)}"
