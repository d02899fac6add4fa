"""The gate before all that Slack sends: raw bytes become a payload that Slack signed, or a refusal (SECURITY T01).

Nothing behind it sees a byte that was not signed, and nothing here is ever logged. Everything that is wrong is the
sender's fault and answered with a 4xx: a 5xx would have Slack repeat it.
docs.slack.dev/authentication/verifying-requests-from-slack has the rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

WINDOW = 300
"""Seconds by which a signature's time may differ from ours, either way."""
LARGEST = 2**20
"""Bytes of a body: far above the largest form that Slack sends."""
_FIELDS = 60
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_TIME = re.compile(r"\d{1,11}", re.ASCII)
_LONE = re.compile(r"[\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9._-]{1,80}", re.ASCII)

Payload = Mapping[str, Any]


class Refused(Exception):
    """Not let in. status: the HTTP status, always 4xx."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Kind(StrEnum):
    """What a delivery is."""

    EVENT = "event"
    INTERACTION = "interaction"
    COMMAND = "command"
    CHALLENGE = "challenge"
    NOTHING = "nothing"
    """Slack asks whether anybody is there, or tells something that asks for nothing."""


@dataclass(frozen=True)
class Delivery:
    """A payload from Slack itself, in a form that can be read on. key: the same where Slack repeats it."""

    kind: Kind
    payload: Payload
    key: str = ""


def admit(body: bytes, headers: Iterable[tuple[str, str]], secrets: Sequence[str], now: datetime) -> Delivery:
    """The delivery in a signed request. secrets: of this app, any of which may have signed. Raises Refused."""
    known = _single(headers)
    _verify(body, known, secrets, now)
    if len(body) > LARGEST:
        raise Refused(413)
    content = known.get("content-type", "").partition(";")[0].strip().lower()
    if content == _JSON:
        return read(_parsed(body))
    if content == _FORM:
        return _read_form(body)
    raise Refused(415)


def _single(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by name in small letters; one of those that decide anything may not come twice."""
    found: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        if name in found and name in ("x-slack-signature", "x-slack-request-timestamp", "content-type"):
            raise Refused(401 if name.startswith("x-") else 400)
        found[name] = value
    return found


def _verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Slack's v0 signature over the time and the raw bytes. Raises Refused."""
    signature, time = headers.get("x-slack-signature", ""), headers.get("x-slack-request-timestamp", "")
    if not _TIME.fullmatch(time) or abs(now.timestamp() - int(time)) > WINDOW:
        raise Refused(401)
    given = signature.encode("utf-8", "surrogateescape")
    # Every secret is tried, so that the time it takes says nothing of which one fits.
    fits = [hmac.compare_digest(sign(body, time, secret).encode(), given) for secret in secrets if secret]
    if not any(fits):
        raise Refused(401)


def sign(body: bytes, time: str, secret: str) -> str:
    """The signature of a body at a time (seconds since 1970)."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{time}:".encode() + body, hashlib.sha256).hexdigest()


def _parsed(body: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(body)
        if isinstance(found, dict):
            return _whole(found)
    except (ValueError, RecursionError):
        pass
    raise Refused(400)


def _whole(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload without halves of characters, which no database and no answer could hold."""
    text = json.dumps(payload, ensure_ascii=False)
    found: dict[str, Any] = json.loads(_LONE.sub("\ufffd", text)) if _LONE.search(text) else payload
    return found


def _read_form(body: bytes) -> Delivery:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError as error:
        raise Refused(400) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(400)
    if "payload" in fields:
        return read(_parsed(fields["payload"]))
    if fields.get("ssl_check") == "1":
        return Delivery(Kind.NOTHING, {})
    return read(fields)


# What Slack sends has a shape; whoever reads on may rely on what is checked here.

_INTERACTIONS = ("block_actions", "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion")


def read(payload: Payload) -> Delivery:
    """The delivery in a payload that came on an authenticated way. Raises Refused for what has not Slack's shape."""
    kind = payload.get("type")
    if "command" in payload and kind is None:
        return _command(payload)
    if kind == "event_callback":
        return _event(payload)
    if kind in _INTERACTIONS:
        return _interaction(payload)
    if kind == "url_verification" and isinstance(payload.get("challenge"), str):
        return Delivery(Kind.CHALLENGE, {"challenge": payload["challenge"][:1000]})
    if isinstance(kind, str):
        return Delivery(Kind.NOTHING, {})
    raise Refused(400)


def _event(payload: Payload) -> Delivery:
    event = payload.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Refused(400)
    _ids(payload.get("team_id"), payload.get("event_id"))
    return Delivery(Kind.EVENT, payload, f"slack:{payload['team_id']}:{payload['event_id']}")


def _command(payload: Payload) -> Delivery:
    _ids(payload.get("team_id"), payload.get("user_id"), payload.get("channel_id"), payload.get("trigger_id"))
    if not all(isinstance(value, str) for value in payload.values()):
        raise Refused(400)
    return Delivery(Kind.COMMAND, payload, f"slack:{payload['team_id']}:{payload['trigger_id']}")


def _interaction(payload: Payload) -> Delivery:
    """Its key: the same form with the same answers, or the same click, has the same effect once (T04, F3)."""
    user, team, view = payload.get("user"), payload.get("team"), payload.get("view")
    if not isinstance(user, dict) or not isinstance(team, dict):
        raise Refused(400)
    _ids(user.get("id"), team.get("id"))
    if payload["type"] in ("view_submission", "view_closed"):
        if not isinstance(view, dict) or not isinstance(view.get("state", {}), dict):
            raise Refused(400)
        _ids(view.get("id"))
        said = (payload["type"], user["id"], view.get("private_metadata"), view.get("callback_id"), view.get("state"))
        return Delivery(Kind.INTERACTION, payload, f"slack:{team['id']}:{view['id']}:{digest(said)}")
    _ids(payload.get("trigger_id") if payload["type"] != "block_suggestion" else "none")
    done = (payload["type"], user["id"], payload.get("actions"), payload.get("callback_id"))
    stamp = payload.get("action_ts") or payload.get("trigger_id") or ""
    return Delivery(Kind.INTERACTION, payload, f"slack:{team['id']}:{str(stamp)[:80]}:{digest(done)}")


def _ids(*values: object) -> None:
    if not all(isinstance(value, str) and _ID.fullmatch(value) for value in values):
        raise Refused(400)


def digest(value: object) -> str:
    """A short name for a value of JSON, the same for the same value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
