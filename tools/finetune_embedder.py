"""How policy_kb/embedder was made: all-MiniLM-L6-v2, tuned on the examples of policy_kb/data, as int8 ONNX.

Not part of the running project and not in its lock file. It needs torch, transformers, onnx and onnxruntime, and
a folder with the published model (config.json, model.safetensors; sha256 in policy_kb/embedder/README.md):

    python tools/finetune_embedder.py PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER

The output folder then holds the model, its tokenizer and SHA256SUMS. It runs on a processor in under half an hour.
Floating point sums differ between machines, so the bytes differ a little each time; the shipped file was measured.
"""

from __future__ import annotations

import hashlib
import math
import random
import shutil
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import AutoModel

from policy_kb import loader
from policy_kb.compiled import build_normaliser, training_texts
from policy_kb.embedding import EMBEDDER_FOLDER, MODEL_FILE, TOKENIZER_FILE
from policy_kb.normalise import clean

EPOCHS = 2.6
BATCH = 32
RATE, HEAD_RATE = 6e-5, 3e-3
SCALE = 18.0
SMOOTHING = 0.1
COMPOUNDS = 0.18
SHORT = 110
JOINS = (
    " and ",
    ". Also, ",
    "? And ",
    " and also ",
    ". Second thing: ",
    " - and ",
    ", plus ",
    "? Oh and ",
    " but ",
    ". ",
)


class Examples:
    """The curated examples, some joined in pairs so that a message with two questions lies between its topics."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        knowledge = loader.load()
        pairs = training_texts(knowledge)
        self.normalise = build_normaliser(knowledge)
        self.tokenizer = tokenizer
        self.texts = [text for text, _ in pairs]
        labels = sorted({label for _, label in pairs})
        self.labels = [labels.index(label) for _, label in pairs]
        self.classes = len(labels)
        self.random = random.Random(0)  # noqa: S311 - a shuffle, not a secret

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(self.normalise(clean(text))).ids

    def sample(self, i: int) -> tuple[list[int], dict[int, float]]:
        """Token ids and target shares of example i, now and then joined with another."""
        text, target = self.texts[i], {self.labels[i]: 1.0}
        j = self.random.randrange(len(self.texts))
        other = self.texts[j]
        joinable = max(len(text), len(other)) < SHORT and self.labels[i] != self.labels[j]
        if joinable and self.random.random() < COMPOUNDS:
            first, second = (text, other) if self.random.random() < 0.5 else (other, text)
            text = first.rstrip("?. ") + self.random.choice(JOINS) + second[0].lower() + second[1:]
            target = {self.labels[i]: 0.5, self.labels[j]: 0.5}
        return self.ids(text), target

    def batches(self):
        """One epoch of batches, texts of like length together."""
        order = list(range(len(self.texts)))
        self.random.shuffle(order)
        for start in range(0, len(order), 4 * BATCH):
            drawn = sorted((self.sample(i) for i in order[start : start + 4 * BATCH]), key=lambda s: len(s[0]))
            pieces = [drawn[k : k + BATCH] for k in range(0, len(drawn), BATCH)]
            self.random.shuffle(pieces)
            yield from pieces


def encode(model, batch: list[list[int]]) -> torch.Tensor:
    """Mean-pooled unit vectors."""
    width = max(map(len, batch))
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    return Pooled(model)(ids, mask)


class Pooled(torch.nn.Module):
    """The model with mean pooling and normalisation inside, as the exported graph has them."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).float()
        return torch.nn.functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=1)


def centroids(model, examples: Examples) -> torch.Tensor:
    """Where the topics lie before training: the mean vector of some examples each."""
    model.eval()
    rows = []
    with torch.no_grad():
        for label in range(examples.classes):
            some = [i for i, other in enumerate(examples.labels) if other == label][:16]
            rows.append(encode(model, [examples.ids(examples.texts[i]) for i in some]).mean(0))
    model.train()
    return torch.nn.functional.normalize(torch.stack(rows), dim=1)


def tune(model, examples: Examples) -> None:
    """Pull examples towards their topic's direction, with label smoothing, the rate falling to nought."""
    heads = torch.nn.Parameter(centroids(model, examples))
    groups = [{"params": model.parameters(), "lr": RATE}, {"params": [heads], "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps, step = int(EPOCHS * math.ceil(len(examples.texts) / BATCH)), 0
    while step < steps:
        for batch in examples.batches():
            factor = min(1, step / 50) * (1 - step / steps) + 1e-9
            optimiser.param_groups[0]["lr"], optimiser.param_groups[1]["lr"] = RATE * factor, HEAD_RATE * factor
            target = torch.zeros(len(batch), examples.classes)
            for row, (_, shares) in enumerate(batch):
                for label, share in shares.items():
                    target[row, label] = share
            target = (1 - SMOOTHING) * target + SMOOTHING / examples.classes
            scores = SCALE * encode(model, [ids for ids, _ in batch]) @ torch.nn.functional.normalize(heads, dim=1).T
            loss = -(target * torch.log_softmax(scores, 1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step} of {steps}, loss {loss.item():.3f}", flush=True)
            if step >= steps:
                break


def export(model, folder: Path) -> None:
    """Write the int8 ONNX graph, the tokenizer and their sums."""
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    ids = torch.tensor([[101, 2064, 1045, 102], [101, 2064, 1045, 102]])
    plain = folder / "fp32.onnx"
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask")} | {"embedding": {0: "batch"}}
    torch.onnx.export(
        Pooled(model),
        (ids, torch.ones_like(ids)),
        str(plain),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(str(plain), str(folder / MODEL_FILE), weight_type=QuantType.QInt8, per_channel=True)
    plain.unlink()
    shutil.copy(EMBEDDER_FOLDER / TOKENIZER_FILE, folder)
    sums = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in (MODEL_FILE, TOKENIZER_FILE)]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def main(published: str, output: str) -> None:
    """Tune and export."""
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(EMBEDDER_FOLDER / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(80)
    model = AutoModel.from_pretrained(published, attn_implementation="eager")
    model.train()
    tune(model, Examples(tokenizer))
    export(model, Path(output))


if __name__ == "__main__":
    main(*sys.argv[1:3])
