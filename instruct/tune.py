"""A training set -> a registered model: an adapter, or a whole model, with its card.

After the training (`instruct.training`) it answers the validation rows, by which it is settled how near a question has
to be to be answered by quoting, and how sure the model is. The same training set, settings and base make the same
model: it is found, not made again. What was interrupted goes on when the same command is given again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deskwright.workspace import Workspace
from instruct import adapter, base, confidence, dataset, energy, quoting, rounds
from instruct.answering import remembered
from instruct.rounds import Model
from instruct.training import settings_of, train

if TYPE_CHECKING:
    from instruct.logits import Guide

TRAINED = "trained.json"
"""In the working folder: training is over, with these losses."""


def tune(workspace: Workspace, fingerprint: str, guide: Guide | None = None) -> tuple[Model, bool]:
    """The model tuned on this dataset with the present settings, and beside the guide where there is one; and whether
    it was tuned now (else: found).

    Raises:
        DeskwrightError: a row without a token to learn from; the message names it.
    """
    settings = {**settings_of(workspace, guide), "base": base.digest(workspace)}
    inputs = hashlib.sha256(json.dumps([fingerprint, settings], sort_keys=True).encode()).hexdigest()[:12]
    working = workspace.models / f"training-{inputs}"
    done = next((m for m in rounds.models(workspace.store) if m.name.endswith(inputs)), None)
    model = done or _made(workspace, fingerprint, inputs, working, guide)
    shutil.rmtree(working, ignore_errors=True)  # also what a run that was killed after it registered has left
    return model, done is None


def _made(workspace: Workspace, fingerprint: str, inputs: str, working: Path, guide: Guide | None) -> Model:
    """The model, registered. A run that was killed before it registered has left its folder whole, under a number that
    another may have taken since."""
    whole = next(workspace.models.glob(f"round-*-{inputs}"), None)
    if whole is None:
        _make(workspace, fingerprint, working, guide)
        whole = working / "adapter"
    number = rounds.next_round(workspace.store)
    name = f"round-{number}-{inputs}"
    path = whole.rename(adapter.folder(workspace, name))
    model = Model(name, number, adapter.digest(path), workspace.config.model.base, fingerprint)
    rounds.register(workspace.store, model)
    return model


def _make(workspace: Workspace, fingerprint: str, working: Path, guide: Guide | None) -> None:
    """Leaves the adapter with its card in `working/adapter`. What was trained before a kill is not trained again."""
    marker = working / TRAINED
    if not marker.is_file():
        stop = energy.start(workspace.config.tune)
        losses = train(workspace, fingerprint, working, guide=guide)
        written = marker.with_suffix(".making")
        written.write_text(json.dumps({"losses": losses, **stop()}), encoding="utf-8")
        written.rename(marker)
    config = workspace.config
    card = adapter.Card(
        base=config.model.base,
        base_digest=base.digest(workspace),
        dataset=fingerprint,
        system=config.dataset.system,
        passages=config.dataset.passages,
        max_tokens=config.dataset.max_tokens,
        tuning=settings_of(workspace, guide),
        **json.loads(marker.read_text(encoding="utf-8")),
    )
    adapter.write_card(working / "adapter", card)
    loaded = adapter.opened(workspace, working / "adapter")
    held_out = dataset.read(workspace, fingerprint, "validation")
    answer = remembered(loaded, "model")
    quote_from = quoting.calibrate(workspace, fingerprint, answer, held_out)
    sure = confidence.calibrate(workspace, fingerprint, loaded, answer, held_out)
    kept = sure.as_dict() if sure else None
    adapter.write_card(working / "adapter", replace(card, quote_from=quote_from, confidence=kept))
