"""From a request's headers and body to plain values; pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from bot.errors import BadInput

BODY_LIMIT = 64 * 1024
"""Largest request body in bytes."""

_MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"


def allowed_hosts(port: int) -> frozenset[str]:
    """Host headers that name this server; another may be a site that points its name at this machine."""
    names = ("localhost", "127.0.0.1", "[::1]")
    with_port = {f"{name}:{port}" for name in names}
    return frozenset(with_port | set(names) if port == 80 else with_port)


def comes_from_own_page(headers: Mapping[str, str], hosts: frozenset[str]) -> bool:
    """True where the browser says that a form was sent from one of our own pages, or says nothing at all.

    Pages with `Referrer-Policy: no-referrer` send `Origin: null` with their own forms, so that `null` is
    believed only together with `Sec-Fetch-Site: same-origin`, which no page can forge.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    if origin is None:
        return True
    if origin == "null":
        return site == "same-origin"
    return origin in {f"http://{host}" for host in hosts} and origin == f"http://{headers.get('Host', '')}"


def read_form(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a form; the last value wins. Raises BadInput for anything that is not a plain form."""
    if content_type != _FORM:
        raise BadInput("only forms from these pages are accepted; go back and use the page's own buttons")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise BadInput("the form could not be read; go back and send it again") from error
    return dict(pairs)


def sentence(message: str) -> str:
    """An error message as a sentence: a capital at the start and a full stop at the end."""
    text = message.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"
