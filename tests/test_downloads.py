"""Downloads: the files over HTTP, with digest, tag, range and compression; made once."""

import base64
import gzip
import hashlib
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.build import build
from seisaku.config import Config
from seisaku.distribution import INDEX, SUMS
from seisaku.workers import WorkerPool


def whole(app: Flask) -> FlaskClient:
    """A client that reads each answer to its end, so that its file is closed."""
    client = app.test_client()
    client.open = partial(client.open, buffered=True)  # type: ignore[method-assign]
    return client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A server of the small graph."""
    folder = tmp_path_factory.mktemp("snapshots")
    config = Config(root=REPOSITORY / "tests" / "small", snapshots=folder)
    built = build(config, lambda _step, _what: None)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield whole(create_app(pool, config, digest=built.name))


@pytest.fixture(scope="module")
def files(client: FlaskClient) -> list[Any]:
    found = client.get("/download/").json
    assert found
    return list(found["files"])


def test_each_file_that_is_listed_is_there_and_is_what_the_list_says(
    client: FlaskClient, files: list[Any]
) -> None:
    assert len(files) > 30
    for each in files:
        found = client.get(each["url"])
        assert found.status_code == 200
        assert found.content_type.removesuffix("; charset=utf-8") == each["mediaType"]
        assert len(found.data) == each["bytes"]
        assert hashlib.sha256(found.data).hexdigest() == each["sha256"]
        assert found.headers["Access-Control-Allow-Origin"] == "*"


def test_the_digest_and_the_tag_are_those_of_the_bytes_that_are_sent(client: FlaskClient) -> None:
    plain = client.get("/download/seisaku.ttl")
    packed = client.get("/download/seisaku.ttl", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_type == plain.content_type == "text/turtle; charset=utf-8"
    assert gzip.decompress(packed.data) == plain.data
    for each in (plain, packed):
        digest = base64.b64encode(hashlib.sha256(each.data).digest()).decode()
        assert each.headers["Repr-Digest"] == f"sha-256=:{digest}:"
        assert "Accept-Encoding" in each.headers["Vary"]
    assert plain.headers["ETag"] != packed.headers["ETag"]


def test_a_file_that_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/download/seisaku.nq")
    again = client.get("/download/seisaku.nq", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_part_of_a_file_can_be_had(client: FlaskClient) -> None:
    whole = client.get("/download/seisaku.nq").data
    part = client.get("/download/seisaku.nq", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])


def test_a_compressed_file_and_the_lists_can_be_had_by_name(client: FlaskClient) -> None:
    packed = client.get("/download/seisaku.nq.gz")
    assert packed.mimetype == "application/gzip"
    assert "Content-Encoding" not in packed.headers
    assert gzip.decompress(packed.data) == client.get("/download/seisaku.nq").data
    assert client.get(f"/download/{SUMS}").mimetype == "text/plain"
    assert client.get(f"/download/{INDEX}").json


@pytest.mark.parametrize(
    "name", ["no.ttl", "../manifest.json", "..%2F..%2Fdataset.nq", ".writing-x", "seisaku.ttl/"]
)
def test_nothing_else_can_be_had(client: FlaskClient, name: str) -> None:
    assert client.get(f"/download/{name}").status_code == 404


def test_a_browser_gets_the_page(client: FlaskClient) -> None:
    accept = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "ja"}
    found = client.get("/download/", headers=accept)
    assert (found.status_code, found.headers["Location"]) == (302, "/ja/download")
    assert client.get("/download").headers["Location"].endswith("/download/")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_lists_each_file_with_its_size_digest_type_and_purpose(
    client: FlaskClient, files: list[Any], lang: str
) -> None:
    page = client.get(f"/{lang}/download").text.replace("&#39;", "'")
    rows = re.findall(r"<tr><td>.*?</tr>", page)
    assert len(rows) == len(files)
    for each, row in zip(files, rows, strict=True):
        assert f'href="/download/{each["name"]}"' in row
        media_type = each["mediaType"].partition(";")[0]
        for said in (each["sha256"], media_type, f"{each['bytes']:,}", each["title"][lang]):
            assert said in row


def test_the_pages_link_to_the_downloads(client: FlaskClient) -> None:
    assert 'href="/en/download"' in client.get("/en/").text


def test_other_peoples_data_have_no_downloads(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config()) as pool:
        bare = whole(create_app(pool, Config(), digest="0" * 64))
        assert bare.get("/download/").status_code == 404
        assert bare.get("/en/download").status_code == 404
        assert "/download" not in bare.get("/en/").text


def test_the_files_are_made_once_and_one_who_asks_meanwhile_is_told_to_wait(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(config, lambda _step, _what: None)
    begun, go_on = threading.Event(), threading.Event()
    really = subprocess.run
    runs = []

    def slow(command: list[str], **options: Any) -> object:  # noqa: ANN401
        runs.append(command)
        begun.set()
        assert go_on.wait(30)
        return really(command, **options)

    monkeypatch.setattr("seisaku.downloads.subprocess.run", slow)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        app = create_app(pool, config, digest=built.name)
        first: list[int] = []
        ask = threading.Thread(
            target=lambda: first.append(whole(app).get("/download/").status_code)
        )
        ask.start()
        assert begun.wait(30)
        meanwhile = whole(app).get("/download/seisaku.nq")
        go_on.set()
        ask.join()
        assert meanwhile.status_code == 503
        assert meanwhile.headers["Retry-After"]
        assert "being made" in meanwhile.text
        assert first == [200]
        assert whole(app).get("/download/seisaku.nq").status_code == 200
    assert len(runs) == 1


def test_a_making_that_fails_leaves_nothing_and_is_tried_again(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(config, lambda _step, _what: None)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        client = whole(create_app(pool, config, digest=built.name))
        with monkeypatch.context() as broken:
            broken.setattr("seisaku.downloads.sys.executable", "/bin/false")
            assert client.get("/download/").status_code == 500
        assert not list((built / "downloads").iterdir())
        assert client.get("/download/").status_code == 200


def test_the_catalogue_has_each_file_as_a_distribution_that_can_be_had(
    client: FlaskClient, files: list[Any]
) -> None:
    quads = parse(client.get("/catalog?format=ntriples").data, format=RdfFormat.N_TRIPLES)
    triples = [quad.triple for quad in quads]
    said: dict[str, dict[str, str]] = {}
    for each in triples:
        values = said.setdefault(str(each.subject)[1:-1], {})
        values[each.predicate.value] = getattr(each.object, "value", "")
    dcat = "http://www.w3.org/ns/dcat#"
    found = {
        values[f"{dcat}downloadURL"]: values
        for values in said.values()
        if f"{dcat}downloadURL" in values
    }
    assert found.keys() == {each["url"] for each in files}
    for each in files:
        values = found[each["url"]]
        assert values[f"{dcat}accessURL"] == "http://localhost/download/"
        assert values[f"{dcat}mediaType"].endswith(each["mediaType"].partition(";")[0])
        assert client.get(each["url"]).status_code == 200
