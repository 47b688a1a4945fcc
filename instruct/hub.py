"""A model's id on the Hugging Face hub, with or without a revision -> a folder of its files at one commit.

The folder lies in huggingface_hub's cache. Only what a language model needs comes down: configuration, tokenizer, chat
template, and weights as safetensors. Pickled weights can run code when they are opened, so they are never fetched, and
neither is a repository's own code.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from deskwright.errors import DeskwrightError
from deskwright.terminal import download_bar, progress
from instruct.hub_errors import told

DEFAULT_REVISION = "main"
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
BESIDE_WEIGHTS = (
    "config.json", "generation_config.json", INDEX, "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
    "vocab.json", "vocab.txt", "merges.txt", "added_tokens.json", "special_tokens_map.json",
    "chat_template.jinja", "chat_template.json",
)  # fmt: skip
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
CHUNK = 1 << 22


def parse(text: str) -> tuple[str, str]:
    """`ID@REVISION` in its two parts; without a revision it is the main branch."""
    name, _, revision = text.partition("@")
    return name, revision or DEFAULT_REVISION


def fetch(name: str, revision: str) -> Path:
    """Downloads what is missing, checks all of it, returns the folder; its name is the commit.

    Raises:
        Unreachable: there is no way to the hub.
        DeskwrightError: the hub does not have it or does not give it, it is no language model in safetensors, the disk
            is full, or a file came through damaged; the message says what to do.
    """
    folder = described(name, revision)
    commit = folder.name
    with told(name, revision):
        published = HfApi().model_info(name, revision=commit, files_metadata=True).siblings or []
        known = {file.rfilename: file for file in published}
        wanted = _weights(name, folder, list(known))
        missing = sum(known[file].size or 0 for file in wanted if not (folder / file).exists())
        if missing:
            print(f"Downloading {name} at {commit}: {missing / 1e9:,.2f} GB", file=sys.stderr, flush=True)
        snapshot_download(name, revision=commit, allow_patterns=wanted, tqdm_class=download_bar(name))
    for file in wanted:
        _verify(folder / file, known[file])
    check(folder)
    return folder


def described(name: str, revision: str) -> Path:
    """The folder with all but the weights, downloaded where the cache has it not.

    Raises:
        DeskwrightError: as for `fetch`.
    """
    with told(name, revision):
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=list(BESIDE_WEIGHTS)))
    refuse_others(folder, name)
    return folder


def local(name: str, revision: str) -> Path | None:
    """The folder in the cache, without asking the hub; None where it is not there or not whole."""
    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=["config.json"], local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    whole = (folder / "config.json").is_file() and all((folder / file).is_file() for file in _named(folder))
    return folder if whole else None


def check(folder: Path) -> None:
    """Looks whether the folder's weights are whole safetensors: each file's header can be read and names its length.

    Raises:
        DeskwrightError: there are none, one is missing, or one is damaged; the message names it.
    """
    from safetensors import SafetensorError, safe_open

    _weights(str(folder), folder, [file.name for file in folder.iterdir()])
    for name in _named(folder):
        try:
            with safe_open(folder / name, framework="pt") as opened:
                opened.keys()
        except SafetensorError as error:
            raise DeskwrightError(
                f"{folder / name} is damaged or cut short ({error}). Delete it, then copy or fetch the model again."
            ) from None


def refuse_others(folder: Path, name: str) -> None:
    """Refuses a folder that holds no causal language model which transformers knows by itself.

    Raises:
        DeskwrightError: what its config.json says instead.
    """
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as KNOWN

    file = folder / "config.json"
    if not file.is_file():
        raise DeskwrightError(f"{name} has no config.json, so it is no model of transformers. Choose another.")
    config = _read(file)
    found = config.get("architectures") or [KNOWN.get(config.get("model_type", ""), "nothing known")]
    if not {*found} & {*KNOWN.values()}:
        code = " Code that comes with a model is never run." if "auto_map" in config else ""
        raise DeskwrightError(
            f"{name} is no causal language model that transformers {transformers.__version__} knows: its config.json "
            f"names {', '.join(found)}; expected one that writes text, such as LlamaForCausalLM.{code} Choose another."
        )


def _named(folder: Path) -> list[str]:
    """The files of weights that a model in this folder has to have."""
    index = folder / INDEX
    return sorted({*_read(index)["weight_map"].values()}) if index.is_file() else [SINGLE]


def _weights(name: str, folder: Path, present: Sequence[str]) -> list[str]:
    """The files of weights, all of which have to be among those present."""
    wanted = _named(folder)
    missing = [file for file in wanted if file not in present]
    if missing:
        pickled = next((file for pattern in PICKLED for file in present if Path(file).match(pattern)), None)
        has = f"pickled weights ({pickled}), which can run code when they are opened" if pickled else f"no {missing[0]}"
        raise DeskwrightError(
            f"{name} has {has}; expected weights as safetensors ({', '.join(wanted)}). Choose a model, or a revision "
            "of it, that has them."
        )
    return wanted


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DeskwrightError(f"{file} is damaged: {error}. Delete it, then copy or fetch the model again.") from None
    return content


def _verify(file: Path, published: Any) -> None:
    """Compares size and SHA-256 with the hub's; a file that differs leaves the cache, so that it is fetched anew."""
    expected = {"bytes": published.size, "sha256": published.lfs.sha256 if published.lfs else None}
    found = {"bytes": file.stat().st_size, "sha256": _sha256(file) if published.lfs else None}
    if found != expected:
        file.resolve().unlink()
        file.unlink(missing_ok=True)  # the link to it, where the cache uses links
        raise DeskwrightError(
            f"{file.name} came through damaged: found {_shown(found)}; expected {_shown(expected)}. It was deleted; "
            "give the same command again."
        )


def _sha256(file: Path) -> str:
    hashed = hashlib.sha256()
    with file.open("rb") as opened:
        pieces = iter(lambda: opened.read(CHUNK), b"")
        for piece in progress(pieces, f"checking {file.name}", "pieces of 4 MB", -(-file.stat().st_size // CHUNK)):
            hashed.update(piece)
    return hashed.hexdigest()


def _shown(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{what} {value}" for what, value in facts.items() if value is not None)
