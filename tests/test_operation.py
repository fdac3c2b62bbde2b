"""The server in operation: health, metrics, log, stop, change of dataset, proxies in front."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import serving
from seisaku.config import Config
from serving import with_descendants

ASK = "ASK { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"
LONG = """SELECT (COUNT(*) AS ?c) {
  { SELECT ?a { ?a ?b ?c1 } LIMIT 400 } { SELECT ?g { ?g ?h ?i } LIMIT 8 }
  ?d ?e ?f FILTER(STR(?a) != STR(?d) && STR(?g) != "") }"""
VALUE = "SELECT ?o { <urn:a> <urn:is> ?o }"


class Said:
    """A response, read whole."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.body)
        return read


def get(port: int, path: str, **headers: str) -> Said:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            "GET", path, headers={name.replace("_", "-"): each for name, each in headers.items()}
        )
        return Said(connection.getresponse())
    finally:
        connection.close()


def ask(port: int, query: str) -> Said:
    return get(port, f"/sparql?query={quote(query)}")


def wait_for(port: int, path: str, status: int) -> Said:
    for _ in range(900):
        if (said := get(port, path)).status == status:
            return said
        time.sleep(0.05)
    raise AssertionError(f"{path} never was {status}")


def metrics(port: int) -> dict[tuple[str, ...], float]:
    """The samples: by name, and the values of the labels in the order of their names."""
    text = get(port, "/metrics").body.decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def info(port: int) -> str:
    """The digest of what is served, as the metrics tell it."""
    ((_, digest, _),) = (each for each in metrics(port) if each[0] == "seisaku_dataset_info")
    return digest


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("operation") / "data.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(1500))
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def port(data: Path) -> Iterator[int]:
    with serving("--data", str(data), "--deadline", "1", "--workers", "2") as (port, _):
        wait_for(port, "/ready", 200)
        yield port


@contextlib.contextmanager
def logging(data: Path, log: Path, *flags: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve with the log in a file."""
    command = [sys.executable, "-m", "seisaku.cli", "serve", "--port", "0", "--data", str(data)]
    with (
        log.open("wb") as opened,
        subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=opened) as process,
    ):
        try:
            assert process.stdout
            found = re.search(rb":(\d+)/", process.stdout.readline())
            assert found
            yield int(found[1]), process
        finally:
            process.terminate()
            process.wait(10)


def lines(log: Path) -> list[dict[str, object]]:
    """What the server logs, without what granian's threads say when the interpreter ends first."""
    read = log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in read if line.startswith("{")]


def test_it_is_healthy_and_ready(port: int) -> None:
    assert get(port, "/health").json == {"status": "ok"}
    said = get(port, "/ready")
    assert said.json == {"status": "ready"}
    assert said.headers["Cache-Control"] == "no-store"


def test_it_is_healthy_but_not_ready_while_it_loads(tmp_path: Path) -> None:
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(200_000))
    (tmp_path / "large.nt").write_text("".join(lines), encoding="utf-8")
    with serving("--data", str(tmp_path / "large.nt")) as (port, _):
        assert get(port, "/health").status == 200
        said = get(port, "/ready")
        assert (said.status, said.json) == (503, {"status": "loading"})
        wait_for(port, "/ready", 200)


def test_requests_are_counted_by_route_method_and_status(port: int) -> None:
    before = metrics(port)
    ask(port, ASK)
    ask(port, "nonsense")
    get(port, "/nothing/here")
    after = metrics(port)
    for route, status in (("/sparql", "200"), ("/sparql", "400"), ("none", "404")):
        sample = ("seisaku_requests_total", "GET", route, status)
        assert after[sample] == before.get(sample, 0) + 1
    timed = ("seisaku_request_seconds_count", "/sparql")
    assert after[timed] == before.get(timed, 0) + 2


