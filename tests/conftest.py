"""Fixtures that more than one test file uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deskwright import workspace
from deskwright.cli import deskwright
from deskwright.workspace import Workspace

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A fresh workspace with the default configuration."""
    workspace.create(tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Runs a command in this process, as `deskwright WORDS...`; unexpected exceptions are raised, not hidden."""

    def run(*words: object) -> Result:
        return CliRunner().invoke(deskwright, [str(word) for word in words], catch_exceptions=False)

    return run


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the checkout; tests that want it are skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip("no real data beside this checkout")
    return SHARED
