"""Tables -> the terminal, and JSON and Markdown in a folder."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskwright.terminal import table


@dataclass(frozen=True, slots=True)
class Table:
    """What a measurement found. `raw` is all of it, for a program to read."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    note: str = ""
    raw: Any = field(default_factory=list, repr=False)

    def as_text(self) -> str:
        return "\n".join(filter(None, [self.title, table(self.header, self.rows), self.note, ""]))

    def as_markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        cells = "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
        )
        return f"## {self.title}\n\n{cells}\n\n{self.note}".rstrip() + "\n"


def write(out: Path, tables: Sequence[Table]) -> None:
    """Puts each table into the folder; what other runs left there of other tables stays, and all goes into one page."""
    out.mkdir(parents=True, exist_ok=True)
    for one in tables:
        (out / f"{one.name}.json").write_text(json.dumps(one.raw, indent=1, ensure_ascii=False), encoding="utf-8")
        (out / f"{one.name}.md").write_text(one.as_markdown(), encoding="utf-8")


def figure(value: float, digits: int = 3) -> str:
    """A share to so many digits, a dash where there is nothing to share."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"
