"""The channel to which a school has its cases brought: whether a case may stand there now, and what its card says.

Everybody there reads what is posted, so that it is decided anew at every post, and anything doubtful goes to people's
own conversations (SECURITY T06, T07). The card says who asks, where the case stands and who decided when; the answers
and the words of a decision open in a dialog, for those whose they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot import cases, views
from bot.cases import GATE, Case
from bot.chat import chat_texts as texts
from bot.chat.case_view import acts
from bot.chat.identify import known
from bot.chat.messages import Account, Button, Buttons, Card, Facts, Heading, Part, Post, Spot, Tone, Words
from bot.chat.parts import stamp
from bot.chat.press import Press
from bot.desk import Desk
from bot.organisation import SlackChannel
from bot.store.records import CARD, Notice
from bot.views import CaseView

PLATFORM = "slack"
_SETTLED = frozenset({"signed", "declined", "closed", "withdrawn"})


@dataclass(frozen=True)
class Aim:
    """Where a notice could go. channel: "" for the person's own conversation.

    spots: where the case's card stands in the channel. shared: what stands for this person stands for others too.
    """

    channel: str = ""
    spots: tuple[Spot, ...] = ()
    shared: bool = False


def aim(desk: Desk, post: Post, stands: Spot | None) -> Aim:
    """Where it could go, before anybody looked who reads there. stands: the person's card, where it is in a channel.

    A card in the person's own conversation stays there: post.stands without `stands`.
    """
    case = desk.records.case(post.case_id)
    others = desk.records.cards_on(post.case_id, PLATFORM)
    shared = any(spot == stands for person, spot in others if person != post.person)
    named = _named(desk, case) if case is not None and _may_be_read(desk, case) else None
    if case is None or named is None or post.account is None or named.team != post.account.tenant:
        return Aim(shared=shared)
    mine = desk.directory.same_human(post.person, case.requester)
    there = stands is not None and stands.place == named.channel
    fresh = (post.stands is None or stands is not None) and post.person in _deciding(desk, case)
    if mine or not (there or fresh):
        return Aim(shared=shared)
    spots = tuple(dict.fromkeys(spot for _, spot in others if spot.place == named.channel))
    return Aim(named.channel, spots, shared)


def shown_to(desk: Desk, post: Post, readers: Collection[Account]) -> Card | None:
    """The card as all these may read it at this moment; None where one of them is nobody here or may not hear of it."""
    case = desk.records.case(post.case_id)
    if case is None or not readers or not _may_be_read(desk, case):
        return None
    people = [known(desk, account) for account in readers]
    if not all(person is not None and desk.may_hear(case, person) for person in people):
        return None
    return _card(desk, case, post.person)


def scatter(desk: Desk, post: Post, place: str) -> None:
    """The card was taken out of a channel: have those for whom it stood there too brought a card of their own."""
    case = desk.records.case(post.case_id)
    holders = [person for person, spot in desk.records.cards_on(post.case_id, PLATFORM) if spot.place == place]
    if case is not None:
        found = [Notice(who, f"{CARD}:{PLATFORM}", case.id, case.version) for who in holders if who != post.person]
        desk.records.tell_cards(case, found, desk.now)


def _named(desk: Desk, case: Case) -> SlackChannel | None:
    """The school's own, else that of its trust's central team."""
    school = desk.organisation.school(case.school)
    if school is None or school.tenant != case.trust:
        return None
    central = (s.slack_approvals for s in desk.organisation.of_tenant(school.tenant) if s.central)
    return school.slack_approvals or next((each for each in central if each is not None), None)


def _may_be_read(desk: Desk, case: Case) -> bool:
    """Never what is restricted, what once was, and what could show a nude child (T07, T20)."""
    restricted = desk.procedure(case).restricted or desk.records.was_restricted(case.id)
    return not restricted and case.values.get(GATE) is not True


def _deciding(desk: Desk, case: Case) -> list[str]:
    return [standing.person.id for standing in cases.deciders(case, desk.procedure(case), desk.directory)]


def _card(desk: Desk, case: Case, person: str) -> Card:
    """With the buttons of those who decide now; who presses one decides what it does."""
    deciding = _deciding(desk, case)
    view = views.view_of(desk, case, deciding[0] if deciding else person)
    summary = view.summary
    origin = texts.FROM.format(who=view.requester, school=view.school, when=stamp(case.opened_at))
    buttons = [Button(texts.OPEN, Press("open", case=case.id)), *(_acts(view) if deciding else ())]
    parts = (
        Heading(view.procedure.title),
        Words(f"{summary.reference}. {origin}", Tone.QUIET),
        Facts(((texts.STATE, summary.state), (texts.NEXT, summary.next))),
        *_decisions(view),
        *((Words(texts.CHANNEL_THREAD, Tone.QUIET),) if deciding else ()),
        Buttons(tuple(buttons)),
    )
    return Card(parts, f"{summary.reference}: {view.procedure.title}. {summary.state}.")


def _acts(view: CaseView) -> Iterator[Button]:
    for row in acts(view):
        yield from (item for item in row.items if isinstance(item, Button) and item.press.value != "name_subject")


def _decisions(view: CaseView) -> Iterator[Part]:
    """Who decided, and when, by name: the card is nobody's own. A changed request is decided anew."""
    kinds = [line.kind for line in view.thread]
    since = len(kinds) - kinds[::-1].index("revised") if "revised" in kinds else 0
    for line in view.thread[since:]:
        if line.kind in _SETTLED:
            yield Words(texts.CHANNEL_DECIDED.format(who=line.who, what=line.what, when=stamp(line.at)), Tone.STRONG)
