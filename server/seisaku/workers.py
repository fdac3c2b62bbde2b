"""Query workers: processes that can be killed, forked from one that holds the dataset.

pyoxigraph has no time-out and no memory limit, and a deeply nested query overflows its stack; so
no query runs in the process that serves. One single-threaded process, the *zygote*, loads the
dataset and forks workers that share its memory. A worker runs one query at a time, in one thread,
under limits of the kernel: a timer, an address space, and no file descriptor to open a file or a
socket with. When it dies, the zygote reaps it, the way it died tells why, and another takes its
place.

A dataset on disk (`disk.py`) each worker opens by itself, after the fork and before its limits: a
store has threads once it is open, and a process with threads is none to fork from. It may have as
many files open as the store has, and since those that RocksDB has not opened yet leave descriptors
to spare, a second lock is on it (`confine.py`).

`WorkerPool` is this process's side; `python -m seisaku.workers FD` is the zygote.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
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
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from . import confine, disk
from .answers import PIECE, Answer, Spool
from .client import Client
from .config import BASE, MATCHES
from .errors import (
    AnswerTooLarge,
    BadQuery,
    ClientGone,
    DeadlineExceeded,
    MemoryExceeded,
    QueueFull,
    RequestError,
    TooComplex,
    Unreadable,
)
from .files import reading
from .folding import matches
from .pool import Dataset, Pool
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Buffer

    from .config import Config

    Term = NamedNode | BlankNode | Literal | Triple

Said = TypeVar("Said")

SLOW = 0.25
"""A query that runs longer than this many seconds is slow: its worker gets a low priority."""

NICENESS = 19
STACK = 64 << 20
"""Bytes of stack of a worker; 8 MiB hold 2,200 nested groups."""

GRACE = 0.2
"""The kernel's timer ends a worker this many seconds after the deadline, if nobody else has."""

ALLOCATION = "glibc.malloc.tcache_count=2000:glibc.malloc.mxfast=0:glibc.malloc.hugetlb=1"
"""How the GNU C library allocates in workers; other ones do not look at it. A query takes and gives
back thousands of small pieces, which it sorts anew each time if it may not keep them; and the
dataset lies in large pages. A look-up takes a quarter less of the processor's time."""

REQUEST = struct.Struct("!I")
REPLY = struct.Struct("!BBI")
"""Outcome, whether the worker is used up, length of what follows."""

END = b"\n"
"""What ends what pool and zygote say to each other, which is JSON."""

AT_ONCE = 16 << 10
"""Bytes of a message that go out at once: an idle worker has read all that came before."""

READY = b"R"
"""What a worker says once, when it is under its limits; else it says why it cannot work, and ends.
No such text begins with this letter."""

ANSWERED, MALFORMED, FAILED, TOO_LARGE, OUT_OF_MEMORY, PART = range(6)
"""`PART` is a piece of an answer that goes on; each other outcome ends the reply."""


