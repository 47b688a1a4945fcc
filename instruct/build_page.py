"""A training set -> a page: what is in it, what was left out, what it leans to, and rows to open and read."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from random import Random

from instruct.balance import HELPED, NOT_HELPED, UNKNOWN, balance, became
from instruct.rows import Row

SAMPLES = 30
BARS = 12
KINDS = {HELPED: "good", UNKNOWN: "plain", NOT_HELPED: "bad"}
"""What became of answers, and the class of its part of a bar."""
PLAIN = "<i class='plain' style='flex:1'></i>"
LENGTHS = (10, 20, 40, 80, 160, 320)
"""Words of an answer, up to which each bar counts."""


def page(title: str, rows: Sequence[Row], left_out: Mapping[str, int]) -> str:
    """HTML that loads nothing. `rows` are those of training; the samples are drawn by chance."""
    charts = [_chart("Left out", left_out), _chart("Words in an answer", _lengths(rows))]
    charts += [_sides(side, groups, len(rows)) for side, groups in balance(rows).items()]
    drawn = Random(0).sample(list(rows), min(SAMPLES, len(rows)))
    return PAGE.format(
        title=html.escape(title),
        charts="".join(charts),
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
    whole, largest = sum(counts.values()), max(shown.values(), default=0)
    if rest := whole - sum(shown.values()):
        shown[f"{len(counts) - BARS:,} others"] = rest
    bars = "".join(
        _bar(value, count / (largest or 1), PLAIN * bool(count), f"{count:,}", f"{100 * count / (whole or 1):.0f} %")
        for value, count in shown.items()
    )
    return _section(name, bars)


def _sides(side: str, groups: Mapping[str, Sequence[Row]], whole: int) -> str:
    """Horizontal bars in parts, by what became of the answers; beside them what a row of the group counts."""
    shown = dict(list(groups.items())[:BARS])
    largest = max(map(len, shown.values()), default=0)
    if rest := [row for found in list(groups.values())[BARS:] for row in found]:
        shown[f"{len(groups) - BARS:,} others"] = rest
    bars = "".join(_side(value, found, largest, whole) for value, found in shown.items())
    header = "<tr><th></th><th></th><th>rows</th><th>share</th><th>helped</th><th>counts</th></tr>"
    return _section(f"By {side}", header + bars)


def _side(value: str, rows: Sequence[Row], largest: int, whole: int) -> str:
    kinds = became(rows)
    parts = "".join(f"<i class='{css}' style='flex:{kinds[kind]}'></i>" for kind, css in KINDS.items() if kinds[kind])
    known = kinds[HELPED] + kinds[NOT_HELPED]
    helped = f"{100 * kinds[HELPED] / known:.0f} %" if known else "?"
    counts = f"{sum(row.weight for row in rows) / len(rows):.2f}"
    return _bar(value, len(rows) / largest, parts, f"{len(rows):,}", f"{100 * len(rows) / whole:.0f} %", helped, counts)


def _bar(value: str, length: float, parts: str, *figures: str) -> str:
    """`length` is beside that of the largest value; the others together may have more, and are as long."""
    cells = "".join(f"<td>{figure}</td>" for figure in figures)
    width = 100 * min(length, 1)
    return f"<tr><td>{html.escape(value)}</td><td><div style='width:{width:.1f}%'>{parts}</div></td>{cells}</tr>"


def _section(name: str, bars: str) -> str:
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
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(30rem, 1fr)); gap: 0 2rem; }}
h2 {{ margin: 1.5rem 0 .3rem; font-size: 1.05rem; }} h2::first-letter {{ text-transform: uppercase; }}
table {{ width: 100%; border-collapse: collapse; font-size: .85rem; }} td {{ padding: .1rem .5rem .1rem 0; }}
td:first-child {{ width: 34%; overflow-wrap: anywhere; }} td:nth-child(2) {{ width: 30%; }}
td:nth-child(n+3), th {{ text-align: right; white-space: nowrap; padding-left: .5rem; }}
th {{ font-weight: normal; opacity: .6; }}
td div {{ height: .8rem; display: flex; }} td i {{ min-width: 1px; }}
.good {{ background: #2f7d6b; }} .plain {{ background: #8196b0; }} .bad {{ background: #c4552d; }}
p i {{ display: inline-block; width: .8rem; height: .8rem; margin: 0 .3rem 0 1rem; }}
details {{ border-top: 1px solid #8884; padding: .4rem 0; }} summary {{ cursor: pointer; }}
dl {{ display: grid; grid-template-columns: 6rem 1fr; gap: .3rem 1rem; }}
dt {{ opacity: .6; }} dd {{ margin: 0; white-space: pre-wrap; }} details p {{ opacity: .6; font-size: .8rem; }}
</style>
<h1>{title}</h1>
<p>What became of the answers:<i class="good"></i>helped<i class="plain"></i>not known<i class="bad"></i>did not help.
"Helped" is their share of those of which it is known; "counts" is what the loss of a row is multiplied by in the mean,
before that is brought to 1 for all.</p><main>{charts}</main>
<h2>Rows <small>drawn by chance; open one to read it</small></h2>{samples}
</html>
"""
