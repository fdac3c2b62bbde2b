"""Site: every page and document as a file, for any web server or object store to give out.

What wants a server, forms and SPARQL, is taken out of the pages; the answers that a page leads to,
as those of the questions in CSV, are files too. Links are relative and name files, so that the site
works in any folder and from a disk.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import shutil
import tempfile
import time
from html import escape, unescape
from http import HTTPStatus
from pathlib import Path
from posixpath import relpath
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit

from pyoxigraph import NamedNode, RdfFormat, parse

from .config import BASE, LANGUAGES
from .errors import BrokenSite, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from werkzeug.test import TestResponse

HTML = "text/html"
ROOT = urlsplit(BASE).path
"""The pages are asked for at the addresses of the IRIs, so that what they cite is an IRI."""

LIVE = re.compile(r"(?:ja|en)/(?:query|search)|sparql|search.*|opensearch\.xml|reconcile.*|mcp")
"""Paths that want a server; what SPARQL answers in a format that is asked for is a file."""

FORMS = re.compile(r"<form\b.*?</form>|<script\b(?![^>]*ld\+json).*?</script>", re.DOTALL)
LINKS = re.compile(r'(?<=\s)((?:href|src)="|content="0; url=)([^"]*)"')
SUFFIXES = {
    "application/sparql-results+json": ".json",
    "application/sparql-results+xml": ".xml",
    "application/n-triples": ".nt",
    "application/n-quads": ".nq",
    "application/ld+json": ".jsonld",
    "application/trig": ".trig",
    "text/turtle": ".ttl",
    "text/tab-separated-values": ".tsv",
}
"""How the names of files end whose address does not say it; the rest is told by `mimetypes`."""

PATIENCE = 120.0
"""Seconds that the files of the download may take to be made."""


class Site:
    """Writes what `app` answers below `folder`."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app = app
        self._client = app.test_client(use_cookies=False)
        self._folder = folder
        self._files: dict[str, str] = {}
        """Where each address, without ROOT, is written."""
        self._left: list[tuple[str, str]] = []
        """The pages to be written still, by their addresses, as the server gave them."""

    def write(self, things: Iterable[str]) -> int:
        """Write the home pages and the pages of `things` (IRIs of ours), and all they lead to.

        Gives the number of files. Raises `BrokenSite` when a page leads to what is not there.
        """
        for lang in LANGUAGES:
            self._put(f"{lang}/query/index.html", self._without_server(lang).encode())
        for path in ("", *(f"{lang}/" for lang in LANGUAGES)):
            self._file(path, "")
        for iri in things:
            self._target(iri.removeprefix(BASE), "")
        while self._left:
            address, text = self._left.pop()
            file = self._files[address]
            self._put(file, self._relative(FORMS.sub("", text), address, file).encode())
        return sum(1 for each in self._folder.rglob("*") if each.is_file())

    def _without_server(self, lang: str) -> str:
        """Write the page that stands in the place of those that want a server."""
        from .pages.frame import page

        with self._app.test_request_context(f"/{lang}/query", base_url=BASE):
            text = FORMS.sub("", page("copy", lang))
        return self._relative(text, f"{lang}/query", f"{lang}/query/index.html")

    def _file(self, address: str, linked: str) -> str:
        """Give the file of an address, which is asked for when it is new."""
        if address not in self._files:
            with self._ask(address, linked) as response:
                self._files[address] = _name(address, response.mimetype or "")
                if location := response.headers.get("Location"):
                    self._left.append((address, _leading(address, location)))
                elif response.mimetype == HTML:
                    self._left.append((address, response.get_data(as_text=True)))
                else:
                    self._put(self._files[address], response.data)
        return self._files[address]

    def _ask(self, address: str, linked: str) -> TestResponse:
        until = time.monotonic() + PATIENCE
        while True:
            response = self._get(address)
            if response.status_code < HTTPStatus.BAD_REQUEST:
                return response
            busy = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            if not busy or time.monotonic() > until:
                raise BrokenSite(f"/{linked} leads to /{address}: {response.status}")
            time.sleep(1)

    def _get(self, address: str) -> TestResponse:
        accept = {"Accept": f"{HTML}, */*;q=0.5"}
        return self._client.get(f"/{address}", base_url=BASE, headers=accept)

    def _relative(self, text: str, address: str, file: str) -> str:
        def link(found: re.Match[str]) -> str:
            return f'{found[1]}{escape(self._link(unescape(found[2]), address, file))}"'

        return LINKS.sub(link, text)

    def _link(self, link: str, address: str, file: str) -> str:
        """Give a link in `file` as it is there: relative to it, when it leads to one of ours."""
        there, fragment = urldefrag(urljoin(f"{ROOT}{address}", link))
        there = there.removeprefix(BASE[: -len(ROOT)])
        if not link or link.startswith("#") or not there.startswith(ROOT):
            return link
        target = self._target(there.removeprefix(ROOT), address)
        way = relpath(target, file.rpartition("/")[0] or ".")
        return f"{way}#{fragment}" if fragment else way

    def _target(self, address: str, linked: str) -> str:
        path, _, query = address.partition("?")
        if path.startswith("static/"):
            return self._file(path, linked)
        if LIVE.fullmatch(path) and not (path == "sparql" and "format" in parse_qs(query)):
            lang = linked[:2] if linked[:2] in LANGUAGES else LANGUAGES[0]
            return f"{lang}/query/index.html"
        return self._file(address, linked)

    def _put(self, name: str, content: bytes) -> None:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def write(app: Flask, folder: Path, things: Iterable[str]) -> int:
    """Write the site to `folder`, which must be new or empty; give the number of files.

    It is written beside its place and renamed: it is there whole or not at all. Raises
    `Unreadable` when it cannot be written there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Unreadable(folder, "is there already, and is not an empty folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise Unreadable(folder, error.strerror or "cannot be written") from error
    try:
        count = Site(app, beside).write(things)
        beside.chmod(0o755)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return count


def things(dataset: Path) -> list[str]:
    """List the IRIs of ours in a dataset in N-Quads, without what comes after a hash."""
    found = {
        urldefrag(term.value).url
        for quad in parse(path=dataset, format=RdfFormat.N_QUADS)
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, NamedNode) and term.value.startswith(BASE)
    }
    return sorted(found)


def _leading(address: str, location: str) -> str:
    """Write a page that leads on, as a redirect does."""
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[0]}">\n<meta charset="utf-8">\n'
        f'<title>{BASE}{address}</title>\n<link rel="canonical" href="{location}">\n'
        f'<meta http-equiv="refresh" content="0; url={location}">\n'
        f'<a href="{location}">{location}</a>\n'
    )


def _name(address: str, media_type: str) -> str:
    """Give the name of the file for what is at an address."""
    path, _, query = address.partition("?")
    path = unquote(path).rstrip("/")
    if query:
        path = f"{path}/{hashlib.sha256(query.encode()).hexdigest()[:16]}".lstrip("/")
        return path + (SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type) or "")
    if media_type == HTML:
        return path if path.endswith(".html") else f"{path}/index.html".lstrip("/")
    return path
