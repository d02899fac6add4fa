"""How people come in and go out: demonstration, password, trusted proxy (SECURITY T03, T09, T17, T18)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from adapters.web.conversations import IDLE_SECONDS, LONGEST_SECONDS
from adapters.web.signin import SECRET_HEADER, ByPassword, ByProxy, proxy_secret
from bot.errors import BadInput
from bot.guesses import MOST_GUESSES, WINDOW
from bot.passwords import Passwords

from .conftest import Visitor, visitor_of
from .fakes import without

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SECRET = b"s" * 40
HEADER = "X-Forwarded-Email"


@pytest_asyncio.fixture
async def locked(tmp_path: Path) -> AsyncIterator[Visitor]:
    """A visitor of pages with a password file, in which Ann and Ced and a leaver have one."""
    passwords = Passwords(tmp_path / "passwords", QUICK)
    for person in ("ann", "ced", "old"):
        passwords.set(person, PASSWORD)
    async for each in visitor_of(tmp_path, way=ByPassword(passwords)):
        yield each


@pytest_asyncio.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[Visitor]:
    """A visitor of pages behind a proxy that signs people in."""
    async for each in visitor_of(tmp_path, way=ByProxy(HEADER, SECRET)):
        yield each


async def _sign_in(visitor: Visitor, name: str, password: str) -> tuple[int, str]:
    await visitor.get("/sign-in")
    response, text = await visitor.post("/sign-in", name=name, password=password)
    return response.status, text


@pytest.mark.parametrize("name", ["ann", " ANN ", "ced@hill.EXAMPLE"])
async def test_the_right_password_opens(locked: Visitor, name: str) -> None:
    status, text = await _sign_in(locked, name, PASSWORD)
    assert status == 200
    assert "Your question" in text
    assert "Demonstration" not in text
    assert "Change school or person" not in text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "wrong horse battery"),
        ("ann", ""),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("fay", PASSWORD),
        ("old", PASSWORD),
    ],
)
async def test_everything_else_is_told_the_same(locked: Visitor, name: str, password: str) -> None:
    status, text = await _sign_in(locked, name, password)
    assert status == 403
    assert "That name and password do not go together; check both and try again." in text
    assert "Childline" in text
    response, _ = await locked.get("/desk")
    assert response.headers["Location"] == "/sign-in?next=%2Fdesk"


async def test_guesses_are_throttled_even_the_right_one(locked: Visitor) -> None:
    for _ in range(MOST_GUESSES):
        await _sign_in(locked, "ann", "a wrong password")
    status, text = await _sign_in(locked, "ann", PASSWORD)
    assert status == 429
    assert "wait 15 minutes" in text
    assert (await _sign_in(locked, "ced", PASSWORD))[0] == 200
    await locked.post("/sign-out")
    locked.moment.now += WINDOW
    assert (await _sign_in(locked, "ann", PASSWORD))[0] == 200


async def test_a_form_leads_on_to_where_one_wanted_to_go(locked: Visitor) -> None:
    _, text = await locked.get("/sign-in?next=%2Fdesk")
    assert 'name="next" value="/desk"' in text
    response, _ = await locked.post("/sign-in", name="ann", password=PASSWORD, next="/desk", follow=False)
    assert response.headers["Location"] == "/desk"


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil", "evil", ""])
async def test_nobody_is_led_to_another_site(locked: Visitor, onward: str) -> None:
    await locked.get("/sign-in")
    response, _ = await locked.post("/sign-in", name="ann", password=PASSWORD, next=onward, follow=False)
    assert response.headers["Location"] == "/"


async def test_choosing_a_person_is_for_the_demonstration_alone(locked: Visitor) -> None:
    response, _ = await locked.get("/who")
    assert response.status == 404
    await locked.get("/sign-in")
    response, _ = await locked.post("/who", school="hill", person="ann")
    assert response.status == 404


async def test_signing_in_gives_a_fresh_id_and_out_forgets_it(locked: Visitor) -> None:
    before, _ = await locked.get("/sign-in")
    response, _ = await locked.post("/sign-in", name="ann", password=PASSWORD, follow=False)
    given = response.cookies[locked.site.cookie]
    assert given.value not in before.headers["Set-Cookie"]
    assert given["httponly"]
    assert given["samesite"] == "Strict"
    await locked.get("/")
    response, _ = await locked.post("/sign-out", follow=False)
    assert response.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert locked.site.conversations.find(given.value) is None


@pytest.mark.parametrize(("path", "method"), [("/desk", "GET"), ("/case/" + "0" * 32, "POST")])
async def test_eight_hours_end_it_however_busy(locked: Visitor, path: str, method: str) -> None:
    await _sign_in(locked, "ann", PASSWORD)
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS - 60)):
        locked.clock.now += IDLE_SECONDS - 60
        response, _ = await locked.get("/desk")
        assert response.status == 200
    locked.clock.now += IDLE_SECONDS - 60
    response = (await (locked.get(path) if method == "GET" else locked.post(path, do="say", words="kept words")))[0]
    assert response.status == (303 if method == "GET" else 403)
    if method == "POST":
        assert "kept words" in await response.text()


async def test_a_page_that_reads_itself_keeps_nobody_signed_in(talker: Visitor) -> None:
    for _ in range(2):
        talker.clock.now += IDLE_SECONDS / 2 + 1
        response, _ = await talker.get("/desk", headers={"X-AskFirst-Live": "yes"})
    assert response.status == 303


async def test_who_leaves_is_shown_out_at_the_next_click(talker: Visitor) -> None:
    await talker.office.adopt(without("ann"), talker.moment())
    response, text = await talker.get("/desk")
    assert response.status == 403
    for words in ("AskFirst cannot serve you here", "call 999", "safeguarding lead", "0800 1111"):
        assert words in text
    assert "Small policy" not in text
    assert "Ann Bee" not in text
    response, _ = await talker.get("/desk")
    assert response.status == 303


async def test_leavers_are_not_offered(visitor: Visitor) -> None:
    _, text = await visitor.get("/who?school=hill")
    assert "Ann Bee" in text
    assert "Old Hand" not in text
    response, _ = await visitor.post("/who", school="hill", person="old")
    assert response.status == 400


async def test_the_demonstration_says_that_it_is_one(talker: Visitor) -> None:
    for path in ("/", "/who", "/start", "/desk", "/register", "/policy", "/nowhere"):
        _, text = await talker.get(path)
        assert "Demonstration. Sample schools." in text, path


# The proxy.


@pytest.mark.parametrize("name", ["ann", "ced@hill.example", "CED@HILL.EXAMPLE"])
async def test_the_proxy_names_the_person(proxied: Visitor, name: str) -> None:
    proxied.headers = {HEADER: name, SECRET_HEADER: SECRET.decode()}
    response, text = await proxied.get("/desk")
    assert response.status == 200
    assert ("Ann Bee" if name == "ann" else "Ced Dee") in text
    _, text = await proxied.post("/ask", question="may I?")
    assert "Must not" in text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: "ann"},
        {HEADER: "ann", SECRET_HEADER: "s" * 39},
        {HEADER: "ann", SECRET_HEADER: ""},
        {SECRET_HEADER: SECRET.decode()},
        {HEADER: "", SECRET_HEADER: SECRET.decode()},
    ],
)
async def test_without_the_secret_nobody_is_believed(proxied: Visitor, headers: dict[str, str]) -> None:
    response, text = await proxied.get("/desk", headers=headers)
    assert response.status == 403
    assert "You are not signed in" in text
    assert "Ann Bee" not in text


async def test_a_header_that_came_twice_is_not_believed(proxied: Visitor) -> None:
    twice = [(HEADER, "ann"), (HEADER, "ced"), (SECRET_HEADER, SECRET.decode())]
    async with proxied.client.get("/desk", headers=twice) as response:
        assert response.status == 403


@pytest.mark.parametrize("name", ["nobody", "old"])
async def test_who_is_not_staff_gets_the_one_reply(proxied: Visitor, name: str) -> None:
    proxied.headers = {HEADER: name, SECRET_HEADER: SECRET.decode()}
    response, text = await proxied.get("/policy")
    assert response.status == 403
    assert "AskFirst cannot serve you here" in text


async def test_another_person_in_the_header_is_another_visit(proxied: Visitor) -> None:
    proxied.headers = {HEADER: "ann", SECRET_HEADER: SECRET.decode()}
    await proxied.get("/desk")
    await proxied.post("/ask", question="something of Ann's")
    proxied.headers[HEADER] = "ced"
    response, _ = await proxied.post("/ask", question="in her name?")
    assert response.status == 403
    _, text = await proxied.get("/")
    assert "Ced Dee" in text
    assert "something of Ann" not in text


def test_the_secret_is_long_and_its_file_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x" * 31)
    path.chmod(0o600)
    with pytest.raises(BadInput, match="shorter than 32"):
        proxy_secret(path)
    path.write_text("x" * 32 + "\n")
    assert proxy_secret(path) == b"x" * 32
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        proxy_secret(path)
    with pytest.raises(BadInput, match="cannot be read"):
        proxy_secret(tmp_path / "none")


def test_the_window_is_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == WINDOW
    assert MOST_GUESSES == 10
