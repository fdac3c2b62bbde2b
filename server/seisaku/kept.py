"""Kept: what the steps of a build leave for the next one, in files named by what went into them.

A file that cannot be read, that is damaged (its first line is a digest of the rest), or that other
code has written, is as good as none: the step is done again. Each is written beside its place and
renamed, so that a build that is killed spoils nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

MOST = 64 << 20
"""Bytes of all files; beyond it those go first that were used last the longest ago."""


class Kept:
    """The files in `folder`, which is made when first needed; `code` digests what writes them."""

    def __init__(self, folder: Path, code: str) -> None:
        self._folder = folder
        self._code = code

    def get(self, step: str, *of: str) -> Any:  # noqa: ANN401  # as JSON has it
        """Give what `step` made of `of`; None when that is not there."""
        file = self._file(step, of)
        try:
            digest, _, text = file.read_bytes().partition(b"\n")
            if digest != _digest(text):
                return None
            os.utime(file)
        except OSError:
            return None
        return json.loads(text)

    def put(self, step: str, *of: str, value: Any) -> None:  # noqa: ANN401  # as JSON has it
        """Keep what `step` made of `of`. Where nothing can be written, nothing is kept."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".writing-", dir=self._folder)
            try:
                with open(handle, "wb") as opened:  # noqa: PTH123  # a descriptor
                    opened.write(_digest(text) + b"\n" + text)
                Path(beside).replace(self._file(step, of))
            finally:
                Path(beside).unlink(missing_ok=True)

    def prune(self) -> None:
        """Remove what other code wrote, what is half written, and the oldest beyond `MOST`."""
        found = [(file.stat(), file) for file in self._folder.glob("*") if file.is_file()]
        left = MOST
        for stat, file in sorted(found, key=lambda each: -each[0].st_mtime):
            left -= stat.st_size
            if left < 0 or not file.name.startswith(self._code[:16]):
                file.unlink(missing_ok=True)

    def _file(self, step: str, of: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\0".join(of).encode()).hexdigest()
        return self._folder / f"{self._code[:16]}-{step}-{name[:32]}.json"


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
