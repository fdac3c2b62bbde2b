"""Cache: answers kept in memory, up to a number of bytes.

A key holds everything that an answer depends on: the digest of the dataset, the query's text, the
media type and the graphs. So no entry can be wrong, and none has to be thrown out but for room.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .answers import Answer

OVERHEAD = 600
"""Bytes of an entry besides its answer and its key's text; tracemalloc counts some 400."""


class Key(NamedTuple):
    """Everything that an answer depends on."""

    digest: str
    text: str
    media_type: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]


class AnswerCache:
    """The answers used last, as many as `longest` bytes hold; none when it is 0. Thread-safe."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.bytes = 0
        self.hits = 0
        self.misses = 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, Answer] = OrderedDict()

    def get(self, key: Key) -> Answer | None:
        """Give the answer kept for `key`, or None."""
        with self._lock:
            found = self._answers.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._answers.move_to_end(key)
            return found

    def put(self, key: Key, answer: Answer) -> None:
        """Keep `answer`, unless it lies in a file or is larger than an eighth of the cache."""
        if not self.longest:
            return
        size = _size(key, answer)
        if answer.file is not None or size > self.longest // 8:
            return
        with self._lock:
            if key in self._answers:
                return
            self._answers[key] = answer
            self.bytes += size
            while self.bytes > self.longest:
                self.bytes -= _size(*self._answers.popitem(last=False))


def _size(key: Key, answer: Answer) -> int:
    graphs = sum(map(len, key.default_graphs + key.named_graphs))
    return answer.size + 4 * (len(key.text) + graphs) + OVERHEAD
