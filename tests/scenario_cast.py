"""Who ought to decide, hear and see in a case of any procedure: from the policy's roles and the organisation file.

A few plain lines beside the code under test, for tests that run over every procedure. They know the ordinary case only:
nobody away, nobody concerned; the sample organisation has a holder for every role that a procedure names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.organisation import Organisation, Person, School
from policy_kb.model import Role
from policy_kb.procedures import FieldType, Kind, Procedure, Stage
from tests import scenario_answers as answers
from tests.scenario_format import Does
from tests.scenario_fronts import CoreFront
from tests.scenario_world import Extra, Scene, Seen, Typed


@dataclass(frozen=True)
class Cast:
    """The parts in the cases of one asker."""

    organisation: Organisation
    school: School
    asker: Person

    @classmethod
    def of_policy(cls, organisation: Organisation, policy: str, central: bool = False) -> Cast:
        """An ordinary member of staff under that policy, or of its central team."""
        school = next(s for s in organisation.schools if s.policy == policy and s.central == central)
        return cls(organisation, school, next(p for p in school.people if not p.roles and p.manager))

    @property
    def trust(self) -> list[Person]:
        """Everybody of the trust."""
        return [p for s in self.organisation.schools if s.tenant == self.school.tenant for p in s.people]

    @property
    def colleagues(self) -> tuple[str, ...]:
        """People of the trust without any role, the asker left out."""
        return tuple(p.id for p in self.trust if not p.roles and p.id != self.asker.id)

    def holders(self, role: Role) -> list[str]:
        """Who holds a role for the asker: their own manager; the school's people, else those of the trust."""
        if role is Role.LINE_MANAGER:
            return [self.asker.manager or ""]
        posts = [(p.id, post) for p in self.trust for post in p.also_at if post.school == self.school.id]
        here = [p.id for p in self.school.people if role in p.roles] + [p for p, post in posts if role in post.roles]
        central = [s for s in self.organisation.schools if s.tenant == self.school.tenant and s.central]
        return here or [p.id for s in central for p in s.people if role in p.roles]

    def deciding(self, stage: Stage) -> dict[Role, list[str]]:
        """Who decides a stage, by role."""
        return {role: self.holders(role) for role in stage.roles_at(self.school.place)}

    def told(self, procedure: Procedure) -> set[str]:
        """Who is told beside those who decide."""
        return {p for role in (*procedure.tell, *procedure.tell_after) for p in self.holders(role)}


@dataclass(frozen=True)
class Play:
    """A procedure on its scene, with its cast."""

    procedure: Procedure
    scene: Scene
    front: CoreFront
    cast: Cast
    sites: tuple[str, ...] = ()

    @property
    def asker(self) -> str:
        """The asker's id."""
        return self.cast.asker.id

    def typed(self, chosen: Typed | None = None) -> Typed:
        """The fewest valid answers."""
        around = answers.Circumstances(self.scene.now.date(), self.cast.colleagues, self.sites)
        return answers.fewest(self.procedure, around, chosen)

    def stages(self, typed: Typed) -> list[Stage]:
        """The stages that a case with these answers goes through."""
        return [s for s in self.procedure.stages if _holds(s.when, typed)]

    def steps(self, typed: Typed) -> list[str]:
        """The steps of the walk that apply to these answers."""
        return [s.id for s in self.procedure.walk if _holds(s.when, typed)]

    async def start(self, typed: Typed) -> str:
        """A case of the asker's, which must be accepted."""
        sent = await self.front.starts(self.asker, self.procedure.slug, typed, Extra())
        assert sent.case is not None, sent
        await self.scene.worker.settle()
        return sent.case

    async def does(self, who: str, case: str, does: str, **words: object) -> str | None:
        """Press a button, let everything settle, and say what was refused."""
        refused = await self.front.does(who, case, Does.model_validate({"who": who, "does": does, **words}))
        await self.scene.worker.settle()
        return refused

    async def page(self, who: str, case: str) -> Seen:
        """The case page, which the person must see."""
        seen = await self.front.sees(who, case)
        assert seen is not None, f"{who} sees nothing"
        await self.scene.worker.settle()
        return seen

    async def told(self, who: str, case: str, words: str) -> int:
        """How many notices with these words the person has about the case."""
        return sum(words in text for text in await self.front.told(who, case))

    async def approved(self, typed: Typed, turn: int = 0) -> str:
        """A case that every stage has approved. turn: another one of those who may sign, where there are several."""
        case = await self.start(typed)
        for stage in self.stages(typed):
            for who in signers(self.cast.deciding(stage), stage, turn):
                assert await self.does(who, case, "approve", words=f"Yes, says {who}") is None
        return case


def signers(deciding: Mapping[Role, list[str]], stage: Stage, turn: int) -> list[str]:
    """Who signs a stage: one of all, or one of each role; the turn chooses whom, and the order of several."""
    if stage.need.value == "any":
        everyone = list(dict.fromkeys(p for people in deciding.values() for p in people))
        return [everyone[turn % len(everyone)]]
    each = [people[turn % len(people)] for people in deciding.values()]
    return each if turn % 2 == 0 else each[::-1]


async def with_sites(play: Play, procedures: Mapping[str, Procedure]) -> Play:
    """The play, with an open site in the register where its form asks for one."""
    if not any(field.type is FieldType.SITE for field in play.procedure.fields):
        return play
    maker = next(
        p
        for p in procedures.values()
        if p.kind is Kind.REQUEST and any(e.do == "enter" and e.register_.value == "sites" for e in p.effects)
    )
    first = replace(play, procedure=maker)
    title = next(e.title for e in maker.effects if e.do == "enter") or ""
    await first.approved(first.typed({title: ("Year Seven News",)}))
    return replace(play, sites=("Year Seven News",))


def _holds(when: Mapping[str, str], typed: Typed) -> bool:
    return all(typed.get(key) == (value,) for key, value in when.items())
