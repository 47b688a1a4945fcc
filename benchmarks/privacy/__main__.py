"""`python -m benchmarks.privacy`: measures the gate beside stock Presidio, prints the tables and writes them down."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from benchmarks.privacy import company, data
from benchmarks.report import Table, figure, percent, write
from deskwright.terminal import hush

MOST = 30
WORST = 25
LOOKED_OVER = 500
"""Conversations from which the words for `privacy.allow` are suggested."""


@dataclasses.dataclass(frozen=True)
class How:
    """What the command was told."""

    out: Path
    quick: bool
    stream: float


def research(how: How) -> Iterator[Table]:
    """Presidio's research evaluator on its set."""
    from benchmarks.privacy import peers, research

    scores = research.measure(
        [*_systems(how), peers.Stock(peers.blank(), "Presidio, blank spaCy")], 300 if how.quick else None
    )
    rows = [(s.name, figure(s.precision), figure(s.recall), figure(s.f2)) for s in scores]
    rows += [(name, *(figure(value) for value in values)) for name, *values in research.PUBLISHED]
    yield Table(
        "research",
        "Presidio's research evaluator, synth_dataset_v2, IoU 0.75, every kind as one",
        ("system", "precision", "recall", "F2"),
        rows,
        "Everything that is found counts, kept or replaced.",
        [
            {f.name: getattr(score, f.name) for f in dataclasses.fields(score)}
            | {"errors": score.errors.most_common(300)}
            for score in scores
        ],
    )
    kinds = scores[0].by_kind
    yield Table(
        "research-kinds",
        "The same, by labelled kind: the share of spans of which three quarters are found",
        ("kind", *(score.name for score in scores)),
        [(kind, *(figure(score.by_kind[kind], 2) for score in scores)) for kind in kinds],
        raw={score.name: score.by_kind for score in scores},
    )
    yield Table(
        "research-errors",
        f"The same, the {MOST} most frequent sorts of error of {scores[0].name}",
        ("error", "labelled", "words", "found there", "times"),
        [(sort, kind, str(words), who, str(n)) for (sort, kind, words, who), n in scores[0].errors.most_common(MOST)],
        raw=scores[0].errors.most_common(),
    )


def structured(how: How) -> Iterator[Table]:
    """Kinds with a shape, and national numbers, valid and with a wrong check digit."""
    with contextlib.suppress(ImportError):
        from benchmarks.privacy import structured

        rows = structured.measure()
        header = tuple(dict.fromkeys(key for row in rows for key in row))
        cells = [[_cell(row.get(key, "")) for key in header] for row in rows]
        yield Table("structured", "Kinds with a shape, on Presidio's research sets", header, cells, raw=rows)
    with contextlib.suppress(ImportError):
        from benchmarks.privacy import numbers

        found = numbers.measure(2 if how.quick else 20)
        yield Table(
            "national",
            "National numbers in a sentence: valid ones found, and ones with a wrong check digit",
            ("kind", "valid", "found as itself", "found at all", "invalid", "found as itself"),
            [
                (
                    r.kind,
                    str(r.valid),
                    percent(r.itself),
                    percent(r.covered),
                    str(r.invalid),
                    percent(r.wrong),
                )
                for r in found
            ],
            raw=[dataclasses.asdict(row) for row in found],
        )


def people(how: How) -> Iterator[Table]:
    """Names in labelled texts."""
    from benchmarks.privacy import people

    rows = people.measure(_systems(how), how.quick)
    yield Table(
        "people",
        "Names in labelled texts, each text by itself, nobody known from the source",
        ("set", "kind", "system", "spans", "covered", "as itself", "exact", "precision", "words masked"),
        [
            (
                r.set,
                r.kind,
                r.system,
                str(r.gold),
                *(figure(v, 2) for v in (r.covered, r.as_itself, r.exact, r.precision)),
                percent(r.masked),
            )
            for r in rows
        ],
        raw=[dataclasses.asdict(row) for row in rows],
    )


def languages(how: How) -> Iterator[Table]:
    """Templates of seven languages."""
    from benchmarks.privacy import languages, peers

    rows = languages.measure([peers.Ours(peers.gate())], 300 if how.quick else 4000)
    yield Table(
        "languages",
        "Made-up support texts, templates that were not trained on",
        ("language", "label", "spans", "covered", "found", "precision"),
        [
            (r.language, r.label, str(r.gold), *(figure(value, 3) for value in (r.covered, r.found, r.precision)))
            for r in rows
        ],
        raw=[dataclasses.asdict(row) for row in rows],
    )


