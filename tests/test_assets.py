"""The static files: compressed, at an address that changes with them, and nothing beside them."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import assets
from seisaku.app import create_app
from seisaku.config import Config
from seisaku.workers import WorkerPool

FOLDER = REPOSITORY / "server" / "seisaku" / "static"
SHEET = "seisaku.css"
EDITOR = REPOSITORY / "server" / "editor"


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    with WorkerPool([], Config()) as pool:
        yield create_app(pool, Config()).test_client()


def named(client: FlaskClient) -> str:
    """The address of the style sheet, as a page names it."""
    found = re.search(rf'href="(/static/{SHEET}[^"]*)"', client.get("/en/").text)
    assert found
    return found[1]


def test_a_page_names_a_file_with_the_digest_of_what_is_in_it(client: FlaskClient) -> None:
    digest = hashlib.sha256((FOLDER / SHEET).read_bytes()).hexdigest()
    assert named(client) == f"/static/{SHEET}?v={digest[:16]}"


def test_what_is_named_by_its_digest_is_kept_for_good(client: FlaskClient) -> None:
    assert "immutable" in client.get(named(client)).headers["Cache-Control"]
    for address in (f"/static/{SHEET}", f"/static/{SHEET}?v=0"):
        assert client.get(address).headers["Cache-Control"] == "no-cache"


def test_a_part_of_the_editor_is_kept_for_good_by_its_own_name(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chunk-UH5IB4YH.js").write_text("export {};", encoding="utf-8")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assert "immutable" in client.get("/static/chunk-UH5IB4YH.js").headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["gzip", "zstd", None])
def test_a_file_comes_compressed_for_who_takes_it(
    client: FlaskClient, encoding: str | None
) -> None:
    found = client.get(named(client), headers={"Accept-Encoding": encoding or "identity"})
    assert found.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in found.headers["Vary"]
    body = found.data
    if encoding == "gzip":
        body = gzip.decompress(body)
    elif encoding == "zstd":
        body = zstandard.decompress(body)
    assert body == (FOLDER / SHEET).read_bytes()
    assert found.content_type == "text/css; charset=utf-8"


def test_a_file_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(f"/static/{SHEET}").headers["ETag"]
    found = client.get(f"/static/{SHEET}", headers={"If-None-Match": tag})
    assert (found.status_code, found.data) == (304, b"")


def test_a_file_that_changes_gets_another_address(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    addresses = []
    for text in ("a {}", "b {}"):
        (tmp_path / SHEET).write_text(text, encoding="utf-8")
        addresses.append(named(client))
        assert client.get(addresses[-1]).text == text
    assert addresses[0] != addresses[1]


@pytest.mark.parametrize(
    "name",
    [
        "none.css",
        "../app.py",
        "..%2Fapp.py",
        "%2e%2e/app.py",
        "/etc/passwd",
        "editor",
        "editor/",
        "",
    ],
)
def test_nothing_but_the_static_files_is_given(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_file_of_no_known_type_is_not_given(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").write_text("not meant for readers", encoding="utf-8")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assert client.get("/static/notes.md").status_code == 404


def test_each_static_file_is_of_a_known_type() -> None:
    files = [each for each in FOLDER.rglob("*") if each.is_file()]
    assert files
    assert {each.suffix for each in files} <= assets.TYPES.keys()


def test_the_lock_file_of_the_editor_names_no_registry() -> None:
    text = (EDITOR / "package-lock.json").read_text(encoding="utf-8")
    assert '"node_modules/codemirror"' in text
    assert '"resolved"' not in text
    assert "http" not in re.sub(r'"(?:url|funding)": "[^"]*"', "", text)


def test_codemirror_is_the_version_6_that_its_latest_tag_is_not() -> None:
    text = (EDITOR / "package.json").read_text(encoding="utf-8")
    assert '"codemirror": "6.0.2"' in text
