"""Words written in the thread under a case's card: they go to the people of that case."""

from __future__ import annotations

from bot import actions as act
from bot import desk_texts, views
from bot.casework import Done
from bot.chat import chat_texts as texts
from bot.chat.messages import Reaction, Said
from bot.chat.room import Call
from bot.desk import Desk, NoAccess
from bot.texts import any_of_roles
from bot.views import CaseView


async def relayed(call: Call, said: Said) -> Reaction | None:
    """Pass the words on; None where they were not written under a card of this person, or one in a channel.

    Whether the person may write in the case is for the office to say. Raises NoAccess where the case is not theirs to
    see, and BadInput for words that cannot go.
    """
    case_id = await call.at_desk(_case_under, call.account.platform, said) if said.under else None
    if case_id is None:
        return None
    words = act.read_action({"do": "say", "words": said.text})
    done = await call.room.office.act(call.person, case_id, words, call.now, key=f"said:{case_id}:{said.key}")
    if done.refused:
        return Reaction(hint=desk_texts.REFUSALS[done.refused].format(detail=done.detail))
    return await _passed_on(call, done)


def _case_under(desk: Desk, person_id: str, platform: str, said: Said) -> str | None:
    """A card in a channel is everybody's there, though it stands for those who decide."""
    found = desk.records.case_at(platform, said.under) if said.under else None
    return found[0] if found and (said.public or found[1] == person_id) else None


async def _passed_on(call: Call, done: Done) -> Reaction:
    try:
        view: CaseView = await call.at_desk(views.case_page, done.case_id)
    except NoAccess:
        return Reaction(hint=texts.PASSED_ON_RESTRICTED.format(reference=done.reference))
    if view.procedure.restricted:
        return Reaction(hint=texts.PASSED_ON_RESTRICTED.format(reference=done.reference))
    who = any_of_roles(list(view.holders)) if view.mine else view.requester
    return Reaction(hint=texts.PASSED_ON.format(who=who or desk_texts.SOMEBODY.lower(), reference=done.reference))