def leaks(how: How) -> Iterator[Table]:
    """A made-up company from end to end."""
    from benchmarks.privacy import leaks, peers

    found = leaks.measure(peers.gate(), 300 if how.quick else company.CONVERSATIONS)
    raw = vars(found)  # `asdict` makes Counters of pairs
    yield Table(
        "leaks",
        f"A made-up company: {found.conversations:,} conversations, {found.messages:,} messages, participants known",
        ("planted", "mentions", "leaked", "share", "leaked persons in 10,000 messages"),
        [
            (
                sort,
                f"{count:,}",
                f"{found.leaked[sort]:,}",
                percent(found.leaked[sort] / count),
                f"{found.per_messages(sort):.1f}" if sort.startswith(leaks.PEOPLE) else "",
            )
            for sort, count in found.mentions.most_common()
        ],
        f"Refused: {dict(found.refused) or 'none'}.",
        raw,
    )
    yield Table(
        "leaks-sentences",
        f"The same, the {WORST} sentences that leak most",
        ("sentence", "mentions", "leaked"),
        [(s, str(found.of_sentence[s]), str(n)) for s, n in found.by_sentence.most_common(WORST)],
    )
    yield Table(
        "leaks-cultures",
        "The same, third persons by the culture of their name",
        ("culture", "mentions", "leaked", "share"),
        [
            (c, str(n), str(found.by_culture[c]), percent(found.by_culture[c] / n))
            for c, n in found.of_culture.most_common()
            if n
        ],
    )
    allow = leaks.suggested(peers.gate(), min(LOOKED_OVER, found.conversations))
    after = leaks.measure(peers.gate(allow=tuple(allow)), found.conversations)
    yield Table(
        "leaks-words",
        "The same, what was masked and should not be",
        ("words", "times", "masked", "share", "with the report's suggestions allowed"),
        [
            (
                what,
                f"{times:,}",
                f"{times - left:,}",
                percent(1 - left / times),
                percent(1 - left_after / times),
            )
            for what, times, left, left_after in [
                ("all words", found.all_words, found.all_words_left, after.all_words_left),
                ("company words", found.words.total(), found.words_left.total(), after.words_left.total()),
                *((w, n, found.words_left[w], after.words_left[w]) for w, n in found.words.most_common()),
            ]
        ],
        f"The last column: `deskwright privacy report --words` over {min(LOOKED_OVER, found.conversations)} of the "
        "conversations, and `privacy.allow` set to what it suggests of the company's own words, as who looks the list "
        f"over would: {', '.join(allow) or 'none'}. Mentions that leak: {found.leaked.total():,} before, "
        f"{after.leaked.total():,} after.",
        {"allow": allow, "after": vars(after)},
    )


