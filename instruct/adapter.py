"""A tuned adapter, or a whole tuned model, on disk: its weights, its tokenizer with the chat template, and its card.

The card carries all that training and serving must share; its digest names the adapter's content.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import base
from instruct.rounds import Model

CARD = "deskwright.json"
WEIGHTS = "adapter_model.safetensors"
WHOLE = "model.safetensors"
CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Card:
    """What serving needs to know, and where the adapter came from."""

    base: str
    base_digest: str
    dataset: str
    system: str
    passages: int
    max_tokens: int
    tuning: dict[str, Any]
    losses: dict[str, float]
    quote_from: float | None = None
    """How near (cosine) a resolved question has to be for its answer to be given as it stands; None: never."""
    confidence: dict[str, Any] | None = None
    """How sure one can be of an answer (`instruct.confidence`); None: not known."""
    hours: float | None = None
    energy: dict[str, Any] | None = None
    """What training took, see `instruct.energy`; None where it was not measured."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to generate, with the tokenizer and the card that belong to it."""

    model: Any
    tokenizer: Any
    card: Card


def folder(workspace: Workspace, name: str) -> Path:
    """Where the adapter of this name lives."""
    return workspace.models / name


def digest(path: Path) -> str:
    """SHA-256 over the weights, configuration and chat template, 16 hexadecimal digits."""
    hashed = hashlib.sha256()
    for name in (WEIGHTS, WHOLE, "config.json", "adapter_config.json", CARD, "chat_template.jinja"):
        if (path / name).is_file():
            with (path / name).open("rb") as file:
                while piece := file.read(CHUNK):
                    hashed.update(piece)
    return hashed.hexdigest()[:16]


def untuned(workspace: Workspace) -> Card:
    """The card of the base model without an adapter, from the configuration; it asks for no certain weights."""
    config = workspace.config
    return Card(
        base=config.model.base,
        base_digest="",
        dataset="",
        system=config.dataset.system,
        passages=config.dataset.passages,
        max_tokens=config.dataset.max_tokens,
        tuning={},
        losses={},
    )


def write_card(path: Path, card: Card) -> None:
    """Saves the card as JSON, and as a page to read beside it."""
    (path / CARD).write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    settings = "\n".join(f"| {name} | {value} |" for name, value in card.tuning.items())
    losses = "\n".join(f"| {name} | {value:.4f} |" for name, value in card.losses.items())
    (path / "README.md").write_text(
        f"# Tuned on {card.base}\n\nTuned on the training set `{card.dataset}` (redacted support conversations) "
        f"over the base model `{card.base_digest}`. Serve it with the chat template beside it.\n\n"
        f"| setting | value |\n|---|---|\n{settings}\n\n| loss | nats a token |\n|---|---:|\n{losses}\n",
        encoding="utf-8",
    )


def read_card(path: Path) -> Card:
    """The card of the adapter at `path`."""
    return Card(**json.loads((path / CARD).read_text(encoding="utf-8")))


def load(workspace: Workspace, model: Model | None) -> Loaded:
    """The tuned model, adapter merged into the base (same function, no cost per token); with None the untuned base.

    Raises:
        DeskwrightError: the adapter's files are gone or changed, or the base is not the one it was tuned on.
    """
    if model is None:
        return Loaded(base.model(workspace).eval(), base.tokenizer(workspace), untuned(workspace))
    return opened(workspace, _checked(workspace, model))


def without_weights(workspace: Workspace, model: Model | None) -> Loaded:
    """The same, but that of the model there are only `config` and `generation_config`: for who has the weights.

    Raises:
        DeskwrightError: as `load` does.
    """
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    path = _checked(workspace, model) if model else None
    whole = path is not None and (path / WHOLE).is_file()
    source = str(path if whole else base.source(workspace).folder)
    config = AutoConfig.from_pretrained(source, local_files_only=True)
    try:
        ends = GenerationConfig.from_pretrained(source, local_files_only=True)
    except OSError:  # there is none: what the library derives for the whole model too
        ends = GenerationConfig.from_model_config(config)
    shape = SimpleNamespace(config=config, generation_config=ends)
    if path is None:
        return Loaded(shape, base.tokenizer(workspace), untuned(workspace))
    return Loaded(shape, AutoTokenizer.from_pretrained(str(path)), read_card(path))


def _checked(workspace: Workspace, model: Model) -> Path:
    """The model's folder, if it is what was registered and its base is the configured one."""
    path = folder(workspace, model.name)
    if not any((path / weights).is_file() for weights in (WEIGHTS, WHOLE)) or digest(path) != model.digest:
        raise DeskwrightError(
            f"The adapter {model.name} in {path} is missing or not what was registered (digest {model.digest}). "
            "Restore the folder, or promote another model."
        )
    card = read_card(path)
    if card.base_digest != base.digest(workspace):
        raise DeskwrightError(
            f"{model.name} was tuned on the base model {card.base_digest}; the configuration (model.base) gives "
            f"{base.digest(workspace)}. Set model.base back (ID@COMMIT for one of the hub), or tune again."
        )
    return path


def opened(workspace: Workspace, path: Path) -> Loaded:
    """What lies in a folder, without the checks of `load`."""
    from transformers import AutoTokenizer

    return Loaded(_tuned(workspace, path).eval(), AutoTokenizer.from_pretrained(str(path)), read_card(path))


def _tuned(workspace: Workspace, path: Path) -> Any:
    if (path / WHOLE).is_file():
        return base.whole(path)
    from peft import PeftModel

    return PeftModel.from_pretrained(base.model(workspace), str(path)).merge_and_unload()
