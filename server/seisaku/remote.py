"""Remote: queries answered by a SPARQL store over HTTP (Fuseki, Virtuoso, the Oxigraph server).

The pages, the negotiation, the cache, the limits and the errors stay ours; the store only answers.
`push.py` puts a snapshot there, and writes a *mark* beside it: whose snapshot it is, and which
push brought it. A pool answers from one push only. Each answer is followed, on the same
connection, by a look at the mark: if it is another one by then, the answer may be of both
snapshots, and is thrown away (`StoreChanged`). So readers see one snapshot or the other, on a
store without transactions too, and no answer is kept or tagged by the wrong digest.

A store is asked for SPARQL results in JSON, or for N-Triples, and its answer is read and written
anew as it arrives: in the format that the client takes, and whole, or it is an error. It goes to
the spool piece by piece. One deadline covers connecting, the first byte and the last one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import io
import json
import re
import select
import shutil
import socket
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
    serialize,
)

from . import snapshot, virtuoso
from .answers import PIECE, Answer, Spool
from .client import Client
from .config import BASE, MATCHES, STORE
from .errors import (
    AnswerTooLarge,
    BadQuery,
    ClientGone,
    DeadlineExceeded,
    InputError,
    QueueFull,
    Refused,
    RequestError,
    StoreChanged,
    StoreFailed,
)
from .pool import Dataset, Pool
from .query import dataset_clause, names
from .turns import Turns
from .workers import SLOW, WorkerPool

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from .config import Config

RESULTS = "application/sparql-results+json"
TRIPLES = "application/n-triples"

IDENTIFIER = "http://purl.org/dc/terms/identifier"
PUSHED = "http://www.w3.org/ns/prov#wasGeneratedBy"
SIZE = "http://rdfs.org/ns/void#triples"

MARK = f"SELECT ?s ?p ?o {{ GRAPH <{STORE}> {{ ?s ?p ?o }} }}"
NONE = STORE + "/none"
"""A graph that no store holds: asked for alone, it makes a default graph or the named ones empty.
Left out, they would be those that the store thinks best."""

PREFIXES = """PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?prefix ?namespace { ?each sh:prefix ?prefix ; sh:namespace ?namespace }"""

WHOLE = "CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{}> {{ ?s ?p ?o }} }}"

FOREIGN = ("bif:", "sql:", "java:", "http://www.openlinksw.com/schemas/bif#")
"""What functions begin with that reach out of a store: into its host, its disk, its network."""

PLACE = re.compile(r"(?:error at |line )(\d+)(?::|, column )?(\d+)?", re.IGNORECASE)
"""How a store says where a query is wrong: Oxigraph `error at 1:7`, Fuseki `at line 1, column 7`,
Virtuoso `line 1`."""

TIMED_OUT = re.compile(r"time[d ]*out|timeout|time limit|S1TAT", re.IGNORECASE)

TOLD = 300
"""Characters of a store's own words that are passed on."""

SHORT = 1 << 20
"""Bytes of the answers that are read whole: errors, the mark, the prefixes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a store says of the snapshot that it holds."""

    digest: str
    """The snapshot's name."""
    push: str
    """IRI of the push that brought it, another one each time."""
    sizes: dict[str, int]
    """The number of triples of each named graph, by its IRI."""
    server: str
    """What the store calls itself, where it does."""


def pool(files: Sequence[Path], config: Config, *, union: bool) -> Pool:
    """Give what answers queries: the store that the settings name, else workers on `files`."""
    if config.store:
        return RemotePool(config)
    return WorkerPool(files, config, union_default_graph=union)


