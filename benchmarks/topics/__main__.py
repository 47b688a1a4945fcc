"""`python -m benchmarks.topics`: measures the naming of topics, prints the tables and writes them down.

The published test sets of BANKING77 and HINT3 are not at hand: a fifth of the training questions, drawn by topic, is
held out instead. CLINC150 is measured on its validation set, with its out-of-scope questions.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.report import Table, percent, write
from deskwright.terminal import hush
from instruct.topics import Topics, report

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Pairs = list[tuple[str, str]]

PUBLISHED = {
    "banking77": "92.8 (USE), 93.0 (ConveRT), 87.2 (BERT, fixed); Casanueva et al. 2020, its own test set",
    "clinc150": "95.1 (USE), 97.2 (ConveRT), 91.8 (BERT, fixed); Casanueva et al. 2020, its own test set",
}


def banking77(intents: Path) -> tuple[Pairs, Pairs, list[str]]:
    with (intents / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        return (*_halves([(line["text"], line["category"]) for line in csv.DictReader(file)]), [])


def clinc150(intents: Path) -> tuple[Pairs, Pairs, list[str]]:
    sets = json.loads((intents / "clinc150_train_val.json").read_text(encoding="utf-8"))
    train, test = ([(text, topic) for text, topic in sets[name]] for name in ("train", "val"))
    return train, test, [text for name in ("oos_val", "oos_train") for text, _ in sets[name]]


def hint3(name: str) -> Callable[[Path], tuple[Pairs, Pairs, list[str]]]:
    def read(intents: Path) -> tuple[Pairs, Pairs, list[str]]:
        with (intents / "hint3" / f"{name}_train.csv").open(encoding="utf-8", newline="") as file:
            return (*_halves([(line["sentence"], line["label"]) for line in csv.DictReader(file)]), [])

    return read


SETS: dict[str, Callable[[Path], tuple[Pairs, Pairs, list[str]]]] = {
    "banking77": banking77,
    "clinc150": clinc150,
    **{name: hint3(name) for name in ("curekart", "powerplay11", "sofmattress")},
}


def _halves(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Four fifths to learn from, and a fifth of each topic to measure on."""
    from sklearn.model_selection import train_test_split

    counts = {topic: sum(other == topic for _, other in pairs) for topic in {topic for _, topic in pairs}}
    train, test = train_test_split(
        [pair for pair in pairs if counts[pair[1]] > 5],
        test_size=0.2,
        random_state=0,
        stratify=[topic for _, topic in pairs if counts[topic] > 5],
    )
    return train, test


def measure(data: Path) -> Iterator[Table]:
    """One row a set."""
    rows, raw = [], {}
    for name, read in SETS.items():
        train, test, strange = read(data / "intents")
        topics = Topics.fit(*map(list, zip(*train, strict=True)))
        raw[name] = found = report(topics, *map(list, zip(*test, strict=True)))
        refused = [guess.topic is None for guess in topics.guess(strange)]
        found["out of scope refused"] = float(np.mean(refused)) if refused else float("nan")
        figures = ("accuracy", "macro F1", "calibration error", "given a topic", "accuracy where given")
        shown = [percent(found[figure]) for figure in (*figures, "out of scope refused")]
        rows.append((name, str(len(topics.labels)), f"{len(test):,}", *shown, PUBLISHED.get(name, "-")))
    header = (
        "set", "topics", "questions", "accuracy", "macro F1", "calibration error", "given a topic",
        "accuracy of those", "out of scope refused", "published accuracy",
    )  # fmt: skip
    yield Table("topics", "Topics named from one question", header, rows, raw=raw)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), default=DATA, help="Public data.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-topics"), help="Where the table goes.")
def main(data: Path, out: Path) -> None:
    """Measures the naming of topics."""
    hush()
    for one in measure(data):
        print(one.as_text(), flush=True)
        write(out, [one])


if __name__ == "__main__":
    main()
