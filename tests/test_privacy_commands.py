"""`deskwright privacy`: what explain and report say, in the terminal, as JSON and as a page."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deskwright.cli import deskwright
from deskwright.conversation import Conversation, Failure, Identifier, Kind, Message, Participant, Visibility
from deskwright.plugins import Span
from deskwright.workspace import Workspace
from privacy import explain as explaining
from privacy import masked, page
from privacy import report as reporting
from privacy.gate import Gate
from privacy.ingest import ingest

Run = Callable[..., Result]

TEXT = 'My name is Nadia Petrova, I am 34 years old: nadia@example.org. <b>"Bold"</b> & <EMAIL_1>'


class Parsed(HTMLParser):
    """What a page holds: its tags, its text, and the addresses it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.words = ""
        self.titles: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.titles += [str(value) for name, value in attrs if name == "title"]
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.words += data


def needs_nothing_else(html: str) -> bool:
    parsed = Parsed(html)
    return not (parsed.addresses or parsed.tags["script"] or parsed.tags["link"] or re.search(r"url\(|@import", html))


@pytest.fixture
def found(ws: Workspace) -> explaining.Explanation:
    return explaining.explain(Gate.of(ws), TEXT)


def test_explain_tells_each_span_and_the_result(found: explaining.Explanation) -> None:
    told = {
        (mark["words"], mark["entity"], mark["into"], mark["policy"]) for mark in explaining.as_json(found)["spans"]
    }

    assert ("Nadia Petrova", "PERSON", "<PERSON_1>", "replace") in told
    assert ("nadia@example.org", "EMAIL", "<EMAIL_2>", "replace") in told
    assert found.redacted.startswith("My name is <PERSON_1>, I am ")


def test_explain_in_the_terminal_shows_text_table_and_result(ws: Workspace, cli: Run) -> None:
    shown = cli("privacy", "explain", TEXT, "--workspace", ws.root).output

    assert "My name is [Nadia Petrova|PERSON], I am" in shown
    assert re.search(r"^becomes +kind +found by +why +score +policy$", shown, re.MULTILINE)
    assert re.search(r"^<EMAIL_2> +EMAIL .* replace$", shown, re.MULTILINE)
    assert "Stored as:\nMy name is <PERSON_1>" in shown
    assert "\x1b" not in shown


def test_explain_colours_a_terminal_and_adds_a_legend(found: explaining.Explanation) -> None:
    shown = explaining.for_terminal(found, coloured=True)

    assert re.search(r"\x1b\[[\d;]*mNadia Petrova\x1b\[0m", shown)
    assert re.search(r"\x1b\[[\d;]*m PERSON \x1b\[0m", shown)


def test_each_kind_has_a_colour_of_its_own(found: explaining.Explanation) -> None:
    hues = page.hues(found.entities)

    assert len(set(hues.values())) == len(hues) > 1
    assert len(set(explaining.COLOURS)) == len(set(page.HUES)) == 12


def test_what_is_kept_is_shown_as_kept(ws: Workspace) -> None:
    privacy = ws.config.privacy.model_copy(update={"policies": {"EMAIL": "keep"}})

    (mark,) = explaining.explain(Gate(privacy, ws.store), "write to a@example.org").marks

    assert (mark.policy, mark.into) == ("keep", "a@example.org")
    assert explaining.why(mark).startswith("EMAIL: kept. Found by ")


def test_what_the_gate_refuses_is_told(ws: Workspace) -> None:
    class Slow:
        name = "slow"
        languages = frozenset({"en"})

        def find(self, text: str, language: str) -> list[Any]:
            raise TimeoutError

    found = explaining.explain(Gate(ws.config.privacy, ws.store, [Slow()]), "hello")

    assert explaining.for_terminal(found, coloured=False) == "The gate refuses this text: a text took too long to scan."
    assert "took too long" in explaining.as_page(found)


def test_explain_reads_a_file_and_standard_input(ws: Workspace, tmp_path: Path, cli: Run) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("call (415) 555-0132", encoding="utf-8")
    words = ["privacy", "explain", "--json", "--workspace", str(ws.root)]

    of_a_file = json.loads(cli(*words, letter).output)
    of_stdin = json.loads(CliRunner().invoke(deskwright, [*words, "-"], input="call (415) 555-0132").output)

    assert of_a_file == of_stdin
    assert of_a_file["redacted"] == "call <PHONE_1>"


