"""What may stand in a chat, where whoever runs it can read it (SECURITY T07); everything else opens in a dialog."""

from __future__ import annotations

from bot.chat.press import Press
from bot.desk import Desk

OPEN = frozenset({"menu", "help", "policies", "register", "away", "away_set", "back", "stored", "people"})
"""Presses whose views say nothing of any case."""
FORMS = frozenset({"start", "form", "form_at", "gate", "send", "drop"})
"""Presses that name a form."""


def may_stand(desk: Desk, press: Press) -> bool:
    """True where the view of a press may be a card in the person's own chat."""
    if press.case:
        case = desk.records.case(press.case)
        return case is not None and not desk.procedure(case).restricted
    if press.do in FORMS:
        slug = press.value.partition("@")[0]
        named = [p.procedures[slug] for p in desk.knowledge.policies.values() if slug in p.procedures]
        return bool(named) and not any(procedure.restricted for procedure in named)
    return press.do in OPEN
