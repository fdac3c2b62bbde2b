"""Remote: a store that stalls, drips, hangs up, dies and comes back; what it does not say."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import stores
from conftest import left_out
from seisaku import cli, virtuoso
from seisaku.client import Client
from seisaku.config import Config
from seisaku.errors import (
    AnswerTooLarge,
    ClientGone,
    DeadlineExceeded,
    InputError,
    RequestError,
    StoreFailed,
    Unreadable,
    UsageError,
)
from seisaku.push import push
from seisaku.query import dataset_clause
from seisaku.remote import RemotePool
from serving import serving
from stores import Store
from test_stores import JSON, problem, pushed, written

LONG = "SELECT * { ?s ?p ?o . ?s2 ?p2 ?o2 }"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    if what := stores.missing("oxigraph"):
        left_out(what)
    with stores.running("oxigraph") as running:
        yield running


@pytest.fixture(scope="module")
def held(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Settings of a store that holds 400 triples: the square of that is an answer of 40 MB."""
    lines = [f'<urn:s{i}> <urn:p> "{i}" <urn:g> .\n' for i in range(400)]
    folder = tmp_path_factory.mktemp("held")
    pushed(store, written(folder, lines), "held")
    return Config(**store.settings, snapshots=folder, cache=0, deadline=2.0, workers=2)


