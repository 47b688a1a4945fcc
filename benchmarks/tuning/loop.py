"""An export -> what tuning the base on it gains: the commands of the loop, in a workspace of their own."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

STAR = 1500
"""Dialogues that are taken of it."""

Found = dict[str, Any]
"""The result of `deskwright evaluate`."""


def bitext(data: Path, folder: Path, rows: int) -> Found:
    """Bitext's customer support set: one row an exchange."""
    source = data / "dialogues" / "bitext_support.csv"
    columns = ["--map", "customer=instruction", "--map", "agent=response"]
    return _loop(folder, ["table", str(source), *columns], rows, {"# passages = 1": "passages = 0"})


def star(data: Path, folder: Path, rows: int) -> Found:
    """STAR: people with human wizards, of several turns."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    table = folder.with_suffix(".jsonl")
    with lzma.open(data / "dialogues" / "star.jsonl.xz", "rt", encoding="utf-8") as dialogues:
        messages = (
            {"conversation": dialogue["id"], "role": turn["role"], "text": turn["text"]}
            for dialogue in map(json.loads, islice(dialogues, STAR))
            for turn in dialogue["turns"]
        )
        table.write_text("".join(json.dumps(message) + "\n" for message in messages), encoding="utf-8")
    columns = [word for name in ("conversation", "role", "text") for word in ("--map", f"{name}={name}")]
    return _loop(folder, ["table", str(table), *columns], rows, {})


SETS: Mapping[str, Callable[[Path, Path, int], Found]] = {"bitext": bitext, "star": star}


def _loop(folder: Path, source: list[str], rows: int, settings: Mapping[str, str]) -> Found:
    if not folder.exists():
        _run("init", str(folder))
        file = folder / "deskwright.toml"
        text = file.read_text(encoding="utf-8")
        for setting, wanted in settings.items():
            text = text.replace(setting, wanted)
        file.write_text(text, encoding="utf-8")
    _run("ingest", *source, "--workspace", str(folder))
    _run("tune", "--workspace", str(folder))
    found: Found = json.loads(_run("evaluate", "--rows", str(rows), "--json", "--workspace", str(folder)))
    return found


def _run(*words: str) -> str:
    command = [sys.executable, "-m", "deskwright", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
