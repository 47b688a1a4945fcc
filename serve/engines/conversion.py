"""A causal language model of transformers -> a folder that OpenVINO GenAI serves, checked against the original.

What comes out is the stateful form GenAI expects: `input_ids`, `attention_mask`, `position_ids` and `beam_idx` go in,
`logits` come out, keys and values are the graph's own variables.
https://docs.openvino.ai/2026/openvino-workflow/running-inference/inference-request/stateful-models.html
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch

from deskwright.errors import DeskwrightError

MODEL = "openvino_model.xml"
ABOUT = "shape.json"
"""Beside the model: the numbers of layers, of key heads and their sizes, from which the cache's size follows."""

FAR = 1e-2
"""So far, relative to the largest, the converted model's logits may be from the original's."""

_FIRST, _THEN = 9, 3
"""Tokens of the check: so many at once, then so many onto the kept state."""


class Unconvertible(DeskwrightError):
    """The model has something that the conversion does not cover."""


def convert(net: Any, folder: Path, *, int8: bool) -> None:
    """Writes the converted model into `folder`, whole or not at all; with `int8`, its weights in 8 bits a number.

    Raises:
        Unconvertible: the model's layers do not all see the whole past, or the result does not say what `net` says.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(dir=folder.parent))
    try:
        with _quiet():
            _write(net, scratch, int8)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.replace(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _write(net: Any, scratch: Path, int8: bool) -> None:
    import openvino

    _refuse_windows(net.config)
    past = _past(net)
    graph = _traced(net, past)
    _make_stateful(graph, len(past))
    _check(graph, net)
    if int8:
        import nncf

        graph = nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_ASYM)
    openvino.save_model(graph, scratch / MODEL, compress_to_fp16=False)
    shape = {"layers": len(past) // 2, "heads": past[0].shape[1], "size": past[0].shape[3]}
    (scratch / ABOUT).write_text(json.dumps(shape) + "\n", encoding="utf-8")


def _refuse_windows(config: Any) -> None:
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if kinds != {"full_attention"}:
        raise Unconvertible(
            f"A model with {', '.join(sorted(kinds))} (found {config.model_type}) is not converted to OpenVINO; "
            "expected full attention in every layer. Serve it with the engine transformers."
        )


@torch.inference_mode()
def _past(net: Any) -> list[torch.Tensor]:
    """Keys and values, layer by layer, of three tokens in two rows: (2, heads, 3, size)."""
    layers = net(input_ids=torch.ones(2, 3, dtype=torch.long), use_cache=True).past_key_values.layers
    return [tensor.clone() for layer in layers for tensor in (layer.keys, layer.values)]


class _Step(torch.nn.Module):
    """One call of the model, with its past as plain tensors."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, input_ids: Any, attention_mask: Any, position_ids: Any, *past: Any) -> Any:
        from transformers import DynamicCache

        cache = DynamicCache()
        for keys, values in zip(past[::2], past[1::2], strict=True):
            layer = cache.layer_class_to_replicate()
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys, values
            cache.layers.append(layer)
        out = self.net(
            input_ids=input_ids,
            attention_mask=_visible(attention_mask, past[0].shape[2], input_ids.shape[1]),
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
        )
        return out.logits, *(tensor for layer in cache.layers for tensor in (layer.keys, layer.values))


def _visible(attention_mask: Any, seen: Any, new: Any) -> Any:
    """The causal mask, written out: the library builds its own in a way that cannot be traced."""
    places = torch.arange(attention_mask.shape[1])
    past = places[None, :] <= torch.arange(seen, seen + new)[:, None]
    return torch.where(past[None, None] & attention_mask[:, None, None, :].bool(), 0.0, torch.finfo(torch.float32).min)


