"""README's commands do what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from deskwright import config
from deskwright.cli import COMMANDS, _Commands

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.S)


def lines(language: str) -> list[str]:
    return [line.split("#")[0].strip() for found, block in BLOCKS if found == language for line in block.splitlines()]


def test_the_two_commands_come_first_and_are_targets_of_the_makefile() -> None:
    offered = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert lines("sh")[:2] == ["make demo", "make test"]
    assert all(command in offered for command in lines("sh")[:2])


@pytest.mark.parametrize("line", [line for line in lines("sh") if line.startswith("deskwright ")])
def test_every_command_of_the_readme_parses(line: str) -> None:
    """Names, options and the number of arguments are those of the command; the loop's test runs them for real."""
    _, name, *words = shlex.split(line)
    command = _Commands().get_command(click.Context(click.Command("x")), name)
    assert command is not None
    if isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    words = [str(ROOT / "README.md") if word == "export.ndjson" else word for word in words]

    command.make_context(name, words)


def test_the_readme_ingests_tunes_and_serves_in_an_order_that_works(cli: Callable[..., Result], tmp_path: Path) -> None:
    """The steps of "Your own export" are those of the loop; each says which one is missing when it is left out."""
    cli("init", tmp_path / "shop")
    missing = {
        "tune": "deskwright ingest",
        "evaluate": "deskwright tune",
        "promote": "deskwright tune",
        "serve": "deskwright promote",
    }

    for name, wanted in missing.items():
        result = cli(name, "--workspace", tmp_path / "shop")
        assert result.exit_code == 2
        assert wanted in result.output


def test_the_settings_of_the_readme_are_known(tmp_path: Path) -> None:
    for block in [block for language, block in BLOCKS if language == "toml"]:
        (tmp_path / config.FILE).write_text(block, encoding="utf-8")

        assert config.read(tmp_path / config.FILE).model.base


def test_the_python_of_the_readme_compiles() -> None:
    for block in [block for language, block in BLOCKS if language == "python"]:
        compile(block, "README.md", "exec")


def test_what_the_readme_links_to_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_every_command_the_demo_prints_is_a_command() -> None:
    shown = re.findall(r"^\$ deskwright (\w+)", README, re.M)

    assert shown[:1] == ["init"]
    assert set(shown) <= set(COMMANDS)
