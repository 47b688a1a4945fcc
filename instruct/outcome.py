"""An answer and what came after it -> what became of it, and how much a training row of it counts.

A row whose answer is known to have helped counts more in the loss than one that is known to have not. The signs are the
customer's next words (English alone), and the status, the rating and the tags of the conversation. Ratings and statuses
are of whole conversations: a good rating or a solved ticket speaks for its last answer, a bad rating against each.
"""

from __future__ import annotations

import re

from deskwright.conversation import Conversation

WEIGHTS = {
    "rated badly": 0.5,
    "the customer came back": 0.5,
    "still open": 0.75,
    "": 1.0,
    "solved": 1.25,
    "rated well": 1.5,
    "the customer said thanks": 1.5,
}
"""What a row's loss is multiplied by. Nothing is silenced or tripled: the signs are weak ones. A customer who comes
back, or is angry, may be so for another reason (0.5); an open ticket may be closed tomorrow (0.75); a solved one was
often closed by a clock (1.25). Only words and ratings of customers themselves count as fully as 1.5."""

RATINGS = {
    **dict.fromkeys(("good", "great", "excellent", "positive", "satisfied", "happy", "up", "5", "4"), "rated well"),
    **dict.fromkeys(("bad", "poor", "terrible", "negative", "unsatisfied", "dissatisfied"), "rated badly"),
    **dict.fromkeys(("unhappy", "down", "2", "1"), "rated badly"),
}
"""The word of a rating, or its number on a scale of five."""
RATING = re.compile(
    r"(?:(?:thumbs?|score|rating|rated|csat)[\W_]*)?(?P<not>not\s)?(?:(?:very|really|completely)\s)?"
    r"(?P<word>[a-z]+?(?=with(?:out)?comment|[\W_]|$)|\d+(?=(?:\.0+)?\s*(?:/\s*5|stars?|(?:out )?of 5)?\s*$))"
)

STATUSES = {
    **dict.fromkeys(("solved", "closed", "resolved", "done", "completed"), "solved"),
    **dict.fromkeys(("new", "open", "pending", "hold", "on hold", "waiting", "in progress"), "still open"),
}
REOPENED = re.compile(r"re-?opened", re.I)

QUOTE = re.compile(r"^(?:>|On .{0,80}\bwrote:).*", re.M | re.S)
SIGN_OFF = re.compile(
    r"\n[ \t]*(?:(?:best|kind|warm|many)?\s*(?:regards|wishes)|best|cheers|sincerely|yours \w+|all the best"
    r"|thanks|thank you|take care)[,.!]?[ \t]*(?:\n[^\n]{0,60}){0,4}\s*\Z",
    re.I,
)
UNHELPFUL = re.compile(
    r"\b(?:still (?:not?|nothing|the same|waiting|broken|(?:do|does|did|has|have|is|are|wo|ca|could|can)\s?n[o']t)"
    r"|(?:does|do|did|has|have)(?:n't| not) (?:help|work|solve|fix|change|arrive)\w*"
    r"|same (?:problem|issue|error|thing)|no luck|not what I asked|again broken|broken again)\b",
    re.I,
)
THANKS = re.compile(
    r"\b(?:thx|(?<!no )(?<!no, )thank(?:s| you)"
    r"(?!(?: a lot| so much| very much)?(?: in advance| for (?:nothing|(?:your|the) (?:message|mail|e-?mail))))"
    r"|(?<!hope )that (?:helps|helped|worked|works|solved|fixed|answers)|it works now)\b",
    re.I,
)


def outcome(conversation: Conversation, after: str | None) -> str:
    """A key of `WEIGHTS`. `after` is what the customer said next; None: nothing, so that this answer was the last."""
    last = after is None
    said = QUOTE.sub("", (after or "").replace("\u2019", "'"))
    rating = _rating(conversation.csat or "")
    status = STATUSES.get(re.sub(r"[_-]", " ", conversation.status.strip().lower()), "")
    found = (
        ("rated badly", rating == "rated badly"),
        ("the customer came back", bool(UNHELPFUL.search(said)) or (_reopened(conversation) and not last)),
        ("the customer said thanks", _thankful(said)),
        ("rated well", last and rating == "rated well"),
        (status, last),
    )
    return next((name for name, holds in found if holds), "")


def _thankful(said: str) -> bool:
    """Thanks at the end are manners, and after a question they are for an answer that is still to come."""
    first, _, _ = SIGN_OFF.sub("", said).partition("?")
    return bool(THANKS.search(first))


def _rating(csat: str) -> str:
    found = RATING.match(csat.strip().lower())
    rating = RATINGS.get(found["word"], "") if found else ""
    if found and found["not"]:
        return "rated badly" if rating == "rated well" else ""
    return rating


def _reopened(conversation: Conversation) -> bool:
    return any(map(REOPENED.search, (conversation.status, *conversation.tags)))
