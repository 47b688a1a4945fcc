"""Converted models in the workspace -> those that a server uses stay, and those that nobody will go back to go.

A server holds a lock on the copy it uses for as long as it does, so that no other process removes it. The locks are
those of flock(2): the system lets go of them when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("deskwright.serve")


def use(folder: Path, make: Callable[[Path], None]) -> int:
    """Holds the copy in `folder`, made first where it is not there, and returns what `os.close` lets go of it. Of
    several processes that miss it one makes it, and the others wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent, fcntl.LOCK_EX):
        if not folder.exists():
            make(folder)
        return _lock(folder, fcntl.LOCK_SH)


def clean(parent: Path, keep: Collection[str]) -> list[str]:
    """Removes what is in `parent` but for those names and what is in use, and returns the names of what went. Does
    nothing while a copy is made; what a process left that was killed meanwhile goes too."""
    try:
        with _locked(parent, fcntl.LOCK_EX | fcntl.LOCK_NB):
            gone = [folder.name for folder in sorted(parent.iterdir()) if folder.name not in keep and _removed(folder)]
    except BlockingIOError:
        return []
    for name in gone:
        log.info("removed the converted model %s", name)
    return gone


def _removed(folder: Path) -> bool:
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            gone = folder.with_name(f"gone-{folder.name.removeprefix('gone-')}")
            folder.replace(gone)  # a copy is there whole or not at all
            shutil.rmtree(gone)
    except OSError:  # in use, or not ours to remove
        return False
    return True


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    held = _lock(path, how)
    try:
        yield
    finally:
        os.close(held)


def _lock(path: Path, how: int) -> int:
    held = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(held, how)
    except BaseException:
        os.close(held)
        raise
    return held
