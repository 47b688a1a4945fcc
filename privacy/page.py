"""A title and parts -> one HTML page that needs nothing else: no script, no picture, nothing from the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as escape

HUES = (210, 30, 140, 330, 265, 60, 185, 0, 95, 295, 160, 45)
"""One for each kind of personal data on a page, in order of first sight."""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #d8dbe0; --quiet: #5b6470; --ground: #fff; --ink: #1b2026;
  --panel: #f6f7f9; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --line: #363c45; --quiet: #9aa4b1; --ground: #15181c; --ink: #e6e9ed; --panel: #1d2127; }}
}}
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1.25rem;
  background: var(--ground); color: var(--ink); }}
h1 {{ font-size: 1.4rem; margin: 0 0 1rem; }}
h2 {{ font-size: 1.05rem; margin: 2rem 0 .5rem; }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--panel); padding: 1rem 1.25rem; margin: 0 0 .75rem; line-height: 1.9; }}
.note, .text .by {{ color: var(--quiet); }}
.text .by {{ font-size: .8rem; display: block; line-height: 1.2; margin-bottom: .35rem; }}
mark {{ --back: hsl(var(--hue) 85% 86%); --edge: hsl(var(--hue) 55% 45%); color: inherit; background: var(--back);
  border-bottom: 2px solid var(--edge); border-radius: .2rem; padding: .1rem .2rem; cursor: help; }}
mark.keep {{ background: none; border-bottom-style: dotted; }}
@media (prefers-color-scheme: dark) {{
  mark {{ --back: hsl(var(--hue) 45% 26%); --edge: hsl(var(--hue) 60% 62%); }}
}}
.legend {{ display: flex; flex-wrap: wrap; gap: .35rem .9rem; margin: 0; padding: 0; list-style: none;
  font-size: .85rem; }}
.legend mark {{ cursor: default; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem 1.1rem .35rem 0;
  border-bottom: 1px solid var(--line); }}
th {{ color: var(--quiet); font-weight: 600; white-space: nowrap; }}
td.number, th.number {{ text-align: right; }}
pre.text {{ font: .85rem/1.6 ui-monospace, monospace; margin-top: 1rem; }}
code {{ font: .85rem ui-monospace, monospace; white-space: nowrap; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def page(title: str, *parts: str) -> str:
    """The page; `parts` are HTML, the title is text."""
    return PAGE.format(title=escape(title), body="\n".join(parts))


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def block(text: str) -> str:
    """Text to copy."""
    return f'<pre class="text">{escape(text)}</pre>'


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Cells are text; numbers stand to the right."""
    to_the_right = {n for row in rows for n, value in enumerate(row) if isinstance(value, int)}
    lines = [("th", header), *(("td", row) for row in rows)]
    body = "".join(
        f"<tr>{''.join(_cell(tag, value, n in to_the_right) for n, value in enumerate(line))}</tr>\n"
        for tag, line in lines
    )
    return f'<div class="wide"><table>{body}</table></div>'


def _cell(tag: str, value: object, to_the_right: bool) -> str:
    words = escape(f"{value:,}" if isinstance(value, int) else str(value))
    place = ' class="number"' if to_the_right else ""
    return f"<{tag}{place}>{f'<code>{words}</code>' if words.startswith('&lt;') else words}</{tag}>"


def marked(words: str, hue: int, title: str = "", kept: bool = False) -> str:
    """Words in a colour, which tell `title` to a mouse that rests on them."""
    about = f' title="{escape(title)}"' if title else ""
    return f'<mark{" class=keep" if kept else ""} style="--hue:{hue}"{about}>{escape(words)}</mark>'


def legend(hues: dict[str, int]) -> str:
    items = "".join(f"<li>{marked(entity, hue)}</li>" for entity, hue in hues.items())
    return f'<ul class="legend">{items}</ul>'


def hues(entities: Iterable[str]) -> dict[str, int]:
    """A hue for each kind."""
    return {entity: HUES[n % len(HUES)] for n, entity in enumerate(dict.fromkeys(entities))}
