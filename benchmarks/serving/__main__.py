"""`python -m benchmarks.serving`: servers of one model in one run, in turns; and how the engines' answers agree."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.report import Table, write
from benchmarks.serving import agreement, model, servers, soak
from benchmarks.serving.load import drain, measure
from deskwright.terminal import hush

AT_ONCE = (1, 4, 16, 64)
QUESTIONS = 256
"""For each number of clients."""
RAW = "OpenVINO GenAI, no server"
Found = dict[str, dict[str, dict[str, Any]]]
"""Server -> clients -> what was measured."""


def speed(out: Path, seconds: float, at_once: Sequence[int], llama: str) -> Iterator[Table]:
    """Every server answers every number of clients, one server after the other. Each number of clients has questions of
    its own: else a server that keeps what it has computed of a prompt would be spared what the engine alone is not."""
    folder, workspace = out / "model", out / "workspace"
    asked = model.questions(model.make(folder), QUESTIONS * (len(at_once) + 1))
    warming, *sets = [asked[first : first + QUESTIONS] for first in range(0, len(asked), QUESTIONS)]
    key = _workspace(workspace, folder)
    found: Found = {}
    with ExitStack() as running:
        started = [running.enter_context(server) for server in _servers(folder, workspace, key, llama, out)]
        converted = next((workspace / "openvino").iterdir())
        for server in started:
            measure(server.target, warming, 2, 5)
            server.stop()
        for clients, questions in zip(at_once, sets, strict=True):
            found.setdefault(RAW, {})[str(clients)] = _raw(folder, converted, questions, clients, seconds)
            for server in started:
                server.go_on()
                drain(server.target, warming[0])
                one = measure(server.target, questions, clients, seconds)
                found.setdefault(server.name, {})[str(clients)] = {**one, "memory": server.memory()}
                server.stop()
            yield _table(found, clients)


def _raw(folder: Path, converted: Path, questions: Sequence[str], clients: int, seconds: float) -> dict[str, Any]:
    words = map(str, (folder, converted, clients, seconds))
    command = [sys.executable, "-m", "benchmarks.serving.raw", *words]
    told = subprocess.run(command, check=True, input=json.dumps(questions), stdout=subprocess.PIPE, text=True).stdout
    measured: dict[str, Any] = json.loads(told.splitlines()[-1])
    return measured


def _servers(
    folder: Path, workspace: Path, key: str, llama: str, out: Path
) -> Iterator[AbstractContextManager[servers.Server]]:
    yield servers.deskwright(workspace, "openvino", key)
    yield servers.deskwright(workspace, "transformers", key)
    yield servers.plain(folder)
    yield servers.transformers(folder, batching=False)
    yield servers.transformers(folder, batching=True)
    if llama:
        from benchmarks.serving import gguf

        file = out / "model.gguf"
        if not file.exists():
            gguf.write(folder, file)
        yield servers.llama_cpp(llama, file)


def _workspace(workspace: Path, folder: Path) -> str:
    """A workspace whose base is the model, and a key for its chat API."""
    if not workspace.exists():
        _deskwright("init", str(workspace))
        file = workspace / "deskwright.toml"
        text = file.read_text(encoding="utf-8").replace('base = "starter"', f'base = "{folder.absolute()}"')
        file.write_text(text.replace("[serve]\n", '[serve]\nlimit_key = ""\n', 1), encoding="utf-8")
    return _deskwright("keys", "create", "--role", "integration", "--workspace", str(workspace)).split()[-1]


def _deskwright(*words: str) -> str:
    command = [sys.executable, "-m", "deskwright", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _table(found: Found, clients: int) -> Table:
    rows = [_row(name, cells[str(clients)], found[RAW][str(clients)]) for name, cells in found.items()]
    header = ("server", "tokens/s", "of raw", "first p50", "p95", "p99", "whole p50", "p95", "p99", "refused", "MB")
    title = f"{clients} at once, {model.QUESTION}-token questions, 64 new tokens; times in ms"
    return Table(f"serving-{clients}", title, header, rows, raw=found)


def _row(name: str, one: dict[str, Any], raw: dict[str, Any]) -> list[str]:
    times = [
        f"{1000 * one[which][share]:,.0f}" if one[which] else "-"
        for which in ("first", "whole")
        for share in ("p50", "p95", "p99")
    ]
    of_raw = f"{one['tokens_a_second'] / raw['tokens_a_second']:.2f}"
    return [name, f"{one['tokens_a_second']:,.0f}", of_raw, *times, str(one["refused"]), f"{one['memory'] / 1e6:,.0f}"]


def endurance(out: Path, seconds: float) -> Iterator[Table]:
    """Two hundred clients at our server, for a long time."""
    folder, workspace = out / "model", out / "workspace"
    questions = model.questions(model.make(folder), QUESTIONS)
    key = _workspace(workspace, folder)
    with servers.deskwright(workspace, "openvino", key) as server:
        yield soak.run(server, questions, seconds)


@dataclass(frozen=True)
class How:
    """What the command was told."""

    out: Path
    seconds: float
    soak: float
    clients: Sequence[int]
    llama: str
    workspace: Path | None


PARTS: dict[str, Callable[[How], Iterator[Table]]] = {
    "speed": lambda how: speed(how.out, how.seconds, how.clients, how.llama),
    "soak": lambda how: endurance(how.out, how.soak),
    "agreement": lambda how: agreement.tables(_tuned(how.workspace), how.out),
}


def _tuned(workspace: Path | None) -> Path:
    if workspace is None:
        raise click.UsageError("agreement needs --workspace, with a tuned model in it")
    return workspace


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="This part only.")
@click.option("--seconds", default=20.0, show_default=True, help="For each server and number of clients.")
@click.option("--soak", default=300.0, show_default=True, help="Seconds of two hundred clients.")
@click.option("--clients", multiple=True, type=int, default=AT_ONCE, show_default=True, help="So many at once.")
@click.option("--llama", default="", help="A Python that has llama-cpp-python[server], to measure llama.cpp too.")
@click.option("--workspace", type=click.Path(path_type=Path, exists=True), help="One with a tuned model.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-serve"), help="Where the tables go.")
def main(
    only: Sequence[str],
    seconds: float,
    soak: float,
    clients: Sequence[int],
    llama: str,
    workspace: Path | None,
    out: Path,
) -> None:
    """Measures serving. Without --workspace, all but the agreement of the engines."""
    hush()
    out.mkdir(parents=True, exist_ok=True)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    how = How(out, seconds, soak, clients, llama, workspace)
    for part in only or [name for name in PARTS if workspace or name != "agreement"]:
        for table in PARTS[part](how):
            print(table.as_text(), flush=True)
            write(out, [table])


if __name__ == "__main__":
    main()
