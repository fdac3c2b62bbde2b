"""Query workers: processes that can be killed, forked from one that holds the dataset.

pyoxigraph has no time-out and no memory limit, and a deeply nested query overflows its stack; so
no query runs in the process that serves. One single-threaded process, the *zygote*, loads the
dataset and forks workers that share its memory. A worker runs one query at a time, in its only
thread, under limits of the kernel: a timer, an address space, and no file descriptor to open a
file or a socket with. When it dies, the zygote reaps it, the way it died tells why, and another
takes its place.

`WorkerPool` is this process's side; `python -m seisaku.workers FD` is the zygote.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    serialize,
)

from .errors import (
    AnswerTooLarge,
    BadQuery,
    DeadlineExceeded,
    MemoryExceeded,
    QueueFull,
    RequestError,
    TooComplex,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Buffer

    from .config import Config

SLOW = 0.25
"""A query that runs longer than this many seconds is slow: its worker gets the lowest priority."""

NICENESS = 10
STACK = 64 << 20
"""Bytes of stack of a worker; 8 MiB hold 2,200 nested groups."""

GRACE = 0.2
"""The kernel's timer ends a worker this many seconds after the deadline, if nobody else has."""

REQUEST = struct.Struct("!I")
REPLY = struct.Struct("!BBI")
"""Outcome, whether the worker is used up, length of the body."""

READY = b"R"
"""What a worker says once, when it is under its limits."""

