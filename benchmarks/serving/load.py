"""A server's address -> tokens a second, times to the first token and to the last, with so many clients at once.

The clients are as light as they can be, since they run on the same cores: they read lines and count.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

NEW_TOKENS = 64
SYSTEM = "You are the customer support assistant."


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask, and for what."""

    url: str
    model: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sample:
    """One answer: seconds, pieces that came, tokens as the server counts them (-1: it was cut off or said nothing)."""

    began: float
    first: float = 0.0
    last: float = 0.0
    pieces: int = 0
    tokens: int = -1
    status: int = 0


def measure(target: Target, questions: Sequence[str], clients: int, seconds: float) -> dict[str, Any]:
    """`clients` ask one question after the other for so many seconds; what runs then is cut off, and counts."""
    samples, took = asyncio.run(crowd(target, questions, clients, seconds))
    return summary(samples, took)


def drain(target: Target, question: str) -> None:
    """Waits until one answer comes whole: what clients left behind is done then, where a server goes on with it."""
    asyncio.run(ask(target, question, Sample(time.perf_counter()), most=1))


async def crowd(target: Target, questions: Sequence[str], clients: int, seconds: float) -> tuple[list[Sample], float]:
    """Every answer, also those cut off at the end, and how long it took."""
    samples: list[Sample] = []
    waiting = itertools.cycle(questions)

    async def client() -> None:
        while True:
            sample = Sample(time.perf_counter())
            samples.append(sample)
            await ask(target, next(waiting), sample)
            if sample.status == 429:
                await asyncio.sleep(0.2)

    began = time.perf_counter()
    tasks = [asyncio.create_task(client()) for _ in range(clients)]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return samples, time.perf_counter() - began


async def ask(target: Target, question: str, sample: Sample, most: int = NEW_TOKENS) -> None:
    """One streamed answer of at most so many tokens, over a connection of its own."""
    address = urlsplit(target.url)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    body = json.dumps(
        {
            "model": target.model,
            "messages": messages,
            "max_tokens": most,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ).encode()
    headers = {
        "Host": address.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **target.headers,
    }
    head = f"POST {address.path}/chat/completions HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(head.encode() + b"\r\n" + body)
        sample.status = int((await reader.readline()).split()[1])
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                _count(line, sample)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _count(line: bytes, sample: Sample) -> None:
    if b'"usage":{' in line or b'"usage": {' in line:
        usage = json.loads(line[6:])["usage"]
        sample.tokens = usage["completion_tokens"]
    if b'"content":""' in line or b'"content": ""' in line or b'"content"' not in line:
        return
    sample.last = time.perf_counter()
    sample.first = sample.first or sample.last
    sample.pieces += 1


def summary(samples: Sequence[Sample], took: float) -> dict[str, Any]:
    """Of all answers; a piece of those cut off is as many tokens as a piece of the others."""
    whole = [sample for sample in samples if sample.tokens > 0]
    pieces = sum(sample.pieces for sample in whole)
    a_piece = sum(sample.tokens for sample in whole) / pieces if pieces else 1.0
    tokens = sum(sample.tokens if sample.tokens > 0 else sample.pieces * a_piece for sample in samples)
    first = sorted(sample.first - sample.began for sample in samples if sample.first)
    last = sorted(sample.last - sample.began for sample in whole)
    refused = sum(sample.status == 429 for sample in samples)
    failed = sum(sample.status not in (0, 200, 429) for sample in samples)
    return {
        "tokens_a_second": tokens / took,
        "first": _at(first),
        "whole": _at(last),
        "answers": len(whole),
        "refused": refused,
        "failed": failed,
    }


def _at(values: Sequence[float]) -> dict[str, float] | None:
    """The 50th, 95th and 99th percentile, in seconds."""
    if not values:
        return None
    return {f"p{share}": values[min(len(values) - 1, len(values) * share // 100)] for share in (50, 95, 99)}
