"""How policy_kb/embedder was made: all-MiniLM-L6-v2, tuned on the data of policy_kb/data, as int8 ONNX.

It learns two things at once: which topic an example is about, and which verdict a worked question calls for under its
policy (those set aside are left out, see policy_kb/worked.py).

Not part of the running project and not in its lock file. It needs torch, transformers, onnx and onnxruntime, and
a folder with the published model (config.json, model.safetensors; sha256 in policy_kb/embedder/README.md):

    python -m tools.finetune_embedder PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER

The output folder then holds the model and its tokenizer; copy them to policy_kb/embedder and run
tools/train_headline.py, which writes the head and SHA256SUMS. It runs on two processors in about half an hour.
Floating point sums differ between machines, so the bytes differ a little each time; the shipped file was measured.
"""

from __future__ import annotations

import math
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import AutoModel

from policy_kb import loader, worked
from policy_kb.compiled import build_normaliser, training_texts
from policy_kb.embedding import EMBEDDER_FOLDER, MODEL_FILE, TOKENIZER_FILE
from policy_kb.model import Verdict
from policy_kb.normalise import clean

EPOCHS = 3.0
BATCH = 32
RATE, HEAD_RATE, CALL_RATE = 6e-5, 3e-3, 3e-3
SCALE = 18.0
CALL_SCALE = 6.0
SMOOTHING = 0.1
DOUBT = 0.01
"""A label may be wrong: no worked question may cost more than the logarithm of this."""

COMPOUNDS = 0.18
SHORT = 110
REMEMBERED = 24
"""Words of each of two turns that are read together."""

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
VERDICTS = tuple(Verdict)


@dataclass(frozen=True)
class Sample:
    """Token ids, topic -> share of the target, and for a worked question its policy and accepted verdicts."""

    ids: list[int]
    topics: dict[int, float]
    policy: int = -1
    accepted: tuple[int, ...] = ()


class Examples:
    """The curated examples, some joined in pairs so that a message with two questions lies between its topics; and
    the worked questions, with what their second turns say alone."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        knowledge = loader.load()
        pairs = training_texts(knowledge)
        self.normalise = build_normaliser(knowledge)
        self.tokenizer = tokenizer
        self.texts = [text for text, _ in pairs]
        names = sorted({label for _, label in pairs})
        self.labels = [names.index(label) for _, label in pairs]
        self.classes = len(names)
        self.policies = len(knowledge.policies)
        self.random = random.Random(0)  # noqa: S311 - a shuffle, not a secret
        self.worked = [
            sample
            for number, policy in enumerate(sorted(knowledge.policies))
            for question in worked.read(policy)[0]
            if not question.set_aside
            for sample in self.work(question, number, names)
        ]

    def __len__(self) -> int:
        return len(self.texts) + len(self.worked)

    def work(self, question: worked.WorkedQuestion, policy: int, names: list[str]) -> Iterator[Sample]:
        """The samples of one worked question."""
        earlier = ""
        for text, label in zip(question.turns, question.expect, strict=True):
            shares = {names.index(topic): 1 / len(label.topics) for topic in label.topics}
            accepted = tuple(VERDICTS.index(verdict) for verdict in label.verdicts)
            read = f"{earlier} {' '.join(text.split()[-REMEMBERED:])}" if earlier else text
            yield Sample(self.ids(read), shares, policy, accepted)
            if earlier and shares and len(text.split()) > 6:
                yield Sample(self.ids(text), shares)
            earlier = " ".join(text.split()[-REMEMBERED:])

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(self.normalise(clean(text))).ids

    def sample(self, i: int) -> Sample:
        """Example i, now and then joined with another; or worked question i - len(texts)."""
        if i >= len(self.texts):
            return self.worked[i - len(self.texts)]
        text, shares = self.texts[i], {self.labels[i]: 1.0}
        j = self.random.randrange(len(self.texts))
        other = self.texts[j]
        joinable = max(len(text), len(other)) < SHORT and self.labels[i] != self.labels[j]
        if joinable and self.random.random() < COMPOUNDS:
            first, second = (text, other) if self.random.random() < 0.5 else (other, text)
            text = first.rstrip("?. ") + self.random.choice(JOINS) + second[0].lower() + second[1:]
            shares = {self.labels[i]: 0.5, self.labels[j]: 0.5}
        return Sample(self.ids(text), shares)

    def batches(self) -> Iterator[list[Sample]]:
        """One epoch of batches, texts of like length together."""
        order = list(range(len(self)))
        self.random.shuffle(order)
        for start in range(0, len(order), 8 * BATCH):
            drawn = sorted((self.sample(i) for i in order[start : start + 8 * BATCH]), key=lambda s: len(s.ids))
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


def topic_loss(batch: list[Sample], scores: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with label smoothing, of the samples that have topics."""
    target = torch.zeros_like(scores)
    known = torch.zeros(len(batch))
    for row, sample in enumerate(batch):
        for label, share in sample.topics.items():
            target[row, label] = share
            known[row] = 1
    target = (1 - SMOOTHING) * target + SMOOTHING / scores.shape[1]
    return -((target * torch.log_softmax(scores, 1)).sum(1) * known).sum() / len(batch)


def call_loss(batch: list[Sample], vectors: torch.Tensor, calls: torch.Tensor) -> torch.Tensor:
    """How unlikely the accepted verdicts of the worked questions are. calls [1 + policies, 385, verdicts]."""
    rows = [row for row, sample in enumerate(batch) if sample.accepted]
    if not rows:
        return torch.zeros(())
    inputs = torch.cat([vectors[rows] * CALL_SCALE, torch.ones(len(rows), 1)], 1)
    weights = calls[0] + calls[1 + torch.tensor([batch[row].policy for row in rows])]
    likely = torch.softmax(torch.einsum("bd,bdv->bv", inputs, weights), 1)
    accepted = torch.zeros(len(rows), len(VERDICTS))
    for k, row in enumerate(rows):
        accepted[k, list(batch[row].accepted)] = 1
    return -torch.log((likely * accepted).sum(1) + DOUBT).sum() / len(batch)


def tune(model, examples: Examples) -> None:
    """Pull examples towards their topic's direction, and make what they call for readable; the rate falls to nought."""
    heads = torch.nn.Parameter(centroids(model, examples))
    calls = torch.nn.Parameter(torch.zeros(1 + examples.policies, 385, len(VERDICTS)))
    rates = ((RATE, model.parameters()), (HEAD_RATE, [heads]), (CALL_RATE, [calls]))
    groups = [{"params": parameters, "base": rate} for rate, parameters in rates]
    optimiser = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
    steps, step = int(EPOCHS * math.ceil(len(examples) / BATCH)), 0
    while step < steps:
        for batch in examples.batches():
            factor = min(1, step / 50) * (1 - step / steps) + 1e-9
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * factor
            vectors = encode(model, [sample.ids for sample in batch])
            scores = SCALE * vectors @ torch.nn.functional.normalize(heads, dim=1).T
            loss = topic_loss(batch, scores) + call_loss(batch, vectors, calls)
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
    """Write the int8 ONNX graph and the tokenizer."""
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
