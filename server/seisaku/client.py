"""Client: who asks, which the queue is fair by, and whether it is still there."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .answers import Answer


class Client:
    """Who asks a query. Thread-safe: one thread waits for the answer, another sees it leave.

    `address` is an IP address; of an IPv6 address the network /64 counts, which is what one
    customer gets. Without an address all ask as one.
    """

    def __init__(self, address: str | None = None) -> None:
        self.address = _customer(address or "")
        self.ahead: Callable[[], Answer] | None = None
        """Gives the answer to what it asks, where that has been begun ahead; to be called once."""
        self._lock = threading.Lock()
        self._gone = False
        self._calls: list[Callable[[], object]] = []

    @property
    def gone(self) -> bool:
        """Whether the client has closed its connection."""
        return self._gone

    def known_as(self, address: str | None) -> None:
        """Tell the address, when it is known better: what a proxy says of whom it asks for."""
        self.address = _customer(address or "")

    def leave(self) -> None:
        """Note that the client has closed its connection."""
        with self._lock:
            self._gone = True
            calls = list(self._calls)
        for call in calls:
            call()

    def take_ahead(self) -> Callable[[], Answer] | None:
        """Give what was begun ahead to whoever ends it; None when nothing was, or it has been."""
        with self._lock:
            ahead, self.ahead = self.ahead, None
        return ahead

    @contextlib.contextmanager
    def on_leaving(self, call: Callable[[], object]) -> Iterator[None]:
        """Call `call` when the client leaves while the block runs, or has left before."""
        with self._lock:
            self._calls.append(call)
            gone = self._gone
        if gone:
            call()
        try:
            yield
        finally:
            with self._lock:
                self._calls.remove(call)


@lru_cache(1024)
def _customer(address: str) -> str:
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return address
    return str(read.ipv4_mapped or ipaddress.ip_network((read, 64), strict=False))
