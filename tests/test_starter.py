"""The model that ships: it loads as any model does, renders the same ids in tuning and serving, uses its context."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deskwright.plugins import Generation
from deskwright.workspace import Workspace
from instruct import base
from instruct.prompt import compose, render
from instruct.rows import Row
from instruct.starter import context_check
from instruct.starter.__main__ import answers
from instruct.starter.tokenizer import PLACEHOLDERS
from instruct.training import examples
from serve.engines.openvino import OpenVINO
from serve.engines.transformers import Transformers

MOST_BYTES = 40_000_000
CARD = ("license: apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-3.0", "CC-BY-4.0", "Taskmaster", "MiniLM", "cores")
LEAST_RIGHT, MOST_CLAIMED = 0.65, 0.25
"""Of sixty questions: what chance can take from a model that is good enough."""


@pytest.fixture(scope="module")
def measured() -> Any:
    return json.loads((base.FOLDER / "figures.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def starter() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base.FOLDER, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(base.FOLDER)


def test_it_is_small_and_safe_and_says_what_it_was_made_from(starter: tuple[Any, Any], measured: Any) -> None:
    files = {file.name: file.stat().st_size for file in base.FOLDER.iterdir()}

    assert sum(files.values()) < MOST_BYTES
    assert "model.safetensors" in files
    assert not [name for name in files if name.endswith((".bin", ".pt", ".py"))]
    assert starter[0].config.model_type == "llama"
    assert sum(parameter.numel() for parameter in starter[0].parameters()) == measured["parameters"]
    card = (base.FOLDER / "README.md").read_text("utf-8")
    assert [word for word in CARD if word not in card] == []


def test_a_workspace_begins_with_it(ws: Workspace) -> None:
    assert ws.config.model.base == base.STARTER
    assert base.source(ws).folder == base.FOLDER


def test_texts_that_are_read_together_are_not_filled_up(starter: tuple[Any, Any]) -> None:
    long, short = starter[1].backend_tokenizer.encode_batch(["Where is my parcel, please?", "Hi"])

    assert len(short.ids) < len(long.ids)


def test_placeholders_are_single_tokens(starter: tuple[Any, Any]) -> None:
    assert all(len(starter[1](text, add_special_tokens=False).input_ids) == 1 for text in PLACEHOLDERS)


def test_what_is_learnt_in_tuning_is_what_is_said_in_serving(starter: tuple[Any, Any]) -> None:
    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    row = Row("r/1/2", "train", "conversation", turns=(("user", "How long?"),), answer="Three days.", **about)
    [example] = examples(starter[1], [row], "Help.")
    prompt = render(starter[1], compose("Help.", [], [{"role": "user", "content": "How long?"}]), prompt=True)
    learnt = [i for i, mask in zip(example["input_ids"], example["completion_mask"], strict=True) if mask]

    assert example["input_ids"][: len(prompt)] == prompt
    assert starter[1].decode(learnt) == "Three days.<|end|>"


def test_it_takes_facts_from_its_context(starter: tuple[Any, Any]) -> None:
    """On some of the questions of `make bench-starter`."""
    model, tokenizer = starter
    shares = context_check.measure(lambda prompts: answers(model, tokenizer, prompts), 60, known=True)

    assert shares["right"] > LEAST_RIGHT
    assert shares["claimed"] < MOST_CLAIMED


def test_both_engines_serve_it_alike(ws: Workspace) -> None:
    case = context_check.cases(1, known=True)[0][0]
    how = Generation(max_tokens=12)
    said = ["".join(token.text for token in kind.open(ws, None).stream(case.messages, how)) for kind in ENGINES]

    assert said[0] == said[1]
    assert said[0]


ENGINES: tuple[Any, ...] = (OpenVINO, Transformers)
