"""Assets: the static files, compressed, each at an address that changes when it does.

A page names a file with the digest of what is in it, `seisaku.css?v=…`, so that a browser keeps it
for good. What the file names of `server/editor/` carry their digest in themselves.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from . import negotiate
from .config import PACKAGE
from .respond import compressor

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

FOLDER = PACKAGE / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""What a file is, by how its name ends; there are no others."""

NAMED_BY_DIGEST = re.compile(r"-[A-Z0-9]{8}\.js$")
"""The parts of the editor's bundle, as esbuild names them."""

FOR_GOOD = "public, max-age=31536000, immutable"
GZIP_LEVEL, ZSTD_LEVEL = 9, 15
"""A file is compressed once: the editor's 640 kB takes 0.1 s."""


def register(app: Flask) -> None:
    """Add the route of the static files, and the digest to the address that `url_for` gives."""
    app.add_url_rule("/static/<path:filename>", "static", _static)
    app.url_defaults(_with_digest)


def is_there(filename: str) -> bool:
    """Tell whether a file has been made: the editor is built when the server is set up."""
    return (FOLDER / filename).is_file()


def changed() -> int:
    """Give when the last of the files changed: pages that are older name old addresses."""
    return max(file.stat().st_mtime_ns for file in FOLDER.glob("**/*.*"))


def _with_digest(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and is_there(values["filename"]):
        values["v"] = _digest(*_version(FOLDER / values["filename"]))


def _static(filename: str) -> Response:
    """Give a static file."""
    path = safe_join(str(FOLDER), filename)
    file = FOLDER / path if path else FOLDER
    if file.suffix not in TYPES or not file.is_file():
        raise NotFound(f"no file is called {filename}")
    version = _version(file)
    encoding = negotiate.encoding()
    response = Response(_written(*version, encoding), content_type=TYPES[file.suffix])
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.vary.update(("Accept-Encoding",))
    response.set_etag(_digest(*version), weak=True)
    sure = request.args.get("v") == _digest(*version) or NAMED_BY_DIGEST.search(filename)
    response.headers["Cache-Control"] = FOR_GOOD if sure else "no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]  # gives itself


def _version(file: Path) -> tuple[Path, int]:
    """Give a file with the time of its last change: who works on it sees the change at once."""
    return file, file.stat().st_mtime_ns


@cache
def _digest(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


@cache
def _written(file: Path, _changed: int, encoding: str | None) -> bytes:
    body = file.read_bytes()
    if encoding is None:
        return body
    packer = compressor(encoding, size=len(body), zstd=ZSTD_LEVEL, gzip=GZIP_LEVEL)
    return packer.compress(body) + packer.flush()
