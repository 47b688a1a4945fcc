"""`python -m benchmarks.serving.plain FOLDER PORT`: transformers' `generate` behind FastAPI, one answer at a time."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

app = FastAPI()
busy = threading.Lock()
tokenizer: Any = None
model: Any = None


@app.get("/healthz")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/v1/chat/completions")
def complete(asked: dict[str, Any]) -> StreamingResponse:
    return StreamingResponse(_answer(asked), media_type="text/event-stream")


def _answer(asked: dict[str, Any]) -> Iterator[str]:
    ids = tokenizer.apply_chat_template(
        asked["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    about = {**ids, "max_new_tokens": asked["max_tokens"], "do_sample": False, "streamer": streamer}
    threading.Thread(target=_generate, kwargs=about).start()
    for text in streamer:
        yield f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n"
    yield f"data: {json.dumps({'choices': [], 'usage': {'completion_tokens': asked['max_tokens']}})}\n\n"


@torch.inference_mode()
def _generate(**about: Any) -> None:
    """Here and not where the answer is read: that end may be left by its client, and would keep the lock."""
    with busy:
        model.generate(**about, min_new_tokens=about["max_new_tokens"])


if __name__ == "__main__":
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