ANSWERED, MALFORMED, FAILED, TOO_LARGE, OUT_OF_MEMORY = range(5)


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's answer: its media type and its bytes, whole."""

    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a pool answers from: the number of quads, the named graphs, the declared prefixes."""

    quads: int
    graphs: frozenset[str]
    prefixes: dict[str, str]


class WorkerPool:
    """Answers queries on the dataset in `files`, at most `config.workers` at a time.

    `files` are RDF in any format that its extension names. With `union_default_graph`, a query's
    default graph is the union of all graphs; else it is the files' own. Thread-safe.
    Raises `Unreadable` when a file is missing or does not parse.
    """

    def __init__(
        self, files: Sequence[Path], config: Config, *, union_default_graph: bool = False
    ) -> None:
        self.config = config
        self._setup = {
            "files": [str(file) for file in files],
            "memory": config.memory,
            "answer_bytes": config.answer_bytes,
        }
        self._union = union_default_graph
        self._changed = threading.Condition()
        self._control = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: dict[int, _Worker] = {}
        self._waiting = 0
        self._slow = 0
        self._closed = False
        self.kills: Counter[str] = Counter()
        """The number of workers that ended with their query: by `deadline`, `memory`, `crash`."""
        self._zygote, self._socket = self._start_zygote()
        self._dataset: Dataset | None = None

    @property
    def dataset(self) -> Dataset:
        """What the pool answers from; waits until it is loaded."""
        return self._wait_until_loaded()

    @property
    def union_default_graph(self) -> bool:
        """Whether a query's default graph is the union of all graphs."""
        return self._union

    @property
    def loaded(self) -> bool:
        """Whether the dataset is loaded; does not wait for it."""
        return self._dataset is not None

    @property
    def waiting(self) -> int:
        """The number of queries that wait for a worker."""
        return self._waiting

    @property
    def running(self) -> int:
        """The number of queries that run."""
        return len(self._alive) - len(self._idle)

    def load(self) -> None:
        """Wait until the dataset is loaded. Raises `Unreadable` when it cannot be."""
        self._wait_until_loaded()

    def run(
        self,
        query: str,
        media_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        *,
        says_from: bool = False,
    ) -> Answer:
        """Give the answer to `query`, serialised as `media_type`, within the deadline.

        The graphs are those of the protocol, IRIs; given, they take the place of its FROM.
        `says_from` tells that the query has a FROM, which the union of all graphs gives way to.
        Raises the `RequestError` that says what the query was refused or ended for.
        """
        ends = time.monotonic() + self.config.deadline
        union = self._union and not says_from
        request = json.dumps(
            [query, media_type, default_graphs, named_graphs, union, self.config.deadline]
        )
        self._wait_until_loaded()
        worker = self._take(ends)
        reusable = False
        try:
            outcome, used_up, body = self._ask(worker, request.encode(), ends)
            reusable = not used_up and not worker.slow
        finally:
            self._give_back(worker, reusable=reusable)
        if outcome == ANSWERED:
            return Answer(media_type, body)
        raise _error(outcome, body, self.config)

    def close(self) -> None:
        """End every process of the pool. Queries that are running end with an error."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with self._control:
            for worker in self._alive.values():
                os.kill(worker.pid, signal.SIGKILL)
            for worker in self._idle:  # a thread that waits for a worker closes it itself
                worker.connection.close()
            self._socket.close()  # which the zygote takes as the end
            try:
                self._zygote.wait(1)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()

    def __enter__(self) -> Self:
        self._wait_until_loaded()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait_until_loaded(self) -> Dataset:
        if self._dataset is None:
            with self._control:
                if self._dataset is None:
                    dataset = self._loaded()
                    self._idle = [self._fork() for _ in range(self.config.workers)]
                    self._dataset = dataset  # last: a query that sees it finds workers
        return self._dataset

    def _take(self, ends: float) -> _Worker:
        with self._changed:
            if not self._idle:
                if self._waiting >= self.config.queue:
                    raise QueueFull("too many queries are waiting; try again in a moment")
                self._waiting += 1
                try:
                    self._changed.wait_for(
                        lambda: self._idle or self._closed, ends - time.monotonic()
                    )
                finally:
                    self._waiting -= 1
            if self._closed or not self._idle:
                raise QueueFull("no worker became free in time; try again in a moment")
            return self._idle.pop()

    def _give_back(self, worker: _Worker, *, reusable: bool) -> None:
        next_ = None
        try:
            next_ = worker if reusable else self._replacement(worker)
        finally:
            with self._changed:
                self._slow -= worker.slow
                if next_ is not None:
                    self._idle.append(next_)
                    self._changed.notify()

    def _ask(self, worker: _Worker, request: bytes, ends: float) -> tuple[int, bool, bytes]:
        try:
            worker.connection.settimeout(max(ends - time.monotonic(), 0.001))
            worker.connection.sendall(REQUEST.pack(len(request)) + request)
            head = self._first_bytes(worker, ends)
            outcome, used_up, length = REPLY.unpack(head)
            worker.connection.settimeout(max(ends + GRACE - time.monotonic(), 0.001))
            return outcome, bool(used_up), _receive(worker.connection, length)
        except TimeoutError:
            self.kills["deadline"] += 1
            raise DeadlineExceeded(_deadline(self.config)) from None
        except (EOFError, ConnectionError):
            raise self._cause_of_death(worker) from None

    def _first_bytes(self, worker: _Worker, ends: float) -> bytes:
        left = ends - time.monotonic()
        worker.connection.settimeout(max(min(SLOW, left), 0.001))
        try:
            return _receive(worker.connection, REPLY.size)
        except TimeoutError:
            if left <= SLOW:
                raise
        self._count_as_slow(worker)
        worker.connection.settimeout(max(ends - time.monotonic(), 0.001))
        return _receive(worker.connection, REPLY.size)

    def _count_as_slow(self, worker: _Worker) -> None:
        """Give a slow worker the lowest priority, or refuse it: one worker stays for the quick."""
        with self._changed:
            if self._slow >= max(1, self.config.workers - 1):
                raise QueueFull("too many long queries are running; try again in a moment")
            self._slow += 1
            worker.slow = True
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, NICENESS)

    def _replacement(self, worker: _Worker) -> _Worker | None:
        """End `worker` and fork another; None when the pool is closed meanwhile."""
        with self._control:
            if self._closed:
                worker.connection.close()
                return None
            self._reap(worker)
            try:
                return self._fork()
            except (EOFError, OSError):  # the zygote itself has died
                self._restart()
                return self._fork()

    def _cause_of_death(self, worker: _Worker) -> RequestError:
        with self._control:
            if self._closed:
                return QueueFull("the server is stopping")
            status = self._reap(worker)
        died_of = -os.waitstatus_to_exitcode(status) if status is not None else None
        reasons = {signal.SIGALRM: "deadline", signal.SIGABRT: "memory", signal.SIGKILL: "memory"}
        self.kills[reasons.get(signal.Signals(died_of or signal.SIGSEGV), "crash")] += 1
        if died_of == signal.SIGALRM:
            return DeadlineExceeded(_deadline(self.config))
        if died_of in (signal.SIGABRT, signal.SIGKILL):
            return MemoryExceeded(_memory(self.config))
        return TooComplex("the query is too deeply nested for the engine, which crashed on it")

    def _reap(self, worker: _Worker) -> int | None:
        """Kill `worker` unless it is dead, and give its wait status; None when nobody knows it."""
        if self._alive.pop(worker.pid, None) is None:
            return None
        worker.connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        with contextlib.suppress(EOFError, OSError):
            status: int | None = self._order({"reap": worker.pid})["status"]
            return status
        return None

    def _fork(self) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid = self._order({"fork": True}, theirs)["pid"]
            _receive(ours, len(READY))
        except BaseException:
            ours.close()
            raise
        worker = _Worker(pid, ours)
        self._alive[pid] = worker
        return worker

    def _order(self, order: dict[str, Any], *handed: socket.socket) -> dict[str, Any]:
        socket.send_fds(
            self._socket, [json.dumps(order).encode()], [each.fileno() for each in handed]
        )
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        said = self._socket.recv(1 << 20)
        if not said:
            raise EOFError
        answer: dict[str, Any] = json.loads(said)
        return answer

    def _start_zygote(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", __spec__.name, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        ours.send(json.dumps(self._setup).encode())
        return process, ours

    def _loaded(self) -> Dataset:
        try:
            said = self._heard()
        except (EOFError, OSError) as error:
            raise RuntimeError("the process that loads the dataset has died") from error
        if "fault" in said:
            self._socket.close()
            self._zygote.wait()
            raise Unreadable(*said["fault"])
        return Dataset(said["quads"], frozenset(said["graphs"]), said["prefixes"])

    def _restart(self) -> None:
        self._socket.close()
        self._zygote.kill()
        self._zygote.wait()
        self._zygote, self._socket = self._start_zygote()
        self._loaded()


@dataclass(slots=True)
class _Worker:
    """A worker as the pool knows it."""

    pid: int
    connection: socket.socket
    slow: bool = False


def _deadline(config: Config) -> str:
    return f"the query took longer than {config.deadline:g} seconds"


def _memory(config: Config) -> str:
    return f"the query needs more than {config.memory >> 20:,} MiB of memory"


def _error(outcome: int, body: bytes, config: Config) -> RequestError:
    """Give the error that a worker's reply tells."""
    if outcome == MALFORMED:
        return BadQuery(*json.loads(body))
    if outcome == TOO_LARGE:
        return AnswerTooLarge(f"the answer is longer than {config.answer_bytes:,} bytes")
    if outcome == OUT_OF_MEMORY:
        return MemoryExceeded(_memory(config))
    return BadQuery(body.decode())


