"""An agent's answer -> whether it only says that somebody is looking into it.

Such an answer is polite and true, and taught to a bot it is a promise that nobody keeps. English alone.
"""

from __future__ import annotations

import re

CLAUSE = re.compile(r"(?<=[.!?])\s+|\n+|[,;:]\s+|\s+(?:and|then|but)\s+")

US = r"(?:I|I'll|I'm|we|we'll|we're|let me|us|our \w+)"
PROMISES = (
    rf"{US}\b.*\b(?:look|check)(?:ing)?\b", r"(?:get|come) back to you", r"keep you (?:posted|updated|informed)",
    r"let you know (?:as soon|once|when|what|how)", r"will be in touch", rf"{US}\b.*\b(?:investigat|find out)",
    rf"{US}\b.*\b(?:forward|pass|escalat|rais|report)(?:ed|ing)\b.*\b(?:teams?|colleagues?|departments?|specialists?)",
    r"bear with (?:me|us)", r"let me (?:have|take) a look", r"under review",
)  # fmt: skip
WAITING = r"^(?:ok(?:ay)?\W+)?(?:(?:give me |just )?(?:a|one) (?:moment|minute|second)|hold on)\b(?: please)?\W*$"
COURTESIES = (
    r"sorry", r"apolog\w+", r"thank\w*", r"patien\w+", r"understand", r"appreciate", r"inconvenience", r"regret",
)  # fmt: skip

PROMISE = re.compile(rf"\b(?:{'|'.join(PROMISES)})|{WAITING}", re.I)
COURTESY = re.compile(rf"\b(?:{'|'.join(COURTESIES)})\b", re.I)

SUBSTANCE = 6
"""Words beside promises and courtesies, from which on an answer says something."""


def holding(answer: str) -> bool:
    """True for "Sorry about that! I will check with the warehouse and get back to you."."""
    clauses = CLAUSE.split(answer)
    if not any(map(PROMISE.search, clauses)):
        return False
    rest = [one for one in clauses if not PROMISE.search(one) and not COURTESY.search(one)]
    return sum(len(one.split()) for one in rest) < SUBSTANCE
