"""The result of an evaluation, with examples -> a page with charts, tables and answers side by side."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instruct import energy, judge
from instruct.behaviour import BEHAVIOUR, lines
from instruct.confidence import GOOD
from instruct.measures import METRICS
from instruct.ratings import described
from instruct.served import ACTIONS, policy
from instruct.verdict import sentences

WIDTH, NAMES, BARS = 760, 250, 430
"""Of a chart, of the names at its left, and of the longest bar; in units of its view box."""
HUES = ("#b9c2cf", "#8196b0", "#d6a24c", "#2f7d6b")
"""Of those who are compared; the last is the candidate."""
OFFERED = "#c8a2c8"

Bar = tuple[str, Mapping[str, Any], str]
"""A name, a mean with its interval, a colour."""


def page(result: dict[str, Any]) -> str:
    """The whole page, in HTML that loads nothing."""
    said = [*sentences(result), f"Answers with leaked personal data: {result['leaks']}."]
    return PAGE.format(
        title=html.escape(f"{result['model']} on {result['rows']} held-out questions"),
        verdict="".join(f"<p>{html.escape(sentence)}</p>" for sentence in said),
        served=_served(result),
        charts="".join(_chart(result, metric) for metric in METRICS),
        behaviour=_rows(["", *BEHAVIOUR.values()], lines(result["behaviour"])),
        groups="".join(_groups(side, found) for side, found in result["groups"].items()),
        judged=_judged(result["judged"]),
        people=_people(result["ratings"]),
        tuning=_tuning(result),
        examples="".join(_example(example, result["model"]) for example in result["examples"]),
    )


def _served(result: dict[str, Any]) -> str:
    """What the bot does with the questions, as one bar in parts."""
    found = result["policy"]
    shares = {name: found[name] for name in ACTIONS.values()}
    parts = {"answered": 1 - sum(shares.values()), **shares}
    drawn = "".join(
        f'<span style="flex:{share:.4f};background:{hue}">{html.escape(name)} {share:.0%}</span>'
        for (name, share), hue in zip(parts.items(), (*reversed(HUES), OFFERED), strict=True)
        if share > 0
    )
    weak = f'<p class="weak"><b>Weak:</b> {html.escape(result["weak"])}</p>' if result["weak"] else ""
    return (
        f"<div class='parts'>{drawn}</div><p>{html.escape(policy(found))} An answer is good whose meaning is as near "
        f"to the agent's as a cosine of {GOOD}; after one that is handed over, a person is asked to take over.</p>"
        f"{weak}"
    )


def _chart(result: dict[str, Any], metric: str) -> str:
    """A bar for everyone who has a figure."""
    scores = {name: each[metric] for name, each in result["scores"].items() if metric in each}
    bars = [(name, score, HUES[-1 if name.startswith(result["model"]) else 0]) for name, score in scores.items()]
    direction = "lower is better" if METRICS[metric] < 0 else "higher is better"
    return f"<h2>{metric} <small>{direction}</small></h2>{_bars(bars, _top(scores.values()))}"


def _groups(side: str, found: Mapping[str, Any]) -> str:
    """For each group a few bars, all on one scale."""
    title = f"<h2>By {side} <small>similarity, higher is better</small></h2>"
    if not found:
        return f"{title}<p>No {side} has rows enough.</p>"
    top = _top(score for one in found.values() for score in one["similarity"].values())
    drawn = []
    for name, one in found.items():
        hues = HUES[-len(one["similarity"]) :]
        bars = [(who, score, hue) for (who, score), hue in zip(one["similarity"].items(), hues, strict=True)]
        drawn.append(f"<h3>{html.escape(name)} <small>{one['rows']} questions</small></h3>{_bars(bars, top)}")
    return title + "".join(drawn)


def _top(scores: Iterable[Mapping[str, Any]]) -> float:
    return max(score["interval"][1] for score in scores) or 1.0


def _bars(bars: Sequence[Bar], top: float) -> str:
    """Horizontal, with a line for each interval."""
    drawn, scale = [], BARS / top
    for n, (name, score, hue) in enumerate(bars):
        (low, high), y = score["interval"], 4 + 26 * n
        drawn.append(
            f'<text x="0" y="{y + 13}">{html.escape(name)}</text>'
            f'<rect x="{NAMES}" y="{y}" width="{max(score["mean"], 0) * scale:.1f}" height="16" fill="{hue}"/>'
            f'<line x1="{NAMES + max(low, 0) * scale:.1f}" x2="{NAMES + max(high, 0) * scale:.1f}" y1="{y + 8}" '
            f'y2="{y + 8}"/><text x="{NAMES + 8 + max(high, 0) * scale:.1f}" y="{y + 13}">{score["mean"]:.3f}</text>'
        )
    return f'<svg viewBox="0 0 {WIDTH} {4 + 26 * len(bars)}">{"".join(drawn)}</svg>'


def _judged(found: Mapping[str, Any]) -> str:
    """How often the candidate wins, on a scale to one; nothing where no judge is configured."""
    bars = [
        (f"against {other}", one["rate"], HUES[-1]) for other, one in found.get("against", {}).items() if one["rate"]
    ]
    said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in judge.described(found))
    title = "<h2>What a judge says <small>win rate, a tie is half a win; 0.5 is as good</small></h2>"
    return f"{title}{_bars(bars, 1.0)}{said}" if said else ""


def _people(ratings: Mapping[str, Any]) -> str:
    said = [
        f"<li>{html.escape(name)}: {html.escape(described(found))}</li>" for name, found in ratings.items() if found
    ]
    return f"<ul>{''.join(said)}</ul>" if said else "<p>Nobody has rated an answer of it yet.</p>"


def _tuning(result: dict[str, Any]) -> str:
    """The losses by step as lines, and what tuning took."""
    curves = {name: points for name, points in result["curves"].items() if points}
    took = "" if result["hours"] is None else f"<p>{html.escape(energy.describe(result))}.</p>"
    if name := result["tuning"].get("distilled_from"):
        took += f"<p>Part of the training loss is the way to {html.escape(name)}'s probabilities of every token.</p>"
    if not curves:
        return took
    points = [point for each in curves.values() for point in each]
    last, top = max(step for step, _ in points), max(loss for _, loss in points) or 1.0
    drawn = []
    for (name, each), hue in zip(curves.items(), (HUES[1], HUES[-1]), strict=False):
        placed = [(40 + (WIDTH - 160) * step / last, 190 - 170 * loss / top) for step, loss in each]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{hue}"/>' for x, y in placed)
        x, y = placed[-1]
        drawn.append(
            f'<polyline points="{line}" fill="none" stroke="{hue}" stroke-width="2"/>{dots}'
            f'<text x="{x + 8:.1f}" y="{y + (14 if name == "training" else -2):.1f}">{name} {each[-1][1]:.3f}</text>'
        )
    axes = (
        f'<line x1="40" x2="{WIDTH - 120}" y1="190" y2="190"/><line x1="40" x2="40" y1="20" y2="190"/>'
        f'<text x="0" y="24">{top:.2f}</text><text x="20" y="194">0</text>'
        f'<text x="{WIDTH - 120}" y="208" text-anchor="end">step {last}</text>'
    )
    return f'<svg viewBox="0 0 {WIDTH} 214">{axes}{"".join(drawn)}</svg>{took}'


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    made = [
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in line) + "</tr>"
        for tag, line in (("th", header), *(("td", row) for row in rows))
    ]
    return f"<table>{''.join(made)}</table>"


def _example(example: dict[str, str], model: str) -> str:
    """The question above everyone's answers."""
    question, *answers = example.items()
    cells = "".join(
        f"<div{' class=mine' if who.startswith(model) else ''}><b>{html.escape(who)}</b>{html.escape(text)}</div>"
        for who, text in answers
    )
    return f"<article><h3>{html.escape(question[1])}</h3><div class='answers'>{cells}</div></article>"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 58rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ margin: 2.2rem 0 .3rem; font-size: 1.15rem; }}
