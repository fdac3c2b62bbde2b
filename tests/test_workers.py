"""The worker pool: a query that takes too much ends alone, and the next one is answered."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import on_disk
from seisaku.config import Config
from seisaku.errors import (
    AnswerTooLarge,
    BadQuery,
    DeadlineExceeded,
    MemoryExceeded,
    QueueFull,
    RequestError,
    TooComplex,
    Unreadable,
)
from seisaku.workers import WorkerPool

JSON = "application/sparql-results+json"
PRODUCT = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"
SORTED_PRODUCT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i"
NESTED = "SELECT * {" + "{" * 60_000 + "}" * 60_000 + "}"
CONFIG = Config(deadline=0.6, memory=128 << 20, answer_bytes=100_000, workers=2, queue=2)


@pytest.fixture(scope="module", params=["memory", "disk"])
def file(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    file = tmp_path_factory.mktemp("workers") / "data.nq"
    lines = (f"<urn:s{n}> <urn:p{n % 7}> <urn:o{n}> <urn:g{n % 3}> .\n" for n in range(3000))
    file.write_text("".join(lines), encoding="utf-8")
    return file if request.param == "memory" else on_disk(file)


@pytest.fixture
def pool(file: Path) -> Iterator[WorkerPool]:
    with WorkerPool([file], CONFIG, union_default_graph=True) as opened:
        yield opened


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in listed.split()]


def answered(pool: WorkerPool) -> bool:
    return pool.run("ASK { ?s ?p ?o }", JSON).body == b'{"head":{},"boolean":true}'


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (PRODUCT, DeadlineExceeded),
        (SORTED_PRODUCT, MemoryExceeded),
        (NESTED, TooComplex),
        ("SELECT * { ?s ?p ?o }", AnswerTooLarge),
        ("SELECT * {", BadQuery),
    ],
    ids=["time", "memory", "stack", "size", "syntax"],
)
def test_a_query_that_takes_too_much_is_told_why_and_the_next_is_answered(
    file: Path, query: str, error: type[RequestError]
) -> None:
    config = replace(CONFIG, deadline=5.0) if error is MemoryExceeded else CONFIG
    with WorkerPool([file], config, union_default_graph=True) as pool:
        for _ in range(config.workers + 1):
            begun = time.monotonic()
            with pytest.raises(error):
                pool.run(query, JSON)
            assert time.monotonic() - begun < config.deadline + 2
        assert answered(pool)
        assert (pool.waiting, pool.running) == (0, 0)
        reason = {DeadlineExceeded: "deadline", MemoryExceeded: "memory", TooComplex: "crash"}
        assert pool.kills.keys() == ({reason[error]} if error in reason else set())


def test_the_kernel_ends_a_worker_that_the_pool_does_not(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: patient - 60)  # the pool's clock stands still
    with pytest.raises(DeadlineExceeded):
        pool.run(PRODUCT, JSON)


def zygote_of_ours() -> int:
    """The process that has the workers; this one may have a server too, for other tests."""
    (zygote,) = [
        each
        for each in children(os.getpid())
        if b"seisaku.workers" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]
    return zygote


def test_a_worker_killed_from_outside_is_replaced(pool: WorkerPool) -> None:
    zygote = zygote_of_ours()
    for worker in children(zygote):
        os.kill(worker, signal.SIGKILL)
    with pytest.raises(MemoryExceeded):
        answered(pool)
    assert answered(pool)


def test_a_pool_whose_zygote_died_starts_another(pool: WorkerPool) -> None:
    zygote = zygote_of_ours()
    os.kill(zygote, signal.SIGKILL)
    for _ in range(CONFIG.workers):
        with pytest.raises(DeadlineExceeded):
            pool.run(PRODUCT, JSON)
    assert answered(pool)


def test_a_worker_cannot_open_a_file_or_a_socket(pool: WorkerPool) -> None:
    zygote = zygote_of_ours()
    for worker in children(zygote):
        limits = Path(f"/proc/{worker}/limits").read_text(encoding="ascii")
        (row,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
        opened = {int(each.name): each.readlink() for each in Path(f"/proc/{worker}/fd").iterdir()}
        (given,) = pool.files
        stored = set(given.glob("store/*.sst"))
        assert [int(each) for each in row.split()[3:5]] == [4 + len(stored)] * 2
        assert opened.keys() >= {0, 1, 2, 3}
        assert {opened[each] for each in opened if each > 3} == stored
    assert answered(pool)


def test_a_service_that_reaches_the_engine_makes_no_connection(pool: WorkerPool) -> None:
    with _listening() as (port, connections):
        with pytest.raises(BadQuery, match=r"(?i)os error (24|13)"):
            pool.run(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}", JSON)
        assert connections() == 0


class _listening:  # noqa: N801  # reads as a word where it is used
    """A socket that counts who connects."""

    def __enter__(self) -> tuple[int, "Counter"]:
        import socket

        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        return self.socket.getsockname()[1], Counter(self.socket)

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class Counter:
    """Gives the number of connections that wait to be accepted."""

    def __init__(self, socket: object) -> None:
        self.socket = socket

    def __call__(self) -> int:
        count = 0
        try:
            while True:
                self.socket.accept()[0].close()  # type: ignore[attr-defined]
                count += 1
        except TimeoutError:
            return count


def test_more_queries_than_the_queue_holds_are_refused_at_once(pool: WorkerPool) -> None:
    outcomes: list[tuple[type[Exception], float]] = []

    def run() -> None:
        begun = time.monotonic()
        try:
            pool.run(PRODUCT, JSON)
        except RequestError as error:
            outcomes.append((type(error), time.monotonic() - begun))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [seconds for kind, seconds in outcomes if kind is QueueFull]
    assert len(outcomes) == 8
    assert sum(seconds < 0.1 for seconds in refused) >= 8 - CONFIG.workers - CONFIG.queue
    assert max(seconds for _, seconds in outcomes) < CONFIG.deadline + 2
    assert answered(pool)


def test_quick_queries_are_answered_while_long_ones_run(pool: WorkerPool) -> None:
    hostile = [threading.Thread(target=_ignoring_errors, args=(pool,)) for _ in range(2)]
    for thread in hostile:
        thread.start()
    time.sleep(0.3)
    assert all(answered(pool) for _ in range(20))
    for thread in hostile:
        thread.join()


def _ignoring_errors(pool: WorkerPool) -> None:
    with pytest.raises(RequestError):
        pool.run(PRODUCT, JSON)


def test_the_deadline_counts_from_the_arrival(file: Path) -> None:
    with WorkerPool([file], replace(CONFIG, workers=1), union_default_graph=True) as pool:
        first = threading.Thread(target=_ignoring_errors, args=(pool,))
        first.start()
        time.sleep(0.1)
        begun = time.monotonic()
        with pytest.raises(RequestError):
            pool.run(PRODUCT, JSON)
        assert time.monotonic() - begun < CONFIG.deadline + 1
        first.join()


def test_the_dataset_says_what_it_holds(pool: WorkerPool) -> None:
    assert pool.dataset.quads == 3000
    assert pool.dataset.graphs == {"urn:g0", "urn:g1", "urn:g2"}
    assert pool.dataset.prefixes == {}


def test_closing_ends_every_process(file: Path) -> None:
    before = set(children(os.getpid()))
    pool = WorkerPool([file], CONFIG)
    assert answered(pool) is False
    (zygote,) = set(children(os.getpid())) - before
    workers = children(zygote)
    assert len(workers) == CONFIG.workers
    pool.close()
    assert not Path(f"/proc/{zygote}").exists()
    time.sleep(0.1)
    assert not [each for each in workers if _runs(each)]


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return (
        status.exists() and status.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    )


def test_closing_while_the_dataset_is_loaded_is_quiet(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        WorkerPool([file], CONFIG).close()
    assert capfd.readouterr().err == ""


def test_closing_ends_a_query_that_runs(file: Path) -> None:
    pool = WorkerPool([file], replace(CONFIG, deadline=30.0), union_default_graph=True)
    assert pool.dataset
    thread = threading.Thread(target=_ignoring_errors, args=(pool,))
    thread.start()
    time.sleep(0.2)
    begun = time.monotonic()
    pool.close()
    thread.join()
    assert time.monotonic() - begun < 2


def test_a_closed_pool_refuses(file: Path) -> None:
    with WorkerPool([file], CONFIG) as pool:
        pass
    with pytest.raises(QueueFull):
        pool.run("ASK {}", JSON)


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.ttl", "<urn:a> a\n] .", r"a\.ttl:2:1: \] is not"),
        ("a.nq", "<urn:a> <urn:b> .", r"a\.nq:1:\d+: "),
        ("a.jsonld", "{", r"a\.jsonld:1:\d+: "),
        ("a.rdf", "<a", r"a\.rdf"),
        ("a.csv", "", r"a\.csv: no RDF format has this extension"),
    ],
)
def test_a_file_that_does_not_parse_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, what: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match=what):
        WorkerPool([tmp_path / name], CONFIG).__enter__()


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.ttl: No such file"):
        WorkerPool([tmp_path / "gone.ttl"], CONFIG).__enter__()


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    for name in ("one.nt", "two.nt"):
        (tmp_path / name).write_text("_:b <urn:p> <urn:o> .\n", encoding="utf-8")
    with WorkerPool([tmp_path / "one.nt", tmp_path / "two.nt"], CONFIG) as pool:
        assert pool.dataset.quads == 2


MATCHES = """PREFIX ssk: <https://w3id.org/seisaku/def#>
SELECT ?r { BIND(ssk:matches(%s, %s) AS ?r) }"""


@pytest.mark.parametrize(
    ("text", "wanted", "row"),
    [
        ('"關西圏"@ja', '"関西"', "true"),
        ('"スタートアップ"', '"ｽﾀｰﾄ"@ja', "true"),
        ('"Tokyo area"@en', '"AREA tokyo"', "true"),
        ('"関東"', '"関西"', "false"),
        ("<urn:関西>", '"関西"', '""'),
        ('"関西"', "<urn:a>", '""'),
        ('"13"', "13", "true"),
    ],
)
def test_a_query_may_compare_texts_as_the_search_does(
    pool: WorkerPool, text: str, wanted: str, row: str
) -> None:
    found = pool.run(MATCHES % (text, wanted), "text/csv").body.decode()
    assert found.split("\r\n")[1].strip() == row.strip('"')


def test_a_function_is_found_by_an_escaped_name(pool: WorkerPool) -> None:
    name = "<https://w3id.org/seisaku/def#m\\u0061tches>"
    query = (MATCHES % ('"a"', '"a"')).replace("ssk:matches", name)
    assert pool.run(query, "text/csv").body.decode().split() == ["r", "true"]


def test_a_function_that_needs_too_much_memory_ends_its_query_and_is_not_false(
    pool: WorkerPool,
) -> None:
    long = "REPLACE(STR(?s), '.', 'ガガガガガガガガガガガガガガガガ')"
    for _ in range(3):
        long = f"REPLACE({long}, 'ガ', 'ガガガガガガガガガガガガガガガガ')"
    query = f"""PREFIX ssk: <https://w3id.org/seisaku/def#>
    SELECT (COUNT(*) AS ?c) {{ ?s ?p ?o FILTER(!ssk:matches({long}, "b")) }}"""
    with pytest.raises((MemoryExceeded, DeadlineExceeded)):
        pool.run(query, JSON)
    assert answered(pool)


@pytest.mark.parametrize("on_a_disk", [False, True])
def test_a_dataset_may_have_more_graphs_than_one_message_holds(
    tmp_path: Path, on_a_disk: bool
) -> None:
    graphs = [f"urn:{'long-' * 10}{number}" for number in range(5000)]
    file = tmp_path / "a.nq"
    file.write_text("".join(f"<urn:s> <urn:p> <urn:o> <{each}> .\n" for each in graphs), "utf-8")
    given = on_disk(file) if on_a_disk else file
    with WorkerPool([given], Config(workers=1)) as pool:
        assert pool.dataset.graphs == set(graphs)
