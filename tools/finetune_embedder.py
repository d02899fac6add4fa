"""How policy_kb/embedder was made: all-MiniLM-L6-v2, tuned on the data of policy_kb/data, as int8 ONNX.

It learns two things at once: which topic an example is about, and which verdict a worked question calls for under its
policy (those set aside are left out, see policy_kb/worked.py).

Not part of the running project and not in its lock file. It needs torch, transformers, onnx and onnxruntime, and
a folder with the published model (config.json, model.safetensors; sha256 in policy_kb/embedder/README.md):

    python -m tools.finetune_embedder tune PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER SEED
    python -m tools.finetune_embedder restore PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER
    python -m tools.finetune_embedder further PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER SEED TUNED_FOLDER EPOCHS RATE
    python -m tools.finetune_embedder average PUBLISHED_MODEL_FOLDER OUTPUT_FOLDER TUNED_FOLDER TUNED_FOLDER ...

The mean of two tuned models understands a little more than either and takes no more time. A tuned model that is tuned
further, for longer or on what was written since, starts from what it knows; `restore` makes the shipped model one that
can be. An output folder holds the model, its tokenizer and its unquantised weights; copy the first two to
policy_kb/embedder and run tools/train_headline.py, which writes the head and SHA256SUMS. Two tunings side by side, on
one processor each (OMP_NUM_THREADS=1), take about a quarter of an hour an epoch. Floating point sums differ between
machines, so the bytes differ a little each time; the shipped file was measured.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer

from policy_kb.embedding import EMBEDDER_FOLDER, TOKENIZER_FILE
from policy_kb.headline import ELSEWHERE, VECTOR, VERDICTS
from tools.model_files import States, averaged, export, published, restored
from tools.tuning_samples import BATCH, Examples, Sample

EPOCHS = 3.0
"""How often a model that is tuned from the beginning sees every example."""

RATE, HEAD_RATE, CALL_RATE = 6e-5, 3e-3, 3e-3
WARMING = 300
"""Steps in which the rate rises, so that new heads do not pull a model about."""

DROPPED = 0.1
MASKS = 1 << 25

SCALE = 18.0
CALL_SCALE = 6.0
SMOOTHING = 0.1
DOUBT = 0.01
"""A label may be wrong: no worked question may cost more than the logarithm of this."""

PIECES = 0.5
"""How much the pieces of two joined examples count, beside the whole."""


class Dropout(torch.nn.Module):
    """Drops a share of the states, by masks cut from one long row of chances, as drawing each anew is slow. Attention
    is left whole: p is what the model's own attention drops."""

    p = 0.0
    chances = torch.empty(0, dtype=torch.uint8)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return states
        if not len(self.chances):
            Dropout.chances = (torch.rand(MASKS) >= DROPPED).to(torch.uint8)
        start = int(torch.randint(MASKS - states.numel(), ()))
        kept = self.chances[start : start + states.numel()].view(states.shape)
        return states * kept.to(states.dtype) / (1 - DROPPED)


def learning(module: torch.nn.Module) -> None:
    """Ready a model for tuning. The vectors of single words stay as they are: they are half of what would be moved."""
    for name, child in module.named_children():
        if isinstance(child, torch.nn.Dropout):
            setattr(module, name, Dropout())
        elif name == "word_embeddings":
            child.requires_grad_(False)
        else:
            learning(child)