def _traced(net: Any, past: list[torch.Tensor]) -> Any:
    import openvino

    places = torch.arange(3, 7)[None].repeat(2, 1)
    example = (torch.ones(2, 4, dtype=torch.long), torch.ones(2, 7, dtype=torch.long), places, *past)
    implementation = net.config._attn_implementation
    net.set_attn_implementation("sdpa")
    try:
        with torch.no_grad():
            graph = openvino.convert_model(_Step(net.eval()), example_input=example)
    finally:
        net.set_attn_implementation(implementation)
    inputs = _names("past", len(past), "input_ids", "attention_mask", "position_ids")
    for port, name in zip(graph.inputs, inputs, strict=True):
        port.get_tensor().set_names({name})
    for port, name in zip(graph.outputs, _names("present", len(past), "logits"), strict=True):
        port.get_tensor().set_names({name})
    for port in graph.inputs[:3]:
        port.get_node().set_partial_shape(openvino.PartialShape([-1, -1]))
    for port, tensor in zip(graph.inputs[3:], past, strict=True):
        port.get_node().set_partial_shape(openvino.PartialShape([-1, tensor.shape[1], -1, tensor.shape[3]]))
    graph.validate_nodes_and_infer_types()
    return graph


def _names(kind: str, count: int, *others: str) -> list[str]:
    return [*others, *(f"{kind}.{n // 2}.{('key', 'value')[n % 2]}" for n in range(count))]


def _make_stateful(graph: Any, count: int) -> None:
    """Turns the past into variables that begin empty and whose rows `beam_idx` chooses."""
    from openvino import opset13 as ops
    from openvino._offline_transformations import apply_make_stateful_transformation

    past = graph.inputs[3:]
    beam = ops.parameter([-1], dtype=np.int32, name="beam_idx")
    beam.output(0).get_tensor().add_names({"beam_idx"})
    graph.add_parameters([beam])
    for port in past:
        users = port.get_target_inputs()
        chosen = ops.gather(port, beam, _integer(0))
        for user in users:
            user.replace_source_output(chosen.output(0))
    graph.validate_nodes_and_infer_types()
    names = zip(_names("past", count), _names("present", count), strict=True)
    apply_make_stateful_transformation(graph, dict(names))
    rows = ops.gather(ops.shape_of(graph.input("input_ids"), "i64"), _integer([0]), _integer(0))
    for variable in (node for node in graph.get_ops() if node.get_type_name() == "ReadValue"):
        shape = variable.get_output_partial_shape(0)
        rest = _integer([shape[1].get_length(), 0, shape[3].get_length()])
        empty = ops.broadcast(ops.constant(0.0, dtype=np.float32), ops.concat([rows, rest], 0))
        variable.set_arguments([empty])
    graph.validate_nodes_and_infer_types()


def _integer(value: int | list[int]) -> Any:
    from openvino import opset13 as ops

    return ops.constant(value, dtype=np.int64)


def _check(graph: Any, net: Any) -> None:
    """Compares logits, of a first piece of text and of a second that goes onto the kept state."""
    import openvino

    total = _FIRST + _THEN
    known, seed = net.config.get_text_config().vocab_size, torch.Generator().manual_seed(1)
    ids = torch.randint(0, known, (1, total), generator=seed)
    with torch.inference_mode():
        expected = net(input_ids=ids).logits[0].float().numpy()
    request = openvino.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    found = []
    for begin, end in ((0, _FIRST), (_FIRST, total)):
        given = {
            "input_ids": ids[:, begin:end].numpy(),
            "attention_mask": np.ones((1, end), dtype=np.int64),
            "position_ids": np.arange(begin, end)[None],
            "beam_idx": np.zeros(1, dtype=np.int32),
        }
        found.append(request.infer(given)["logits"][0].copy())
    apart = float(np.abs(np.concatenate(found) - expected).max() / np.abs(expected).max())
    if not apart < FAR:
        raise Unconvertible(
            f"The converted model does not say what the original says: logits are {apart:.1%} of the largest apart; "
            f"expected at most {FAR:.0%}. Serve it with the engine transformers."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the notes that tracing writes about every shape it reads; what is told of progress is no output."""
    import nncf

    nncf.set_log_level(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield
