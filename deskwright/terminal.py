"""What the commands print: progress of long work, and tables. A bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 5.0


def hush() -> None:
    """Keeps off the terminal what a user can do nothing about: the libraries' warnings to programmers, and their bars
    for work of milliseconds (writing a table). To be called before they are imported."""
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    for category in (FutureWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)


def progress(items: Iterable[T], label: str, unit: str, total: int | None = None) -> Iterator[T]:
    """Yields the items and shows on stderr how many went by, the rate, and the time left where `total` is known."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, desc=label, unit=f" {unit}", total=total, mininterval=0.2)
        return
    started = shown = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            rate = done / (shown - started)
            left = f", {(total - done) / rate:.0f} s left" if total and total >= done else ""
            print(f"{label}: {done:,} {unit}, {rate:,.0f}/s{left}", file=sys.stderr, flush=True)


def download_bar(label: str) -> Any:
    """The class of a bar for libraries that make one themselves, for bytes on their way; None, their own, on a
    terminal."""
    if sys.stderr.isatty():
        return None
    from tqdm import tqdm

    class Lines(tqdm):  # type: ignore[misc]
        """A line now and then of all the bars together; tqdm calls `display` where it would draw."""

        shown = time.monotonic()

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "file": io.StringIO()})

        def display(self, *args: Any, **options: Any) -> None:
            if self.unit == "B" and self.n and time.monotonic() - Lines.shown >= SECONDS_BETWEEN_LINES:
                Lines.shown = time.monotonic()
                facts = self.format_dict
                rate = self.n / max(facts["elapsed"], 1e-3)
                left = f", {(self.total - self.n) / rate:.0f} s left" if self.total else ""
                of = f" of {self.total / 1e6:,.1f}" if self.total else ""
                line = f"{label}: {self.n / 1e6:,.1f}{of} MB, {rate / 1e6:,.1f} MB/s{left}"
                print(line, file=sys.stderr, flush=True)

    return Lines


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table; the first column is left-aligned, the others right-aligned."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(header), *cells]) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        first = row[0].ljust(widths[0])
        return "  ".join(
            [first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, cells)])