def speed(how: How) -> Iterator[Table]:
    """Time and memory."""
    from benchmarks.privacy import peers, speed

    size = 100_000 if how.quick else 600_000
    cores = os.cpu_count() or 1
    mail, books = speed.mail(size), data.books(size)
    part = mail[: len(mail) // 4]
    blank = peers.Stock(peers.blank(), "Presidio, blank spaCy")
    cnn = peers.Stock(peers.cnn(how.out), "Presidio, spaCy CNN")
    paces = [
        speed.race("patterns, mail", mail, speed.patterns_reader(), speed.stock_reader(blank)),
        speed.race("patterns, books", books, speed.patterns_reader(), speed.stock_reader(blank)),
        speed.race("gate, mail", part, speed.gate_reader(), speed.stock_reader(cnn)),
        speed.race("gate, books", books[: len(books) // 4], speed.gate_reader(), speed.stock_reader(cnn)),
        speed.on_all_cores(f"gate, mail, {cores} processes", part, how.out, cores),
    ]
    yield Table(
        "speed",
        "Speed: patterns beside Presidio with a blank spaCy, the whole gate beside Presidio with a spaCy CNN",
        ("what", "texts", "kB", "ours kB/s", "Presidio kB/s", "times as fast", "middle half of the turns"),
        [
            (
                p.what,
                f"{p.texts:,}",
                f"{p.kilobytes:,.0f}",
                f"{p.ours:,.0f}",
                f"{p.stock:,.0f}",
                f"{p.ratio:.1f}",
                f"{p.low:.1f} to {p.high:.1f}",
            )
            for p in paces
        ],
        raw=[dataclasses.asdict(pace) for pace in paces],
    )
    differences = [
        *speed.differences("mail", part, blank),
        *speed.differences("books", books[: len(books) // 4], blank),
    ]
    yield Table(
        "speed-equal",
        "What the pattern layers found in those texts",
        ("text, kind", "both", "ours alone", "Presidio alone"),
        [(f"{d.what} {d.kind}", str(d.both), str(d.ours), str(d.stock)) for d in differences],
        raw=[dataclasses.asdict(difference) for difference in differences],
    )
    longest = 10_000 if how.quick else speed.LENGTHS[-1]
    layers = (
        ("patterns", speed.patterns_reader(), blank),
        ("gate", speed.gate_reader(), cnn),
    )
    costs = [
        (n, c)
        for n, ours, stock in layers
        for c in speed.costs([*mail, *books], ours, speed.stock_reader(stock), longest)
    ]
    yield Table(
        "speed-length",
        "Milliseconds of a processor for a kB, by the length of the text, and how many times that of 1 kB",
        ("what, characters", "ours", "Presidio", "ours, times", "Presidio, times"),
        [
            (
                f"{name} {c.characters:,}",
                f"{c.ours:.2f}",
                f"{c.stock:.2f}",
                f"{c.ours_ratio:.2f}",
                f"{c.stock_ratio:.2f}",
            )
            for name, c in costs
        ],
        raw=[{"what": name, **dataclasses.asdict(cost)} for name, cost in costs],
    )
    tail = mail[-60:] if not how.quick else mail[-10:]
    latencies = [
        speed.latencies(name, tail, read, threads)
        for threads in (1, 4)
        for name, read in ((cnn.name, speed.stock_reader(cnn)), ("Deskwright", speed.gate_reader()))
    ]
    yield Table(
        "speed-chat",
        "Milliseconds for one message of 200 characters on a warm gate",
        ("system", "threads", "p50", "p95"),
        [(row.system, str(row.threads), f"{row.p50:.1f}", f"{row.p95:.1f}") for row in latencies],
        raw=[dataclasses.asdict(row) for row in latencies],
    )


def memory(how: How) -> Iterator[Table]:
    """Memory over a long stream."""
    from benchmarks.privacy import speed

    row = speed.memory(how.stream)
    yield Table(
        "memory",
        f"Resident MB over a stream of {row.megabytes:,.0f} MB of made-up mail",
        ("after the first conversations", "after a tenth", "at the end", "at most"),
        [tuple(f"{value:,.0f}" for value in (row.start, row.tenth, row.end, row.peak))],
        raw=dataclasses.asdict(row),
    )


TABLES: dict[str, tuple[Callable[[How], Iterator[Table]], bool]] = {
    "research": (research, True),
    "structured": (structured, False),
    "people": (people, True),
    "languages": (languages, False),
    "leaks": (leaks, False),
    "speed": (speed, True),
    "memory": (memory, False),
}
"""name -> what measures it, and whether it needs the data beside the checkout."""


def _systems(how: How):  # type: ignore[no-untyped-def]
    from benchmarks.privacy import peers

    return [peers.Ours(peers.gate()), peers.Stock(peers.cnn(how.out), "Presidio, spaCy CNN", organizations=True)]


def _cell(value: object) -> str:
    return figure(value) if isinstance(value, float) else str(value)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TABLES)), help="This table; can be given several times.")
@click.option("--quick", is_flag=True, help="A part of each set: minutes instead of an hour.")
@click.option("--full", is_flag=True, help="A stream of 1 GB for the memory, instead of 100 MB.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench-privacy"), help="Where the tables go.")
def main(only: tuple[str, ...], quick: bool, full: bool, out: Path) -> None:
    """Measures the gate beside stock Presidio."""
    hush()
    how = How(out, quick, 1000.0 if full else 2.0 if quick else 100.0)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    skipped = []
    for name in only or TABLES:
        make, needs = TABLES[name]
        if needs and not data.PII.is_dir():
            print(f"{name}: {data.NEEDS}\n")
            skipped.append(name)
            continue
        started = time.monotonic()
        for one in make(how):
            print(one.as_text(), flush=True)
            write(out, [one])
        print(f"({name}: {time.monotonic() - started:,.0f} s)\n", file=sys.stderr)
    if skipped:
        print(f"Skipped, for they {data.NEEDS.replace('needs', 'need')}: {', '.join(skipped)}")


if __name__ == "__main__":
    main()
