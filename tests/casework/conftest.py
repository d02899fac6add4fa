"""Scenes to play in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casework.scene import Scene, sqlite_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A case office on Friday 20 November 2026 at ten, before anybody adopted an organisation."""
    with sqlite_scene(tmp_path) as made:
        yield made
