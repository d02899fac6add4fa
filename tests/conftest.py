"""One compiled knowledge base for the whole test session."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core import Bot
from bot.settings import read_settings
from policy_kb.compiled import Ready, prepare


@pytest.fixture(scope="session")
def cache() -> Path:
    """The ordinary cache folder, so that `kb check`, the tests and `make run` compile once between them."""
    return read_settings().cache


@pytest.fixture(scope="session")
def ready(cache: Path) -> Ready:
    return prepare(cache)


@pytest.fixture(scope="session")
def bot(ready: Ready) -> Bot:
    return Bot(ready)