def test_the_page_of_explain_escapes_everything_and_needs_nothing_else(ws: Workspace, tmp_path: Path, cli: Run) -> None:
    file = tmp_path / "explain.html"

    shown = cli("privacy", "explain", TEXT, "--html", file, "--workspace", ws.root).output

    html = file.read_text(encoding="utf-8")
    parsed = Parsed(html)
    assert shown.endswith(f"Page: {file}\n")
    assert needs_nothing_else(html)
    assert parsed.tags["b"] == 0
    assert '<b>"Bold"</b> & <EMAIL_1>' in parsed.words
    assert any(title.startswith("PERSON: becomes <PERSON_1>. Found by ") for title in parsed.titles)
    assert "prefers-color-scheme: dark" in html


AMARA = Participant("9", Kind.CUSTOMER, ((Identifier.NAME, "Amara Okonkwo"),))
US = Participant("2", Kind.AGENT)


def ticket(number: int, text: str, language: str = "en") -> Conversation:
    messages = (
        Message(f"{number}-1", "9", text, visibility=Visibility.PUBLIC),
        Message(f"{number}-2", "2", "It is <on> its way.", visibility=Visibility.PUBLIC),
    )
    return Conversation("test", str(number), (AMARA, US), messages, language=language)


@pytest.fixture
def shop(ws: Workspace) -> Workspace:
    records = [ticket(n, "Amara here, write to a@example.org") for n in range(3)]
    failed = Failure("export.json:7", "found str; expected id")
    ingest(ws.store, Gate.of(ws), "test", [*records, ticket(9, "ok", "fr"), failed], "contract")
    ingest(ws.store, Gate.of(ws), "other", [replace(ticket(1, "nothing"), source="other")], "contract")
    return ws


def test_the_report_counts_what_stands_in_the_store(shop: Workspace) -> None:
    made = reporting.report(shop.store, 0, random.Random(1))

    assert (made.conversations, made.messages, made.with_placeholder) == (4, 8, 3)
    assert made.placeholders == {"PERSON": 3, "EMAIL": 3}
    assert made.sources == {"test": {"PERSON": 3, "EMAIL": 3}, "other": {}}
    assert made.found_by["participant"] == 3
    assert made.quarantine == {"test": {"language fr": 1, "found str; expected id": 1}}
    assert made.as_json()["share"] == 0.375


def test_the_sample_is_drawn_from_all_messages_each_once(shop: Workspace) -> None:
    drawn = [reporting.report(shop.store, 3, random.Random(seed)).sample for seed in range(40)]
    everything = reporting.report(shop.store, 99, random.Random(1)).sample

    assert {len(sample) for sample in drawn} == {3}
    assert len(everything) == 8
    assert {one.text for sample in drawn for one in sample} == {one.text for one in everything}


def test_the_report_in_the_terminal_and_as_json(shop: Workspace, cli: Run) -> None:
    shown = cli("privacy", "report", "--sample", 1, "--workspace", shop.root).output
    data = json.loads(cli("privacy", "report", "--json", "--sample", 2, "--workspace", shop.root).output)

    assert shown.startswith("4 conversations, 8 messages, 37.5% of them with at least one placeholder, 6 placeholders.")
    assert re.search(r"^PERSON +3 +0 +3$", shown, re.MULTILINE)
    assert re.search(r"^test +language fr +1$", shown, re.MULTILINE)
    assert len(re.findall(r"^--- (?:test|other), ", shown, re.MULTILINE)) == 1
    assert (data["placeholders"], len(data["sample"])) == ({"PERSON": 3, "EMAIL": 3}, 2)


def test_the_page_of_the_report_escapes_everything_and_needs_nothing_else(
    shop: Workspace, tmp_path: Path, cli: Run
) -> None:
    file = tmp_path / "report.html"

    cli("privacy", "report", "--sample", 99, "--html", file, "--workspace", shop.root)

    html = file.read_text(encoding="utf-8")
    assert needs_nothing_else(html)
    assert Parsed(html).tags["on"] == 0
    assert Parsed(html).words.count("It is <on> its way.") == 4
    assert "Amara" not in html


def test_a_report_of_an_empty_store_is_no_fault(ws: Workspace, cli: Run) -> None:
    assert cli("privacy", "report", "--workspace", ws.root).output.startswith("0 conversations, 0 messages, 0.0% of ")


