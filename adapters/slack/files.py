"""Files of a form, fetched from Slack itself and from nowhere else (SECURITY T15): no redirects, no other host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.slack import sentences as words
from bot.chat.messages import File
from bot.errors import BadInput
from bot.evidence import MAX_BYTES, MAX_FILES
from bot.evidence_copy import CURES

ORIGINS = frozenset({"https://files.slack.com", "https://slack.com"})
"""Where Slack keeps what it was given; a token goes nowhere else."""
_TIME = aiohttp.ClientTimeout(total=40, sock_connect=5)
_PART = 64 * 1024


async def fetch(
    session: aiohttp.ClientSession, token: str, listed: Sequence[Mapping[str, Any]], origins: frozenset[str] = ORIGINS
) -> tuple[File, ...]:
    """The files as bytes. listed: as a signed payload has them. Raises BadInput with the sentence to show.

    One file more than is allowed is fetched, so that the form can say that there are too many.
    """
    return tuple([await _one(session, token, file, origins) for file in listed[: MAX_FILES + 1]])


async def _one(session: aiohttp.ClientSession, token: str, file: Mapping[str, Any], origins: frozenset[str]) -> File:
    url, name, size = file.get("url_private_download") or file.get("url_private"), file.get("name"), file.get("size")
    if file.get("is_external") or file.get("mode") == "external" or not isinstance(url, str) or not _ours(url, origins):
        raise BadInput(words.FILE_ELSEWHERE)
    if isinstance(size, int) and size > MAX_BYTES:
        raise BadInput(_sentence(CURES["large"]))
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with session.get(url, headers=headers, allow_redirects=False, timeout=_TIME) as response:
            # Slack answers a dead token with its sign-in page.
            if response.status != 200 or response.content_type == "text/html":
                raise BadInput(words.FILE_NOT_READ)
            return File(name if isinstance(name, str) else "", await _read(response))
    except (aiohttp.ClientError, TimeoutError):
        raise BadInput(words.FILE_NOT_READ) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_chunked(_PART):
        size += len(part)
        if size > MAX_BYTES:
            raise BadInput(_sentence(CURES["large"]))
        parts.append(part)
    return b"".join(parts)


def _ours(url: str, origins: frozenset[str]) -> bool:
    """True for exactly these hosts: no other port, no name and password before them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}".lower() in origins and url.isascii() and "\\" not in url


def _sentence(cure: str) -> str:
    return f"{cure[:1].upper()}{cure[1:]}."
