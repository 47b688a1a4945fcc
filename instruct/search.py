"""A training set -> the learning rate, rank and epochs of the lowest validation loss, by a few short trials.

Optuna's TPE sampler proposes (Bergstra et al. 2011); a trial whose validation loss is worse than the median of those
before it at the same point is ended early. Each trial is a tuning run like any other, and leaves nothing behind.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deskwright.errors import DeskwrightError
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from instruct import recipe, training

if TYPE_CHECKING:
    from instruct.logits import Guide

SPREAD = 10.0
"""The learning rate is sought between the usual one divided and multiplied by this."""
RANKS = (4, 8, 16, 32, 64)
MOST_EPOCHS = 4
TRIALS_BEFORE_PRUNING = 3
FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings of `[tune]`, and the validation loss they reached in nats a token; None where the trial was ended early
    or failed, and `ended` says which and why."""

    settings: dict[str, Any]
    loss: float | None
    ended: str = ""


def search(workspace: Workspace, fingerprint: str, trials: int, guide: Guide | None = None) -> list[Trial]:
    """So many trials, beside the guide where there is one; the best first.

    Raises:
        DeskwrightError: Optuna is not installed, or no trial came to its end.
    """
    try:
        import optuna
    except ImportError:
        raise DeskwrightError(
            "`deskwright tune --search` needs the package optuna: `pip install 'deskwright[search]'`."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=workspace.config.tune.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=TRIALS_BEFORE_PRUNING),
    )
    for _ in progress(range(trials), "search", "trials", trials):
        study.optimize(lambda trial: _loss(workspace, fingerprint, trial, guide), n_trials=1, catch=RuntimeError)
    done = [_trial(trial) for trial in study.trials]
    if not any(trial.ended == "" for trial in done):
        raise DeskwrightError(
            f"Each of the {len(done)} trials failed or was ended early, so there is nothing to recommend and the "
            f"settings stay as they are. The last one: {done[-1].ended}. If memory ran out, lower tune.batch; if the "
            "loss is no number, lower tune.learning_rate, around which the trials are made."
        )
    return sorted(done, key=lambda trial: (trial.loss is None, trial.loss))


def _trial(trial: Any) -> Trial:
    """What optuna keeps of a trial, whose value may be there though it was ended early."""
    state = trial.state.name
    if state == "COMPLETE":
        return Trial(trial.params, trial.value)
    return Trial(trial.params, None, "ended early" if state == "PRUNED" else f"failed: {trial.user_attrs.get(FAULT)}")


def _loss(workspace: Workspace, fingerprint: str, trial: Any, guide: Guide | None) -> float:
    usual = training.settings_of(workspace)["learning_rate"]
    tried = {
        "learning_rate": trial.suggest_float("learning_rate", usual / SPREAD, min(usual * SPREAD, 0.5), log=True),
        "epochs": float(trial.suggest_int("epochs", 1, MOST_EPOCHS)),
    }
    if recipe.read(workspace.config.tune.recipe).peft.get("peft_type") == "LORA":
        tried["rank"] = trial.suggest_categorical("rank", RANKS)
    section = workspace.config.tune.model_copy(update=tried)
    changed = Workspace(workspace.root, workspace.config.model_copy(update={"tune": section}), workspace.keys)
    working = workspace.models / f"trial-{trial.number}"
    shutil.rmtree(working, ignore_errors=True)
    try:
        loss = training.train(changed, fingerprint, working, [_pruning(trial)], guide)["validation, best"]
        if not math.isfinite(loss):
            raise RuntimeError("the validation loss is no number")
        return loss
    except RuntimeError as error:  # as PyTorch's, when memory runs out
        trial.set_user_attr(FAULT, str(error).partition("\n")[0])
        raise
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _pruning(trial: Any) -> Any:
    import optuna
    from transformers import TrainerCallback

    class Pruning(TrainerCallback):  # type: ignore[misc]
        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any) -> None:
            trial.report(metrics["eval_loss"], state.global_step)
            if trial.should_prune():
                raise optuna.TrialPruned

    return Pruning()
