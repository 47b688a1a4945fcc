"""The sample export -> a server that answers: every command of the loop in turn, as one would type them.

`make demo` runs it. With DEMO_EXIT=1 it asks the server one question as the widget does, prints the exchange, exits 0.
What is done already is not done again: a second run goes straight to the server.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from importlib.resources import files
from pathlib import Path
from urllib.request import Request, urlopen

import click

from deskwright import config, plugins, workspace
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace

DIRECTORY = Path("demo-workspace")
SAMPLE = "copperleaf_zendesk.ndjson"
QUESTION = "Hi, how long do I have to return a grinder that I have not opened?"
LABEL = "demo"
SETTINGS = {
    "# max_tokens = 1024": "max_tokens = 512",
    "# batch = 8": "batch = 4",
    "# epochs = 3": "epochs = 2",
    "# rank = 16": "rank = 32",
    '# title = "Support"': 'title = "Copperleaf Care"',
    '# greeting = "Hello! How can I help?"': 'greeting = "Hello! I am Copperleaf\'s assistant. How can I help?"',
    "# port = 8000": "port = {port}",
}
"""What the demo sets otherwise than `deskwright init`, so that two processor cores need minutes, not hours."""


@click.command()
@click.option("--directory", type=click.Path(path_type=Path), default=DIRECTORY, show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def demo(directory: Path, port: int) -> None:
    """Run the whole loop on the sample export of an invented shop, and serve the result.

    \b
    deskwright demo
    DEMO_EXIT=1 deskwright demo --port 0      # ask one question and stop
    """
    started = time.monotonic()
    leaves = os.environ.get("DEMO_EXIT") == "1"
    _prepare(directory, port)
    opened = Workspace.open(directory)
    _ingest(opened)
    _tune(opened)
    _serve(opened, 0 if leaves else port, started, leaves)


def _say(command: str, directory: Path) -> None:
    click.secho(f"\n$ deskwright {command} --workspace {directory}", bold=True)


def _prepare(directory: Path, port: int) -> None:
    if (directory / config.FILE).exists():
        click.echo(f"Going on with {directory}, which an earlier run made. Remove the folder to begin anew.")
        return
    click.secho(f"$ deskwright init {directory}", bold=True)
    workspace.create(directory)
    file = directory / config.FILE
    text = file.read_text(encoding="utf-8")
    for setting, wanted in SETTINGS.items():
        text = text.replace(setting, wanted.replace("{port}", str(port)))
    file.write_text(text, encoding="utf-8")
    click.echo(f"Made {directory}, set up small: see {file}")


def _ingest(opened: Workspace) -> None:
    from privacy.commands import describe, run

    _say(f"ingest zendesk {SAMPLE}", opened.root)
    report = run(opened, plugins.load("connectors", "zendesk")(), Path(str(files("connectors.sample") / SAMPLE)), {})
    click.echo(describe(report))
    if not report.complete:
        raise DeskwrightError("The sample export was not read completely; the installation is damaged.")


def _tune(opened: Workspace) -> None:
    from instruct import dataset, rounds
    from instruct.commands import describe, tell
    from instruct.tune import tune

    _say("tune", opened.root)
    click.echo(
        "The base model is the very small one that comes with Deskwright; it shows the loop, not the quality that a "
        "real base model gives (model.base)."
    )
    report = dataset.build(opened)
    click.echo(describe(report))
    model, fresh = tune(opened, report.fingerprint)
    click.echo(f"{'Tuned' if fresh else 'Already tuned:'} {model.name}")
    tell(opened, model, report)
    champion = rounds.champion(opened.store)
    if champion and champion.name == model.name:
        return
    from instruct.evaluate import describe as describe_result
    from instruct.evaluate import evaluate

    _say("evaluate --rows 32", opened.root)
    click.echo(describe_result(evaluate(opened, model, 32)))
    _say("promote", opened.root)
    rounds.promote(opened.store, rounds.find(opened.store, model.name))
    click.echo(f"{model.name} answers from now on.")


def _serve(opened: Workspace, port: int, started: float, leaves: bool) -> None:
    from serve import access
    from serve.commands import start

    _say("serve", opened.root)
    for key in access.keys(opened.store):
        if key.label == LABEL and key.revoked_at is None:
            access.revoke(opened.store, key.id)
    reviewer = access.create(opened.store, "admin", LABEL)
    running = start(opened, port=port)
    click.echo(f"  {running.url}/widget                 the chat, as a customer sees it")
    click.echo(f"  {running.url}/console#key={reviewer}   the review console")
    click.echo(f"  {running.url}/v1                     the chat API for OpenAI's clients, with the same key")
    try:
        if leaves:
            _converse(running.url, started)
            return
        click.echo("Stop with Ctrl+C. Rate and correct answers in the console, then run `deskwright tune` again.")
        while running.thread.is_alive():
            running.thread.join(1.0)
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    finally:
        running.stop()


def _converse(url: str, started: float) -> None:
    """Asks one question over HTTP, as the widget does, and prints the answer as it streams in."""
    click.echo(f"\ncustomer: {QUESTION}\nbot:      ", nl=False)
    pieces: list[str] = []
    for piece in _stream(url, QUESTION):
        if not pieces:
            first = time.monotonic() - started
        pieces.append(piece)
        click.echo(piece, nl=False)
    click.echo()
    if not "".join(pieces).strip():
        raise DeskwrightError("The server gave no answer.")
    in_pieces = f", in {len(pieces)} pieces" if len(pieces) > 1 else ""
    click.echo(f"\nFirst streamed answer after {first:.0f} s{in_pieces}.")


def _stream(url: str, question: str) -> Iterator[str]:
    token = json.load(_post(f"{url}/widget/api/session", {}, url))["token"]
    with _post(f"{url}/widget/api/chat", {"message": question}, url, token) as answer:
        for line in answer:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line[5:])
            if event["type"] == "error":
                raise DeskwrightError(f"The server answered: {event['message']}")
            if event["type"] == "text" and event["text"]:
                yield event["text"]


def _post(url: str, body: dict[str, str], origin: str, token: str = "") -> HTTPResponse:
    headers = {"Content-Type": "application/json", "Origin": origin, "Authorization": f"Bearer {token}"}
    answer = urlopen(Request(url, json.dumps(body).encode(), headers), timeout=120)
    assert isinstance(answer, HTTPResponse)
    return answer