class WorkerPool(Pool):
    """Answers queries on the dataset in `files`, at most `config.workers` at a time.

    `files` are RDF in any format that its extension names, read into memory, or one folder of a
    snapshot on disk. With `union_default_graph`, a query's default graph is the union of all
    graphs; else it is the files' own. Thread-safe.
    Raises `Unreadable` when a file is missing or does not parse, or the store is damaged.
    """

    functions = frozenset({MATCHES})

    def __init__(
        self, files: Sequence[Path], config: Config, *, union_default_graph: bool = False
    ) -> None:
        super().__init__(config)
        self.union_default_graph = union_default_graph
        self._files = files
        self._setup = {
            "files": [str(file) for file in files],
            "memory": config.memory,
            "answer_bytes": config.answer_bytes,
        }
        self._turns: Turns[_Worker] = Turns(config.queue, max(1, config.workers - 1))
        self._alive: dict[int, _Worker] = {}
        self._zygote, self._socket = self._start_zygote()

    @property
    def files(self) -> Sequence[Path]:
        """The files that were given."""
        return self._files

    @property
    def dataset(self) -> Dataset:
        """What the pool answers from; waits until it is loaded."""
        return self._wait_until_loaded()

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
        client: Client | None = None,
    ) -> Answer:
        """Give the answer to `query`, serialised as `media_type`, within the deadline.

        The graphs are those of the protocol, IRIs; given, they take the place of its FROM.
        `says_from` tells that the query has a FROM, which the union of all graphs gives way to.
        `client` is who asks. Raises the `RequestError` that says what the query was refused or
        ended for, or `ClientGone` when the client left first.
        """
        self._wait_until_loaded()
        message = self.message(query, media_type, default_graphs, named_graphs, says_from=says_from)
        ends = time.monotonic() + self.config.deadline
        asking = _Asking(message, media_type, client or Client(), ends)
        return self._answer(self._turns.take(asking.client, ends), asking)

    def message(
        self,
        query: str,
        media_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        *,
        says_from: bool = False,
    ) -> bytes:
        """Give what a worker is sent for a query, which `run` explains."""
        union = self.union_default_graph and not says_from
        said = [query, media_type, default_graphs, named_graphs, union, self.config.deadline]
        text = json.dumps(said).encode()
        return REQUEST.pack(len(text)) + text

    async def soon(self, message: bytes, media_type: str, client: Client) -> Answer | None:
        """Give the answer to the query of a `message` like `run`, when it comes soon and whole.

        Else None, and `client.ahead` gives the answer, or raises why there is none: it waits, as
        `run` does, and has to be called. For the event loop, which it never keeps waiting. The
        dataset must be loaded.
        """
        asking = _Asking(message, media_type, client, time.monotonic() + self.config.deadline)
        worker = self._turns.at_once(client) or await self._in_turn(asking)
        if worker is None:
            return None
        client.ahead = partial(self._answer, worker, asking)
        try:
            told = worker.ear.listen()
            asking.send(worker)
            body = asking.whole(await _in_time(told, SLOW))
        except OSError:  # of a worker that has died: `ahead` says so
            return None
        if body is None:
            return None
        client.ahead = None
        self._turns.give_back(worker, client)
        return Answer(media_type, len(body), body)

    async def _in_turn(self, asking: _Asking) -> _Worker | None:
        """Wait in line; None when it takes longer, or there is no place: `client.ahead` goes on."""
        client, woken = asking.client, _Waking()
        try:
            waiter = self._turns.enter(client, woken)
            client.ahead = lambda: self._answer(
                self._turns.wait(waiter, client, asking.ends), asking
            )
            if await woken.within(SLOW):
                return self._turns.taken(waiter, client)
        except QueueFull as full:
            client.ahead = partial(_refuse, full)
        return None

    def _answer(self, worker: _Worker, asking: _Asking) -> Answer:
        """Give what `worker` answers, and the worker back."""
        reusable = False
        try:
            with asking.client.on_leaving(worker.hang_up):
                outcome, used_up, spool = self._ask(worker, asking)
            reusable = not used_up and not worker.slow
        finally:
            self._give_back(worker, asking.client, reusable=reusable)
        if outcome == ANSWERED:
            return spool.answer(asking.media_type)
        raise _error(outcome, spool.tail, self.config)

    def close(self) -> None:
        """End every process of the pool. Queries that are running end with an error."""
        self._closed = True
        idle = self._turns.close()
        with self._control:
            for worker in self._alive.values():
                os.kill(worker.pid, signal.SIGKILL)
            for worker in idle:  # a thread that waits for a worker closes it itself
                worker.connection.close()
            self._socket.close()  # which the zygote takes as the end
            try:
                self._zygote.wait(1)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()

    def _wait_until_loaded(self) -> Dataset:
        if self._dataset is None:
            with self._control:
                if self._dataset is None:
                    dataset = self._loaded()
                    self._turns.open(self._first_workers())
                    self._dataset = dataset
        return self._dataset

    def _first_workers(self) -> list[_Worker]:
        """Fork the workers. Raises `Unreadable`, and ends the zygote, when they cannot work."""
        try:
            return [self._fork() for _ in range(self.config.workers)]
        except Unreadable:
            for each in self._alive.values():
                each.connection.close()
            self._socket.close()
            self._zygote.wait()
            raise

    def _give_back(self, worker: _Worker, client: Client, *, reusable: bool) -> None:
        next_ = None
        try:
            next_ = worker if reusable else self._replacement(worker)
        finally:
            self._turns.give_back(next_, client, slow=worker.slow)

    def _ask(self, worker: _Worker, asking: _Asking) -> tuple[int, bool, Spool]:
        spool = Spool(self._room)
        client = asking.client
        try:
            asking.send(worker)
            while True:
                head = self._heard(worker, REPLY.size, asking)
                outcome, used_up, length = REPLY.unpack(head)
                part = self._heard(worker, length, asking)
                if outcome != PART:
                    spool.tail = part
                    return outcome, bool(used_up), spool
                spool.write(part)
        except TimeoutError:
            self.kills["deadline"] += 1
            raise DeadlineExceeded("limit", seconds=self.config.deadline) from None
        except (EOFError, ConnectionError):
            if client.gone:
                self.kills["disconnect"] += 1
                raise ClientGone from None
            raise self._cause_of_death(worker) from None

    def _heard(self, worker: _Worker, length: int, asking: _Asking) -> bytes:
        """Read just `length` bytes from a worker, and note on the way that it has become slow."""
        read = asking.heard[:length]
        del asking.heard[:length]
        while len(read) < length:
            until = asking.ends if worker.slow else min(asking.begun + SLOW, asking.ends)
            left = until - time.monotonic()
            try:
                if left <= 0:
                    raise TimeoutError
                worker.connection.settimeout(left)
                part = worker.connection.recv(length - len(read))
            except TimeoutError:
                if until == asking.ends:
                    raise
                self._count_as_slow(worker, asking.client)
                continue
            if not part:
                raise EOFError
            read += part
        return bytes(read)

    def _count_as_slow(self, worker: _Worker, client: Client) -> None:
        """Give a slow worker a low priority, or refuse it: one worker stays for the quick."""
        self._turns.count_as_slow(client)
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
                return QueueFull("stopping")
            status = self._reap(worker)
        died_of = -os.waitstatus_to_exitcode(status) if status is not None else None
        reasons = {signal.SIGALRM: "deadline", signal.SIGABRT: "memory", signal.SIGKILL: "memory"}
        self.kills[reasons.get(signal.Signals(died_of or signal.SIGSEGV), "crash")] += 1
        if died_of == signal.SIGALRM:
            return DeadlineExceeded("limit", seconds=self.config.deadline)
        if died_of in (signal.SIGABRT, signal.SIGKILL):
            return MemoryExceeded("limit", mebibytes=self.config.memory >> 20)
        return TooComplex("crashed")

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
            if (said := _receive(ours, len(READY))) != READY:
                raise Unreadable(self.files[0], (said + _rest(ours)).decode())
        except BaseException:
            ours.close()
            raise
        worker = _Worker(pid, ours, _Ear(ours))
        self._alive[pid] = worker
        return worker

    def _order(self, order: dict[str, Any], *handed: socket.socket) -> dict[str, Any]:
        socket.send_fds(
            self._socket, [json.dumps(order).encode()], [each.fileno() for each in handed]
        )
        return _hear(self._socket)

    def _start_zygote(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", __spec__.name, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"GLIBC_TUNABLES": ALLOCATION},
            )
        _say(ours, self._setup)
        return process, ours

    def _loaded(self) -> Dataset:
        try:
            said = _hear(self._socket)
        except (EOFError, OSError) as error:
            raise RuntimeError("the process that loads the dataset has died") from error
        if "fault" in said:
            self._socket.close()
            self._zygote.wait()
            raise Unreadable(*said["fault"])
        made_by = [
            said["files"],
            self.union_default_graph,
            version("pyoxigraph"),
            version("seisaku"),
        ]
        digest = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()
        graphs, sizes, default = frozenset(said["graphs"]), said.get("sizes"), said.get("default")
        size = said["quads"] if sizes and self.union_default_graph else default
        return Dataset(said["quads"], graphs, said["prefixes"], digest, sizes, size)

    def _restart(self) -> None:
        self._socket.close()
        self._zygote.kill()
        self._zygote.wait()
        self._zygote, self._socket = self._start_zygote()
        self._dataset = self._loaded()  # a file may have changed meanwhile