def _receive(connection: socket.socket, length: int) -> bytes:
    """Read just `length` bytes. Raises `EOFError` when the other side closes before."""
    read = bytearray(length)
    view = memoryview(read)
    while view:
        count = connection.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return bytes(read)


# From here on: the zygote and the workers that it forks. They have one thread, and no Flask.


def _zygote(control: socket.socket) -> None:
    """Load the dataset, then fork and reap as told, until the pool is gone."""
    setup = json.loads(control.recv(1 << 20))
    try:
        store = _load([Path(file) for file in setup["files"]])
    except Unreadable as error:
        fault = [error.file, error.what, error.line, error.column]
        control.send(json.dumps({"fault": fault}).encode())
        return
    prefixes = _prefixes(store)
    graphs = [graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)]
    control.send(json.dumps({"quads": len(store), "graphs": graphs, "prefixes": prefixes}).encode())
    gc.collect()
    gc.freeze()
    while True:
        said, handed, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not said:
            return
        order = json.loads(said)
        if "reap" in order:
            control.send(json.dumps({"status": os.waitpid(order["reap"], 0)[1]}).encode())
            continue
        pid = os.fork()
        if pid == 0:
            _work(socket.socket(fileno=handed[0]), store, prefixes, setup)
        os.close(handed[0])
        control.send(json.dumps({"pid": pid}).encode())


