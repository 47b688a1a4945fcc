"""The workspace: how it is made and opened, and which keys are refused."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

import pytest

from deskwright import config, workspace
from deskwright.errors import ConfigError, DeskwrightError
from deskwright.keys import KEY_FILE, KEY_NAMES, read_keys
from deskwright.workspace import Workspace


@pytest.fixture(autouse=True)
def no_keys_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEY_NAMES:
        monkeypatch.delenv(variable(name), raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    workspace.create(tmp_path / "shop")
    return tmp_path / "shop"


def variable(name: str) -> str:
    return f"DESKWRIGHT_{name.upper()}_KEY"


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def write_keys(root: Path, **keys: str) -> None:
    file = root / KEY_FILE
    file.write_text("".join(f'{name} = "{key}"\n' for name, key in keys.items()), encoding="utf-8")
    file.chmod(0o600)


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in root.iterdir()}


def test_init_makes_a_workspace_that_opens(root: Path) -> None:
    assert {config.FILE, KEY_FILE, ".gitignore"} == {file.name for file in root.iterdir()}
    assert config.Config() == Workspace.open(root).config


def test_the_key_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        workspace.create(tmp_path / "shop")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "shop" / KEY_FILE).stat().st_mode) == 0o600


def test_git_ignores_the_whole_workspace(root: Path) -> None:
    assert (root / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_two_workspaces_have_different_keys_and_no_two_keys_are_the_same(root: Path, tmp_path: Path) -> None:
    workspace.create(tmp_path / "other")
    keys = [getattr(read_keys(folder), name) for folder in (root, tmp_path / "other") for name in KEY_NAMES]

    assert [len(key) for key in keys] == [32] * 6
    assert len(set(keys)) == 6


def test_keys_do_not_show_in_a_representation(root: Path) -> None:
    keys = read_keys(root)

    assert repr(keys) == "Keys()"


def test_a_second_init_is_refused_and_changes_nothing(root: Path) -> None:
    before = files(root)

    with pytest.raises(DeskwrightError, match=r"deskwright\.toml exists already; nothing was changed\."):
        workspace.create(root)

    assert before == files(root)


def test_init_keeps_keys_that_are_there(root: Path) -> None:
    keys = (root / KEY_FILE).read_bytes()
    (root / config.FILE).unlink()

    workspace.create(root)

    assert keys == (root / KEY_FILE).read_bytes()


def test_a_folder_that_is_no_workspace_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DeskwrightError) as raised:
        Workspace.open(tmp_path)

    assert str(raised.value) == (
        f"{tmp_path} is no workspace: it has no deskwright.toml. Make one with `deskwright init {tmp_path}`, "
        "or name yours with --workspace (or the variable DESKWRIGHT_WORKSPACE)."
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_can_use_is_refused(root: Path, mode: int) -> None:
    (root / KEY_FILE).chmod(mode)

    with pytest.raises(DeskwrightError, match=rf"has mode {mode:04o}, others can read it\. Do `chmod 600 "):
        Workspace.open(root)


def test_all_faults_of_the_keys_are_told_at_once(root: Path) -> None:
    write_keys(root, encryption=encoded(bytes(32)), pseudonym=encoded(secrets.token_bytes(16)))

    with pytest.raises(ConfigError) as raised:
        read_keys(root)

    encryption, pseudonym, session = raised.value.faults
    assert encryption == "encryption: found 32 bytes, 1 different; expected 32 random bytes"
    assert pseudonym.startswith("pseudonym: found 16 bytes, ")
    assert session == "session: not in DESKWRIGHT_SESSION_KEY and not in the key file"


def test_missing_keys_are_told_with_where_they_were_looked_for(root: Path) -> None:
    (root / KEY_FILE).unlink()

    with pytest.raises(ConfigError) as raised:
        read_keys(root)

    assert [f"{name}: not in {variable(name)} and not in the key file" for name in KEY_NAMES] == list(
        raised.value.faults
    )
    assert str(root / KEY_FILE) in str(raised.value)


@pytest.mark.parametrize("placeholder", [bytes(32), b"ab" * 16, b"secret" * 6, b"0123456789abcde" * 3])
def test_placeholders_are_refused(root: Path, placeholder: bytes) -> None:
    write_keys(root, **dict.fromkeys(KEY_NAMES, encoded(placeholder[:32])))

    with pytest.raises(ConfigError, match=": 3 faults\n"):
        read_keys(root)


def test_a_key_that_is_not_base64_is_told(root: Path) -> None:
    write_keys(root, **dict.fromkeys(KEY_NAMES, "not base64!"))

    with pytest.raises(ConfigError, match="encryption: not base64"):
        read_keys(root)


def test_a_refusal_does_not_show_the_key(root: Path) -> None:
    short = encoded(secrets.token_bytes(20))
    write_keys(root, **dict.fromkeys(KEY_NAMES, short))

    with pytest.raises(ConfigError) as raised:
        read_keys(root)

    assert short not in str(raised.value)


def test_keys_of_the_environment_win(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_file = read_keys(root)
    key = secrets.token_bytes(32)
    monkeypatch.setenv(variable("session"), encoded(key))

    keys = read_keys(root)

    assert key == keys.session
    assert (in_file.encryption, in_file.pseudonym) == (keys.encryption, keys.pseudonym)


def test_the_environment_alone_is_enough(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / KEY_FILE).unlink()
    for name in KEY_NAMES:
        monkeypatch.setenv(variable(name), encoded(secrets.token_bytes(32)))

    assert Workspace.open(root).keys == read_keys(root)


def test_a_key_file_in_another_form_is_told(root: Path) -> None:
    (root / KEY_FILE).write_text("encryption", encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        read_keys(root)

    expected = 'encryption = "..." and pseudonym = "..." and session = "..."'
    assert raised.value.faults == (f"not valid TOML; expected {expected}, each a line",)


def test_keys_that_are_no_text_are_told_without_their_value(root: Path) -> None:
    (root / KEY_FILE).write_text("encryption = 731\npseudonym = [731]\nsession = 7.31\n", encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        read_keys(root)

    assert raised.value.faults == tuple(
        f"{name}: found {kind}; expected base64 in quotation marks"
        for name, kind in zip(KEY_NAMES, ("int", "list", "float"), strict=True)
    )


def test_a_key_file_that_cannot_be_read_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", denied)

    with pytest.raises(DeskwrightError, match=r"secret\.key cannot be read: Permission denied\. "):
        read_keys(root)


@pytest.mark.parametrize("place", ["/proc/shop", "/dev/null/shop"])
def test_a_place_where_nothing_can_be_made_is_told(place: str) -> None:
    with pytest.raises(
        DeskwrightError, match=rf"No workspace can be made at {place}: .+\. Name a folder that you may "
    ):
        workspace.create(Path(place))


def test_opening_makes_no_database_until_the_store_is_used(root: Path) -> None:
    opened = Workspace.open(root)
    assert not (root / "deskwright.db").exists()

    opened.store.engine.dispose()

    assert (root / "deskwright.db").exists()
