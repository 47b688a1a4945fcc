"""The configuration's `model.base` -> a tokenizer and a language model: from the hub, a folder, or the one that ships.

A model of the hub is pinned: the commit that was found first is written into the workspace, and every later load takes
the same, from the cache. What the branch holds by then is no matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace

STARTER = "starter"
FOLDER = Path(__file__).with_name("starter") / "model"
PIN = "base.json"
CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """Where the base model's files are; `commit` is empty for those that the hub does not keep."""

    name: str
    commit: str
    folder: Path


def source(workspace: Workspace) -> Source:
    """The base model's files; those of the hub are fetched where the cache does not have them whole.

    Raises:
        DeskwrightError: they cannot be had; the message says what to do.
    """
    configured = workspace.config.model.base
    path = FOLDER if configured == STARTER else Path(configured).expanduser()
    if path.is_dir():
        return Source(configured, "", path)
    from instruct import hub

    name, revision = hub.parse(configured)
    revision = _pinned(workspace) or revision
    folder = hub.local(name, revision) or hub.fetch(name, revision)
    _pin(workspace, folder.name)
    return Source(name, folder.name, folder)


def digest(workspace: Workspace) -> str:
    """Names the base model's content: its commit on the hub, or a hash of the weights in a folder."""
    found = source(workspace)
    return f"{found.name}@{found.commit}" if found.commit else f"{Path(found.name).name}@{hash_of(found.folder)}"


def tokenizer(workspace: Workspace) -> Any:
    """The base model's tokenizer, with a chat template.

    Raises:
        DeskwrightError: it cannot be had, or has no chat template and the configuration names none.
    """
    from transformers import AutoTokenizer

    model = workspace.config.model
    loaded = _load(workspace, AutoTokenizer.from_pretrained)
    if model.chat_template:
        loaded.chat_template = _template(Path(model.chat_template).expanduser())
    if not loaded.chat_template:
        raise DeskwrightError(
            f"The tokenizer of {model.base} has no chat template. Choose the model's instruct version, or name a "
            "Jinja file in model.chat_template."
        )
    if loaded.pad_token is None:
        loaded.pad_token = loaded.eos_token
    return loaded


def model(workspace: Workspace, four_bits: bool = False) -> Any:
    """The base model in float32, or bfloat16 on a GPU that has it; or in 4 bits, to be tuned.

    Raises:
        DeskwrightError: it cannot be had, is no language model, or is damaged; the message says what to do.
    """
    from transformers import AutoModelForCausalLM

    from instruct import hub

    found = source(workspace)
    hub.refuse_others(found.folder, found.name)
    hub.check(found.folder)
    more = {"quantization_config": _four_bits()} if four_bits else {}
    loaded = _load(workspace, AutoModelForCausalLM.from_pretrained, dtype=_dtype(), use_safetensors=True, **more)
    return _trainable(loaded) if four_bits else loaded


def whole(folder: Path) -> Any:
    """A model whose every weight was tuned, in the precision of the base."""
    from transformers import AutoModelForCausalLM

    without_bars()
    return AutoModelForCausalLM.from_pretrained(str(folder), dtype=_dtype(), local_files_only=True)


def without_bars() -> None:
    """Switches transformers' bars for reading and writing weights off; those of downloads stay."""
    from transformers.utils import logging

    logging.disable_progress_bar()


@cache
def half_is_fast() -> bool:
    """Whether the processor multiplies bfloat16 natively."""
    import torch

    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def _dtype() -> Any:
    import torch

    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.float32


def _four_bits() -> Any:
    import importlib.util

    from transformers import BitsAndBytesConfig

    if not importlib.util.find_spec("bitsandbytes"):
        raise DeskwrightError(
            "The recipe qlora (tune.recipe) loads the base in 4 bits with the package bitsandbytes, which is not "
            "installed. Install it (`pip install 'deskwright[qlora]'`), or take the recipe lora."
        )
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=_dtype())


def _trainable(model: Any) -> Any:
    """bitsandbytes packs 4-bit weights anew, on processors with bf16, when a model that is not in training is first
    asked, and no gradient goes through what is packed. Measuring a model must not end its training."""
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def _load(workspace: Workspace, load: Callable[..., Any], **more: Any) -> Any:
    without_bars()
    folder = source(workspace).folder
    try:
        return load(str(folder), local_files_only=True, trust_remote_code=False, **more)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise DeskwrightError(
            f"The base model {workspace.config.model.base!r} (model.base) could not be loaded from {folder}: {first}\n"
            "Expected config.json, a tokenizer and weights as safetensors. `deskwright models show` says what is there."
        ) from error


def _pinned(workspace: Workspace) -> str:
    """The commit that this workspace uses of the configured model; empty while it has not used it."""
    file = workspace.root / PIN
    pin = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return str(pin["commit"]) if pin.get("base") == workspace.config.model.base else ""


def _pin(workspace: Workspace, commit: str) -> None:
    if _pinned(workspace) != commit:
        pin = {"base": workspace.config.model.base, "commit": commit}
        (workspace.root / PIN).write_text(json.dumps(pin, indent=2) + "\n", encoding="utf-8")


def _template(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise DeskwrightError(f"model.chat_template: {file}: {error.strerror}. Expected a Jinja file.") from None


def hash_of(folder: Path) -> str:
    """Of the weights in a folder."""
    hashed = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            while piece := opened.read(CHUNK):
                hashed.update(piece)
    return hashed.hexdigest()[:16]
