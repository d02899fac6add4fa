"""Who wrote: an account of a platform -> the id of a person on the staff list, or nobody (SECURITY T03, T09)."""

from __future__ import annotations

from bot.chat import chat_texts as texts
from bot.chat.messages import Account, Card, Tone, View, Words
from bot.desk import Desk
from bot.organisation import Person

STRANGER_CARD = Card((Words(texts.STRANGER, Tone.STRONG),), texts.STRANGER)
"""The one reply to a stranger's message."""
STRANGER_VIEW = View(texts.STRANGER_TITLE, STRANGER_CARD.parts)
"""The one reply to whatever else a stranger does."""


def identify(desk: Desk, account: Account) -> str | None:
    """The person's id; None for leavers, guests and strangers, of whom nothing is kept.

    The organisation file decides where it names the account. Otherwise an account of a member of staff is linked by the
    address that the platform vouches for, as long as exactly one person who works here has it.
    """
    person = _in_file(desk, account) or _linked(desk, account) or _by_email(desk, account)
    if person is None:
        return None
    desk.records.met(person.id, account.platform, account.tenant, account.user, desk.now)
    return person.id


def known(desk: Desk, account: Account) -> str | None:
    """Whose account it is by what is known already: nothing is linked, and nobody is noted as having written."""
    person = _in_file(desk, account) or _linked(desk, account)
    return person.id if person else None


def _in_file(desk: Desk, account: Account) -> Person | None:
    named = desk.organisation.at_account(account.platform, account.tenant, account.user)
    return _the_one(desk, named)


def _linked(desk: Desk, account: Account) -> Person | None:
    """By an earlier link, while the address by which it was made is still the person's."""
    found = desk.records.contact(account.platform, account.tenant, account.user) if _may_link(desk, account) else None
    if found is None or found.linked_at is None:
        return None
    person = _holder(desk, account, found.email)
    return person if person and person.id == found.person else None


def _by_email(desk: Desk, account: Account) -> Person | None:
    person = _holder(desk, account, account.email) if account.email and _may_link(desk, account) else None
    if person is None or account.email is None:
        return None
    desk.records.link(person.id, account.platform, account.tenant, account.user, account.email, desk.now)
    return person


def _may_link(desk: Desk, account: Account) -> bool:
    """Guests never; nor an account that the file gives to somebody, who may have left."""
    return account.staff_like and not desk.organisation.at_account(account.platform, account.tenant, account.user)


def _holder(desk: Desk, account: Account, email: str) -> Person | None:
    """Whoever has the address, unless the file says that they write from another account."""
    person = _the_one(desk, desk.organisation.with_email(email))
    elsewhere = person and (person.slack if account.platform == "slack" else person.teams)
    return None if elsewhere else person


def _the_one(desk: Desk, people: tuple[Person, ...]) -> Person | None:
    """The one human among those who work here; the first entry where they have several."""
    here = [person for person in people if desk.directory.active(person.id)]
    return here[0] if len({person.who for person in here}) == 1 else None
