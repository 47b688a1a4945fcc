"""Several workspaces -> one server: the application of each below /bots/NAME/, and a page and a health check over all.

A bot is all that `create_app` makes of its own workspace, so nothing is shared that would have to be kept apart. What
two workspaces would share nevertheless, because they were set up so, is refused before anything is served.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Response
from starlette.applications import Starlette
from starlette.routing import Mount

from deskwright import audit
from deskwright.config import Integrations
from deskwright.errors import DeskwrightError
from deskwright.store import reason
from deskwright.workspace import Workspace
from serve import refusals
from serve.app import health
from serve.middleware import Faults, RequestId
from serve.pages import BodyLimit, Headers, Markup, asset, page
from serve.refusals import Refusal

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
ENTRY = '<li><a href="bots/{0}/"><b>{0}</b></a></li>'
NOWHERE = "There is nothing at this address. The page / lists the bots; each is at /bots/NAME/."


def named(words: Sequence[str]) -> dict[str, Path]:
    """`shop=FOLDER` of the command line -> a bot's name and its workspace's folder.

    Raises:
        DeskwrightError: a word has another form, or two have the same name or folder.
    """
    folders: dict[str, Path] = {}
    for word in words:
        name, _, folder = word.partition("=")
        if not folder:
            raise DeskwrightError(
                f"Found {word!r}; expected NAME=WORKSPACE for each of several bots. A single one is served with "
                f"`deskwright serve --workspace {word or 'WORKSPACE'}`."
            )
        if not NAME.fullmatch(name):
            raise DeskwrightError(
                f"{name!r} cannot be a bot's name. Expected up to 40 lower-case letters, digits and hyphens, with a "
                "letter or digit at both ends: it stands in addresses."
            )
        if name in folders:
            raise DeskwrightError(f"Two bots are named {name!r}. Give each a name of its own.")
        folders[name] = Path(folder)
    for (one, first), (other, second) in combinations(folders.items(), 2):
        if first.resolve() == second.resolve():
            raise DeskwrightError(
                f"{one} and {other} are the same folder, {first}. Each bot needs a workspace of its own; "
                "`deskwright init` makes one."
            )
    return folders


def opened(folders: Mapping[str, Path]) -> dict[str, Workspace]:
    """The workspaces, which have neither a store nor a secret of what calls them in common.

    Raises:
        DeskwrightError: one cannot be opened, or two have.
    """
    found: dict[str, Workspace] = {}
    stores: dict[str, str] = {}
    for name, folder in folders.items():
        with about(name, folder):
            found[name] = Workspace.open(folder)
            stores[name] = audit.store_id(found[name].store)
    for one, other in combinations(found, 2):
        if stores[one] == stores[other]:
            raise DeskwrightError(
                f"{one} and {other} have the same store, or one is a copy of the other's: look at store.url in both, "
                "and begin the second bot with `deskwright init` and a database of its own."
            )
        _refuse_common_secret(one, found[one].config.integrations, other, found[other].config.integrations)
    return found


@contextmanager
def about(name: str, folder: Path) -> Iterator[None]:
    """A fault while a bot is made ready -> an error that says whose it is."""
    try:
        yield
    except DeskwrightError as error:
        raise DeskwrightError(f"The bot {name} ({folder}) cannot be served. {error}") from error
    except sa.exc.DatabaseError as error:
        raise DeskwrightError(
            f"The bot {name} ({folder}) cannot be served. Its store failed: {reason(error)}."
        ) from error
    except Exception as error:
        raise DeskwrightError(
            f"The bot {name} ({folder}) cannot be served: {type(error).__name__}: {error}. "
            f"`deskwright --verbose serve --workspace {folder}` shows more."
        ) from error


def agreed(workspaces: Mapping[str, Workspace], setting: str, option: str = "") -> Any:
    """A setting of `[serve]` that the server has only once.

    Raises:
        DeskwrightError: the workspaces say different things.
    """
    values = {name: getattr(workspace.config.serve, setting) for name, workspace in workspaces.items()}
    one, *others = values
    for other in others:
        if values[other] != values[one]:
            raise DeskwrightError(
                f"serve.{setting} is {_shown(values[one])} in {one} and {_shown(values[other])} in {other}, and they "
                f"have one server. Set the same in both{f', or name it with {option}' if option else ''}."
            )
    return values[one]


def host(bots: Mapping[str, FastAPI]) -> Starlette:
    """One application of all bots: each works as if it were alone, and starts and stops with the others."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for bot in bots.values():
                await stack.enter_async_context(bot.router.lifespan_context(bot))
            yield

    mounts = [Mount(f"/bots/{name}", bot) for name, bot in bots.items()]
    return Starlette(routes=[*mounts, Mount("/", _front(bots))], lifespan=lifespan)


def _front(bots: Mapping[str, FastAPI]) -> FastAPI:
    """What is at no bot's address."""
    front = FastAPI(openapi_url=None)
    refusals.install(front, NOWHERE)

    @front.get("/")
    def index() -> Response:
        return page("console", "bots.html", {"bots": Markup("".join(map(ENTRY.format, bots)))})

    @front.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "bots": {name: health(bot.state.parts) for name, bot in bots.items()}}

    @front.get("/bots/{name}")
    def bot(name: str) -> Response:
        if name not in bots:
            raise Refusal(404, NOWHERE)
        return Response(status_code=308, headers={"Location": f"{name}/"})  # a proxy may have the server below a path

    @front.get("/index.css")
    def style() -> Response:
        return asset("console", "index.css", {"index.css"})

    @front.get("/icon.svg")
    def icon() -> Response:
        return asset("widget", "icon.svg", {"icon.svg"})

    for middleware in (BodyLimit, Faults, Headers, RequestId):
        front.add_middleware(middleware)
    return front


def _refuse_common_secret(one: str, first: Integrations, other: str, second: Integrations) -> None:
    for (setting, variable), (again, same) in ((a, b) for a in _signing(first) for b in _signing(second)):
        if os.environ.get(variable) and os.environ.get(variable) == os.environ.get(same):
            raise DeskwrightError(
                f"{setting} of {one} ({variable}) and {again} of {other} ({same}) are the same secret, so that what is "
                "meant for one bot would be taken by the other. Register each bot by itself, and name a variable of "
                "its own in each deskwright.toml."
            )


def _signing(config: Integrations) -> list[tuple[str, str]]:
    """The settings that name the secrets by which other services' events are believed, and the variables."""
    chatwoot, slack = config.chatwoot, config.slack
    inboxes = [(f"integrations.chatwoot.inbox_secrets.{inbox}", name) for inbox, name in chatwoot.inbox_secrets.items()]
    return [
        *([("integrations.chatwoot.secret", chatwoot.secret), *inboxes] if chatwoot.url else []),
        *([("integrations.slack.secret", slack.secret)] if slack.team else []),
    ]


def _shown(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
