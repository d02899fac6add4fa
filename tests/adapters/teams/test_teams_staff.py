"""Who is served (SECURITY T03), with the real desk, and how soon."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.chat.desk import ChatDesk
from bot.chat.identify import STRANGER_CARD
from bot.core import Bot
from tests.adapters.teams.conftest import HELEN, Bench
from tests.adapters.teams.fake_teams.people import lines
from tests.adapters.teams.fake_teams.running import Running


@pytest.fixture
async def real(bench: Bench, bot: Bot) -> Any:
    desk = ChatDesk(bot, bench.office)
    async with Running(bench.teams, desk, bench.office, lambda: bench.running_now) as running:
        yield running


STRANGERS: dict[str, dict[str, Any]] = {
    "pupil": {"email": "pupil@oakfield.example"},
    "guest": {"email": "p.nair@oakfield.example", "role": "guest"},
    "anonymous": {"email": "p.nair@oakfield.example", "role": "anonymous"},
    "another tenant": {"email": "p.nair@oakfield.example", "tenant": "1b2c3d4e-0000-4000-8000-0000000000ee"},
    "leaver": {},
}


@pytest.mark.parametrize("who", STRANGERS)
async def test_nobody_but_staff_is_answered(bench: Bench, real: Running, who: str) -> None:
    user = "bbbbbbbb-0000-4000-8000-000000000009"
    if STRANGERS[who]:
        bench.teams.add(user, "Somebody", **STRANGERS[who])
    client = real.client(user)
    await client.say("Can I accept a friend request from a parent?")
    await real.settle()
    assert [each.now["summary"] for each in client.messages()] == [STRANGER_CARD.summary]
    for name in ("task/fetch", "task/submit"):
        answer = await client.invoke(name, {"data": {"press": "menu|||0"}})
        said = lines(answer.body["task"]["value"]["card"]["content"])
        assert said == [STRANGER_CARD.summary]
    contact = await bench.office.at_desk(bench.running_now, lambda d: d.records.contact("teams", client.tenant, user))
    assert contact is None, "something of a stranger was kept"


async def test_staff_are_known_by_the_address_that_the_directory_vouches_for(bench: Bench, real: Running) -> None:
    user = "cccccccc-0000-4000-8000-000000000003"
    bench.teams.add(user, "Priya Nair", "P.Nair@oakfield.example")
    client = real.client(user)
    await client.say("Can I accept a friend request from a parent?")
    await real.settle()
    assert client.messages()[0].now["summary"] != STRANGER_CARD.summary
    lookups = [path for _, path in bench.teams.calls if "/members/" in path]
    await client.say("And from a pupil?")
    await real.settle()
    assert [path for _, path in bench.teams.calls if "/members/" in path] == lookups, "asked for more than once"


async def test_an_answer_comes_within_two_seconds(bench: Bench, real: Running) -> None:
    client = real.client(HELEN)
    started = asyncio.get_running_loop().time()
    await client.say("Can I accept a friend request from a parent?")
    await real.settle()
    assert client.messages()
    assert asyncio.get_running_loop().time() - started < 2
