"""SPARQL stores, each started for real, empty, on a free port, and stopped by its process.

    with stores.running("fuseki") as store: …

Whoever has not installed one is told what to install: see `missing`.
"""

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
FUSEKI = REPOSITORY / ".venv" / "fuseki"

NAMES = ("oxigraph", "fuseki", "virtuoso")

PATIENCE = 120
"""Seconds until a store answers: a JVM on a busy machine takes long."""

VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 40000
MaxDirtyBuffers = 30000
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 20
[SPARQL]
MaxQueryCostEstimationTime = 0
"""


@dataclass(frozen=True)
class Store:
    """A store that runs: its addresses and its process."""

    name: str
    query: str
    update: str
    graphs: str
    process: subprocess.Popen[bytes]
    user: str = ""
    password: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of `Config` that lead to it."""
        return {
            "store": self.query,
            "store_update": self.update,
            "store_graphs": self.graphs,
            "store_user": self.user,
            "store_password": self.password,
        }


def missing(name: str) -> str | None:
    """Say what must be installed for the store called `name`; None when all is there."""
    if name == "oxigraph" and not _oxigraph().is_file():
        return "the Oxigraph server: pip install oxigraph"
    if name == "fuseki" and not (shutil.which("java") and list(FUSEKI.glob("*.jar"))):
        return "Fuseki: install Java 17 or newer and Maven, and `make .venv/.fuseki`"
    if name == "virtuoso" and shutil.which("virtuoso-t") is None:
        return "Virtuoso: install the Debian package virtuoso-opensource-7-bin"
    return None


@contextlib.contextmanager
def running(name: str, folder: Path | None = None) -> Iterator[Store]:
    """Run the store called `name`; its data lie in `folder`, or are gone with it."""
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        at = f"http://127.0.0.1:{port}"
        start = {"oxigraph": _start_oxigraph, "fuseki": _start_fuseki, "virtuoso": _start_virtuoso}
        command = start[name](place, port)
        log = stack.enter_context((place / "store.log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=place)
        )
        stack.callback(_stop, process)
        store = {
            "oxigraph": Store(name, f"{at}/query", f"{at}/update", f"{at}/store", process),
            "fuseki": Store(name, f"{at}/ds/query", f"{at}/ds/update", f"{at}/ds/data", process),
            "virtuoso": Store(
                *(name, f"{at}/sparql", f"{at}/sparql-auth", f"{at}/sparql-graph-crud-auth"),
                *(process, "dba", "dba"),
            ),
        }[name]
        _wait_for(store, place / "store.log")
        yield store


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _oxigraph() -> Path:
    return Path(sys.executable).with_name("oxigraph")


def _start_oxigraph(folder: Path, port: int) -> list[str]:
    place = ["--location", f"{folder}/data"]
    return [str(_oxigraph()), "serve", *place, "--bind", f"127.0.0.1:{port}", "--timeout-s", "20"]


def _start_fuseki(folder: Path, port: int) -> list[str]:
    (folder / "data").mkdir(exist_ok=True)
    (jar,) = FUSEKI.glob("*.jar")
    java = ["java", "-Xmx1g", "-jar", str(jar), "--localhost", "--port", str(port)]
    return [*java, "--timeout=20000", "--tdb2", f"--loc={folder}/data", "--update", "/ds"]


def _start_virtuoso(folder: Path, port: int) -> list[str]:
    settings = VIRTUOSO.format(folder=folder, port=port, sql=free_port())
    (folder / "virtuoso.ini").write_text(settings, encoding="ascii")
    return ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")]


def _wait_for(store: Store, log: Path) -> None:
    """Wait until a store answers a query."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and store.process.poll() is None:
        try:
            asked = f"{store.query}?query=ASK%7B%7D"
            urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310  # our own
        except (urllib.error.URLError, ConnectionError, http.client.HTTPException, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"{store.name} does not answer: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
