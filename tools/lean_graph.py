"""The shipped graph of the sentence model: the quantised export's numbers in a fifth of its steps.

What torch exports works out every shape anew in each layer, reads three matrices where one would do, and masks padding
that a single question has not. The same numbers in a graph written for one row of tokens take three quarters of the
time. A dense layer is one step of the runtime, DynamicQuantizeMatMul, which is what it makes of the export's five.
"""

from __future__ import annotations

from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from policy_kb.embedding import DIMENSIONS, MAX_TOKENS

LAYERS, HEADS = 6, 12
PARTS = ("query", "key", "value")
MICROSOFT = "com.microsoft"


class Export:
    """A quantised export: its weights by torch's names, dense layers as whole numbers with a scale for each column."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(str(path)).graph
        self._found = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
        self._dense = {}
        for node in graph.node:
            if node.op_type == "MatMulInteger":  # /model/encoder/layer.0/attention/self/query/MatMul_quant
                name = node.name.removeprefix("/model/").rpartition("/")[0].replace("/", ".")
                self._dense[name] = node.input[1].removesuffix("_quantized")

    def plain(self, name: str) -> numpy.ndarray:
        """A weight that was not quantised."""
        return self._found[f"model.{name}"]

    def table(self, name: str) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
        """A table of vectors: whole numbers, scale and zero point."""
        name = f"model.embeddings.{name}.weight"
        return self._found[f"{name}_quantized"], self._found[f"{name}_scale"], self._found[f"{name}_zero_point"]

    def dense(self, name: str) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
        """A dense layer's weight [in, out], scale [out] and bias [out]."""
        stored = self._dense[name]
        if self._found[f"{stored}_zero_point"].any():
            raise SystemExit(f"{name}: a weight that is not symmetric")
        return self._found[f"{stored}_quantized"], self._found[f"{stored}_scale"], self.plain(f"{name}.bias")


class Graph:
    """Steps and numbers of the graph that is written; each step is named after what it puts out."""

    def __init__(self) -> None:
        self._nodes, self._numbers = [], []

    def number(self, name: str, values: numpy.ndarray) -> str:
        """Numbers of the file."""
        self._numbers.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def step(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes) -> str:
        """A step; its first output."""
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]

    def dense(self, x: str, layer: tuple[numpy.ndarray, ...], name: str) -> str:
        """A dense layer."""
        weight, scale, bias = layer
        inputs = [x, self.number(f"{name}.weight", weight), self.number(f"{name}.scale", scale), ""]
        inputs.append(self.number(f"{name}.bias", bias))
        return self.step("DynamicQuantizeMatMul", inputs, name, domain=MICROSOFT)

    def add_and_norm(self, x: str, y: str, export: Export, name: str, output: str) -> str:
        """The sum of two, normalised."""
        both = self.step("Add", [x, y], f"{name}.sum")
        numbers = [self.number(f"{name}.{part}", export.plain(f"{name}.{part}")) for part in ("weight", "bias")]
        return self.step("LayerNormalization", [both, *numbers], output, axis=-1, epsilon=1e-12)

    def save(self, path: Path) -> None:
        """Write the file: token numbers [tokens] in, states [tokens, DIMENSIONS] out."""
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["tokens"])
        states = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["tokens", DIMENSIONS])
        graph = helper.make_graph(self._nodes, "askfirst", [ids], [states], self._numbers)
        sets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=sets, producer_name="askfirst")
        model.ir_version = 8
        onnx.save(model, str(path))


