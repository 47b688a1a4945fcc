"""A running server -> what two hundred clients do to it: memory over time, answers, refusals, who was left waiting.

Before that, how soon a client that goes away makes room: every place is taken by long answers and one more waits; one
client leaves, and the time until the one that waited hears something is taken.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.report import Table
from benchmarks.serving.load import Sample, Target, ask, crowd, summary
from benchmarks.serving.servers import Server

CLIENTS = 200
A_LOOK = 5.0
"""Seconds between two looks at the memory."""

LONG = 250
TRIES = 20
STUCK = 60.0
"""Seconds after which a client without an answer or a refusal counts as stuck."""


def run(server: Server, questions: Sequence[str], seconds: float) -> Table:
    """The table of it."""
    found = asyncio.run(_soaked(server, questions, seconds))
    memory = np.array(found["memory"]) / 1e6
    tenth = max(1, len(memory) // 10)
    early, late = memory[tenth : 3 * tenth].mean(), memory[-2 * tenth :].mean()
    rows = [
        ("answers", f"{found['answers']:,}"),
        ("refused for a moment (429)", f"{found['refused']:,}"),
        ("failed otherwise", str(found["failed"])),
        (f"stuck for more than {STUCK:.0f} s", str(found["stuck"])),
        ("tokens/s", f"{found['tokens_a_second']:,.0f}"),
        ("first token, p50 / p99, s", f"{found['first']['p50']:.2f} / {found['first']['p99']:.2f}"),
        ("whole answer, p50 / p99, s", f"{found['whole']['p50']:.2f} / {found['whole']['p99']:.2f}"),
        ("memory after a tenth, MB", f"{early:,.0f}"),
        ("memory at the end, MB", f"{late:,.0f} ({100 * (late / early - 1):+.1f} %)"),
        ("a place is free again after, s", f"{found['freed']:.2f}"),
    ]
    return Table("serving-soak", f"{CLIENTS} clients for {seconds:.0f} s", ("", "found"), rows, raw=found)


async def _soaked(server: Server, questions: Sequence[str], seconds: float) -> dict[str, Any]:
    freed = await _freed(server.target, questions)
    memory: list[int] = []
    looking = asyncio.create_task(_look(server, memory))
    samples, took = await crowd(server.target, questions, CLIENTS, seconds)
    looking.cancel()
    end = max(sample.began for sample in samples)
    stuck = sum(not sample.last and sample.status in (0, 200) and end - sample.began > STUCK for sample in samples)
    return {**summary(samples, took), "stuck": stuck, "memory": memory, "freed": freed}


async def _look(server: Server, memory: list[int]) -> None:
    while True:
        memory.append(server.memory())
        await asyncio.sleep(A_LOOK)


async def _freed(target: Target, questions: Sequence[str]) -> float:
    """Seconds from a client's leaving to the first word for the one that waited for a place."""
    from serve.engines.steps import AT_ONCE

    running: dict[asyncio.Task[None], Sample] = {}
    more = itertools.cycle(questions)

    def begin() -> Sample:
        sample = Sample(time.perf_counter())
        running[asyncio.create_task(ask(target, next(more), sample, LONG))] = sample
        return sample

    async def full() -> None:
        """Every place is taken by an answer that has begun."""
        while sum(bool(sample.first) and not task.done() for task, sample in running.items()) < AT_ONCE:
            for task in [task for task in running if task.done()]:
                del running[task]
            while len(running) < AT_ONCE:
                begin()
            await asyncio.sleep(0.01)

    try:
        for _ in range(TRIES):
            await full()
            leaver, waiting = max(running, key=lambda task: running[task].first), begin()
            await asyncio.sleep(0.3)
            if waiting.first or any(task.done() for task in running):
                continue  # an answer ended by itself meanwhile, and nothing can be told
            left = time.perf_counter()
            leaver.cancel()
            while not waiting.first and time.perf_counter() - left < STUCK:
                await asyncio.sleep(0.005)
            return waiting.first - left if waiting.first else float("nan")
        return float("nan")
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
