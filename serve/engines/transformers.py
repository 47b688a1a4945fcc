"""Chat messages -> tokens of a causal language model in this process, on the processor or one GPU.

The prompt is rendered by `instruct.prompt`, as in training. The decoding loop is written out, since that makes
cancelling, stop strings, whole characters and token probabilities plain.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct import adapter
from instruct.answering import ends
from instruct.rounds import Model
from serve.engines.text import Detokenizer, Stops, context_of, fit


class Transformers:
    """Serves a tuned model, or with None the untuned base. One generation at a time."""

    def __init__(self, loaded: adapter.Loaded, model: str, digest: str) -> None:
        import torch

        self.model = model
        self.digest = digest
        self.card = loaded.card
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._net = loaded.model.to(self._device)
        self._tokenizer = loaded.tokenizer
        self._ends = frozenset(ends(loaded))
        self._context = context_of(loaded.model)
        self._busy = threading.Lock()

    @classmethod
    def open(cls, workspace: Workspace, model: Model | None) -> Transformers:
        loaded = adapter.load(workspace, model)
        return cls(loaded, model.name if model else workspace.config.model.base, model.digest if model else "")

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        """The answer, piece by piece. Greedy at temperature 0, else sampled.

        Raises:
            TooLong: the system text and the last message alone do not fit into the model.
        """
        prompt = fit(self._tokenizer, messages, how.max_tokens, self._context, self.model)
        most = min(how.max_tokens, self._context - len(prompt))
        text, stops = Detokenizer(self._tokenizer), Stops(how.stop)
        made, likely, reason = 0, 0.0, "length"
        with self._busy:
            for token, probability in self._tokens(prompt, most, how):
                made += 1
                likely += probability
                if token in self._ends:
                    reason = "stop"
                    break
                if piece := stops.feed(text.feed(token)):
                    yield Token(piece)
                if stops.reached:
                    reason = "stop"
                    break
        rest = "" if stops.reached else stops.feed(text.end()) + stops.end()
        yield Token(rest, reason, len(prompt), made, confidence=round(likely / made, 4) if made else None)

    def _tokens(self, prompt: list[int], most: int, how: Generation) -> Iterator[tuple[int, float]]:
        """Token after token, each with its probability at temperature 1."""
        import torch

        feed, past = torch.tensor([prompt], device=self._device), None
        for _ in range(most):
            with torch.inference_mode():
                out = self._net(input_ids=feed, past_key_values=past, use_cache=True, logits_to_keep=1)
                logits = out.logits[0, -1].float()
                token = _choose(logits, how)
                probability = float(torch.softmax(logits, -1)[token])
            past = out.past_key_values
            yield token, probability
            feed = torch.tensor([[token]], device=self._device)


def _choose(logits: Any, how: Generation) -> int:
    import torch

    if how.temperature == 0:
        return int(logits.argmax())
    chances, order = torch.softmax(logits / how.temperature, -1).sort(descending=True)
    outside = chances.cumsum(-1) - chances >= how.top_p
    outside[0] = False
    return int(order[torch.multinomial(chances.masked_fill(outside, 0.0), 1)])