class RemotePool(Pool):
    """Answers queries from the store at `config.store`, at most `config.workers` at a time.

    It answers from the push that the store holds at the first use, and raises `StoreChanged` when
    the store holds another one. A query's default graph is the union of the snapshot's graphs.
    """

    union_default_graph = True

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.changed = threading.Event()
        """Set when an answer came after another push."""
        self._turns: Turns[_Line] = Turns(config.queue, max(1, config.workers - 1))
        self._lines = [_Line(config) for _ in range(config.workers)]
        self._turns.open(self._lines)
        self._mark: Mark | None = None
        self._copy: Path | None = None

    @property
    def digest(self) -> str:
        """The name of the snapshot that is answered from."""
        return self._loaded()[0].digest

    @property
    def server(self) -> str:
        """What the store calls itself; empty when it does not say."""
        return self._loaded()[0].server

    @property
    def dataset(self) -> Dataset:
        """What the pool answers from; asks the store at the first time."""
        return self._loaded()[1]

    @property
    def files(self) -> Sequence[Path]:
        """The dataset as a file: of the snapshot when it is here too, else copied from the store.

        Raises an `InputError` when it cannot be copied.
        """
        folder = snapshot.find(self.config.snapshots, self.digest)
        if folder is not None:
            return [folder / snapshot.DATASET]
        with self._control:
            if self._copy is None:
                self._copy = self._copied()
        return [self._copy / snapshot.DATASET]

    def load(self) -> None:
        """Ask the store what it holds. Raises an `InputError` when that is no snapshot."""
        self._loaded()

    def pushed(self) -> str | None:
        """Give the IRI of the push that the store holds now; None while it holds none whole.

        Raises a `RequestError` when it does not say.
        """
        line = _Line(self.config)
        try:
            with line.until(time.monotonic() + self.config.deadline, Client()):
                found = line.mark()
        finally:
            line.close()
        return found.push if found else None

    @property
    def push(self) -> str:
        """The IRI of the push that is answered from."""
        return self._loaded()[0].push

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
        """Give the answer to `query`, as `pool.Pool` says.

        Raises `StoreFailed` besides, and `StoreChanged` when the store has another snapshot.
        """
        client = client or Client()
        mark, _ = self._loaded()
        _stays_within(query)
        if says_from:
            query, *froms = dataset_clause(query)
            if not (default_graphs or named_graphs):
                default_graphs, named_graphs = froms
        if not (default_graphs or named_graphs):
            default_graphs = named_graphs = sorted(mark.sizes)
        asked = _form(f"BASE <{BASE}>\n{query}", default_graphs, named_graphs)
        ends = time.monotonic() + self.config.deadline
        line = self._turns.take(client, ends)
        slow = _Slow(self._turns, client)
        try:
            with line.until(ends, client, self.kills):
                spool = self._asked(line, asked, media_type, slow)
                if line.mark() != mark:
                    self.changed.set()
                    raise StoreChanged
        finally:
            if self._closed:
                line.close()
            self._turns.give_back(line, client, slow=slow.counted)
        return spool.answer(media_type)

    def close(self) -> None:
        """End the queries that run, and answer no more."""
        self._closed = True
        for line in self._turns.close():
            line.close()
        for line in self._lines:
            line.hang_up()  # who waits for it closes it
        with self._control:
            if self._copy is not None:
                shutil.rmtree(self._copy, ignore_errors=True)
                self._copy = None

    def _asked(self, line: _Line, asked: bytes, media_type: str, slow: _Slow) -> Spool:
        """Ask a query and write its answer as `media_type`, while it arrives."""
        spool = Spool(self._room)
        body = _Pieces(spool, self.config.answer_bytes)
        table = QueryResultsFormat.from_media_type(media_type)
        with line.asked(asked, RESULTS if table else TRIPLES, slow) as read:
            try:
                if table:
                    _write_results(read, body, table)
                else:
                    prefixes = self.dataset.prefixes
                    form = RdfFormat.from_media_type(media_type)
                    serialize(parse(read, RdfFormat.N_TRIPLES), body, form, prefixes=prefixes)
            except (SyntaxError, ValueError, OSError, http.client.HTTPException) as error:
                if body.left < 0:
                    raise AnswerTooLarge("limit", bytes=self.config.answer_bytes) from None
                if body.fault:
                    raise body.fault from None
                if read.fault:
                    raise read.fault from None
                raise StoreFailed("unreadable") from error
            read.drain()
        spool.tail = bytes(body.tail)
        return spool

    def _loaded(self) -> tuple[Mark, Dataset]:
        if self._mark is None or self._dataset is None:
            with self._control:
                if self._mark is None or self._dataset is None:
                    self._mark, self._dataset = self._told()
        return self._mark, self._dataset

    def _told(self) -> tuple[Mark, Dataset]:
        """Ask the store for its mark and its prefixes."""
        line = _Line(self.config)
        try:
            with line.until(time.monotonic() + self.config.deadline, Client()):
                mark = line.mark()
                if mark is None:
                    raise InputError(
                        f"{self.config.store} holds no snapshot, or is being given one; "
                        "`seisaku build --push` puts it there"
                    )
                graphs = sorted(mark.sizes)
                rows = line.rows(_form(PREFIXES, graphs, graphs))
        except RequestError as error:
            raise InputError(f"{self.config.store}: {error}") from error
        finally:
            line.close()
        made_by = [mark.digest, mark.push, mark.server, version("seisaku")]
        digest = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()
        prefixes = {row["prefix"]: row["namespace"] for row in rows}
        return mark, Dataset(sum(mark.sizes.values()), frozenset(graphs), prefixes, digest)

    def _copied(self) -> Path:
        """Copy the dataset from the store into a folder of its own, within an hour."""
        mark, _ = self._loaded()
        folder = Path(tempfile.mkdtemp(prefix="seisaku-"))
        line = _Line(self.config)
        try:
            with (
                line.until(time.monotonic() + 3600, Client()),
                (folder / snapshot.DATASET).open("w", encoding="utf-8") as file,
            ):
                for graph in sorted(mark.sizes):
                    asked = _form(WHOLE.format(graph), [], [graph])
                    with line.asked(asked, TRIPLES, None) as read:
                        for each in parse(read, RdfFormat.N_TRIPLES):
                            file.write(f"{each.triple} <{graph}> .\n")
                        read.drain()
                if line.mark() != mark:
                    raise InputError("the store has changed to another snapshot meanwhile")
        except (RequestError, SyntaxError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise InputError(f"{self.config.store}: {error}") from error
        finally:
            line.close()
        return folder


class _Line:
    """A connection to the store, kept open from query to query; one thread at a time asks on it."""

    def __init__(self, config: Config) -> None:
        parts = urlsplit(config.store)
        self._host, self._secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Seisaku",
        }
        if config.store_user:
            known = base64.b64encode(f"{config.store_user}:{config.store_password}".encode())
            self._headers["Authorization"] = f"Basic {known.decode()}"
        self._seconds = config.deadline
        self._server = ""
        self._connection: http.client.HTTPConnection | None = None
        self._ends = 0.0
        self._late = False

    @contextlib.contextmanager
    def until(
        self, ends: float, client: Client, kills: Counter[str] | None = None
    ) -> Iterator[None]:
        """Ask, in the block, until the monotonic time `ends` or until the client leaves.

        Raises the `RequestError` that says how it failed; then the connection is closed, by which
        a store knows that nobody waits for its answer.
        """
        self._ends, self._late = ends, False
        timer = threading.Timer(max(ends - time.monotonic(), 0), self._hang_up_late)
        timer.daemon = True
        timer.start()
        whole = False
        try:
            with client.on_leaving(self.hang_up):
                yield
            whole = True
        except (OSError, http.client.HTTPException, StoreFailed) as error:
            if client.gone:
                self._count(kills, "disconnect")
                raise ClientGone from None
            if self._late or isinstance(error, TimeoutError):
                self._count(kills, "deadline")
                raise DeadlineExceeded("limit", seconds=self._seconds) from None
            if isinstance(error, StoreFailed):
                raise
            raise StoreFailed("unreachable") from error
        except StoreChanged:
            whole = True
            raise
        finally:
            timer.cancel()
            if not whole:
                self.close()

    @contextlib.contextmanager
    def asked(self, form: bytes, media_type: str, slow: _Slow | None) -> Iterator[_Read]:
        """Send a query and give what is read of its answer."""
        response = self._answered(form, media_type, slow)
        with response:
            if response.status != HTTPStatus.OK or response.getheader("X-SQL-State"):
                raise _refusal(response, self._seconds)
            if rows := response.getheader("X-SPARQL-MaxRows"):
                raise StoreFailed("cut", rows=rows)
            yield _Read(response, media_type, slow)

    def rows(self, form: bytes) -> list[dict[str, str]]:
        """Ask a query of ours, whose answer is short, and give the values of its variables."""
        with self.asked(form, RESULTS, None) as read:
            text = b"".join(iter(lambda: read.read(PIECE), b""))
        try:
            found = json.loads(text)["results"]["bindings"]
            return [{name: term["value"] for name, term in row.items()} for row in found]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StoreFailed("unreadable") from None

    def mark(self) -> Mark | None:
        """Read the store's mark; None when it holds none that is whole."""
        told = {(row["s"], row["p"]): row["o"] for row in self.rows(_form(MARK, [NONE], [STORE]))}
        digest, push = told.get((STORE, IDENTIFIER)), told.get((STORE, PUSHED))
        if digest is None or push is None:
            return None
        sizes = {graph: int(size) for (graph, name), size in told.items() if name == SIZE}
        return Mark(digest, push, sizes, self._server)

    def hang_up(self) -> None:
        """End the conversation: who waits for the answer hears that there will be none."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next query opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _hang_up_late(self) -> None:
        self._late = True
        self.hang_up()

    def _count(self, kills: Counter[str] | None, reason: str) -> None:
        if kills is not None:
            kills[reason] += 1

    def _answered(
        self, form: bytes, media_type: str, slow: _Slow | None
    ) -> http.client.HTTPResponse:
        """Send a query, once more when a connection that was kept turns out to be closed."""
        kept = self._connection is not None
        while True:
            try:
                connection = self._connected()
                connection.request(
                    "POST", self._target, form, {**self._headers, "Accept": media_type}
                )
                if slow is not None:
                    slow.wait_for(connection.sock)
                response = connection.getresponse()
            except (ConnectionError, http.client.RemoteDisconnected):
                self.close()
                if not kept or self._late:
                    raise
                kept = False
            else:
                self._server = response.getheader("Server", "").strip()
                return response

    def _connected(self) -> http.client.HTTPConnection:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._connection is None:
            connected = socket.create_connection((self._host, self._port), left)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._secure:
                with connected:  # wrapped, it is another object's; else it is closed
                    context = ssl.create_default_context()
                    connected = context.wrap_socket(connected, server_hostname=self._host)
            connection = http.client.HTTPConnection(self._host, self._port)
            connection.auto_open = 0  # a connection of its own making would have no deadline
            connection.sock = connected
            self._connection = connection
        self._connection.sock.settimeout(left)
        return self._connection


class _Slow:
    """Counts a query as slow when it has become so, or refuses it: the quick keep a place."""

    def __init__(self, turns: Turns[_Line], client: Client) -> None:
        self._turns = turns
        self._client = client
        self._since = time.monotonic() + SLOW
        self.counted = False

    def wait_for(self, connected: socket.socket) -> None:
        """Wait for the first byte, but no longer than a query may be quick."""
        left = max(self._since - time.monotonic(), 0)
        waited = select.poll()
        waited.register(connected, select.POLLIN)
        if not waited.poll(left * 1000):
            self.look()

    def look(self) -> None:
        """Look at the clock. Raises `QueueFull` when too many slow queries run."""
        if not self.counted and time.monotonic() >= self._since:
            self._turns.count_as_slow(self._client)
            self.counted = True


class _Read(io.BytesIO):
    """What is read of a store's answer, as it arrives."""

    def __init__(
        self, response: http.client.HTTPResponse, media_type: str, slow: _Slow | None
    ) -> None:
        super().__init__()
        self._response = response
        self._slow = slow
        self._left = b""
        self.fault: Exception | None = None
        """Why it could not be read on."""
        self._pieces = self._all()
        if media_type == RESULTS and virtuoso.is_virtuoso(response.getheader("Server")):
            self._pieces = virtuoso.standard(self._pieces)
        elif media_type == TRIPLES and not response.chunked and response.length is None:
            raise StoreFailed("unreadable")  # nothing would tell whether it is cut off

    def read(self, size: int | None = -1, /) -> bytes:
        """Give up to `size` bytes; none at the end."""
        try:
            while not self._left:
                self._left = next(self._pieces)
        except StopIteration:
            return b""
        except (OSError, http.client.HTTPException, RequestError) as error:
            self.fault = error
            raise
        size = len(self._left) if size is None or size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return part

    def drain(self) -> None:
        """Read what is left, which is white space, so that the connection can be used again."""
        while self.read(PIECE):
            pass
        if self._response.length:
            raise StoreFailed("unreadable")  # it ended before the length that it told

    def _all(self) -> Iterator[bytes]:
        while piece := self._response.read1(PIECE):
            if self._slow is not None:
                self._slow.look()
            yield piece


