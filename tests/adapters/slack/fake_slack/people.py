"""People in the fake Slack: they write, press, fill in and send; what comes back is shown to them as Slack does."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from . import api, filling, limits, payloads
from .deliver import Answer, Post
from .filling import CannotDo, Given
from .server import Server, respond
from .world import Channel, Json, Message, Shown, Workspace, World

Where = Message | Shown


class People:
    """What a person can do. Every verb gives what the app answered; its work may go on after that (`until`)."""

    world: World
    post: Post
    server: Server
    events: frozenset[str]

    # Writing.

    async def say(
        self, user: str, text: str, thread: str | None = None, channel: str | None = None, files: tuple[str, ...] = ()
    ) -> Answer:
        """Write to the bot, or in a channel. text: as it is typed; Slack escapes it."""
        here = self.world.channels[channel] if channel else self.world.dm(user)
        return await self._write(user, here, _escaped(text), thread, files)

    async def mention(self, user: str, channel: str, text: str, thread: str | None = None) -> Answer:
        """Write in a channel with the bot's name in front."""
        space = self.world.workspace_of(user)
        return await self._write(user, self.world.channels[channel], f"<@{space.bot_user}> {_escaped(text)}", thread)

    async def _write(
        self, user: str, here: Channel, text: str, thread: str | None, files: tuple[str, ...] = ()
    ) -> Answer:
        if user not in here.members:
            raise CannotDo("not in the channel")
        space = self.world.workspace_of(user)
        told = [payloads.file(self.world, id, self.server.base) for id in files]
        message = Message(here.id, self.world.stamp(), user, text, [], thread, files=told)
        self.world.messages.append(message)
        answers = [await self._event(space, inner) for inner in self._told_of(space, here, message)]
        return answers[0] if answers else Answer(200)

    async def edit(self, user: str, message: Message, text: str) -> Answer:
        """Change one's own message; the app hears of it as `message_changed`."""
        here, space = self.world.channels[message.channel], self.world.workspace_of(user)
        before = api.as_json(message, space)
        message.text, message.edited = _escaped(text), message.edited + 1
        inner = {"type": "message", "subtype": "message_changed", "channel": here.id, "channel_type": here.kind,
                 "message": api.as_json(message, space), "previous_message": before, "hidden": True,
                 "ts": self.world.stamp(), "event_ts": self.world.stamp()}  # fmt: skip
        return await self._event(space, inner) if self._told_of(space, here, message) else Answer(200)

    def _told_of(self, space: Workspace, here: Channel, message: Message) -> list[Json]:
        """The events that a message makes for the app."""
        if space.bot_user not in here.members:
            return []
        kinds = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}
        scopes = {"im": "im:history", "channel": "channels:history", "group": "groups:history"}
        found = []
        if f"<@{space.bot_user}>" in message.text and here.kind != "im" and "app_mention" in self.events:
            found.append(payloads.said(message, here, space, "app_mention"))
        if kinds[here.kind] in self.events and scopes[here.kind] in space.scopes:
            inner = payloads.said(message, here, space)
            found.append(inner | ({"subtype": "file_share"} if message.files else {}))
        return found

    def echo(self, space: Workspace, message: Message) -> Awaitable[Answer] | None:
        """The event of a message that the bot wrote, where the app hears such messages."""
        here = self.world.channels[message.channel]
        inner = [each for each in self._told_of(space, here, message) if each["type"] == "message"]
        return self._event(space, inner[0]) if inner else None

    async def _event(self, space: Workspace, inner: Json) -> Answer:
        if space.deaf:
            return Answer(200)
        return await self.post.event(payloads.event(self.world, space, inner))

    async def open_home(self, user: str, tab: str = "home") -> Answer:
        """Look at the app. tab: "home" or "messages"."""
        here, space = self.world.dm(user), self.world.workspace_of(user)
        inner: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": here.id,
            "tab": tab,
            "event_ts": self.world.stamp(),
        }
        shown = self.world.homes.get(user)
        return await self._event(space, inner | ({"view": api.told(shown)} if shown and tab == "home" else {}))

    async def uninstall(self, team: str) -> list[Answer]:
        """An administrator takes the app away: the token dies, and two events say so, in no sure order."""
        space = self.world.workspaces[team]
        space.revoked = True
        answers = [
            await self._event(space, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [space.bot_user]}}),
            await self._event(space, {"type": "app_uninstalled"}),
        ]
        space.deaf = True
        return answers

    # Commands and shortcuts.

    async def command(self, user: str, line: str, channel: str | None = None) -> Answer:
        """Type a slash command; what the app answers is shown to the person alone."""
        space = self.world.workspace_of(user)
        here = self.world.channels[channel] if channel else self.world.dm(user)
        form = payloads.command(self.world, space, user, here, line)
        form["response_url"] = self.server.response_url(here.id, user, space)
        answer = await self.post.line.send("slash_commands", form)
        body = answer.json if answer.json else {"text": answer.body}
        if answer.acknowledged and (body.get("text") or body.get("blocks")):
            respond(self.world, self.server.responses[form["response_url"].rpartition("/")[2]], body)
        return answer

    async def shortcut(self, user: str, callback: str, message: Message | None = None) -> Answer:
        """Use a shortcut, global or on a message."""
        space = self.world.workspace_of(user)
        kind = "message_action" if message else "shortcut"
        payload = payloads.interaction(self.world, space, user, kind)
        payload |= {"callback_id": callback, "action_ts": self.world.stamp()}
        if message:
            here = self.world.channels[message.channel]
            payload |= {"message_ts": message.ts, "channel": {"id": here.id, "name": here.name or "directmessage"},
                        "message": api.as_json(message, space),
                        "response_url": self.server.response_url(here.id, user, space, message)}  # fmt: skip
        return await self.post.line.send("interactive", payload)

    # Buttons and forms.

    async def press(self, user: str, where: Where, what: str, *, value: str | None = None) -> Answer:
        """Press a button by its label, action id or value. value: sent instead of its own, as an attacker does."""
        return await self.post.line.send("interactive", self.pressing(user, where, what, value=value))

    def pressing(self, user: str, where: Where, what: str, *, value: str | None = None) -> Json:
        """The payload of a press, to be sent twice or by hand."""
        space = self.world.workspace_of(user)
        blocks = where.body["blocks"] if isinstance(where, Shown) else where.blocks
        block, element, answer = payloads.find(blocks, what)
        in_modal = where.id if isinstance(where, Shown) and where.body["type"] == "modal" else None
        payload = payloads.interaction(self.world, space, user, "block_actions", in_modal)
        action = payloads.pressed(block, element, self.world.stamp(), answer)
        payload["actions"] = [action | ({"value": value} if value is not None else {})]
        if isinstance(where, Shown):
            return payload | payloads.from_view(where)
        here = self.world.channels[where.channel]
        private = any(where is message for _, message in self.world.ephemerals)
        return payload | payloads.from_message(where, here, space, private) | {
            "response_url": self.server.response_url(here.id, user, space, where)
        }  # fmt: skip

    def fill(self, user: str, values: Mapping[str, Given], view: Shown | None = None) -> Shown:
        """Type into the open form. Keys: labels, block ids or the inputs' own ids. Raises CannotDo."""
        shown = view or self._open(user)
        files = {id: payloads.file(self.world, id, self.server.base) for id in self.world.files}
        for key, given in values.items():
            filling.fill(shown, key, given, files)
        return shown

    async def submit(self, user: str, values: Mapping[str, Given] | None = None, view: Shown | None = None) -> Answer:
        """Fill in and send the open form, and show what the app answers. Raises CannotDo where Slack would not send."""
        shown = self.fill(user, values or {}, view)
        missing = filling.missing(shown)
        if missing:
            raise CannotDo(f"required: {missing}")
        answer = await self.post.line.send("interactive", self.submitting(user, shown))
        self._shown(user, shown, answer)
        return answer

    def submitting(self, user: str, shown: Shown) -> Json:
        """The payload of a form that is sent, to be sent twice or by hand."""
        space = self.world.workspace_of(user)
        payload = payloads.interaction(self.world, space, user, "view_submission", shown.id)
        return payload | {"view": api.told(shown), "response_urls": []}

    def _shown(self, user: str, shown: Shown, answer: Answer) -> None:
        """The answer to a form: nothing closes it; errors, update, push and clear do as they say."""
        shown.errors, shown.trouble = {}, not answer.acknowledged
        stack = self.world.modals.get(user, [])
        if shown.trouble or shown not in stack:
            return
        body = answer.json
        match body.get("response_action"):
            case None:
                if answer.body:
                    shown.trouble = True
                else:
                    stack.remove(shown)
            case "clear":
                stack.clear()
            case "errors":
                self._errors(shown, body.get("errors"))
            case "update":
                self._replaced(shown, body.get("view"))
            case "push":
                self._pushed(user, shown, body.get("view"))
            case _:
                shown.trouble = True

    def _errors(self, shown: Shown, errors: object) -> None:
        """Slack shows errors beside inputs of the form, and nothing where one of them has no such place."""
        ids = {block["block_id"] for block in filling.inputs(shown)}
        if not isinstance(errors, dict) or not errors or set(errors) - ids or not all(errors.values()):
            shown.trouble = True
        else:
            shown.errors = dict(errors)

    def _replaced(self, shown: Shown, view: object) -> None:
        if limits.in_view(view) or limits.view_too_large(view):
            shown.trouble = True
        else:
            api.put(self.world, shown, api.checked(view))

    def _pushed(self, user: str, shown: Shown, view: object) -> None:
        try:
            api.push(self.world, user, api.checked(view))
        except api.Refused:
            shown.trouble = True

    async def suggest(self, user: str, key: str, typed: str, view: Shown | None = None) -> list[Json]:
        """Type into a select that asks the app for options; gives the options that it shows."""
        shown = view or self._open(user)
        block = filling.block_for(shown, key)
        payload = payloads.interaction(self.world, self.world.workspace_of(user), user, "block_suggestion", shown.id)
        del payload["trigger_id"]
        payload |= {"action_id": block["element"]["action_id"], "block_id": block["block_id"], "value": typed,
                    **payloads.from_view(shown)}  # fmt: skip
        answer = (await self.post.line.send("interactive", payload)).json
        groups = answer.get("option_groups", [])
        options = [*answer.get("options", []), *(option for group in groups for option in group["options"])]
        return options if len(groups) <= 100 and len(options) <= 100 else []

    def close(self, user: str) -> None:
        """Press Cancel: back to the view below."""
        self._open(user)
        self.world.modals[user].pop()

    def _open(self, user: str) -> Shown:
        stack = self.world.modals.get(user)
        if not stack:
            raise CannotDo("nothing is open")
        return stack[-1]


def _escaped(text: str) -> str:
    """As Slack hands over what was typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
