"""Nothing -> a Llama of 54 million parameters with random weights, its tokenizer, and questions of about 200 tokens.

Random weights cost as much as trained ones, and whoever serves them has no easier answers. But every token that the
model says begins a word, as most do in English: random ones would make words without an end, and who shows whole words
alone would seem slow.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

SHAPE = {
    "hidden_size": 640,
    "intermediate_size": 1728,
    "num_hidden_layers": 10,
    "num_attention_heads": 10,
    "num_key_value_heads": 10,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}
QUESTION = 180
"""Tokens, to which the system text and the template add about twenty."""


def make(folder: Path) -> Any:
    """Saves the model and its tokenizer, and returns the tokenizer."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from instruct.starter.tokenizer import train

    if not (folder / "config.json").exists():
        tokenizer = train(_sentences())
        torch.manual_seed(11)
        ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
        made = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **SHAPE, **ends))
        begins = torch.tensor([tokenizer.decode([token]).startswith(" ") for token in range(len(tokenizer))])
        made.get_input_embeddings().weight.data[~begins] = 0  # the head too: others have a logit above zero
        made.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def questions(tokenizer: Any, count: int) -> list[str]:
    """Different ones, from words of the general text."""
    sentences, random = _sentences(), Random(5)
    return [_question(tokenizer, sentences, random) for _ in range(count)]


def _question(tokenizer: Any, sentences: list[str], random: Random) -> str:
    ids: list[int] = []
    while len(ids) < QUESTION:
        ids += tokenizer(f"{random.choice(sentences)} ", add_special_tokens=False)["input_ids"]
    return str(tokenizer.decode(ids[:QUESTION])).strip()


def _sentences() -> list[str]:
    import instruct

    text = (Path(instruct.__file__).parent / "general.txt").read_text(encoding="utf-8")
    return [sentence.strip() for sentence in text.replace("\n", " ").split(". ") if sentence.strip()]
