"""The desk: what waits for the person, what they asked for, what they were told; and "I'm away"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from aiohttp import web

from adapters.web import live_pages, words
from adapters.web.inbound import Form, sentence
from adapters.web.site import form_of, page, person_of, see, site_of
from bot import inbox, starting, views
from bot.deadlines import LOCAL
from bot.desk import Desk
from bot.directory import Absence
from bot.errors import BadInput
from bot.inbox import Told
from bot.views import Summary


@dataclass(frozen=True)
class DeskView:
    """Everything on a person's desk. mark: as of when."""

    waiting: list[Summary]
    mine: list[Summary]
    told: list[Told]
    mark: str


@dataclass(frozen=True)
class AwayView:
    """The person's absence, if there is one, and who could decide instead."""

    absence: Absence | None
    stand_in: str
    choices: starting.Choices
    standing_in_for: tuple[str, ...]


async def show(request: web.Request) -> web.Response:
    """My requests, waiting for me, notices."""
    site = site_of(request)
    found = await site.office.at_desk(site.now(), _desk, person_of(request).id)
    said = words.ALREADY_SENT if "sent" in request.query else words.DONE.get(request.query.get("done", ""), "")
    return page(request, "desk.html", desk=found, said=said)


async def away_page(request: web.Request) -> web.Response:
    """Who decides while I am away."""
    return await _away(request, Form())


async def away(request: web.Request) -> web.Response:
    """I'm away till then, they decide; or I am back."""
    site, person, form = site_of(request), person_of(request), form_of(request)
    if form.get("do") == "back":
        await site.office.set_back(person.id, site.now())
    else:
        try:
            since, until = _days(form, site.now())
            await site.office.set_away(person.id, form.get("stand_in"), since, until, site.now())
        except BadInput as error:
            return await _away(request, form, sentence(str(error)))
    site.pulse.ring()
    return see("/away?done=yes")


def _desk(desk: Desk, person_id: str) -> DeskView:
    return DeskView(
        waiting=views.waiting(desk, person_id),
        mine=views.mine(desk, person_id),
        told=inbox.told(desk, person_id),
        mark=live_pages.desk_mark(desk, person_id),
    )


async def _away(request: web.Request, form: Form, error: str | None = None) -> web.Response:
    site = site_of(request)
    found = await site.office.at_desk(site.now(), _absence, person_of(request).id)
    today = site.now().astimezone(LOCAL).date().isoformat()
    return page(
        request,
        "away.html",
        400 if error else 200,
        away=found,
        form=form,
        error=error,
        today=today,
        done="done" in request.query,
    )


def _absence(desk: Desk, person_id: str) -> AwayView:
    place = starting.place_of(desk, person_id)
    absences = desk.records.absences(desk.now)
    own = next((a for a in absences if a.person == person_id), None)
    covered = [a.person for a in absences if a.stand_in == person_id and a.covers(desk.now)]
    return AwayView(
        absence=own,
        stand_in=views.name_of(desk, own.stand_in) if own else "",
        choices=starting.choices(desk, place),
        standing_in_for=tuple(views.name_of(desk, each) for each in covered),
    )


def _days(form: Form, now: datetime) -> tuple[datetime, datetime]:
    """From the morning of the first day away to that of the day back, in school time. Raises BadInput."""
    first, back = _day(form.get("since"), "the first day away"), _day(form.get("until"), "the day you are back")
    since = datetime.combine(first, time(0), LOCAL)
    return (now if since < now else since), datetime.combine(back, time(0), LOCAL)


def _day(text: str, what: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"give {what} as a date, such as 2026-11-30") from None
    if not 2000 < day.year < 2200:
        raise BadInput(f"give {what} as a date, such as 2026-11-30")
    return day
