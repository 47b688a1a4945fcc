"""Rows -> tokens a second of our tuning and of TRL's stock script, in turns in one run, and the loss they reach.

The model is a Llama with random weights, made from its configuration; the rows are Bitext's, with a tokenizer of their
own. Each way has a model of its own that begins with the same weights, sees the same rows in rounds, and has the
same LoRA; loading and reading are not counted. Only the rounds' time is. The stock script computes in bfloat16, which
a processor without instructions for it does so slowly that it takes part in the first round alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from instruct import recipe
from instruct.trainer import Trainer

SHAPE = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8}
VOCABULARY = 32_000
ROUNDS, STEPS, BATCH = 6, 2, 8
RATE, RANK = 1e-3, 16
PEERS = ("stock", "stock, float32")


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is tuned."""

    trainer: Callable[..., Any]
    settings: dict[str, Any]
    attention: str = "sdpa"
    rounds: int = ROUNDS


def ways() -> dict[str, Way]:
    """Ours, and `SFTTrainer` with its own defaults: as they are, and without what processors may lack or not need."""
    from trl import SFTTrainer

    ours = {"gradient_checkpointing": False, "bf16": False, "train_sampling_strategy": "group_by_length"}
    return {
        "stock": Way(SFTTrainer, {}, rounds=1),
        "stock, float32": Way(SFTTrainer, {"bf16": False}),
        "stock, float32, no checkpointing": Way(SFTTrainer, {"bf16": False, "gradient_checkpointing": False}),
        "Deskwright": Way(Trainer, ours, "eager"),
    }


def measure(
    tokenizer: Any, examples: Sequence[dict[str, Any]], held_out: Sequence[dict[str, Any]], folder: Path
) -> dict[str, Any]:
    """For each way: real tokens a second by round and their median; its ratio to stock, and to stock in single
    precision, as medians over the rounds that both took part in; nats a held-out token after each round."""
    chosen = ways()
    models = {name: _model(way) for name, way in chosen.items()}
    paces: dict[str, list[float]] = {name: [] for name in chosen}
    losses: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(ROUNDS):
        part = examples[number * STEPS * BATCH : (number + 1) * STEPS * BATCH]
        tokens = sum(len(one["input_ids"]) for one in part)
        for name, way in chosen.items():
            if number < way.rounds:
                models[name], seconds = _round(models[name], tokenizer, way, part, folder / name, number)
                paces[name].append(tokens / seconds)
                losses[name].append(_loss(models[name], held_out))
    return {
        name: {
            "tokens_a_second": float(np.median(paces[name])),
            "rounds": paces[name],
            "ratios": {peer: _ratio(paces[name], paces[peer]) for peer in PEERS},
            "held_out": losses[name],
        }
        for name in chosen
    }


def _ratio(paces: Sequence[float], peer: Sequence[float]) -> float:
    return float(np.median([one / other for one, other in zip(paces, peer, strict=False)]))


def _model(way: Way) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(
        **SHAPE, vocab_size=VOCABULARY, num_key_value_heads=SHAPE["num_attention_heads"], tie_word_embeddings=True,
        max_position_embeddings=1024, attn_implementation=way.attention,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def _round(
    model: Any, tokenizer: Any, way: Way, part: Sequence[dict[str, Any]], folder: Path, number: int
) -> tuple[Any, float]:
    """One pass over these rows; the model goes on with its adapter."""
    from datasets import Dataset
    from peft import PeftModel
    from trl import SFTConfig

    lora = None if isinstance(model, PeftModel) else recipe.peft_config(recipe.read("lora"), RANK, model)
    torch.manual_seed(number)
    trainer = way.trainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(list(part)),
        peft_config=lora,
        args=SFTConfig(
            output_dir=str(folder), num_train_epochs=1, per_device_train_batch_size=BATCH, learning_rate=RATE,
            lr_scheduler_type="constant", seed=number, report_to="none", save_strategy="no", logging_strategy="no",
            disable_tqdm=True, dataloader_pin_memory=False, use_cpu=not torch.cuda.is_available(), **way.settings,
        ),
    )  # fmt: skip
    started = time.perf_counter()
    trainer.train()
    return trainer.model, time.perf_counter() - started


@torch.inference_mode()
def _loss(model: Any, rows: Sequence[dict[str, Any]]) -> float:
    model.eval()
    costs, count = 0.0, 0
    for row in rows:
        ids = torch.tensor([row["input_ids"]])
        learnt = torch.tensor(row["completion_mask"][1:]).bool()
        logits = model(input_ids=ids, use_cache=False).logits[0, :-1][learnt].float()
        costs += float(torch.nn.functional.cross_entropy(logits, ids[0, 1:][learnt], reduction="sum"))
        count += int(learnt.sum())
    return costs / count
