"""`python -m benchmarks.tuning`: measures tuning, prints the tables and writes them down."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click

from benchmarks.report import Table, write
from benchmarks.tuning import loop
from deskwright.terminal import hush
from instruct.measures import METRICS, figure

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HELD_OUT = 60
ROWS = 200
"""Held-out questions on which the gain is measured."""


@dataclass(frozen=True)
class How:
    """What the command was told."""

    out: Path
    data: Path
    quick: bool


def speed(how: How) -> Iterator[Table]:
    """Beside TRL's stock script, in turns."""
    from benchmarks.tuning import speed as measurement

    tokenizer, examples = _examples(how.data)
    found = measurement.measure(tokenizer, examples[HELD_OUT:], examples[:HELD_OUT], how.out / "speed")
    rows = [
        (
            name,
            f"{each['tokens_a_second']:,.0f}",
            *(f"{each['ratios'][peer]:.1f}" for peer in measurement.PEERS),
            f"{each['held_out'][0]:.3f}",
            f"{each['held_out'][-1]:.3f}" if len(each["held_out"]) == measurement.ROUNDS else "-",
        )
        for name, each in found.items()
    ]
    header = (
        "way",
        "tokens/s",
        *(f"times {peer}" for peer in measurement.PEERS),
        "nats, held out, after one round",
        "after all",
    )
    title = f"LoRA over a Llama with {measurement.VOCABULARY:,} tokens on Bitext, {measurement.ROUNDS} rounds in turns"
    yield Table("speed", title, header, rows, raw=found)


def _examples(data: Path) -> tuple[Any, list[dict[str, Any]]]:
    """A tokenizer, and Bitext's exchanges as rows of token ids, in an order drawn once."""
    from instruct.rows import Row
    from instruct.starter.dialogues import DEFAULT_SYSTEM
    from instruct.starter.tokenizer import train
    from instruct.training import examples

    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    with (data / "dialogues" / "bitext_support.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Row(
                str(n),
                "train",
                "conversation",
                turns=(("user", line["instruction"]),),
                answer=line["response"],
                **about,
            )
            for n, line in enumerate(csv.DictReader(file))
        ]
    Random(0).shuffle(rows)
    tokenizer = train([f"{row.turns[-1][1]}\n{row.answer}" for row in rows])
    return tokenizer, examples(tokenizer, rows, DEFAULT_SYSTEM)


def gain(how: How) -> Iterator[Table]:
    """Tuned beside base, few-shot and retrieval only, on public data."""
    for name, run in loop.SETS.items():
        yield gained(name, run(how.data, how.out / name, 40 if how.quick else ROWS))


def gained(name: str, result: dict[str, Any]) -> Table:
    """The table of an evaluation."""
    rows = [
        (who, *(figure(score[metric]) if metric in score else "-" for metric in METRICS))
        for who, score in result["scores"].items()
    ]
    return Table(
        f"tuned-{name}", f"{result['rows']} held-out questions of {name}", ("model", *METRICS), rows, raw=result
    )


TABLES: dict[str, Callable[[How], Iterator[Table]]] = {"speed": speed, "gain": gain}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TABLES)), help="This table; can be given several times.")
@click.option("--quick", is_flag=True, help="A part of each set.")
@click.option("--data", type=click.Path(path_type=Path, exists=True), default=DATA, help="Public data.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-tune"), help="Where the tables go.")
def main(only: Sequence[str], quick: bool, data: Path, out: Path) -> None:
    """Measures tuning."""
    hush()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for name in only or TABLES:
        for one in TABLES[name](How(out, data, quick)):
            print(one.as_text(), flush=True)
            write(out, [one])


if __name__ == "__main__":
    main()
