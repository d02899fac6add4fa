"""Who is who on a chat platform, where a case's cards stand, and feedback, for one transaction.

People and messages stand in indexes as keyed tags; what the platform calls them is sealed.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.cases import Case
from bot.chat.messages import Spot
from bot.store import schema as t
from bot.store.pages import Pages
from bot.store.rows import Contact, Feedback, new_id

NOTED_AGAIN = timedelta(minutes=10)
"""How old the note of somebody's last message may be before a new message is worth a write."""

_LINKED = (
    sa.select(t.accounts)
    .where(t.accounts.c.person == sa.bindparam("tag"))
    .where(t.accounts.c.linked_at.is_not(None), t.accounts.c.dead_at.is_(None))
    .order_by(t.accounts.c.active_at.desc(), t.accounts.c.platform)
)
_HOLDERS = (
    sa.select(t.cards.c.platform, t.cards.c.sealed)
    .where(t.cards.c.case_id == sa.bindparam("id"))
    .order_by(t.cards.c.at, t.cards.c.platform)
)


class ChatRecords(Pages):
    """Accounts, cards and feedback."""

    # Who is who. An account of the organisation file stands here too once it wrote, but unlinked: the file decides.

    def link(self, person: str, platform: str, tenant: str, account: str, email: str, now: datetime) -> None:
        """The account is that person's: the platform vouched for this address, which is theirs in the staff list.

        Whoever had the account before has it no more. email: kept, so that a link ends when the staff list changes.
        """
        old = self.contact(platform, tenant, account)
        address = old.address if old and old.person == person else ""
        self._note(Contact(person, platform, tenant, account, email, address, now, now))

    def met(
        self, person: str, platform: str, tenant: str, account: str, now: datetime, address: str | None = None
    ) -> None:
        """The person wrote from this account just now. It links nothing.

        address: what the platform needs to write to them first (Teams: the conversation reference as JSON); None leaves
        what is known.
        """
        old = self.contact(platform, tenant, account)
        if old is None or old.person != person:
            self._note(Contact(person, platform, tenant, account, "", address or "", None, now))
            return
        where = old.address if address is None else address
        if where != old.address or not old.alive or now - old.active_at >= NOTED_AGAIN:
            self._note(Contact(person, platform, tenant, account, old.email, where, old.linked_at, now))

    def contact(self, platform: str, tenant: str, account: str) -> Contact | None:
        """What is known of an account, linked or not, dead or alive."""
        row = self._tx.execute(sa.select(t.accounts).where(*self._account(platform, tenant, account))).first()
        return self._contact(row) if row else None

    def person_by(self, platform: str, tenant: str, account: str) -> str | None:
        """The person to whom the account is linked. Whether they are still served is for the directory to say."""
        found = self.contact(platform, tenant, account)
        return found.person if found and found.linked_at and found.alive else None

    def accounts_of(self, person: str) -> list[Contact]:
        """The accounts that are linked to the person and alive, the one that wrote last first."""
        return [self._contact(row) for row in self._tx.execute(_LINKED, {"tag": self.tag(person)})]

    def account_of(self, person: str, platform: str) -> Contact | None:
        """Of those, the one on that platform that wrote last."""
        return next((each for each in self.accounts_of(person) if each.platform == platform), None)

    def unlink(self, platform: str, tenant: str, account: str) -> None:
        """The account is nobody's any more, such as when the address in the staff list changed."""
        self._tx.execute(t.accounts.delete().where(*self._account(platform, tenant, account)))

    def lost_account(self, platform: str, tenant: str, account: str, now: datetime) -> None:
        """The platform says that the account is gone: nothing is posted to it until it writes again."""
        this = self._account(platform, tenant, account)
        self._tx.execute(t.accounts.update().where(*this).values(dead_at=now))

    def lost_tenant(self, platform: str, tenant: str, now: datetime) -> None:
        """The bot was taken out of a whole workspace or Microsoft tenant."""
        of = t.accounts.c
        these = (of.platform == platform, of.tenant == tenant, of.dead_at.is_(None))
        self._tx.execute(t.accounts.update().where(*these).values(dead_at=now))

    def _note(self, contact: Contact, dead_at: datetime | None = None) -> None:
        where = self._account(contact.platform, contact.tenant, contact.account)
        self._tx.execute(t.accounts.delete().where(*where))
        wrapped = self._keys.new_key()
        body = json.dumps([contact.person, contact.account, contact.email, contact.address]).encode()
        row = {"platform": contact.platform, "tenant": contact.tenant, "person": self.tag(contact.person)}
        row |= {"account": self._keys.tag(f"account:{contact.platform}:{contact.tenant}:{contact.account}")}
        sealed = self._keys.seal(wrapped, body, f"account:{contact.platform}:{contact.tenant}")
        when = {"linked_at": contact.linked_at, "active_at": contact.active_at, "dead_at": dead_at}
        # Another instance may have noted the same message a moment ago: then nothing is missing.
        self._tx.execute(self._insert_new(t.accounts), {**row, **when, "wrapped": wrapped, "sealed": sealed})

    def _contact(self, row: Any) -> Contact:
        body = self._keys.unseal(row.wrapped, row.sealed, f"account:{row.platform}:{row.tenant}")
        person, account, email, address = json.loads(body)
        alive = row.dead_at is None
        return Contact(person, row.platform, row.tenant, account, email, address, row.linked_at, row.active_at, alive)

    def _account(self, platform: str, tenant: str, account: str) -> tuple[sa.ColumnElement[bool], ...]:
        of, tag = t.accounts.c, self._keys.tag(f"account:{platform}:{tenant}:{account}")
        return of.platform == platform, of.tenant == tenant, of.account == tag

    # Where a case's cards stand.

    def card_of(self, case_id: str, person: str, platform: str) -> Spot | None:
        """The message that shows the case to the person there."""
        sealed = self._tx.execute(sa.select(t.cards.c.sealed).where(*self._card(case_id, person, platform))).scalar()
        return self._spot(case_id, platform, sealed)[1] if sealed else None

    def place_card(self, case: Case, person: str, platform: str, spot: Spot, now: datetime) -> None:
        """The case's card for the person stands there now, and nowhere else on that platform.

        Several people may share one, in a channel; two cases never stand in one place.
        """
        tag = self._spot_tag(platform, spot)
        stood = sa.and_(t.cards.c.platform == platform, t.cards.c.spot == tag, t.cards.c.case_id != case.id)
        self._tx.execute(t.cards.delete().where(sa.or_(stood, sa.and_(*self._card(case.id, person, platform)))))
        body = json.dumps([person, spot.place, spot.number]).encode()
        sealed = self._keys.seal(self._wrapped(case.id), body, f"{case.id}:card:{platform}")
        row = {"case_id": case.id, "tenant": case.trust, "person": self.tag(person), "platform": platform}
        self._tx.execute(t.cards.insert(), {**row, "spot": tag, "sealed": sealed, "at": now})

    def take_card(self, case_id: str, person: str, platform: str) -> None:
        """The platform took the card back."""
        self._tx.execute(t.cards.delete().where(*self._card(case_id, person, platform)))

    def case_at(self, platform: str, spot: Spot) -> tuple[str, str] | None:
        """The id of the case whose card stands there, and the person for whom it does; of several, the first."""
        stood = (t.cards.c.platform == platform, t.cards.c.spot == self._spot_tag(platform, spot))
        found = sa.select(t.cards.c.case_id, t.cards.c.sealed).where(*stood).order_by(t.cards.c.at, t.cards.c.person)
        row = self._tx.execute(found).first()
        return (row.case_id, self._spot(row.case_id, platform, row.sealed)[0]) if row else None

    def cards_on(self, case_id: str, platform: str) -> list[tuple[str, Spot]]:
        """Everybody for whom a card of the case stands on the platform, with where it does; the newest first."""
        of = t.cards.c
        these = sa.select(of.sealed).where(of.case_id == case_id, of.platform == platform).order_by(of.at.desc())
        return [self._spot(case_id, platform, sealed) for sealed in self._tx.execute(these).scalars()]

    def card_holders(self, case_id: str) -> dict[str, tuple[str, ...]]:
        """Everybody for whom a card of the case stands somewhere, with the platforms where it does."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._tx.execute(_HOLDERS, {"id": case_id}):
            person, _ = self._spot(case_id, row.platform, row.sealed)
            found[person] = (*found.get(person, ()), row.platform)
        return found

    def _spot(self, case_id: str, platform: str, sealed: bytes) -> tuple[str, Spot]:
        body = self._keys.unseal(self._wrapped(case_id), sealed, f"{case_id}:card:{platform}")
        person, place, number = json.loads(body)
        return person, Spot(place, number)

    def _spot_tag(self, platform: str, spot: Spot) -> str:
        return self._keys.tag(json.dumps(["spot", platform, spot.place, spot.number]))

    def _card(self, case_id: str, person: str, platform: str) -> tuple[sa.ColumnElement[bool], ...]:
        of = t.cards.c
        return of.case_id == case_id, of.person == self.tag(person), of.platform == platform

    # Questions that were not answered, kept for the curator with the asker's consent alone; never who asked.

    def keep_feedback(self, tenant: str, policy: str, body: bytes, now: datetime) -> None:
        """Seal a question that its asker gave to the curator. tenant: the trust. body: says nothing of the asker."""
        wrapped, number = self._keys.new_key(), new_id()
        sealed = self._keys.seal(wrapped, body, f"feedback:{number}")
        row = {"id": number, "tenant": tenant, "policy": policy, "at": now, "wrapped": wrapped, "sealed": sealed}
        self._tx.execute(t.feedback.insert(), row)

    def feedback(self, tenant: str) -> list[Feedback]:
        """The questions of a trust's people, oldest first."""
        rows = self._tx.execute(sa.select(t.feedback).where(t.feedback.c.tenant == tenant).order_by(t.feedback.c.at))
        return [
            Feedback(r.id, r.policy, r.at, self._keys.unseal(r.wrapped, r.sealed, f"feedback:{r.id}")) for r in rows
        ]

    def drop_feedback(self, number: str) -> None:
        """The curator has dealt with it."""
        self._tx.execute(t.feedback.delete().where(t.feedback.c.id == number))

    def drop_feedback_before(self, moment: datetime) -> None:
        """Forget what nobody dealt with."""
        self._tx.execute(t.feedback.delete().where(t.feedback.c.at < moment))
