"""Reading a request's body within bounds: plain forms, and forms with files."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import BodyPartReader, web

from adapters.web import words
from adapters.web.inbound import FEW_FIELDS, LARGE, MANY_FIELDS, Form, Sent, gathered, read_form
from adapters.web.site import Turned
from adapters.web.words import TROUBLES
from bot.errors import BadInput
from bot.evidence import MAX_BYTES, MAX_FILES

_CHUNK = 64 * 1024
_UNREADABLE = "the form could not be read; go back and send it again"


async def read_plain(request: web.Request, limit: int, few: int) -> Form:
    """A form without files, of so many bytes at most. few: up to this limit it has few fields."""
    if (request.content_length or 0) > limit:
        raise Turned(413, TROUBLES[413])
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise Turned(413, TROUBLES[413])
    return read_form(bytes(body), request.content_type, FEW_FIELDS if limit <= few else MANY_FIELDS)


async def read_files(request: web.Request, own: Callable[[str], bool]) -> Form:
    """A form with files. Its token stands first: without it nothing else is read. Raises BadInput."""
    pairs: list[tuple[str, str]] = []
    files: list[Sent] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise BadInput(_UNREADABLE)
            if not pairs and (part.name != "token" or part.filename is not None):
                raise Turned(403, TROUBLES[403])
            if part.filename is not None:
                await _add_file(part, files)
                continue
            room = LARGE - sum(len(value) for _, value in pairs)
            pairs.append((part.name, (await _read(part, room)).decode("utf-8")))
            if len(pairs) > FEW_FIELDS:
                raise BadInput(_UNREADABLE)
            if not own(pairs[0][1]):
                raise Turned(403, TROUBLES[403])
    except (ValueError, LookupError, AssertionError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(_UNREADABLE) from error
    return Form(gathered(pairs), tuple(files))


async def _add_file(part: BodyPartReader, files: list[Sent]) -> None:
    """Keep a file; an empty field is sent as a file without name or bytes."""
    if len(files) == MAX_FILES and part.filename:
        raise BadInput(words.TOO_MANY_FILES)
    data = await _read(part, MAX_BYTES)
    if data or part.filename:
        files.append(Sent(part.filename or "", data))


async def _read(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise Turned(413, words.FILE_TOO_LARGE)
    return bytes(data)
