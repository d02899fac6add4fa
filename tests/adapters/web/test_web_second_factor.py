"""The one-time code before restricted cases, files and the audit (SECURITY T18)."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from adapters.web.access import Second
from adapters.web.app import ROUTES
from adapters.web.conversations import CONFIRMED_SECONDS
from adapters.web.signin import SECRET_HEADER, ByPassword, ByProxy
from bot.guesses import MOST_GUESSES, WINDOW
from bot.passwords import Passwords
from tests.one_time_codes import code_at, secret_of

from .conftest import Visitor, visitor_of
from .steps import PUPIL, ask_press, fill, key_of, report_pupil, version_of
from .test_web_forms import png

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SECRET = b"s" * 40
HEADER = "X-Forwarded-Email"
ASKED = "Type your code"
NONE_YET = "You need a second factor for this"


@dataclass
class School:
    """The pages of a school where people sign in by password; Ced and Gil have phones with codes."""

    ann: Visitor
    phones: dict[str, bytes]
    others: list[Visitor] = field(default_factory=list)

    async def sign_in(self, person: str) -> Visitor:
        """The person in a browser of their own."""
        client: TestClient = TestClient(self.ann.client.server, cookie_jar=CookieJar(unsafe=True))  # type: ignore[type-arg]
        self.ann.others.append(client)
        other = Visitor(client, self.ann.port, self.ann.bot, self.ann.clock, self.ann.moment, self.ann.office)
        await enter(other, person)
        return other

    def code(self, person: str) -> str:
        """What the person's phone shows."""
        return code_at(self.phones[person], self.ann.moment())


async def enter(visitor: Visitor, person: str) -> None:
    """Sign in by password."""
    await visitor.get("/sign-in")
    response, _ = await visitor.post("/sign-in", name=person, password=PASSWORD)
    assert response.status == 200


@pytest_asyncio.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    passwords = Passwords(tmp_path / "passwords", QUICK)
    for person in ("ann", "bea", "ced", "gil"):
        passwords.set(person, PASSWORD)
    phones = {each: secret_of(passwords.second_factors.enrol(each, each).uri) for each in ("ced", "gil")}
    async for visitor in visitor_of(tmp_path, way=ByPassword(passwords)):
        await enter(visitor, "ann")
        yield School(visitor, phones)


async def reported(school: School) -> str:
    """Ann's report, restricted; the id of the case, which its handler finds on the desk."""
    await _send_report(school.ann)
    head = await school.sign_in("ced")
    _, text = await head.get("/desk")
    found = re.search(r"/case/([0-9a-f]{32})", text)
    assert found
    return found[1]


