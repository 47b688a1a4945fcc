"""The command line: help, exit codes, and what a user's slip looks like."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from deskwright.cli import COMMANDS, STAGES, deskwright
from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import rounds

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_A_WORKSPACE = {"init", "sources", "demo", "models fetch", "models show"}
"""They make a workspace of their own, or need none."""

Run = Callable[..., Result]


def command(name: str) -> click.Command:
    found = deskwright.get_command(click.Context(deskwright), name)
    assert found is not None
    return found


def leaves() -> list[tuple[str, click.Command]]:
    """The commands that do something, those of groups included: `keys create`."""
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        one = command(name)
        if isinstance(one, click.Group):
            found += [(f"{name} {inner}", leaf) for inner, leaf in one.commands.items()]
        else:
            found.append((name, one))
    return found


def in_a_process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m deskwright WORDS...` with `folder` as the current one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "deskwright", *words], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, cli: Run) -> None:
    shown = cli(name, "--help")

    assert shown.exit_code == 0
    assert f"\n  deskwright {name}" in shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_it_says_in_the_list(name: str, cli: Run) -> None:
    first = command(name).get_short_help_str(limit=200)

    assert COMMANDS[name][1] in cli("--help").output
    assert COMMANDS[name][1].rstrip(".").split()[0] == first.split()[0]


def test_help_lists_every_command_and_an_example_of_the_whole_loop(cli: Run) -> None:
    shown = cli("--help").output

    for name in COMMANDS:
        assert f"\n  {name} " in shown
    for name in ("init", "ingest", "tune", "evaluate", "promote", "serve"):
        assert f"\n  deskwright {name} " in shown


@pytest.mark.parametrize(("name", "leaf"), leaves())
def test_a_command_takes_a_workspace_where_it_works_on_one(name: str, leaf: click.Command) -> None:
    options = {option for parameter in leaf.params for option in parameter.opts}

    assert ("--workspace" in options) == (name not in WITHOUT_A_WORKSPACE)


@pytest.mark.parametrize(("name", "leaf"), leaves())
def test_every_option_is_explained(name: str, leaf: click.Command) -> None:
    unexplained = [p.name for p in leaf.params if isinstance(p, click.Option) and not p.help]

    assert unexplained == (["directory", "port"] if name == "demo" else [])


def test_the_workspace_may_come_from_the_environment(ws: Workspace, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKWRIGHT_WORKSPACE", str(ws.root))

    assert cli("models", "tuned").output == "No model is tuned yet: `deskwright tune` makes one.\n"


def test_init_says_what_it_made_and_what_comes_next(tmp_path: Path, cli: Run) -> None:
    made = cli("init", tmp_path / "shop")

    assert made.exit_code == 0
    assert "secret.key: the keys (mode 0600)" in made.output
    assert made.output.splitlines()[-1].startswith("Next: deskwright ingest ")


WITH_A_WORKSPACE = [
    ["ingest", "table", __file__],
    ["privacy", "explain", "a text"],
    ["privacy", "report"],
    ["build"],
    ["tune"],
    ["evaluate"],
    ["promote"],
    ["rollback"],
    ["topics"],
    ["needs-human"],
    ["knowledge", "list"],
    ["models", "tuned"],
    ["people", "list"],
    ["people", "add", "Mina", "--role", "admin", "--password-stdin"],
    ["people", "password", "Mina"],
    ["people", "remove", "Mina"],
    ["keys", "list"],
    ["keys", "create", "--role", "admin"],
    ["keys", "revoke", "1f2e"],
    ["serve"],
]


def refused(ran: Result) -> str:
    """What a refusal says: one message on stderr, exit code 2, nothing on stdout."""
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("deskwright: ")
    return ran.stderr.removeprefix("deskwright: ").rstrip("\n")


def test_no_command_is_missing_from_the_next_test() -> None:
    assert {name for name in COMMANDS if name not in WITHOUT_A_WORKSPACE} == {words[0] for words in WITH_A_WORKSPACE}


@pytest.mark.parametrize("words", WITH_A_WORKSPACE, ids=" ".join)
def test_a_folder_that_is_no_workspace_is_refused(words: list[str], tmp_path: Path, cli: Run) -> None:
    said = refused(cli(*words, "--workspace", tmp_path))

    assert said.startswith(f"{tmp_path} is no workspace: ")
    assert "\n" not in said
    assert not list(tmp_path.iterdir())


def test_an_unknown_source_is_refused(ws: Workspace, cli: Run) -> None:
    said = refused(cli("ingest", "zendsk", __file__, "--workspace", ws.root))

    assert said.startswith("There is no connector named 'zendsk'. Known: ")
    assert "zendesk" in said


def test_a_second_init_is_refused(ws: Workspace, cli: Run) -> None:
    assert refused(cli("init", ws.root)) == f"{ws.root / 'deskwright.toml'} exists already; nothing was changed."


def add_model(ws: Workspace) -> None:
    with ws.store.begin() as connection:
        ws.store.upsert(
            connection, ws.store.tables.datasets, {"fingerprint": "f"}, {"made_at": now(), "report": {"rows": {}}}
        )
    rounds.register(ws.store, rounds.Model("round-1-abc", 1, "d", "demo", "f"))


@pytest.mark.parametrize("name", ["evaluate", "promote"])
def test_an_unknown_model_is_answered_with_the_known_ones(name: str, ws: Workspace, cli: Run) -> None:
    add_model(ws)

    said = refused(cli(name, "--model", "round-9", "--workspace", ws.root))

    assert said == "There is no model 'round-9'. Known: round-1-abc."


@pytest.mark.parametrize("name", ["evaluate", "promote"])
def test_without_any_model_the_way_to_one_is_told(name: str, ws: Workspace, cli: Run) -> None:
    assert refused(cli(name, "--workspace", ws.root)) == "No model is tuned yet: `deskwright tune` makes one."


def test_nothing_is_promoted_on_hope(ws: Workspace, cli: Run) -> None:
    add_model(ws)

    said = refused(cli("promote", "--workspace", ws.root))

    assert said == "round-1-abc was not promoted: it is not evaluated. Run `deskwright evaluate` first."


def test_a_promotion_is_listed_and_taken_back(ws: Workspace, cli: Run) -> None:
    add_model(ws)

    promoted = cli("promote", "--force", "a trial", "--workspace", ws.root)
    listed = cli("models", "tuned", "--workspace", ws.root)
    back = cli("rollback", "--workspace", ws.root)

    assert [promoted.exit_code, listed.exit_code, back.exit_code] == [0, 0, 0]
    assert "round-1-abc*" in listed.output
    assert back.output == "Took round-1-abc back; no model answers from now on.\n"
    assert refused(cli("rollback", "--workspace", ws.root)).startswith("Nothing is promoted")


def test_serving_with_nothing_promoted_is_refused(ws: Workspace, cli: Run) -> None:
    assert refused(cli("serve", "--workspace", ws.root)).startswith("No model is promoted, so there is nothing to ")


def test_an_unknown_engine_is_answered_with_the_known_ones(ws: Workspace, cli: Run) -> None:
    said = refused(cli("serve", "--engine", "steam", "--workspace", ws.root))

    assert said.startswith("There is no engine named 'steam'. Known: auto, echo, openai, openvino, transformers")


def test_faults_of_the_configuration_are_told_on_one_line_each(ws: Workspace, cli: Run) -> None:
    (ws.root / "deskwright.toml").write_text("[tune]\nrank = 0\nrang = 1\n", encoding="utf-8")

    first, *faults = refused(cli("models", "tuned", "--workspace", ws.root)).splitlines()

    assert first == f"{ws.root / 'deskwright.toml'}: 2 faults"
    assert [fault.split(":")[0] for fault in faults] == ["  - tune.rank", "  - tune.rang"]


def test_a_training_set_of_nothing_is_refused(ws: Workspace, cli: Run) -> None:
    said = refused(cli("build", "--workspace", ws.root))

    assert said.startswith("No training pair came out of 0 conversations (nothing is stored).")


@pytest.mark.parametrize("words", [["sing"], ["models", "--loud"], ["ingest", "mail"], ["keys", "create"]])
def test_a_mistyped_command_ends_with_exit_code_2_and_the_usage(words: list[str], cli: Run) -> None:
    ran = cli(*words)

    assert ran.exit_code == 2
    assert ran.stderr.startswith("Usage: ")


NO_ADDRESS = "store.url is no address that Deskwright knows. Expected "
UNUSABLE = [
    ("nonsense", NO_ADDRESS),
    ("mysql://someone:hunter2@h/d", NO_ADDRESS),
    ("postgresql://someone:hunter2@h/d", NO_ADDRESS),
    ("postgresql+psycopg://someone:hunter2", NO_ADDRESS),
    ("postgresql+psycopg://someone:hun@ter2@h/d", NO_ADDRESS),
    (
        "postgresql+psycopg://someone:hunter2@127.0.0.1:1/d?connect_timeout=5",
        "The store at postgresql+psycopg://someone:***@127.0.0.1:1/d cannot be used: connection failed: ",
    ),
    ("sqlite:////nowhere/at/all.db", "The store at sqlite:////nowhere/at/all.db cannot be used: unable to open "),
]


@pytest.mark.parametrize(("setting", "expected"), UNUSABLE)
def test_a_store_that_cannot_be_opened_is_told_without_its_password(
    setting: str, expected: str, ws: Workspace, cli: Run
) -> None:
    (ws.root / "deskwright.toml").write_text(f'[store]\nurl = "{setting}"\n', encoding="utf-8")

    said = refused(cli("models", "tuned", "--workspace", ws.root))

    assert said.startswith(expected)
    assert "ter2" not in said
    assert "\n" not in said


def test_a_store_whose_driver_is_not_installed_is_told(
    ws: Workspace, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    (ws.root / "deskwright.toml").write_text('[store]\nurl = "postgresql+psycopg://h/d"\n', encoding="utf-8")

    said = refused(cli("models", "tuned", "--workspace", ws.root))

    assert said.startswith("The driver of postgresql+psycopg cannot be imported (")
    assert said.endswith("Do `pip install 'deskwright[postgres]'`.")


def test_a_file_that_is_no_database_is_told(ws: Workspace, cli: Run) -> None:
    (ws.root / "deskwright.db").write_text("a letter to my aunt\n" * 100, encoding="utf-8")

    said = refused(cli("models", "tuned", "--workspace", ws.root))

    assert said.startswith(f"The store at sqlite:///{ws.root}/deskwright.db cannot be used: file is not a database. ")


def test_a_store_of_a_newer_version_is_told(ws: Workspace, cli: Run) -> None:
    with ws.store.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert refused(cli("models", "tuned", "--workspace", ws.root)).startswith(
        "The store was made by a newer Deskwright "
    )


def test_a_store_under_another_key_is_told(ws: Workspace, cli: Run, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\nWhere is my order?,It arrives tomorrow morning.\n", encoding="utf-8")
    assert cli("ingest", "table", table, "--workspace", ws.root).exit_code == 0
    keys = ws.root / "secret.key"
    other = Workspace.open(tmp_path / "ws").keys.session
    CliRunner().invoke(deskwright, ["init", str(tmp_path / "other")])
    keys.write_bytes((tmp_path / "other" / "secret.key").read_bytes())
    assert Workspace.open(ws.root).keys.session != other

    said = refused(cli("build", "--workspace", ws.root))

    assert said.startswith("A text of conversations.subject does not open: it was written with another encryption key")


def test_a_slip_shows_no_traceback_in_a_process_of_its_own(tmp_path: Path) -> None:
    ran = in_a_process(tmp_path, "models", "tuned", "--workspace", "nowhere")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("deskwright: nowhere is no workspace: ")
    assert "Traceback" not in ran.stderr


def strangers(name: str) -> list[object]:
    """A command that imports nothing of the stage, and one that does."""
    imports_it = [one for one, (place, _) in COMMANDS.items() if place.startswith(f"{name}.")]
    return [
        pytest.param(name, "init", id=f"{name}-init"),
        pytest.param(name, imports_it[0], id=f"{name}-{imports_it[0]}"),
    ]


@pytest.mark.parametrize(("name", "word"), [case for name in STAGES for case in strangers(name)])
def test_a_strangers_file_named_like_a_stage_is_refused_and_not_run(name: str, word: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('the stranger ran')\n", encoding="utf-8")

    ran = in_a_process(tmp_path, word, "somewhere")

    assert ran.returncode == 2
    found = f"({tmp_path / name}.py; expected it in {ROOT})"
    assert ran.stderr.startswith(f"deskwright: Python finds another {name!r} before Deskwright's {found}. ")
    assert "the stranger ran" not in ran.stdout + ran.stderr
    assert not (tmp_path / "somewhere").exists()


def test_a_strangers_file_is_no_matter_where_deskwright_is_found_first(tmp_path: Path) -> None:
    assert in_a_process(tmp_path, "init", "shop").returncode == 0
