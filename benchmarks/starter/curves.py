"""Points that training noted (`model.jsonl`) -> a picture of the held-out loss over the tokens that were read."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle

Points = Sequence[tuple[float, float]]
"""Tokens, and nats a token."""

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 200, 20, 50
HUES = ("#2f7d6b", "#3567b0", "#b0582f", "#7b4fa3")
DASHES = ("", "6 4", "2 3")
APART = 15


def drawn(runs: Mapping[str, Mapping[str, Points]]) -> str:
    """An SVG; a hue for each source, a kind of line for each run."""
    everything = [point for curves in runs.values() for points in curves.values() for point in points]
    most, highest = max(x for x, _ in everything), max(y for _, y in everything)

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + across * x / most, HEIGHT - BOTTOM - up * y / highest

    parts, names = list(_axes(most, highest, place)), []
    for (run, curves), dash in zip(runs.items(), cycle(DASHES), strict=False):
        for (source, points), hue in zip(curves.items(), cycle(HUES), strict=False):
            line = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in points)
            parts.append(
                f'<polyline points="{line}" fill="none" stroke="{hue}" stroke-width="2" stroke-dasharray="{dash}"/>'
            )
            x, y = place(*points[-1])
            name = f"{source}, {run}" if len(runs) > 1 else source
            names.append((y, x, hue, f"{name} {points[-1][1]:.2f}"))
    below = 0.0
    for y, x, hue, name in sorted(names):  # names whose lines end together stand one below the other
        below = max(below + APART, y)
        parts.append(f'<text x="{x + 8:.1f}" y="{below + 4:.1f}" fill="{hue}">{html.escape(name)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    return f'{head} font-size="12"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'


def _axes(most: float, highest: float, place: Callable[[float, float], tuple[float, float]]) -> Iterator[str]:
    corner, end, top = place(0, 0), place(most, 0), place(0, highest)
    for x, y in (end, top):
        yield f'<line x1="{corner[0]}" y1="{corner[1]}" x2="{x}" y2="{y}" stroke="#888"/>'
    for tick in range(int(highest) + 1):
        x, y = place(0, tick)
        yield f'<text x="{x - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{tick}</text>'
    for tick in range(0, int(most / 1e6) + 1, 4):
        x, y = place(tick * 1e6, 0)
        yield f'<text x="{x:.1f}" y="{y + 18}" text-anchor="middle" fill="#555">{tick} M</text>'
    yield f'<text x="{LEFT}" y="{HEIGHT - 10}" fill="#555">tokens read; nats a held-out token</text>'
