"""What a tuning run wrote down -> plain words on what went wrong, and what to do about it.

Too few rows, overfitting (the validation loss turned), underfitting (it still falls) and forgetting (what the base knew
of general English, measured on `general.txt` before and after; French 1999, "catastrophic forgetting").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

HISTORY = "history.json"
"""Every logged figure of the run, beside the adapter."""

FEW_ROWS = 200
TURNED = 0.02
FALLING = 0.02
"""Of the loss: by how much the last evaluation was worse than the best one, or better than the one before it."""
FORGOTTEN = 0.3
KNOWN = 5.0
"""Nats a token of general English; who needs more than the second never knew it, and can forget none."""


def on(rows: int, history: Sequence[Mapping[str, Any]], losses: Mapping[str, float]) -> list[str]:
    """Sentences, most urgent first; none where nothing is wrong. `rows` are those trained on."""
    validation = [float(entry["eval_loss"]) for entry in history if "eval_loss" in entry]
    before = losses["general text, before"]
    forgotten = losses["general text, after"] - before if before < KNOWN else 0.0
    found = (
        (
            rows < FEW_ROWS,
            f"Only {rows:,} training rows: the model may repeat a few of them to everything. Ingest more conversations "
            f"({FEW_ROWS:,} rows and more are a start), or rely on passages (dataset.passages).",
        ),
        (
            len(validation) > 1 and validation[-1] > (1 + TURNED) * min(validation),
            "Overfitting: the validation loss turned before the end; the best checkpoint was kept. Fewer epochs "
            "(tune.epochs), a lower rank (tune.rank) or more conversations help.",
        ),
        (
            len(validation) > 1 and validation[-1] < (1 - FALLING) * validation[-2],
            "Underfitting: the validation loss was still falling at the end. More epochs (tune.epochs) or a higher "
            "learning rate (tune.learning_rate) help.",
        ),
        (
            forgotten > FORGOTTEN,
            f"Forgetting: general English costs the model {forgotten:.2f} nats a token more than before. A lower "
            "learning rate (tune.learning_rate), fewer epochs (tune.epochs) or the recipe ia3 (tune.recipe) help.",
        ),
    )
    return [sentence for wrong, sentence in found if wrong]


def general_loss(model: Any, tokenizer: Any) -> float:
    """Nats a token of the general text, whatever side of its training the model is on."""
    import torch

    training = model.training
    model.eval()
    with torch.inference_mode():
        costs = [
            _cost(model, tokenizer(line, return_tensors="pt").input_ids.to(model.device)) for line in general_text()
        ]
    model.train(training)
    return sum(cost for cost, _ in costs) / sum(count for _, count in costs)


def _cost(model: Any, ids: Any) -> tuple[float, int]:
    from torch.nn import functional

    logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
    return float(functional.cross_entropy(logits, ids[0, 1:], reduction="sum")), ids.shape[1] - 1


@cache
def general_text() -> list[str]:
    """Lines of plain English that no conversation holds."""
    return Path(__file__).with_name("general.txt").read_text(encoding="utf-8").splitlines()
