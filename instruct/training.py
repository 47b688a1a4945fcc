"""Rows -> an adapter, or a whole model: TRL's `SFTTrainer` over PEFT, loss on the agent's answers alone.

Settings that differ from `SFTConfig`'s defaults: learning rate by the recipe (TRL's 2e-5 is for full tuning); no
truncation, since rows were fitted when built and an answer must not be cut; batches of like length
(`group_by_length`) and plain attention, which on a processor beat packing and the fused kind; no gradient checkpointing
and bf16 only where the machine multiplies it natively (on such processors half the time); evaluation twice an epoch,
best checkpoint kept, early stopping.

With a guide (`instruct.logits`) the training loss is part its; the validation loss stays the agents'. A run that was
interrupted goes on from its last checkpoint.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import advice, base, dataset, recipe
from instruct.prompt import render
from instruct.rows import Row, whole

if TYPE_CHECKING:
    from instruct.logits import Guide

EVALUATIONS_AN_EPOCH = 2
MOST_VALIDATION_ROWS = 128
FASTER_FOR_THE_STARTER = 10
"""The factor on a recipe's learning rate for a base far smaller than those it is meant for."""
WITHOUT_EFFECT = frozenset(("report_to", "country", "price_per_kwh"))
"""Settings of `[tune]` that make no other model."""
TENSORBOARD = "tensorboard"


def examples(tokenizer: Any, rows: Sequence[Row], system: str) -> list[dict[str, Any]]:
    """Token ids, a mask that is 1 on the answer and the end of its turn, rendered as the server renders them, and the
    row's weight.

    Raises:
        DeskwrightError: a row whose answer has no token, or whose prompt is not the beginning of the whole (a chat
            template that renders the two differently); the message names it.
    """
    made = []
    for row in rows:
        prompt = render(tokenizer, row.prompt(system), prompt=True)
        ids = render(tokenizer, whole(row, system), prompt=False)
        if ids[: len(prompt)] != prompt:
            raise DeskwrightError(
                f"Row {row.id}: the chat template renders the prompt differently with and without its answer, so that "
                "the model would be trained on other tokens than it is served. Use a template that does not."
            )
        if len(ids) == len(prompt):
            raise DeskwrightError(f"Row {row.id} has no token to learn from: every label would be masked.")
        mask = [0] * len(prompt) + [1] * (len(ids) - len(prompt))
        made.append({"input_ids": ids, "completion_mask": mask, "weight": row.weight})
    return made


