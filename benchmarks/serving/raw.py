"""`python -m benchmarks.serving.raw FOLDER CONVERTED CLIENTS SECONDS < QUESTIONS`: OpenVINO GenAI's own loop -> JSON.

The same model, prompts and settings as in the server, and nothing else in the process: no server can be faster.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

import psutil

from benchmarks.serving.load import NEW_TOKENS, SYSTEM, Sample, summary


def main(model: Path, converted: Path, clients: int, seconds: float) -> None:
    from transformers import AutoTokenizer

    from deskwright.plugins import Generation
    from instruct.prompt import render
    from serve.engines.openvino import room, settings_of
    from serve.engines.steps import config, open_pipeline, tensor

    tokenizer = AutoTokenizer.from_pretrained(model)
    prompts = itertools.cycle(
        render(tokenizer, [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}], prompt=True)
        for question in json.load(sys.stdin)
    )
    pipeline = open_pipeline(converted, room(converted, 2048)[0], exact=False)
    how = Generation(max_tokens=NEW_TOKENS)
    settings = config(settings_of(how, NEW_TOKENS, frozenset({tokenizer.eos_token_id})))
    samples: list[Sample] = []
    numbers = itertools.count()

    def begin() -> tuple[object, Sample]:
        ids = tensor(next(prompts))
        samples.append(Sample(time.perf_counter()))
        return pipeline.add_request(next(numbers), ids, settings), samples[-1]

    began = time.perf_counter()
    running = [begin() for _ in range(clients)]
    while time.perf_counter() - began < seconds:
        pipeline.step()
        for n, (handle, sample) in enumerate(running):
            while handle.can_read():
                handle.read()
                sample.last = time.perf_counter()
                sample.first = sample.first or sample.last
                sample.pieces += 1
            if sample.pieces == NEW_TOKENS:
                sample.tokens = NEW_TOKENS
                running[n] = begin()
    found = summary(samples, time.perf_counter() - began)
    print(json.dumps({**found, "memory": psutil.Process().memory_info().rss}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
