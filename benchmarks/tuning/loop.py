"""An export -> what tuning the base on it gains: the commands of the loop, in a workspace of their own."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

STAR = 1500
"""Dialogues that are taken of it."""

Found = tuple[dict[str, Any], list[dict[str, str]]]
"""The result of `deskwright evaluate`, and the examples of its report."""


def bitext(data: Path, folder: Path, rows: int) -> Found:
    """Bitext's customer support set: one row an exchange."""
    source = data / "dialogues" / "bitext_support.csv"
    columns = ["--map", "customer=instruction", "--map", "agent=response"]
    return _loop(folder, ["table", str(source), *columns], rows, {"# passages = 1": "passages = 0"})


def demo(data: Path, folder: Path, rows: int) -> Found:
    """The export of the invented shop that `make demo` runs on, with the demo's settings."""
    from serve.demo import SAMPLE, SETTINGS

    return _loop(folder, ["zendesk", str(files("connectors.sample") / SAMPLE)], rows, SETTINGS)


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


SETS: Mapping[str, Callable[[Path, Path, int], Found]] = {"bitext": bitext, "demo": demo, "star": star}


def _loop(folder: Path, source: list[str], rows: int, settings: Mapping[str, str]) -> Found:
    if not folder.exists():
        _run("init", str(folder))
        file = folder / "deskwright.toml"
        text = file.read_text(encoding="utf-8")
        for setting, wanted in settings.items():
            text = text.replace(setting, wanted.replace("{port}", "0"))
        file.write_text(text, encoding="utf-8")
    _run("ingest", *source, "--workspace", str(folder))
    _run("tune", "--workspace", str(folder))
    result = json.loads(_run("evaluate", "--rows", str(rows), "--json", "--workspace", str(folder)))
    report = json.loads((folder / "reports" / f"evaluate-{result['model']}.json").read_text(encoding="utf-8"))
    return result, report["examples"]


def _run(*words: str) -> str:
    command = [sys.executable, "-m", "deskwright", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
