""" "I'm away till then, they decide"; and back again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from bot import starting, views
from bot.chat import chat_texts as texts
from bot.chat.form_steps import people
from bot.chat.messages import Button, Choice, Input, Part, Reaction, Tone, View, Words
from bot.chat.parts import listed, row, sentence
from bot.chat.press import Press
from bot.chat.room import Call
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.directory import Absence
from bot.errors import BadInput
from policy_kb.procedures import FieldType

_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y")


@dataclass(frozen=True)
class _Away:
    """The person's absence, if there is one, and who could decide instead."""

    absence: Absence | None
    stand_in: str
    others: tuple[Choice, ...]
    standing_in_for: list[str]


def _found(desk: Desk, person_id: str) -> _Away:
    place = starting.place_of(desk, person_id)
    absences = desk.records.absences(desk.now)
    own = next((each for each in absences if each.person == person_id), None)
    covered = [each.person for each in absences if each.stand_in == person_id and each.covers(desk.now)]
    return _Away(
        own,
        views.name_of(desk, own.stand_in) if own else "",
        tuple(each for each in people(starting.choices(desk, place)) if each.value != person_id),
        [views.name_of(desk, each) for each in covered],
    )


async def away(call: Call) -> Reaction:
    """Who decides while the person is away."""
    return Reaction(view=_view(await call.at_desk(_found), call))


def _view(found: _Away, call: Call, errors: dict[str, str] | None = None, said: str = "") -> View:
    wrong = errors or {}
    today = call.now.astimezone(LOCAL).date().isoformat()
    inputs = (
        Input("since", texts.AWAY_SINCE, FieldType.DATE, True, values=(call.given("since") or today,)),
        Input("until", texts.AWAY_UNTIL, FieldType.DATE, True, values=call.all_given("until")),
        Input(
            "stand_in", texts.AWAY_WHO, FieldType.PERSON, True, choices=found.others, values=call.all_given("stand_in")
        ),
    )
    shown = tuple(Input(**{**vars(each), "error": wrong.get(each.id, "")}) for each in inputs)
    parts: tuple[Part, ...] = (*((Words(said, Tone.STRONG),) if said else ()), *_absent(found, call.now))
    return View(texts.AWAY, (*parts, Words(texts.AWAY_SAY)), shown, Press("away_set"), texts.AWAY_SUBMIT)


def _absent(found: _Away, now: datetime) -> tuple[Part, ...]:
    parts: list[Part] = []
    if found.absence:
        template = texts.AWAY_LATER if found.absence.since > now else texts.AWAY_NOW
        since, until = views.clock_words(found.absence.since), views.clock_words(found.absence.until)
        parts.append(Words(template.format(since=since, until=until, who=found.stand_in), Tone.STRONG))
        parts += row(Button(texts.AM_BACK, Press("back"), main=True))
    if found.standing_in_for:
        parts.append(Words(texts.AWAY_FOR.format(people=listed(found.standing_in_for))))
    return tuple(parts)


async def set_away(call: Call) -> Reaction:
    """Record the absence, or say beside the input why it cannot be."""
    days = {name: _day(call.given(name)) for name in ("since", "until")}
    errors = {name: texts.AWAY_DAY for name, day in days.items() if day is None}
    stand_in = call.given("stand_in")
    if not stand_in:
        errors["stand_in"] = texts.AWAY_CHOOSE
    first, back = days["since"], days["until"]
    if first is not None and back is not None and not errors:
        since = max(call.now, datetime.combine(first, time(0), LOCAL))
        until = datetime.combine(back, time(0), LOCAL)
        try:
            await call.room.office.set_away(call.person, stand_in, since, until, call.now)
        except BadInput as error:
            errors["stand_in"] = sentence(str(error))
    found = await call.at_desk(_found)
    said = "" if errors else texts.AWAY_DONE
    return Reaction(view=_view(found, call, errors, said), errors=errors, home=not errors)


async def back(call: Call) -> Reaction:
    """The person is back before the day they gave."""
    await call.room.office.set_back(call.person, call.now)
    return Reaction(view=_view(await call.at_desk(_found), call, said=texts.WELCOME_BACK), home=True)


def _day(text: str) -> date | None:
    for form in _DAYS:
        try:
            day = datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
        if 2000 < day.year < 2200:
            return day
    return None
