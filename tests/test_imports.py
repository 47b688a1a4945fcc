"""The house: which package may import which, who writes which table, what `--help` may cost."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskwright.cli import COMMANDS, STAGES
from deskwright.store import WRITERS, Tables

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("deskwright", *STAGES)
HEAVY = {"torch", "trl", "transformers", "presidio_analyzer", "sqlalchemy", "fastapi"}
RAW_WRITE = re.compile(r"\s*(?:insert\s+into|update|delete\s+from)\s+\"?(\w+)", re.IGNORECASE)


def modules() -> list[Path]:
    return sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def imported(source: str) -> set[str]:
    """The packages that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import; write the whole name"
            found.add(str(node.module))
    return {name.split(".")[0] for name in found}


def backward(package: str, source: str) -> set[str]:
    """The packages that a source of `package` imports and must not."""
    return imported(source) & set(PACKAGES[PACKAGES.index(package) + 1 :])


def test_each_package_imports_only_what_stands_before_it() -> None:
    wrong = {
        str(file.relative_to(ROOT)): found
        for file in modules()
        if (found := backward(file.relative_to(ROOT).parts[0], file.read_text(encoding="utf-8")))
    }

    assert not wrong


def test_an_import_against_the_arrows_is_caught_in_functions_too() -> None:
    source = "import deskwright.store\n\ndef run():\n    from serve.app import create_app\n"

    assert {"serve"} == backward("privacy", source)
    assert set() == backward("serve", source)


def test_the_command_table_names_modules_of_the_stages_as_text() -> None:
    assert set(PACKAGES) == {place.split(".")[0] for place, _ in COMMANDS.values()}


def written(source: str) -> set[str]:
    """The store's tables that a source writes; "?" for an upsert into what cannot be told."""
    tree = ast.parse(source)
    attributes = dict(_bindings(tree, {}, ast.Attribute))
    found = set()
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        names = {**attributes, **dict(_bindings(scope, attributes, ast.Name))}
        for node in _own(scope):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (raw := RAW_WRITE.match(node.value)):
                found.add(raw.group(1).lower())
            if isinstance(node, ast.Call) and (table := _write(node, names)):
                found.add(table)
    return found & {*WRITERS, "?"}


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of functions in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own(child)


def _bindings(scope: ast.AST, known: dict[str, str], kind: type[ast.expr]) -> Iterator[tuple[str, str]]:
    """What `name = store.tables.conversations` binds; for attributes (`self._table = ...`) over the whole source."""
    for node in ast.walk(scope) if kind is ast.Attribute else _own(scope):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            whole = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=True) if whole else [(target, node.value)]
            for left, right in pairs:
                if isinstance(left, kind) and (table := _table(right, known)):
                    yield ast.unparse(left), table


def _table(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute) and node.attr in WRITERS:
        holder = node.value
        if getattr(holder, "attr", getattr(holder, "id", "")) == "tables":
            return node.attr
    return names.get(ast.unparse(node))


def _write(call: ast.Call, names: dict[str, str]) -> str | None:
    verb = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if verb == "upsert":
        return _table(call.args[1], names) or "?"
    if verb not in {"insert", "update", "delete"}:
        return None
    places = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    return next((table for place in [*places, *call.args[:1]] if (table := _table(place, names))), None)


def test_every_table_has_a_writer() -> None:
    assert set(WRITERS) == set(Tables(bytes(32)).metadata.tables)


def test_each_table_is_written_by_its_one_writer_and_nowhere_else() -> None:
    writers = defaultdict(set)
    for file in modules():
        if "migrations" in file.parts:
            continue
        for table in written(file.read_text(encoding="utf-8")):
            writers[table].add(str(file.relative_to(ROOT)))

    assert {table: {module} for table, module in WRITERS.items()} == dict(writers)


@pytest.mark.parametrize(
    "source",
    [
        "connection.execute(store.tables.feedback.insert().values(x=1))",
        "def f(store):\n    table = store.tables.feedback\n    connection.execute(table.delete())",
        "def f(store):\n    chats, table = tables.chats, tables.feedback\n    connection.execute(table.update())",
        "class A:\n  def a(self):\n    self._t = store.tables.feedback\n  def b(self):\n    self._t.insert()",
        "import sqlalchemy as sa\nconnection.execute(sa.delete(workspace.store.tables.feedback))",
        "store.upsert(connection, store.tables.feedback, {}, {})",
        "connection.exec_driver_sql('DELETE FROM feedback WHERE id = 1')",
    ],
)
def test_a_write_in_any_form_is_seen(source: str) -> None:
    assert {"feedback"} == written(source)


def test_reading_is_no_write_and_a_name_belongs_to_its_function() -> None:
    source = (
        "def a(store):\n    table = store.tables.feedback\n    return sa.select(table)\n"
        "def b(store):\n    table = store.tables.chats\n    return table.insert()\n"
        "hashed.update(b'x')\n"
    )

    assert {"chats"} == written(source)


def test_an_upsert_into_an_unknown_table_is_not_passed_over() -> None:
    assert {"?"} == written("store.upsert(connection, anything, {}, {})")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom deskwright.cli import deskwright\n"
        "deskwright(['--help'], standalone_mode=False)\n"
        "print('HEAVY', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = set(output.rpartition("HEAVY")[2].split())

    assert "click" in loaded
    assert set() == loaded & HEAVY


def test_every_module_opens_with_a_docstring() -> None:
    silent = [str(file.relative_to(ROOT)) for file in modules() if not ast.get_docstring(ast.parse(file.read_text()))]

    assert not silent


def test_a_packages_init_holds_a_docstring_and_nothing_else() -> None:
    inits = [file for file in modules() if file.name == "__init__.py"]
    full = [str(file.relative_to(ROOT)) for file in inits if len(ast.parse(file.read_text()).body) != 1]

    assert set(PACKAGES) <= {file.parent.name for file in inits}
    assert not full


def test_every_folder_of_modules_is_a_package_and_so_part_of_a_wheel() -> None:
    bare = {str(file.parent.relative_to(ROOT)) for file in modules() if not (file.parent / "__init__.py").is_file()}

    assert not bare


def test_files_have_plain_names() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file()]
    odd = [
        str(file.relative_to(ROOT))
        for file in files
        if "__pycache__" not in file.parts and not re.fullmatch(r"\w+\.[a-z]+", file.name)
    ]

    assert not odd
