"""`deskwright serve` in a process of its own, and the workspaces it serves in tests."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deskwright import config, workspace
from deskwright.workspace import Workspace
from instruct.starter.tokenizer import train

ROOT = Path(__file__).resolve().parents[1]
SAID = "Where is my parcel? It is on its way, dear customer. Help is near."


def make(root: Path, settings: str = "") -> Workspace:
    """A fresh workspace with these settings; without the names model, which takes its time to load."""
    workspace.create(root)
    (root / config.FILE).write_text(f'[privacy]\nnames = ""\n{settings}', encoding="utf-8")
    return Workspace.open(root)


@contextmanager
def serving(ws: Workspace, *options: str, engine: str = "echo") -> Iterator[str]:
    """The address at which the workspace is served while the block runs."""
    with command("--workspace", str(ws.root), "--engine", engine, "--untuned", *options) as url:
        yield url


@contextmanager
def command(*options: str) -> Iterator[str]:
    """The same of `deskwright serve` with these options, at any free port."""
    words = [sys.executable, "-m", "deskwright", "serve", "--port", "0", *options]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        found = re.match(r"Serving at (\S+)", server.stdout.readline())
        try:
            assert found, "the server did not start"
            yield found.group(1)
        finally:
            server.terminate()


def tiny(folder: Path, seed: int = 3) -> None:
    """Writes a base model of some thousand random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer: Any = train([SAID] * 4)
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=256, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
