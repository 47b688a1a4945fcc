"""The commands that bring a source in, explain what the gate finds in a text, and report what it did to the store."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deskwright import plugins
from deskwright.cli import workspace_option
from deskwright.errors import ConfigError
from deskwright.plugins import Connector
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from privacy.ingest import MOST_NAMED, Report

if TYPE_CHECKING:
    from privacy.report import Masked


@click.command()
@click.argument("source")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@workspace_option
@click.option("--map", "columns", multiple=True, metavar="FIELD=COLUMN", help="For tables: which column holds a field.")
@click.option("--preview", is_flag=True, help="For tables: show how the columns would be read, and store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def ingest(source: str, path: Path, root: Path, columns: tuple[str, ...], preview: bool, as_json: bool) -> None:
    """Read PATH as SOURCE, redact it and store it. `deskwright sources` lists the sources.

    Nothing is stored unredacted. The report accounts for every record; the exit code is 1 if a record could not be
    read or messages that the source promises are missing. Running it again changes nothing, or goes on after a crash.

    \b
    deskwright ingest zendesk export.ndjson --workspace shop
    deskwright ingest table pairs.csv --map customer=question --map agent=answer --workspace shop
    deskwright ingest table pairs.csv --preview --workspace shop
    """
    workspace = Workspace.open(root)
    connector = plugins.load("connectors", source)()
    options = _options(connector, workspace.config.sources.get(source, {}), columns)
    if preview:
        if not hasattr(connector, "preview"):
            raise click.UsageError(f"{source} has a fixed form, so there is nothing to preview.")
        click.echo(connector.preview(path, options))
        return
    report = run(workspace, connector, path, options)
    folder = workspace.reports
    folder.mkdir(exist_ok=True)
    file = folder / f"ingest-{source}.json"
    file.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else describe(report))
    if (advice := getattr(connector, "advice", lambda options: None)(options)) and not as_json:
        click.echo(f"Note: {advice}")
    if not report.complete:
        raise SystemExit(1)


def run(workspace: Workspace, connector: Connector, path: Path, options: Mapping[str, Any]) -> Report:
    """Ingests one path with one connector and shows the progress."""
    from privacy.gate import Gate
    from privacy.ingest import ingest as store_records

    total = connector.count(path, options)
    records = progress(connector.read(path, options), f"ingest {connector.name}", "records", total)
    basis = workspace.config.privacy.legal_basis
    return store_records(workspace.store, Gate.of(workspace), connector.name, records, basis)


def _options(connector: Connector, configured: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    options = dict(configured)
    if columns:
        broken = [pair for pair in columns if "=" not in pair]
        if broken:
            raise click.UsageError(f"--map takes FIELD=COLUMN; found {', '.join(broken)}")
        options["columns"] = {**options.get("columns", {}), **dict(pair.split("=", 1) for pair in columns)}
    if faults := connector.check(options):
        raise ConfigError(f"The options of {connector.name}", faults)
    return options


def describe(report: Report) -> str:
    """The completeness report, as people read it."""
    conversations = report.conversations
    stored = sum(conversations[outcome] for outcome in ("new", "updated", "unchanged"))
    lines = [
        f"{report.source}: {conversations.total():,} conversations read, {stored:,} stored "
        f"({conversations['new']:,} new, {conversations['updated']:,} updated, "
        f"{conversations['unchanged']:,} unchanged), {conversations['quarantined']:,} quarantined",
        f"  messages: {report.messages['read']:,} read, {report.messages['stored']:,} stored, "
        f"{report.messages['skipped']:,} skipped, {report.messages['quarantined']:,} quarantined",
    ]
    for title, counts in (
        ("skipped", report.skipped),
        ("quarantined", report.quarantined),
        ("replaced", report.replaced),
    ):
        if counts:
            lines.append(f"  {title}: " + ", ".join(f"{what} {n:,}" for what, n in counts.most_common()))
    if report.shortfalls:
        lines.append(f"  SHORTFALL: {len(report.shortfalls)} conversations hold less than their source promises:")
        lines += [f"    {shortfall}" for shortfall in report.shortfalls[:MOST_NAMED]]
    lines.append("  Every record is accounted for." if report.complete else "  INCOMPLETE: see above.")
    return "\n".join(lines)


@click.group()
def privacy() -> None:
    """Explain what the gate finds in a text, and report what it did to the store.

    \b
    deskwright privacy explain "My name is Ada Smith, order CL-4711" --workspace shop
    deskwright privacy report --sample 10 --html report.html --workspace shop
    """


html_option = click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page for a browser to this file."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


@privacy.command()
@click.argument("text")
@workspace_option
@html_option
@json_option
def explain(text: str, root: Path, page: Path | None, as_json: bool) -> None:
    """Show what is found in TEXT (or in a file, or in standard input: -), and why.

    Nothing is stored. The text is shown as it is, with what the gate finds in colour; the page holds it too.

    \b
    deskwright privacy explain "My name is Ada Smith, order CL-4711" --workspace shop
    deskwright privacy explain letter.txt --html letter.html --workspace shop
    pbpaste | deskwright privacy explain - --json --workspace shop
    """
    workspace = Workspace.open(root)
    from privacy import explain as explaining
    from privacy.gate import Gate

    found = explaining.explain(Gate.of(workspace), _read(text))
    _show(
        page,
        explaining.as_page(found),
        explaining.as_json(found) if as_json else None,
        explaining.for_terminal(found, coloured="NO_COLOR" not in os.environ and sys.stdout.isatty()),
    )


def _read(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    try:
        return Path(text).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # no file of that name: the text itself
        return text


def _show(page: Path | None, html: str, data: object, words: str) -> None:
    """Writes the page where one is wanted, and prints the data if there is any, else the words."""
    if page:
        page.write_text(html, encoding="utf-8")
    click.echo(words if data is None else json.dumps(data, indent=2, ensure_ascii=False))
    if page and data is None:
        click.echo(f"\nPage: {page}")


@privacy.command()
@workspace_option
@html_option
@json_option
@click.option("--sample", default=5, show_default=True, type=click.IntRange(0), help="Messages to show, at random.")
@click.option(
    "--words",
    "export",
    type=(str, click.Path(path_type=Path, exists=True)),
    metavar="SOURCE PATH",
    help="Read this export again and show words of it that the names model often masks. Nothing of them is stored.",
)
def report(root: Path, page: Path | None, as_json: bool, sample: int, export: tuple[str, Path] | None) -> None:
    """Report what the gate replaced and refused, and show some messages of the store.

    The messages are redacted: look them over for what was missed. With --words, the report holds words of the source
    as they are: those that may be your products' names.

    \b
    deskwright privacy report --workspace shop
    deskwright privacy report --sample 50 --html report.html --workspace shop
    deskwright privacy report --words zendesk export.ndjson --workspace shop
    """
    workspace = Workspace.open(root)
    from privacy import report as reporting

    made = reporting.report(workspace.store, sample, random.Random())
    made.masked = _often_masked(workspace, *export) if export else None
    _show(page, reporting.as_page(made), made.as_json() if as_json else None, reporting.for_terminal(made))


def _often_masked(workspace: Workspace, source: str, path: Path) -> Masked:
    """Reads the source once more, and keeps what it says in memory only."""
    from privacy import masked
    from privacy.gate import Gate
    from privacy.report import Masked

    connector = plugins.load("connectors", source)()
    records = connector.read(path, _options(connector, workspace.config.sources.get(source, {}), ()))
    drawn = masked.draw(records, random.Random())
    return Masked(len(drawn), masked.often(Gate.of(workspace), drawn), workspace.config.privacy.allow)
