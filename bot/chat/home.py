"""The Home tab, the lists of cases, what can be started, and help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot import desk_texts, drafts, inbox, views
from bot.chat import chat_texts as texts
from bot.chat.messages import Button, Buttons, Heading, Part, Reaction, Rule, Tone, View, Words
from bot.chat.parts import row, stamp
from bot.chat.press import Press
from bot.chat.room import Call
from bot.desk import Desk
from bot.drafts import Menu
from bot.inbox import Told
from bot.views import Summary

_ON_HOME = 8
_IN_LIST = 30
_NOTICES = 8
_IN_ROW = 5


@dataclass(frozen=True)
class _Desk:
    """What lies on a person's desk. restricted: the ids of cases that a list beside others' eyes does not name."""

    waiting: list[Summary]
    mine: list[Summary]
    told: list[Told]
    restricted: frozenset[str]


def _lying(desk: Desk, person_id: str) -> _Desk:
    waiting, mine = views.waiting(desk, person_id), views.mine(desk, person_id)
    found = [desk.records.case(each.id) for each in (*waiting, *mine)]
    restricted = frozenset(
        c.id for c in found if c and (desk.procedure(c).restricted or desk.records.was_restricted(c.id))
    )
    return _Desk(waiting, mine, inbox.told(desk, person_id), restricted)


async def home(call: Call) -> Reaction:
    """The Home tab: what waits, what was asked for, what was told, and where to begin."""
    return Reaction(view=_home(await call.at_desk(_lying)))


def _home(lying: _Desk) -> View:
    """It stands on the platform's own servers, so that of restricted cases it has the number alone."""
    parts = (
        Words(texts.HOME_ASK),
        *_starts(),
        *_listed(texts.HOME_WAITING, lying.waiting, texts.NOTHING_WAITS, "waiting", lying.restricted),
        *_listed(texts.HOME_MINE, lying.mine, texts.NOTHING_MINE, "mine", lying.restricted),
        Rule(),
        Heading(texts.HOME_COMMON),
        *(Buttons((Button(asked, Press("common", number=i)),)) for i, asked in enumerate(texts.COMMON, 1)),
        Rule(),
        Heading(texts.HOME_TOLD),
        *(Words(f"{stamp(each.at)}: {each.text}", Tone.QUIET) for each in lying.told[:_NOTICES]),
    )
    return View(texts.NAME, parts)


def _starts(helps: bool = True) -> tuple[Buttons, ...]:
    """Where to begin. helps: with the way to the help, which the help itself does not need."""
    named = ("menu", texts.MENU), ("register", texts.REGISTER), ("policies", texts.POLICIES), ("away", texts.AWAY)
    more = (("help", texts.HELP),) if helps else ()
    return row(*(Button(label, Press(do), main=do == "menu") for do, label in (*named, *more)))


def _listed(title: str, found: Sequence[Summary], empty: str, do: str, restricted: frozenset[str]) -> Iterator[Part]:
    yield Heading(title)
    if not found:
        yield Words(empty, Tone.QUIET)
    for each in found[:_ON_HOME]:
        yield from _line(each, hidden=each.id in restricted)
    if len(found) > _ON_HOME:
        yield from row(Button(texts.ALL_OF.format(count=len(found)), Press(do)))


def _line(each: Summary, hidden: bool = False) -> Iterator[Part]:
    title = desk_texts.RESTRICTED_TITLE if hidden else each.title
    late = f" {texts.OVERDUE}" if each.overdue else ""
    follows = "" if hidden else f" {each.next}"
    yield Words(f"{each.reference}, {title}. {each.state}.{follows}{late}")
    yield from row(Button(texts.OPEN, Press("open", case=each.id)))


async def waiting(call: Call) -> Reaction:
    """What waits for the person, the most urgent first."""
    found: list[Summary] = await call.at_desk(views.waiting)
    return Reaction(view=_list(texts.HOME_WAITING, found, texts.NOTHING_WAITS, call.press))


async def mine(call: Call) -> Reaction:
    """What the person asked for or reported, the open ones first."""
    found: list[Summary] = await call.at_desk(views.mine)
    return Reaction(view=_list(texts.HOME_MINE, found, texts.NOTHING_MINE, call.press))


def _list(title: str, found: Sequence[Summary], empty: str, press: Press) -> View:
    """A page of a list; press.number: how many come before it."""
    begins = min(press.number, max(0, len(found) - 1))
    shown = found[begins : begins + _IN_LIST]
    parts = [part for each in shown for part in _line(each)] or [Words(empty)]
    more = begins + _IN_LIST
    further = row(Button(texts.MORE, Press(press.do, number=more))) if len(found) > more else ()
    return View(title, (*parts, *further))


async def menu(call: Call) -> Reaction:
    """Everything that the person's policy defines, by kind; of another of their schools, where that is named."""
    found: Menu = await call.at_desk(drafts.menu, call.press.value or None)
    return Reaction(view=View(texts.MENU, tuple(_menu(found))))


def _menu(menu: Menu) -> Iterator[Part]:
    policy, school = menu.place.policy, menu.place.school
    yield Words(texts.MENU_SAY.format(title=policy.title, name=policy.name))
    for _, procedures in menu.groups:
        title, says = texts.KINDS[procedures[0].kind]
        yield Heading(title)
        yield Words(says, Tone.QUIET)
        buttons = []
        for each in procedures:
            label = texts.DRAFT_KEPT.format(title=each.title) if each.slug in menu.drafts else each.title
            value = f"{each.slug}@{school.id}" if menu.other_school else each.slug
            buttons.append(Button(label, Press("start", value=value)))
        for i in range(0, len(buttons), _IN_ROW):
            yield Buttons(tuple(buttons[i : i + _IN_ROW]))
    others = [Button(name, Press("menu", value=key)) for key, name in menu.schools if key != school.id]
    if others:
        yield Words(texts.OTHER_SCHOOLS)
        yield from row(*others)


async def help_(call: Call) -> Reaction:
    """How to use it."""
    banner = Words(desk_texts.BANNER, Tone.ALARM)
    return Reaction(view=View(texts.HELP, (banner, *map(Words, texts.HELP_LINES), *_starts(helps=False))))
