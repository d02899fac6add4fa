"""What happens around a case: absences, new organisations, time, deliveries and clicks that come again."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.desk import Desk, NoAccess
from bot.errors import BadInput
from tests.casework.check import audit, deliver, end_absences, forget, see_nothing
from tests.casework.engines import Driver
from tests.casework.life import KINDS, PEOPLE, WHO, CaseLife
from tests.casework.players import STAFF, VARIANTS, adopted, staffed

HOUR = timedelta(hours=1)


class WholeLife(CaseLife):
    """The clicks, and all that comes between them."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.absences: dict[str, tuple[str, datetime]] = {}

    @rule(variant=st.sampled_from(sorted(VARIANTS)))
    def adopt(self, variant: str) -> None:
        self.driver.wait(self.scene.adopt(adopted(variant)))
        self.world.employ(staffed(variant))
        self.compare(by_itself=True)

    @rule(who=WHO, stand_in=st.sampled_from(PEOPLE), hours=st.sampled_from((3, 30, 300)))
    def away(self, who: int, stand_in: str, hours: int) -> None:
        name, now, world = self.someone(who), self.scene.now, self.world
        may = world.works(name) and world.works(stand_in) and world.human(name) != world.human(stand_in)
        until = now + hours * HOUR
        try:
            self.driver.wait(self.scene.office.set_away(name, stand_in, now, until, now))
            done = True
        except (BadInput, NoAccess):
            done = False
        # Somebody of another trust may be away as well, and is nothing to this one.
        assert done == may or name not in STAFF
        if may:
            self.absences[name] = (stand_in, until)
            self.who_is_away()
        self.compare()

    @rule(who=WHO)
    def back(self, who: int) -> None:
        away = sorted(self.absences)
        name = away[who % len(away)] if away else PEOPLE[who % len(PEOPLE)]
        try:
            self.driver.wait(self.scene.office.set_back(name, self.scene.now))
            self.absences.pop(name, None)
            self.who_is_away()
        except NoAccess:
            assert not self.world.works(name)
        self.compare()

    def who_is_away(self) -> None:
        now = self.scene.now
        self.world.away = {who: stand_in for who, (stand_in, until) in self.absences.items() if until > now}

    @rule(hours=st.sampled_from((0.25, 0.5, 1, 1, 2, 24, 24, 72)))
    def wait(self, hours: float) -> None:
        self.scene.now += hours * HOUR
        self.world.today = self.scene.now.date()
        self.who_is_away()
        self.driver.wait(self.fire())
        gone = [clock for clock in self.clocks if clock[0] <= self.scene.now]
        self.clocks = [clock for clock in self.clocks if clock not in gone]
        for _, kind in sorted(gone):
            if self.model.state == "open":
                self.model.deputies = self.model.deputies or kind == "deputies"
                if kind == "escalate":
                    self.model.escalate()
        self.compare(by_itself=True)

    async def fire(self) -> None:
        for timer in await self.scene.desk(lambda desk: desk.records.timers_due(desk.now)):
            await self.scene.office.fire(timer, self.scene.now)
            # A second instance that took up the same clock.
            assert not await self.scene.office.fire(timer, self.scene.now)

    @rule(which=WHO)
    def again(self, which: int) -> None:
        """A platform delivers a click once more: the same answer, and nothing happens."""
        if self.clicks:
            who, action, key, done = self.clicks[which % len(self.clicks)]
            call = self.scene.office.act(who, self.case.case_id, action, self.scene.now, key=key)
            assert self.driver.wait(call) == done
            self.compare()

    @rule()
    def deliver(self) -> None:
        told = self.driver.desk(deliver)
        assert all(self.model.may_hear(who) for who in told), told

    @rule(slug=st.sampled_from(sorted(KINDS)), asker=WHO, subject=WHO)
    @precondition(lambda self: self.model.state in ("approved", "withdrawn", "closed"))
    def another(self, slug: str, asker: int, subject: int) -> None:
        self.driver.desk(self.settle)
        self.begin(slug, asker, subject)

    def settle(self, desk: Desk) -> None:
        """What must hold of a whole case."""
        told = deliver(desk)
        assert all(self.model.may_hear(who) for who in told), told
        audit(desk, self.case.case_id)
        shut_out = [who for who in PEOPLE if not self.model.may_hear(who)]
        see_nothing(desk, shut_out, self.case.case_id, self.case.reference)
        forget(desk, self.case.case_id)

    def teardown(self) -> None:
        """What must hold at the end. Whatever comes of it, nothing of this life is in the way of the next."""
        try:
            if hasattr(self, "model"):
                self.driver.desk(self.settle)
        finally:
            self.driver.desk(end_absences)
