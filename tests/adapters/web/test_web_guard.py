"""Who may speak to the server and how, over HTTP with a bot that answers by rote."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.web.app import Frame, listen, make_app, serve, start
from adapters.web.guard import HEADERS
from adapters.web.signin import SECRET_HEADER, ByProxy, Demonstration
from bot.casework import CaseOffice
from bot.errors import BadInput
from bot.sealing import Keyring
from bot.store.engine import open_sqlite, opened

from .conftest import Moment, Visitor, visitor_of
from .fakes import KNOWLEDGE, ORGANISATION, FakeBot

NAMED = "may I add young Quillfeather"
CROSS = {"Sec-Fetch-Site": "cross-site"}
FRAME = Frame(8080, Demonstration(), Moment())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[CaseOffice]:
    with opened(open_sqlite(tmp_path / "cases.db")) as store:
        yield CaseOffice(store, Keyring.open(tmp_path / "key"), KNOWLEDGE)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
@pytest.mark.parametrize("path", ["/", "/health", "/static/style.css", "/nowhere"])
async def test_a_foreign_host_name_is_refused(visitor: Visitor, host: str, path: str) -> None:
    response, text = await visitor.get(path, headers={"Host": host.format(port=visitor.port)})
    assert response.status == 403
    assert f'href="http://localhost:{visitor.port}/"' in text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
async def test_own_host_names_are_served(visitor: Visitor, host: str) -> None:
    response, _ = await visitor.get("/", headers={"Host": f"{host}:{visitor.port}"})
    assert response.status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/matrix", 200),
        ("/static/style.css", 200),
        ("/health", 200),
        ("/nowhere", 404),
        ("/static/", 403),
    ],
)
async def test_every_response_carries_the_headers(visitor: Visitor, path: str, status: int) -> None:
    response, _ = await visitor.get(path)
    assert response.status == status
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


async def test_the_cookie_is_closed_to_scripts_and_other_sites(visitor: Visitor) -> None:
    response, _ = await visitor.get("/")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    again, _ = await visitor.get("/")
    assert "Set-Cookie" not in again.headers


async def test_looking_stores_nothing_and_beginning_changes_the_id(visitor: Visitor) -> None:
    first, _ = await visitor.get("/")
    await visitor.begin()
    jar = {c.value for c in visitor.client.session.cookie_jar}
    assert not any(value in first.headers["Set-Cookie"] for value in jar)


@pytest.mark.parametrize("path", ["/ask", "/choose", "/new", "/who"])
async def test_a_form_needs_the_token_of_its_visit(talker: Visitor, path: str) -> None:
    good = talker.token
    for token in ("", "0" * 64, good[:-1], "é"):
        talker.token = token
        response, text = await talker.post(path, question="x", school="hill", person="ced")
        assert response.status == 403
        assert "can no longer be used" in text
    assert talker.bot.contexts == []


async def test_a_form_without_a_cookie_is_refused(talker: Visitor) -> None:
    talker.client.session.cookie_jar.clear()
    response, _ = await talker.post("/ask", question="x")
    assert response.status == 403


async def test_a_form_from_another_site_is_refused(talker: Visitor) -> None:
    for headers in (CROSS, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        response, _ = await talker.post("/ask", headers=headers, question="x")
        assert response.status == 403
    assert talker.bot.contexts == []


async def test_what_people_type_is_never_markup(talker: Visitor) -> None:
    attack = "<script>alert(1)</script>\"'><img src=x>"
    _, text = await talker.post("/ask", question=attack)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Hill &lt;b&gt;&amp; Dale&lt;/b&gt; School" in text
    _, text = await talker.get("/policy?q=%3Cscript%3E")
    assert "<script>" not in text.replace('<script src="/static/page.js" defer></script>', "")


async def test_too_long_a_body_is_refused(talker: Visitor) -> None:
    response, text = await talker.post("/ask", question="x" * 70_000)
    assert response.status == 413
    assert "That is too long" in text


async def test_other_bodies_and_methods_are_refused_kindly(talker: Visitor) -> None:
    response = await talker.client.post("/ask", json={"question": "x"})
    assert response.status == 400
    response = await talker.client.put("/")
    assert response.status == 405
    assert "does not work in this way" in await response.text()
    response = await talker.client.post("/policy")
    assert response.status == 405


async def test_a_fault_shows_no_traceback_and_logs_no_question(
    talker: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response, text = await talker.post("/ask", question=f"boom {NAMED}")
    assert response.status == 500
    assert "Something went wrong here" in text
    assert "Traceback" not in text
    assert "RuntimeError" in caplog.text
    assert "Quillfeather" not in caplog.text


async def test_a_database_that_cannot_be_written_is_admitted(talker: Visitor) -> None:
    await talker.get("/start/press")
    talker.office.store.run_now(lambda tx: tx.exec_driver_sql("ALTER TABLE drafts RENAME TO gone"))
    response, text = await talker.post("/start/press", data=[("f-question", "Why?"), ("shown", "question")])
    assert response.status == 503
    for words in ("This was not recorded", "nothing that you sent was kept", "by voice, or call 999"):
        assert words in text


async def test_questions_are_never_logged_or_put_in_an_address(
    talker: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response, _ = await talker.post("/ask", question=NAMED)
    assert "Quillfeather" not in str(response.url)
    assert "Quillfeather" not in caplog.text


async def test_health_is_one_plain_line(visitor: Visitor) -> None:
    response, text = await visitor.get("/health")
    assert response.content_type == "text/plain"
    assert text == "ready: fake\n"
    assert "Set-Cookie" not in response.headers


def test_a_school_with_an_unknown_policy_is_refused_at_the_start(office: CaseOffice) -> None:
    school = ORGANISATION.schools[0].model_copy(update={"policy": "other"})
    with pytest.raises(BadInput, match="school hill: unknown policy"):
        make_app(FakeBot(), office, ORGANISATION.model_copy(update={"schools": (school,)}), FRAME)


def test_a_real_school_is_not_served_to_whoever_comes(office: CaseOffice) -> None:
    with pytest.raises(BadInput, match="nobody would have to sign in"):
        make_app(FakeBot(), office, ORGANISATION.model_copy(update={"sample": False}), FRAME)


def test_a_demonstration_is_for_this_machine_alone(office: CaseOffice) -> None:
    elsewhere = (replace(FRAME, address="10.0.0.1"), replace(FRAME, public_url="https://ask.example"))
    for frame in elsewhere:
        with pytest.raises(BadInput, match="for this machine alone"):
            make_app(FakeBot(), office, ORGANISATION, frame)


async def test_behind_a_proxy_with_tls(tmp_path: Path) -> None:
    url = "https://ask.school.example"
    way = ByProxy("X-Forwarded-Email", b"s" * 40)
    async for visitor in visitor_of(tmp_path, way=way, public_url=url):
        visitor.headers = {"Host": "ask.school.example", "X-Forwarded-Email": "ann", SECRET_HEADER: "s" * 40}
        response, _ = await visitor.get("/desk")
        assert response.status == 200
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-askfirst=")
        for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
        visitor.headers["Cookie"] = cookie.partition(";")[0]
        visitor.headers["X-Forwarded-Email"] = "ann"
        for origin, status in (
            (url, 200),
            ("http://ask.school.example", 403),
            (f"http://localhost:{visitor.port}", 403),
        ):
            response, _ = await visitor.post("/ask", headers={"Origin": origin}, question="may I?")
            assert response.status == status, origin
        response, _ = await visitor.get("/", headers={"Host": f"localhost:{visitor.port}"})
        assert response.status == 403


async def test_serving_announces_its_address_and_stops(office: CaseOffice) -> None:
    announced: list[str] = []
    task = asyncio.create_task(serve(FakeBot(), office, ORGANISATION, replace(FRAME, port=0), announced.append))
    while not announced:
        await asyncio.sleep(0.01)
    port = int(announced[0].rstrip("/").rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /health HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
    assert b"ready: fake" in await reader.read()
    writer.close()
    with pytest.raises(BadInput, match=f"port {port} cannot be used"):
        listen(port)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_cannot_be_parsed_is_not_logged(office: CaseOffice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    listener = listen(0)
    runner = await start(FakeBot(), office, ORGANISATION, FRAME, listener)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
    writer.write(f"{NAMED}\r\n\r\n".encode())
    reply = await reader.read()
    writer.close()
    await runner.cleanup()
    assert reply.startswith(b"HTTP/1.0 400")
    assert b"Traceback" not in reply
    assert "Quillfeather" not in caplog.text
