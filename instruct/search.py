"""A training set -> the learning rate, rank and epochs of the lowest validation loss, by a few short trials.

Optuna's TPE sampler proposes (Bergstra et al. 2011); a trial whose validation loss is worse than the median of those
before it at the same point is ended early. Each trial is a tuning run like any other, and leaves nothing behind.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

from deskwright.errors import DeskwrightError
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from instruct import recipe, tune

SPREAD = 10.0
"""The learning rate is sought between the usual one divided and multiplied by this."""
RANKS = (4, 8, 16, 32, 64)
MOST_EPOCHS = 4
TRIALS_BEFORE_PRUNING = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings of `[tune]`, and the validation loss they reached in nats a token; None where it was ended early."""

    settings: dict[str, Any]
    loss: float | None


def search(workspace: Workspace, fingerprint: str, trials: int) -> list[Trial]:
    """So many trials, the best first.

    Raises:
        DeskwrightError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise DeskwrightError(
            "`deskwright tune --search` needs the package optuna: `pip install 'deskwright[search]'`."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=workspace.config.tune.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=TRIALS_BEFORE_PRUNING),
    )
    for _ in progress(range(trials), "search", "trials", trials):
        study.optimize(lambda trial: _loss(workspace, fingerprint, trial), n_trials=1)
    done = [Trial(trial.params, None if trial.state.name == "PRUNED" else trial.value) for trial in study.trials]
    return sorted(done, key=lambda trial: (trial.loss is None, trial.loss))


def _loss(workspace: Workspace, fingerprint: str, trial: Any) -> float:
    usual = tune.settings_of(workspace)["learning_rate"]
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
        return tune.train(changed, fingerprint, working, [_pruning(trial)])["validation, best"]
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
