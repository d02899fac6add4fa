"""What a row says once it is read: notices, entries, clocks; and how ids, numbers and chain links are made."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PUBLIC_REGISTERS = frozenset({"sites"})
"""Registers that the school publishes; every other one holds what staff wrote about people."""

START = "0" * 64
"""What the first event's `prev` holds."""


@dataclass(frozen=True)
class Notice:
    """That a person is to be told of an event. No words: they are read from the case when the notice is delivered."""

    to: str
    kind: str
    case_id: str
    seq: int


@dataclass(frozen=True)
class Delivery:
    """A notice in the outbox: its row, its key (the same for every attempt) and how often it was tried."""

    id: int
    key: str
    lane: str
    notice: Notice
    attempts: int
    next_at: datetime
    created_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """A register entry's current version. until: the closing or expiry day; details: what the procedure keeps."""

    entry: str
    version: int
    tenant: str
    school: str
    register: str
    title: str
    status: str
    case_id: str
    at: datetime
    until: str | None
    details: dict[str, Any]


@dataclass(frozen=True)
class Timer:
    """A clock of a case. token: the event that began the stage; a timer of an earlier stage has no effect."""

    id: str
    case_id: str
    kind: str
    token: int
    due_at: datetime


@dataclass(frozen=True)
class Contact:
    """An account on a chat platform and whose it is. tenant: Slack workspace or Microsoft tenant.

    email: the address by which it was linked; address: what the platform needs to write first, "" where nothing.
    linked_at: None where the organisation file alone says whose it is. alive: False once the platform has it no more.
    """

    person: str
    platform: str
    tenant: str
    account: str
    email: str
    address: str
    linked_at: datetime | None
    active_at: datetime
    alive: bool = True


@dataclass(frozen=True)
class Arrival:
    """A delivery to be worked off. key: the platform's; attempts: how often it was handed out, this time included."""

    key: str
    body: bytes
    at: datetime
    attempts: int


@dataclass(frozen=True)
class Feedback:
    """A question that was not answered, given to the curator; nothing says by whom."""

    id: str
    policy: str
    at: datetime
    body: bytes


def new_id() -> str:
    """128 random bits in hexadecimal: no id tells of another."""
    return secrets.token_hex(16)


def new_reference() -> str:
    """AF-XXXX-XXXX without look-alike letters. Random, so that gaps tell nobody of cases they may not see (T06)."""
    letters = "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(8))
    return f"AF-{letters[:4]}-{letters[4:]}"


def event_hash(prev: str, case_id: str, seq: int, at: datetime, type_: str, sealed: bytes) -> str:
    """The chain over what is stored, not over what it says: destroying a key leaves it whole."""
    body = json.dumps([prev, case_id, seq, at.isoformat(), type_, sealed.hex()], separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
