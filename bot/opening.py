"""The case office for a command: the stored data with its key, opened for one job and closed again."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from bot.casework import CaseOffice
from bot.desk import Desk
from bot.errors import BadInput
from bot.sealing import Keyring, SealBroken
from bot.settings import Settings
from bot.store.archive import Archive
from bot.store.engine import StoreBroken, open_store, opened
from bot.store.records import Records
from policy_kb import loader
from policy_kb.model import KnowledgeBase

Result = TypeVar("Result")
DATABASE = "askfirst.db"
WRONG_KEY = "the key file does not open this data; put the key file back that belongs to it"


@functools.cache
def knowledge() -> KnowledgeBase:
    """The policies as they ship, read once in a process."""
    return loader.load()


@contextlib.contextmanager
def office_of(settings: Settings) -> Iterator[CaseOffice]:
    """The office over data that is there already: a command never makes a new database or key. Raises BadInput."""
    if settings.database is None and not (settings.data / DATABASE).exists():
        raise BadInput(f"{settings.data}: no case was ever stored here; set ASKFIRST_DATA to the data folder")
    if not settings.key_file.exists():
        raise BadInput(f"{settings.key_file}: no key file; put it back from its backup, or set ASKFIRST_KEY")
    keyring = Keyring.open(settings.key_file)
    with opened(open_store(settings.data, settings.database)) as store:
        if not store.run_now(lambda tx: Archive(Records(tx, keyring, store.bell)).fits()):
            raise BadInput(WRONG_KEY)
        office = CaseOffice(store, keyring, knowledge())
        try:
            yield office
        except SealBroken:
            raise BadInput(WRONG_KEY) from None
        except StoreBroken as error:
            raise BadInput(f"the database did not take it ({error}); nothing was changed, so try again") from None


def at_desk(office: CaseOffice, now: datetime, fn: Callable[..., Result], *args: Any) -> Result:
    """fn(desk, *args) in one transaction, for a command that waits. Raises BadInput before the first start."""

    def checked(desk: Desk) -> Result:
        return fn(desk, *args)

    return asyncio.run(office.at_desk(now, checked))
