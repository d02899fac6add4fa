"""Restricted text and evidence under a key of their own case: whoever destroys that key has erased the case (T22).

The master key is a file outside the database. It seals one key per case; the database holds that key only wrapped, so
neither a stolen database nor its backup opens anything. A new master key rewraps the case keys; the data stays.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import BadInput

KEY_BYTES = 32
NONCE_BYTES = 12
_VERSION = b"\x01"
_WRAPPING = b"askfirst case key"


class SealBroken(Exception):
    """Changed or cut bytes, another context or another key. The message says nothing of the content."""

    def __init__(self) -> None:
        super().__init__("the seal does not open: another key, another context, or changed bytes")


class Keyring:
    """The master key and what is done with it. The key is never shown, copied into a message or pickled."""

    __slots__ = ("_master",)

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise BadInput(f"the master key has {len(master)} bytes; it needs {KEY_BYTES}")
        self._master = bytes(master)

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """The keyring of a key file, made with a random key and mode 0600 where it is missing. Raises BadInput."""
        try:
            if not path.exists():
                _create(path)
            return cls(_read(path))
        except OSError as error:
            raise BadInput(f"{path}: the key file cannot be used ({error.strerror}); check the path") from error

    def new_key(self) -> bytes:
        """A fresh key for one case, wrapped: the only form in which it is stored."""
        return _lock(self._master, secrets.token_bytes(KEY_BYTES), _WRAPPING)

    def seal(self, wrapped: bytes, data: bytes, context: str) -> bytes:
        """The data under the case's key. context (case id and what it is) must be the same when it is opened."""
        return _lock(self._case_key(wrapped), data, context.encode())

    def unseal(self, wrapped: bytes, sealed: bytes, context: str) -> bytes:
        """The data again. Raises SealBroken."""
        return _unlock(self._case_key(wrapped), sealed, context.encode())

    def rewrap(self, wrapped: bytes, new: Keyring) -> bytes:
        """The same case key under another master key. Raises SealBroken."""
        return _lock(new._master, self._case_key(wrapped), _WRAPPING)

    def tag(self, name: str) -> str:
        """A name as it may stand in an index: the same each time, and nothing to anyone without the master key."""
        return hmac.new(self._master, b"askfirst tag\0" + name.encode(), hashlib.sha256).hexdigest()

    def _case_key(self, wrapped: bytes) -> bytes:
        return _unlock(self._master, wrapped, _WRAPPING)

    def __repr__(self) -> str:
        return "Keyring(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring is not pickled")


def _lock(key: bytes, data: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    # The version is sealed with the context, so that it cannot be changed to that of a weaker form.
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, data, _VERSION + context)


def _unlock(key: bytes, sealed: bytes, context: bytes) -> bytes:
    version, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version != _VERSION or len(nonce) < NONCE_BYTES:
        raise SealBroken
    try:
        return AESGCM(key).decrypt(nonce, rest, version + context)
    except InvalidTag:
        # Without the cause: nothing of the bytes belongs in a traceback.
        raise SealBroken from None


def _create(path: Path) -> None:
    """Write the key whole beside its place, then link it there: two processes that start together keep one key."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first; its key is read.
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """The file's name on the disk too: a key lost in a power cut would erase every case sealed since."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    """The key of a file that only its owner can read. Mode and content are taken from the same open file."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise BadInput(f"{path}: this is no file; name the key file itself")
        if mode & 0o077:
            raise BadInput(f"{path}: others on this machine can read the key file; run: chmod 600 {path}")
        text = file.read(KEY_BYTES * 2 + 2)
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput(
            f"{path}: this is no key file ({KEY_BYTES * 2} hexadecimal digits); put the right file back from its backup"
        )
    return key
