"""Which role answers to which: the tables that cases climb when a role is empty, late or in conflict. Pure data."""

from __future__ import annotations

from functools import cache

from policy_kb.model import Role

ABOVE: dict[Role, tuple[Role, ...]] = {
    Role.LINE_MANAGER: (Role.SLT, Role.HEADTEACHER),
    Role.SLT: (Role.HEADTEACHER,),
    Role.DEPUTY_HEADTEACHER: (Role.HEADTEACHER,),
    Role.ASSISTANT_HEADTEACHER: (Role.HEADTEACHER,),
    Role.SAFEGUARDING_LEAD: (Role.HEADTEACHER,),
    Role.ANTI_BULLYING_LEAD: (Role.HEADTEACHER,),
    Role.ESAFETY_OFFICER: (Role.SAFEGUARDING_LEAD, Role.HEADTEACHER),
    Role.IT_SUPPORT: (Role.NETWORK_MANAGER, Role.HEADTEACHER),
    Role.NETWORK_MANAGER: (Role.HEADTEACHER,),
    Role.HEAD_OF_MARKETING: (Role.CEO, Role.HEADTEACHER),
    Role.TRUST_BUSINESS_DIRECTOR: (Role.CEO, Role.HEADTEACHER),
    Role.HEADTEACHER: (Role.CEO, Role.CHAIR_OF_GOVERNORS),
    Role.GOVERNING_BOARD: (Role.CHAIR_OF_GOVERNORS, Role.CHAIR_OF_TRUSTEES),
    Role.CHAIR_OF_GOVERNORS: (Role.CHAIR_OF_TRUSTEES, Role.CEO),
    Role.CEO: (Role.CHAIR_OF_TRUSTEES,),
    Role.CHAIR_OF_TRUSTEES: (),
}
"""The next authority when a role is empty, conflicted or late. It never leads back down."""

ABOUT: tuple[tuple[Role, tuple[Role, ...]], ...] = (
    (Role.CHAIR_OF_TRUSTEES, ()),
    (Role.CHAIR_OF_GOVERNORS, (Role.CHAIR_OF_TRUSTEES,)),
    (Role.CEO, (Role.CHAIR_OF_TRUSTEES,)),
    (Role.HEADTEACHER, (Role.CHAIR_OF_GOVERNORS, Role.CEO)),
    (Role.SAFEGUARDING_LEAD, (Role.HEADTEACHER,)),
)
"""Where a concern about the holder of a role goes, the most senior role first; nothing left means the LADO's words.

SECURITY section 3: headteacher -> chair of governors, in a trust the CEO too; CEO -> chair of trustees; ...
"""

TRUST_WIDE = frozenset({Role.CEO, Role.CHAIR_OF_TRUSTEES, Role.TRUST_BUSINESS_DIRECTOR, Role.HEAD_OF_MARKETING})
"""Roles that one person holds for all schools of a trust, wherever in it their own desk stands."""

NOT_UNDER_THE_HEAD = frozenset({Role.CHAIR_OF_GOVERNORS, Role.GOVERNING_BOARD, Role.CEO, Role.CHAIR_OF_TRUSTEES})
"""Who at a headteacher's school does not work for the headteacher."""

NOT_UNDER_THE_CEO = frozenset({Role.CHAIR_OF_TRUSTEES, Role.GOVERNING_BOARD})
"""Who in a trust's central team does not work for the CEO."""


@cache
def higher(role: Role) -> frozenset[Role]:
    """Every authority that a case can climb to from a role, however far up."""
    ups = ABOVE.get(role, ())
    return frozenset(ups).union(*(higher(up) for up in ups))


@cache
def answers_to(role: Role) -> frozenset[Role]:
    """Every authority that the holders of a role work under: nobody decides for those above them."""
    # A trust's own officers go to a headteacher only where the trust has nobody else to ask.
    by_default = {Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS} if role in TRUST_WIDE else set()
    return higher(role) - by_default
