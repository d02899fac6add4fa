"""A trust of two schools and an office, and a school that stands alone: whom the directory and casework tests know."""

from __future__ import annotations

from typing import Any

from bot.organisation import Organisation
from policy_kb.model import Role

HEAD, CEO, LEAD, MANAGER = Role.HEADTEACHER, Role.CEO, Role.SAFEGUARDING_LEAD, Role.LINE_MANAGER
GOVERNORS, TRUSTEES, BOARD = Role.CHAIR_OF_GOVERNORS, Role.CHAIR_OF_TRUSTEES, Role.GOVERNING_BOARD
LADO = "Ring the county's designated officer."

Plain = dict[str, Any]


def person(name: str, *roles: Role, **more: Any) -> Plain:
    """Somebody as the organisation file says it. name: also the id."""
    return {"id": name, "name": name.title(), "job": name, "roles": roles, **more}


def school(name: str, *people: Plain, policy: str = "att", **more: Any) -> Plain:
    """A school as the organisation file says it, without terms: every weekday counts."""
    return {"id": name, "name": name.title(), "policy": policy, "people": people, "lado": LADO, **more}


def north(policy: str = "att", **changes: Plain) -> Plain:
    """A school of the trust; `changes` add to people by name, with _ for -."""
    people = {
        "teacher": person("teacher", manager="year-leader"),
        "year-leader": person("year-leader", MANAGER, manager="head"),
        "other-leader": person("other-leader", MANAGER, manager="head"),
        "lead": person("lead", LEAD, manager="head"),
        "deputy": person("deputy", Role.SLT, Role.DEPUTY_HEADTEACHER, manager="head"),
        "ict": person("ict", Role.NETWORK_MANAGER, manager="head"),
        "head": person("head", HEAD, manager="ceo", deputies=("deputy",)),
        "chair": person("chair", GOVERNORS, BOARD),
        "governor": person("governor", BOARD),
    }
    for name, more in changes.items():
        key = name.replace("_", "-")
        people[key] = {**people.get(key, person(key)), **more}
    return school("north", *people.values(), policy=policy, trust="trust")


def central(policy: str = "att", **changes: Plain) -> Plain:
    """The trust's office."""
    people = {
        "ceo": person("ceo", CEO),
        "finance": person("finance", manager="ceo"),
        "business": person("business", Role.TRUST_BUSINESS_DIRECTOR, manager="ceo"),
        "trustee": person("trustee", TRUSTEES, BOARD),
    }
    for name, more in changes.items():
        people[name] = {**people.get(name, person(name)), **more}
    return school("office", *people.values(), policy=policy, trust="trust", central=True)


SOUTH = school(
    "south", person("south-head", HEAD), person("south-chair", GOVERNORS), person("south-teacher"), trust="trust"
)
ALONE = school("alone", person("alone-head", HEAD), person("alone-chair", GOVERNORS, BOARD), person("alone-teacher"))


def organisation(*schools: Plain) -> Organisation:
    """The schools as an organisation in force."""
    trusts = ({"id": "trust", "name": "Trust"},)
    return Organisation.model_validate({"title": "Test", "trusts": trusts, "schools": schools})


def trust(policy: str = "att", **changes: Plain) -> Organisation:
    """All of it under one policy; `changes` as in `north`."""
    return organisation(north(policy, **changes), {**SOUTH, "policy": policy}, central(policy), ALONE)
