"""The rooms import each other in one direction only, and drivers stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"policy_kb": {"policy_kb"}, "bot": {"bot", "policy_kb"}, "adapters": {"adapters", "bot", "policy_kb"}}
ROOMS = {"policy_kb", "bot", "adapters", "app", "tests"}


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        assert imports(path) & ROOMS <= MAY_IMPORT[room], path.name


@pytest.mark.parametrize("room", ["policy_kb", "bot", "adapters"])
def test_nobody_below_the_composition_reads_the_environment_or_the_clock(room: str) -> None:
    allowed = {"cli.py", "settings.py"}
    for path in (ROOT / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name not in allowed:
            for word in ("os.environ", "getenv(", "datetime.now", "time.time(", "date.today"):
                assert word not in text, f"{path.name}: {word}"


def test_only_the_web_adapter_knows_http() -> None:
    for room in ("policy_kb", "bot"):
        for path in (ROOT / room).rglob("*.py"):
            assert not imports(path) & {"aiohttp", "jinja2", "slack_bolt", "slack_sdk", "botbuilder"}, path.name


def test_the_project_needs_nothing_outside_its_folder() -> None:
    for path in [p for pattern in ("*.py", "*.md", "Makefile", "*.toml") for p in ROOT.rglob(pattern)]:
        if ".venv" not in path.parts and path != Path(__file__):
            assert "../shared" not in path.read_text(encoding="utf-8"), path.name


def test_lock_files_name_versions_and_sums_and_no_address() -> None:
    for name in ("requirements.lock", "tests/clients/package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert "find-links" not in text.replace("--no-emit-find-links", ""), name


def test_who_asks_on_the_command_line_waits_for_no_database_and_no_platform() -> None:
    """What `ask` imports costs it memory and time at every start."""
    heavy = ["sqlalchemy", "alembic", "aiohttp", "slack_bolt", "slack_sdk", "botbuilder", "scipy"]
    asked = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