async def _send_report(visitor: Visitor) -> tuple[ClientResponse, str]:
    await fill(visitor, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    _, text = await visitor.get("/start/friend-report/check")
    return await visitor.post("/start/friend-report/send", key=key_of(text))


def test_every_route_of_a_case_says_whether_it_wants_a_code() -> None:
    for each in ROUTES:
        if "{case}" in each.path or "{ticket}" in each.path or each.path.startswith("/audit"):
            # The stream carries a version number alone.
            assert (each.second is Second.NEVER) == (each.path == "/live/{case}"), each.path
        if "evidence" in each.path or each.path.startswith("/audit"):
            assert each.second is Second.ALWAYS, each.path


async def test_a_restricted_case_asks_and_goes_on_where_the_person_was(school: School) -> None:
    case, head = await reported(school), await school.sign_in("ced")
    for path in (f"/case/{case}", f"/case/{case}?done=say"):
        response, text = await head.get(path)
        assert response.status == 403
        assert ASKED in text
        assert PUPIL not in text
    response, text = await head.post(
        "/second-factor", next=html.unescape(_value(text, "next")), code=school.code("ced")
    )
    assert str(response.url).endswith(f"/case/{case}?done=say")
    assert response.status == 200
    assert PUPIL in text
    response, text = await head.get("/audit")
    assert response.status == 200
    assert "Report a request" in text


def _value(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found[1]


async def test_what_is_not_restricted_asks_for_nothing(school: School) -> None:
    case = await ask_press(school.ann)
    response, text = await school.ann.get(f"/case/{case}")
    assert response.status == 200
    assert "Why is the gate shut?" in text
    for path in ("/desk", "/start", "/register", "/register.csv", "/people", "/start/friend-report"):
        response, _ = await school.ann.get(path)
        assert response.status == 200, path


@pytest.mark.parametrize("path", ["/audit", "/audit?reference=AF-1"])
async def test_the_audit_asks(school: School, path: str) -> None:
    head = await school.sign_in("ced")
    response, text = await head.get(path)
    assert response.status == 403
    assert ASKED in text
    # Who may not read it at all learns nothing of codes.
    response, _ = await school.ann.get(path)
    assert response.status == 404


async def test_a_file_asks_once_the_code_is_old(school: School) -> None:
    await _send_report_with_file(school.ann)
    head = await school.sign_in("ced")
    _, text = await head.get("/desk")
    case = re.search(r"/case/([0-9a-f]{32})", text)
    assert case
    await head.get("/second-factor")
    await head.post("/second-factor", code=school.code("ced"))
    _, text = await head.get(f"/case/{case[1]}")
    wanted = re.search(r"/case/[0-9a-f]{32}/evidence/[0-9a-f]{32}", text)
    assert wanted
    head.clock.now += CONFIRMED_SECONDS - 1
    await head.get("/desk")
    head.clock.now += 1
    response, text = await head.post(wanted[0])
    assert response.status == 403
    assert ASKED in text
    head.moment.now += timedelta(seconds=60)
    response, _ = await head.post(wanted[0], code=school.code("ced"))
    assert response.status == 200
    assert response.content_type == "image/png"


async def _send_report_with_file(visitor: Visitor) -> None:
    await fill(visitor, "friend-report", {"pupil": PUPIL, "subject": "nobody", "family": "no"})
    await visitor.post("/start/friend-report/gate", gate="no")
    _, text = await visitor.get("/start/friend-report/check")
    await visitor.upload("/start/friend-report/send", [("a.png", png())], key=key_of(text))


async def test_words_that_arrive_too_late_go_on_with_the_code(school: School) -> None:
    case, head = await reported(school), await school.sign_in("ced")
    await head.get(f"/case/{case}")
    await head.post("/second-factor", next=f"/case/{case}", code=school.code("ced"))
    _, text = await head.get(f"/case/{case}")
    sent = {"do": "say", "words": 'Thank you.\n <Ring> the "family"', "key": key_of(text), "version": version_of(text)}
    head.clock.now += CONFIRMED_SECONDS - 60
    await head.get("/desk")
    head.clock.now += 60
    head.moment.now += timedelta(minutes=30)
    response, text = await head.post(f"/case/{case}", data=list(sent.items()))
    assert response.status == 403
    assert "Nothing was sent yet. What you wrote goes on with the code." in text
    assert PUPIL not in text
    carried = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text)
    }
    del carried["token"]
    assert carried == sent
    _, text = await head.post(f"/case/{case}", data=[*carried.items(), ("code", "000000")])
    assert "That code is not right" in text
    assert 'name="code" value=' not in text
    response, text = await head.post(f"/case/{case}", data=[*carried.items(), ("code", school.code("ced"))])
    assert response.status == 200
    assert "Your message was sent." in text
    assert html.escape(sent["words"], quote=False).replace('"', "&#34;") in text


async def test_a_page_that_reads_itself_is_left_as_it_is(school: School) -> None:
    case, head = await reported(school), await school.sign_in("ced")
    live = {"X-AskFirst-Live": "yes"}
    await head.get(f"/case/{case}")
    await head.post("/second-factor", next=f"/case/{case}", code=school.code("ced"))
    assert (await head.get(f"/case/{case}", headers=live))[0].status == 200
    head.clock.now += CONFIRMED_SECONDS - 60
    await head.get("/desk")
    assert (await head.get(f"/case/{case}", headers=live))[0].status == 200
    head.clock.now += 60
    # 403 and 404 make the page load itself anew, and 2xx is put in its place: both would take words being written.
    response, text = await head.get(f"/case/{case}", headers=live)
    assert response.status == 428
    assert not text