class _Pieces(io.BytesIO):
    """Spools what is written, piece by piece, up to a length; keeps the last piece."""

    def __init__(self, spool: Spool, longest: int) -> None:
        super().__init__()
        self._spool = spool
        self.left = longest
        self.tail = bytearray()
        self.fault: RequestError | None = None

    def write(self, part: Buffer, /) -> int:
        """Take some bytes."""
        view = memoryview(part)
        self.left -= len(view)
        if self.left < 0:
            raise OSError("full")
        self.tail += view
        if len(self.tail) >= PIECE:
            try:
                self._spool.write(bytes(self.tail))
            except QueueFull as error:
                self.fault = error
                raise OSError("no room") from error
            self.tail.clear()
        return len(view)


def _write_results(read: _Read, body: _Pieces, form: QueryResultsFormat) -> None:
    found = parse_query_results(read, QueryResultsFormat.JSON)
    if isinstance(found, QuerySolutions | QueryBoolean):
        found.serialize(body, form)


def _form(query: str, default_graphs: Sequence[str], named_graphs: Sequence[str]) -> bytes:
    """Give a query of the SPARQL 1.1 Protocol as a form; what has no graph gets one of none."""
    fields = [("query", query)]
    fields += [("default-graph-uri", each) for each in default_graphs or (NONE,)]
    fields += [("named-graph-uri", each) for each in named_graphs or (NONE,)]
    return urlencode(fields).encode()