@dataclass(slots=True)
class _Worker:
    """A worker as the pool knows it."""

    pid: int
    connection: socket.socket
    ear: _Ear
    slow: bool = False

    def hang_up(self) -> None:
        """End the conversation: who waits for the answer hears that there will be none."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class _Asking:
    """A query on its way: what is sent to a worker, who asks, and until when it may take."""

    message: bytes
    media_type: str
    client: Client
    ends: float
    begun: float = 0.0
    heard: bytearray = field(default_factory=bytearray)
    """What has come of the reply and was not looked at."""

    def send(self, worker: _Worker) -> None:
        """Send it, once."""
        if not self.begun:
            self.begun = time.monotonic()
            if len(self.message) <= AT_ONCE:
                os.write(worker.connection.fileno(), self.message)
                return
            worker.connection.settimeout(max(self.ends - self.begun, 0.001))
            worker.connection.sendall(self.message)

    def whole(self, told: bytes | None) -> bytes | None:
        """Give the answer when it is one, whole, after which its worker goes on; else note it."""
        if told is None:
            return None
        if len(told) >= REPLY.size:
            outcome, used_up, length = REPLY.unpack_from(told)
            if outcome == ANSWERED and not used_up and len(told) == REPLY.size + length:
                return told[REPLY.size :]
        self.heard += told
        return None


class _Ear:
    """Hears in the event loop what a worker says, when somebody there listens.

    It stays where it is between two queries: to put it there and take it away took a tenth of a
    look-up. Where it hears what is said to a thread, it goes, and comes back when it is needed.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._told: asyncio.Future[bytes | None] | None = None
        self._is_there = False

    def listen(self) -> asyncio.Future[bytes | None]:
        """Give what will hold the next that the worker says; only what listens last hears it."""
        loop = asyncio.get_running_loop()
        if not self._is_there:
            loop.add_reader(self._connection, self._hear)
            self._is_there = True
        self._told = told = loop.create_future()
        return told

    def _hear(self) -> None:
        told, self._told = self._told, None
        if told is None or told.done():
            asyncio.get_running_loop().remove_reader(self._connection)
            self._is_there = False
            return
        try:
            told.set_result(os.read(self._connection.fileno(), REPLY.size + PIECE))
        except OSError as error:
            told.set_exception(error)


