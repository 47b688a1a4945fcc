"""A workspace: one folder that holds a company's configuration, keys, store, datasets and models.

`deskwright init DIR` makes it; `Workspace.open(DIR)` checks the configuration and the keys and refuses weak ones.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from deskwright import config as configuration
from deskwright.config import Config
from deskwright.errors import DeskwrightError
from deskwright.keys import KEY_FILE, Keys, read_keys, write_keys

if TYPE_CHECKING:
    from deskwright.store import Store


class Workspace:
    """An opened workspace. Cheap to make: the store is opened on first use."""

    def __init__(self, root: Path, config: Config, keys: Keys) -> None:
        self.root = root
        self.config = config
        self.keys = keys
        self.datasets = root / "datasets"
        self.models = root / "models"
        self.reports = root / "reports"

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """The workspace at `root`.

        Raises:
            DeskwrightError: there is none, or its key file can be read by others.
            ConfigError: the configuration or the keys have faults; all are named.
        """
        file = root / configuration.FILE
        if not file.is_file():
            raise DeskwrightError(
                f"{root} is no workspace: it has no {configuration.FILE}. Make one with `deskwright init {root}`, "
                "or name yours with --workspace (or the variable DESKWRIGHT_WORKSPACE)."
            )
        return cls(root, configuration.read(file), read_keys(root))

    @cached_property
    def store(self) -> Store:
        from deskwright.store import Store

        default = f"sqlite:///{(self.root / 'deskwright.db').absolute()}"
        return Store(self.config.store.url or default, self.keys)


def create(root: Path) -> None:
    """Makes a workspace folder: configuration, key file (0600), and a .gitignore that keeps it all out of git.

    Raises:
        DeskwrightError: there is a workspace already, or nothing can be written there.
    """
    file = root / configuration.FILE
    try:
        if file.exists():
            raise DeskwrightError(f"{file} exists already; nothing was changed.")
        root.mkdir(parents=True, exist_ok=True)
        if not (root / KEY_FILE).exists():
            write_keys(root / KEY_FILE)
        (root / ".gitignore").write_text("*\n", encoding="utf-8")
        file.write_text(configuration.DEFAULT, encoding="utf-8")
    except OSError as error:
        raise DeskwrightError(
            f"No workspace can be made at {root}: {error.strerror} ({error.filename}). "
            "Name a folder that you may write."
        ) from None
