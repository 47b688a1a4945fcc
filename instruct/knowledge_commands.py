"""The commands for the documents that answers may lean on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from deskwright.cli import workspace_option
from deskwright.terminal import table
from deskwright.workspace import Workspace


@click.group()
def knowledge() -> None:
    """Add, list and remove documents that answers may lean on: Markdown, HTML, PDF, text.

    \b
    deskwright knowledge add handbook/ returns.pdf --workspace shop
    deskwright knowledge list --workspace shop
    deskwright knowledge remove returns.pdf --workspace shop
    """


@knowledge.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@workspace_option
@click.pass_context
def add_documents(ctx: click.Context, paths: tuple[Path, ...], root: Path) -> None:
    """Redact documents, cut them into passages and keep them; one of the same name is replaced.

    Ends with 1 where a file was left out; the others are added all the same. A running server finds them at once.

    \b
    deskwright knowledge add handbook/ returns.pdf --workspace shop
    """
    from instruct import knowledge as kept
    from privacy.gate import Gate

    workspace = Workspace.open(root)
    added = kept.add(workspace, Gate.of(workspace), paths)
    for line in kept.describe(added):
        click.echo(line)
    click.echo(", ".join(f"{state} {n:,}" for state, n in Counter(one.state for one in added).items()) or "no files")
    ctx.exit(int(any(one.known is None for one in added) or not added))


@knowledge.command("list")
@workspace_option
def list_documents(root: Path) -> None:
    """List the documents that are held.

    \b
    deskwright knowledge list --workspace shop
    """
    from instruct import knowledge as kept

    rows = [
        [one.id, one.name, one.title, str(one.passages), str(one.replaced), one.added_at[:10]]
        for one in kept.all_known(Workspace.open(root))
    ]
    click.echo(table(("id", "name", "title", "passages", "replaced", "added"), rows))


@knowledge.command("remove")
@click.argument("document")
@workspace_option
def remove_document(document: str, root: Path) -> None:
    """Remove the document of this id or name. A running server finds it no more.

    \b
    deskwright knowledge remove returns.pdf --workspace shop
    """
    from instruct import knowledge as kept

    removed = kept.remove(Workspace.open(root), document)
    click.echo(f"Removed {removed.name} ({removed.title}), {removed.passages} passages.")
