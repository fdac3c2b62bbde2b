"""The generated graph: the same from the same seed, of our shape, and of the size asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest

GENERATE = Path(__file__).parents[1] / "bench" / "generate.py"
BASE = "https://w3id.org/seisaku/"


def generate(file: Path, triples: int, *options: str) -> bytes:
    subprocess.run([sys.executable, GENERATE, str(triples), file, *options], check=True)
    return file.read_bytes()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> pyoxigraph.Store:
    file = tmp_path_factory.mktemp("generated") / "graph.nq"
    generate(file, 10_000, "--base")
    store = pyoxigraph.Store()
    store.load(path=file, format=pyoxigraph.RdfFormat.N_QUADS)
    return store


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    one, same, other = (
        generate(tmp_path / f"{i}.nq", 2000, "--seed", seed) for i, seed in enumerate("112")
    )
    assert one == same != other


def test_documents_are_whole_and_statements_are_not_repeated(tmp_path: Path) -> None:
    lines = generate(tmp_path / "graph.nq", 20_000).splitlines()
    assert 20_000 <= len(lines) < 40_000
    assert len(set(lines)) == len(lines)


def test_triples_are_the_quads_without_their_graphs(tmp_path: Path) -> None:
    quads = pyoxigraph.parse(generate(tmp_path / "graph.nq", 2000), pyoxigraph.RdfFormat.N_QUADS)
    triples = pyoxigraph.parse(
        generate(tmp_path / "graph.nt", 2000), pyoxigraph.RdfFormat.N_TRIPLES
    )
    assert [quad.triple for quad in quads] == [each.triple for each in triples]


def test_every_term_of_ours_is_declared(generated: pyoxigraph.Store) -> None:
    declared = {quad.subject for quad in generated}
    used = {each for quad in generated for each in (quad.predicate, quad.object)}
    ours = {
        each
        for each in used
        if isinstance(each, pyoxigraph.NamedNode)
        and each.value.startswith((BASE + "def#", BASE + "id/", BASE + "scheme/"))
    }
    assert ours <= declared
