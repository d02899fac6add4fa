"""People with a Teams client: what they type and press becomes the activities that Teams sends, signed with our key."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from tests.adapters.teams.fake_teams.connector import APP, TENANT, FakeTeams, Message
from tests.adapters.teams.fake_teams.validity import CARD, check_card, walk

Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    body: Json


@dataclass
class Client:
    """One person's client. address: of the bot. dialog: the open dialog, if one is."""

    teams: FakeTeams
    session: ClientSession
    address: str
    user: str
    name: str = "Somebody"
    tenant: str = TENANT
    dialog: Json | None = None
    noted: list[str] = field(default_factory=list)
    """Sentences that Teams showed beside a card or in place of a dialog."""
    own_view: dict[str, Json] = field(default_factory=dict)
    """Cards that stand in place of a message's own, for this person alone."""
    shown: list[Json] = field(default_factory=list)
    """Every card of a dialog, or in place of a message's own, oldest first."""

    @property
    def chat(self) -> str:
        """The chat with the bot."""
        return self.teams.chat(self.user)

    def activity(self, kind: str, conversation: str | None = None, **more: Any) -> Json:
        """An activity as Teams makes it."""
        number = str(1700000000000 + next(_numbers))
        place = conversation or self.chat
        personal = place == self.chat
        return {
            "type": kind,
            "id": number,
            "timestamp": "2026-11-20T10:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.teams.url,
            "from": {"id": f"29:{self.user}", "name": self.name, "aadObjectId": self.user},
            "conversation": {
                "id": place,
                "tenantId": self.tenant,
                "conversationType": "personal" if personal else "channel",
            },
            "recipient": {"id": f"28:{APP}", "name": "AskFirst"},
            "channelData": {"tenant": {"id": self.tenant}},
            "locale": "en-GB",
            **more,
        }

    async def post(self, activity: Json, token: str | None = None) -> Answer:
        """Send an activity to the bot."""
        token = token or self.teams.signing.token(activity["serviceUrl"])
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(self.address, json=activity, headers=headers) as response:
            text = await response.text()
            return Answer(response.status, await response.json() if text else {})

    # What people do.

    async def say(self, text: str, conversation: str | None = None, **more: Any) -> Answer:
        """Write a message."""
        return await self.post(self.activity("message", conversation, text=text, textFormat="plain", **more))

    async def mention(self, text: str, conversation: str) -> Answer:
        """Write to the bot in a channel."""
        entity = {
            "type": "mention",
            "mentioned": {"id": f"28:{APP}", "name": "AskFirst"},
            "text": "<at>AskFirst</at>",
        }
        return await self.say(f"<at>AskFirst</at> {text}", conversation, entities=[entity])

    async def install(self, action: str = "add") -> Answer:
        """Add the app to the chat, or remove it."""
        return await self.post(self.activity("installationUpdate", action=action))

    async def invoke(self, name: str, value: Json, conversation: str | None = None, **more: Any) -> Answer:
        """An invoke of any kind."""
        return await self.post(self.activity("invoke", conversation, name=name, value=value, **more))

    async def press(self, message: Message, action: Json, inputs: Mapping[str, object] | None = None) -> Answer:
        """Press a button of a message."""
        data = {**action["data"], **(inputs or {})}
        more = {"conversation": message.conversation, "replyToId": message.id}
        if action["type"] == "Action.Execute":
            value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": data}, "trigger": "manual"}
            answer = await self.invoke("adaptiveCard/action", value, **more)
            self._shown(message, answer)
            return answer
        if data.get("msteams") == {"type": "task/fetch"}:
            answer = await self.invoke("task/fetch", {"data": data, "context": {"theme": "default"}}, **more)
            return self._in_dialog(answer)
        place = more.pop("conversation")
        return await self.post(self.activity("message", place, value=data, **more))

    async def press_older(self, message: Message, action: Json, inputs: Mapping[str, object] | None = None) -> Answer:
        """Press a button in a client that does not know Action.Execute."""
        return await self.press(message, action.get("fallback", action), inputs)

    async def submit(self, action: Json, inputs: Mapping[str, object]) -> Answer:
        """Press a button of the open dialog."""
        assert self.dialog is not None, "no dialog is open"
        data = {**action["data"], **inputs}
        return self._in_dialog(await self.invoke("task/submit", {"data": data, "context": {"theme": "default"}}))

    async def point(self, command: str, payload: Json) -> Answer:
        """Use a message action on somebody's message."""
        value = {"commandId": command, "commandContext": "message", "messagePayload": payload}
        return self._in_dialog(await self.invoke("composeExtension/fetchTask", value))

    async def refresh(self, message: Message) -> Json:
        """Look at a card that is to be refreshed for this person."""
        refresh = self.card(message)["refresh"]
        if f"29:{self.user}" not in refresh["userIds"]:
            return self.card(message)
        action = {**refresh["action"]}
        value = {"action": action, "trigger": "automatic"}
        answer = await self.invoke("adaptiveCard/action", value, message.conversation, replyToId=message.id)
        self._shown(message, answer)
        return self.card(message)

    # What they see.

    def _in_dialog(self, answer: Answer) -> Answer:
        assert answer.status == 200, answer
        task = answer.body["task"]
        if task["type"] == "message":
            self.dialog = None
            self.noted.append(task["value"])
        else:
            assert task["type"] == "continue"
            assert 1 <= len(task["value"]["title"]) <= 64
            assert task["value"]["card"]["contentType"] == CARD
            check_card(task["value"]["card"]["content"], in_dialog=True)
            self.dialog = task["value"]
            self.shown.append(task["value"]["card"]["content"])
        return answer

    def _shown(self, message: Message, answer: Answer) -> None:
        assert answer.status == 200, answer
        body = answer.body
        if body["type"] == CARD:
            check_card(body["value"], in_dialog=False)
            self.own_view[message.id] = {"versions": len(message.versions), "card": body["value"]}
            self.shown.append(body["value"])
        elif body["type"] == "application/vnd.microsoft.activity.message":
            self.noted.append(body["value"])
        else:
            assert body["type"] == "application/vnd.microsoft.error", body["type"]
            self.noted.append(body["value"]["message"])

    def card(self, message: Message) -> Json:
        """The card of a message as this person sees it: their own view, until the bot rewrites it."""
        own = self.own_view.get(message.id)
        if own is not None and own["versions"] == len(message.versions):
            card: Json = own["card"]
            return card
        found: Json = message.now["attachments"][0]["content"] if message.now.get("attachments") else {}
        return found

    def dialog_card(self) -> Json:
        """The card in the open dialog."""
        assert self.dialog is not None, f"no dialog is open; noted: {self.noted[-1:]}"
        card: Json = self.dialog["card"]["content"]
        return card

    def messages(self, conversation: str | None = None) -> list[Message]:
        """The bot's messages in the chat, oldest first."""
        return list(self.teams.in_chat(conversation or self.chat))


def actions(card: Json) -> Iterator[Json]:
    """The buttons of a card, in order; without the fallbacks and the refresh."""
    for each in walk(card.get("body", [])):
        if each["type"] == "ActionSet":
            yield from each["actions"]


def inputs(card: Json) -> Iterator[Json]:
    """The inputs of a card."""
    return (each for each in walk(card.get("body", [])) if each["type"].startswith("Input."))


def lines(card: Json) -> list[str]:
    """What can be read on a card, line by line."""
    found = []
    for each in walk(card.get("body", [])):
        if each["type"] == "TextBlock":
            found.append(unescaped(each["text"]))
        elif each["type"] == "RichTextBlock":
            found.append("".join(run["text"] for run in each["inlines"]).strip("\xa0"))
    return found


def unescaped(text: str) -> str:
    """What a text block shows where every mark is escaped."""
    out, marks = [], iter(text)
    for mark in marks:
        out.append(next(marks, "") if mark == "\\" else mark)
    return "".join(out)
