"""The desk in a chat: whatever a person says, presses or sends, and what comes of it.

Each press is a name of the tables below; bot/chat/messages.py has the values, /press.py their only codec. A press only
names ids: who may do what is decided by the case office at that moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.casework import CaseOffice
from bot.chat import absence, acting, asking, case_shown, filling, home, look_ups, reporting, threads
from bot.chat import chat_texts as texts
from bot.chat.identify import STRANGER_CARD, STRANGER_VIEW, identify
from bot.chat.messages import Account, Inbound, Pointed, Pressed, Reaction, Said, Submitted, View
from bot.chat.parts import plain, sentence, trouble
from bot.chat.press import Press
from bot.chat.room import Call, Handler, Room
from bot.chat.talks import Talks
from bot.core import Bot
from bot.desk import NoAccess
from bot.desk_texts import REFUSALS
from bot.errors import BadInput
from bot.pace_limits import PaceLimits

_ANSWERS: dict[str, Handler] = {
    "topic": asking.choose,
    "fact": asking.choose,
    "none": asking.choose,
}
"""Buttons that are answered where they were pressed; every other one leads to a view."""
_BUTTONS: dict[str, Handler] = {
    **_ANSWERS,
    "common": asking.common,
    "feedback": asking.feedback,
    "start": filling.start,
    "form_at": filling.form_at,
    "gate": filling.gate,
    "drop": filling.drop,
    "open": case_shown.open_case,
    "older": case_shown.older,
    "act": acting.act,
    "home": home.home,
    "menu": home.menu,
    "mine": home.mine,
    "waiting": home.waiting,
    "help": home.help_,
    "register": look_ups.sites,
    "policies": look_ups.policies,
    "people": look_ups.people,
    "stored": look_ups.stored,
    "away": absence.away,
    "back": absence.back,
}
_FORMS: dict[str, Handler] = {
    "form": filling.fill,
    "gate": filling.gate,
    "send": filling.send,
    "report": reporting.report,
    "do": acting.do,
    "register": look_ups.sites,
    "away_set": absence.set_away,
    "feedback_keep": asking.keep_feedback,
}


class ChatDesk:
    """Answers everything that people do on a chat platform. Safe to share; keeps conversations in memory alone.

    pages: the https address of the web pages, for links to letters and files; None: no links. pace: how much one person
    and one trust may send; None: no limits.
    """

    def __init__(self, bot: Bot, office: CaseOffice, pages: str | None = None, pace: PaceLimits | None = None) -> None:
        self._room = Room(bot, office, Talks(), pages.rstrip("/") if pages else None, pace)

    async def handle(self, what: Inbound, now: datetime) -> Reaction:
        """What comes of it. Never raises for what a person can do; StoreBroken passes: nothing was recorded."""
        person = await self._room.office.at_desk(now, identify, what.account)
        if person is None:
            said = isinstance(what, Said)
            return Reaction(replies=(STRANGER_CARD,)) if said else Reaction(view=STRANGER_VIEW)
        try:
            return await self._handle(_plain(what), person, now)
        except NoAccess:
            return _trouble(what, REFUSALS["no_access"])
        except BadInput as error:
            return _trouble(what, sentence(str(error)))

    async def home(self, account: Account, now: datetime) -> View:
        """The Home tab, or the personal tab."""
        person = await self._room.office.at_desk(now, identify, account)
        if person is None:
            return STRANGER_VIEW
        try:
            shown = await home.home(Call(self._room, person, account, now, "", Press("home")))
        except NoAccess:
            return STRANGER_VIEW
        return shown.view or STRANGER_VIEW

    async def _handle(self, what: Inbound, person: str, now: datetime) -> Reaction:
        room, account, key = self._room, what.account, what.key
        match what:
            case Said():
                call = Call(room, person, account, now, key, Press("said"), what.place, what.public)
                return await threads.relayed(call, what) or await asking.answer(call, what)
            case Pointed():
                call = Call(room, person, account, now, key, Press("pointed"), what.place)
                return await (reporting.point(call, what) if what.to_report else asking.about(call, what))
            case Pressed():
                call = Call(room, person, account, now, key, what.press, what.place, what.public)
                return await _handler(_BUTTONS, what.press)(call)
            case Submitted():
                call = Call(room, person, account, now, key, what.press, raw=what.raw, files=what.files)
                pointed = what.press == Press("gate", value=reporting.FROM_A_MESSAGE)
                return await (reporting.gate if pointed else _handler(_FORMS, what.press))(call)


def _plain(what: Inbound) -> Inbound:
    """The same, with nothing in its texts that could not be stored."""
    match what:
        case Said():
            return replace(what, text=plain(what.text))
        case Pointed():
            return replace(what, text=plain(what.text), link=plain(what.link))
        case Submitted():
            return replace(what, raw={key: tuple(map(plain, values)) for key, values in what.raw.items()})
        case Pressed():
            return what


def _handler(table: dict[str, Handler], press: Press) -> Handler:
    found = table.get(press.do)
    if found is None:
        raise BadInput(texts.BUTTON_GONE)
    return found


def _trouble(what: Inbound, reason: str) -> Reaction:
    """Why nothing came of it, for the person alone: in the dialog that they wait for, else beside what they wrote."""
    leads_to_a_view = isinstance(what, Submitted) or (
        isinstance(what, Pressed) and what.press.do in _BUTTONS and what.press.do not in _ANSWERS
    )
    return Reaction(view=trouble(reason)) if leads_to_a_view else Reaction(hint=reason)
