"""A clean conversation -> training pairs: the turns so far, and the human agent's answer to them.

Only what a customer could see is used, and only from the allowlist `SPEAKERS`: notes, side conversations, bots,
systems and third parties never reach a pair. Runs of one side are merged; greetings with a name and sign-offs of
agents are taken off, since the bot has neither to offer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from deskwright.conversation import Conversation, Kind, Message, Visibility
from instruct.holding import holding
from instruct.outcome import SIGN_OFF, outcome
from privacy.gate import Clean

SPEAKERS = {Kind.CUSTOMER: "user", Kind.AGENT: "assistant"}

GREETING = re.compile(
    r"\A\s*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^\n,!.?]{0,40}[,!.]\s*)?"
    r"(?:(?:many )?thank(?:s| you)(?: so much| very much)? for (?:getting in touch|reaching out|contacting us|writing"
    r"|your (?:message|mail|e-?mail|question|patience|note))[^\n.!]{0,30}[.!]\s*)?",
    re.I,
)
SHORTEST_ANSWER = 3
"""Words. Shorter answers ("Done.", "Thanks!") say nothing that another customer could use."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Turns that end on the customer, and the answer. `message_ids` are `source/conversation/message` as the source
    names them, so that every row can be traced. `outcome` is what became of the answer, "" where nothing is known."""

    turns: tuple[tuple[str, str], ...]
    answer: str
    message_ids: tuple[str, ...]
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class _Turn:
    role: str
    text: str
    ids: tuple[str, ...]


def pairs(clean: Clean, tally: Counter[str]) -> list[Pair]:
    """The pairs of one conversation; `tally` counts what was left out, by reason.

    Raises:
        TypeError: handed anything but what the gate made.
    """
    if not isinstance(clean, Clean):
        raise TypeError(f"pairs come from a Clean conversation, not from {type(clean).__name__}")
    conversation = clean.conversation
    turns = _merge(_spoken(conversation, tally))
    found = []
    for n, turn in enumerate(turns):
        if turn.role != "assistant":
            continue
        before = turns[:n]
        if not any(earlier.role == "user" for earlier in before):
            tally["answer without a question"] += 1
        elif len(turn.text.split()) < SHORTEST_ANSWER:
            tally["answer of under three words"] += 1
        elif holding(turn.text):
            tally["answer that only says that somebody looks into it"] += 1
        else:
            first = next(i for i, earlier in enumerate(before) if earlier.role == "user")
            asked = before[first:]
            ids = tuple(i for part in [*asked, turn] for i in part.ids)
            after = turns[n + 1].text if n + 1 < len(turns) else None
            became = outcome(conversation, after)
            found.append(Pair(tuple((part.role, part.text) for part in asked), turn.text, ids, became))
    if not any(turn.role == "assistant" for turn in turns):
        tally["conversation without an agent's answer"] += 1
    return found


def _spoken(conversation: Conversation, tally: Counter[str]) -> Iterable[_Turn]:
    for message in conversation.messages:
        kind = conversation.kind_of(message.author)
        reason = _left_out(message, kind)
        text = _trimmed(message.text, kind)
        if reason or not text:
            tally[reason or "message without text"] += 1
            continue
        traced = f"{conversation.source}/{conversation.external_id}/{message.external_id}"
        yield _Turn(SPEAKERS[kind], text, (traced,))


def _left_out(message: Message, kind: Kind) -> str | None:
    if message.visibility is not Visibility.PUBLIC:
        return f"{message.visibility.value} message"
    return None if kind in SPEAKERS else f"message of a {kind.value.replace('_', ' ')}"


def _trimmed(text: str, kind: Kind) -> str:
    if kind is Kind.AGENT:
        text = SIGN_OFF.sub("", GREETING.sub("", text))
    return text.strip()


def _merge(turns: Iterable[_Turn]) -> Sequence[_Turn]:
    merged = []
    for role, run in groupby(turns, key=lambda turn: turn.role):
        parts = list(run)
        text = "\n\n".join(part.text for part in parts)
        merged.append(_Turn(role, text, tuple(i for part in parts for i in part.ids)))
    return merged
