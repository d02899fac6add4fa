"""One transaction with the keys that open its rows: what every part of the records builds on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.sealing import Keyring
from bot.store import schema as t
from bot.store.transactions import Bell, passed

_KEY = sa.select(t.case_keys.c.wrapped).where(t.case_keys.c.case_id == sa.bindparam("id"))


class Pages:
    """The tables in one transaction, with the keyring and the bell."""

    def __init__(self, tx: sa.Connection, keyring: Keyring, bell: Bell) -> None:
        self._tx = tx
        self._keys = keyring
        self._bell = bell
        self._wrapped_keys: dict[str, bytes] = {}

    def tag(self, person: str) -> str:
        """How a person stands in an index: meaningless without the master key."""
        return self._keys.tag(f"person:{person}")

    def _wrapped(self, case_id: str) -> bytes:
        """The case's key, wrapped; read once in a transaction. Raises NoResultFound for an erased case."""
        if case_id not in self._wrapped_keys:
            self._wrapped_keys[case_id] = self._tx.execute(_KEY, {"id": case_id}).scalar_one()
        return self._wrapped_keys[case_id]

    def _insert_new(self, table: sa.Table) -> Any:
        """An insert that leaves alone what is there already; what was new comes back by `returning`."""
        insert = (postgresql if self._shared else sqlite).insert(table)
        return insert.on_conflict_do_nothing()

    def _passed(self, point: str) -> None:
        passed(self._tx, point)

    @property
    def _shared(self) -> bool:
        """True where other instances and threads write at the same time, so that rows must be held."""
        return self._tx.dialect.name != "sqlite"
