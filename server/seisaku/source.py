"""A source document: the file that records cite by line, and the digests that hold them to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import SourceMismatch, Unreadable

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a source document. Its lines count from 1 and end in line feeds."""

    file: Path
    text: str

    @property
    def identifier(self) -> str:
        """The `dcterms:identifier` of the document that this file is: `sha256:` and the hex."""
        return f"sha256:{_sha256(self.text)}"

    @property
    def lines(self) -> list[str]:
        """Its lines, without their ends; the first is line 1."""
        return self.text.split("\n")

    @property
    def count(self) -> int:
        """The number of its lines: the `ssk:lineCount` of the document that this file is."""
        return len(self.lines) - self.text.endswith("\n")

    def passage(self, first: int, last: int) -> str:
        """Give the lines from `first` to `last`, both included."""
        return "\n".join(self.lines[first - 1 : last])

    def digest(self, first: int, last: int) -> str:
        """Give the SHA-256, in hex, of a passage in UTF-8: the `ssk:contentSha256` of a segment."""
        return _sha256(self.passage(first, last))

    def holds(self, segment: object, first: int, last: int, digest: str) -> None:
        """Raise `SourceMismatch` unless the lines of `segment` are the ones on record."""
        if self.digest(first, last) != digest:
            raise SourceMismatch(f"{segment}: its lines are not the ones on record")


def read(file: Path) -> SourceText:
    """Read a source document. Raises `Unreadable` unless it is there and UTF-8."""
    try:
        return SourceText(file, file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise Unreadable(file, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise Unreadable(file, f"not UTF-8 at byte {error.start}") from error


def no_such_document(source: SourceText, known: list[str]) -> SourceMismatch:
    """Give the error that no record cites this file."""
    return SourceMismatch(
        f"{source.file}: no record cites this document. It is {source.identifier};"
        f" cited: {', '.join(known) or 'none'}"
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
