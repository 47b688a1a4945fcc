"""The workspace's secrets: made at `deskwright init`, read from the environment or the key file, weak ones refused."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskwright.errors import ConfigError, DeskwrightError

KEY_FILE = "secret.key"
KEY_NAMES = ("encryption", "pseudonym", "session")
KEY_BYTES = 32
LEAST_DIFFERENT_BYTES = 16


@dataclass(frozen=True)
class Keys:
    """Three secrets of 32 bytes: `encryption` of text at rest, `pseudonym` for keyed hashes of identifiers (destroy
    it and no stored hash can be linked to a person again), `session` for the tokens of the widget and the console."""

    encryption: bytes = field(repr=False)
    pseudonym: bytes = field(repr=False)
    session: bytes = field(repr=False)


def write_keys(path: Path) -> None:
    """Makes new keys in a file that only its owner can read."""
    lines = ["# Deskwright's keys. Whoever has them can read the store: keep them out of backups of the store.\n"]
    lines += [f'{name} = "{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"\n' for name in KEY_NAMES]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)


def read_keys(root: Path) -> Keys:
    """The workspace's keys: from the environment where set, else from the key file.

    Raises:
        ConfigError: keys are missing, short, or few bytes repeated (a placeholder); all faults are named.
        DeskwrightError: the key file can be read by other users.
    """
    path = root / KEY_FILE
    in_file = _key_file(path) if path.exists() else {}
    faults: list[str] = []
    keys = {name: _key(name, in_file, faults) for name in KEY_NAMES}
    if faults:
        raise ConfigError(f"The keys (environment, then {path})", faults)
    return Keys(**keys)


def from_environment(variable: str, setting: str) -> str:
    """A secret that another service shares, from the variable that `setting` names.

    Raises:
        ConfigError: the variable is not set.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ConfigError("The environment", [f"{setting}: expected the secret in the variable {variable}, found none"])
    return value


def _key_file(path: Path) -> dict[str, Any]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise DeskwrightError(f"{path} has mode {mode:04o}, others can read it. Do `chmod 600 {path}`.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeskwrightError(f"{path} cannot be read: {error.strerror}. Only its owner can.") from None
    except ValueError:
        form = " and ".join(f'{name} = "..."' for name in KEY_NAMES)
        raise ConfigError(str(path), [f"not valid TOML; expected {form}, each a line"]) from None


def _key(name: str, in_file: Mapping[str, Any], faults: list[str]) -> bytes:
    variable = f"DESKWRIGHT_{name.upper()}_KEY"
    encoded = os.environ.get(variable) or in_file.get(name)
    if not encoded:
        faults.append(f"{name}: not in {variable} and not in the key file")
        return b""
    if not isinstance(encoded, str):
        faults.append(f"{name}: found {type(encoded).__name__}; expected base64 in quotation marks")
        return b""
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        faults.append(f"{name}: not base64")
        return b""
    if len(key) != KEY_BYTES or len(set(key)) < LEAST_DIFFERENT_BYTES:
        faults.append(f"{name}: found {len(key)} bytes, {len(set(key))} different; expected {KEY_BYTES} random bytes")
    return key
