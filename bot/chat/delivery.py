"""A notice on its way to a platform: where it goes, its sentence, and the case's card as the person may see it now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from bot import desk_texts, inbox
from bot import events as ev
from bot.cases import Case
from bot.chat.cards import case_card
from bot.chat.messages import Account, Post, Spot
from bot.desk import Desk, NoAccess
from bot.organisation import Person
from bot.store.records import CARD, Contact, Delivery

PLATFORMS = ("slack", "teams")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reach:
    """An account of a person. address: what the platform needs to write first. active_at: when they wrote last."""

    account: Account
    address: str = ""
    active_at: datetime = _NEVER


def reached(desk: Desk, person_id: str, on: Collection[str] = PLATFORMS) -> list[Reach]:
    """The person's accounts on these platforms, one for each: the one from which they wrote last first.

    The organisation file says whose an account is; where it says nothing, the address by which it was linked does.
    """
    person = desk.organisation.person(person_id)
    if person is None or not on:
        return []
    linked = desk.records.accounts_of(person_id)
    found = [each for name in on if (each := _reach(desk, person, name, linked)) is not None]
    return sorted(found, key=lambda each: each.active_at, reverse=True)


def _reach(desk: Desk, person: Person, platform: str, linked: list[Contact]) -> Reach | None:
    named = _named(person, platform)
    if named is not None:
        known = desk.records.contact(platform, *named)
        if known is None:
            return Reach(Account(platform, *named))
        # A note of the time when the account was somebody else's says nothing of this person.
        known = known if known.person == person.id else None
    else:
        same = (person.email or "").casefold()
        known = next((c for c in linked if c.platform == platform and c.email.casefold() == same), None)
        named = (known.tenant, known.account) if known else None
    if named is None or (known is not None and not known.alive):
        return None
    account = Account(platform, *named)
    return Reach(account, known.address, known.active_at) if known else Reach(account)


def _named(person: Person, platform: str) -> tuple[str, str] | None:
    """Tenant and account id as the organisation file has them."""
    if platform == "slack" and person.slack:
        return person.slack.team, person.slack.user
    if platform == "teams" and person.teams:
        return person.teams.tenant, person.teams.user
    return None


def post_of(desk: Desk, head: Delivery, on: Collection[str] = PLATFORMS) -> Post | None:
    """The notice as it is delivered now; None where there is nothing to say and nothing to rewrite.

    on: the platforms that are served. What the person may see is decided here, in the transaction that sends (T06).
    """
    who = head.notice.to
    kind, _, platform = head.notice.kind.partition(":")
    quiet = kind == CARD
    to = next((each for each in reached(desk, who, on) if not quiet or each.account.platform == platform), None)
    text = "" if quiet else _text(desk, head)
    if to is None:
        # The pages read the notice themselves.
        return Post(head.key, who, kind, head.notice.case_id, text, "", None, None) if text else None
    case = desk.records.case(head.notice.case_id)
    if case is None:
        return None
    stands = desk.records.card_of(case.id, who, to.account.platform)
    if not text and stands is None:
        return None
    sees = desk.may_see(case, who)
    return Post(
        key=head.key,
        person=who,
        kind=kind if text else CARD,
        case_id=case.id,
        text=text,
        words=_words(desk, case, head.notice.seq) if text and sees else "",
        card=case_card(desk, case, who) if sees else None,
        stands=stands,
        account=to.account,
        address=to.address,
    )


def _text(desk: Desk, head: Delivery) -> str:
    try:
        return inbox.notice_text(desk, head, head.notice.to) or ""
    except NoAccess:
        return ""


def _words(desk: Desk, case: Case, seq: int) -> str:
    """What somebody wrote with the event, letter for letter; of a restricted case nothing leaves the pages (T07)."""
    event = desk.records.event(case.id, seq)
    if event is None or desk.procedure(case).restricted or desk.records.was_restricted(case.id):
        return ""
    # The approval itself has no words: they are those of the last signature.
    spoken = case.signatures[-1] if isinstance(event, ev.Approved) and case.signatures else event
    words, conditions = getattr(spoken, "words", "") or "", getattr(spoken, "conditions", "") or ""
    return "\n".join(filter(None, (words, conditions and f"{desk_texts.ON_CONDITION} {conditions}")))


def note_card(desk: Desk, post: Post, spot: Spot | None) -> None:
    """Note where the case's card for the person stands, now that the platform took the post."""
    if post.account is None:
        return
    platform = post.account.platform
    if post.card is None:
        desk.records.take_card(post.case_id, post.person, platform)
    elif spot is not None and spot != post.stands:
        case = desk.records.case(post.case_id)
        if case is not None:
            desk.records.place_card(case, post.person, platform, spot, desk.now)