h3 {{ margin: .9rem 0 .2rem; font-size: .95rem; white-space: pre-wrap; }}
small {{ font-weight: normal; opacity: .65; }}
svg {{ width: 100%; }} svg text {{ font-size: 13px; fill: currentColor; }}
line {{ stroke: currentColor; stroke-width: 1.5; }}
.parts {{ display: flex; border-radius: 4px; overflow: hidden; color: #000; font-size: .8rem; white-space: nowrap; }}
.parts span {{ padding: .3rem .5rem; overflow: hidden; text-overflow: ellipsis; min-width: 5.5rem; }}
.parts span:first-child {{ color: #fff; }} .weak {{ border-left: 4px solid #d6a24c; padding-left: .8rem; }}
table {{ border-collapse: collapse; font-size: .85rem; }} td, th {{ padding: .2rem .8rem .2rem 0; text-align: left; }}
article {{ border-top: 1px solid #8884; padding: .6rem 0 1rem; }}
.answers {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: .7rem; }}
.answers div {{ font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #b9c2cf;
  padding-left: .6rem; }}
.answers .mine {{ border-color: #2f7d6b; }} .answers b {{ display: block; opacity: .65; font-weight: 600; }}
</style>
<h1>{title}</h1>{verdict}
<h2>What customers get</h2>{served}{charts}
<h2>How they answer</h2>{behaviour}{groups}
{judged}<h2>What people say <small>reviewers rate from 1 to 5</small></h2>{people}
<h2>How it was tuned <small>loss, nats a token</small></h2>{tuning}
<h2>Examples <small>not selected</small></h2>{examples}
</html>
"""