def test_an_unknown_method_makes_no_series_of_its_own(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("BREW", "/")
    connection.getresponse().read()
    connection.close()
    counted = [each for each in metrics(port) if each[0] == "seisaku_requests_total"]
    assert not [each for each in counted if "BREW" in each]


def test_killed_queries_are_counted_by_the_reason(port: int) -> None:
    sample = ("seisaku_worker_kills_total", "deadline")
    before = metrics(port).get(sample, 0)
    assert ask(port, ENDLESS).status == 504
    assert metrics(port)[sample] == before + 1


def test_what_waits_and_runs_is_told(port: int) -> None:
    thread = threading.Thread(target=ask, args=(port, ENDLESS))
    thread.start()
    time.sleep(0.5)
    assert metrics(port)[("seisaku_queries_running",)] == 1
    thread.join()
    told = metrics(port)
    assert told[("seisaku_queries_waiting",)] == 0
    assert told[("seisaku_ready",)] == 1
    assert len(info(port)) == 64


@pytest.mark.parametrize("name", ["abc-1_2.3", "x" * 64])
def test_a_request_keeps_the_id_that_it_was_given(port: int, name: str) -> None:
    assert get(port, "/health", X_Request_ID=name).headers["X-Request-ID"] == name


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a\tb", "é", '"', "{}"])
def test_an_id_that_could_be_something_else_is_replaced(port: int, name: str) -> None:
    given = get(port, "/health", X_Request_ID=name).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", given)


def test_an_error_has_an_id_too(port: int) -> None:
    for path in ("/nothing/here", "/sparql?query=nonsense"):
        assert get(port, path, X_Request_ID="mine").headers["X-Request-ID"] == "mine"


def test_each_request_is_a_line_of_json_without_its_query(data: Path, tmp_path: Path) -> None:
    with logging(data, tmp_path / "log") as (port, _):
        get(port, f"/sparql?query={quote(ASK)}", X_Request_ID="one")
        get(port, "/a%0Ab%22", X_Request_ID="two")
    said = {each["request_id"]: each for each in lines(tmp_path / "log") if "request_id" in each}
    assert said["one"].items() >= {
        ("event", "request"),
        ("level", "info"),
        ("method", "GET"),
        ("path", "/sparql"),
        ("status", 200),
        ("client", "127.0.0.1"),
    }
    assert said["two"]["path"] == '/a\nb"'
    assert "ASK" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_queries_are_logged_when_a_setting_says_so(data: Path, tmp_path: Path) -> None:
    asked = [f'ASK {{ ?s ?p "\u00e9\\n{number}" }}' for number in range(3)]
    with logging(data, tmp_path / "log", "--log-queries", "yes") as (port, _):
        for each in asked:
            ask(port, each)
    assert [each["query"] for each in lines(tmp_path / "log") if each.get("query")] == asked


def test_the_straight_way_and_the_application_log_alike(data: Path, tmp_path: Path) -> None:
    with logging(data, tmp_path / "log") as (port, _):
        for _ in range(3):  # the first answer of a kind is the application's
            size = len(ask(port, ASK).body)
    told = [each for each in lines(tmp_path / "log") if each["event"] == "request"]
    assert len({tuple(each) for each in told}) == 1
    assert len({each["request_id"] for each in told}) == 3
    assert {type(each["seconds"]) for each in told} == {float}
    for each in told:
        del each["request_id"], each["seconds"]
        at = datetime.fromisoformat(str(each.pop("time")))
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert told == [told[0]] * 3
    assert told[0]["bytes"] == size


def test_nothing_but_warnings_is_logged_when_a_setting_says_so(data: Path, tmp_path: Path) -> None:
    with logging(data, tmp_path / "log", "--log-level", "warning") as (port, _):
        for _ in range(3):
            ask(port, ASK)
    assert lines(tmp_path / "log") == []


def test_a_stop_lets_queries_end_and_refuses_new_ones(data: Path) -> None:
    flags = ("--data", str(data), "--stop-seconds", "30", "--deadline", "30")
    with serving(*flags) as (port, process):
        wait_for(port, "/ready", 200)
        running: list[Said] = []
        thread = threading.Thread(target=lambda: running.append(ask(port, LONG)))
        thread.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        refused = ask(port, ASK)
        assert refused.status == 503
        assert refused.headers["Retry-After"]
        assert get(port, "/health").status == 200
        assert get(port, "/ready").json == {"status": "stopping"}
        thread.join()
        process.wait(5)
    assert process.returncode == 0
    assert [each.status for each in running] == [200]


def test_a_stop_under_load_takes_less_than_5_seconds_and_every_answer_is_whole(data: Path) -> None:
    with serving("--data", str(data), "--deadline", "30") as (port, process):
        wait_for(port, "/ready", 200)
        running: list[Said] = []
        threads = [
            threading.Thread(target=lambda: running.append(ask(port, ENDLESS))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - begun < 5
        for thread in threads:
            thread.join()
    assert len(running) == 6
    for each in running:
        assert each.status == 503
        assert each.json["status"] == 503


def test_a_second_signal_stops_at_once(data: Path) -> None:
    with serving("--data", str(data), "--deadline", "30") as (port, process):
        wait_for(port, "/ready", 200)
        thread = threading.Thread(target=_asked_in_vain, args=(port,))
        thread.start()
        time.sleep(0.3)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - begun < 2.5
        thread.join()


def _asked_in_vain(port: int) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask(port, ENDLESS)


def test_new_data_come_without_a_lost_request(tmp_path: Path) -> None:
    data = tmp_path / "a.nt"
    data.write_text("<urn:a> <urn:is> <urn:old> .\n", encoding="utf-8")
    with serving("--data", str(data)) as (port, process):
        wait_for(port, "/ready", 200)
        before = info(port)
        stop = threading.Event()
        answers: list[tuple[int, bytes]] = []

        def keep_asking() -> None:
            while not stop.is_set():
                said = ask(port, VALUE)
                answers.append((said.status, said.body))

        threads = [threading.Thread(target=keep_asking) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(3):
            data.write_text(f"<urn:a> <urn:is> <urn:new{number}> .\n", encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            wait_for_answer(port, f"urn:new{number}")
        stop.set()
        for thread in threads:
            thread.join()
        assert {status for status, _ in answers} == {200}
        assert len(answers) > 20
        assert info(port) != before
        wait_for_changes(port, "done", 3)
        wait_for_processes(process.pid, 8)


def wait_for_answer(port: int, value: str) -> None:
    for _ in range(300):
        if value in ask(port, VALUE).body.decode():
            return
        time.sleep(0.05)
    raise AssertionError(f"{value} never came")


def wait_for_changes(port: int, result: str, count: int) -> None:
    for _ in range(300):
        if metrics(port)["seisaku_dataset_changes_total", result] == count:
            return
        time.sleep(0.1)
    raise AssertionError(f"{count} changes were not {result}")


def wait_for_processes(pid: int, most: int) -> None:
    """Wait until the old pools are closed: main, resource tracker, server, zygote, four workers."""
    for _ in range(200):
        if len(with_descendants(pid)) <= most:
            return
        time.sleep(0.1)
    raise AssertionError(f"{len(with_descendants(pid))} processes are left")


SEGMENT = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ssk: <https://w3id.org/seisaku/def#> .
<urn:a> <urn:is> <urn:new> .
<urn:doc/text> dcterms:identifier "text" .
<urn:doc/text/1> ssk:isSegmentOf <urn:doc/text> ; ssk:startLine 1 ; ssk:endLine 1 ;
  ssk:contentSha256 "0" .
"""


def test_tags_passages_and_sizes_are_those_of_the_new_data(tmp_path: Path) -> None:
    data = tmp_path / "a.ttl"
    data.write_text("<urn:a> <urn:is> <urn:old> .\n", encoding="utf-8")
    with serving("--data", str(data)) as (port, process):
        wait_for(port, "/ready", 200)
        tag = ask(port, VALUE).headers["ETag"]
        void = get(port, "/.well-known/void").body
        assert get(port, f"/sparql?query={quote(VALUE)}", If_None_Match=tag).status == 304
        assert get(port, "/en/source/text").status == 404
        data.write_text(SEGMENT, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_for_answer(port, "urn:new")
        said = get(port, f"/sparql?query={quote(VALUE)}", If_None_Match=tag)
        assert (said.status, said.headers["ETag"] == tag) == (200, False)
        assert get(port, "/.well-known/void").body != void
        assert get(port, "/en/source/text").status == 200


def test_broken_data_leave_the_old_ones_and_are_logged(tmp_path: Path) -> None:
    data = tmp_path / "a.nt"
    data.write_text("<urn:a> <urn:is> <urn:old> .\n", encoding="utf-8")
    with logging(data, tmp_path / "log") as (port, process):
        wait_for(port, "/ready", 200)
        data.write_text("<urn:a> <urn:is> ] .\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_for_changes(port, "failed", 1)
        assert "urn:old" in ask(port, VALUE).body.decode()
    (failed,) = (each for each in lines(tmp_path / "log") if each["level"] == "error")
    assert "a.nt:1:18" in str(failed["reason"])


def test_a_build_is_served_after_a_signal_and_a_failed_one_is_not(config: Config) -> None:
    settings = {
        "SEISAKU_ROOT": str(config.root),
        "SEISAKU_SNAPSHOTS": str(config.snapshots),
        "PATH": os.environ["PATH"],
    }
    hubs = config.root / "data/document/hubs.ttl"

    def build() -> int:
        command = [sys.executable, "-m", "seisaku.cli", "build"]
        return subprocess.run(command, env=settings, capture_output=True, check=False).returncode

    with serving(settings=settings) as (port, process):
        wait_for(port, "/ready", 200)
        before = info(port)
        sound = hubs.read_text(encoding="utf-8")
        hubs.write_text(sound + "ex:broken a ssk:Designation .\n", encoding="utf-8")
        assert build() == 1
        process.send_signal(signal.SIGHUP)
        wait_for_changes(port, "failed", 1)
        assert info(port) == before
        hubs.write_text(sound + "# changed\n", encoding="utf-8")
        assert build() == 0
        process.send_signal(signal.SIGHUP)
        wait_for_changes(port, "done", 1)
        assert info(port) in {each.name for each in config.snapshots.iterdir()} - {before}
        assert ask(port, ASK).json["boolean"] is True


FORWARDED = {
    "X_Forwarded_For": "192.0.2.7",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "data.example.org",
    "X_Forwarded_Prefix": "/sub/path",
}


def test_a_trusted_proxy_says_the_address(data: Path, tmp_path: Path) -> None:
    with logging(data, tmp_path / "log", "--proxies", "1") as (port, _):
        described = get(port, "/sparql", Accept="text/turtle", **FORWARDED).body.decode()
        assert "<https://data.example.org/sub/path/sparql>" in described
        document = get(port, "/openapi.json", **FORWARDED).json
        assert document["servers"] == [{"url": "https://data.example.org/sub/path"}]
        start = get(port, "/", Accept_Language="en", **FORWARDED)
        assert start.headers["Location"] == "/sub/path/en/"
        page = get(port, "/en/query", **FORWARDED).body.decode()
        assert 'href="/sub/path/static/seisaku.css?v=' in page
        assert 'action="/sub/path/en/query"' in page
        assert "https://data.example.org/sub/path/sparql" in page
    assert "192.0.2.7" in {each.get("client") for each in lines(tmp_path / "log")}


def test_a_client_cannot_say_that_it_is_another(data: Path, tmp_path: Path) -> None:
    with logging(data, tmp_path / "log") as (port, _):
        get(port, "/health", **FORWARDED)
    assert {each["client"] for each in lines(tmp_path / "log") if "client" in each} == {"127.0.0.1"}


def test_nobody_is_trusted_unless_a_setting_says_so(port: int) -> None:
    described = get(port, "/sparql", Accept="text/turtle", **FORWARDED).body.decode()
    assert "example.org" not in described
    assert f"<http://127.0.0.1:{port}/sparql>" in described
    assert get(port, "/", Accept_Language="en", **FORWARDED).headers["Location"] == "/en/"
