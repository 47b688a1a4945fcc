"""The configuration: the file that `deskwright init` writes, and how faults are told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from deskwright import config
from deskwright.config import DEFAULT, Config
from deskwright.errors import ConfigError

COMMENTED = re.compile(r"^# (\w+ = \S.*|\[[\w.]+\])$", re.MULTILINE)
"""A setting or a section that stands in the file as a comment."""

WITHOUT_A_VALUE = {("tune", "learning_rate")}
"""Its default depends on the base model, so that the line has no value to take the `#` from."""


def faults(folder: Path, text: str) -> list[str]:
    file = folder / config.FILE
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        config.read(file)
    return list(raised.value.faults)


def test_the_file_of_init_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / config.FILE
    file.write_text(DEFAULT, encoding="utf-8")

    assert Config() == config.read(file)


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / config.FILE
    file.write_text("", encoding="utf-8")

    assert Config() == config.read(file)


def test_every_setting_stands_in_the_file_of_init_with_its_default() -> None:
    shown = tomllib.loads(COMMENTED.sub(r"\1", DEFAULT))
    shown.pop("sources")
    model = Config().model_dump(mode="json", exclude={"sources"})
    for section, name in WITHOUT_A_VALUE:
        assert f"# {name} = " in DEFAULT
        assert model[section].pop(name) is None

    assert model == shown


def test_the_file_of_init_stays_valid_with_every_comment_taken_off(tmp_path: Path) -> None:
    file = tmp_path / config.FILE
    file.write_text(COMMENTED.sub(r"\1", DEFAULT), encoding="utf-8")

    assert {"mail", "slack", "table"} == set(config.read(file).sources)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        '[privacy]\nregions = 3\n[dataset]\ntest = 0.9\n[tune]\nrang = 3\n[serve]\nport = "high"\n'
        "[sources.mail]\nagents = 3\n[sources.zendsk]\n",
    )

    assert found[:5] == [
        "privacy.regions: found 3; input should be a valid tuple",
        "dataset.test: found 0.9; input should be less than 0.5",
        "tune.rang: no such setting; known here: recipe, learning_rate, rank, epochs, batch, patience, seed, "
        "report_to, country, price_per_kwh",
        "serve.port: found 'high'; input should be a valid integer, unable to parse string as an integer",
        "sources.mail.agents: found 3; expected a list of strings",
    ]
    assert found[5].startswith("sources.zendsk: There is no connector named 'zendsk'. Known: ")
    assert len(found) == 6


def test_a_language_without_a_detector_is_refused(tmp_path: Path) -> None:
    found = faults(tmp_path, '[privacy]\nlanguages = ["pl"]\n')

    assert found == ["privacy.languages.0: found 'pl'; input should be 'en', 'de', 'fr', 'es', 'it', 'nl' or 'pt'"]


def test_no_language_at_all_is_refused(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "[privacy]\nlanguages = []\n")

    assert found.startswith("privacy.languages: found []; tuple should have at least 1 item")


def test_the_message_counts_the_faults_and_names_the_file(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text("[tune]\nrank = 0\nbatch = 0\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"deskwright\.toml: 2 faults\n  - tune\.rank: .*\n  - tune\.batch: "):
        config.read(tmp_path / config.FILE)


def test_an_unknown_section_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    known = "store, privacy, sources, model, dataset, tune, judge, serve, widget, integrations"

    assert [f"tuen: no such setting; known here: {known}"] == faults(tmp_path, "[tuen]\nrank = 3\n")


def test_an_unknown_setting_is_answered_with_the_known_ones_of_its_section(tmp_path: Path) -> None:
    assert faults(tmp_path, '[store]\nuri = "x"\n') == ["store.uri: no such setting; known here: url"]


def test_an_unknown_setting_of_an_integration_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, '[integrations.chatwoot]\nuri = "x"\n')

    assert found.startswith("integrations.chatwoot.uri: no such setting; known here: url, account, ")


def test_an_unknown_source_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "[sources.fax]\n")

    assert re.fullmatch(
        r"sources\.fax: There is no connector named 'fax'\. Known: .*mail, slack, table, zendesk.*\.", found
    )


def test_faults_of_a_connectors_options_are_named_with_their_place(tmp_path: Path) -> None:
    found = faults(tmp_path, '[sources.slack]\nagents = ["U01", 7]\n[sources.mail]\nagentz = ["a"]\n')

    assert found == [
        "sources.slack.agents: found ['U01', 7]; expected a list of strings",
        "sources.mail.agentz: no such option; known: agents",
    ]


def test_faults_of_the_widgets_colours_and_texts_are_told(tmp_path: Path) -> None:
    found = faults(tmp_path, '[widget]\naccent = "blue"\nlanguage = "en us"\nside = "top"\n')

    assert [fault.split(":")[0] for fault in found] == ["widget.language", "widget.accent", "widget.side"]
    assert "found 'blue'; string should match pattern" in found[1]

    unknown, blank = faults(tmp_path, '[widget.texts]\nsent = "Gesendet"\ndisclosure = " "\n')

    assert unknown.startswith("widget.texts.sent: no such text; known here: open, news, close, ")
    assert blank.startswith("widget.texts.disclosure: found no words; expected some, for example 'You are talking")


def test_a_section_that_is_no_table_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    found = faults(tmp_path, 'serve = "here"\nsources = 3\n')

    assert [fault.split(":")[0] for fault in found] == ["sources", "serve"]


def test_a_source_that_is_no_table_is_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, "[sources]\nmail = 3\n") == ["sources.mail: found 3; input should be a valid dictionary"]


@pytest.mark.parametrize("text", ["[tune\n", "[tune]\nrank = \n", "[tune]\n[tune]\n"])
def test_a_file_that_is_no_toml_is_told_with_the_place(tmp_path: Path, text: str) -> None:
    (found,) = faults(tmp_path, text)

    assert found.startswith("not valid TOML: ")
    assert "at line" in found or "at end" in found


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_bytes('[serve]\ntitle = "Café"\n'.encode("latin-1"))

    with pytest.raises(ConfigError, match="not valid TOML: 'utf-8' codec"):
        config.read(tmp_path / config.FILE)


def test_a_configuration_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().tune.rank = 3  # type: ignore[misc]
