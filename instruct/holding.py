"""An agent's answer -> whether it only says that somebody is looking into it.

Such an answer is polite and true, and taught to a bot it is a promise that nobody keeps. English alone.
"""

from __future__ import annotations

import re

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")

PROMISES = (
    r"(?:look|check)(?:ing)? (?:this |that |it |your \w+ )?(?:into|up|with)", r"(?:get|come) back to you",
    r"keep you (?:posted|updated|informed)", r"let you know (?:as soon|once|when|what|how)", r"will be in touch",
    r"(?:forward|pass|escalat|rais|report)(?:ed|ing)\b.*\b(?:teams?|colleagues?|departments?|managers?|specialists?)",
    r"bear with (?:me|us)", r"(?:one|just a|give me a) (?:moment|minute|second)", r"hold on",
    r"(?:will|let me|going to) (?:check|investigate|find out|have a look|take a look)", r"investigating",
    r"under review",
)  # fmt: skip
COURTESIES = (
    r"sorry", r"apolog\w+", r"thank\w*", r"patien\w+", r"understand", r"appreciate", r"inconvenience", r"regret",
)  # fmt: skip

PROMISE = re.compile(rf"\b(?:{'|'.join(PROMISES)})\b", re.I)
COURTESY = re.compile(rf"\b(?:{'|'.join(COURTESIES)})\b", re.I)

SUBSTANCE = 6
"""Words beside promises and courtesies, from which on an answer says something."""


def holding(answer: str) -> bool:
    """True for "Sorry about that! I will check with the warehouse and get back to you."."""
    sentences = SENTENCE.split(answer)
    if not any(map(PROMISE.search, sentences)):
        return False
    rest = [one for one in sentences if not PROMISE.search(one) and not COURTESY.search(one)]
    return sum(len(one.split()) for one in rest) < SUBSTANCE
