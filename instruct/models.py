"""The commands about models: base models recommended, fetched and looked at, and the tuned models of a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from deskwright.cli import workspace_option
from deskwright.terminal import table
from deskwright.workspace import Workspace
from instruct import footprint
from instruct.footprint import Shape

ESTIMATES = (
    "Estimates, in GB (docs/models.md has the formulas). Disk: in bf16, as these are published.\n"
    "Tune: LoRA of rank 16 in bf16, 8 rows of 512 tokens a step, on a GPU; about twice that on a processor.\n"
    "Serve: one conversation of 4,096 tokens in bf16, on a GPU; 8-bit and 4-bit in another engine that can."
)
STARTER = "Without a download: the very small model that comes with Deskwright, `deskwright models show starter`."


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List base models that are recommended; fetch them, look at one, or list the tuned models.

    \b
    deskwright models
    deskwright models --json
    deskwright models fetch HuggingFaceTB/SmolLM2-360M-Instruct
    deskwright models show HuggingFaceTB/SmolLM2-360M-Instruct
    deskwright models tuned --workspace shop
    """
    if context.invoked_subcommand:
        return
    known = _recommended()
    if as_json:
        click.echo(json.dumps(known, indent=2))
        return
    header = ["model", "parameters", "licence", "context", "disk", "tune", "serve", "8-bit", "4-bit", "gated", "cached"]
    click.echo(table(header, [_line(model) for model in known]))
    click.echo(
        f"\n{ESTIMATES}\n{STARTER}\nGated: its licence has to be accepted on the hub first. Cached: fetched already."
    )


@models.command()
@click.argument("model", metavar="ID[@REVISION]")
def fetch(model: str) -> None:
    """Download a model of the Hugging Face hub and check it. Run again, it downloads what is missing.

    Only configuration, tokenizer, chat template and weights as safetensors are downloaded. A gated model needs
    HF_TOKEN; HF_HOME says where the cache is.

    \b
    deskwright models fetch HuggingFaceTB/SmolLM2-360M-Instruct
    deskwright models fetch HuggingFaceTB/SmolLM2-360M-Instruct@main
    """
    from instruct import base, hub
    from instruct.hub_errors import Unreachable

    if model == base.STARTER:
        click.echo(f"{base.STARTER} came with Deskwright: {base.FOLDER}")
        return
    name, revision = hub.parse(model)
    try:
        folder = hub.fetch(name, revision)
    except Unreachable:
        cached = hub.local(name, revision)
        if cached is None:
            raise
        hub.check(cached)
        click.echo("The hub cannot be asked, so this was not compared with it: it is what the cache has.", err=True)
        folder = cached
    click.echo(f"{name} at {folder.name}: {folder}")
    click.echo(f'Use it in deskwright.toml: base = "{name}@{folder.name}"')


@models.command()
@click.argument("model", metavar="ID[@REVISION]|FOLDER|starter")
def show(model: str) -> None:
    """Say what is known of a model: architecture, size, context, chat template, memory.

    Of one that is not in the cache, all but the weights is downloaded.

    \b
    deskwright models show HuggingFaceTB/SmolLM2-360M-Instruct
    deskwright models show ./models/ours
    deskwright models show starter
    """
    from instruct import base, hub

    path = base.FOLDER if model == base.STARTER else Path(model).expanduser()
    name, revision = hub.parse(model)
    if path.is_dir():
        hub.check(path)
        folder, called, where = path, model, str(path)
    else:
        cached = hub.local(name, revision)
        folder = cached or hub.described(name, revision)
        called = f"{name}@{folder.name}"
        where = f"in the cache, {folder}" if cached else f"not fetched: deskwright models fetch {model}"
    hub.refuse_others(folder, called)
    shape = footprint.read(folder)
    facts = {
        "model": called,
        "architecture": shape.architecture,
        "parameters": f"{shape.parameters:,}",
        "context": f"{shape.context:,} tokens",
        "chat template": _template(folder),
        "files": where,
        "memory, estimated": f"{_gb(footprint.tuning(shape))} GB to tune; to serve "
        + ", ".join(f"{_gb(footprint.serving(shape, how))} GB in {how}" for how in footprint.BYTES),
    }
    width = max(map(len, facts))
    for what, value in facts.items():
        click.echo(f"{what.ljust(width)}  {value}")


@models.command()
@workspace_option
def tuned(root: Path) -> None:
    """List the tuned models, the champion marked with a star.

    \b
    deskwright models tuned --workspace shop
    """
    from instruct import rounds

    store = Workspace.open(root).store
    champion = rounds.champion(store)
    known = rounds.models(store)
    if not known:
        click.echo("No model is tuned yet: `deskwright tune` makes one.")
        return
    lines = []
    for model in known:
        star = "*" if champion and champion.name == model.name else ""
        gain = model.evaluation["gain"]["mean"] if model.evaluation else None
        lines.append([model.name + star, model.base, model.dataset, "" if gain is None else f"{gain:+.3f}"])
    click.echo(table(["model", "base", "training set", "gain (nats)"], lines))


def _recommended() -> list[dict[str, Any]]:
    from instruct import hub
    from instruct.recommended import MODELS

    return [
        {
            "model": model.name,
            "parameters": model.shape.parameters,
            "licence": model.licence,
            "context": model.shape.context,
            "disk_bytes": 2 * model.shape.parameters,
            "tuning_bytes": round(footprint.tuning(model.shape)),
            "serving_bytes": _serving(model.shape),
            "gated": model.gated,
            "cached": hub.local(model.name, hub.DEFAULT_REVISION) is not None,
        }
        for model in MODELS
    ]


def _serving(shape: Shape) -> dict[str, int]:
    return {precision: round(footprint.serving(shape, precision)) for precision in footprint.BYTES}


def _line(model: dict[str, Any]) -> list[str]:
    yes = {True: "yes", False: "-"}
    return [
        model["model"],
        f"{model['parameters'] / 1e6:,.0f} M",
        model["licence"],
        f"{model['context']:,}",
        *(_gb(model[what]) for what in ("disk_bytes", "tuning_bytes")),
        *map(_gb, model["serving_bytes"].values()),
        yes[model["gated"]],
        yes[model["cached"]],
    ]


def _template(folder: Path) -> str:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError):
        return "none, and no tokenizer that transformers can read: `deskwright tune` refuses it"
    if tokenizer.chat_template:
        return "its own"
    return "none: `deskwright tune` refuses it unless model.chat_template names a Jinja file"


def _gb(count: float) -> str:
    return f"{count / 1e9:,.1f}"
