"""Push: a snapshot into a remote store, whole, so that its readers see the old one or the new one.

Each graph is loaded beside its place, into a graph named by the snapshot's digest, and counted
there. One SPARQL Update then switches: in each graph it deletes what the new one has not, inserts
what the old one has not, and writes the new mark (see `remote.py`). Graphs keep their names, since
queries and the data themselves tell them; only what differs is written, so that the transaction is
as small as the change.

MOVE would say the same. But Fuseki 5.6 on TDB2 was seen to lose statements by it (43 of 28,681, and
other ones each time), and Virtuoso 7.2.5 to show readers both snapshots at once. Fuseki and
Oxigraph make one request one transaction. Virtuoso does not promise that: there the old mark is
taken away first, by a request of its own, and our readers wait until the new one stands.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING

import httpx2
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from . import virtuoso
from .config import PREFIX, STORE
from .errors import InputError, Unreadable, UsageError
from .remote import IDENTIFIER, PUSHED, RESULTS, SIZE, TRIPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .build import Tell
    from .config import Config

DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
ZEROS = re.compile(r"(\.\d*?)0+$")
"""TDB2 keeps the number of a decimal and the zeros at its end, and then cannot delete it."""

SECONDS = httpx2.Timeout(30, read=3600, write=600)
"""A store answers when it has done what it was asked: of ten million triples that is minutes."""

PIECE = 1 << 20

COUNT = "SELECT (COUNT(*) AS ?n) {{ GRAPH <{}> {{ ?s ?p ?o }} }}"
UNMARK = f"DELETE WHERE {{ GRAPH <{STORE}> {{ ?s ?p ?o }} }}"
DELETE = (
    "DELETE {{ GRAPH <{place}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{place}> {{ ?s ?p ?o }} "
    "FILTER NOT EXISTS {{ GRAPH <{beside}> {{ ?s ?p ?o }} }} }}"
)
INSERT = (
    "INSERT {{ GRAPH <{place}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{beside}> {{ ?s ?p ?o }} "
    "FILTER NOT EXISTS {{ GRAPH <{place}> {{ ?s ?p ?o }} }} }}"
)
OLD = f"SELECT ?graph {{ GRAPH <{STORE}> {{ ?graph <{SIZE}> ?n }} }}"


def push(dataset: Path, digest: str, config: Config, tell: Tell) -> dict[str, int]:
    """Make the store at `config.store` hold the N-Quads of `dataset`, called `digest`.

    Gives the number of triples of each graph, counted in the store. Raises `UsageError` when an
    address is not set, `Unreadable` for a dataset with a default graph, and `InputError` when the
    store fails; then it goes on with what it held, unless the message says otherwise.
    """
    for name in ("store", "store_update", "store_graphs"):
        if not getattr(config, name):
            raise UsageError(f"--push needs the setting {PREFIX}{name.upper()}")
    folder = Path(tempfile.mkdtemp(prefix="seisaku-push-"))
    store = _Store(config)
    beside: dict[str, str] = {}
    try:
        graphs = _split(dataset, folder)
        beside = {graph: f"{STORE}/{digest}/{i}" for i, graph in enumerate(graphs)}
        for graph, (file, size) in graphs.items():
            store.put(beside[graph], file)
            store.holds(beside[graph], size, graph)
        sizes = {graph: size for graph, (_, size) in graphs.items()}
        tell(
            "load", f"{sum(sizes.values()):,} triples in {len(sizes):,} graphs beside the old ones"
        )
        store.switch(beside, sizes, digest)
        _verify(store, sizes)
        tell("switch", f"{config.store} holds {digest[:12]}")
    except httpx2.HTTPError as error:
        raise InputError(f"{config.store}: {type(error).__name__}: {error}") from error
    finally:
        store.forget(beside)
        shutil.rmtree(folder, ignore_errors=True)
    return sizes


class _Store:
    """A store as an operator knows it: it can be written to."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._http = httpx2.Client(timeout=SECONDS, headers={"User-Agent": "Seisaku"})
        if known := self._known():
            self._http.auth = known

    def _known(self) -> httpx2.Auth | None:
        """Give what proves who we are, in the way that the store asks for it."""
        user, password = self._config.store_user, self._config.store_password
        if not user:
            return None
        said = self._sent(self._config.store_update, "INSERT DATA { }")
        if "digest" in said.headers.get("WWW-Authenticate", "").lower():
            return httpx2.DigestAuth(user, password)
        return httpx2.BasicAuth(user, password)

    def put(self, graph: str, file: Path) -> None:
        """Make `graph` hold the N-Triples of `file`."""
        said = self._http.put(
            self._config.store_graphs,
            params={"graph": graph},
            content=_Content(file),
            headers={"Content-Type": TRIPLES, "Content-Length": str(file.stat().st_size)},
        )
        _expect_success(said)

    def rows(self, query: str) -> list[dict[str, str]]:
        """Ask a query whose answer is short."""
        said = self._http.post(
            self._config.store, data={"query": query}, headers={"Accept": RESULTS}
        )
        _expect_success(said)
        found = said.json()["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in found]

    def update(self, text: str) -> httpx2.Response:
        """Run a SPARQL Update, in one request."""
        said = self._sent(self._config.store_update, text)
        _expect_success(said)
        return said

    def holds(self, graph: str, size: int, name: str) -> None:
        """Raise `InputError` unless `graph` has `size` triples; call it `name`."""
        (row,) = self.rows(COUNT.format(graph))
        if int(row["n"]) != size:
            raise InputError(
                f"<{name}> has {size:,} triples, and {int(row['n']):,} of them came to "
                f"{self._config.store}"
            )

    def switch(self, beside: dict[str, str], sizes: dict[str, int], digest: str) -> None:
        """Put what was loaded beside the graphs in their place, and write the mark."""
        gone = {row["graph"] for row in self.rows(OLD)} - sizes.keys()
        if virtuoso.is_virtuoso(self.update("INSERT DATA { }").headers.get("Server")):
            self.update(UNMARK)
        steps = [UNMARK]
        for graph in sizes:
            places = {"place": graph, "beside": beside[graph]}
            steps += [DELETE.format(**places), INSERT.format(**places)]
        steps += [f"DROP SILENT GRAPH <{graph}>" for graph in sorted(gone)]
        told = [f'<{STORE}> <{IDENTIFIER}> "{digest}" ; <{PUSHED}> <{uuid.uuid4().urn}> .']
        told += [f"<{graph}> <{SIZE}> {size} ." for graph, size in sizes.items()]
        steps.append(f"INSERT DATA {{ GRAPH <{STORE}> {{ {' '.join(told)} }} }}")
        self.update(" ;\n".join(steps))

    def unmark(self) -> None:
        """Take the mark away: no front answers from this store then."""
        self.update(UNMARK)

    def forget(self, beside: dict[str, str]) -> None:
        """Drop what was loaded beside the graphs, if the store still answers."""
        try:
            for graph in beside.values():
                self.update(f"DROP SILENT GRAPH <{graph}>")
        except (httpx2.HTTPError, InputError):
            pass  # the next push of this snapshot loads it anew
        finally:
            self._http.close()

    def _sent(self, address: str, text: str) -> httpx2.Response:
        return self._http.post(
            address,
            content=text.encode(),
            headers={"Content-Type": "application/sparql-update", "Accept": "*/*"},
        )


class _Content:
    """A file as the content of a request, which may have to be sent twice."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        with self._file.open("rb") as opened:
            while piece := opened.read(PIECE):
                yield piece


def _verify(store: _Store, sizes: dict[str, int]) -> None:
    """Count once more, in place; when a graph is wrong, no reader shall read it."""
    try:
        for graph, size in sizes.items():
            store.holds(graph, size, graph)
    except InputError as error:
        store.unmark()
        raise InputError(f"{error}, after the switch: it holds no snapshot now") from error


def _split(dataset: Path, folder: Path) -> dict[str, tuple[Path, int]]:
    """Write each graph of `dataset` as N-Triples; give by its IRI the file and its size."""
    found: dict[str, tuple[IO[str], int]] = {}
    files: dict[str, Path] = {}
    try:
        for quad in parse(path=dataset, format=RdfFormat.N_QUADS):
            graph = quad.graph_name
            if not isinstance(graph, NamedNode):
                raise Unreadable(dataset, "only named graphs can be pushed into a store")
            if graph.value not in found:
                files[graph.value] = folder / f"{len(found)}.nt"
                opened = files[graph.value].open("w", encoding="utf-8")
                found[graph.value] = opened, 0
            file, size = found[graph.value]
            file.write(f"{_plain(quad).triple} .\n")
            found[graph.value] = file, size + 1
    except SyntaxError as error:
        raise Unreadable.at(dataset, error) from error
    except OSError as error:
        raise Unreadable(dataset, error.strerror or "cannot be read") from error
    finally:
        for file, _ in found.values():
            file.close()
    return {graph: (files[graph], size) for graph, (_, size) in found.items()}


def _plain(quad: Quad) -> Quad:
    """Give a quad, of a decimal without the zeros at its end: all three stores drop them."""
    value = quad.object
    if not isinstance(value, Literal) or value.datatype != DECIMAL:
        return quad
    text = ZEROS.sub(r"\1", value.value).removesuffix(".")
    number = Literal(text, datatype=DECIMAL)
    return Quad(quad.subject, quad.predicate, number, quad.graph_name)


def _expect_success(said: httpx2.Response) -> None:
    if not said.is_success:
        what = " ".join(said.text.split())[:300]
        raise InputError(f"{said.request.url.copy_with(query=None)}: {said.status_code}: {what}")
