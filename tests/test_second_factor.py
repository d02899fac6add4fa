"""One-time codes: RFC 6238's own examples, what is accepted once, what is kept, and the shared throttle (T18)."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from argon2 import PasswordHasher

from bot import passwords_cli
from bot.errors import BadInput
from bot.guesses import MOST_GUESSES, WINDOW, Throttled
from bot.passwords import Passwords
from bot.second_factor import first_use, matching_step
from bot.settings import read_settings

from .one_time_codes import code_at, secret_of
from .record_support import place

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RFC_SECRET = b"12345678901234567890"
"""RFC 6238, appendix B: the secret of the SHA-1 rows; the codes below are the last six of their eight digits."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_examples_of_the_rfc(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, code, now) == seconds // 30
    assert code_at(RFC_SECRET, now) == code


@pytest.mark.parametrize(("ahead", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_off(ahead: int, accepted: bool) -> None:
    step = matching_step(RFC_SECRET, code_at(RFC_SECRET, NOW, ahead), NOW)
    assert step == (int(NOW.timestamp()) // 30 + ahead if accepted else None)


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    return Passwords(tmp_path / "p", QUICK)


def test_only_the_persons_own_code_is_right(passwords: Passwords) -> None:
    factors = passwords.second_factors
    ann, bea = (secret_of(factors.enrol(person, person).uri) for person in ("ann", "bea"))
    right = code_at(ann, NOW)
    assert factors.check("ann", f" {right[:3]} {right[3:]} ", NOW) is not None
    for person, typed in (
        ("ann", code_at(bea, NOW)),
        ("ann", right[:5]),
        ("ann", ""),
        ("ced", right),
        ("ann", "²" * 6),
    ):
        assert factors.check(person, typed, NOW) is None, (person, typed)


def test_the_secret_is_private_as_the_hashes_are(passwords: Passwords, tmp_path: Path) -> None:
    made, path = passwords.second_factors.enrol("ann", "ann@hill.example"), tmp_path / "p.second-factors"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(secret_of(made.uri)) == 20
    assert made.by_hand.replace(" ", "") in made.uri
    assert "secret" not in repr(made)
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        Passwords.open(tmp_path / "p")
    path.chmod(0o600)
    path.write_text("ann: secret\n")
    with pytest.raises(BadInput, match=r"p\.second-factors:1: not a second factor"):
        Passwords.open(tmp_path / "p")


def test_the_address_is_what_apps_read(passwords: Passwords) -> None:
    parts = urlsplit(passwords.second_factors.enrol("ann", "ann@hill.example").uri)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/AskFirst:ann@hill.example")
    assert (query["issuer"], query["digits"], query["period"], query["algorithm"]) == ("AskFirst", "6", "30", "SHA1")


def test_a_new_secret_ends_the_former_one_and_removing_ends_both(passwords: Passwords) -> None:
    factors = passwords.second_factors
    first, other = secret_of(factors.enrol("ann", "a").uri), secret_of(factors.enrol("bea", "b").uri)
    second = secret_of(factors.enrol("ann", "a").uri)
    assert factors.check("ann", code_at(first, NOW), NOW) is None
    assert factors.check("ann", code_at(second, NOW), NOW) is not None
    assert passwords.remove("ann")
    assert not factors.has("ann")
    assert factors.check("bea", code_at(other, NOW), NOW) is not None


def test_of_ten_thousand_guesses_ten_reach_a_check_in_any_quarter_of_an_hour(passwords: Passwords) -> None:
    passwords.set("ann", "three random words")
    passwords.second_factors.enrol("ann", "ann")
    reached, waits = [], []
    for number in range(10_000):
        now = NOW + timedelta(milliseconds=180 * number)
        try:
            # Passwords and codes are counted together.
            if number % 2:
                passwords.second_factors.check("ann", f"{number:06d}", now)
            else:
                passwords.check("ann", "ann", "a wrong password", now)
        except Throttled as throttled:
            waits.append(throttled.wait)
            continue
        reached.append(now)
    assert 0 < min(waits) <= max(waits) <= WINDOW.total_seconds()
    # Half an hour holds two whole windows.
    assert len(reached) == 2 * MOST_GUESSES
    for start in reached:
        assert sum(start <= each < start + WINDOW for each in reached) <= MOST_GUESSES


async def test_a_code_is_used_up_also_after_a_restart_and_for_two_at_once(tmp_path: Path) -> None:
    here = await place(tmp_path)
    step = int(NOW.timestamp()) // 30
    try:
        both = await asyncio.gather(*(here.office.at_desk(NOW, first_use, "helen-marsh", step) for _ in range(2)))
        assert sorted(both) == [False, True]
        assert await here.office.at_desk(NOW, first_use, "helen-marsh", step + 1)
        assert await here.office.at_desk(NOW, first_use, "sana-malik", step)
    finally:
        here.close()
    again = await place(tmp_path)
    try:
        assert not await again.office.at_desk(NOW, first_use, "helen-marsh", step)
    finally:
        again.close()


def command(*arguments: str, path: Path) -> int:
    """Run a command in this process."""
    parser = argparse.ArgumentParser()
    passwords_cli.add_commands(parser.add_subparsers())
    options = parser.parse_args(["passwords", *arguments])
    return int(options.run(options, read_settings({"ASKFIRST_PASSWORDS": str(path)}), None))


def test_the_command_enrols(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p"
    assert command("second-factor", "h.marsh@oakfield.example", path=path) == 0
    said = capsys.readouterr().out
    uri = next(line for line in said.splitlines() if line.startswith("otpauth://totp/"))
    assert Passwords.open(path).second_factors.check("helen-marsh", code_at(secret_of(uri), NOW), NOW) is not None
    assert "no longer works" not in said
    assert command("second-factor", "helen-marsh", path=path) == 0
    assert "The former one no longer works." in capsys.readouterr().out
    with pytest.raises(BadInput, match="did you mean 'helen-marsh'"):
        command("second-factor", "helen-mash", path=path)
    assert command("remove", "helen-marsh", path=path) == 0
    assert not Passwords.open(path).second_factors.has("helen-marsh")
