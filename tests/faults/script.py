"""What people do in the fault tests: cases of one and of two stages, step by step, often two of them at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot import actions as act
from bot import events as ev
from bot.casework import CaseOffice, Done
from bot.organisation import Organisation, Person, School
from policy_kb.model import KnowledgeBase, Role

TEACHERS = tuple(f"t{n:02}" for n in range(12))
MEDIA: dict[str, ev.Value] = {"outlet": "Gazette", "journalist": "A. Reporter", "question": "Why?", "channel": "Email"}
SITE: dict[str, ev.Value] = {
    "name": "Year 11 revision",
    "platform": "Blog or website",
    "department": "Geography",
    "administrators": ("s1", "s2"),
    "moderators": ("t10", "t11"),
    "purpose": "Revision",
    "closure": "2031-07-18",
}
Run = Callable[[CaseOffice, datetime], Awaitable[Done]]


@dataclass(frozen=True)
class Click:
    """Something that a person does. key: the delivery's, the same for every attempt."""

    key: str
    run: Run


def organisation(title: str) -> Organisation:
    """Two schools, one for each kind of case."""
    elm = [
        Person(id="head", name="Helen Marsh", job="Headteacher", roles=(Role.HEADTEACHER,), deputies=("deputy",)),
        Person(id="deputy", name="Dan Reed", job="Deputy headteacher"),
        Person(id="ceo", name="David Lunn", job="Chief Executive Officer", roles=(Role.CEO,)),
        *(Person(id=name, name=name, job="Teacher") for name in TEACHERS[:6]),
    ]
    oak = [
        Person(id="s1", name="Neil Grant", job="Senior leader", roles=(Role.SLT,)),
        Person(id="s2", name="Nia Grant", job="Senior leader", roles=(Role.SLT,)),
        Person(id="principal", name="Ruth Cole", job="Headteacher", roles=(Role.HEADTEACHER,)),
        Person(id="tbd", name="Anita Shah", job="Trust Business Director", roles=(Role.TRUST_BUSINESS_DIRECTOR,)),
        *(Person(id=name, name=name, job="Teacher") for name in TEACHERS[6:]),
    ]
    schools = (
        School(id="elm", name="Elm", policy="agora", people=tuple(elm)),
        School(id="oak", name="Oak", policy="tlt", people=tuple(oak)),
    )
    return Organisation(title=title, schools=schools)


def steps(number: int, knowledge: KnowledgeBase, case_id: str | None) -> list[list[Click]]:
    """Everything that is done about the case of that number; the clicks of one step happen at once."""
    person = TEACHERS[number % len(TEACHERS)]
    media = number % len(TEACHERS) < 6
    slug, values = ("media-enquiry", MEDIA) if media else ("new-site", SITE)
    found = [[_start(f"{number}:start", person, slug, values)]]
    if case_id is None:
        return found
    if media:
        found += [
            [_act(f"{number}:ask", "head", case_id, act.Ask(words=f"{number}:ask"))],
            [_act(f"{number}:say", person, case_id, act.Say(words=f"{number}:say"))],
            _both(number, "decision", case_id, ("head", True), ("head", False), ()),
        ]
    else:
        points = knowledge.policies["tlt"].procedures["new-site"].checklist
        found += [
            _both(number, "slt", case_id, ("s1", True), ("s2", True), points),
            _both(number, "approval", case_id, ("principal", True), ("tbd", number % 3 > 0), points),
        ]
    return found


def _both(
    number: int, stage: str, case_id: str, one: tuple[str, bool], other: tuple[str, bool], points: tuple[str, ...]
) -> list[Click]:
    """Two decide the same stage at once; the words say who and which."""
    clicks = []
    for which, (person, yes) in enumerate((one, other)):
        key = f"{number}:{stage}:{which}"
        action: act.Action = act.Approve(words=key, confirmed=points) if yes else act.Decline(words=key)
        clicks.append(_act(key, person, case_id, action))
    return clicks


def _start(key: str, person: str, slug: str, values: dict[str, ev.Value]) -> Click:
    return Click(key, lambda office, now: office.start(person, slug, values, now, key=key))


def _act(key: str, person: str, case_id: str, action: act.Action) -> Click:
    return Click(key, lambda office, now: office.act(person, case_id, action, now, key=key))
