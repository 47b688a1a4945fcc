"""The command line: a table of commands, each opened only when it is used.

A command's module costs seconds to import where it needs torch or presidio; `deskwright --help` must not pay them, so
the table carries each command's one line of help.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from deskwright.errors import DeskwrightError
from deskwright.terminal import hush

COMMANDS = {
    "init": ("deskwright.commands:init", "Make a workspace."),
    "sources": ("connectors.commands:sources", "List the sources that can be ingested."),
    "ingest": ("privacy.commands:ingest", "Read a source, redact it and store it."),
    "privacy": ("privacy.commands:privacy", "Explain what the gate finds, and report what it did."),
    "knowledge": ("instruct.knowledge_commands:knowledge", "Add, list and remove documents that answers may lean on."),
    "build": ("instruct.commands:build", "Build the training set from conversations and reviews."),
    "tune": ("instruct.commands:tune", "Tune the base model on the training set."),
    "evaluate": ("instruct.commands:evaluate", "Compare a tuned model with its base on held-out conversations."),
    "promote": ("instruct.commands:promote", "Let the server answer with a tuned model."),
    "rollback": ("instruct.commands:rollback", "Go back to the model promoted before."),
    "models": ("instruct.models:models", "List base models, fetch and show them; list the tuned ones."),
    "topics": ("instruct.topic_commands:topics", "Learn to name the topic of a question."),
    "needs-human": ("instruct.topic_commands:needs_human", "Learn which words of a customer need a person."),
    "keys": ("serve.commands:keys", "Make, list and revoke API keys."),
    "people": ("serve.people_commands:people", "Say who may log in to the console."),
    "serve": ("serve.commands:serve", "Serve the chat API, the widget and the review console."),
    "demo": ("serve.demo:demo", "Run the whole loop on the sample export."),
}

STAGES = ("connectors", "privacy", "instruct", "serve")


class _Commands(click.Group):
    """Looks a command up in the table and imports its module then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        _refuse_strangers()
        module, attribute = COMMANDS[name][0].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DeskwrightError as error:
            message = str(error)
        except _store_faults() as error:
            from deskwright.store import reason

            message = (
                f"The store failed: {reason(error)}. Nothing of the last batch was stored, what came before it was. "
                "When that is mended, give the same command again: it goes on from there."
            )
        click.echo(f"deskwright: {message}", err=True)
        ctx.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--verbose", is_flag=True, help="Show the log and the libraries' warnings as well.")
@click.version_option(package_name="deskwright")
def deskwright(verbose: bool) -> None:
    """Turn past support conversations into a support bot that you own.

    \b
    deskwright init shop                        # make a workspace
    deskwright ingest zendesk export.json --workspace shop
    deskwright tune --workspace shop            # builds the training set, then tunes
    deskwright evaluate --workspace shop
    deskwright promote --workspace shop
    deskwright serve --workspace shop
    """
    if not verbose:
        hush()
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(name)s: %(message)s")


def _refuse_strangers() -> None:
    """The stage folders have everyday names: a `serve.py` in the current folder would be imported in their place."""
    home = Path(__file__).resolve().parent.parent
    for name in STAGES:
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found is None or found.parent.parent != home:
            raise DeskwrightError(
                f"Python finds another {name!r} before Deskwright's ({found or 'nowhere'}; expected it in {home}). "
                "Start the command from another folder, or rename that file."
            )


def _store_faults() -> tuple[type[Any], ...]:
    """What a database raises while it is in use: its disk is full, it is locked, it went away. It is asked only where
    a store may have been opened; to import sqlalchemy for this would slow `--help` down."""
    module = sys.modules.get("sqlalchemy.exc")
    return (module.OperationalError,) if module else ()


workspace_option = click.option(
    "--workspace",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    envvar="DESKWRIGHT_WORKSPACE",
    help="The workspace's folder.  [default: the current folder]",
)
"""The option every command takes; the command receives `root`."""


def main() -> None:
    """The entry point `deskwright`."""
    sys.exit(deskwright())
