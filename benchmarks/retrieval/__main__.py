"""`python -m benchmarks.retrieval`: measures what is found and how fast, prints the tables and writes them down."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from benchmarks.report import write
from benchmarks.retrieval import quality, speed
from benchmarks.topics.__main__ import DATA
from deskwright import workspace
from deskwright.terminal import hush
from deskwright.workspace import Workspace


@click.command()
@click.option("--only", type=click.Choice(["quality", "speed"]), help="One of the two.")
@click.option("--pairs", default=speed.PAIRS, show_default=True, help="How many pairs are indexed for the speed.")
@click.option("--data", type=click.Path(path_type=Path, exists=True), default=DATA, help="Public data.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-retrieval"), help="Where the tables go.")
def main(only: str | None, pairs: int, data: Path, out: Path) -> None:
    """Measures retrieval."""
    hush()
    with tempfile.TemporaryDirectory() as folder:
        workspace.create(Path(folder) / "ws")
        opened = Workspace.open(Path(folder) / "ws")
        measured = {
            "quality": lambda: quality.measure(data),
            "speed": lambda: speed.measure(data, opened, pairs),
        }
        for name, tables in measured.items():
            for one in tables() if only in (None, name) else ():
                print(one.as_text(), flush=True)
                write(out, [one])


if __name__ == "__main__":
    main()
