"""Downloads: the files of the export over HTTP, made at the first demand and kept.

They are made by a process of its own: it takes some seconds, in which the others are answered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Response, abort, current_app, redirect, request, url_for
from werkzeug.utils import send_file

from . import negotiate, snapshot
from .config import PACKAGE
from .description import served
from .distribution import INDEX, SUMS
from .errors import QueueFull

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response as AnyResponse

    from .config import Config

    Json = dict[str, Any]

MADE_BY = ("*.py", "translations/*.toml", "tables/*.rq")
"""The files of the package that the export is made by: of another version, it is made anew."""

DESCRIBED_BY = {"text/csv": "csv-metadata.json"}
"""Files that say how to read those of a media type (as `Link` of RFC 8288)."""


class Downloads:
    """The folder of the files of each snapshot, below the snapshot itself. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self._snapshots = config.snapshots
        self.max_age = config.max_age
        self._making = threading.Lock()

    def snapshot(self, digest: str) -> Path | None:
        """Give the folder of a snapshot that is there; None for another dataset."""
        return snapshot.find(self._snapshots, digest) if digest else None

    def folder(self, digest: str) -> Path | None:
        """Give the folder of the files, made when it is not there; None without a snapshot.

        Raises `QueueFull` while another request makes it.
        """
        of = self.snapshot(digest)
        if of is None:
            return None
        place = of / "downloads" / _version()
        if not (place / INDEX).is_file():
            self._make(of, place)
        return place

    def _make(self, of: Path, place: Path) -> None:
        if not self._making.acquire(blocking=False):
            raise QueueFull("making")
        try:
            if (place / INDEX).is_file():
                return
            shutil.rmtree(place.parent, ignore_errors=True)  # of another version of the code
            place.parent.mkdir()
            self._write(of, place)
        finally:
            self._making.release()

    def _write(self, of: Path, place: Path) -> None:
        beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=place.parent))
        command = [sys.executable, "-m", "seisaku.export", str(of / snapshot.DATASET), str(beside)]
        try:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
            beside.chmod(0o755)
            beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def register(app: Flask, config: Config) -> None:
    """Add the routes."""
    app.extensions["downloads"] = Downloads(config)
    app.jinja_env.globals["downloadable"] = downloadable
    app.add_url_rule("/download/", "downloads", _listed)
    app.add_url_rule("/download/<path:name>", "download", _download)


def downloadable() -> bool:
    """Tell whether there are files: other people's data, served as they are, have none."""
    return _downloads().snapshot(served().digest) is not None


def listed() -> list[Json]:
    """List the files that can be had; aborts with 404 when other people's data are served."""
    files: list[Json] = json.loads((_folder() / INDEX).read_text(encoding="utf-8"))["files"]
    return files


def _listed() -> AnyResponse:
    """List the files: for a browser the page, else in JSON."""
    if negotiate.media_type(("application/json", "text/html")) == "text/html":
        return redirect(url_for("pages.download", lang=negotiate.language()))
    files = [{**each, "url": _address(each["name"])} for each in listed()]
    text = json.dumps({"files": files}, ensure_ascii=False)
    return Response(text, content_type="application/json")


def _download(name: str) -> AnyResponse:
    """Give one file, compressed by gzip where the client takes it."""
    folder = _folder()
    known = {each["name"]: each for each in listed()}
    compressed = {each["gzip"]["name"]: each["gzip"] for each in known.values() if "gzip" in each}
    if name in (SUMS, INDEX):
        media_type = "text/plain" if name == SUMS else "application/json"
        sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        return _sent(folder / name, media_type, sha256)
    if name in compressed:
        return _sent(folder / name, "application/gzip", compressed[name]["sha256"])
    if name not in known:
        abort(HTTPStatus.NOT_FOUND)
    found = known[name]
    if "gzip" in found and request.accept_encodings.quality("gzip") > 0:
        packed = found["gzip"]
        response = _sent(folder / packed["name"], found["mediaType"], packed["sha256"], name)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = _sent(folder / name, found["mediaType"], found["sha256"])
    response.vary.add("Accept-Encoding")
    if described_by := DESCRIBED_BY.get(found["mediaType"]):
        link = f'<{url_for("download", name=described_by)}>; rel="describedby"'
        response.headers["Link"] = f'{link}; type="application/csvm+json"'
    return response


def _sent(path: Path, media_type: str, sha256: str, name: str = "") -> AnyResponse:
    """Send a file called `name`, or a range of it, or that the client has it."""
    max_age = _downloads().max_age
    response = send_file(
        path,
        request.environ,
        mimetype=media_type,
        download_name=name or path.name,
        etag=sha256,
        conditional=True,
    )
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    response.headers["Cache-Control"] = f"public, max-age={max_age}, must-revalidate"
    return response


def _folder() -> Path:
    folder = _downloads().folder(served().digest)
    if folder is None:
        abort(HTTPStatus.NOT_FOUND)
    return folder


def _downloads() -> Downloads:
    found: Downloads = current_app.extensions["downloads"]
    return found


def _address(name: str) -> str:
    return url_for("download", name=name, _external=True)


@cache
def _version() -> str:
    """Give the SHA-256, in hex, of the code that makes the files."""
    total = hashlib.sha256()
    for pattern in MADE_BY:
        for file in sorted(PACKAGE.glob(pattern)):
            total.update(f"{file.relative_to(PACKAGE).as_posix()}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