async def test_the_code_lasts_while_it_is_used_and_ends_with_the_session(school: School) -> None:
    case, head = await reported(school), await school.sign_in("ced")
    await head.get("/second-factor")
    await head.post("/second-factor", next="/desk", code=school.code("ced"))
    for _ in range(3):
        head.clock.now += CONFIRMED_SECONDS - 1
        response, _ = await head.get(f"/case/{case}")
        assert response.status == 200
    await head.post("/sign-out")
    await enter(head, "ced")
    response, text = await head.get(f"/case/{case}")
    assert response.status == 403
    assert ASKED in text


async def test_a_code_opens_once(school: School) -> None:
    case, head, again = await reported(school), await school.sign_in("ced"), await school.sign_in("ced")
    for visitor, status in ((head, 200), (again, 403)):
        await visitor.get(f"/case/{case}")
        response, text = await visitor.post("/second-factor", next=f"/case/{case}", code=school.code("ced"))
        assert response.status == status
    assert "it was used already; wait for the next one" in text
    again.moment.now += timedelta(seconds=30)
    response, _ = await again.post("/second-factor", next=f"/case/{case}", code=school.code("ced"))
    assert response.status == 200


async def test_guesses_of_codes_and_passwords_are_throttled_together(school: School) -> None:
    head = await school.sign_in("ced")
    await head.get("/second-factor")
    # Signing in was the first.
    for number in range(MOST_GUESSES - 1):
        response, text = await head.post("/second-factor", code=f"{number:06d}")
        assert (response.status, "That code is not right" in text) == (403, True)
    response, text = await head.post("/second-factor", code=school.code("ced"))
    assert response.status == 429
    assert 0 < int(response.headers["Retry-After"]) <= WINDOW.total_seconds()
    assert "wait 15 minutes" in text
    await head.post("/sign-out")
    await head.get("/sign-in")
    response, _ = await head.post("/sign-in", name="ced", password=PASSWORD)
    assert response.status == 429
    head.moment.now += WINDOW
    response, _ = await head.post("/sign-in", name="ced", password=PASSWORD)
    assert response.status == 200
    response, _ = await head.post("/second-factor", code=school.code("ced"))
    assert response.status == 200


async def test_a_report_is_received_without_a_code_and_its_maker_told_what_to_do(school: School) -> None:
    response, text = await _send_report(school.ann)
    assert response.status == 403
    assert "Your report was received and recorded." in text
    assert re.search(r"Its number is AF-\w+", text)
    assert NONE_YET in text
    assert "python app.py passwords second-factor ann" in text
    assert "call 999" in text
    assert PUPIL not in text
    _, text = await school.ann.get("/desk")
    assert "Report a request" in text


async def test_nobody_learns_by_it_what_is_there(school: School) -> None:
    case, other = await reported(school), await school.sign_in("bea")
    for number in (case, "0" * 32):
        response, text = await other.get(f"/case/{number}")
        assert response.status == 404
        assert ASKED not in text
        assert NONE_YET not in text


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil"])
async def test_a_code_leads_to_no_other_site(school: School, onward: str) -> None:
    head = await school.sign_in("ced")
    await head.get("/second-factor")
    response, _ = await head.post("/second-factor", next=onward, code=school.code("ced"), follow=False)
    assert response.headers["Location"] == "/"


async def test_a_proxy_is_trusted_with_it(tmp_path: Path) -> None:
    async for visitor in visitor_of(tmp_path, way=ByProxy(HEADER, SECRET)):
        visitor.headers = {HEADER: "ann", SECRET_HEADER: SECRET.decode()}
        case = await report_pupil(visitor)
        assert PUPIL in (await visitor.get(f"/case/{case}"))[1]
        assert (await visitor.get("/second-factor"))[0].status == 404


async def test_a_demonstration_asks_for_none_and_says_so(talker: Visitor) -> None:
    case = await report_pupil(talker)
    assert PUPIL in (await talker.get(f"/case/{case}"))[1]
    assert (await talker.get("/second-factor"))[0].status == 404
    _, text = await talker.get("/who")
    assert "one-time code as well. This demonstration asks for neither." in text
