"""Items one after the other -> so many of them, each with the same chance (Vitter, 1985, algorithm R)."""

from __future__ import annotations

import random
from typing import TypeVar

T = TypeVar("T")


def draw(drawn: list[T], item: T, number: int, size: int, chance: random.Random) -> None:
    """Takes the item, which is the `number`-th from 1, into `drawn`, perhaps in another's place. How many items there
    will be need not be known."""
    if len(drawn) < size:
        drawn.append(item)
    elif (place := chance.randrange(number)) < size:
        drawn[place] = item
