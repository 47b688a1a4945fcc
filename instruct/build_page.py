"""A training set -> a page: what is in it, what was left out, what it leans to, and rows to open and read."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from random import Random

from instruct.balance import balance
from instruct.rows import Row

SAMPLES = 30
BARS = 12
LENGTHS = (10, 20, 40, 80, 160, 320)
"""Words of an answer, up to which each bar counts."""


def page(title: str, rows: Sequence[Row], left_out: Mapping[str, int]) -> str:
    """HTML that loads nothing. `rows` are those of training; the samples are drawn by chance."""
    charts = {"Left out": left_out, "Words in an answer": _lengths(rows)}
    charts |= {f"By {side}": counts for side, counts in balance(rows).items()}
    drawn = Random(0).sample(list(rows), min(SAMPLES, len(rows)))
    return PAGE.format(
        title=html.escape(title),
        charts="".join(_chart(name, counts) for name, counts in charts.items()),
        samples="".join(_sample(row) for row in drawn),
    )


def _lengths(rows: Sequence[Row]) -> dict[str, int]:
    words = [len(row.answer.split()) for row in rows]
    found, lower = {}, 0
    for upper in LENGTHS:
        found[f"{lower + 1} to {upper}"] = sum(lower < count <= upper for count in words)
        lower = upper
    return {**found, f"over {lower}": sum(count > lower for count in words)}


def _chart(name: str, counts: Mapping[str, int]) -> str:
    """Horizontal bars; the rest of many values in one."""
    shown = dict(list(counts.items())[:BARS])
    rest = sum(counts.values()) - sum(shown.values())
    if rest:
        shown[f"{len(counts) - BARS:,} others"] = rest
    whole = sum(counts.values()) or 1
    bars = "".join(
        f"<tr><td>{html.escape(value)}</td><td><div style='width:{100 * count / whole:.1f}%'></div></td>"
        f"<td>{count:,}</td><td>{100 * count / whole:.0f} %</td></tr>"
        for value, count in shown.items()
    )
    return f"<section><h2>{html.escape(name)}</h2><table>{bars or '<tr><td>nothing</td></tr>'}</table></section>"


def _sample(row: Row) -> str:
    turns = "".join(f"<dt>{html.escape(role)}</dt><dd>{html.escape(text)}</dd>" for role, text in row.turns)
    about = ", ".join(filter(None, [row.topic, row.channel, row.status, row.id]))
    question = html.escape(row.turns[-1][1][:120])
    return (
        f"<details><summary>{question}</summary><dl>{turns}<dt>answer</dt><dd>{html.escape(row.answer)}</dd></dl>"
        f"<p>{html.escape(about)}</p></details>"
    )


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(28rem, 1fr)); gap: 0 2rem; }}
h2 {{ margin: 1.5rem 0 .3rem; font-size: 1.05rem; }} h2::first-letter {{ text-transform: uppercase; }}
table {{ width: 100%; border-collapse: collapse; font-size: .85rem; }} td {{ padding: .1rem .5rem .1rem 0; }}
td:first-child {{ width: 45%; overflow-wrap: anywhere; }} td:nth-child(2) {{ width: 35%; }}
td:nth-child(n+3) {{ text-align: right; white-space: nowrap; }}
td div {{ height: .8rem; background: #2f7d6b; min-width: 1px; }}
details {{ border-top: 1px solid #8884; padding: .4rem 0; }} summary {{ cursor: pointer; }}
dl {{ display: grid; grid-template-columns: 6rem 1fr; gap: .3rem 1rem; }}
dt {{ opacity: .6; }} dd {{ margin: 0; white-space: pre-wrap; }} details p {{ opacity: .6; font-size: .8rem; }}
</style>
<h1>{title}</h1><main>{charts}</main>
<h2>Rows <small>drawn by chance; open one to read it</small></h2>{samples}
</html>
"""