def write(quantised: Path, shipped: Path) -> None:
    """Write the graph that is shipped, from a quantised export."""
    export, graph = Export(quantised), Graph()
    x = _embeddings(graph, export)
    graph.number("heads", numpy.array([-1, len(PARTS) * HEADS, DIMENSIONS // HEADS], numpy.int64))
    graph.number("flat", numpy.array([-1, DIMENSIONS], numpy.int64))
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        y = _attention(graph, export, x, f"{name}.attention.self")
        y = graph.dense(y, export.dense(f"{name}.attention.output.dense"), f"{name}.attention.output.dense")
        x = graph.add_and_norm(y, x, export, f"{name}.attention.output.LayerNorm", f"{name}.attended")
        y = graph.dense(x, export.dense(f"{name}.intermediate.dense"), f"{name}.intermediate.dense")
        y = graph.step("Gelu", [y], f"{name}.gelu", domain=MICROSOFT)
        y = graph.dense(y, export.dense(f"{name}.output.dense"), f"{name}.output.dense")
        last = layer == LAYERS - 1
        x = graph.add_and_norm(y, x, export, f"{name}.output.LayerNorm", "states" if last else f"{name}.states")
    graph.save(shipped)


def _embeddings(graph: Graph, export: Export) -> str:
    """Words and places; there is only one type of token, which is added to the places."""
    words, scale, zero = export.table("word_embeddings")
    rows = graph.step("Gather", [graph.number("words", words), "input_ids"], "words.whole")
    word = graph.step(
        "DequantizeLinear", [rows, graph.number("words.scale", scale), graph.number("words.zero", zero)], "words.read"
    )
    places = (_spread(*export.table("position_embeddings")) + _spread(*export.table("token_type_embeddings"))[0])[
        :MAX_TOKENS
    ]
    length = graph.step("Shape", ["input_ids"], "length")
    start = graph.number("start", numpy.array([0], numpy.int64))
    place = graph.step("Slice", [graph.number("places", places), start, length], "places.read")
    return graph.add_and_norm(word, place, export, "embeddings.LayerNorm", "embeddings")


def _attention(graph: Graph, export: Export, x: str, name: str) -> str:
    """Query, key and value in one product, then each head's attention [tokens, DIMENSIONS]."""
    weights, scales, biases = zip(*(export.dense(f"{name}.{part}") for part in PARTS), strict=True)
    layer = numpy.concatenate(weights, axis=1), numpy.concatenate(scales), numpy.concatenate(biases)
    rows = graph.step("Reshape", [graph.dense(x, layer, f"{name}.qkv"), "heads"], f"{name}.rows")
    heads = graph.step("Transpose", [rows], f"{name}.heads", perm=[1, 0, 2])
    parts = [f"{name}.{part}" for part in PARTS]
    query, key, value = [graph.step("Split", [heads], *parts, axis=0), *parts[1:]]
    narrow = float(1 / numpy.sqrt(DIMENSIONS // HEADS))
    scores = graph.step("FusedMatMul", [query, key], f"{name}.scores", domain=MICROSOFT, transB=1, alpha=narrow)
    chances = graph.step("Softmax", [scores], f"{name}.chances", axis=-1)
    seen = graph.step("MatMul", [chances, value], f"{name}.seen")
    return graph.step(
        "Reshape", [graph.step("Transpose", [seen], f"{name}.tokens", perm=[1, 0, 2]), "flat"], f"{name}.context"
    )


def read(shipped: Path) -> dict[str, numpy.ndarray]:
    """A shipped graph's weights by torch's names, as large numbers. `places`: positions with the token type added."""
    found = {number.name: numpy_helper.to_array(number) for number in onnx.load(str(shipped)).graph.initializer}
    weights = {"embeddings.word_embeddings.weight": _spread(found["words"], found["words.scale"], found["words.zero"])}
    weights["places"] = found["places"]
    for name, values in found.items():
        layer, _, kind = name.rpartition(".")
        if kind == "scale" and layer != "words":
            weight = (found[f"{layer}.weight"].astype(numpy.float32) * values).T
            weights |= _named(layer, weight, found[f"{layer}.bias"])
        elif layer.endswith("LayerNorm"):
            weights[name] = values
    return weights


def _named(layer: str, weight: numpy.ndarray, bias: numpy.ndarray) -> dict[str, numpy.ndarray]:
    layers = [f"{layer.removesuffix('qkv')}{part}" for part in PARTS] if layer.endswith(".qkv") else [layer]
    parts = zip(layers, numpy.split(weight, len(layers)), numpy.split(bias, len(layers)), strict=True)
    return {
        f"{name}.{kind}": values for name, *both in parts for kind, values in zip(("weight", "bias"), both, strict=True)
    }


def _spread(values: numpy.ndarray, scale: numpy.ndarray, zero: numpy.ndarray) -> numpy.ndarray:
    return (values.astype(numpy.float32) - zero.astype(numpy.float32)) * scale
