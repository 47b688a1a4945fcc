"""The commands that serve a workspace and hand out its keys."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from deskwright.cli import workspace_option
from deskwright.errors import DeskwrightError
from deskwright.terminal import table
from deskwright.workspace import Workspace

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.types import ASGIApp

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

GRACE_SECONDS = 5
START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A server at work in a thread of this process; `stop` ends it."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(GRACE_SECONDS + 5)


@click.command()
@click.argument("bots", nargs=-1, metavar="[NAME=WORKSPACE]...")
@workspace_option
@click.option("--host", help="The address to listen at.  [default: serve.host, 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 for any.  [default: serve.port, 8000]")
@click.option("--engine", help="auto, openvino, transformers or openai.  [default: serve.engine, auto]")
@click.option("--untuned", is_flag=True, help="Let the base model answer while nothing is promoted.")
@click.option("--ssl-certfile", type=FILE, help="Serve over TLS with this certificate chain (PEM).")
@click.option("--ssl-keyfile", type=FILE, help="The certificate's private key (PEM), where it is in a file of its own.")
def serve(
    bots: tuple[str, ...],
    root: Path,
    host: str | None,
    port: int | None,
    engine: str | None,
    untuned: bool,
    ssl_certfile: Path | None,
    ssl_keyfile: Path | None,
) -> None:
    """Serve the chat API, the widget and the review console; of several workspaces, each below /bots/NAME/.

    \b
    deskwright serve --workspace shop
    deskwright serve --workspace shop --host 0.0.0.0 --port 8080
    deskwright serve --workspace shop --ssl-certfile cert.pem --ssl-keyfile key.pem
    deskwright serve shop=workspaces/shop help=workspaces/help
    """
    from serve.bots import agreed, named, opened

    tls = _tls(ssl_certfile, ssl_keyfile)
    if bots and click.get_current_context().get_parameter_source("root") is ParameterSource.COMMANDLINE:
        raise DeskwrightError("Name one workspace with --workspace, or several as NAME=WORKSPACE; both were given.")
    workspaces = opened(named(bots)) if bots else {"": Workspace.open(root)}
    host = host or agreed(workspaces, "host", "--host")
    port = agreed(workspaces, "port", "--port") if port is None else port
    proxies = agreed(workspaces, "proxies")
    app = _host(workspaces, engine, untuned) if bots else _application(workspaces[""], engine, untuned)
    listening = _listen(host, port)
    url = _url(host, listening, "https" if tls else "http")
    for line in _bots(workspaces, url) if bots else _addresses(workspaces[""], url):
        click.echo(line)
    _server(app, proxies, tls).run(sockets=[listening])


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    \b
    deskwright keys create --role integration --label "help desk"
    deskwright keys create --role reviewer --label Mina
    deskwright keys list
    deskwright keys revoke 1f2e3d4c
    """


@keys.command("create")
@workspace_option
@click.option(
    "--role", required=True, type=click.Choice(["integration", "reviewer", "widget", "admin"]),
    help="integration: the chat API; reviewer: the review console; widget: opening chats of the widget from an app; "
    "admin: all of these.",
)  # fmt: skip
@click.option("--label", default="", help="For whom or what it is.")
def create_key(root: Path, role: str, label: str) -> None:
    """Make a key and print it, this once.

    \b
    deskwright keys create --role reviewer --label Mina
    """
    from serve import access

    click.echo(access.create(Workspace.open(root).store, role, label))
    click.echo("Keep it: it is not stored and cannot be shown again.", err=True)


@keys.command("list")
@workspace_option
def list_keys(root: Path) -> None:
    """List the keys, without the keys themselves.

    \b
    deskwright keys list --workspace shop
    """
    from serve import access

    rows = [
        (key.id, key.role, key.label or "-", f"{key.created_at:%Y-%m-%d}", "revoked" if key.revoked_at else "valid")
        for key in access.keys(Workspace.open(root).store)
    ]
    click.echo(table(("id", "role", "label", "made", "state"), rows))


@keys.command("revoke")
@click.argument("key_id")
@workspace_option
def revoke_key(root: Path, key_id: str) -> None:
    """End the validity of the key with this id.

    \b
    deskwright keys revoke 1f2e3d4c
    """
    from serve import access

    access.revoke(Workspace.open(root).store, key_id)
    click.echo(f"The key {key_id} is revoked.")


