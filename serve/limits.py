"""How often a key, a chat and an address may ask: a moving window in memory, and 429 with Retry-After beyond it.

`[serve]` says how much is allowed, as the package `limits` writes it: "60/minute". Of several server processes each
counts for itself.
"""

from __future__ import annotations

import time
from ipaddress import IPv4Address, IPv6Network, ip_address

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from deskwright.config import Serve
from serve.refusals import Refusal

KINDS = {
    "key": "this API key or log-in",
    "session": "this chat",
    "address": "this address",
    "login": "this address, or for this name, that failed",
}
WATCHING = "60/minute"
"""How often a chat of the widget may look for news; it does so every four seconds while a person is waited for."""


ROOM = 1000
"""So many who asked are kept before those are looked for that asked nothing lately."""


class Limits:
    """Counts for one server."""

    def __init__(self, config: Serve) -> None:
        allowed = {kind: getattr(config, f"limit_{kind}") for kind in KINDS}
        self._allowed: dict[str, RateLimitItem] = {kind: parse(text) for kind, text in allowed.items() if text}
        if config.limit_session:
            self._allowed["watch"] = parse(WATCHING)
        self._memory = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._memory)
        self._room = ROOM

    def count(self, kind: str, who: str) -> None:
        """Counts one request of this key, session or address.

        Raises:
            Refusal: it is one too many; the header Retry-After says in how many seconds the next one is answered.
        """
        allowed = self._allowed.get(kind)
        if allowed is None or self._hit(allowed, kind, who):
            return
        raise self._too_many(kind, who)

    def check(self, kind: str, who: str) -> None:
        """Counts nothing.

        Raises:
            Refusal: one request more would be one too many.
        """
        allowed = self._allowed.get(kind)
        if allowed is not None and not self._window.test(allowed, kind, who):
            raise self._too_many(kind, who)

    def add(self, kind: str, who: str) -> None:
        """Counts one that `check` let pass."""
        if allowed := self._allowed.get(kind):
            self._hit(allowed, kind, who)

    def _hit(self, allowed: RateLimitItem, kind: str, who: str) -> bool:
        if len(self._memory.events) > self._room:
            self._forget()
        return self._window.hit(allowed, kind, who)

    def _forget(self) -> None:
        """Drops who asked nothing lately: the storage empties their list, and looks at it for ever."""
        for key, asked in list(self._memory.events.items()):
            if not asked:
                with self._memory.locks[key]:
                    if not self._memory.events.get(key):
                        self._memory.clear(key)
        self._room = 2 * len(self._memory.events) + ROOM

    def _too_many(self, kind: str, who: str) -> Refusal:
        allowed = self._allowed[kind]
        free = self._window.get_window_stats(allowed, kind, who).reset_time
        seconds = max(1, int(free - time.time()) + 1)
        whom = KINDS.get(kind, KINDS["session"])
        return Refusal(
            429,
            f"Too many requests from {whom}: {allowed} are answered. Try again in {seconds} seconds.",
            "rate_limit_exceeded",
            headers={"Retry-After": str(seconds)},
        )

    def count_address(self, request: Request) -> None:
        """Counts one request of the address it comes from."""
        self.count("address", address(request))


def address(request: Request) -> str:
    """Where a request comes from; of IPv6, the network that one customer gets (a /64)."""
    return _network(request.client.host) if request.client else ""


def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address) or address.ipv4_mapped:
        return host
    return str(IPv6Network((int(address), 64), strict=False))