def _load(files: Sequence[Path]) -> Store:
    store = Store()
    for file in files:
        form = RdfFormat.from_extension(file.suffix.removeprefix("."))
        if form is None:
            raise Unreadable(file, "no RDF format has this extension")
        try:
            base = file.resolve().as_uri()
            with file.open("rb") as opened:
                store.bulk_extend(parse(opened, form, base_iri=base, rename_blank_nodes=True))
        except SyntaxError as error:
            raise Unreadable.at(file, error) from error
        except OSError as error:
            raise Unreadable(file, error.strerror or "cannot be read") from error
        except ValueError as error:
            raise Unreadable(file, str(error)) from error
    return store


def _prefixes(store: Store) -> dict[str, str]:
    """Give the prefixes that the dataset declares (`sh:declare`)."""
    found = store.query(
        """PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?prefix ?namespace { ?each sh:prefix ?prefix ; sh:namespace ?namespace }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, QuerySolutions)  # noqa: S101
    return {row["prefix"].value: row["namespace"].value for row in found}


def _work(
    connection: socket.socket, store: Store, prefixes: dict[str, str], setup: dict[str, Any]
) -> NoReturn:
    """Answer query after query, until the pool closes the connection."""
    try:
        _lock_up(connection, setup["memory"])
        connection = socket.socket(fileno=CONNECTION)
        connection.sendall(READY)
        enough = _peak() + setup["memory"] // 4
        while True:
            request = json.loads(
                _receive(connection, *REQUEST.unpack(_receive(connection, REQUEST.size)))
            )
            signal.setitimer(signal.ITIMER_REAL, request[-1] + GRACE)
            outcome, body = _outcome(store, prefixes, setup["answer_bytes"], request)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.sendall(REPLY.pack(outcome, _peak() > enough, len(body)) + body)
    except (EOFError, ConnectionError):
        os._exit(0)
    except BaseException:
        os._exit(1)


CONNECTION = 3
"""The only file descriptor of a worker besides standard input, output and error."""


def _lock_up(connection: socket.socket, memory: int) -> None:
    """Put the process under its limits: it can open nothing, and dies when it takes too much."""
    for each in (signal.SIGALRM, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(connection.fileno(), CONNECTION)
    os.dup2(0, 2)  # what the engine says when it runs out of memory
    if connection.fileno() == CONNECTION:
        connection.detach()
    os.closerange(CONNECTION + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_AS, size + memory),
        (resource.RLIMIT_NOFILE, CONNECTION + 1),
    ):
        resource.setrlimit(limit, (value, value))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class _Capped(io.BytesIO):
    """Collects what is written, up to a length."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.left = longest

    def write(self, part: Buffer, /) -> int:
        self.left -= len(memoryview(part))
        if self.left < 0:
            raise OSError("full")
        return super().write(part)


def _outcome(
    store: Store, prefixes: dict[str, str], longest: int, request: list[Any]
) -> tuple[int, bytes]:
    """Run one query and serialise its result, both here: no other thread may touch a result."""
    query, media_type, default_graphs, named_graphs, union, _ = request
    body = _Capped(longest)
    graphs = _graphs(default_graphs, named_graphs)
    try:
        result = store.query(query, use_default_graph_as_union=union and not graphs, **graphs)
        if isinstance(result, QuerySolutions | QueryBoolean):
            result.serialize(body, QueryResultsFormat.from_media_type(media_type))
        else:
            serialize(result, body, RdfFormat.from_media_type(media_type), prefixes=prefixes)
    except SyntaxError as error:
        return MALFORMED, json.dumps([error.msg, error.lineno, error.offset]).encode()
    except MemoryError:
        return OUT_OF_MEMORY, b""
    except Exception as error:  # the engine's run-time errors have many types
        return (TOO_LARGE if body.left < 0 else FAILED), str(error).encode()
    return ANSWERED, body.getvalue()


def _graphs(default: list[str], named: list[str]) -> dict[str, Any]:
    """Give the protocol's graphs as the engine takes them."""
    if not default and not named:
        return {}
    return {
        "default_graph": [NamedNode(each) for each in default],
        "named_graphs": [NamedNode(each) for each in named],
    }


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, and that ends us
    with contextlib.suppress(ConnectionError):  # the pool has gone
        _zygote(socket.socket(fileno=int(sys.argv[1])))
