"""The published weights of all-MiniLM-L6-v2 -> one ONNX graph in memory, which ONNX Runtime runs without torch.

ids, mask (batch, tokens), lengths (batch) -> vectors (batch, 384) of length one. Everything is in single precision: the
vectors are those of the published model to a millionth, in a fraction of the time that one question takes in torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, helper
from safetensors.numpy import load_file

from privacy.names.features import WIDTH
from privacy.names.graph import Graph

Array = npt.NDArray[Any]

LAYERS = 6
PARTS = {
    "out": "attention.output.dense",
    "norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "last_norm": "output.LayerNorm",
}
"""Our names of a layer's parts and those of the file."""


def graph(weights: Path) -> ModelProto:
    """The graph of the weights in a safetensors file."""
    state = _state(load_file(weights))
    made = _Encoder(state)
    hidden = made.embeddings()
    for number in range(LAYERS):
        hidden = made.layer(hidden, number)
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("ids", "mask")]
    lengths = helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"])
    vectors = helper.make_tensor_value_info(made.pooled(hidden), TensorProto.FLOAT, ["batch", WIDTH])
    return made.model("encoder", [*given, lengths], [vectors])


class _Encoder(Graph):
    def embeddings(self) -> str:
        words = self.node("Gather", [self.constant("words", self._state["words.weight"]), "ids"], "word")
        length = self.node("Shape", ["ids"], "length", start=1, end=2)
        rows = self.constant("positions", self._state["positions.weight"])
        places = self.node("Slice", [rows, self.constant("first", np.array([0])), length], "place")
        return self.norm(self.node("Add", [words, places], "embedded"), "norm")

    def linear(self, hidden: str, name: str) -> str:
        return self.head(hidden, name)

    def pooled(self, hidden: str) -> str:
        """The mean over the tokens that are text, at length one."""
        numbers = self.node("Cast", ["mask"], "numbers", to=TensorProto.FLOAT)
        column = self.node("Unsqueeze", [numbers, self.constant("last axis", np.array([2]))], "column")
        text = self.node("Mul", [hidden, column], "text")
        summed = self.node("ReduceSum", [text, self.constant("token axis", np.array([1]))], "summed", keepdims=0)
        return self.node("LpNormalization", [summed], "vectors", axis=1, p=2)


def _state(raw: dict[str, Array]) -> dict[str, Array]:
    """The weights under the names that the graph asks for; the three projections of attention as one."""
    types = raw["embeddings.token_type_embeddings.weight"][0]
    state = {
        "words.weight": raw["embeddings.word_embeddings.weight"],
        "positions.weight": raw["embeddings.position_embeddings.weight"] + types,
    }
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = raw[f"embeddings.LayerNorm.{kind}"]
        for n in range(LAYERS):
            at = f"encoder.layer.{n}"
            three = [raw[f"{at}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            state[f"layers.{n}.qkv.{kind}"] = np.concatenate(three)
            state |= {f"layers.{n}.{ours}.{kind}": raw[f"{at}.{theirs}.{kind}"] for ours, theirs in PARTS.items()}
    return state
