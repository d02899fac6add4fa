"""One case from its making on, clicked at random by everyone; a plain model says what each click may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot import actions as act
from bot.casework import Done
from bot.deadlines import Calendar, due
from bot.desk import NoAccess
from policy_kb.procedures import Procedure
from tests.casework.check import stands
from tests.casework.engines import Driver
from tests.casework.model import LOGO, REPORT, SITE, CaseModel, World
from tests.casework.players import OUTSIDER, PLACES, STAFF, adopted, staffed
from tests.casework.scene import FRIDAY, knowledge, plain

PEOPLE = (*STAFF, OUTSIDER)
WHO = st.integers(0, 599)
"""Three times in four one of those who decide, so that a life leads somewhere."""
STALE = st.integers(0, 7).map(lambda n: n == 0)
TALK = (act.Ask, act.Say, act.Open, act.MarkStep)
REQUESTS = precondition(lambda self: self.model.kind.decided)
REPORTS = precondition(lambda self: not self.model.kind.decided)
KINDS = {kind.slug: kind for kind in (SITE, LOGO, REPORT)}


class CaseLife(RuleBasedStateMachine):
    """Every rule is one click, one absence, one new organisation or some hours."""

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self.driver, self.scene = driver, driver.scene
        self.scene.now = FRIDAY
        self.scene.platform.posts.clear()
        self.number = driver.next_life()
        self.clocks: list[tuple[datetime, str]] = []
        self.clicks: list[tuple[str, act.Action, str, Done]] = []
        self.versions: list[int] = []
        self.count = 0
        self.world = World(staffed("as usual"), PLACES, FRIDAY.date())
        driver.wait(self.scene.adopt(adopted("as usual")))

    @initialize(slug=st.sampled_from(sorted(KINDS)), asker=WHO, subject=WHO)
    def begin(self, slug: str, asker: int, subject: int) -> None:
        """A case is made, of any kind, by any who are there."""
        askers = [who for who in ("teacher", "teacher", "second", "head", "lead", "chair") if self.world.works(who)]
        who = askers[asker % len(askers)] if askers else "colleague"
        whom = (None, None, *STAFF)[subject % (len(STAFF) + 2)] if slug == REPORT.slug else None
        self.procedure: Procedure = knowledge().policies["att"].procedures[slug]
        self.values = plain(self.procedure, {"subject": whom or "nobody"} if slug == REPORT.slug else None)
        self.case = self.driver.wait(self.scene.office.start(who, slug, self.values, self.scene.now))
        self.model = CaseModel(self.world, KINDS[slug], who, whom, whom)
        self.versions, self.changed, self.clicks = [], 0, []
        self.reckon()
        self.note(self.case)

    # Who clicks, and what it comes to.

    def someone(self, number: int) -> str:
        deciding = sorted(self.model.deciding())
        return deciding[number % len(deciding)] if deciding and number % 4 else PEOPLE[number % len(PEOPLE)]

    def click(self, who: str, action: act.Action, may: bool, then: Callable[[], None], stale: bool = False) -> None:
        """Click, and hold the outcome against the model's word. then: what it does to the model."""
        # Every third click may come again.
        key = None if self.count % 3 else f"life {self.number}, click {self.count}"
        self.count += 1
        seen = self.versions[len(self.versions) // 2] if stale else None
        if seen is not None and seen < self.changed and self.model.state == "open":
            may = False
        done: Done | None
        try:
            done = self.driver.wait(
                self.scene.office.act(who, self.case.case_id, action, self.scene.now, key=key, seen=seen)
            )
            self.clicks += [(who, action, key, done)] if key else []
        except NoAccess:
            done = None
        assert (done is not None and done.refused is None) == may, (who, action, done, self.model)
        if not self.model.may_hear(who):
            assert done is None, (who, action)
        if may and done is not None:
            then()
            if done.version > self.case.version:
                self.model.took_part |= set() if who == self.model.asker else {who}
                self.changed = self.changed if isinstance(action, act.Open) else done.version
                self.note(done, light=isinstance(action, TALK))
        elif done is not None:
            assert done.version == self.case.version

    def note(self, done: Done, light: bool = False) -> None:
        """The outcome is what the model says; of talk alone the next look at the tables is soon enough."""
        assert done.state == self.model.state, self.model
        assert done.version >= self.case.version
        self.case = done
        self.versions.append(done.version)
        if not light:
            self.compare()

    def compare(self, by_itself: bool = False) -> None:
        """The stored case is what the model says. by_itself: something may have happened without a click."""
        found = self.driver.desk(stands, self.case.case_id)
        case, model = found.case, self.model
        assert by_itself or case.version == self.case.version
        if case.version != self.case.version:
            self.case = Done(case.id, case.reference, case.version, case.state.value)
            self.versions.append(case.version)
        here = model.kind.stages[model.stage][0] if model.state == "open" else None
        assert (case.state.value, case.stage, case.subject) == (model.state, here, model.subject)
        names = [name for name, _, _ in model.kind.stages]
        assert [(names.index(s.stage), s.role, s.by) for s in case.signatures] == model.signed
        if model.state == "open":
            assert (case.handed, case.deputies, list(case.raised)) == (model.handed, model.deputies, model.raised)
        assert found.deciding == model.deciding(), (model, case)

    def reckon(self) -> None:
        """When the stage that begins now is reminded of, joined by deputies and taken higher."""
        school = adopted("as usual").school("north")
        assert school
        when = due(self.procedure.pace, Calendar(school), self.scene.now)
        self.clocks = [(when.remind, "remind"), (when.deputies, "deputies"), (when.escalate, "escalate")]

    # Deciding.

    @rule(who=WHO, stale=STALE)
    @REQUESTS
    def approve(self, who: int, stale: bool) -> None:
        name, model = self.someone(who), self.model
        may = name in model.deciding()
        action = act.Approve(words="Yes.", confirmed=self.procedure.checklist)

        def then() -> None:
            role = next(role for role in model.wanted() if name in model.sits(role))
            model.signed.append((model.stage, role, name))
            all_of_them = model.kind.stages[model.stage][2]
            if all_of_them and model.wanted():
                return
            if model.stage + 1 < len(model.kind.stages):
                model.begin(model.stage + 1)
                self.reckon()
            else:
                model.state = "approved"

        self.click(name, action, may, then, stale)

    @rule(who=WHO, stale=STALE)
    @REQUESTS
    def decline(self, who: int, stale: bool) -> None:
        name = self.someone(who)
        # A decline ends a round, so it comes less often than other clicks.
        if who % 3 == 0:
            may = name in self.model.deciding()
            self.click(name, act.Decline(words="No."), may, lambda: self.ends("declined"), stale)

    def ends(self, state: str) -> None:
        self.model.state, self.clocks = state, []

    @rule(who=WHO, to=st.sampled_from(PEOPLE), stale=STALE)
    def hand_on(self, who: int, to: str, stale: bool) -> None:
        name, model = self.someone(who), self.model
        same = model.world.human(name) == model.world.human(to)
        may = name in model.deciding() and to in STAFF and not same and not model.barred(to)

        def then() -> None:
            all_of_them = model.kind.stages[model.stage][2]
            mine = [role for role in model.wanted() if not all_of_them or name in model.sits(role)]
            model.handed = {**model.handed, **dict.fromkeys(mine, to)}

        self.click(name, act.HandOn(to=to, words="Yours."), may, then, stale)

    @rule(who=WHO)
    def ask(self, who: int) -> None:
        name = self.someone(who)
        self.click(name, act.Ask(words="Why?"), name in self.model.deciding(), lambda: None)

    @rule(who=WHO)
    def say(self, who: int) -> None:
        name, model = self.someone(who), self.model
        part = model.is_asker(name) or name in model.deciding() or name in model.took_part
        may = model.state == "open" and part and model.may_hear(name)
        self.click(name, act.Say(words="So."), may, lambda: None)

    # The asker.

    @rule(who=WHO)
    @REQUESTS
    def withdraw(self, who: int) -> None:
        name, model = self.askers(who), self.model
        if who % 3 == 0:
            may = model.is_asker(name) and model.may_hear(name) and model.state == "open"
            self.click(name, act.Withdraw(), may, lambda: self.ends("withdrawn"))

    @rule(who=WHO)
    @REQUESTS
    def revise(self, who: int) -> None:
        name, model = self.askers(who), self.model
        fresh = model.state in ("open", "declined")
        may = model.is_asker(name) and model.may_hear(name) and fresh

        def then() -> None:
            model.state, model.signed = "open", []
            model.begin(0)
            self.reckon()

        self.click(name, act.Revise(values=self.values), may, then)

    def askers(self, number: int) -> str:
        return self.model.asker if number % 2 else self.someone(number)

    @rule(who=WHO)
    def mistake(self, who: int) -> None:
        """What belongs to the other kind of case."""
        wrong = act.Close(words="Done.") if self.model.kind.decided else act.Approve(words="Yes.")
        self.click(self.someone(who), wrong, False, lambda: None)

    # Reports.

    @rule(who=WHO, number=st.integers(0, 9), done=st.booleans())
    @REPORTS
    def mark_step(self, who: int, number: int, done: bool) -> None:
        name, model = self.someone(who), self.model
        step = self.procedure.walk[number % len(self.procedure.walk)].id if self.procedure.walk else "none"
        may = name in model.deciding()
        words = "" if done else "Not needed."
        self.click(name, act.MarkStep(step=step, done=done, words=words), may, lambda: model.steps.add(step))

    @rule(who=WHO, stale=STALE)
    @REPORTS
    def close(self, who: int, stale: bool) -> None:
        name, model = self.someone(who), self.model
        walked = {step.id for step in self.procedure.walk} <= model.steps
        may = name in model.deciding() and walked
        self.click(name, act.Close(words="Done."), may, lambda: self.ends("closed"), stale)

    @rule(who=WHO)
    @REPORTS
    def open(self, who: int) -> None:
        name = self.someone(who)
        self.click(name, act.Open(), name in self.model.deciding(), lambda: None)

    @rule(who=WHO, subject=st.sampled_from((None, *PEOPLE)))
    @REPORTS
    def name_subject(self, who: int, subject: str | None) -> None:
        name, model = self.someone(who), self.model
        may = name in model.deciding() and subject != OUTSIDER

        def then() -> None:
            if subject != model.subject:
                model.subject = subject
                model.begin(0)
                self.reckon()

        self.click(name, act.NameSubject(subject=subject), may, then)
