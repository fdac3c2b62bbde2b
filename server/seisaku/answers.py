"""Answers: whole before they are sent, in memory while short, else in a file without a name."""

from __future__ import annotations

import io
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import QueueFull

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 64 << 10
"""Bytes of an answer that a worker sends at a time."""

IN_MEMORY = 256 << 10
"""Bytes of an answer that stay in memory; a longer one goes to a file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's answer, whole: its media type and its bytes.

    An answer of more than `IN_MEMORY` bytes lies in `file`, which has no name and is gone when it
    is closed; `memory` is empty then.
    """

    media_type: str
    size: int
    memory: bytes
    file: Nameless | None = None

    @property
    def body(self) -> bytes:
        """The bytes, read into memory."""
        if self.file is None:
            return self.memory
        self.file.seek(0)
        return self.file.read()

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes, some at a time."""
        if self.file is None:
            yield self.memory
            return
        self.file.seek(0)
        while piece := self.file.read(PIECE):
            yield piece


class Room:
    """Counts the bytes on disk that long answers take. Thread-safe."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Take room for `size` bytes. Raises `QueueFull` when there is none."""
        with self._lock:
            if size > self._left:
                raise QueueFull("answers")
            self._left -= size

    def give_back(self, size: int) -> None:
        """Free the room for `size` bytes."""
        with self._lock:
            self._left += size


class Nameless(io.RawIOBase):
    """A file without a name, which is gone, and its room free, when it is closed or forgotten."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed with this
        self.size = 0

    def fileno(self) -> int:
        """Give the file's descriptor."""
        return self._file.fileno()

    def append(self, part: bytes) -> None:
        """Add bytes. Raises `QueueFull` when there is no room for them."""
        self._room.take(len(part))
        self.size += len(part)
        view = memoryview(part)
        while view:
            view = view[self._file.write(view) :]

    def read(self, size: int = -1, /) -> bytes:
        """Read on: `size` bytes, or all that are left."""
        return self._file.read(size)

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Go to a place."""
        return self._file.seek(place, whence)

    def close(self) -> None:
        """Give the file up."""
        if not self.closed:
            self._file.close()
            self._room.give_back(self.size)
        super().close()


class Spool:
    """Collects an answer: in memory while it is short, then in a file without a name."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._memory = bytearray()
        self._file: Nameless | None = None
        self.tail = b""
        """The last piece of an answer, or what is wrong."""

    def write(self, part: bytes) -> None:
        """Add bytes. Raises `QueueFull` when long answers take all the room that there is."""
        if self._file is not None:
            self._file.append(part)
            return
        self._memory += part
        if len(self._memory) > IN_MEMORY:
            self._file = Nameless(self._room)
            self._file.append(bytes(self._memory))
            self._memory.clear()

    def answer(self, media_type: str) -> Answer:
        """Give what was written, and its tail."""
        self.write(self.tail)
        if self._file is None:
            return Answer(media_type, len(self._memory), bytes(self._memory))
        return Answer(media_type, self._file.size, b"", self._file)
