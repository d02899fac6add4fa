"""Our own Slack does what docs.slack.dev says of the real one, so that what stands on it means something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from .fake_slack import CannotDo, FakeSlack, Fault

Json = dict[str, Any]


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class App:
    """An app that keeps what it hears, and answers as it is told. slow: real seconds before it answers."""

    clock: Clock
    secret: str
    heard: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    status: int = 200
    slow: float = 0
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        verifier = SignatureVerifier(self.secret)
        stamp, signature = request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        assert signature == verifier.generate_signature(timestamp=stamp, body=body)
        assert int(stamp) == int(self.clock().timestamp())
        self.headers.append(dict(request.headers))
        self.heard.append(_read(request, body))
        await asyncio.sleep(self.slow)
        answer = self.answers.pop(0) if self.answers else ""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(status=self.status, text=text)


def _read(request: web.Request, body: bytes) -> Json:
    if request.content_type == "application/json":
        found: Json = json.loads(body)
        return found
    form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return json.loads(form["payload"]) if "payload" in form else form


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock, patience=0.3) as slack:
        slack.workspace("T1")
        slack.person("U1", email="Ann@hill.example")
        slack.person("U2")
        yield slack


@pytest_asyncio.fixture
async def app(slack: FakeSlack, clock: Clock) -> AsyncIterator[App]:
    app = App(clock, slack.secret)
    site = web.Application()
    site.router.add_post("/slack/events", app.handle)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    slack.listen(app.url)
    yield app
    await runner.cleanup()


def holding(token: str, slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=slack.api_url)


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    return holding("xoxb-T1", slack)


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as raised:
        await call
    return str(raised.value.response["error"])


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def question(block_id: str = "in|why|0|0", **element: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": "Why"},
        "element": {"type": "plain_text_input", "action_id": "answer", **element},
    }


def modal(*blocks: Json, title: str = "Form", submit: str | None = "Send") -> Json:
    made: Json = {"type": "modal", "title": {"type": "plain_text", "text": title}, "blocks": list(blocks)}
    return made | ({"submit": {"type": "plain_text", "text": submit}} if submit else {})


PRESS: Json = {"type": "button", "action_id": "press:0", "value": "v", "text": {"type": "plain_text", "text": "Open"}}
BUTTON: Json = {"type": "actions", "elements": [PRESS]}

# Blocks.


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x")] * 51,
        [section("x" * 3_001)],
        [section("")],
        [{"type": "section", "fields": [{"type": "plain_text", "text": "x" * 2_001}]}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "nonsense"}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}],
        [{"type": "actions", "elements": [PRESS, PRESS]}],
        [{"type": "actions", "elements": [{**PRESS, "text": {"type": "plain_text", "text": "x" * 76}}]}],
        [{"block_id": "a", **section("x")}, {"block_id": "a", **section("y")}],
        [{"type": "rich_text", "elements": []}],
    ],
)
async def test_a_message_that_slack_would_refuse_is_refused(client: AsyncWebClient, blocks: list[Json]) -> None:
    assert await refusal(client.chat_postMessage(channel="U1", text="x", blocks=blocks)) == "invalid_blocks"


async def test_a_message_that_is_too_long_as_a_whole_is_refused(client: AsyncWebClient) -> None:
    blocks = [section("x" * 2_900)] * 5
    assert await refusal(client.chat_postMessage(channel="U1", text="x", blocks=blocks)) == "msg_blocks_too_long"
    assert await refusal(client.chat_postMessage(channel="U1", text="x" * 4_001)) == "msg_too_long"


@pytest.mark.parametrize(
    "view",
    [
        modal(question(), submit=None),
        modal(section("x"), title="A title of more than 24 letters"),
        modal(*[section("x")] * 101),
        modal(question(max_length=3_001)),
        modal(question(initial_value="x" * 3_001)),
        modal(question("b"), question("b")),
        modal({**question(), "element": {"type": "radio_buttons", "options": [
            {"text": {"type": "plain_text", "text": "x"}, "value": str(i)} for i in range(11)]}}),
        modal({**question(), "element": {"type": "static_select", "options": [
            {"text": {"type": "plain_text", "text": "x"}, "value": str(i)} for i in range(101)]}}),
        modal({**question(), "element": {"type": "static_select", "options": [
            {"text": {"type": "plain_text", "text": "x"}, "value": "a"}],
            "initial_option": {"text": {"type": "plain_text", "text": "y"}, "value": "a"}}}),
        {**modal(section("x")), "private_metadata": "x" * 3_001},
        {**modal(section("x")), "type": "home"},
        modal({"type": "context_actions", "elements": []}),
    ],
)  # fmt: skip
async def test_a_view_that_slack_would_refuse_is_refused(slack: FakeSlack, client: AsyncWebClient, view: Json) -> None:
    trigger = slack.world.trigger("U1")
    assert await refusal(client.views_open(trigger_id=trigger, view=view)) == "invalid_arguments"


# Messages.


async def test_messages_stand_where_they_were_posted_and_can_be_changed_and_taken_back(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    opened = await client.conversations_open(users="U1")
    first = await client.chat_postMessage(channel=opened["channel"]["id"], text="one")
    await client.chat_postMessage(channel="U1", text="two", thread_ts=first["ts"])
    await client.chat_update(channel=first["channel"], ts=first["ts"], text="changed", blocks=[section("b")])
    assert [(m.text, m.thread, m.edited) for m in slack.from_bot("U1")] == [
        ("changed", None, 1),
        ("two", first["ts"], 0),
    ]
    assert (await client.conversations_open(users="U1"))["channel"]["id"] == slack.dm("U1")
    await client.chat_delete(channel=first["channel"], ts=first["ts"])
    assert [m.text for m in slack.from_bot("U1")] == ["two"]
    assert await refusal(client.chat_update(channel=first["channel"], ts=first["ts"], text="x")) == "message_not_found"


async def test_a_bot_changes_nobody_elses_message(slack: FakeSlack, app: App, client: AsyncWebClient) -> None:
    await slack.say("U1", "mine")
    channel, ts = slack.dm("U1"), slack.messages("U1")[0].ts
    assert await refusal(client.chat_update(channel=channel, ts=ts, text="x")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel=channel, ts=ts)) == "cant_delete_message"


async def test_a_hint_is_seen_by_one_person_and_only_where_they_are(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.channel("C1", "U1")
    await client.chat_postEphemeral(channel="C1", user="U1", text="for you")
    assert [m.text for m in slack.ephemerals("U1")] == ["for you"]
    assert slack.messages("C1") == []
    assert await refusal(client.chat_postEphemeral(channel="C1", user="U2", text="x")) == "user_not_in_channel"
    slack.channel("C2", "U1", bot=False)
    assert await refusal(client.chat_postMessage(channel="C2", text="x")) == "not_in_channel"


async def test_a_channel_takes_about_a_message_a_second(slack: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    for number in range(10):
        await client.chat_postMessage(channel="U1", text=str(number))
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel="U1", text="too many")
    assert raised.value.response.status_code == 429
    await client.chat_postMessage(channel="U2", text="another place")
    clock.on(int(raised.value.response.headers["Retry-After"]))
    await client.chat_postMessage(channel="U1", text="later")


async def test_it_goes_wrong_when_told_so_and_only_then(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", 503)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="U1", text="lost")
    slack.faults.plan(Fault("chat.postMessage", 500, done=True))
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="U1", text="done, and the answer is lost")
    slack.fail("*", error="fatal_error")
    assert await refusal(client.users_info(user="U1")) == "fatal_error"
    await client.chat_postMessage(channel="U1", text="well")
    assert [m.text for m in slack.from_bot("U1")] == ["done, and the answer is lost", "well"]


# Tokens.


async def test_tokens_open_their_own_workspace_with_their_own_scopes(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.workspace("T2", scopes={"chat:write"})
    slack.person("U9", "T2")
    other = holding("xoxb-T2", slack)
    assert (await other.auth_test())["team_id"] == "T2"
    assert await refusal(client.chat_postMessage(channel="U9", text="x")) == "channel_not_found"
    assert await refusal(other.users_info(user="U9")) == "missing_scope"
    assert await refusal(holding("xoxb-no", slack).auth_test()) == "invalid_auth"
    slack.world.workspaces["T1"].revoked = True
    assert await refusal(client.auth_test()) == "token_revoked"


async def test_an_installation_by_oauth_works_once_a_code(slack: FakeSlack) -> None:
    client, code = AsyncWebClient(base_url=slack.api_url), slack.grant("T1")
    secrets = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    assert (await client.oauth_v2_access(code=code, **secrets))["access_token"] == "xoxb-T1"
    assert await refusal(client.oauth_v2_access(code=code, **secrets)) == "invalid_code"


async def test_people_are_told_of_with_what_tells_staff_from_others(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.person("U3", guest=True)
    slack.person("U4", home="T7", email="a@else.example")
    slack.person("U5", deactivated=True, email="gone@hill.example")
    assert (await client.users_info(user="U1"))["user"]["profile"]["email"] == "Ann@hill.example"
    assert (await client.users_info(user="U3"))["user"]["is_restricted"] is True
    stranger = (await client.users_info(user="U4"))["user"]
    assert (stranger["is_stranger"], stranger["team_id"]) == (True, "T7")
    assert (await client.users_info(user="U5"))["user"]["deleted"] is True
    assert (await client.users_lookupByEmail(email="ann@hill.example"))["user"]["id"] == "U1"
    assert await refusal(client.users_lookupByEmail(email="gone@hill.example")) == "users_not_found"


async def test_files_open_for_the_token_alone(slack: FakeSlack) -> None:
    slack.workspace("T2")
    id = slack.upload("U1", "a.png", b"\x89PNG")
    address = f"{slack.server.base}/files-pri/T1-{id}/a.png"
    async with ClientSession() as session:
        for token, found in (
            ("xoxb-T1", b"\x89PNG"),
            ("xoxb-T2", b"<html>Sign in</html>"),
            ("", b"<html>Sign in</html>"),
        ):
            async with session.get(address, headers={"Authorization": f"Bearer {token}"}) as response:
                assert await response.read() == found


# Views.


async def test_a_trigger_is_good_for_three_seconds_and_once(
    slack: FakeSlack, client: AsyncWebClient, clock: Clock
) -> None:
    late, once = slack.world.trigger("U1"), slack.world.trigger("U2")
    await client.views_open(trigger_id=once, view=modal(section("x")))
    assert await refusal(client.views_open(trigger_id=once, view=modal(section("x")))) == "exchanged_trigger_id"
    clock.on(3.5)
    assert await refusal(client.views_open(trigger_id=late, view=modal(section("x")))) == "expired_trigger_id"
    assert await refusal(client.views_open(trigger_id="1.2.x", view=modal(section("x")))) == "invalid_trigger_id"


async def test_three_views_stand_on_each_other_and_no_more(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.views_open(trigger_id=slack.world.trigger("U1"), view=modal(section("1")))
    for number in (2, 3):
        top = slack.modal("U1")
        assert top
        await client.views_push(trigger_id=slack.world.trigger("U1", top.id), view=modal(section(str(number))))
    top = slack.modal("U1")
    assert top
    trigger = slack.world.trigger("U1", top.id)
    assert await refusal(client.views_push(trigger_id=trigger, view=modal(section("4")))) == "push_limit_reached"
    slack.close("U1")
    below = slack.modal("U1")
    assert below
    assert below.body["blocks"][0]["text"]["text"] == "2"


async def test_an_update_wants_the_hash_it_was_made_on_and_keeps_what_was_typed(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    opened = (await client.views_open(trigger_id=slack.world.trigger("U1"), view=modal(question("a"), question("b"))))[
        "view"
    ]
    slack.fill("U1", {"a": "kept", "b": "gone"})
    await client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(question("a"), question("c")))
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(section("x")))
    assert await refusal(stale) == "hash_conflict"
    shown = slack.modal("U1")
    assert shown
    assert shown.state == {"a": {"answer": {"type": "plain_text_input", "value": "kept"}}}


# People.


async def test_what_is_said_to_the_bot_comes_signed_and_as_slack_writes_it(slack: FakeSlack, app: App) -> None:
    assert (await slack.say("U1", "May I <post> & go?")).acknowledged
    (envelope,) = app.heard
    event = envelope["event"]
    assert (envelope["type"], envelope["team_id"]) == ("event_callback", "T1")
    assert (event["type"], event["channel_type"], event["user"]) == ("message", "im", "U1")
    assert event["text"] == "May I &lt;post&gt; &amp; go?"


async def test_a_message_that_is_changed_afterwards_comes_as_a_change(slack: FakeSlack, app: App) -> None:
    await slack.say("U1", "Can I?")
    await slack.edit("U1", slack.messages("U1")[0], "May I?")
    change = app.heard[-1]["event"]
    assert (change["subtype"], change["message"]["text"]) == ("message_changed", "May I?")


async def test_of_channels_an_app_hears_what_it_subscribed_to_and_was_invited_to(slack: FakeSlack, app: App) -> None:
    slack.channel("C1", "U1")
    slack.channel("C2", "U1", bot=False)
    await slack.say("U1", "without the bot", channel="C2")
    await slack.mention("U1", "C1", "May I?")
    assert [e["event"]["type"] for e in app.heard] == ["app_mention", "message"]
    assert len({e["event_id"] for e in app.heard}) == 2
    assert len({e["event"]["ts"] for e in app.heard}) == 1
    slack.events = frozenset({"app_mention"})
    await slack.say("U1", "among us", channel="C1")
    assert len(app.heard) == 2
    with pytest.raises(CannotDo):
        await slack.mention("U2", "C1", "I am not here")


async def test_the_bots_own_message_comes_back_marked_as_its_own(
    slack: FakeSlack, app: App, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="U1", text="hello")
    await slack.settled()
    assert [(e["event"]["bot_id"], e["event"]["text"]) for e in app.heard] == [("B0T1", "hello")]


async def test_an_event_comes_again_three_times_until_it_is_acknowledged(
    slack: FakeSlack, app: App, clock: Clock
) -> None:
    app.status = 500
    await slack.say("U1", "hello")
    for wait in (0, 60, 300, 3_600):
        clock.on(wait)
        await slack.post.redeliver()
    assert len({e["event_id"] for e in app.heard}) == 1
    assert [h.get("X-Slack-Retry-Num") for h in app.headers] == [None, "1", "2", "3"]
    assert {h["X-Slack-Retry-Reason"] for h in app.headers[1:]} == {"http_error"}


async def test_an_answer_that_takes_too_long_is_lost(slack: FakeSlack, app: App) -> None:
    app.slow = 0.5
    assert (await slack.say("U1", "hello")).status == 0
    app.slow = 0
    await slack.post.redeliver()
    assert app.headers[1]["X-Slack-Retry-Reason"] == "http_timeout"
    assert slack.post.owed == []


async def test_events_can_be_held_turned_round_and_doubled(slack: FakeSlack, app: App) -> None:
    slack.post.held = []
    for text in ("one", "two", "three"):
        await slack.say("U1", text)
    assert app.heard == []
    await slack.post.release([2, 0, 0])
    assert [e["event"]["text"] for e in app.heard] == ["three", "one", "one"]


async def test_a_press_says_who_pressed_what_where(slack: FakeSlack, app: App, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="U1", text="x", blocks=[BUTTON])
    await slack.settled()
    await slack.press("U1", slack.from_bot("U1")[0], "Open")
    pressed = app.heard[-1]
    assert (pressed["type"], pressed["user"]["id"], pressed["actions"][0]["value"]) == ("block_actions", "U1", "v")
    assert pressed["container"]["message_ts"] == slack.from_bot("U1")[0].ts
    await slack.press("U2", slack.from_bot("U1")[0], "Open", value="forged")
    assert app.heard[-1]["actions"][0]["value"] == "forged"
    with pytest.raises(LookupError):
        await slack.press("U1", slack.from_bot("U1")[0], "Approve")


async def opened(slack: FakeSlack, client: AsyncWebClient, *blocks: Json) -> None:
    await client.views_open(trigger_id=slack.world.trigger("U1"), view=modal(*blocks))


async def test_a_form_is_sent_with_what_stands_in_it_and_closes(
    slack: FakeSlack, app: App, client: AsyncWebClient
) -> None:
    await opened(slack, client, question(initial_value="as it came"))
    await slack.submit("U1")
    values = app.heard[-1]["view"]["state"]["values"]
    assert values == {"in|why|0|0": {"answer": {"type": "plain_text_input", "value": "as it came"}}}
    assert slack.modal("U1") is None


async def test_slack_does_not_send_what_its_own_client_refuses(
    slack: FakeSlack, app: App, client: AsyncWebClient
) -> None:
    await opened(slack, client, question(max_length=5))
    with pytest.raises(CannotDo, match="required"):
        await slack.submit("U1")
    with pytest.raises(CannotDo, match="characters"):
        await slack.submit("U1", {"Why": "far too long"})
    assert app.heard == []


Look = Callable[[FakeSlack], object]


@pytest.mark.parametrize(
    ("answer", "look", "left"),
    [
        ({"response_action": "errors", "errors": {"in|why|0|0": "Say more."}}, lambda s: s.modal("U1").errors,
         {"in|why|0|0": "Say more."}),
        ({"response_action": "errors", "errors": {"elsewhere": "x"}}, lambda s: s.modal("U1").trouble, True),
        ({"response_action": "errors", "errors": {}}, lambda s: s.modal("U1").trouble, True),
        ({"response_action": "update", "view": modal(section("next"))}, lambda s: len(s.modal("U1").body["blocks"]),
         1),
        ({"response_action": "update", "view": modal(question(), submit=None)}, lambda s: s.modal("U1").trouble, True),
        ({"response_action": "push", "view": modal(section("more"))}, lambda s: len(s.world.modals["U1"]), 2),
        ({"response_action": "clear"}, lambda s: s.modal("U1"), None),
        ("not what Slack takes", lambda s: s.modal("U1").trouble, True),
    ],
)  # fmt: skip
async def test_the_answer_to_a_form_is_shown(
    slack: FakeSlack, app: App, client: AsyncWebClient, answer: object, look: Look, left: object
) -> None:
    await opened(slack, client, question())
    app.answers = [answer]
    await slack.submit("U1", {"Why": "because"})
    assert look(slack) == left


async def test_a_form_that_nobody_answers_stays_open_with_slacks_own_words(
    slack: FakeSlack, app: App, client: AsyncWebClient
) -> None:
    await opened(slack, client, question())
    app.slow = 0.5
    assert not (await slack.submit("U1", {"why": "because"})).acknowledged
    shown = slack.modal("U1")
    assert shown
    assert shown.trouble


async def test_options_are_asked_for_while_somebody_types(slack: FakeSlack, app: App, client: AsyncWebClient) -> None:
    option = {"text": {"type": "plain_text", "text": "Ann"}, "value": "ann"}
    element = {"type": "external_select", "action_id": "answer", "min_query_length": 2}
    await opened(slack, client, {**question(), "element": element})
    app.answers = [{"options": [option]}]
    assert await slack.suggest("U1", "Why", "an") == [option]
    assert (app.heard[-1]["type"], app.heard[-1]["value"]) == ("block_suggestion", "an")
    await slack.submit("U1", {"Why": option})
    assert app.heard[-1]["view"]["state"]["values"]["in|why|0|0"]["answer"]["selected_option"] == option


async def test_files_go_with_a_form_by_reference(slack: FakeSlack, app: App, client: AsyncWebClient) -> None:
    element = {"type": "file_input", "action_id": "answer", "max_files": 1}
    await opened(slack, client, {**question(), "element": element})
    ids = [slack.upload("U1", name, b"\x89PNG") for name in ("a.png", "b.png")]
    with pytest.raises(CannotDo, match="too many"):
        await slack.submit("U1", {"Why": ids})
    await slack.submit("U1", {"Why": ids[:1]})
    (file,) = app.heard[-1]["view"]["state"]["values"]["in|why|0|0"]["answer"]["files"]
    assert (file["name"], file["size"], file["is_external"]) == ("a.png", 4, False)


async def test_a_command_is_answered_to_the_person_alone(slack: FakeSlack, app: App) -> None:
    app.answers = [{"response_type": "ephemeral", "text": "Only you see this"}]
    slack.channel("C1", "U1")
    await slack.command("U1", "/policy can I post?", channel="C1")
    assert (app.heard[0]["command"], app.heard[0]["text"]) == ("/policy", "can I post?")
    assert [m.text for m in slack.ephemerals("U1")] == ["Only you see this"]
    async with ClientSession() as session:
        for use in range(6):
            async with session.post(app.heard[0]["response_url"], json={"text": "more"}) as response:
                assert response.status == (200 if use < 5 else 404)


async def test_shortcuts_carry_the_message_pointed_at(slack: FakeSlack, app: App) -> None:
    slack.channel("C1", "U1", "U2", bot=False)
    await slack.say("U2", "look at this", channel="C1")
    await slack.shortcut("U1", "report_message", slack.messages("C1")[0])
    await slack.shortcut("U1", "new_request")
    assert [(p["type"], p["callback_id"]) for p in app.heard] == [
        ("message_action", "report_message"), ("shortcut", "new_request")]  # fmt: skip
    assert app.heard[0]["message"]["text"] == "look at this"


async def test_the_home_tab_is_what_was_published(slack: FakeSlack, app: App, client: AsyncWebClient) -> None:
    await slack.open_home("U1")
    assert (app.heard[0]["event"]["type"], app.heard[0]["event"]["tab"]) == ("app_home_opened", "home")
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": [section("Hello"), BUTTON]})
    home = slack.home("U1")
    assert home
    await slack.press("U1", home, "Open")
    assert app.heard[-1]["view"]["type"] == "home"


async def test_an_app_that_was_taken_away_hears_so_once_and_nothing_after(slack: FakeSlack, app: App) -> None:
    await slack.uninstall("T1")
    await slack.say("U1", "still there?")
    assert [e["event"]["type"] for e in app.heard] == ["tokens_revoked", "app_uninstalled"]


async def test_socket_mode_carries_events_forms_and_their_answers(slack: FakeSlack, client: AsyncWebClient) -> None:
    heard: list[SocketModeRequest] = []

    async def listen(socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        answer = {"response_action": "clear"} if request.type == "interactive" else None
        if request.payload.get("event", {}).get("text") != "drop this":
            await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    socket = SocketModeClient(app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url))
    socket.socket_mode_request_listeners.append(listen)
    await socket.connect()  # type: ignore[no-untyped-call]
    await slack.until(lambda: slack.sockets.sockets)
    try:
        assert (await slack.say("U1", "hello")).acknowledged
        assert not (await slack.say("U1", "drop this")).acknowledged
        await slack.post.redeliver()
        await opened(slack, client, question())
        await slack.submit("U1", {"why": "because"})
    finally:
        await socket.close()  # type: ignore[no-untyped-call]
    assert [(r.type, r.retry_attempt) for r in heard] == [
        ("events_api", 0), ("events_api", 0), ("events_api", 1), ("interactive", None)]  # fmt: skip
    assert slack.modal("U1") is None
