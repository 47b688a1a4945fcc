"""`python -m benchmarks.starter`: what the starter model weighs, knows, takes from its context, and says."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np

from benchmarks.report import Table, percent, write
from benchmarks.starter.curves import drawn
from benchmarks.starter.ngram import KneserNey
from deskwright.errors import DeskwrightError
from deskwright.terminal import hush

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = "tokenizer.json"
SOURCE = Path("../shared/data")
DIALOGUES, SEED = 120_000, 99
LOADS = 5
NEW = 64
NAMES = {"dialogues": "invented dialogues", "star": "STAR", "taskmaster4": "Taskmaster-4", "books": "books"}
LOAD = "import time; from transformers import AutoModelForCausalLM as M, LlamaForCausalLM; \
a = time.perf_counter(); M.from_pretrained('{}'); print(time.perf_counter() - a)"


@dataclass(frozen=True)
class How:
    """What the command was told. `source` are the public data, `data` what `python -m instruct.starter` has made of
    them to train on, `half` the folder of a model of half the size, `workspace` those with a model tuned on the
    starter. Where `data` or `workspace` is not given, it is made."""

    out: Path
    model: Path
    half: Path | None
    source: Path
    data: Path | None
    workspace: Sequence[Path]
    count: int


def made_documents(how: How) -> Path:
    """The encoded documents of `how.data`, which have to be in the tokens of the model."""
    from transformers import AutoTokenizer

    from instruct.starter import data

    folder = how.data or how.out / "data"
    if not how.data and not (folder / "sources.md").exists():  # is written last
        data.make(how.source, folder, DIALOGUES, SEED, AutoTokenizer.from_pretrained(how.model))
    for other in (folder / "tokenizer", *([how.half] if how.half else [])):
        if (other / TOKENIZER).read_bytes() != (how.model / TOKENIZER).read_bytes():
            raise DeskwrightError(
                f"{other} has another tokenizer than {how.model}, so their figures a token cannot be compared. Name "
                "what was made in the same run, or remove the folder."
            )
    return folder


def tuned_workspaces(how: How) -> Sequence[Path]:
    """Those whose model is tuned and evaluated: where none is given, the demo's."""
    folder = how.out / "demo"
    if not how.workspace:  # what of the demo is done already is not done again
        command = [sys.executable, "-m", "deskwright", "demo", "--port", "0", "--directory", str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "DEMO_EXIT": "1"})
    return how.workspace or [folder]


def size(how: How) -> Iterator[Table]:
    """Files, wheel, time to load."""
    from instruct import footprint

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, str(ROOT)]
        subprocess.run(command, check=True)
        [wheel] = Path(folder).iterdir()
        bytes_of_wheel = wheel.stat().st_size
    loads = [float(_python(LOAD.format(how.model))) for _ in range(LOADS)]
    raw = {
        "parameters": footprint.read(how.model).parameters,
        "files": sum(file.stat().st_size for file in how.model.iterdir()),
        "wheel": bytes_of_wheel,
        "load": loads,
    }
    rows = [
        ("parameters", f"{raw['parameters']:,}"),
        ("its files", f"{raw['files'] / 1e6:.1f} MB"),
        ("wheel of Deskwright", f"{bytes_of_wheel / 1e6:.1f} MB"),
        ("loaded by transformers, once imported, in (median of 5 processes)", f"{statistics.median(loads):.2f} s"),
    ]
    yield Table("starter-size", "The starter model", ("", "found"), rows, raw=raw)


def speed(how: How) -> Iterator[Table]:
    """One answer at a time, by both engines, to the prompts of the context check."""
    from deskwright.config import FILE
    from deskwright.plugins import Generation
    from deskwright.workspace import Workspace, create
    from instruct.starter.context_check import cases
    from serve.engines.openvino import OpenVINO
    from serve.engines.transformers import Transformers

    prompts = [case.messages for case in cases(30)[0]]
    rows, raw = [], {}
    with tempfile.TemporaryDirectory() as folder:
        create(Path(folder) / "shop")
        settings = Path(folder) / "shop" / FILE
        settings.write_text(settings.read_text("utf-8").replace('"starter"', f'"{how.model.resolve()}"'), "utf-8")
        workspace = Workspace.open(Path(folder) / "shop")
        for name, kind in {"openvino": OpenVINO, "transformers": Transformers}.items():
            engine = kind.open(workspace, None)
            list(engine.stream(prompts[0], Generation(max_tokens=4)))
            timed = [_timed(engine, prompt, Generation(max_tokens=NEW)) for prompt in prompts[1:]]
            first = statistics.median(one[0] for one in timed)
            pace = sum(one[1] for one in timed) / sum(one[2] for one in timed)
            raw[name] = {"first": first, "tokens_a_second": pace}
            rows.append((name, f"{1000 * first:.0f}", f"{pace:,.0f}"))
    header = ("engine", "first token, ms (median)", "tokens/s")
    yield Table("starter-speed", f"{len(prompts) - 1} prompts, one at a time", header, rows, raw=raw)


