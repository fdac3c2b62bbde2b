"""Files: RDF in any format, gzip too, read quad by quad, however long, and hashed on the way."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat, parse

from .errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyoxigraph import Quad

GZIP = ".gz"
"""What the name of a compressed file ends with, after its format: `dump.nq.gz`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that is being read."""

    quads: Iterator[Quad]
    """What it holds, one by one. Blank nodes get labels that no other file has."""
    _form: RdfFormat
    _base: str
    _read: _Hashing

    @property
    def said(self) -> str:
        """What the quads depend on, once all are read: the format, the base, the SHA-256 in hex."""
        return f"{self._form.file_extension} {self._base} {self._read.total.hexdigest()}"


@contextmanager
def reading(file: Path) -> Iterator[Reading]:
    """Open `file`, whose name tells its format.

    Raises `Unreadable`, then or while it is read, with the line and column of what is not RDF.
    """
    packed = file.suffix == GZIP
    form = RdfFormat.from_extension((file.with_suffix("") if packed else file).suffix[1:])
    if form is None:
        raise Unreadable(file, "no RDF format has this extension")
    try:
        with file.open("rb") as stored:
            opened = gzip.GzipFile(fileobj=stored) if packed else stored
            read = _Hashing(opened)
            base = file.resolve().as_uri()
            quads = parse(read, form, base_iri=base, rename_blank_nodes=True)
            absolute = form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
            yield Reading(quads, form, "" if absolute else base, read)
    except SyntaxError as error:
        raise Unreadable.at(file, error) from error
    except OSError as error:
        raise Unreadable(file, error.strerror or str(error)) from error
    except (EOFError, ValueError, zlib.error) as error:
        raise Unreadable(file, str(error)) from error


class _Hashing(io.BytesIO):
    """A file that hashes what is read of it: what the digest tells is what was parsed."""

    def __init__(self, opened: io.BufferedIOBase) -> None:
        super().__init__()
        self._opened = opened
        self.total = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        part = self._opened.read(-1 if size is None else size)
        self.total.update(part)
        return part
