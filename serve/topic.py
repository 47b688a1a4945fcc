"""A chat's turns -> its topic, where `deskwright topics` has learnt any: for who passes chats on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from deskwright.workspace import Workspace
from instruct.topics import LABELS, Topics

log = logging.getLogger("deskwright.serve")


def topic_of(workspace: Workspace, turns: Sequence[Mapping[str, str]]) -> str | None:
    """The likeliest topic of anything that the customer said, redacted; None where all of it is about something else,
    or no topics are learnt."""
    said = [turn["content"] for turn in turns if turn["role"] == "user"]
    folder = workspace.models / "topics"
    if not said or not (folder / LABELS).is_file():
        return None
    try:
        guesses = Topics.open(folder).guess(said)
    except Exception as error:  # being learnt anew, or damaged in whatever way: the chat goes first
        log.warning("the topics in %s cannot be read: %s", folder, type(error).__name__)
        return None
    return max(
        (guess for guess in guesses if guess.topic), key=lambda guess: guess.probability, default=guesses[0]
    ).topic
