"""The configuration's `model.base` -> a tokenizer and a language model: from the hub, a folder, or the demo's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace

DEMO = "demo"


def prepare(workspace: Workspace, dialogues: Sequence[Sequence[tuple[str, str]]]) -> None:
    """Makes the demo base from dialogues of (role, text) turns, where the configuration asks for it and has none."""
    if workspace.config.model.base == DEMO:
        from instruct import demo_base

        demo_base.prepare(_demo_folder(workspace), dialogues, workspace.config.tune.seed)


def digest(workspace: Workspace) -> str:
    """Names the base model's content: its revision on the hub, or a hash of the weights in a folder."""
    model = workspace.config.model
    folder = _folder(workspace)
    if folder is None:
        return f"{model.base}@{model.revision or 'main'}"
    hashed = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        hashed.update(file.read_bytes())
    return f"{Path(model.base).name}@{hashed.hexdigest()[:16]}"


def tokenizer(workspace: Workspace) -> Any:
    """The base model's tokenizer, with a chat template.

    Raises:
        DeskwrightError: it cannot be had, or has no chat template and the configuration names none.
    """
    from transformers import AutoTokenizer

    model = workspace.config.model
    loaded = _load(workspace, AutoTokenizer.from_pretrained)
    if model.chat_template:
        loaded.chat_template = Path(model.chat_template).read_text(encoding="utf-8")
    if not loaded.chat_template:
        raise DeskwrightError(
            f"The tokenizer of {model.base} has no chat template. Choose the model's instruct version, or name a "
            "Jinja file in model.chat_template."
        )
    if loaded.pad_token is None:
        loaded.pad_token = loaded.eos_token
    return loaded


def model(workspace: Workspace) -> Any:
    """The base model in float32, or bfloat16 where the processor multiplies it natively.

    Raises:
        DeskwrightError: it cannot be had; the message says what to do.
    """
    from transformers import AutoModelForCausalLM

    return _load(workspace, lambda name, **more: AutoModelForCausalLM.from_pretrained(name, dtype=_dtype(), **more))


def _dtype() -> Any:
    import torch

    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.float32


def _load(workspace: Workspace, load: Callable[..., Any]) -> Any:
    configured = workspace.config.model
    folder = _folder(workspace)
    if folder is not None and not folder.is_dir():
        raise DeskwrightError(f"{folder} is not there. Run `deskwright build`, which makes the demo's base model.")
    more = {"revision": configured.revision} if configured.revision and folder is None else {}
    without_bars()
    try:
        return load(str(folder) if folder else configured.base, **more)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise DeskwrightError(
            f"The base model {configured.base!r} (model.base) could not be loaded: {first}\n"
            "Expected a hub id (then the hub must be reachable, or the model in its cache; a gated one needs "
            'HF_TOKEN), a folder with config.json and safetensors, or "demo".'
        ) from error


def without_bars() -> None:
    """Switches transformers' bars for reading and writing weights off; those of downloads stay."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def _folder(workspace: Workspace) -> Path | None:
    named = workspace.config.model.base
    if named == DEMO:
        return _demo_folder(workspace)
    path = Path(named).expanduser()
    return path if path.is_dir() else None


def _demo_folder(workspace: Workspace) -> Path:
    return workspace.root / "base"
