"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


DRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--window-size=1200,820",
)  # fmt: skip


@contextmanager
def chromium(profile: Path, preferences: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """A headless Chromium; without one the test is skipped, in CI it fails. So it does if the browser finds a fault in
    a page."""
    if not DRIVER.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"no {DRIVER}: CI runs the browser tests")
        pytest.skip(f"no {DRIVER}")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", dict(preferences or {}))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield driver
        faults = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    finally:
        driver.quit()

    assert faults == []


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """A browser with a profile of its own."""
    with chromium(tmp_path / "profile") as driver:
        yield driver
