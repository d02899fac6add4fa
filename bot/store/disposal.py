"""The end of what was written: a case's key destroyed, or every key put under a new master key."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.cases import Case
from bot.errors import BadInput
from bot.sealing import Keyring
from bot.store import schema as t
from bot.store.archive import Archive
from bot.store.records import PUBLIC_REGISTERS, Records

PUBLIC_FACTS = frozenset({"platform", "platform_name", "address", "audience", "key_stages"})
"""Of an approved site, what the school's own list shows: it stays in the register after the case is erased."""

_BESIDE = {
    "files": t.evidence,
    "notices": t.outbox,
    "cards": t.cards,
    "clocks": t.timers,
    "signatures": t.signatures,
    "keys": t.case_keys,
}
"""What belongs to a case beside its chain, all of it deleted."""
_REKEYED = "accounts, arrivals, cards, case_keys, cases, drafts, feedback, inbox, outbox, signatures"
"""Tables with wrapped keys or tags in them."""


def destroy(records: Records, case: Case, now: datetime) -> dict[str, int]:
    """Destroy a case's key and everything beside its chain; how much there was of each. The chain stays as it is."""
    tx = records._tx
    gone = {name: _delete(tx, table, table.c.case_id == case.id) for name, table in _BESIDE.items()}
    gone["answers"] = _delete(tx, t.inbox, t.inbox.c.result.contains(case.id, autoescape=True))
    gone["drafts"] = _delete(tx, t.drafts, _left_behind(records, case))
    entries = tx.execute(sa.select(t.register).where(t.register.c.case_id == case.id)).all()
    for row in entries:
        _bare(tx, row)
    gone["register rows bared"] = len(entries)
    this = t.cases.update().where(t.cases.c.id == case.id)
    tx.execute(this.values(sealed=b"", requester="", erased_at=now))
    return gone


def _left_behind(records: Records, case: Case) -> sa.ColumnElement[bool]:
    """Forms that the requester saved before the case ended; a later one is for another case."""
    this = sa.select(t.cases.c.requester).where(t.cases.c.id == case.id)
    people = {records.tag(case.requester), records._tx.execute(this).scalar_one()}
    d = t.drafts.c
    same = (d.tenant == case.trust, d.procedure == case.procedure, d.at <= case.ended_at)
    return sa.and_(d.person.in_(people), *same)


def _bare(tx: sa.Connection, row: Any) -> None:
    """Leave of a register row what the school publishes: of a site its public facts, of anything else nothing."""
    public = row.register in PUBLIC_REGISTERS
    kept = {k: v for k, v in json.loads(row.details).items() if public and k in PUBLIC_FACTS}
    this = (t.register.c.entry == row.entry, t.register.c.version == row.version)
    values = {"title": row.title if public else "", "details": json.dumps(kept)}
    tx.execute(t.register.update().where(*this).values(**values))


def _delete(tx: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return len(tx.execute(table.delete().where(where).returning(sa.literal(1))).all())


def rotate(records: Records, new: Keyring) -> int:
    """Wrap every key with the new master key and write every tag anew, in this transaction; how many keys.

    Raises SealBroken when the records' master key is not the one in use, BadInput for a tag that fits nobody: nothing
    is changed then. No other instance may run meanwhile: it would go on with the old key.
    """
    tx, again = records._tx, Records(records._tx, new, records._bell)
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text(f"LOCK TABLE {_REKEYED} IN ACCESS EXCLUSIVE MODE"))
    humans = {"", *(who for several in Archive(records).known().humans.values() for who in several)}
    tags = {"": "", **{records.tag(who): again.tag(who) for who in humans}}
    keys = tx.execute(sa.select(t.case_keys)).all()
    for row in keys:
        wrapped = records._keys.rewrap(row.wrapped, new)
        _move_notices(records, again, row.case_id, row.wrapped, wrapped)
        _move_cards(records, again, row.case_id)
        tx.execute(t.case_keys.update().where(t.case_keys.c.case_id == row.case_id).values(wrapped=wrapped))
    for row in (drafts := tx.execute(sa.select(t.drafts)).all()):
        this = (t.drafts.c.person == row.person, t.drafts.c.tenant == row.tenant)
        wrapped = records._keys.rewrap(row.wrapped, new)
        tx.execute(t.drafts.update().where(*this, t.drafts.c.procedure == row.procedure).values(wrapped=wrapped))
    for column in (t.cases.c.requester, t.signatures.c.decider, t.signatures.c.requester, t.drafts.c.person):
        _retag(tx, column, tags)
    chat = _move_accounts(records, again) + _move_arrivals(records, again) + _rewrap_feedback(records, new)
    return len(keys) + len(drafts) + chat


def _move_notices(records: Records, again: Records, case_id: str, old: bytes, new: bytes) -> None:
    """A notice's lane, and its key with the lane's beginning, name the person by a tag: both are written anew."""
    tx = records._tx
    for row in tx.execute(sa.select(t.outbox).where(t.outbox.c.case_id == case_id)).all():
        body = records._keys.unseal(old, row.sealed, row.key)
        lane = again.tag(json.loads(body)[0])
        key = row.key.replace(row.lane[:24], lane[:24])
        sealed = again._keys.seal(new, body, key)
        tx.execute(t.outbox.update().where(t.outbox.c.id == row.id).values(lane=lane, key=key, sealed=sealed))


def _move_cards(records: Records, again: Records, case_id: str) -> None:
    """A card names its person and its place by tags; what they stand for is sealed with the case's key."""
    tx = records._tx
    for row in tx.execute(sa.select(t.cards).where(t.cards.c.case_id == case_id)).all():
        person, spot = records._spot(case_id, row.platform, row.sealed)
        tags = {"person": again.tag(person), "spot": again._spot_tag(row.platform, spot)}
        this = (t.cards.c.case_id == case_id, t.cards.c.person == row.person, t.cards.c.platform == row.platform)
        tx.execute(t.cards.update().where(*this).values(**tags))


def _move_accounts(records: Records, again: Records) -> int:
    rows = records._tx.execute(sa.select(t.accounts)).all()
    for row in rows:
        contact = records._contact(row)
        records.unlink(contact.platform, contact.tenant, contact.account)
        again._note(contact, row.dead_at)
    return len(rows)


def _move_arrivals(records: Records, again: Records) -> int:
    """What is still to be worked off; of what is done, a repeat would be a new arrival, as after two weeks."""
    rows = records._tx.execute(sa.select(t.arrivals)).all()
    for row in rows:
        arrival = records._read_arrival(row)
        records.finished(arrival.key, row.platform)
        again.arrive(arrival.key, row.platform, arrival.body, arrival.at)
    return len(rows)


def _rewrap_feedback(records: Records, new: Keyring) -> int:
    rows = records._tx.execute(sa.select(t.feedback.c.id, t.feedback.c.wrapped)).all()
    for row in rows:
        wrapped = records._keys.rewrap(row.wrapped, new)
        records._tx.execute(t.feedback.update().where(t.feedback.c.id == row.id).values(wrapped=wrapped))
    return len(rows)


def _retag(tx: sa.Connection, column: sa.Column[Any], tags: dict[str, str]) -> None:
    for old in tx.execute(sa.select(column).distinct()).scalars().all():
        if old not in tags:
            raise BadInput(
                f"the table {column.table.name} names somebody who is in no organisation file that was ever adopted; "
                "nothing was changed. Adopt the file in which the person stands, then try again"
            )
        tx.execute(column.table.update().where(column == old).values({column.name: tags[old]}))
