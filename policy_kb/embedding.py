"""Sentence embeddings from the model shipped in ``policy_kb/embedder``: local, deterministic, checked by hash."""

from __future__ import annotations

import hashlib
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


class EmbedderUnusable(Exception):
    """The model files are missing or altered; the message says which and the cure."""


def check_files(folder: Path = EMBEDDER_FOLDER) -> str:
    """Compare the files with SHA256SUMS; return one digest over model and tokenizer. Raises EmbedderUnusable."""
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
    learnt_from = sorted(sums[name] for name in (MODEL_FILE, TOKENIZER_FILE))
    return hashlib.sha256("".join(learnt_from).encode()).hexdigest()


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
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def count_tokens(self, text: str) -> int:
        """How many model tokens the text takes, markers included."""
        return len(self._tokenizer.encode(text).ids)

    def __call__(self, texts: list[str]) -> Vectors:
        """Unit vectors, shape [len(texts), 384]. One by one: a text's vector must not depend on its neighbours."""
        out = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(texts)):
            ids = np.asarray([encoding.ids], np.int64)
            out[row] = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        return out
