"""What every test file may ask for."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from seisaku.build import build
from seisaku.config import Config
from seisaku.load import Asserted, load

REPOSITORY = Path(__file__).parents[1]


def left_out(reason: str) -> NoReturn:
    """Skip, saying why; with REQUIRE_ALL=1 in the environment, fail instead."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"required, and missing: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def asserted() -> Asserted:
    """The graph that people wrote, as it stands in the repository."""
    return load(REPOSITORY)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the snapshot of the repository's graph."""
    config = Config(snapshots=tmp_path_factory.mktemp("snapshots"))
    return build(config, lambda _step, _what: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the small graph, to break."""
    return Path(shutil.copytree(REPOSITORY / "tests" / "small", tmp_path / "root"))


@pytest.fixture
def config(root: Path, tmp_path: Path) -> Config:
    """Settings that build the small graph into a folder of its own."""
    return Config(root=root, snapshots=tmp_path / "snapshots", port=0)