class _Waking:
    """A `threading.Event` that the event loop can wait for too, in which it is made."""

    def __init__(self) -> None:
        self._unset = threading.Lock()  # held until it is set; an Event takes ten times as long
        self._unset.acquire()
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.get_ident()

    def set(self) -> None:
        """Wake who waits, in whatever thread."""
        self._let_go()
        if threading.get_ident() == self._thread:
            _resolve(self._done)
        else:
            self._loop.call_soon_threadsafe(_resolve, self._done)

    def wait(self, timeout: float, /) -> bool:
        """Wait so many seconds at most; tell whether it is set."""
        is_set = self._unset.acquire(timeout=timeout)
        if is_set:
            self._let_go()
        return is_set

    async def within(self, seconds: float) -> bool:
        """Wait so many seconds at most, in the event loop; tell whether it is set."""
        if self._unset.locked():
            await _in_time(self._done, seconds)
        return not self._unset.locked()

    def _let_go(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is set, perhaps by another thread just now
            self._unset.release()


async def _in_time(coming: asyncio.Future[Said], seconds: float) -> Said | None:
    """Wait for what comes, so many seconds at most; then it is None."""
    late = coming.get_loop().call_later(seconds, _resolve, coming)
    try:
        return await coming
    finally:
        late.cancel()


def _resolve(coming: asyncio.Future[Any]) -> None:
    if not coming.done():
        coming.set_result(None)


def _refuse(error: RequestError) -> NoReturn:
    raise error


def _error(outcome: int, body: bytes, config: Config) -> RequestError:
    """Give the error that a worker's reply tells."""
    if outcome == MALFORMED:
        what, line, column = json.loads(body)
        return BadQuery("engine", what=what, line=line, column=column)
    if outcome == TOO_LARGE:
        return AnswerTooLarge("limit", bytes=config.answer_bytes)
    if outcome == OUT_OF_MEMORY:
        return MemoryExceeded("limit", mebibytes=config.memory >> 20)
    return BadQuery("engine", what=body.decode())


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


def _rest(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    parts = iter(lambda: connection.recv(PIECE), b"")
    return b"".join(parts)


def _say(control: socket.socket, what: dict[str, Any]) -> None:
    """Say something to pool or zygote: in pieces, for the names of many graphs are long."""
    said = json.dumps(what).encode() + END
    for start in range(0, len(said), PIECE):
        control.send(said[start : start + PIECE])


def _hear(control: socket.socket) -> dict[str, Any]:
    """Hear what `_say` says. Raises `EOFError` when the other side has gone."""
    said = bytearray()
    while not said.endswith(END):
        if not (part := control.recv(PIECE)):
            raise EOFError
        said += part
    heard: dict[str, Any] = json.loads(said)
    return heard


# From here on: the zygote and the workers that it forks. They have no Flask, and the zygote has one
# thread.


def _zygote(control: socket.socket) -> None:
    """Load the dataset, then fork and reap as told, until the pool is gone."""
    setup = _hear(control)
    try:
        store, told = _dataset([Path(file) for file in setup["files"]])
    except Unreadable as error:
        fault = [error.file, error.what, error.line, error.column]
        _say(control, {"fault": fault})
        return
    _say(control, told)
    gc.collect()
    gc.freeze()
    gc.disable()  # a query makes no cycles; a worker that grows is replaced
    while True:
        said, handed, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not said:
            return
        order = json.loads(said)
        if "reap" in order:
            _say(control, {"status": os.waitpid(order["reap"], 0)[1]})
            continue
        pid = os.fork()
        if pid == 0:
            _work(socket.socket(fileno=handed[0]), store, told["prefixes"], setup)
        os.close(handed[0])
        _say(control, {"pid": pid})


def _dataset(files: Sequence[Path]) -> tuple[Store | Path, dict[str, Any]]:
    """Give the dataset, or the folder it is to be opened in, and what is told of it."""
    if files and files[0].is_dir():
        told = disk.told(files[0])
        made_of = [disk.STORE, *told.files]  # rows without an order come in another one
        said = {"quads": told.quads, "graphs": list(told.graphs), "prefixes": told.prefixes}
        known = {"sizes": told.graphs, "default": told.default}
        return files[0], {**said, **known, "files": made_of}
    store = Store()
    digests = []
    for file in files:
        with reading(file) as read:
            store.bulk_extend(read.quads)
        digests.append(read.said)
    graphs = [graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)]
    prefixes = disk.prefixes(store)
    said = {"quads": len(store), "graphs": graphs, "prefixes": prefixes, "files": digests}
    return store, said


def _work(
    connection: socket.socket,
    dataset: Store | Path,
    prefixes: dict[str, str],
    setup: dict[str, Any],
) -> NoReturn:
    """Answer query after query, until the pool closes the connection."""
    try:
        connection = _alone(connection)
        dataset, caches = _ready(dataset, setup["memory"], connection)
        connection.sendall(READY)
        enough = disk.peak() + setup["memory"] // 4 + caches
        while True:
            request = json.loads(_message(connection))
            signal.setitimer(signal.ITIMER_REAL, request[-1] + GRACE)
            outcome, tail = _outcome(dataset, prefixes, setup["answer_bytes"], request, connection)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.sendall(REPLY.pack(outcome, disk.peak() > enough, len(tail)) + tail)
    except (EOFError, ConnectionError):
        os._exit(0)
    except BaseException:
        os._exit(1)


def _message(connection: socket.socket) -> bytes:
    """Read what `WorkerPool.message` gives, without its length: mostly it comes at once."""
    read = connection.recv(PIECE)
    if len(read) < REQUEST.size:
        read += _receive(connection, REQUEST.size - len(read))
    (length,) = REQUEST.unpack_from(read)
    left = REQUEST.size + length - len(read)
    return read[REQUEST.size :] + _receive(connection, left)


CONNECTION = 3
"""The only file descriptor of a worker besides standard input, output and error, and the files of
a store."""


def _alone(connection: socket.socket) -> socket.socket:
    """Leave the process nothing that is the zygote's but the connection; give that."""
    for each in (signal.SIGALRM, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(connection.fileno(), CONNECTION)
    os.dup2(0, 2)  # what the engine says when it runs out of memory
    if connection.fileno() == CONNECTION:
        connection.detach()
    os.closerange(CONNECTION + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return socket.socket(fileno=CONNECTION)


def _ready(dataset: Store | Path, memory: int, connection: socket.socket) -> tuple[Store, int]:
    """Go under the limits, the store open; give it, with the bytes that it keeps for itself.

    Says why and ends when that cannot be.
    """
    try:
        if isinstance(dataset, Store):
            _lock_up(memory)
            return dataset, 0
        store = disk.opened(dataset)
        _lock_up(memory + disk.CACHES, dataset)
        return store, disk.CACHES
    except (Unreadable, OSError) as error:
        connection.sendall(f"the store: {error}".encode())
        os._exit(1)


def _lock_up(memory: int, folder: Path | None = None) -> None:
    """Put the process under its limits: it can open nothing, and dies when it takes too much.

    `folder` is that of a snapshot on disk, whose files it may have open.
    """
    files = disk.files(folder) if folder else 0
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    if folder:
        confine.confine(folder / disk.STORE)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_AS, size + memory),
        (resource.RLIMIT_NOFILE, CONNECTION + 1 + files),
    ):
        resource.setrlimit(limit, (value, value))


class _Pieces(io.BytesIO):
    """Sends what is written to the pool, piece by piece, up to a length; keeps the last piece."""

    def __init__(self, connection: socket.socket, longest: int) -> None:
        super().__init__()
        self._connection = connection
        self.left = longest
        self.tail = bytearray()

    def write(self, part: Buffer, /) -> int:
        view = memoryview(part)
        self.left -= len(view)
        if self.left < 0:
            raise OSError("full")
        self.tail += view
        if len(self.tail) >= PIECE:
            self._connection.sendall(REPLY.pack(PART, 0, len(self.tail)) + self.tail)
            self.tail.clear()
        return len(view)


def _outcome(
    store: Store,
    prefixes: dict[str, str],
    longest: int,
    request: list[Any],
    connection: socket.socket,
) -> tuple[int, bytes]:
    """Run one query and serialise its result, both here: no other thread may touch a result."""
    query, media_type, default_graphs, named_graphs, union, _ = request
    body = _Pieces(connection, longest)
    graphs = _graphs(default_graphs, named_graphs)
    try:
        result = store.query(
            query,
            base_iri=BASE,
            use_default_graph_as_union=union and not graphs,
            custom_functions=FUNCTIONS if _may_call(query) else None,
            **graphs,
        )
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
    return ANSWERED, bytes(body.tail)


def _matches(text: Term, wanted: Term) -> Literal | None:
    """Answer `ssk:matches`; what is no literal is an error, which a FILTER takes as false."""
    if not (isinstance(text, Literal) and isinstance(wanted, Literal)):
        return None
    try:
        return Literal(matches(text.value, wanted.value))
    except MemoryError:  # which the engine would take as false, and the answer would be wrong
        os.kill(os.getpid(), signal.SIGKILL)
        raise


FUNCTIONS: dict[NamedNode, Callable[..., Term | None]] = {NamedNode(MATCHES): _matches}
"""The functions of ours that a query may call."""

LOCAL_NAME = MATCHES.rpartition("#")[2]
"""What a query that calls it has in it, but for escapes."""


def _may_call(query: str) -> bool:
    """Tell whether a query may call a function of ours: to offer them takes time."""
    return LOCAL_NAME in query or "\\" in query


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
    with contextlib.suppress(ConnectionError, EOFError):  # the pool has gone
        _zygote(socket.socket(fileno=int(sys.argv[1])))
