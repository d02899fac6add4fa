"""One store for each file of tests, emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.core import Bot
from bot.organisation_file import load_organisation
from bot.settings import SAMPLE_ORGANISATION
from bot.store.engine import Store, open_sqlite, opened

from .chatting import Chat, make


@pytest.fixture(scope="module")
def chat_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(open_sqlite(tmp_path_factory.mktemp("chat") / "cases.db")) as each:
        yield each


@pytest.fixture
async def chat(chat_store: Store, bot: Bot) -> Chat:
    return await make(chat_store, bot, load_organisation(SAMPLE_ORGANISATION))
