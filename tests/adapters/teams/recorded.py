"""Activities as the Teams documentation prints them, with names and ids of the sample school."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
BOT = "28:1b2c3d4e-0000-4000-8000-00000000000a"
TENANT = "1b2c3d4e-0000-4000-8000-0000000000ff"
AMARA = "aaaaaaaa-0000-4000-8000-000000000001"
CASE = "0123456789abcdef0123456789abcdef"
CHAT = "a:1pQ2rS3tU4vW5xY6z"
THREAD = "19:general-channel@thread.tacv2;messageid=1700000000001"


def _base(kind: str, **more: Any) -> Json:
    return {
        "type": kind,
        "id": "1700000000123",
        "timestamp": "2026-11-20T10:00:00.123Z",
        "localTimestamp": "2026-11-20T10:00:00.123+00:00",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/uk/",
        "from": {"id": "29:1AbC", "name": "Amara Obi", "aadObjectId": AMARA},
        "conversation": {"conversationType": "personal", "id": CHAT, "tenantId": TENANT},
        "recipient": {"id": BOT, "name": "AskFirst"},
        "channelData": {"tenant": {"id": TENANT}},
        "entities": [{"type": "clientInfo", "locale": "en-GB", "country": "GB", "platform": "Windows"}],
        **more,
    }


def _in_channel(kind: str, **more: Any) -> Json:
    made = _base(kind, **more)
    made["conversation"] = {"isGroup": True, "conversationType": "channel", "id": THREAD, "tenantId": TENANT}
    made["channelData"] = {
        "teamsChannelId": "19:general-channel@thread.tacv2",
        "teamsTeamId": "19:team@thread.tacv2",
        "channel": {"id": "19:general-channel@thread.tacv2"},
        "team": {"id": "19:team@thread.tacv2"},
        "tenant": {"id": TENANT},
    }
    return made


PERSONAL = _base("message", text="Can I accept a friend request from a parent?", textFormat="plain")
COMMAND = _base("message", text=" My requests ", textFormat="plain")
MENTION = _in_channel(
    "message",
    text="<at>AskFirst</at> May I post photos of a trip?\n",
    textFormat="plain",
    entities=[{"type": "mention", "mentioned": {"id": BOT, "name": "AskFirst"}, "text": "<at>AskFirst</at>"}],
)
SOMEBODY_ELSE_MENTIONED = _in_channel(
    "message",
    text="<at>AskFirst</at> what would <at>Helen Marsh</at> say?",
    entities=[
        {"type": "mention", "mentioned": {"id": BOT, "name": "AskFirst"}, "text": "<at>AskFirst</at>"},
        {"type": "mention", "mentioned": {"id": "29:2x", "name": "Helen Marsh"}, "text": "<at>Helen Marsh</at>"},
    ],
)
QUOTED = _base(
    "message",
    text="It is the class of 2024.",
    attachments=[
        {
            "contentType": "text/html",
            "content": '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1699999999999">'
            "<strong>AskFirst</strong><p>Which class?</p></blockquote><p>It is the class of 2024.</p>",
        }
    ],
)
FALLBACK_PRESS = _base("message", value={"press": "topic|||0"}, replyToId="1699999999999")
FALLBACK_FORM = _base(
    "message",
    value={"form": f"do|{CASE}|decline|3", "shown": "t-words", "t-words": "Not this term."},
    replyToId="1699999999999",
)
CARD_ACTION = _base(
    "invoke",
    name="adaptiveCard/action",
    value={
        "action": {"type": "Action.Execute", "verb": "press", "data": {"press": f"act|{CASE}|approve|3"}},
        "trigger": "manual",
    },
    replyToId="1699999999999",
)
REFRESH = _base(
    "invoke",
    name="adaptiveCard/action",
    value={
        "action": {"type": "Action.Execute", "verb": "refresh", "data": {"press": f"card|{CASE}||0"}},
        "trigger": "automatic",
    },
    replyToId="1699999999999",
)
FETCH = _base(
    "invoke",
    name="task/fetch",
    value={
        "data": {"data": None, "type": "task/fetch", "press": "start||media-enquiry|0", "msteams": {}},
        "context": {"theme": "default"},
    },
)
SUBMIT = _base(
    "invoke",
    name="task/submit",
    value={
        "data": {
            "form": "form||trip@oakfield|0",
            "shown": "t-title c-kinds c-school t-count d-day d-moment t-left c-none",
            "t-title": "A trip, to *see*",
            "c-kinds": "a%2C b,c",
            "c-school": "oak field",
            "t-count": 12.0,
            "d-day": "2026-12-01",
            "d-moment": "2026-12-02",
            "h-moment": "09:30",
        },
        "context": {"theme": "default"},
    },
)
POINTED = _in_channel(
    "invoke",
    name="composeExtension/fetchTask",
    value={
        "commandId": "ask",
        "commandContext": "message",
        "requestId": "0f1e",
        "messagePayload": {
            "id": "1700000000050",
            "createdDateTime": "2026-11-20T09:59:00Z",
            "linkToMessage": "https://teams.microsoft.com/l/message/19:general-channel@thread.tacv2/1700000000050",
            "from": {"user": {"userIdentityType": "aadUser", "id": AMARA, "displayName": "Amara Obi"}},
            "body": {
                "contentType": "html",
                "content": "<div><p>Can I post&nbsp;this?</p><script>alert(1)</script>"
                '<attachment id="x"></attachment> <b>A &amp; B</b></div>',
            },
            "attachments": [],
        },
        "context": {"theme": "default"},
    },
)
THUMBS = _base(
    "invoke",
    name="message/submitAction",
    value={
        "actionName": "feedback",
        "actionValue": {"reaction": "dislike", "feedback": '{"feedbackText":"not what I asked"}'},
    },
    replyToId="m7",
)
THUMBS_OF_THE_PLAYGROUND = _base(
    "invoke",
    name="message/submitAction",
    value={"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": "good"}},
)
ADDED = _base("installationUpdate", action="add")
REMOVED = _base("installationUpdate", action="remove")
MEMBERS_ADDED = _base("conversationUpdate", membersAdded=[{"id": BOT}, {"id": "29:1AbC"}])
OTHERS_ADDED = _base("conversationUpdate", membersAdded=[{"id": "29:3"}])
REACTION = _base("messageReaction", reactionsAdded=[{"type": "like"}], replyToId="m7")
EDITED = _base("messageUpdate", text="Can I?", channelData={"eventType": "editMessage", "tenant": {"id": TENANT}})
SIGN_IN = _base("invoke", name="signin/verifyState", value={"state": "1"})
