"""Dialogues of the training split -> a very small Llama, so that the loop can be seen without a download.

It is pre-trained on one message at a time, in random order: it learns the company's words and sentences, never which
answer belongs to which question. That is left to tuning, and is what the comparison of tuned and untuned then shows. It
knows nothing else of the world, so it is no model to talk to customers with.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deskwright.terminal import progress
from privacy.redact import ENTITIES

Dialogue = Sequence[tuple[str, str]]
"""(role, text) turns."""

ROLES = ("system", "user", "assistant")
VOCABULARY = 4096
CONTEXT = 1024
BLOCK = 256
BATCH = 4
TOKENS = 600_000
LEARNING_RATE = 5e-3
WARM_UP = 0.05
TEMPLATE = Path(__file__).with_name("demo_base.jinja")
NUMBERED = 4
"""Placeholders <PERSON_1> to <PERSON_4> and so on are single tokens; higher numbers are spelt."""


def prepare(folder: Path, dialogues: Sequence[Dialogue], seed: int) -> None:
    """Makes tokenizer and model in `folder` unless they are there; shows its progress."""
    if (folder / "config.json").is_file():
        return
    from transformers.utils import logging

    logging.disable_progress_bar()
    making = folder.with_name(folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    tokenizer = _tokenizer([text for dialogue in dialogues for _, text in dialogue])
    model = _pretrain(tokenizer, dialogues, seed)
    tokenizer.save_pretrained(making)
    model.save_pretrained(making)
    making.rename(folder)


def _tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<|pad|>", "<|end|>", *(f"<|{role}|>" for role in ROLES)]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY - NUMBERED * len(ENTITIES),
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    raw.add_tokens([AddedToken(f"<{entity}_{n}>") for entity in ENTITIES for n in range(1, NUMBERED + 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
    )


def _pretrain(tokenizer: Any, dialogues: Sequence[Dialogue], seed: int) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        initializer_range=0.05,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = LlamaForCausalLM(shape).train()
    blocks = _blocks(tokenizer, dialogues, random.Random(seed))
    steps = len(blocks) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=WARM_UP)
    for step in progress(range(steps), "demo base model", "steps", steps):
        batch = torch.tensor(blocks[step * BATCH : (step + 1) * BATCH])
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return model.eval()


def _blocks(tokenizer: Any, dialogues: Sequence[Dialogue], order: random.Random) -> list[list[int]]:
    """Messages, shuffled anew for each pass, one after the other in blocks of equal length."""
    messages = dict.fromkeys(f"<|{role}|>{text}<|end|>" for dialogue in dialogues for role, text in dialogue)
    encoded = tokenizer(list(messages))["input_ids"]
    stream: list[int] = []
    while encoded and len(stream) < max(TOKENS, BATCH * BLOCK):
        order.shuffle(encoded)
        stream += [token for message in encoded for token in message]
    count = len(stream) // BLOCK // BATCH * BATCH
    return [stream[i * BLOCK : (i + 1) * BLOCK] for i in range(min(count, max(TOKENS // BLOCK, BATCH)))]