def start(
    workspace: Workspace,
    engine: str | None = None,
    host: str | None = None,
    port: int | None = None,
    untuned: bool = False,
) -> Running:
    """Serves the workspace in a thread, and returns when it answers. Port 0 takes any free one; `url` has it.

    Raises:
        DeskwrightError: nothing is promoted, the port is taken, or the server did not start.
    """
    config = workspace.config.serve
    host, port = host or config.host, config.port if port is None else port
    return run(_application(workspace, engine, untuned), host, port, config.proxies)


def run(app: ASGIApp, host: str, port: int, proxies: Sequence[str] = ()) -> Running:
    """Runs an application in a thread, and returns when it answers.

    Raises:
        DeskwrightError: the port is taken, or the server did not start.
    """
    listening = _listen(host, port)
    server, url = _server(app, proxies, {}), _url(host, listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="deskwright-serve", daemon=True)
    thread.start()
    latest = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > latest:
            raise DeskwrightError(f"The server at {url} did not start.")
        time.sleep(0.02)
    return Running(url, server, thread)


def _application(workspace: Workspace, engine: str | None, untuned: bool) -> FastAPI:
    from privacy.gate import Gate
    from serve.app import create_app
    from serve.live import Live, opener

    gate = Gate.of(workspace)
    gate.redact(["Hello, this is a first sentence."])  # loads the names model, so that no customer waits for it
    open_model = opener(workspace, gate, engine or workspace.config.serve.engine)
    return create_app(workspace, Live(workspace.store, open_model, untuned), gate)


def _host(workspaces: Mapping[str, Workspace], engine: str | None, untuned: bool) -> ASGIApp:
    from serve.bots import about, host

    apps = {}
    for name, workspace in workspaces.items():
        with about(name, workspace.root):
            apps[name] = _application(workspace, engine, untuned)
    return host(apps)


def _tls(certificate: Path | None, key: Path | None) -> dict[str, Any]:
    """What uvicorn needs for TLS; nothing without a certificate.

    Raises:
        DeskwrightError: the files hold no certificate and its key.
    """
    if certificate is None:
        if key:
            raise DeskwrightError("--ssl-keyfile is the key of a certificate: name that with --ssl-certfile.")
        return {}
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise DeskwrightError(
            f"TLS cannot be served with {certificate} and {key or 'the key in it'}: {error}. Expected a certificate "
            "chain and its private key in PEM, the key without a passphrase."
        ) from None
    return {"ssl_certfile": certificate, "ssl_keyfile": key}


def _server(app: ASGIApp, proxies: Sequence[str], tls: Mapping[str, Any]) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            **tls,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # whoever connects as soon as the address is known waits until the server takes over
    except OSError as error:
        listening.close()
        raise DeskwrightError(
            f"Cannot listen at {host}, port {port}: {error.strerror}. Choose another with --host and --port."
        ) from None
    return listening


def _url(host: str, listening: socket.socket, scheme: str = "http") -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme}://{shown}:{listening.getsockname()[1]}"


def _addresses(workspace: Workspace, url: str) -> list[str]:
    lines = [
        f"Serving at {url}  (stop with Ctrl+C)",
        f"  {url}/widget      the chat, as customers see it",
        f"  {url}/console     the review console; {url}/console/desk has the chats that wait for a person",
        f"  {url}/v1          the chat API, for OpenAI's clients",
        f'  <script src="{url}/widget.js" async></script>   puts the chat on your page (serve.origins must name it)',
    ]
    if not _has_reviewer(workspace):
        lines.append(
            "Nobody can log in to the console yet: `deskwright people add NAME --role reviewer` lets somebody."
        )
    return lines


def _bots(workspaces: Mapping[str, Workspace], url: str) -> list[str]:
    lines = [f"Serving at {url}  (stop with Ctrl+C)"]
    lines += [f"  {url}/bots/{name}/   {bot.config.serve.title}" for name, bot in workspaces.items()]
    lines.append("Below each: widget, widget.js for your page, console, console/desk, and v1 for OpenAI's clients.")
    lines += [
        f"Nobody can log in to the console of {name} yet: `deskwright people add NAME --role reviewer "
        f"--workspace {bot.root}` lets somebody."
        for name, bot in workspaces.items()
        if not _has_reviewer(bot)
    ]
    return lines


def _has_reviewer(workspace: Workspace) -> bool:
    from serve import access, people

    roles = {key.role for key in access.keys(workspace.store) if key.revoked_at is None}
    return bool(roles & {"reviewer", "admin"} or people.everybody(workspace.store))
