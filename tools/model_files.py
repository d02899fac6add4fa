"""The sentence model as files: published, tuned, averaged, shipped. For tools/finetune_embedder.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel

from policy_kb.embedding import EMBEDDER_FOLDER, MODEL_FILE, TOKENIZER_FILE
from tools import lean_graph

STATE = "state.pt"
"""The unquantised weights in a tuned model's folder."""


class States(torch.nn.Module):
    """The model as the exported graph has it: ids and mask in, the last layer's states out."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def export(model, folder: Path) -> None:
    """Write the int8 ONNX graph, the tokenizer and the unquantised weights."""
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    ids = torch.tensor([[101, 2064, 1045, 102], [101, 2064, 1045, 102]])
    plain = folder / "fp32.onnx"
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "states")}
    torch.onnx.export(
        States(model),
        (ids, torch.ones_like(ids)),
        str(plain),
        input_names=["input_ids", "attention_mask"],
        output_names=["states"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantised = folder / "int8.onnx"
    quantize_dynamic(str(plain), str(quantised), weight_type=QuantType.QInt8, per_channel=True)
    lean_graph.write(quantised, folder / MODEL_FILE)
    plain.unlink()
    quantised.unlink()
    shutil.copy(EMBEDDER_FOLDER / TOKENIZER_FILE, folder)
    torch.save(model.state_dict(), folder / STATE)


def published(folder: str):
    """The model as published, ready to be tuned."""
    return AutoModel.from_pretrained(folder, attn_implementation="eager")


def averaged(folder: str, tunings: list[str]):
    """A model whose every weight is the mean of those of models that were tuned from the same beginning."""
    states = [torch.load(Path(tuning) / STATE, weights_only=True) for tuning in tunings]
    means = {
        name: torch.stack([s[name].double() for s in states]).mean(0).to(states[0][name].dtype) for name in states[0]
    }
    model = published(folder)
    model.load_state_dict(means)
    return model


def restored(folder: str):
    """The published model with the weights of the shipped file, its small numbers turned back into large ones."""
    weights = lean_graph.read(EMBEDDER_FOLDER / MODEL_FILE)
    model = published(folder)
    places, before = weights.pop("places"), model.state_dict()
    positions = before["embeddings.position_embeddings.weight"].numpy().copy()
    positions[: len(places)] = places - before["embeddings.token_type_embeddings.weight"][0].numpy()
    weights["embeddings.position_embeddings.weight"] = positions
    read = {name: torch.tensor(values) for name, values in weights.items()}
    missing, unknown = model.load_state_dict(read, strict=False)
    kept = ("pooler.", "embeddings.token_type_embeddings.")
    if unknown or any(not name.startswith(kept) for name in missing):
        raise SystemExit(f"the shipped model has other weights: {sorted((*missing, *unknown))}")
    return model
