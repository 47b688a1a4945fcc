"""The shipped weights -> two ONNX graphs in memory, which ONNX Runtime runs without torch.

`bottom`: ids, cases (batch, tokens), lengths (batch) -> hidden (batch, tokens, 384) and the early head's logits.
`top`: hidden, lengths -> the last head's logits. Products are in 8-bit integers; sums, norms and heads in single
precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from safetensors import safe_open
from safetensors.numpy import load_file

from privacy.names.features import EPSILON, HEADS, LABELS, WIDTH, folder

Array = npt.NDArray[Any]

TINY = 1e-6
FUSED = "com.microsoft"
OPSET = 17
IR_VERSION = 9


def graphs(weights: Path) -> tuple[ModelProto, ModelProto]:
    """The bottom and the top graph of the weights in a safetensors file, whose metadata says where the early head
    stands: `exit`, after so many layers."""
    state = {name: value.astype(np.float32) for name, value in load_file(weights).items()}
    with safe_open(weights, "numpy") as file:
        exit_ = int(file.metadata()["exit"])
    with safe_open(folder() / "model.safetensors", "numpy") as encoder:
        state["words.weight"] = encoder.get_tensor("embeddings.word_embeddings.weight")
    layers = sum(name.endswith(".qkv.weight") for name in state)
    return _bottom(state, exit_), _top(state, range(exit_, layers))


class Graph:
    """Nodes and constants as they are added; each method gives the name of what it computes."""

    def __init__(self, state: dict[str, Array]) -> None:
        self._state = state
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self.constant("tiny", np.array(TINY, np.float32))
        self.constant("step", np.array(1 / 127, np.float32))
        self.constant("middle", np.array(128, np.uint8))
        self.constant("unscaled", np.array(1, np.float32))

    def constant(self, name: str, value: Array) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, outputs: int = 1, **attributes: Any) -> str:
        named = [output] if outputs == 1 else [f"{output}.{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(op, inputs, named, output, **attributes))
        return output

    def embeddings(self) -> str:
        state = self._state
        words = self.node("Gather", [self.constant("words", state["words.weight"]), "ids"], "word")
        cases = self.node("Gather", [self.constant("cases.rows", state["cases.weight"]), "cases"], "case")
        length = self.node("Shape", ["ids"], "length", start=1, end=2)
        rows = self.constant("positions.rows", state["positions.weight"])
        places = self.node("Slice", [rows, self.constant("first", np.array([0])), length], "place")
        summed = self.node("Add", [self.node("Add", [words, cases], "word and case"), places], "embedded")
        return self.norm(summed, "norm")

    def norm(self, hidden: str, name: str) -> str:
        scale = self.constant(f"{name}.scale", self._state[f"{name}.weight"])
        bias = self.constant(f"{name}.shift", self._state[f"{name}.bias"])
        return self.node("LayerNormalization", [hidden, scale, bias], f"{name}.normed", epsilon=EPSILON)

    def linear(self, hidden: str, name: str) -> str:
        """A product in 8-bit integers: one scale for each output channel of the matrix and one for each token.

        A scale for each token, rather than one for the batch, makes what is found in a text independent of the texts
        that are read with it. The matrix has 7 bits, or processors with AVX2 alone would saturate their 16-bit sums.
        """
        matrix = self._state[f"{name}.weight"].T
        scale = np.maximum(np.abs(matrix).max(0), TINY) / 63
        eight = self.constant(f"{name}.matrix", np.rint(matrix / scale).astype(np.int8))
        scales = self.constant(f"{name}.scales", (scale / 127).astype(np.float32))
        bias = self.constant(f"{name}.bias", self._state[f"{name}.bias"])
        largest = self.node("ReduceMax", [self.node("Abs", [hidden], f"{name}.abs")], f"{name}.largest", axes=[-1])
        peak = self.node("Max", [largest, "tiny"], f"{name}.peak")
        unit = self.node("Div", [hidden, peak], f"{name}.unit")
        bytes_ = self.node("QuantizeLinear", [unit, "step", "middle"], f"{name}.bytes")
        product = [bytes_, eight, "unscaled", scales, "middle"]
        sums = self.node("MatMulIntegerToFloat", product, f"{name}.sums", domain=FUSED)
        return self.node("Add", [self.node("Mul", [sums, peak], f"{name}.rescaled"), bias], f"{name}.out")

    def layer(self, hidden: str, number: int) -> str:
        at = f"layers.{number}"
        qkv = self.linear(hidden, f"{at}.qkv")
        self.node("Split", [qkv], f"{at}.split", 3, axis=2)
        three = [f"{at}.split.{i}" for i in range(3)]
        seen = self.node("MultiHeadAttention", [*three, "", "lengths"], f"{at}.seen", domain=FUSED, num_heads=HEADS)
        out = self.linear(seen, f"{at}.out")
        hidden = self.norm(self.node("Add", [hidden, out], f"{at}.attended"), f"{at}.norm")
        wide = self.node("Gelu", [self.linear(hidden, f"{at}.wide")], f"{at}.gelu", domain=FUSED)
        narrow = self.linear(wide, f"{at}.narrow")
        return self.norm(self.node("Add", [hidden, narrow], f"{at}.fed"), f"{at}.last_norm")

    def head(self, hidden: str, name: str) -> str:
        """In single precision: it is small, and its outputs are probabilities."""
        matrix = self.constant(f"{name}.matrix", self._state[f"{name}.weight"].T)
        bias = self.constant(f"{name}.bias", self._state[f"{name}.bias"])
        return self.node("Add", [self.node("MatMul", [hidden, matrix], f"{name}.sum"), bias], f"{name}.logits")

    def model(self, name: str, inputs: list[Any], outputs: list[Any]) -> ModelProto:
        graph = helper.make_graph(self._nodes, name, inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


_TOKENS = ["batch", "tokens"]
_LENGTHS = helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"])


def _bottom(state: dict[str, Array], exit_: int) -> ModelProto:
    graph = Graph(state)
    hidden = graph.embeddings()
    for number in range(exit_):
        hidden = graph.layer(hidden, number)
    early = graph.head(hidden, "early")
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, _TOKENS) for name in ("ids", "cases")]
    return graph.model("bottom", [*given, _LENGTHS], [_hidden(hidden), _logits(early)])


def _top(state: dict[str, Array], layers: range) -> ModelProto:
    graph = Graph(state)
    hidden = "hidden"
    for number in layers:
        hidden = graph.layer(hidden, number)
    return graph.model("top", [_hidden("hidden"), _LENGTHS], [_logits(graph.head(hidden, "head"))])


def _hidden(name: str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [*_TOKENS, WIDTH])


def _logits(name: str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [*_TOKENS, len(LABELS)])