def _stays_within(query: str) -> None:
    """Refuse what a store would take beyond SPARQL 1.1 that reaches out of it."""
    for token, iri in names(query):
        place: dict[str, Any] = {"line": token.line, "column": token.column, "token": token.text}
        if iri is None:
            if token.kind == "word":  # Virtuoso's DEFINE makes it load what a graph's IRI leads to
                raise BadQuery("unexpected", **place)
            prefix = token.text.partition(":")[0]
            raise BadQuery("prefix", **place, prefix=prefix)
        if iri == MATCHES:
            raise BadQuery("function", **place)
        if iri.lower().startswith(FOREIGN):
            raise Refused("dialect", **place)


def _refusal(response: http.client.HTTPResponse, seconds: float) -> RequestError:
    """Give the error that a store's answer tells, which is no result."""
    text = response.read(SHORT).decode("utf-8", "replace").partition("\n\nSPARQL query:")[0]
    timed_out = TIMED_OUT.search(text) or response.getheader("X-SQL-State") == "S1TAT"
    if response.status == HTTPStatus.GATEWAY_TIMEOUT or timed_out:
        return DeadlineExceeded("limit", seconds=seconds)
    what = " ".join(text.split())[:TOLD]
    if response.status != HTTPStatus.BAD_REQUEST:
        return StoreFailed("status", status=response.status, what=what)
    place = PLACE.search(what)
    if place is None:
        return BadQuery("engine", what=what)
    line = max(int(place[1]) - 1, 1)  # before the query stands a line of ours
    if what.startswith("error at "):
        return BadQuery("engine", what=f"error at {line}:{place[2]}{what[place.end() :]}")
    column = int(place[2]) if place[2] else None
    return BadQuery("engine", what=what, line=line, column=column)
