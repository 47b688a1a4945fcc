"""A model and its optimiser in the midst of training <-> a file, which is whole or not there at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def save(file: Path, model: Any, optimiser: Any, spent: Mapping[str, float]) -> None:
    """Writes both, and what training took so far: seconds, tokens."""
    import torch

    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "spent": dict(spent)}, part)
    part.replace(file)


def resume(file: Path, model: Any, optimiser: Any) -> dict[str, float]:
    """Takes both up where the file left them and returns what was spent; nothing if there is no file."""
    import torch

    if not file.exists():
        return {}
    state = torch.load(file, map_location="cpu", weights_only=True)  # whatever machine wrote it
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return dict(state["spent"])
