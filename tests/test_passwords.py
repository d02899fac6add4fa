"""The password file and its throttle, and who may be reached from where."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot import passwords_cli
from bot.errors import BadInput
from bot.guesses import MOST_GUESSES, WINDOW, Throttled
from bot.passwords import Passwords
from bot.settings import read_settings

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
GOOD = "three random words"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_only_the_right_password_is_right(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path / "p", QUICK)
    passwords.set("ann", GOOD)
    assert passwords.check("ann", "ann", GOOD, NOW)
    assert not passwords.check("ann", "ann", GOOD + "!", NOW)
    assert not passwords.check("bea", "bea", GOOD, NOW)
    assert not passwords.check(None, "who", GOOD, NOW)


def test_the_file_is_private_and_shows_no_password(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "p"
    Passwords.open(path).set("ann", GOOD)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert text.startswith("ann: $argon2id$")
    assert "random" not in text
    path.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        Passwords.open(path)


def test_a_change_of_the_file_is_seen_without_a_restart(tmp_path: Path) -> None:
    running = Passwords(tmp_path / "p", QUICK)
    Passwords(tmp_path / "p", QUICK).set("ann", GOOD)
    assert running.check("ann", "ann", GOOD, NOW)
    assert Passwords(tmp_path / "p", QUICK).remove("ann")
    assert not running.check("ann", "ann", GOOD, NOW)


@pytest.mark.parametrize("password", ["short words", "x" * 201, ""])
def test_short_and_endless_passwords_are_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(BadInput, match="12 to 200 characters"):
        Passwords.open(tmp_path / "p").set("ann", password)


def test_ten_guesses_in_any_quarter_of_an_hour(tmp_path: Path) -> None:
    passwords, reached = Passwords(tmp_path / "p", QUICK), list[datetime]()
    passwords.set("ann", GOOD)
    for number in range(60):
        now = NOW + timedelta(seconds=30 * number)
        try:
            passwords.check("ann", "ann", "no such password", now)
        except Throttled:
            continue
        reached.append(now)
    # Half an hour holds two whole windows.
    assert len(reached) == 2 * MOST_GUESSES
    for start in reached:
        assert sum(start <= each < start + WINDOW for each in reached) <= MOST_GUESSES


def test_names_that_nobody_has_are_throttled_alike(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path / "p", QUICK)
    for _ in range(MOST_GUESSES):
        assert not passwords.check(None, "Nobody", GOOD, NOW)
    with pytest.raises(Throttled):
        passwords.check(None, "nobody", GOOD, NOW)


def test_a_spoilt_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text("# who\n\nann: plain\n")
    path.chmod(0o600)
    with pytest.raises(BadInput, match="p:3: not a password"):
        Passwords.open(path)


def test_the_command_sets_a_password(tmp_path: Path) -> None:
    environment = {**os.environ, "ASKFIRST_PASSWORDS": str(tmp_path / "p")}
    command = [sys.executable, "app.py", "passwords", "set", "helen-marsh"]
    done = subprocess.run(
        command, cwd=ROOT, input=f"{GOOD}\n", env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert GOOD not in done.stdout + done.stderr
    assert Passwords.open(tmp_path / "p").check("helen-marsh", "", GOOD, NOW)


def command(*arguments: str, path: Path | None) -> int:
    """Run a command in this process."""
    parser = argparse.ArgumentParser()
    passwords_cli.add_commands(parser.add_subparsers())
    options = parser.parse_args(["passwords", *arguments])
    return int(options.run(options, read_settings({"ASKFIRST_PASSWORDS": str(path)} if path else {}), None))


def test_the_command_removes_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "p"
    Passwords(path, QUICK).set("helen-marsh", GOOD)
    assert command("remove", "h.marsh@oakfield.example", path=path) == 0
    with pytest.raises(BadInput, match="nothing was changed"):
        command("remove", "helen-marsh", path=path)
    with pytest.raises(BadInput, match="did you mean 'helen-marsh'"):
        command("set", "helen-mash", path=path)
    with pytest.raises(BadInput, match="set ASKFIRST_PASSWORDS"):
        command("set", "helen-marsh", path=None)


ELSEWHERE = {"ASKFIRST_ADDRESS": "0.0.0.0"}  # noqa: S104 - what is refused
HTTPS = {"ASKFIRST_PUBLIC_URL": "https://ask.school.example"}
LOCKED = {"ASKFIRST_PASSWORDS": "passwords"}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (ELSEWHERE, "nobody signs in"),
        (HTTPS, "nobody signs in"),
        ({**ELSEWHERE, **LOCKED}, "a proxy with TLS"),
        ({**ELSEWHERE, **LOCKED, "ASKFIRST_PUBLIC_URL": "http://ask.school.example"}, "a proxy with TLS"),
        ({**LOCKED, "ASKFIRST_PUBLIC_URL": "ask.school.example"}, "not the address of a site"),
        ({**LOCKED, "ASKFIRST_PUBLIC_URL": "https://a.example/path"}, "not the address of a site"),
        ({"ASKFIRST_ADDRESS": "everywhere"}, "not an IP address"),
        ({"ASKFIRST_DATABASE": "mysql://x"}, "only PostgreSQL"),
        ({**LOCKED, "ASKFIRST_PROXY_SECRET_FILE": "s"}, "two ways to sign in"),
        ({"ASKFIRST_PORT": "many"}, "ASKFIRST_PORT"),
    ],
)
def test_pages_that_others_could_reach_ask_who_is_there(environment: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_settings(environment)


def test_settings_that_are_sound() -> None:
    plain = read_settings({})
    assert plain.demonstration
    assert plain.on_loopback
    assert plain.key_file == Path("data/master.key")
    behind = read_settings({**ELSEWHERE, **HTTPS, **LOCKED, "ASKFIRST_DATA": "kept", "ASKFIRST_KEY": "safe/key"})
    assert not behind.demonstration
    assert behind.public_url == "https://ask.school.example"
    assert behind.key_file == Path("safe/key")
