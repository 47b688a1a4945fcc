"""`--distill-from MODEL --logits` -> a teacher that training asks how probable every token is.

Word-level distillation (Hinton et al. 2015, arXiv:1503.02531; Kim and Rush 2016, arXiv:1606.07947): beside the token
that the agent wrote, the student learns how probable the teacher holds each of the vocabulary in its place. The
divergence is that of TRL's `GKDTrainer` (Agarwal et al. 2024, arXiv:2306.13649) with beta = 0: Kullback and Leibler's,
from the teacher. That trainer itself knows no weights of rows, refuses logits of unequal width, evaluates by the
divergence alone, and computes the vocabulary for the prompt's tokens too; TRL's other, `DistillationTrainer`, trains on
what the student writes and not on the agents' answers. Hence `instruct.trainer`, with this function.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import advice, base, teacher

if TYPE_CHECKING:
    from torch import Tensor

SHARE = 0.5
"""What of the loss is the teacher's. The rest is the agents', who have the facts."""
MOST_ROWS = 32
"""Held-out rows on which the way to the teacher is measured."""
WITHOUT = "Or leave --logits out: --distill-from alone learns from the words of any teacher."


@dataclass(frozen=True, slots=True)
class Guide:
    """`name` says which model it is, down to its weights; `load` gives it, ready to be asked."""

    name: str
    load: Callable[[], Any]

    def as_settings(self) -> dict[str, str]:
        """What of it makes another model."""
        return {"distilled_from": self.name, "distilled": "logits"}


def find(workspace: Workspace, given: str) -> Guide:
    """The teacher that was asked for; it is read with the base's chat template.

    Raises:
        DeskwrightError: it is a server, there is none there, or its tokenizer is not the base's; the message says what
            to do.
    """
    if given.startswith(teacher.SERVER):
        raise DeskwrightError(
            f"--logits: found the server {given}, which tells its words and not how probable every token is; expected "
            f"a model of the hub or a folder. {WITHOUT}"
        )
    name, teaching = teacher.here(workspace, given, workspace.config.model.chat_template)
    _same_tokenizer(base.digest(workspace), base.tokenizer(workspace), name, base.tokenizer(teaching))
    return Guide(name, lambda: base.model(teaching).eval().requires_grad_(False))


def divergence(student: Tensor, taught_by: Tensor) -> Tensor:
    """Nats from the teacher's probabilities to the student's, of logits (tokens, ids) each: (tokens,).

    Where one has more ids than the other, with the same tokenizer, they belong to no token: some families pad their
    heads by size (Qwen2.5 has 151,936 and 152,064). They are left out.
    """
    shared = min(student.shape[-1], taught_by.shape[-1])
    ours, theirs = (logits[..., :shared].float() for logits in (student, taught_by))
    found: Tensor = _divergence_of_trl()(ours, theirs, beta=0, reduction="none").sum(-1)
    return found


def distance(model: Any, taught_by: Any, rows: Sequence[Mapping[str, Any]]) -> float:
    """Nats a learnt token from the teacher's probabilities to the model's, in the mean over `training.examples`."""
    import torch

    training = model.training
    model.eval()
    with torch.inference_mode():
        found = [divergence(_learnt(model, row), _learnt(taught_by, row)) for row in rows[:MOST_ROWS]]
    model.train(training)
    return float(torch.cat(found).mean())


def _learnt(model: Any, row: Mapping[str, Any]) -> Tensor:
    """The logits before each token that a row has to learn from."""
    import torch

    start = row["completion_mask"].index(1)
    logits: Tensor = model(input_ids=torch.tensor([row["input_ids"]], device=model.device), use_cache=False).logits
    return logits[0, start - 1 : -1]


@cache
def _divergence_of_trl() -> Callable[..., Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says of all that is experimental there that it may change
        from trl.experimental.gkd import GKDTrainer
    return GKDTrainer.generalized_jsd_loss  # type: ignore[no-any-return]


def _same_tokenizer(name: str, tokenizer: Any, its_name: str, its: Any) -> None:
    """Refuses a teacher whose ids mean other tokens, or that would cut the same text into others."""
    ours, theirs = tokenizer.get_vocab(), its.get_vocab()
    apart = dict(ours.items() - theirs.items()) or dict(theirs.items() - ours.items())
    if apart:
        why = f"{len(ours.items() & theirs.items()):,} tokens have the same id in both, {min(apart)!r} has not"
    elif any(_ids(tokenizer, line) != _ids(its, line) for line in advice.general_text()):
        why = "they have the same tokens, but cut text into them differently"
    else:
        return
    raise DeskwrightError(
        f"--logits compares how probable both models hold every token, so they need the same tokenizer. Found: the "
        f"base {name} with {len(ours):,} tokens, the teacher {its_name} with {len(theirs):,}; {why}. Choose a teacher "
        f"of the base's family. {WITHOUT}"
    )


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
