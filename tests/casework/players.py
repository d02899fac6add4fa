"""The people of the random lives, and what becomes of them: promotions, leavers, second accounts, new deputies."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from bot.organisation import Organisation
from policy_kb.model import Role
from tests.casework.people import ALONE, BOARD, CEO, GOVERNORS, HEAD, LEAD, TRUSTEES, organisation, person, school

Plain = dict[str, Any]
ICT, BRAND = Role.NETWORK_MANAGER, Role.HEAD_OF_MARKETING
OUTSIDER = "alone-head"
LEFT = date(2026, 11, 1)

NORTH = {
    "teacher": person("teacher", manager="head"),
    "second": person("second", human="teacher"),
    "colleague": person("colleague", manager="head"),
    "lead": person("lead", LEAD, manager="head", deputies=("colleague",)),
    "ict": person("ict", ICT),
    "head": person("head", HEAD, manager="ceo", deputies=("deputy",)),
    "deputy": person("deputy", manager="head"),
    "chair": person("chair", GOVERNORS, BOARD),
}
OFFICE = {
    "ceo": person("ceo", CEO, deputies=("officer",)),
    "officer": person("officer", manager="ceo"),
    "brand": person("brand", BRAND, manager="ceo"),
    "trustee": person("trustee", TRUSTEES, BOARD),
}
STAFF: dict[str, Plain] = {**NORTH, **OFFICE}
PLACES = {**dict.fromkeys(NORTH, "north"), **dict.fromkeys(OFFICE, "office")}

VARIANTS: dict[str, dict[str, Plain]] = {
    "as usual": {},
    "the teacher is head": {"teacher": {"roles": (HEAD,)}, "head": {"roles": ()}},
    "the second account is head": {"second": {"roles": (HEAD,)}, "head": {"roles": ()}},
    "the lead left": {"lead": {"left_on": LEFT}},
    "head and lead left": {"head": {"left_on": LEFT}, "lead": {"left_on": LEFT}},
    "one person for both desks": {"lead": {"roles": (LEAD, ICT)}, "ict": {"roles": ()}},
    "head and lead are one human": {"head": {"human": "lead"}},
    "the teacher names a deputy": {"teacher": {"deputies": ("lead",)}},
    "a colleague manages the ict desk": {"ict": {"manager": "colleague"}},
    "nobody above the head": {"ceo": {"left_on": LEFT}, "chair": {"left_on": LEFT}, "trustee": {"left_on": LEFT}},
    "the teacher left": {"teacher": {"left_on": LEFT}},
    "the colleague runs the ict desk": {"colleague": {"roles": (ICT,)}, "ict": {"roles": ()}},
    "the marketing head left": {"brand": {"left_on": LEFT}},
}


@cache
def staffed(variant: str) -> dict[str, Plain]:
    """Everyone by id, as the organisation file says it."""
    return {name: {**STAFF[name], **VARIANTS[variant].get(name, {})} for name in STAFF}


@cache
def adopted(variant: str) -> Organisation:
    """The same as an organisation to adopt."""
    staff = staffed(variant)
    return organisation(
        school("north", *(staff[name] for name in NORTH), trust="trust"),
        school("office", *(staff[name] for name in OFFICE), trust="trust", central=True),
        ALONE,
    )
