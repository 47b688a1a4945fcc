"""The commands of the spine itself."""

from __future__ import annotations

from pathlib import Path

import click

from deskwright import config, keys, workspace


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def init(directory: Path) -> None:
    """Make a workspace in DIRECTORY: a commented configuration and a key file.

    \b
    deskwright init shop
    """
    workspace.create(directory)
    click.echo(f"Made the workspace {directory}.")
    click.echo(f"  {directory / config.FILE}: the settings, each with its default")
    click.echo(f"  {directory / keys.KEY_FILE}: the keys (mode 0600); without them the store cannot be read")
    click.echo(f"Next: deskwright ingest SOURCE PATH --workspace {directory}   (deskwright sources lists the sources)")
