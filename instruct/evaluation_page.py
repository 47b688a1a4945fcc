"""The result of an evaluation, with examples -> a page with charts, tables and answers side by side."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from instruct.behaviour import BEHAVIOUR, lines
from instruct.measures import METRICS, figure
from instruct.verdict import sentences

BARS_FROM = 230
"""Where the names of the models end and their bars begin."""


def page(result: dict[str, Any]) -> str:
    """The whole page, in HTML that loads nothing."""
    return PAGE.format(
        title=html.escape(f"{result['model']} on {result['rows']} held-out questions"),
        verdict=html.escape(" ".join([*sentences(result), f"Answers with leaked personal data: {result['leaks']}."])),
        charts="".join(_chart(result, metric) for metric in METRICS),
        behaviour=_rows(["", *BEHAVIOUR.values()], lines(result["behaviour"])),
        topics=_topics_table(result["topics"]),
        examples="".join(_example(example) for example in result["examples"]),
    )


def _chart(result: dict[str, Any], metric: str) -> str:
    """Horizontal bars with their intervals."""
    shown = {name: each[metric] for name, each in result["scores"].items() if metric in each}
    bars = [(name, score["mean"], score["interval"]) for name, score in shown.items()]
    top = max(high for _, _, (_, high) in bars) or 1.0
    scale = 390 / top
    drawn = []
    for n, (name, mean, (low, high)) in enumerate(bars):
        x, y = BARS_FROM, 8 + 30 * n
        drawn.append(
            f'<text x="0" y="{y + 14}">{html.escape(name)}</text>'
            f'<rect x="{x}" y="{y}" width="{max(mean, 0) * scale:.1f}" height="18" class="bar{n == len(bars) - 1:d}"/>'
            f'<line x1="{x + max(low, 0) * scale:.1f}" x2="{x + high * scale:.1f}" y1="{y + 9}" y2="{y + 9}"/>'
            f'<text x="{x + 8 + high * scale:.1f}" y="{y + 14}">{mean:.3f}</text>'
        )
    direction = "lower is better" if METRICS[metric] < 0 else "higher is better"
    height = 14 + 30 * len(bars)
    return f'<h2>{metric} <small>{direction}</small></h2><svg viewBox="0 0 700 {height}">{"".join(drawn)}</svg>'


def _topics_table(topics: dict[str, dict[str, Any]]) -> str:
    if not topics:
        return "<p>No topic has rows enough.</p>"
    names = list(next(iter(topics.values()))["similarity"])
    rows = [
        [topic, str(found["rows"]), *(figure(found["similarity"][name]) for name in names)]
        for topic, found in topics.items()
    ]
    return _rows(["topic", "rows", *names], rows)


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    made = [
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in line) + "</tr>"
        for tag, line in (("th", header), *(("td", row) for row in rows))
    ]
    return f"<table>{''.join(made)}</table>"


def _example(example: dict[str, str]) -> str:
    cells = "".join(f"<dt>{html.escape(who)}</dt><dd>{html.escape(text)}</dd>" for who, text in example.items())
    return f"<dl>{cells}</dl>"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ margin: 2rem 0 .3rem; font-size: 1.1rem; }} small {{ font-weight: normal; opacity: .6; }}
svg {{ width: 100%; }} svg text {{ font-size: 13px; fill: currentColor; }}
.bar0 {{ fill: #b9c2cf; }} .bar1 {{ fill: #2f7d6b; }} line {{ stroke: currentColor; stroke-width: 1.5; }}
dl {{ border-top: 1px solid #8884; padding: 1rem 0; display: grid; grid-template-columns: 11rem 1fr; gap: .3rem 1rem; }}
table {{ border-collapse: collapse; font-size: .85rem; }} td, th {{ padding: .2rem .8rem .2rem 0; text-align: left; }}
dt {{ opacity: .6; overflow-wrap: anywhere; }} dd {{ margin: 0; white-space: pre-wrap; }}
</style>
<h1>{title}</h1><p>{verdict}</p>{charts}
<h2>How they answer</h2>{behaviour}<h2>By topic <small>similarity</small></h2>{topics}
<h2>Examples <small>not selected</small></h2>{examples}
</html>
"""
