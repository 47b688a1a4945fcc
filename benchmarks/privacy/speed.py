"""Mail, books and single messages through the gate and through stock Presidio -> time and memory that each takes.

The machine is shared and its speed drifts: every text is read by one system and then by the other, in turns, and only
their ratio counts. Where one process reads, the time is what it had of the processors; where several do, or where
somebody waits for an answer, it is the clock's. No text is read twice by the same system, for both may remember.

Mail is what the mail connector makes of the real mail beside the checkout, the treebank's documents and real support
answers, put into threads of four in which every mail quotes those before it, as mail does.
"""

from __future__ import annotations

import csv
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.privacy import company, data, peers
from connectors.mail import Mail
from deskwright.conversation import Conversation
from deskwright.plugins import Span
from deskwright.terminal import progress
from privacy.detect.patterns import Patterns

MAIL_FOLDERS = ("eml/rfc", "eml/legacy", "talon")
SUPPORT = data.SHARED / "dialogues" / "bitext_support.csv"
A_THREAD = 4
CHUNK = 40
"""Texts that one system reads before it is the other's turn: the product's ingest hands over as many at once."""
SEED = 5
MESSAGE = 200
WARM_UP = "Ada Example of 12 Oak Street, Leeds, asks for order 123456."
LENGTHS = (1_000, 10_000, 100_000, 1_000_000)

ALIKE = {
    "EMAIL": "EMAIL_ADDRESS", "URL": "URL", "CREDIT_CARD": "CREDIT_CARD", "IBAN": "IBAN_CODE", "PHONE": "PHONE_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS", "SSN": "US_SSN", "MAC_ADDRESS": "MAC_ADDRESS",
}  # fmt: skip
"""Our kinds and stock Presidio's that mean the same."""

Reader = Callable[[Sequence[str]], Any]
"""Reads some texts; what comes out does not matter."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Two systems on the same texts: kB a second of each, and how many times as fast ours is, with the middle half of
    that over the turns."""

    what: str
    texts: int
    kilobytes: float
    ours: float
    stock: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans of one kind that both found, that ours alone found, and that stock Presidio alone found (any overlap)."""

    what: str
    kind: str
    both: int
    ours: int
    stock: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a kB at one length, and how many times that of 1 kB it is."""

    characters: int
    ours: float
    stock: float
    ours_ratio: float
    stock_ratio: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds for one message on a warm system, asked from that many threads at once."""

    system: str
    threads: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes of a process of its own that redacts a stream: after the first conversations, after a tenth,
    at the end, and at most."""

    megabytes: float
    start: float
    tenth: float
    end: float
    peak: float


