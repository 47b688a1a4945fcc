"""`deskwright sources`: the installed connectors -> a list of what can be ingested."""

from __future__ import annotations

import click

from deskwright import plugins


@click.command()
def sources() -> None:
    """List the sources that can be ingested.

    \b
    deskwright sources
    """
    names = plugins.names("connectors")
    width = max((len(name) for name in names), default=0)
    for name in names:
        click.echo(f"{name:<{width}}  {plugins.load('connectors', name)().help}")
    click.echo("\nA package adds its own with an entry point of the group `deskwright.connectors`.")
