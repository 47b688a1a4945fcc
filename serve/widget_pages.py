"""The configuration -> the chat as a page, its style and scripts, and the script that puts it on other web pages."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from deskwright.config import Config
from deskwright.texts import TEXTS
from serve.pages import asset, economical, page, script, style
from serve.parts import Shared
from serve.theme import palettes, stylesheet

MODULES = ("api.js", "chat.js", "dom.js", "frame.js", "log.js", "markdown.js", "memory.js", "person.js", "thumbs.js")
ASSETS = {*MODULES, "chat.css", "icon.svg"}

RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
"""Languages that are written so."""

router = APIRouter()


@router.get("/widget", include_in_schema=False)
def widget(parts: Shared) -> Response:
    """The chat, to be shown in a frame."""
    config = parts.workspace.config
    texts = _texts(config)
    values = {
        **texts,
        "title": config.serve.title,
        "language": config.widget.language,
        "direction": _direction(config),
        "settings": json.dumps({"greeting": config.serve.greeting, "texts": texts}),
    }
    return page("widget", "widget.html", values, embed=config.serve.origins)


@router.get("/widget/colours.css", include_in_schema=False)
def colours(parts: Shared, request: Request) -> Response:
    """The colours of the configuration."""
    return economical(request, style(stylesheet(parts.workspace.config.widget)))


@router.get("/widget/{name}", include_in_schema=False)
def widget_asset(name: str, request: Request) -> Response:
    """The page's style and scripts."""
    return economical(request, asset("widget", name, ASSETS))


@router.get("/widget.js", include_in_schema=False)
def loader(parts: Shared, request: Request) -> Response:
    """The script for other web pages: a button that opens the chat."""
    config = parts.workspace.config
    light, dark = ({name: palette[name] for name in ("accent", "accent-ink")} for palette in palettes(config.widget))
    settings = {
        "label": _texts(config)["open"],
        "news": _texts(config)["news"],
        "language": config.widget.language,
        "direction": _direction(config),
        "side": config.widget.side,
        "scheme": config.widget.scheme,
        "light": light,
        "dark": dark,
    }
    return economical(request, script("widget", "loader.js", settings))


def _texts(config: Config) -> dict[str, str]:
    return {**TEXTS, **config.widget.texts}


def _direction(config: Config) -> str:
    return "rtl" if config.widget.language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"
