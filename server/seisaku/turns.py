"""Turns: which query runs next. Each client in turn, whoever has fewest running first."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .errors import ClientGone, QueueFull

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .client import Client

Place = TypeVar("Place")


class Wakeable(Protocol):
    """What is set to wake who waits, like a `threading.Event`."""

    def set(self) -> None:
        """Wake who waits; more than once is like once."""

    def wait(self, timeout: float, /) -> bool:
        """Wait so many seconds at most; tell whether it is set."""


class Turns(Generic[Place]):
    """Hands places to run at to clients, fairly. Thread-safe.

    At most `longest` queries wait. When so many do, one more is refused, unless another client has
    more of them waiting: then the last of those is refused. At most `slow` long queries run, and
    of one client one fewer, so that it does not keep the others from asking long ones too.
    """

    def __init__(self, longest: int, slow: int) -> None:
        self._longest = longest
        self._slowest = slow
        self._lock = threading.Lock()
        self._free: list[Place] = []
        self._queue: dict[str, deque[Waiter[Place]]] = {}
        self._running: Counter[str] = Counter()
        self._slow: Counter[str] = Counter()
        self._closed = False

    @property
    def waiting(self) -> int:
        """The number of queries that wait."""
        return sum(map(len, list(self._queue.values())))

    @property
    def running(self) -> int:
        """The number of queries that run."""
        return sum(list(self._running.values()))

    def open(self, places: Iterable[Place]) -> None:
        """Add places to run at."""
        with self._lock:
            self._free += places
            self._hand_out()

    def close(self) -> list[Place]:
        """Refuse who waits and who comes, and give the places that are free."""
        with self._lock:
            self._closed = True
            for waiter in [each for queue in self._queue.values() for each in queue]:
                waiter.refuse("stopping")
            self._queue.clear()
            free, self._free = self._free, []
            return free

    def take(self, client: Client, ends: float) -> Place:
        """Wait for a place until the monotonic time `ends`.

        Raises `QueueFull`, or `ClientGone` when the client leaves before.
        """
        return self.wait(self.enter(client, threading.Event()), client, ends)

    def at_once(self, client: Client) -> Place | None:
        """Give a place when one is free and nobody waits for it; else None."""
        with self._lock:
            if not self._free or self._queue or self._closed:
                return None
            self._running[client.address] += 1
            return self._free.pop()

    def enter(self, client: Client, woken: Wakeable) -> Waiter[Place]:
        """Get in line; `woken` is set when there is a place, or there will be none.

        What is given has to be waited for. Raises `QueueFull`.
        """
        waiter: Waiter[Place] = Waiter(client.address, woken)
        with self._lock:
            self._enter(waiter)
            self._hand_out()
        return waiter

    def wait(self, waiter: Waiter[Place], client: Client, ends: float) -> Place:
        """Wait for the place of who is in line; otherwise like `take`."""
        with client.on_leaving(waiter.woken.set):
            waiter.woken.wait(max(ends - time.monotonic(), 0))
        return self.taken(waiter, client)

    def taken(self, waiter: Waiter[Place], client: Client) -> Place:
        """Give the place of who was in line and has been woken, or has waited long enough.

        Raises what `wait` raises.
        """
        with self._lock:
            if waiter.place is None:
                self._forget(waiter)
        if waiter.place is None:
            raise ClientGone if client.gone else QueueFull(waiter.refused)
        if client.gone:
            self.give_back(waiter.place, client)
            raise ClientGone
        return waiter.place

    def give_back(self, place: Place | None, client: Client, *, slow: bool = False) -> None:
        """Free the place of a query that has ended; None when the place has been lost."""
        with self._lock:
            _count_down(self._running, client.address)
            if slow:
                _count_down(self._slow, client.address)
            if place is not None:
                self._free.append(place)
                self._hand_out()

    def count_as_slow(self, client: Client) -> None:
        """Note that a query runs long. Raises `QueueFull` when too many do."""
        with self._lock:
            if self._slow.total() >= self._slowest or self._slow[client.address] >= max(
                1, self._slowest - 1
            ):
                raise QueueFull("slow")
            self._slow[client.address] += 1

    def _enter(self, waiter: Waiter[Place]) -> None:
        if self._closed:
            raise QueueFull("stopping")
        if not self._free and self.waiting >= self._longest:
            own = len(self._queue.get(waiter.address, ()))
            longest = max(self._queue.values(), key=len, default=None)
            if longest is None or own + 1 >= len(longest):
                raise QueueFull("waiting")
            last = longest[-1]
            self._forget(last)
            last.refuse("waiting")
        self._queue.setdefault(waiter.address, deque()).append(waiter)

    def _forget(self, waiter: Waiter[Place]) -> None:
        queue = self._queue.get(waiter.address)
        if queue is not None and waiter in queue:
            queue.remove(waiter)
            if not queue:
                del self._queue[waiter.address]

    def _hand_out(self) -> None:
        while self._free and self._queue:
            address = min(self._queue, key=self._running.__getitem__)
            queue = self._queue[address]
            waiter = queue.popleft()
            if not queue:
                del self._queue[address]
            elif len(self._queue) > 1:
                self._queue[address] = self._queue.pop(address)  # at the end: others come first
            self._running[address] += 1
            waiter.place = self._free.pop()
            waiter.woken.set()


def _count_down(counts: Counter[str], address: str) -> None:
    """Count one less, and forget who has none."""
    counts[address] -= 1
    if counts[address] <= 0:
        del counts[address]


@dataclass(eq=False, slots=True)
class Waiter(Generic[Place]):
    """A client in line."""

    address: str
    woken: Wakeable
    place: Place | None = None
    refused: str = "no-worker"

    def refuse(self, reason: str) -> None:
        """Tell it that there will be no place, and why."""
        self.refused = reason
        self.woken.set()
