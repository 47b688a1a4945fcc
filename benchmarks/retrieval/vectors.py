"""Made-up vectors -> how `instruct.nearest` compares with pgvector: time a query, what is found, what it costs.

`python -m benchmarks.retrieval.vectors postgresql://...` measures beside a PostgreSQL with the extension `vector`, for
example the one that the package `pgserver` brings. It makes a table `vectors_measured` there and drops it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil
import psycopg

from benchmarks.report import Table, percent, write
from instruct.nearest import Floats, Nearest

DIMENSIONS = 384
CLUSTERS = 500
NEAREST = 5
WARM = 10
TABLE = "vectors_measured"
EFFORTS = (40, 100, 200)
"""Of HNSW, `hnsw.ef_search`; 40 is its default."""

Search = Callable[[Floats], list[int]]


def made(count: int, falling: bool, seed: int) -> Floats:
    """Unit vectors around the same 500 centres whatever the seed. `falling`: most of what tells them apart lies in few
    directions, as with a sentence encoder; else it is spread over all of them, the hardest case for a coarse search."""
    same, chance = np.random.default_rng(0), np.random.default_rng(seed)
    scale = np.arange(1, DIMENSIONS + 1) ** -0.5 if falling else np.ones(DIMENSIONS)
    turned, _ = np.linalg.qr(same.normal(size=(DIMENSIONS, DIMENSIONS)))
    centres = same.normal(size=(CLUSTERS, DIMENSIONS)) * scale
    found = (centres[chance.integers(CLUSTERS, size=count)] + chance.normal(size=(count, DIMENSIONS)) * scale) @ turned
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def measure(address: str, count: int, asked: int, falling: bool) -> Iterator[list[Any]]:
    """A row for each way to search: name, p50 and p95 in ms, recall@5, seconds to make it, MB."""
    held, questions = made(count, falling, 1), made(asked + WARM, falling, 2)
    truth = [set(np.argsort(-(held @ question), kind="stable")[:NEAREST].tolist()) for question in questions]
    kept = held.astype(np.float16)
    began = time.perf_counter()
    ours = Nearest(kept)
    axes, table = ours._coarse
    took = time.perf_counter() - began
    memory = (axes.nbytes + table.nbytes) / 1e6
    yield ["instruct.nearest", *_timed(lambda one: ours.search(one, NEAREST).tolist(), questions, truth), took, memory]
    with psycopg.connect(address, autocommit=True) as connection:
        try:
            yield from _pgvector(connection, held, questions, truth)
        finally:
            connection.execute(f"drop table if exists {TABLE}")


def _pgvector(connection: Any, held: Floats, questions: Floats, truth: list[set[int]]) -> Iterator[list[Any]]:
    began = time.perf_counter()
    connection.execute("create extension if not exists vector")
    connection.execute(f"drop table if exists {TABLE}")
    connection.execute(f"create table {TABLE} (id integer primary key, v vector({DIMENSIONS}))")
    with connection.cursor().copy(f"copy {TABLE} (id, v) from stdin") as copy:
        for n, vector in enumerate(held):
            copy.write_row((n, _text(vector)))
    connection.execute(f"vacuum analyze {TABLE}")
    loaded = time.perf_counter() - began

    def search(vector: Floats) -> list[int]:
        wanted = f"select id from {TABLE} order by v <#> %s::vector limit {NEAREST}"
        return [row[0] for row in connection.execute(wanted, (_text(vector),), prepare=True)]

    yield ["pgvector, exact", *_timed(search, questions, truth), loaded, _size(connection, TABLE)]
    began = time.perf_counter()
    connection.execute(f"create index {TABLE}_hnsw on {TABLE} using hnsw (v vector_ip_ops)")
    took = time.perf_counter() - began
    for effort in EFFORTS:
        connection.execute(f"set hnsw.ef_search = {effort}")
        name, size = f"pgvector, HNSW, ef_search {effort}", _size(connection, f"{TABLE}_hnsw")
        yield [name, *_timed(search, questions, truth), took, size]


def _text(vector: Floats) -> str:
    return "[" + ",".join(f"{value:.7g}" for value in vector) + "]"


def _size(connection: Any, name: str) -> float:
    """MB of a table with what belongs to it, or of an index."""
    return float(connection.execute("select pg_total_relation_size(%s::regclass)", (name,)).fetchone()[0]) / 1e6


def _timed(search: Search, questions: Floats, truth: list[set[int]]) -> tuple[float, float, float]:
    seconds, right = [], 0
    for n, question in enumerate(questions):
        began = time.perf_counter()
        found = search(question)
        if n >= WARM:
            seconds.append(time.perf_counter() - began)
            right += len(truth[n] & set(found))
    p50, p95 = np.quantile(seconds, (0.5, 0.95)) * 1000
    return float(p50), float(p95), right / (len(seconds) * NEAREST)


@click.command()
@click.argument("address")
@click.option("--count", default=50_000, help="Vectors that are held.")
@click.option("--asked", default=200, help="Vectors that are asked for.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-retrieval"), help="Where the tables go.")
def main(address: str, count: int, asked: int, out: Path) -> None:
    """Measures the search for near vectors beside pgvector."""
    header = ("search", "p50 ms", "p95 ms", f"recall@{NEAREST}", "made in s", "MB")
    tables = []
    for falling, what in ((True, "as of an encoder"), (False, "spread over all directions")):
        found = list(measure(address, count, asked, falling))
        rows = [[n, f"{a:.1f}", f"{b:.1f}", percent(r), f"{t:.1f}", f"{mb:.0f}"] for n, a, b, r, t, mb in found]
        load = f"Load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores."
        name = f"vectors-{'falling' if falling else 'flat'}"
        tables.append(Table(name, f"{count:,} vectors, {what}", header, rows, load, found))
        click.echo(tables[-1].as_text())
    write(out, tables)


if __name__ == "__main__":
    main()
