"""The documents: that they name all there is, and that their examples work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskwright import plugins
from deskwright.cli import COMMANDS, STAGES
from deskwright.config import Config, Integrations
from deskwright.conversation import Conversation, Failure
from deskwright.keys import KEY_NAMES
from privacy.redact import ENTITIES

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")] + sorted(ROOT.glob("docs/**/*.md"))
SECTIONS = [
    *(name for name in Config.model_fields if name not in ("sources", "integrations")),
    *(f"integrations.{name}" for name in Integrations.model_fields),
    *(TABLES := ("serve.server",)),
]
BUILT_IN = ("mail", "slack", "table", "zendesk")


def text(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def manual() -> str:
    return text("README.md", *(str(page.relative_to(ROOT)) for page in sorted(ROOT.glob("docs/*.md"))))


def section(name: str) -> str:
    """What docs/configuration.md says of one section."""
    found = re.search(rf"^## \[{name}\]\n(.*?)(?=^## |\Z)", text("docs/configuration.md"), re.MULTILINE | re.DOTALL)
    assert found, f"docs/configuration.md has no section [{name}]"
    return found.group(1)


def shown(default: Any) -> str:
    """A default as a TOML file has it."""
    if default is None:
        return "not set"
    plain = int(default) if isinstance(default, float) and default.is_integer() else default
    return f"`{json.dumps(plain, ensure_ascii=False)}`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"\bdeskwright {name}\b", manual())


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_connector_is_documented(name: str) -> None:
    assert name in plugins.names("connectors")
    assert f"[sources.{name}]" in section("sources")


def test_no_connector_of_this_package_is_missing_from_the_test_above() -> None:
    offered = text("pyproject.toml").split('"deskwright.connectors"]')[1].split("\n\n")[0]

    assert set(BUILT_IN) == set(re.findall(r"^(\w+) = ", offered, re.MULTILINE))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    model = Config().model_dump(mode="json")
    for part in name.split("."):
        model = model[part]
    settings = {setting: default for setting, default in model.items() if f"{name}.{setting}" not in TABLES}
    documented = dict(re.findall(r"^\| `(\w+)` \| (not set|`.*?`) \| \S", section(name), re.MULTILINE))

    assert {setting: shown(default) for setting, default in settings.items()} == documented


@pytest.mark.parametrize("name", KEY_NAMES)
def test_every_key_is_documented(name: str) -> None:
    assert f"| `DESKWRIGHT_{name.upper()}_KEY` | `{name}` |" in text("docs/configuration.md")


def test_every_kind_of_placeholder_is_documented() -> None:
    kinds = re.findall(r"^\| `([A-Z_]+)` \| \S", text("docs/privacy.md"), re.MULTILINE)

    assert set(ENTITIES) == set(kinds)


def test_the_map_names_every_package() -> None:
    for name in ("deskwright", *STAGES):
        assert f"| `{name}/` |" in text("CONTRIBUTING.md")


def test_the_changelog_has_an_unreleased_part_with_something_in_it() -> None:
    unreleased = text("CHANGELOG.md").split("## Unreleased\n")[1].split("\n## ")[0]

    assert unreleased.strip().startswith("- ")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_four_parts_and_fits_a_page(page: Path) -> None:
    written = page.read_text(encoding="utf-8")

    assert re.match(rf"# {int(page.stem[:4])}\. ", written)
    assert re.findall(r"^## (.+)$", written, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]
    assert len(written.split()) < 500


def test_decisions_are_numbered_without_a_gap() -> None:
    assert list(range(1, len(DECISIONS) + 1)) == [int(page.stem[:4]) for page in DECISIONS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if not (page.parent / link).exists()]

    assert not broken


def test_paths_that_the_documents_name_exist() -> None:
    named = re.findall(r"`((?:deskwright|connectors|privacy|instruct|serve|tests|docs)/[\w/]+\.\w+)`", manual())
    missing = [path for path in named if not (ROOT / path).exists()]

    assert named
    assert not missing


def test_the_connector_of_the_contributing_guide_keeps_its_promises(tmp_path: Path) -> None:
    connector, test = re.findall(r"```python\n(.*?)```", text("CONTRIBUTING.md"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(connector + test, "CONTRIBUTING.md", "exec"), names)
    check: Callable[[Path], None] = names["test_letters_keeps_its_promises"]

    check(tmp_path)

    letter, failure = names["Letters"]().read(tmp_path / "letters.jsonl", {})
    assert isinstance(letter, Conversation)
    assert isinstance(failure, Failure)


def test_the_licence_is_the_one_that_the_package_declares() -> None:
    assert 'license = "Apache-2.0"' in text("pyproject.toml")
    assert "Apache License\n                           Version 2.0, January 2004" in text("LICENSE")