class Between:
    """A wire to a store that can be made bad: it passes each connection on as it is told to."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.ill = "well"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for pair in ((near, far), (far, near)):
                    back = pair[0] is far
                    threading.Thread(target=self._pass_on, args=(*pair, back), daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket, back: bool) -> None:
        with contextlib.suppress(OSError), source, to:
            while part := source.recv(1 << 16):
                if back and self.ill == "stalls":
                    time.sleep(30)
                elif back and self.ill == "drips":
                    for i in range(len(part)):
                        to.sendall(part[i : i + 1])
                        time.sleep(0.2)
                elif back and self.ill == "hangs up":
                    to.sendall(part[: len(part) // 2])
                    to.shutdown(socket.SHUT_RDWR)  # the other thread still reads from it
                    return
                else:
                    to.sendall(part)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def between(held: Config) -> Iterator[Between]:
    wire = Between(int(held.store.rpartition(":")[2].partition("/")[0]))
    with contextlib.closing(wire):
        yield wire


@pytest.fixture
def pool(held: Config, between: Between) -> Iterator[RemotePool]:
    with RemotePool(replace(held, store=f"http://127.0.0.1:{between.port}/query")) as opened:
        yield opened


@pytest.mark.parametrize("ill", ["stalls", "drips"])
def test_a_slow_store_is_given_up_at_the_deadline(
    pool: RemotePool, between: Between, ill: str
) -> None:
    between.ill = ill
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        pool.run("SELECT * { ?s ?p ?o } LIMIT 100", JSON)
    assert 1.5 < time.monotonic() - begun < 4
    between.ill = "well"
    assert pool.run("ASK { ?s ?p ?o }", JSON).size


def test_an_answer_that_is_cut_off_is_none(pool: RemotePool, between: Between) -> None:
    between.ill = "hangs up"
    for query, media_type in (
        ("SELECT * { ?s ?p ?o }", JSON),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle"),
    ):
        with pytest.raises(StoreFailed) as caught:
            pool.run(query, media_type)
        assert caught.value.status == 502


def test_a_long_answer_is_spooled_and_one_that_is_too_long_refused(held: Config) -> None:
    config = replace(held, deadline=60.0, answer_bytes=1 << 26)
    with RemotePool(config) as pool:
        found = pool.run(LONG, JSON)
        assert found.file is not None
        assert found.memory == b""
        assert len(json.loads(found.body)["results"]["bindings"]) == 400 * 400
        found.file.close()
    with (
        RemotePool(replace(config, answer_bytes=1 << 20)) as pool,
        pytest.raises(AnswerTooLarge),
    ):
        pool.run(LONG, JSON)


def test_the_query_of_a_client_that_leaves_ends(pool: RemotePool, between: Between) -> None:
    between.ill = "stalls"
    client = Client()
    threading.Timer(0.5, client.leave).start()
    begun = time.monotonic()
    with pytest.raises(ClientGone):
        pool.run("ASK { ?s ?p ?o }", JSON, client=client)
    assert time.monotonic() - begun < 1.5


def test_one_place_stays_for_quick_queries(pool: RemotePool, between: Between) -> None:
    between.ill = "stalls"
    ended: list[str] = []

    def ask() -> None:
        try:
            pool.run("ASK { ?s ?p ?o }", JSON)
        except RequestError as error:
            ended.append(error.problem)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ended) == ["deadline-exceeded", "queue-full"]


def test_a_dead_store_gives_502_and_one_that_comes_back_answers(tmp_path: Path) -> None:
    if what := stores.missing("oxigraph"):
        left_out(what)
    data = tmp_path / "data"
    data.mkdir()
    with stores.running("oxigraph", data) as store:
        pushed(store, written(tmp_path, ["<urn:s> <urn:p> <urn:o> <urn:g> .\n"]), "dead")
        wire = Between(int(store.query.rpartition(":")[2].partition("/")[0]))
        at = f"http://127.0.0.1:{wire.port}/query"
        with contextlib.closing(wire), serving(store=at, snapshots=tmp_path, cache=0) as server:
            assert server.ask("ASK { ?s ?p ?o }", JSON).status == 200
            wire.ill = "hangs up"
            begun = time.monotonic()
            assert problem(server.ask("ASK { ?s ?p ?o }")) == (502, "store-failed")
            assert time.monotonic() - begun < 2
            wire.ill = "well"
            assert server.ask("ASK { ?s ?p ?o }", JSON).status == 200


def test_a_store_that_holds_no_snapshot_is_told_before_anything_is_served(
    held: Config, tmp_path: Path
) -> None:
    if what := stores.missing("oxigraph"):
        left_out(what)
    with (
        stores.running("oxigraph", tmp_path) as empty,
        pytest.raises(InputError, match="build --push"),
    ):
        RemotePool(Config(**empty.settings)).load()
    with pytest.raises(InputError, match="cannot be reached"):
        RemotePool(replace(held, store=f"http://127.0.0.1:{stores.free_port()}/")).load()


def test_what_cannot_be_pushed_is_told(held: Config, tmp_path: Path) -> None:
    file = written(tmp_path, ["<urn:s> <urn:p> <urn:o> .\n"])
    with pytest.raises(Unreadable, match="named graphs"):
        push(file, "x", held, print)
    with pytest.raises(UsageError, match="SEISAKU_STORE_UPDATE"):
        push(file, "x", replace(held, store_update=""), print)
    with RemotePool(held) as pool:
        assert pool.digest == "held"


def test_the_graphs_of_a_query_are_taken_out_of_it() -> None:
    text = (
        "PREFIX g: <urn:>\nSELECT ?x\nFROM g:a # FROM <urn:no>\nFROM NAMED\n <urn:b>\n"
        "WHERE { ?x ?y 'FROM <urn:no>' }"
    )
    without, default, named = dataset_clause(text)
    assert (default, named) == (["urn:a"], ["urn:b"])
    assert "FROM" not in without.partition("WHERE")[0].replace("# FROM <urn:no>", "")
    assert without.count("\n") == text.count("\n")


VIRTUOSO = b"""
{ "head": { "link": [], "vars": ["b", "t", "s"] },
  "results": { "distinct": false, "ordered": true, "bindings": [
    { "b": { "type": "bnode", "value": "nodeID://b1" }, "t": { "type": "typed-literal", \
"datatype": "http://www.w3.org/2001/XMLSchema#boolean", "value": "1" }},
    { "s": { "type": "literal", "value": "\\"type\\": \\"bnode\\", \\"value\\": \
\\"nodeID://x" }} ] } }"""
ASK = b"""
{ "head": { "link": [], "vars": ["__ASK_RETVAL"] },
  "results": { "distinct": false, "ordered": true, "bindings": [
    { "__ASK_RETVAL": { "type": "typed-literal", "datatype": "http://www.w3.org/2001/XMLSchema#\
integer", "value": "%d" }} ] } }"""


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_virtuoso_is_made_to_say_what_the_standard_has(size: int) -> None:
    def told(text: bytes) -> dict[str, dict[str, list[dict[str, dict[str, str]]]]]:
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        found: dict[str, dict[str, list[dict[str, dict[str, str]]]]] = json.loads(
            b"".join(virtuoso.standard(pieces))
        )
        return found

    first, second = told(VIRTUOSO)["results"]["bindings"]
    assert (first["b"]["value"], first["t"]["value"]) == ("b1", "true")
    assert second["s"]["value"] == '"type": "bnode", "value": "nodeID://x'
    assert told(ASK % 1) == {"head": {}, "boolean": True}
    assert told(ASK % 0) == {"head": {}, "boolean": False}
    no_row = ASK.partition(b"[\n")[0] + b"[ ] } }"
    assert told(no_row) == {"head": {}, "boolean": False}


def test_the_commands_push_into_a_store_and_ask_it(
    store: Store,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    for name, value in {**store.settings, "root": root, "snapshots": tmp_path / "s"}.items():
        monkeypatch.setenv(f"SEISAKU_{name.upper()}", str(value))
    assert cli.main(["build", "--push"]) == 0
    digest = Path(capsysbinary.readouterr().out.decode().strip()).name
    with RemotePool(Config.from_environment()) as pool:
        assert pool.digest == digest
    count = (
        "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/seisaku/graph/document> { ?s ?p ?o } }"
    )
    assert cli.main(["query", count, "--format", "csv"]) == 0
    assert int(capsysbinary.readouterr().out.split()[1]) > 0
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(tmp_path / "elsewhere"))
    assert cli.main(["search", "東北", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["total"] > 0
    assert cli.main(["query", count, "--data", "x.ttl"]) == 2
    assert cli.main(["build", "--push", "--data", "x.ttl"]) == 2