def mail(characters: int) -> list[str]:
    """Mails with what they quote, at most that many characters of them."""
    rng = random.Random(SEED)
    bodies = [*_real_mail(), *(data.joined(document).text for document in data.treebank()), *_answers(characters // 2)]
    rng.shuffle(bodies)
    threads: list[str] = []
    for thread in batched(bodies, A_THREAD):
        quoted = ""
        for body in thread:
            threads.append(f"{body}\n\n{quoted}" if quoted else body)
            lines = "\n".join(f"> {line}" for line in threads[-1].split("\n"))
            quoted = f"On Mon, 3 Jun 2024 at 09:14, somebody wrote:\n{lines}"
    return list(_at_most(threads, characters))


def _real_mail() -> Iterator[str]:
    for folder in MAIL_FOLDERS:
        for record in Mail().read(data.SHARED / "email" / folder, {}):
            if isinstance(record, Conversation):
                yield from (f"{m.text}\n{m.signature}\n{m.quoted}".strip() for m in record.messages if m.text)


def _answers(characters: int) -> Iterable[str]:
    with SUPPORT.open(encoding="utf-8", newline="") as file:
        rows = [f"{row['instruction']}\n\n{row['response']}" for row in csv.DictReader(file)]
    random.Random(SEED).shuffle(rows)
    return _at_most(rows, characters)


def batched(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """The texts, so many at a time."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


def _at_most(texts: Iterable[str], characters: int) -> Iterator[str]:
    for text in texts:
        characters -= len(text)
        if characters < 0:
            return
        yield text


def race(what: str, texts: Sequence[str], ours: Reader, stock: Reader) -> Pace:
    """Both read all texts, in turns of `CHUNK`; who goes first changes each turn."""
    ours([WARM_UP])
    stock([WARM_UP])
    turns: list[tuple[int, float, float]] = []
    chunks = list(batched(texts, CHUNK))
    for n, chunk in enumerate(progress(chunks, f"speed: {what}", "turns", len(chunks))):
        taken = {reader: _seconds(reader, chunk) for reader in ((ours, stock) if n % 2 else (stock, ours))}
        turns.append((sum(len(text.encode("utf-8", "replace")) for text in chunk), taken[ours], taken[stock]))
    size, one, other = (sum(column) for column in zip(*turns, strict=True))
    ratios = sorted(theirs / mine for _, mine, theirs in turns)
    quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Pace(
        what, len(texts), size / 1000, size / 1000 / one, size / 1000 / other, other / one, quarters[0], quarters[2]
    )


def _seconds(read: Reader, texts: Sequence[str]) -> float:
    started = time.process_time()
    read(texts)
    return time.process_time() - started


def _waited(read: Reader, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    read(texts)
    return time.perf_counter() - started


def patterns_reader() -> Reader:
    """The pattern layer alone."""
    patterns = Patterns(peers.REGIONS)
    return lambda texts: patterns.find_all(texts, "en")


def gate_reader() -> Reader:
    """The whole gate, as the ingest asks it: found, replaced, and the output scanned again."""
    gate = peers.gate()
    return lambda texts: gate.redact_all([([text], ()) for text in texts])


def stock_reader(stock: peers.Stock) -> Reader:
    return lambda texts: [stock.engine.analyze(text, language="en") for text in texts]


def differences(what: str, texts: Sequence[str], stock: peers.Stock) -> list[Difference]:
    """Where the pattern layer and stock Presidio's patterns disagree, by kind."""
    patterns = Patterns(peers.REGIONS)
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ALIKE}
    for text in progress(texts, f"comparing: {what}", "texts", len(texts)):
        ours = patterns.find(text, "en")
        theirs = stock.read(text)[0]
        for kind, their_kind in ALIKE.items():
            mine = [span for span in ours if span.entity == kind]
            other = [span for span in theirs if span.entity == their_kind]
            counts[kind]["both"] += sum(_meets(span, mine) for span in other)
            counts[kind]["stock"] += sum(not _meets(span, mine) for span in other)
            counts[kind]["ours"] += sum(not _meets(span, other) for span in mine)
    return [Difference(what, kind, c["both"], c["ours"], c["stock"]) for kind, c in counts.items() if c.total()]


def _meets(span: Span, others: Iterable[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def costs(texts: Sequence[str], ours: Reader, stock: Reader, longest: int = LENGTHS[-1]) -> list[Cost]:
    """How the time grows with the length of one text. Each is a piece of the texts of its own, so far as they go."""
    whole = "\n\n".join(random.Random(SEED).sample(list(texts), len(texts)))
    ours([WARM_UP])
    stock([WARM_UP])
    rows: list[tuple[int, float, float]] = []
    at = 0
    for length in (length for length in LENGTHS if length <= longest):
        count = max(1, 20_000 // length)
        made = [whole[at + n * length : at + (n + 1) * length] for n in range(count)]
        at += count * length
        kilobytes = sum(map(len, made)) / 1000
        rows.append((length, 1000 * _seconds(ours, made) / kilobytes, 1000 * _seconds(stock, made) / kilobytes))
    return [Cost(length, one, other, one / rows[0][1], other / rows[0][2]) for length, one, other in rows]


def latencies(name: str, texts: Sequence[str], read: Reader, threads: int) -> Latency:
    """One message of 200 characters after the other, each new, from so many threads."""
    messages = [text[at : at + MESSAGE] for text in texts for at in range(0, len(text) - MESSAGE, MESSAGE)]
    read([messages.pop()])
    with ThreadPoolExecutor(threads) as pool:
        taken = sorted(pool.map(lambda message: 1000 * _waited(read, [message]), messages))
    return Latency(name, threads, statistics.median(taken), taken[int(len(taken) * 0.95)])


def on_all_cores(what: str, texts: Sequence[str], out: Path, cores: int) -> Pace:
    """A process a core, each with a system of its own: first ours on all texts, then stock Presidio, then again."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    chunks = list(batched(texts, CHUNK))
    half = len(chunks) // 2
    taken = {"gate": 0.0, "stock": 0.0}
    ratios = []
    for part in (chunks[:half], chunks[half:]):
        turn = {name: _pooled(name, part, out, cores) for name in taken}
        ratios.append(turn["stock"] / turn["gate"])
        for name, seconds in turn.items():
            taken[name] += seconds
    kilobytes = size / 1000
    return Pace(
        what,
        len(texts),
        kilobytes,
        kilobytes / taken["gate"],
        kilobytes / taken["stock"],
        taken["stock"] / taken["gate"],
        min(ratios),
        max(ratios),
    )


def _pooled(name: str, chunks: Sequence[Sequence[str]], out: Path, cores: int) -> float:
    with ProcessPoolExecutor(cores, get_context("spawn"), _prepare, (name, out)) as pool:
        list(pool.map(_warm, range(cores * 2)))
        started = time.perf_counter()
        list(pool.map(_read, chunks))
        return time.perf_counter() - started


_READER: list[Reader] = []


def _prepare(name: str, out: Path) -> None:
    _READER.append(gate_reader() if name == "gate" else stock_reader(peers.Stock(peers.cnn(out), name)))


def _warm(_: int) -> None:
    _READER[0]([WARM_UP])
    time.sleep(0.2)


def _read(texts: Sequence[str]) -> None:
    _READER[0](texts)


def memory(megabytes: float) -> Memory:
    """A process of its own redacts that much of the made-up company's mail, without end of new text."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_stream, megabytes).result()


def _stream(megabytes: float) -> Memory:
    import psutil

    process = psutil.Process()
    gate = peers.gate()
    gate.redact([WARM_UP])
    cases = company.cases(10**9)
    wanted = megabytes * 1e6
    done = 0
    start = tenth = peak = 0.0
    while done < wanted:
        batch = list(islice(cases, company.CONVERSATIONS // 100))
        gate.redact_all([(company.texts(case), case.conversation.participants) for case in batch])
        done += sum(len(text) for case in batch for text in company.texts(case))
        now = process.memory_info().rss / 1e6
        start = start or now
        peak = max(peak, now)
        tenth = tenth or (now if done >= wanted / 10 else 0.0)
    return Memory(done / 1e6, start, tenth, process.memory_info().rss / 1e6, peak)
