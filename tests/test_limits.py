"""What is counted is forgotten again."""

from __future__ import annotations

import secrets
import time

import pytest

from deskwright.config import Serve
from serve.limits import ROOM, Limits
from serve.refusals import Refusal
from tests.stand_in import until


def test_who_asked_nothing_lately_is_not_kept_in_memory() -> None:
    limits = Limits(Serve(limit_address="1/second"))

    def ask(often: int) -> int:
        for _ in range(often):
            limits.count("address", secrets.token_hex(8))
        return len(limits._memory.events)

    assert ask(2 * ROOM) == 2 * ROOM
    time.sleep(1.2)

    assert until(lambda: 0 < ask(ROOM // 5) < 2 * ROOM)


def test_who_asked_lately_is_kept() -> None:
    limits = Limits(Serve(limit_address="1/day"))
    limits.count("address", "198.51.100.7")
    for n in range(3 * ROOM):
        limits.count("address", str(n))

    with pytest.raises(Refusal, match="this address"):
        limits.count("address", "198.51.100.7")