def balanced(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Examples with their weights divided by what a learnt token weighs in the mean, so that neither the loss nor the
    length of the steps depends on how many customers were content."""
    learnt = [sum(row["completion_mask"]) for row in rows]
    weighed = sum(row["weight"] * count for row, count in zip(rows, learnt, strict=True))
    return [{**row, "weight": row["weight"] * sum(learnt) / weighed} for row in rows]


def train(
    workspace: Workspace, fingerprint: str, working: Path, watching: Sequence[Any] = (), guide: Guide | None = None
) -> dict[str, float]:
    """Trains into `working`, leaves the adapter in `working/adapter`, returns the losses. `watching` are callbacks."""
    from datasets import Dataset
    from transformers import EarlyStoppingCallback, PrinterCallback
    from transformers.trainer_utils import get_last_checkpoint

    from instruct.trainer import Trainer

    logging.getLogger("trl").setLevel(logging.ERROR)
    settings = workspace.config.tune
    _check_reporter(settings.report_to)
    tokenizer = base.tokenizer(workspace)
    system = workspace.config.dataset.system
    rows = balanced(examples(tokenizer, dataset.read(workspace, fingerprint, "train"), system))
    held = examples(tokenizer, dataset.read(workspace, fingerprint, "validation")[:MOST_VALIDATION_ROWS], system)
    chosen = recipe.read(settings.recipe)
    model, halves = _student(workspace, chosen)
    teacher = guide and guide.load().to(model.device)
    before = _measured(model, tokenizer, teacher, held, "before")
    trainer = Trainer(
        teacher=teacher,
        model=model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(held),
        peft_config=recipe.peft_config(chosen, settings.rank, model),
        callbacks=[EarlyStoppingCallback(early_stopping_patience=settings.patience), *watching, *_plain_lines()],
        args=_options(workspace, working, len(rows), halves),
    )
    trainer.remove_callback(PrinterCallback)
    _tensorboard_beside_reports(trainer, workspace.reports / TENSORBOARD / working.name)
    last = get_last_checkpoint(str(working / "checkpoints")) if (working / "checkpoints").is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(str(working / "adapter"))
    tokenizer.save_pretrained(str(working / "adapter"))
    _stable_base_name(working / "adapter", base.source(workspace))
    history = trainer.state.log_history
    (working / "adapter" / advice.HISTORY).write_text(json.dumps(history, indent=1), encoding="utf-8")
    tuned = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)  # else its numbers stay short
    train_losses = [entry["loss"] for entry in history if "loss" in entry]
    return {
        "validation, first": next(entry["eval_loss"] for entry in history if "eval_loss" in entry),
        "validation, best": float(trainer.state.best_metric),
        "training, last": train_losses[-1] if train_losses else float("nan"),
        **before,
        **_measured(tuned, tokenizer, teacher, held, "after"),
    }


def _student(workspace: Workspace, chosen: recipe.Recipe) -> tuple[Any, bool]:
    """The base, where and as it is trained; and whether it is multiplied in sixteen bits."""
    import torch

    model = base.model(workspace, chosen.four_bits)
    halves = model.dtype.itemsize == 2
    if not chosen.peft:
        model.float()  # sixteen bits would round most steps of a weight away
    if not torch.cuda.is_available():
        model.set_attn_implementation("eager")
        halves = base.half_is_fast() and not chosen.four_bits  # the weights themselves stay as they are
    elif not chosen.four_bits:
        model.to("cuda")
    return model, halves


def _options(workspace: Workspace, working: Path, rows: int, halves: bool) -> Any:
    import torch
    from trl import SFTConfig

    settings = workspace.config.tune
    steps_an_epoch = max(rows // settings.batch, 1)
    every = max(steps_an_epoch // EVALUATIONS_AN_EPOCH, 1)
    return SFTConfig(
        output_dir=str(working / "checkpoints"),
        learning_rate=settings_of(workspace)["learning_rate"],
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        seed=settings.seed,
        max_length=None,
        completion_only_loss=True,
        train_sampling_strategy="group_by_length",
        gradient_checkpointing=False,
        bf16=halves,
        use_cpu=halves and not torch.cuda.is_available(),
        eval_strategy="steps",
        eval_steps=every,
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(every // 2, 1),
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        lr_scheduler_type="cosine",
        warmup_steps=min(20, steps_an_epoch),
        report_to=settings.report_to,
        run_name=working.name,
        disable_tqdm=not sys.stderr.isatty(),
        dataloader_pin_memory=False,
    )


def _tensorboard_beside_reports(trainer: Any, folder: Path) -> None:
    """By itself it writes beside the checkpoints, which go."""
    from transformers.integrations import TensorBoardCallback

    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback):
            callback.logging_dir = str(folder)


def _measured(model: Any, tokenizer: Any, teacher: Any, held: Sequence[dict[str, Any]], when: str) -> dict[str, float]:
    """What is looked at before and after, in nats a token: general text, and the way to the teacher if there is one."""
    from instruct.logits import distance

    taught = {f"from the teacher, {when}": distance(model, teacher, held)} if teacher else {}
    return {f"general text, {when}": advice.general_loss(model, tokenizer), **taught}


def settings_of(workspace: Workspace, guide: Guide | None = None) -> dict[str, Any]:
    """What of the `[tune]` section makes the model, with the learning rate that holds; and the guide."""
    chosen = workspace.config.tune.model_dump(exclude=set(WITHOUT_EFFECT))
    faster = FASTER_FOR_THE_STARTER if workspace.config.model.base == base.STARTER else 1
    rate = chosen["learning_rate"] or faster * recipe.read(chosen["recipe"]).learning_rate
    return {**chosen, "learning_rate": rate, **(guide.as_settings() if guide else {})}


def _check_reporter(name: str) -> None:
    if name != "none" and not importlib.util.find_spec(name):
        raise DeskwrightError(
            f"tune.report_to asks for the package {name}, which is not installed. Install it "
            f"(`pip install 'deskwright[{name}]'`), or set it to \"none\"."
        )


def _plain_lines() -> list[Any]:
    """Where there is no terminal for a bar: a line for every logged step."""
    from transformers import TrainerCallback

    if sys.stderr.isatty():
        return []
    started = time.monotonic()

    class Lines(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
            for name, what in (("loss", "training"), ("eval_loss", "validation")):
                if name in (logs or {}):
                    line = f"tune: step {state.global_step}/{state.max_steps}, {what} loss {float(logs[name]):.3f}"
                    print(f"{line}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    return [Lines()]


def _stable_base_name(path: Path, source: base.Source) -> None:
    """PEFT writes the path it loaded the base from; an adapter that is moved must not carry it. The name and the commit
    are where other programs look for the base."""
    file = path / "adapter_config.json"
    if not file.is_file():  # a whole model, which needs no base
        return
    config = json.loads(file.read_text(encoding="utf-8"))
    named = {"base_model_name_or_path": source.name, "revision": source.commit or None}
    file.write_text(json.dumps({**config, **named}, indent=2) + "\n", encoding="utf-8")