PRODUCT, PERSON = "Meadow Hub", "Ines Albrecht"


class Sees:
    """A stand-in for the names model, which takes the product for a place."""

    name = "sees"
    languages = frozenset({"en"})

    def find(self, text: str, language: str) -> list[Span]:
        kinds = {PRODUCT: "LOCATION", PERSON: "PERSON", "Amara": "PERSON"}
        hits = ((m, kind) for words, kind in kinds.items() for m in re.finditer(words, text))
        return [Span(m.start(), m.end(), kind, 0.8, self.name) for m, kind in hits]


def letters(product: str, customers: int, each: int = 1) -> list[Conversation]:
    """Conversations about a product, of so many customers, and one that speaks of a person."""
    told = [
        ticket(n, f"Amara here. The {product} stopped again, and I would like my {product} to be repaired.")
        for n in range(customers * each)
    ]
    told.append(ticket(99, f"Please ask {PERSON}, my neighbour, about it."))
    return [replace(c, participants=(replace(AMARA, id=str(n % customers)), US)) for n, c in enumerate(told)]


def test_words_that_the_names_model_alone_masks_in_many_conversations_are_told(ws: Workspace) -> None:
    gate = Gate(ws.config.privacy, ws.store, [Sees()])

    assert masked.often(gate, letters(PRODUCT, 6)) == [masked.Word(PRODUCT, "LOCATION", 6, 6)]


@pytest.mark.parametrize(
    ("letters", "why"),
    [
        (letters(PRODUCT, 4), "few customers and conversations"),
        (letters(PRODUCT, 2, each=4), "few customers"),
        ([*letters(PRODUCT, 6), *(ticket(n, "nothing") for n in range(100, 800))], "less than one in a hundred"),
    ],
)
def test_words_of_few_conversations_or_customers_are_not_told(
    ws: Workspace, letters: list[Conversation], why: str
) -> None:
    assert masked.often(Gate(ws.config.privacy, ws.store, [Sees()]), letters) == [], why


def test_the_drawn_conversations_are_so_many_of_all(ws: Workspace) -> None:
    records = [*letters(PRODUCT, 6), Failure("7", "broken")]
    drawn = {c.external_id for seed in range(40) for c in masked.draw(records, random.Random(seed), 2)}

    assert len(masked.draw(records, random.Random(1), 2)) == 2
    assert drawn == {c.external_id for c in letters(PRODUCT, 6)}


NAMED_LIKE_A_PERSON = "Marlene Tovik"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    rows = [
        f"I bought the {NAMED_LIKE_A_PERSON} from you and it stopped on day {n}.,Please send it back." for n in range(8)
    ]
    rows.append(f"My neighbour {PERSON} will fetch the parcel.,That is fine.")
    file = tmp_path / "export.csv"
    file.write_text("\n".join(["question,answer", *rows]), encoding="utf-8")
    return file


def test_the_report_shows_often_masked_words_only_where_it_is_asked_to(
    ws: Workspace, tmp_path: Path, export: Path, cli: Run
) -> None:
    file = tmp_path / "report.html"
    (ws.root / "deskwright.toml").write_text(
        '[privacy]\nallow = ["Fernbox"]\n[sources.table]\ncolumns = {customer = "question", agent = "answer"}\n'
    )
    ask = ["privacy", "report", "--workspace", ws.root]
    told = [*ask, "--words", "table", export]

    shown = cli(*told, "--html", file).output
    data = json.loads(cli(*told, "--json").output)["masked"]
    html = file.read_text(encoding="utf-8")

    allow = f'allow = ["Fernbox", "{NAMED_LIKE_A_PERSON}"]'
    assert (data["allow"], [word["words"] for word in data["words"]]) == (allow, [NAMED_LIKE_A_PERSON])
    assert allow in shown
    assert allow in Parsed(html).words
    assert all("person's name" in " ".join(text.split()) for text in (shown, data["note"], Parsed(html).words))
    assert needs_nothing_else(html)
    assert PERSON not in shown + html + json.dumps(data)
    assert "Often masked" not in cli(*ask).output
    assert NAMED_LIKE_A_PERSON.encode() not in b"".join(f.read_bytes() for f in ws.root.rglob("*") if f.is_file())
