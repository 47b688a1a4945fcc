"""A model's shape -> how much memory tuning and serving it take, estimated.

The formulas, in bytes; P is the number of parameters, E those of the embeddings, L = P - E:

    serving   b L + 2 E + 4 T l k + 0.5 GB
    tuning    2 P + 16 A + T l (50 h + 13 i) + 0.5 GB

b is 2 in bf16, 1 in 8 bits, 0.5625 in 4 bits (each 64 weights have a scale). T is 4,096 tokens: the length of one
conversation in serving, a batch of 8 rows of 512 in tuning. Of the model: l layers of width h, i inside the MLP, k the
width of the keys and of the values, which the cache keeps in 2 bytes each. A = 32 L / h bounds the weights of LoRA
matrices of rank 16, each with its gradient and AdamW's two moments in float32. 50 and 13 were fitted to what
PyTorch saves for the backward pass of Llama models with LoRA in bf16. The 0.5 GB stand for PyTorch itself. On a
processor all is float32: about twice as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deskwright.errors import DeskwrightError

BYTES = {"bf16": 2.0, "8-bit": 1.0, "4-bit": 0.5625}
TOKENS = 4096
RANK = 16
OVERHEAD = 0.5e9


@dataclass(frozen=True, slots=True)
class Shape:
    """What the estimates need to know of a model."""

    architecture: str
    parameters: int
    context: int
    layers: int
    hidden: int
    intermediate: int
    key_values: int
    """The width of the keys, and of the values: heads times their size."""
    embeddings: int


def serving(shape: Shape, precision: str) -> float:
    """Bytes to serve one conversation of 4,096 tokens with weights of this precision."""
    weights = BYTES[precision] * (shape.parameters - shape.embeddings) + BYTES["bf16"] * shape.embeddings
    return weights + 4 * shape.layers * shape.key_values * TOKENS + OVERHEAD


def tuning(shape: Shape) -> float:
    """Bytes to tune with LoRA of rank 16 in bf16, with batches of 4,096 tokens."""
    adapters = 2 * RANK * (shape.parameters - shape.embeddings) / shape.hidden
    kept = TOKENS * shape.layers * (50 * shape.hidden + 13 * shape.intermediate)
    return 2 * shape.parameters + 16 * adapters + kept + OVERHEAD


def read(folder: Path) -> Shape:
    """The shape that a folder's config.json describes; the weights need not be there.

    Raises:
        DeskwrightError: transformers can make no model of it.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
    except (OSError, ValueError) as error:
        raise DeskwrightError(f"{folder / 'config.json'} makes no model: {str(error).splitlines()[0]}") from None
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return Shape(
        architecture=type(model).__name__,
        parameters=model.num_parameters(),
        context=text.max_position_embeddings,
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        intermediate=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        key_values=heads * size,
        embeddings=text.vocab_size * text.hidden_size * (1 if text.tie_word_embeddings else 2),
    )
