"""The seal opens with its own key and context only, and the key file is nobody else's to read."""

from __future__ import annotations

import os
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.sealing import Keyring, SealBroken

RING, OTHER = Keyring(b"a" * 32), Keyring(b"b" * 32)
CANARY = b"canary-7f3a: the words of a concern"


@given(data=st.binary(max_size=2000), context=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(data: bytes, context: str) -> None:
    key = RING.new_key()
    assert RING.unseal(key, RING.seal(key, data, context), context) == data


def test_the_same_words_never_look_the_same_and_never_show() -> None:
    key = RING.new_key()
    sealed = {RING.seal(key, CANARY, "case-1:words") for _ in range(500)}
    assert len(sealed) == 500
    assert len({each[1:13] for each in sealed}) == 500
    assert all(b"canary" not in each for each in sealed)
    assert len({RING.new_key() for _ in range(500)}) == 500


def test_another_context_case_or_master_key_does_not_open() -> None:
    key, second = RING.new_key(), RING.new_key()
    sealed = RING.seal(key, CANARY, "case-1:words")
    for ring, wrapped, context in [
        (RING, key, "case-2:words"),
        (RING, key, "case-1:evidence"),
        (RING, second, "case-1:words"),
        (OTHER, key, "case-1:words"),
        (OTHER, OTHER.new_key(), "case-1:words"),
    ]:
        with pytest.raises(SealBroken):
            ring.unseal(wrapped, sealed, context)


@pytest.mark.parametrize("part", ["key", "data"])
def test_every_changed_bit_and_every_cut_breaks_the_seal(part: str) -> None:
    key = RING.new_key()
    sealed = RING.seal(key, CANARY, "case-1:words")
    whole = key if part == "key" else sealed
    mutants = [whole[:cut] for cut in range(len(whole))] + [whole + b"\0"]
    for place in range(len(whole)):
        for bit in range(8):
            mutants.append(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
    for mutant in mutants:
        with pytest.raises(SealBroken):
            RING.unseal(mutant if part == "key" else key, mutant if part == "data" else sealed, "case-1:words")


def test_a_new_master_key_opens_what_the_old_one_sealed() -> None:
    key = RING.new_key()
    sealed = RING.seal(key, CANARY, "case-1:words")
    moved = RING.rewrap(key, OTHER)
    assert OTHER.unseal(moved, sealed, "case-1:words") == CANARY
    with pytest.raises(SealBroken):
        RING.unseal(moved, sealed, "case-1:words")
    with pytest.raises(SealBroken):
        OTHER.rewrap(key, RING)


def test_a_broken_seal_and_a_keyring_tell_nothing() -> None:
    key = RING.new_key()
    with pytest.raises(SealBroken) as broken:
        RING.unseal(key, RING.seal(key, CANARY, "secret-context"), "case-1:words")
    assert "canary" not in str(broken.value) + repr(broken.value)
    assert broken.value.__cause__ is None
    assert "a" * 8 not in repr(RING)
    with pytest.raises(TypeError):
        pickle.dumps(RING)


def test_a_missing_key_file_is_made_for_its_owner_alone_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    old_mask = os.umask(0)
    try:
        first = Keyring.open(path)
    finally:
        os.umask(old_mask)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["master.key"]
    key = first.new_key()
    assert Keyring.open(path).unseal(key, first.seal(key, CANARY, "c"), "c") == CANARY
    second = Keyring.open(tmp_path / "another.key")
    with pytest.raises(SealBroken):
        second.unseal(key, first.seal(key, CANARY, "c"), "c")


def test_processes_that_start_together_keep_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: Keyring.open(path), range(64)))
    key = rings[0].new_key()
    sealed = rings[0].seal(key, CANARY, "c")
    assert all(ring.unseal(key, sealed, "c") == CANARY for ring in rings)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o666])
def test_a_key_file_that_others_can_reach_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    Keyring.open(path)
    path.chmod(mode)
    with pytest.raises(BadInput, match="chmod 600"):
        Keyring.open(path)


@pytest.mark.parametrize("content", ["", "abc", "z" * 64, "a" * 62, "a" * 66, "\u00e9" * 64])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(BadInput, match="backup"):
        Keyring.open(path)
    assert path.read_text() == content


def test_a_folder_a_pipe_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none" / "master.key"):
        with pytest.raises(BadInput):
            Keyring.open(path)
    with pytest.raises(BadInput):
        Keyring(random.Random(1).randbytes(31))  # noqa: S311
