"""What every test file may ask for."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from seisaku.build import build
from seisaku.config import Config
from seisaku.load import Asserted, load

REPOSITORY = Path(__file__).parents[1]
JARS = Path("/usr/share/java")
OTHER_LOGGERS = ("maven", "slf4j-jcl", "slf4j-jdk14", "slf4j-log4j12", "slf4j-simple")


def left_out(reason: str) -> NoReturn:
    """Skip, saying why; with REQUIRE_ALL=1 in the environment, fail instead."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"required, and missing: {reason}")
    pytest.skip(reason)


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
    """The snapshot of the repository's graph, built once for all tests that only read it."""
    config = Config(root=REPOSITORY, snapshots=tmp_path_factory.mktemp("snapshots"))
    return build(config, lambda _step, _what: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the small graph, to break."""
    return Path(shutil.copytree(REPOSITORY / "tests" / "small", tmp_path / "root"))


@pytest.fixture
def config(root: Path, tmp_path: Path) -> Config:
    """Settings that build the small graph into a folder of its own."""
    return Config(root=root, snapshots=tmp_path / "snapshots", port=0)