def _timed(engine: Any, prompt: Any, how: Any) -> tuple[float, int, float]:
    """Seconds to the first token, tokens, and seconds to the last."""
    began = time.perf_counter()
    stream = engine.stream(prompt, how)
    begin = [next(stream)]
    first = time.perf_counter() - began
    *_, last = [*begin, *stream]
    return first, last.completion_tokens, time.perf_counter() - began


def perplexity(how: How) -> Iterator[Table]:
    """On held-out documents, by source, beside a model of half the size and a 5-gram, with the tokens each read."""
    from instruct.starter.encoded import Documents
    from instruct.starter.train import HELD_OUT_TOKENS, MIX, first, held_out

    data = made_documents(how)
    model, figures = _opened(how.model)
    found = {f"starter, {_millions(figures['tokens'])}": held_out(model, data)}
    if how.half:
        half, its = _opened(how.half)
        found[f"half the size, {_millions(its['tokens'])}"] = held_out(half, data)
    read = [
        row
        for name, share in MIX.items()
        for row in _drawn(Documents.open(data / name), round(share * figures["tokens"]))
    ]
    fitted = KneserNey(read, model.config.vocab_size)
    costs: dict[str, float] = {}
    for name in ("texts", "chats"):
        held = Documents.open(data / f"{name}_held_out")
        for number, source in enumerate(held.names):
            some = first(held, np.flatnonzero(held.source == number).tolist(), HELD_OUT_TOKENS)
            costs[source] = _cost(fitted, held, some)
    found[f"5-gram, Kneser-Ney, {_millions(sum(map(len, read)))}"] = costs
    rows = [
        (NAMES.get(source, source), *(f"{each[source]:.2f} ({np.exp(each[source]):,.1f})" for each in found.values()))
        for source in next(iter(found.values()))
    ]
    yield Table("starter-perplexity", "Nats a held-out token (perplexity)", ("", *found), rows, raw=found)


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:.0f} M tokens"


def _drawn(documents: Any, tokens: int) -> Iterator[Any]:
    """Documents in any order, up to so many tokens."""
    for row in Random(SEED).sample(range(len(documents)), len(documents)):
        document = documents.tokens[documents.starts[row] : documents.starts[row + 1]]
        tokens -= len(document)
        if tokens < 0:
            return
        yield document


def _cost(fitted: KneserNey, held: Any, rows: Sequence[int]) -> float:
    """Nats a token that is to be learnt, without the first one of a document."""
    costs, counts = 0.0, 0
    for row in rows:
        part = slice(int(held.starts[row]), int(held.starts[row + 1]))
        learnt = held.learnt[part][1:] > 0
        costs += float(fitted.costs(held.tokens[part])[1:][learnt].sum())
        counts += int(learnt.sum())
    return costs / counts


def curves(how: How) -> Iterator[Table]:
    """The held-out loss while training, as it was noted, of the model and of the one of half the size."""
    folders = {"starter": how.model, **({"half": how.half} if how.half else {})}
    runs = {
        run: [json.loads(line) for line in (folder / "curve.jsonl").read_text("utf-8").splitlines()]
        for run, folder in folders.items()
    }
    lines = {
        run: {name: [(one["tokens"], one[source]) for one in noted] for source, name in NAMES.items()}
        for run, noted in runs.items()
    }
    how.out.mkdir(parents=True, exist_ok=True)
    (how.out / "starter-curves.svg").write_text(drawn(lines), encoding="utf-8")
    rows = [
        (f"{run}, {one['tokens'] / 1e6:.1f} M", *(f"{one[source]:.2f}" for source in NAMES))
        for run, noted in runs.items()
        for one in noted
    ]
    yield Table("starter-curves", "Nats a held-out token", ("after", *NAMES.values()), rows, raw=runs)


