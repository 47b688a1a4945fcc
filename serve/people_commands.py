"""The commands that say who may log in to the console."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deskwright.cli import workspace_option
from deskwright.errors import DeskwrightError
from deskwright.terminal import table
from deskwright.workspace import Workspace

ROLES = click.Choice(["reviewer", "admin"])

from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, for scripts.")


@click.group()
def people() -> None:
    """Say who may log in to the console: add and remove people, give them passwords.

    \b
    deskwright people add Mina --role reviewer
    deskwright people list
    deskwright people password Mina
    deskwright people remove Mina
    """


@people.command("add")
@click.argument("name")
@workspace_option
@click.option("--role", required=True, type=ROLES, help="What they may do.")
@from_stdin
def add_person(root: Path, name: str, role: str, password_stdin: bool) -> None:
    """Let NAME log in. The password is asked for twice and not shown.

    \b
    deskwright people add Mina --role reviewer
    pass show desk/mina | deskwright people add Mina --role reviewer --password-stdin
    """
    from serve import people

    store = Workspace.open(root).store
    person = people.add(store, name, role, _password(password_stdin))
    click.echo(f"{person.name} may log in to the console as {role}.")


@people.command("list")
@workspace_option
def list_people(root: Path) -> None:
    """List who may log in.

    \b
    deskwright people list --workspace shop
    """
    from serve import people

    rows = [
        (person.name, person.role, person.id, f"{person.created_at:%Y-%m-%d}")
        for person in people.everybody(Workspace.open(root).store)
    ]
    click.echo(table(("name", "role", "id", "added"), rows))


@people.command("password")
@click.argument("name")
@workspace_option
@from_stdin
def change_password(root: Path, name: str, password_stdin: bool) -> None:
    """Give NAME a new password, and end their log-ins.

    \b
    deskwright people password Mina
    """
    from serve import people

    store = Workspace.open(root).store
    person = people.find(store, name)
    people.change_password(store, name, _password(password_stdin))
    click.echo(f"{person.name} has a new password, and is logged out everywhere.")


@people.command("remove")
@click.argument("name")
@workspace_option
def remove_person(root: Path, name: str) -> None:
    """Let NAME log in no more, and erase the name and the password.

    \b
    deskwright people remove Mina
    """
    from serve import people

    people.remove(Workspace.open(root).store, name)
    click.echo(f"{name} is removed, and logged out everywhere.")


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
        return asked
    try:
        line = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise DeskwrightError("What came by standard input is no UTF-8: expected the password in one line.") from None
    if not line:
        raise DeskwrightError("No password came by standard input: expected one line.")
    return line