def encode(model, batch: list[list[int]], starts: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The state of every token [n, tokens, 384] and which of them count [n, tokens]: those from the start on."""
    width = max(map(len, batch))
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    states = States(model)(ids, mask)
    return states, mask * (torch.arange(width) >= torch.tensor(starts).unsqueeze(1))


def unit(vectors: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1)


def means(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The unit vectors of the means over whole texts."""
    return unit((states * mask.unsqueeze(-1)).sum(1))


def centroids(model, examples: Examples) -> torch.Tensor:
    """Where the topics lie before training: the mean vector of some examples each."""
    model.eval()
    rows = []
    with torch.no_grad():
        for label in range(examples.classes):
            some = [i for i, other in enumerate(examples.labels) if other == label][:16]
            read = encode(model, [examples.ids(examples.texts[i]) for i in some], [0] * len(some))
            rows.append(means(*read).mean(0))
    model.train()
    return unit(torch.stack(rows))


def smoothed(target: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each row with label smoothing."""
    target = (1 - SMOOTHING) * target + SMOOTHING / scores.shape[1]
    return -(target * torch.log_softmax(scores, 1)).sum(1)


def topic_loss(batch: list[Sample], scores: torch.Tensor) -> torch.Tensor:
    """How badly the topics are told, of the samples that have topics."""
    target = torch.zeros_like(scores)
    known = torch.zeros(len(batch))
    for row, sample in enumerate(batch):
        for label, share in sample.topics.items():
            target[row, label] = share
            known[row] = 1
    return (smoothed(target, scores) * known).sum() / len(batch)


def piece_loss(batch: list[Sample], states: torch.Tensor, heads: torch.Tensor) -> torch.Tensor:
    """The same for the pieces of joined examples, each read within the whole."""
    pieces = [(row, *piece) for row, sample in enumerate(batch) for piece in sample.pieces]
    if not pieces:
        return torch.zeros(())
    vectors = unit(torch.stack([states[row, start:end].mean(0) for row, start, end, _ in pieces]))
    target = torch.nn.functional.one_hot(torch.tensor([label for *_, label in pieces]), len(heads)).float()
    return smoothed(target, SCALE * vectors @ heads.T).sum() / len(batch)


def call_loss(batch: list[Sample], vectors: torch.Tensor, first: torch.Tensor, calls: torch.Tensor) -> torch.Tensor:
    """How unlikely the accepted verdicts of the worked questions are. calls [1 + policies, VECTOR + 2, verdicts]: for
    the mean, the first token's state, a constant, and whether the question is another policy's."""
    asked = [(row, call) for row, sample in enumerate(batch) for call in sample.calls]
    if not asked:
        return torch.zeros(())
    rows = torch.tensor([row for row, _ in asked])
    elsewhere = torch.tensor([[float(call.elsewhere)] for _, call in asked])
    inputs = torch.cat([vectors[rows] * CALL_SCALE, first[rows] * CALL_SCALE, torch.ones(len(asked), 1), elsewhere], 1)
    weights = calls[0] + calls[1 + torch.tensor([call.policy for _, call in asked])]
    likely = torch.softmax(torch.einsum("bd,bdv->bv", inputs, weights), 1)
    accepted = torch.zeros(len(asked), len(VERDICTS))
    for k, (_, call) in enumerate(asked):
        accepted[k, list(call.accepted)] = 1
    unlikely = -torch.log((likely * accepted).sum(1) + DOUBT)
    return (unlikely * (1 - (1 - ELSEWHERE) * elsewhere[:, 0])).sum() / len(batch)


def tune(model, examples: Examples, epochs: float, rate: float) -> None:
    """Pull examples towards their topic's direction, and make what they call for readable; the rate falls to nought."""
    learning(model)
    model.train()
    heads = torch.nn.Parameter(centroids(model, examples))
    calls = torch.nn.Parameter(torch.zeros(1 + examples.policies, VECTOR + 2, len(VERDICTS)))
    moved = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rates = ((rate, moved), (HEAD_RATE, [heads]), (CALL_RATE, [calls]))
    groups = [{"params": parameters, "base": base} for base, parameters in rates]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01, fused=True)
    steps, step = int(epochs * math.ceil(len(examples) / BATCH)), 0
    while step < steps:
        for batch in examples.batches():
            factor = min(1, step / WARMING) * (1 - step / steps) + 1e-9
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * factor
            with torch.autocast("cpu", dtype=torch.bfloat16):  # two thirds of the time
                states, mask = encode(model, [sample.ids for sample in batch], [sample.start for sample in batch])
            states = states.float()
            vectors, directions = means(states, mask), unit(heads)
            loss = (
                topic_loss(batch, SCALE * vectors @ directions.T)
                + PIECES * piece_loss(batch, states, directions)
                + call_loss(batch, vectors, unit(states[:, 0]), calls)
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(moved, 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step} of {steps}, loss {loss.item():.3f}", flush=True)
            if step >= steps:
                break


def tuned(folder: str, seed: int, before: str | None = None, epochs: float = EPOCHS, rate: float = RATE):
    """The published model tuned, or one that was tuned before tuned further; the seed orders and joins the examples."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.from_file(str(EMBEDDER_FOLDER / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = averaged(folder, [before]) if before else published(folder)
    tune(model, Examples(tokenizer, seed), epochs, rate)
    return model


def main(work: str, folder: str, output: str, *rest: str) -> None:
    """Tune, restore, tune further or average, and export."""
    if work == "average":
        model = averaged(folder, list(rest))
    elif work == "restore":
        model = restored(folder)
    elif work == "further":
        seed, before, epochs, rate = rest
        model = tuned(folder, int(seed), before, float(epochs), float(rate))
    else:
        model = tuned(folder, int(rest[0]))
    export(model, Path(output))


if __name__ == "__main__":
    main(*sys.argv[1:])
