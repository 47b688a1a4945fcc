"""The widget's accent colour -> its palettes for light and dark pages, with text that can be read on each.

Contrast is WCAG 2's (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): 4.5 for text.
"""

from __future__ import annotations

from collections.abc import Mapping

from deskwright.config import Widget

ENOUGH = 4.5

LIGHT = {
    "page": "#ffffff", "raised": "#f3f4f7", "line": "#e2e5ea", "edge": "#858c99",
    "ink": "#1b1f27", "soft": "#5c6371", "bad": "#b3372f",
}  # fmt: skip
DARK = {
    "page": "#14171d", "raised": "#21252e", "line": "#2f3541", "edge": "#6f7888",
    "ink": "#e9ebf0", "soft": "#a2aaba", "bad": "#ff8f85",
}  # fmt: skip


def palettes(widget: Widget) -> tuple[dict[str, str], dict[str, str]]:
    """The colours on a light and on a dark page: those of `LIGHT` and `DARK`, `accent`, what is written on it
    (`accent-ink`), and the accent as a colour of text (`link`)."""
    dark = widget.accent_dark or readable(widget.accent, DARK["raised"])
    return _palette(LIGHT, widget.accent), _palette(DARK, dark)


def stylesheet(widget: Widget) -> str:
    """The palettes as custom properties of CSS."""
    light, dark = palettes(widget)
    whole = {"light": _rule("light", light), "dark": _rule("dark", dark)}
    both = whole["light"] + "@media (prefers-color-scheme: dark) {\n" + whole["dark"] + "}\n"
    return whole.get(widget.scheme, both)


def contrast(one: str, other: str) -> float:
    """How well two colours (`#rrggbb`) stand out from each other, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, ground: str) -> str:
    """The colour, or the nearest shade of it towards black or white that can be read on the ground."""
    towards = _ink(ground)
    shades = (_mix(colour, towards, share / 20) for share in range(21))
    return next(shade for shade in shades if contrast(shade, ground) >= ENOUGH)


def _palette(base: Mapping[str, str], accent: str) -> dict[str, str]:
    return {**base, "accent": accent, "accent-ink": _ink(accent), "link": readable(accent, base["raised"])}


def _rule(scheme: str, palette: Mapping[str, str]) -> str:
    properties = "".join(f"  --{name}: {colour};\n" for name, colour in palette.items())
    return f":root {{\n  color-scheme: {scheme};\n{properties}}}\n"


def _ink(ground: str) -> str:
    """Black or white, whichever is read better; the better one always has a contrast of 4.58 or more."""
    return max("#ffffff", "#000000", key=lambda ink: contrast(ink, ground))


def _mix(one: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_channels(one), _channels(other), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (n / 255 for n in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))
