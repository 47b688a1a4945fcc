"""Errors meant for the person at the keyboard: each says what was found, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class DeskwrightError(Exception):
    """A fault the user can mend. The command line prints it as one message, without a traceback, and exits 2."""


class ConfigError(DeskwrightError):
    """All faults of a configuration at once."""

    def __init__(self, place: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{place}: {count}\n" + "\n".join(f"  - {fault}" for fault in self.faults))


class SourceError(DeskwrightError):
    """A source as a whole cannot be read: wrong path, wrong format, nothing in it."""
