"""Opening a case: as on its page, whoever handles a report and opens it has read it."""

from __future__ import annotations

from bot import actions as act
from bot import views
from bot.chat import chat_texts as texts
from bot.chat.case_view import case_view, older_view
from bot.chat.messages import Reaction
from bot.chat.parts import trouble
from bot.chat.room import Call
from bot.desk import Desk
from bot.views import CaseView
from policy_kb.procedures import Kind


async def open_case(call: Call) -> Reaction:
    """The case. Raises NoAccess, the same for unknown and forbidden (SECURITY T16)."""
    return await case_reaction(call, call.press.case)


async def older(call: Call) -> Reaction:
    """Earlier lines of a long thread. Raises NoAccess."""
    return Reaction(view=older_view(await _read(call, call.press.case), call.press.number))


async def _read(call: Call, case_id: str) -> CaseView:
    """The case as the person may see it at this moment, noted as read where they handle it. Raises NoAccess."""
    view = await call.at_desk(views.case_page, case_id)
    if view.procedure.kind is Kind.REPORT and "close" in view.may and not view.case.seen:
        await call.room.office.act(call.person, case_id, act.Open(), call.now)
        view = await call.at_desk(views.case_page, case_id)
    return view


async def case_reaction(call: Call, case_id: str, done: str = "", sent: bool = False) -> Reaction:
    """The case as a view, with what came of what the person just did. sent: they just made it. Raises NoAccess."""
    view = await _read(call, case_id)
    if sent:
        done = texts.SENT[view.procedure.kind].format(reference=view.summary.reference)
    return Reaction(view=case_view(view, call.room.pages, done), home=bool(done))


async def refusal(call: Call, case_id: str, reason: str) -> Reaction:
    """Why nothing was changed, for the clicker alone. The case itself is not shown: that would count as reading it."""
    return Reaction(view=trouble(reason, case_id if await call.at_desk(_sees, case_id) else ""))


def _sees(desk: Desk, person_id: str, case_id: str) -> bool:
    case = desk.records.case(case_id)
    return case is not None and desk.may_see(case, person_id)
