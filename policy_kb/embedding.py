"""Sentence embeddings from the model shipped in ``policy_kb/embedder``: local, deterministic, checked by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

EMBEDDER_FOLDER = Path(__file__).parent / "embedder"
MODEL_FILE = "askfirst-minilm-l6-int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
HEADLINE_FILE = "headline.npz"
DIMENSIONS = 384
MAX_TOKENS = 96
"""A longer text is cut: a question is split into sentences before it comes here."""

START, END = 101, 102
"""The markers that the model knows around every text."""

_MOST_BEFORE = MAX_TOKENS // 2
"""Tokens of the turn before: what it ends with, so that the turn itself always has room."""

_WORDS_KEPT = 10_000
"""Words whose tokens are remembered, each by itself: never what stood beside it."""


class EmbedderUnusable(Exception):
    """The model files are missing or altered; the message says which and the cure."""


def check_files(folder: Path = EMBEDDER_FOLDER) -> str:
    """Compare the files with SHA256SUMS; return one digest over all three. Raises EmbedderUnusable."""
    cure = "restore policy_kb/embedder from version control"
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        sums = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line)}
        for name in (MODEL_FILE, TOKENIZER_FILE, HEADLINE_FILE):
            actual = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if sums.get(name) != actual:
                raise EmbedderUnusable(f"{name} is not the file named in SHA256SUMS; {cure}")
    except (OSError, ValueError) as error:
        raise EmbedderUnusable(f"the sentence model cannot be read ({type(error).__name__}); {cure}") from error
    return hashlib.sha256("".join(sorted(sums.values())).encode()).hexdigest()


@dataclass(frozen=True)
class Read:
    """A message read once. whole [384] and each piece's vector within it [n, 384], unit length; opening [384]: the
    state of the marker before the message, which the model fills with what the message is after, unit length."""

    whole: Vectors
    pieces: Vectors
    opening: Vectors


class Embedder:
    """Turns texts into unit vectors of 384 float32. One thread; safe to call from several."""

    def __init__(self, folder: Path = EMBEDDER_FOLDER) -> None:
        """Check the hashes, then load. Raises EmbedderUnusable."""
        self.digest = check_files(folder)
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # the runtime raises its own unexported types
            raise EmbedderUnusable(f"the sentence model does not load ({type(error).__name__})") from error
        # The file pads to a fixed length by default; the padding would be averaged in.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._word = lru_cache(maxsize=_WORDS_KEPT)(self._tokens_of_word)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape [len(texts), 384]. One by one: a text's vector must not depend on its neighbours."""
        out = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, tokens in enumerate(map(self._tokens, texts)):
            out[row] = _unit(self._states(tokens).sum(axis=0))
        return out

    def read(self, pieces: Sequence[str], before: str = "") -> Read:
        """Read the pieces of one message in a row, each in the light of the others, in one pass.

        before: the turn before, in whose light all of it is read; none of the vectors but the opening stands for it.
        """
        ahead = [*self._tokens(before)[-_MOST_BEFORE:], END] if before else []
        parts = [self._tokens(piece) for piece in pieces]
        start = 1 + len(ahead)
        ends = np.minimum(start + np.cumsum([len(part) for part in parts]), MAX_TOKENS - 1)
        states = self._states([*ahead, *(token for part in parts for token in part)])
        whole = _unit(states[start if before else 0 :].sum(axis=0))
        spans = zip([start, *ends[:-1]], ends, strict=True)
        within = [_unit(states[first:end].sum(axis=0)) if first < end else whole for first, end in spans]
        return Read(whole, np.stack(within), _unit(states[0]))

    def _tokens(self, text: str) -> list[int]:
        """A text's tokens. No token reaches over white space, so that each word has its own, whatever stands by it."""
        return [token for word in text.split() for token in self._word(word)]

    def _tokens_of_word(self, word: str) -> tuple[int, ...]:
        # Not as a batch, which waits for threads of its own.
        return tuple(self._tokenizer.encode(word, add_special_tokens=False).ids)

    def _states(self, tokens: Sequence[int]) -> Vectors:
        """The model's last states [tokens + 2, 384] for a row of tokens, with the markers around it."""
        ids = np.asarray([START, *tokens[: MAX_TOKENS - 2], END], np.int64)
        states: Vectors = self._session.run(None, {"input_ids": ids})[0]
        return states


def _unit(vector: Vectors) -> Vectors:
    out: Vectors = vector / np.sqrt(vector @ vector)
    return out
