"""What every test file may ask for."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from seisaku import bulk, site, snapshot
from seisaku.app import create_app
from seisaku.build import build
from seisaku.config import Config
from seisaku.export import export
from seisaku.load import Asserted, load
from seisaku.workers import WorkerPool

REPOSITORY = Path(__file__).parents[1]
JARS = Path("/usr/share/java")
OTHER_LOGGERS = ("maven", "slf4j-jcl", "slf4j-jdk14", "slf4j-log4j12", "slf4j-simple")


def left_out(reason: str) -> NoReturn:
    """Skip, saying why; with REQUIRE_ALL=1 in the environment, fail instead."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"required, and missing: {reason}")
    pytest.skip(reason)


@contextlib.contextmanager
def serving(
    *arguments: str, settings: dict[str, str] | None = None
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run `seisaku serve` and give its port, once it says that it is up, and its process."""
    command = [sys.executable, "-m", "seisaku.cli", "serve", "--port", "0", *arguments]
    environment = {"PATH": "", **(settings or {})}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        ) as process,
    ):
        try:
            assert process.stdout
            said = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            log.seek(0)
            assert said, log.read()
            yield int(said[1]), process
        finally:
            process.terminate()
            process.wait(10)


def on_disk(file: Path) -> Path:
    """The folder of a snapshot of `file` on disk, beside it."""
    return bulk.build(file.parent / "snapshots", [file], lambda _step, _what: None)


@pytest.fixture(scope="session")
def served(built: Path) -> Iterator[str]:
    """The address of a server that serves the repository's graph."""
    with serving(settings={"SEISAKU_SNAPSHOTS": str(built.parent)}) as (port, _):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def stocked(served: str) -> str:
    """The same once its files are made, which can take a slow machine longer than a query may."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{served}/download/").close()  # noqa: S310  # our own
        except urllib.error.HTTPError as error:
            assert error.code == 503  # noqa: PT017  # it says to come again
            time.sleep(1)
        else:
            return served
    pytest.fail("the files were not made")


@pytest.fixture(scope="session")
def owl_api(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs a program of `tests/java/`, but for its name and arguments."""
    if shutil.which("javac") is None:
        left_out("a Java compiler: install the Debian package default-jdk-headless")
    jars = [jar for jar in JARS.glob("*.jar") if not jar.name.startswith(OTHER_LOGGERS)]
    if not any(jar.name.startswith("owlapi-api") for jar in jars):
        left_out("the OWL API: install the Debian package libowlapi-java")
    classes = tmp_path_factory.mktemp("classes")
    path = ":".join(map(str, [classes, *sorted(jars)]))
    programs = sorted((REPOSITORY / "tests" / "java").glob("*.java"))
    subprocess.run(["javac", "-nowarn", "-cp", path, "-d", classes, *programs], check=True)
    return ["java", "-cp", path]


@pytest.fixture(scope="session")
def asserted() -> Asserted:
    """The graph that people wrote, as it stands in the repository."""
    return load(REPOSITORY)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the snapshot of the repository's graph: the one there is, else a new one.

    A snapshot is named by all that goes into it, code included, so one that is there is the same.
    """
    name = snapshot.digest(REPOSITORY)
    if there := snapshot.find(Config().snapshots, name):
        return Path(shutil.copytree(there, tmp_path_factory.mktemp("snapshots") / name))
    config = Config(root=REPOSITORY, snapshots=tmp_path_factory.mktemp("snapshots"))
    return build(config, lambda _step, _what: None)


@pytest.fixture(scope="session")
def exported(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the export of the repository's graph."""
    folder = tmp_path_factory.mktemp("exported")
    export(built / snapshot.DATASET, folder)
    return folder


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the small graph, with something in each of its layers, as files."""
    folder = tmp_path_factory.mktemp("site")
    root = Path(shutil.copytree(REPOSITORY / "tests" / "small", folder / "root"))
    prefixes = (root / "data/document/hubs.ttl").read_text(encoding="utf-8").partition("\n\n")[0]
    for layer in ("curated", "external"):
        text = f'{prefixes}\nex:tohoku dcterms:identifier "{layer}" .\n'
        (root / "data" / layer / "empty.ttl").write_text(text, encoding="utf-8")
    config = Config(root=root, snapshots=folder / "snapshots", workers=2)
    dataset = build(config, lambda _step, _what: None) / snapshot.DATASET
    with WorkerPool([dataset], config, union_default_graph=True) as pool:
        app = create_app(pool, config, root / "data" / "queries", dataset.parent.name)
        site.write(app, folder / "public", site.things(dataset))
    return folder / "public"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the small graph, to break."""
    return Path(shutil.copytree(REPOSITORY / "tests" / "small", tmp_path / "root"))


@pytest.fixture
def config(root: Path, tmp_path: Path) -> Config:
    """Settings that build the small graph into a folder of its own."""
    return Config(root=root, snapshots=tmp_path / "snapshots", port=0)
