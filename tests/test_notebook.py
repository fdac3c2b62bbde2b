"""The notebook of `docs/`: it runs from its first cell to its last, and shows what it says."""

import copy
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from conftest import REPOSITORY

FILE = REPOSITORY / "docs" / "notebook.ipynb"


def shown(notebook: Any) -> list[str]:  # noqa: ANN401  # nbformat has no types
    """What each cell of code shows, as text."""
    return [
        output.get("text") or output["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def run(notebook: Any, folder: Path, snapshots: Path) -> Any:  # noqa: ANN401
    """Run all cells in a kernel of its own, with `folder` as its working directory."""
    again = copy.deepcopy(notebook)
    for cell in again.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    environment = {**os.environ, "SEISAKU_SNAPSHOTS": str(snapshots)}
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(again, timeout=120, kernel_name="python3", resources=resources)
    client.execute(env=environment)
    return again


@pytest.fixture(scope="module")
def notebook() -> Any:  # noqa: ANN401
    found = nbformat.read(FILE, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(found)
    return found


@pytest.mark.filterwarnings("default")  # of Jupyter's libraries
@pytest.mark.parametrize("folder", [REPOSITORY / "docs", REPOSITORY], ids=["docs", "checkout"])
def test_it_runs_and_shows_what_it_says(notebook: Any, folder: Path, built: Path) -> None:  # noqa: ANN401
    assert len(shown(notebook)) >= 5
    assert shown(run(notebook, folder, built.parent)) == shown(notebook)


@pytest.mark.filterwarnings("default")
def test_a_cell_that_fails_fails_the_run(notebook: Any, built: Path) -> None:  # noqa: ANN401
    broken = copy.deepcopy(notebook)
    broken.cells[2].source = broken.cells[2].source.replace("lang=", "tongue=")
    assert broken != notebook
    with pytest.raises(CellExecutionError, match="tongue"):
        run(broken, FILE.parent, built.parent)


def test_it_has_five_steps(notebook: Any) -> None:  # noqa: ANN401
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert [step for step in range(1, 9) if f"## {step}. " in text] == [1, 2, 3, 4, 5]