def context(how: How) -> Iterator[Table]:
    """How often it takes the right fact from its context, and says so where there is none."""
    from transformers import AutoTokenizer

    from instruct.starter import context_check
    from instruct.starter.__main__ import answers

    model, _ = _opened(how.model)
    tokenizer = AutoTokenizer.from_pretrained(how.model)
    raw = {
        name: context_check.measure(lambda prompts: answers(model, tokenizer, prompts), how.count, known=known)
        for name, known in {"names and values": True, "and questions": False}.items()
    }
    rows = [(name, *map(percent, shares.values())) for name, shares in raw.items()]
    header = ("new are", "right fact", "and no other", "another fact", "not there: says so", "not there: claims one")
    yield Table("starter-context", f"{how.count} and {how.count} questions of each", header, rows, raw=raw)


def answers_of(how: How) -> Iterator[Table]:
    """The first twenty held-out questions of the first workspace, with what its model says by itself."""
    from deskwright.workspace import Workspace
    from instruct import adapter, dataset, rounds
    from instruct.answering import generated

    workspace = Workspace.open(tuned_workspaces(how)[0])
    model = rounds.find(workspace.store, None)
    asked = dataset.read(workspace, model.dataset, "test")[:20]
    said = generated(adapter.load(workspace, model), asked, model.name)
    rows = [
        [" ".join(text.split()) for text in (row.turns[-1][1], one.text, row.answer)]
        for row, one in zip(asked, said, strict=True)
    ]
    yield Table(
        "starter-answers", f"20 held-out questions, {model.name}", ("asked", "said", "the agent"), rows, raw=rows
    )


def gain(how: How) -> Iterator[Table]:
    """What `deskwright evaluate` found of the models that were tuned on the starter, and of the starter itself."""
    from deskwright.workspace import Workspace
    from instruct import rounds
    from instruct.measures import figure

    for folder in tuned_workspaces(how):
        workspace = Workspace.open(folder)
        model = rounds.find(workspace.store, None)
        found = json.loads((workspace.reports / f"evaluate-{model.name}.json").read_text(encoding="utf-8"))
        untuned, tuned = found["scores"]["base"], found["scores"][model.name]
        rows = [(metric, figure(untuned[metric]), figure(tuned[metric])) for metric in tuned]
        title = f"{workspace.root.name}: {found['rows']} held-out questions"
        yield Table(f"starter-gain-{workspace.root.name}", title, ("", "untuned", "tuned"), rows, raw=found["scores"])


def _opened(folder: Path) -> tuple[Any, Mapping[str, Any]]:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, json.loads((folder / "figures.json").read_text(encoding="utf-8"))


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout


TABLES: dict[str, Callable[[How], Iterator[Table]]] = {
    "size": size,
    "speed": speed,
    "perplexity": perplexity,
    "curves": curves,
    "context": context,
    "gain": gain,
    "answers": answers_of,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TABLES)), help="This table; can be given several times.")
@click.option("--model", type=click.Path(path_type=Path, exists=True), help="Another than the one that ships.")
@click.option("--half", type=click.Path(path_type=Path, exists=True), help="A model of half the size.")
@click.option("--source", type=click.Path(path_type=Path), default=SOURCE, show_default=True, help="The public data.")
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), help="Made of them: starter/data-...  [default: is made]"
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="One with a model tuned on it and evaluated.  [default: the demo's, which is made]",
)
@click.option("--count", default=500, show_default=True, help="Questions of the context check, of each sort.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-starter"), help="Where the tables go.")
def main(only: Sequence[str], model: Path | None, out: Path, **more: Any) -> None:
    """Measures the starter model.

    \b
    python -m benchmarks.starter
    python -m benchmarks.starter --only size --only speed --only context
    """
    from instruct import base

    hush()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    how = How(out, model or base.FOLDER, **more)
    failed = False
    for name in only or TABLES:
        try:
            for one in TABLES[name](how):
                print(one.as_text(), flush=True)
                write(out, [one])
        except (DeskwrightError, subprocess.CalledProcessError) as error:
            print(f"{name}: {error}\n", file=sys.stderr, flush=True)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
