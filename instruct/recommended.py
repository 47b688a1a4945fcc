"""The base models that are recommended, each with its licence and its shape: instruct models with a chat template.

Left out are models that think aloud before they answer, but for SmolLM3, and Qwen2.5-3B, whose licence forbids
commercial use.
"""

from __future__ import annotations

from dataclasses import dataclass

from instruct.footprint import Shape


@dataclass(frozen=True, slots=True)
class Recommended:
    """A model of the hub. `gated`: its licence has to be accepted there before it can be fetched."""

    name: str
    licence: str
    gated: bool
    shape: Shape


# Hub id, licence, gated; then the fields of Shape: parameters, context, layers, hidden, intermediate, keys, embeddings.
TABLE = """
HuggingFaceTB/SmolLM2-135M-Instruct apache-2.0 -     LlamaForCausalLM   134515008   8192 30  576  1536  192   28311552
HuggingFaceTB/SmolLM2-360M-Instruct apache-2.0 -     LlamaForCausalLM   361821120   8192 32  960  2560  320   47185920
HuggingFaceTB/SmolLM2-1.7B-Instruct apache-2.0 -     LlamaForCausalLM  1711376384   8192 24 2048  8192 2048  100663296
HuggingFaceTB/SmolLM3-3B            apache-2.0 -     SmolLM3ForCausalLM 3075098624 65536 36 2048 11008  512  262668288
Qwen/Qwen2.5-0.5B-Instruct          apache-2.0 -     Qwen2ForCausalLM   494032768  32768 24  896  4864  128  136134656
Qwen/Qwen2.5-1.5B-Instruct          apache-2.0 -     Qwen2ForCausalLM  1543714304  32768 28 1536  8960  256  233373696
Qwen/Qwen2.5-7B-Instruct            apache-2.0 -     Qwen2ForCausalLM  7615616512  32768 28 3584 18944  512 1089994752
Qwen/Qwen3-4B-Instruct-2507         apache-2.0 -     Qwen3ForCausalLM  4022468096 262144 36 2560  9728 1024  388956160
meta-llama/Llama-3.2-1B-Instruct    llama3.2   gated LlamaForCausalLM  1235814400 131072 16 2048  8192  512  262668288
meta-llama/Llama-3.2-3B-Instruct    llama3.2   gated LlamaForCausalLM  3212749824 131072 28 3072  8192 1024  394002432
google/gemma-3-270m-it              gemma      gated Gemma3ForCausalLM  268098176  32768 18  640  2048  256  167772160
google/gemma-3-1b-it                gemma      gated Gemma3ForCausalLM  999885952  32768 26 1152  6912  256  301989888
"""


def _model(name: str, licence: str, gated: str, architecture: str, *sizes: str) -> Recommended:
    return Recommended(name, licence, gated == "gated", Shape(architecture, *map(int, sizes)))


MODELS = tuple(_model(*line.split()) for line in TABLE.strip().splitlines())
