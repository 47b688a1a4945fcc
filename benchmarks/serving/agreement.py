"""A workspace with a tuned model -> whether OpenVINO says what transformers says, and what int8 costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.report import Table, percent
from deskwright.plugins import Generation
from instruct.measures import compare, figure, summary

PROMPTS = 200
MOST = 96
EXACT, INT8 = "openvino, float32", "openvino, int8"

Tell = Callable[[list[int]], list[int]]
"""A prompt's ids -> the answer's, greedy."""


def tables(root: Path, out: Path) -> Iterator[Table]:
    """Greedy answers to held-out prompts of the newest model's training set."""
    from deskwright.terminal import progress
    from deskwright.workspace import Workspace
    from instruct import adapter, dataset, rounds
    from instruct.prompt import render

    workspace = Workspace.open(root)
    model = rounds.find(workspace.store, None)
    loaded = adapter.load(workspace, model)
    held = [row for split in ("test", "validation") for row in dataset.read(workspace, model.dataset, split)][:PROMPTS]
    prompts = [render(loaded.tokenizer, row.prompt(loaded.card.system), prompt=True) for row in held]
    said = {
        name: [tell(prompt) for prompt in progress(prompts, name, "answers", len(prompts))]
        for name, tell in _ways(loaded, out)
    }
    yield _agreement(said)
    yield _quality(said, [row.answer for row in held], loaded.tokenizer)


def _ways(loaded: Any, out: Path) -> Iterator[tuple[str, Tell]]:
    from instruct.answering import ends
    from serve.engines.conversion import convert
    from serve.engines.text import context_of
    from serve.engines.transformers import Transformers

    engine = Transformers(loaded, "reference", "")
    last = frozenset(ends(loaded))
    yield (
        "transformers",
        lambda prompt: _until(last, (token for token, _ in engine._tokens(prompt, MOST, Generation()))),
    )
    for name, int8 in ((EXACT, False), (INT8, True)):
        folder = out / f"agreement-{'int8' if int8 else 'float'}"
        convert(loaded.model, folder, int8=int8)
        yield name, _openvino(folder, context_of(loaded.model), last, exact=not int8)


def _openvino(folder: Path, context: int, last: frozenset[int], *, exact: bool) -> Tell:
    from serve.engines.openvino import room, settings_of
    from serve.engines.steps import config, open_pipeline, read, tensor

    pipeline = open_pipeline(folder, room(folder, context)[0], exact=exact)
    settings = config(settings_of(Generation(), MOST, last))

    def tell(prompt: list[int]) -> list[int]:
        handle = pipeline.add_request(0, tensor(prompt), settings)
        while pipeline.has_non_finished_requests():
            pipeline.step()
        return _until(last, (token for token, _ in read(handle)))

    return tell


def _until(last: frozenset[int], tokens: Iterator[int]) -> list[int]:
    said = []
    for token in tokens:
        said.append(token)
        if token in last:
            break
    return said


def _agreement(said: dict[str, list[list[int]]]) -> Table:
    """Place by place: after the first difference an answer goes its own way, and all that follows counts."""
    reference, rows, raw = said["transformers"], [], {}
    for name in (EXACT, INT8):
        pairs = list(zip(reference, said[name], strict=True))
        same = sum(a == b for one, other in pairs for a, b in zip(one, other, strict=False))
        total = sum(max(len(one), len(other)) for one, other in pairs)
        whole = sum(one == other for one, other in pairs)
        raw[name] = {"tokens": total, "same": same, "answers": len(pairs), "identical": whole}
        rows.append((name, f"{total:,}", percent(same / total), percent(whole / len(pairs))))
    header = ("engine", "tokens", "as transformers", "answers identical")
    return Table("serving-agreement", f"{len(reference)} held-out prompts, greedy", header, rows, raw=raw)


def _quality(said: dict[str, list[list[int]]], golden: Sequence[str], tokenizer: Any) -> Table:
    """What the engine does to the metrics of `deskwright evaluate`."""
    scores = {}
    for name, answers in said.items():
        texts = [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in answers]
        scores[name] = {metric: summary(values) for metric, values in compare(texts, golden).items()}
    metrics = list(dict.fromkeys(chain.from_iterable(scores.values())))
    rows = [(name, *(figure(score[metric]) for metric in metrics)) for name, score in scores.items()]
    return Table("serving-quality", "The same answers beside the agents'", ("engine", *metrics), rows, raw=scores)
