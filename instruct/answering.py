"""Rows and a loaded model -> its greedy answers, as the server would have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskwright.terminal import progress
from instruct.adapter import Loaded
from instruct.prompt import render
from instruct.rows import Row

BATCH = 16
MOST_NEW_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, and whether it came to its end."""

    text: str
    whole: bool = True


Answerer = Callable[[Sequence[Row]], list[Said]]
"""Gives one answer a row."""


def remembered(loaded: Loaded, name: str) -> Answerer:
    """What answers rows, each generated once however often it is asked for."""
    said: dict[str, Said] = {}

    def answer(rows: Sequence[Row]) -> list[Said]:
        new = [row for row in rows if row.id not in said]
        said.update(zip((row.id for row in new), generated(loaded, new, name), strict=True))
        return [said[row.id] for row in rows]

    return answer


def generated(loaded: Loaded, rows: Sequence[Row], name: str) -> list[Said]:
    """One answer a row, the rows batched by length; `name` is what the progress bar calls the model."""
    import torch

    tokenizer, model = loaded.tokenizer, loaded.model
    model.to("cuda" if torch.cuda.is_available() else model.device)
    prompts = [render(tokenizer, row.prompt(loaded.card.system), prompt=True) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(prompts[i]))
    said = [Said("")] * len(rows)
    last = ends(loaded)
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    for batch in progress(batches, f"answers of {name}", "batches", len(batches)):
        longest = max(len(prompts[i]) for i in batch)
        pads = [longest - len(prompts[i]) for i in batch]
        ids = torch.tensor([[tokenizer.pad_token_id] * pad + prompts[i] for pad, i in zip(pads, batch, strict=True)])
        mask = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads])
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                max_new_tokens=MOST_NEW_TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=last,
            )
        new = out[:, longest:]
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        ended = torch.isin(new, torch.tensor(last, device=new.device)).any(1).tolist()
        for i, text, whole in zip(batch, texts, ended, strict=True):
            said[i] = Said(text.strip(), whole)
    return said


def ends(loaded: Loaded) -> list[int]:
    """Every token id that ends an answer."""
    generation = loaded.model.generation_config
    configured = generation.eos_token_id if generation else None
    listed = configured if isinstance(configured, list) else [configured]
    return sorted({end for end in [*listed, loaded.tokenizer.eos_token_id] if end is not None})
